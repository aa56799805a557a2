//! The objects of the published API that describe sandboxes.

mod dto;
mod error_body;
mod items;
mod list;
mod read_to_end;

pub use dto::{BuildInfo, SandboxDto, SandboxVolume};
pub use error_body::{Advice, ErrorBody, Messages};
pub use items::{FaultyItem, Items};
pub use list::{NumberedSandboxPage, SandboxListItem, SandboxPage};
