//! Tools to test a sandbox platform: strategies for every value, a second implementation of the rules, and a check of an
//! embedder's own system. They need the feature `proptest` and link std.
//!
//! - The strategies ([`lifecycle`], [`sound_lifecycle`], [`input`], [`case`], …) generate any value of the domain, including
//!   extremes: any combination of known words, the first and the last instant, the largest interval.
//! - [`Model`] implements the rules a second time, as simply as possible: it writes columns one after the other, and shares
//!   no rule with the rest of the crate.
//! - [`kit`] checks an embedder's own implementation ([`kit::System`]) and shows the smallest case on which it is wrong.

mod inputs;
pub mod kit;
mod model;
mod rows;
mod words;

pub use inputs::{
    Case, answer, any_case, case, command, context, input, job, listed, listed_by, outcome, report, runner_view,
    size_change, task, timer,
};
pub use model::{Compared, Decided, Model, Taken};
pub use rows::{any_columns, columns_at, lifecycle, sound_lifecycle};
pub use words::{
    auto_archive, auto_delete, auto_pause, auto_stop, backup_state, class, desired_state, fault, gpu_type, instant,
    minutes, queue_timeout, repair, size, state, ttl,
};
