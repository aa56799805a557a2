//! Steps: what an accepted input expects, changes and does.

mod cause;
pub(crate) mod draft;
mod effect;
mod expects;
pub(crate) mod payload;
pub(crate) mod side_effects;
mod value;

pub use cause::{Cause, Ignored};
pub use effect::Effect;
pub use expects::{Expects, Stale};
pub(crate) use side_effects::Owed;
pub use side_effects::{ReasonText, RunnerChange, Stamp};
pub use value::Step;
pub(crate) use value::next_epoch;
