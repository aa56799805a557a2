//! The stored record: how it is validated, how a step is applied to it, and how its other fields are edited.

pub(super) mod apply;
pub(super) mod columns;
pub(super) mod edit;
pub(super) mod sandbox;
pub(super) mod server_fields;
