//! The rule table, its form, and what the API profile adds to it.

pub(crate) mod form;
pub(crate) mod profile;
pub(crate) mod rows;
pub(crate) mod typed_state;

pub use form::Check;
