//! The cases of a check: what is tried, in which order, and what is tried instead when a case fails.

mod choice;
mod examples;
mod plan;
mod shrink;

pub(super) use choice::{cases, passes, runner, value_of, within, within_pass};
pub(super) use examples::{by_inputs, by_passes};
pub use plan::Rows;
pub(super) use plan::{Pass, Plan};
pub(super) use shrink::{plainer, smaller, smaller_passes, smaller_rows};
