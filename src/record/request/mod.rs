//! The requests of the published API: a new sandbox, and changes of an existing one.

mod change;
mod command;
mod create;
mod filter;
mod http;
mod list;

pub use change::{
    CreateSandboxSnapshot, ForkSandbox, ResizeSandbox, SandboxLabels, UpdateSandboxNetworkSettings, UpdateSandboxState,
};
pub use command::{CommandRequest, NoRequest, RequestError};
pub use create::{CreateBuildInfo, CreateSandbox, GpuTypes, Owner, ServerChoices};
pub use http::{HttpMethod, HttpRequest, RequestBody};
pub use list::{ListOrder, ListQuery, ListSort, UnknownFilter};
