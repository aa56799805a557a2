//! The rules: what can happen to a sandbox, what each command demands and writes, and the answers.

pub(crate) mod call;
pub(crate) mod event;
pub(crate) mod guards;
pub(crate) mod input;
mod no_fields;
pub(crate) mod reason;
pub(crate) mod refusal;
pub(crate) mod step;
pub(crate) mod table;

pub use call::{Call, Task, TaskKind};
pub use event::{Event, EventName};
pub use guards::{Guard, Source};
pub(crate) use input::CommandKind;
pub use input::{
    Answer, AsInput, Command, Context, Input, Job, KnownContext, Outcome, Report, ReportKind, Timer, Verb,
};
pub use reason::{Reason, Retry};
pub use refusal::{Asked, Refusal};
pub(crate) use step::Owed;
pub use step::{Cause, Effect, Expects, Ignored, ReasonText, RunnerChange, Stale, Stamp, Step};
pub use table::Check;
