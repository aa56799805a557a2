//! The system that is explored: its state, and everything that can happen in a state.

pub mod actions;
mod control;
pub mod forks;
mod host;
mod normal;
mod store;
mod work;
pub mod world;
