//! The sandbox record: as the API shows it, as a server stores it, and the way between them.
//!
//! Two steps lead from the wire to a rule. *Reading* ([`SandboxDto`], [`LifecycleView`]) demands only what no published
//! version leaves out and keeps everything that came: unknown words, unknown fields, null and absent, a timestamp's
//! own form. *Validating* (into [`Sandbox`] or [`Lifecycle`](crate::Lifecycle)) says of every field that no rule could
//! read which one it is, what it holds and what is allowed, all at once.

mod apply;
mod create;
mod dto;
mod edit;
mod error_body;
mod extras;
mod glimpse;
mod list;
mod maybe;
mod network;
mod number;
mod object;
mod request;
mod sandbox;
mod text_map;
mod timestamp;
mod unseen;
mod view;
mod webhook;

pub use apply::{ApplyError, Texts};
pub use create::{CreateBuildInfo, CreateSandbox, GpuTypes, Owner, ServerChoices};
pub use dto::{BuildInfo, SandboxDto, SandboxVolume};
pub use edit::{NetworkSettings, RecordEdit};
pub use error_body::{ErrorBody, Messages};
pub use extras::{Dropped, Extras, Kept};
pub use list::{NumberedSandboxPage, SandboxListItem, SandboxPage};
pub use maybe::Maybe;
pub use network::{DomainAllowList, NetworkAllowList};
pub use number::Number;
pub use object::Wire;
pub use request::{
    CreateSandboxSnapshot, ForkSandbox, ResizeSandbox, SandboxLabels, UpdateSandboxNetworkSettings, UpdateSandboxState,
};
pub use sandbox::Sandbox;
pub use text_map::TextMap;
pub use timestamp::Timestamp;
pub use unseen::{BackupRef, ServerFields};
pub use view::{LifecycleView, ReasonGiven, RunnerNamed};
pub use webhook::{SandboxCreated, SandboxStateUpdated};
