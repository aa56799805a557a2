//! The kit: it checks a platform's own implementation against the rules, and shows the smallest case on which it is wrong.

mod cases;
mod check;
mod checks;
mod failure;
mod report;
mod subject;
mod system;

pub use cases::Rows;
pub use check::{Check, SEED_VARIABLE};
pub use failure::{Act, Counterexample, Failure, Law, Reply, Story, Wrong};
pub use report::{Coverage, Part, RefusalOf, Report, TimerEdge};
pub use system::{Answer, Answered, Commit, Declined, Itself, NotOffered, Panic, Passed, Prepared, System, Writer};
