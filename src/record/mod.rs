//! The sandbox record: as the API shows it, as a server stores it, and the conversions between them.
//!
//! A record becomes a value that rules read in two steps. *Reading* ([`SandboxDto`], [`LifecycleView`]) demands only
//! the fields that every published version has, and keeps unknown words, unknown fields, null and absent, and the form
//! of a timestamp. *Validating* (into [`Sandbox`] or [`Lifecycle`](crate::Lifecycle)) reports all faulty fields at
//! once, each with its value and what is allowed. A reader that stores nothing takes a [`ReadLifecycle`] instead.

mod api;
mod form;
mod request;
mod stored;
mod webhook;

pub use api::{
    Advice, BuildInfo, ErrorBody, FaultyItem, Items, Messages, NumberedSandboxPage, SandboxDto, SandboxListItem,
    SandboxPage, SandboxVolume,
};
pub use form::{
    AssignedRunner, DomainAllowList, Dropped, Extras, Kept, Maybe, NetworkAllowList, Number, OneOrMany,
    RecognizedFault, TextMap, Timestamp, Wire,
};
pub use request::{
    CommandRequest, CreateBuildInfo, CreateSandbox, CreateSandboxSnapshot, ForkSandbox, GpuTypes, HttpMethod,
    HttpRequest, ListOrder, ListQuery, ListSort, NoRequest, Owner, RequestBody, RequestError, ResizeSandbox,
    SandboxLabels, ServerChoices, UnknownFilter, UpdateSandboxNetworkSettings, UpdateSandboxState,
};
pub(crate) use stored::last_write;
pub use stored::{
    ApplyError, BackupRef, LifecycleView, Message, NetworkSettings, OutboxEntries, OutboxEntry, OutboxKey,
    RECORD_COLUMNS, ReadLifecycle, RecordEdit, Sandbox, ServerFields, ServerTexts, StepDetails, Target,
};
pub use webhook::{SandboxCreated, SandboxStateUpdated};
