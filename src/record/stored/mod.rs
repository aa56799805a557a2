//! The stored record: how it is validated, how a step is applied to it, and how its other fields are edited.

mod apply;
mod columns;
mod door;
mod edit;
mod outbox;
mod partial;
mod row;
mod sandbox;
mod server_fields;

pub use apply::{ApplyError, StepDetails};
pub(crate) use columns::last_write;
pub use columns::{LifecycleView, ReadLifecycle};
pub use edit::{NetworkSettings, RecordEdit};
pub use outbox::{Message, OutboxEntries, OutboxEntry, OutboxKey, Target};
pub use row::RECORD_COLUMNS;
pub use sandbox::{Sandbox, ServerTexts};
pub use server_fields::{BackupRef, ServerFields};
