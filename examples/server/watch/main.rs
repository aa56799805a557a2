//! `watch`: follows a sandbox, or all, of any API of this shape.

fn main() {}
