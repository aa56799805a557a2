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

pub mod client;
pub mod clock;
pub mod controller;
pub mod decide;
pub mod lifecycle;
pub mod policy;
pub mod record;
pub mod render;
pub mod rules;
pub mod runner;
#[cfg(feature = "proptest")]
pub mod testing;
pub mod vocabulary;

// The types that people meet first. The others are in the module of their subject.
pub use client::{Assessment, Goal, Observation, Wait};
pub use clock::Clock;
pub use controller::{Next, RunnerView};
pub use decide::{Acceptance, Explanation, NewSandbox};
pub use lifecycle::{Changes, Columns, Lifecycle, PartialLifecycle};
pub use policy::{ApiProfile, Policy};
pub use record::{Sandbox, SandboxDto};
pub use rules::{Command, Context, Effect, Input, Reason, Refusal, Report, Retry, Stale, Step, Timer, Verb};
pub use vocabulary::{DesiredState, SandboxClass, SandboxState};
