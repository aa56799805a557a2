//! The objects of the published API that describe sandboxes.

pub(super) mod dto;
pub(super) mod error_body;
pub(super) mod lifecycle_view;
pub(super) mod list;
