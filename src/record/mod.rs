//! The sandbox record: as the API shows it, as a server stores it, and the conversions between them.
//!
//! A record becomes a value that rules read in two steps. *Reading* ([`SandboxDto`], [`LifecycleView`]) demands only
//! the fields that every published version has, and keeps unknown words, unknown fields, null and absent, and the form
//! of a timestamp. *Validating* (into [`Sandbox`] or [`Lifecycle`](crate::Lifecycle)) reports all faulty fields at
//! once, each with its value and what is allowed.

mod api;
mod form;
mod request;
mod stored;
mod webhook;

pub use api::{
    dto::{BuildInfo, SandboxDto, SandboxVolume},
    error_body::{ErrorBody, Messages},
    lifecycle_view::{AssignedRunner, LifecycleView, RecognizedFault},
    list::{NumberedSandboxPage, SandboxListItem, SandboxPage},
};
pub use form::{
    allow_list::{DomainAllowList, NetworkAllowList},
    extras::{Dropped, Extras, Kept},
    maybe::Maybe,
    number::Number,
    one_or_many::OneOrMany,
    text_map::TextMap,
    timestamp::Timestamp,
    wire::Wire,
};
pub use request::{
    change::{
        CreateSandboxSnapshot, ForkSandbox, ResizeSandbox, SandboxLabels, UpdateSandboxNetworkSettings,
        UpdateSandboxState,
    },
    create::{CreateBuildInfo, CreateSandbox, GpuTypes, Owner, ServerChoices},
};
pub use stored::{
    apply::{ApplyError, StepDetails},
    edit::{NetworkSettings, RecordEdit},
    sandbox::Sandbox,
    server_fields::{BackupRef, ServerFields},
};
pub use webhook::{SandboxCreated, SandboxStateUpdated};
