//! The one door: a command, a report or a timer goes in; a step or a refusal comes out. Nothing is mutated.

mod answer;
mod command;
mod create;
mod door;
mod job;
#[cfg(test)]
mod plain;
mod rule_lookup;
mod state_report;
mod timer;

pub use create::{CreateError, Link, NewSandbox, Origin};
