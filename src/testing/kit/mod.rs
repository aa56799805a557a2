//! The kit: it checks a platform's own implementation against the rules, and shows the smallest case on which it is wrong.
//!
//! Implement [`System`] for the platform, with two methods, and give it to a [`Check`]. The check tries one case of each
//! decision that the rules tell apart, then random ones, and returns a [`Report`] of what it reached, or a [`Failure`] with the
//! smallest case, in at most fifteen lines. How a sandbox is created is not checked: `store` puts each row in its place. The
//! package `examples/checked/` checks a whole service in this way.
//!
//! ```
//! use chrono::{DateTime, Utc};
//! use sandbox_lifecycle::{
//!     Columns, Command, Context, DesiredState, Input, Lifecycle, SandboxState,
//!     testing::kit::{Answer, Check, Declined, System},
//! };
//!
//! /// A platform of running containers that can be stopped. It forgets that an ephemeral sandbox is deleted when it stops.
//! struct Platform {
//!     row: Columns,
//! }
//!
//! impl System for Platform {
//!     fn store(&mut self, row: &Columns) -> Result<(), Declined> {
//!         if Lifecycle::from(*row).class().is_vm() {
//!             return Err(Declined::because("virtual machines"));
//!         }
//!         self.row = *row;
//!         Ok(())
//!     }
//!
//!     fn decide(&mut self, input: Input, context: Context, _now: DateTime<Utc>) -> Answer {
//!         let Input::Command(Command::Stop { force }) = input else { return Answer::declined("another input") };
//!         let row = &mut self.row;
//!         if context.revision() != row.revision {
//!             return Answer::refused("conflict").with_http_status(409);
//!         }
//!         match (row.state, row.desired_state) {
//!             (SandboxState::Error | SandboxState::BuildFailed, _) => return Answer::refused("errored"),
//!             (SandboxState::Started, DesiredState::Started) => {}
//!             (state, desired) if desired.fulfilled_by() == Some(state) => return Answer::refused("bad_state"),
//!             _under_way => return Answer::refused("in_progress"),
//!         }
//!         row.desired_state = DesiredState::Stopped; // An ephemeral sandbox would have to be destroyed.
//!         row.pending = true;
//!         row.force_stop = force;
//!         row.revision += 1;
//!         Answer::row(*row)
//!     }
//! }
//!
//! let check = Check::new().seed_from_env().random_cases(1_000);
//! let failure = check.single(&mut Platform { row: Columns::default() }).unwrap_err();
//! let lines = failure.to_string();
//! assert!(lines.contains("given a row with state started, autoDeleteInterval 0\n"), "{lines}");
//! assert!(lines.contains("command Stop { force: false }\n  desiredState: expected destroyed, found stopped"), "{lines}");
//! ```
//!
//! - [`Check::single`]: one row, one input, and the row or the refusal after it.
//! - [`Check::passes`]: one pass of a controller.
//! - [`Check::two_writers`]: two writers read and write one row, in every order.
//! - [`Check::lists`]: lists of API records with words that no version knows.
//! - [`Check::stories`]: commands, a clock, a controller and a faulty runner, while the system carries its row.
//! - [`Check::all`]: everything that the system offers.
//!
//! The first check of a process explores the rules, to know what can be reached. Without optimization this takes most of a
//! minute, so let Cargo optimize this crate where your tests use it; then it takes seconds:
//!
//! ```toml
//! [profile.dev.package.sandbox-lifecycle]
//! opt-level = 1
//! ```
//!
//! A system has its own codes ([`System::code`]), only some of the columns ([`System::has_column`]), and declines rows and inputs
//! that it does not have. What is declined is counted, and what is not offered is named in the report. For users of the crate
//! `proptest-state-machine`, `examples/checked/tests/state_machine.rs` shows the same system behind its traits.

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
