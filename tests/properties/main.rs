//! Properties of every row, every input and every instant, and a comparison with the naive model.
//!
//! They need the feature `proptest`, which the dev-dependencies turn on. If a property finds
//! a failing case, add it as a separate test to the folder of its subject.

mod accepted_commands;
mod applied_steps;
#[path = "../support/cases.rs"]
mod cases;
#[path = "../support/compare_and_swap.rs"]
mod compare_and_swap;
mod controller;
mod counter_examples;
#[path = "../support/enforced.rs"]
mod enforced;
mod guard_sources;
mod model;
mod partial_records;
mod protocol;
mod repeated_inputs;
mod stale_steps;
mod stored_forms;

/// The number of cases of each property.
pub const CASES: u32 = 20_000;
