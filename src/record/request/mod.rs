//! The requests of the published API: a new sandbox, and changes of an existing one.

pub(super) mod change;
pub(super) mod create;
