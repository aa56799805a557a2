//! Strategies for every value: any value, one that a platform's database takes, and one that a platform reaches.

mod cases;
mod chosen;
mod fitting;
mod inputs;
mod moments;
mod rows;
mod storable;
mod variations;
mod views;
mod walks;
mod words;

pub(crate) use chosen::with_verb;
pub use chosen::{Inputs, any_case, case};
pub use inputs::{answer, command, context, input, job, outcome, report, size_change, task, timer};
pub use rows::{any_columns, columns_at, lifecycle};
pub use storable::{made_storable, storable_lifecycle};
pub use views::{listed, listed_by, runner_view};
pub use walks::reachable_lifecycle;
pub use words::{
    auto_archive, auto_delete, auto_pause, auto_stop, backup_state, class, desired_state, fault, gpu_type, instant,
    minutes, queue_timeout, repair, size, state, storable_instant, storable_size, ttl,
};
