//! What a test of a sandbox platform needs: strategies for every value, a second opinion, and a check of one's own
//! system against this crate. Behind the feature `proptest`; links std.
//!
//! - The strategies ([`lifecycle`], [`sound_lifecycle`], [`input`], [`case`], …) make any value of the domain, extremes
//!   included: any combination of known words, the first and the last instant, the largest interval.
//! - [`Model`] states the rules a second time, in the simplest form that could be right: it writes columns one after
//!   the other, and shares no rule with the rest of the crate.
//! - [`check`] holds an embedder's own implementation ([`SystemUnderTest`]) against this crate and hands back the smallest
//!   case on which the two disagree.

mod check;
mod inputs;
mod model;
mod rows;
mod words;

pub use check::{Disagreement, Failure, SystemUnderTest, Verdict, check, check_within};
pub use inputs::{
    Case, answer, any_case, case, command, context, input, job, outcome, report, runner_view, size_change, task, timer,
};
pub use model::{Model, Taken};
pub use rows::{any_columns, columns_at, lifecycle, sound_lifecycle};
pub use words::{
    auto_archive, auto_delete, auto_pause, auto_stop, backup_state, class, desired_state, fault, gpu_type, instant,
    minutes, moment, queue_timeout, size, state, ttl,
};
