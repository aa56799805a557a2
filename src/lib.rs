//! The lifecycle of a cloud sandbox as a pure, typed state machine.
#![doc = ""]
#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![deny(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::todo,
    clippy::unimplemented,
    clippy::unreachable,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::wildcard_enum_match_arm
)]

extern crate alloc;
#[cfg(feature = "proptest")]
extern crate std;

/// The version of chrono in this crate's public API.
pub use chrono;

mod client;
mod clock;
mod controller;
mod decide;
mod lifecycle;
mod policy;
pub mod record;
pub mod render;
mod rules;
#[cfg(feature = "proptest")]
pub mod testing;
mod vocabulary;

pub use client::{Assessment, Goal, Observation, UnreachableReason};
pub use clock::{Clock, Deadline, Standing, Warning};
pub use controller::{Image, Next, Observed, Placement, RunnerView};
pub use decide::{CreateError, Link, NewSandbox, Origin};
pub use lifecycle::{
    Changes, Column, ColumnKind, ColumnValue, Columns, Expects, HeldResources, Lifecycle, Recovery, RowError,
    Violation, Violations,
};
pub use policy::{ApiProfile, Policy, TimeLimits};
pub use record::{Sandbox, SandboxDto};
pub use rules::{
    Answer, AsInput, Asked, BackupOf, Call, Cause, Check, Command, Context, Effect, Event, EventName, Ignored, Input,
    Job, Outcome, Reason, ReasonText, Refusal, Report, ReportKind, Retry, RunnerChange, Stale, Stamp, Step, Task,
    Timer, Verb,
};
pub use vocabulary::{
    AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, DesiredState, Fault, FieldError, FieldErrors, GpuType,
    IntervalError, Micros, Minutes, Negative, Open, QueueTimeout, SandboxClass, SandboxState, Size, SizeChange, Ttl,
    UnknownWord, Word,
};
