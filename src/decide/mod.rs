//! The decision on a command, a report or a timer: a step or a refusal. Nothing is mutated.

mod answer;
mod backup;
mod command;
mod create;
mod entry;
mod explain;
mod job;
#[cfg(test)]
mod plain;
mod rule_lookup;
mod state_report;
mod timer;

pub use create::{CreateError, Link, NewSandbox, Origin};
pub use explain::{Acceptance, Explanation, Holds};
