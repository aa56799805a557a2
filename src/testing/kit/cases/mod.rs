//! The cases of a check: what is tried, in which order, and what is tried instead when a case fails.

mod choice;
mod plan;
mod shrink;

pub(super) use choice::{cases, projected, within};
pub(super) use plan::Plan;
pub use plan::Rows;
pub(super) use shrink::{smaller, smaller_passes};
