//! Refusals: why an input is rejected, and what the caller can do.

mod message;
pub(crate) mod value;

pub use value::{Asked, Refusal};
