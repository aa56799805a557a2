//! A small sandbox platform on one machine, built on the crate `sandbox-lifecycle`: what server authors copy from.

pub mod runner;
