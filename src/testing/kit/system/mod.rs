//! The system that is checked: what its author implements, what it answers, and the crate as such a system.

mod answer;
mod guard;
mod interface;
mod itself;

pub use answer::{Answer, Answered, Declined};
pub(super) use answer::{described, normal};
pub use guard::Panic;
pub(super) use guard::guarded;
pub use interface::{Commit, NotOffered, Passed, Prepared, System, Writer};
pub use itself::Itself;
