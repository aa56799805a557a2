//! Why a check fails: what was asked, and what is wrong with the answer.

mod difference;
mod story;
mod value;

pub(super) use difference::{Held, differences};
pub use story::{Act, Story};
pub use value::{Counterexample, Failure, Law, Reply, Wrong};
