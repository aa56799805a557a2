//! The requests of the published API: a new sandbox, and changes of an existing one.

mod change;
mod create;

pub use change::{
    CreateSandboxSnapshot, ForkSandbox, ResizeSandbox, SandboxLabels, UpdateSandboxNetworkSettings, UpdateSandboxState,
};
pub use create::{CreateBuildInfo, CreateSandbox, GpuTypes, Owner, ServerChoices};
