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
mod words;

pub use cases::{any_case, case};
pub use chosen::Inputs;
pub(crate) use chosen::with_verb;
pub use inputs::{answer, command, context, input, job, outcome, report, size_change, task, timer};
pub use rows::{any_columns, columns_at, lifecycle};
pub use storable::storable_lifecycle;
pub use views::{listed, listed_by, runner_view};
pub use words::{
    auto_archive, auto_delete, auto_pause, auto_stop, backup_state, class, desired_state, fault, gpu_type, instant,
    minutes, queue_timeout, repair, size, state, storable_instant, storable_size, ttl,
};
