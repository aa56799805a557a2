//! The inputs: what can happen to a sandbox, and the context of a decision.

mod any;
pub(crate) mod command;
pub(crate) mod context;
pub(crate) mod known_context;
mod reader;
pub(crate) mod report;
pub(crate) mod timer;
pub(crate) mod verb;

pub(crate) use any::InputRef;
pub use any::{AsInput, Input};
pub use command::Command;
pub(crate) use command::CommandKind;
pub use context::Context;
pub use known_context::KnownContext;
pub use report::{Answer, Job, Outcome, Report, ReportKind};
pub use timer::Timer;
pub use verb::Verb;
