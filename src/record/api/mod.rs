//! The objects of the published API that describe sandboxes.

mod dto;
mod error_body;
mod list;

pub use dto::{BuildInfo, SandboxDto, SandboxVolume};
pub use error_body::{ErrorBody, Messages};
pub use list::{NumberedSandboxPage, SandboxListItem, SandboxPage};
