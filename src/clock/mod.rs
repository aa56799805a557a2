//! The clock: everything about timers.

mod armed;
mod deadline;
mod schedule;
mod warning;

pub use deadline::{Deadline, Standing};
pub use schedule::Clock;
pub use warning::Warning;
