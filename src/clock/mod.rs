//! The clock: which timers are armed, when they act, and warnings about their settings.

mod armed;
mod deadline;
mod schedule;
mod warning;

pub use deadline::{Deadline, Standing};
pub use schedule::Clock;
pub use warning::Warning;
