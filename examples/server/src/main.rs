//! `sandbox-server`: the whole platform in one command.

fn main() {}
