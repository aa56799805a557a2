//! The rules that the service has itself. It leaves to the crate what is not here: `service.rs` says which.

pub mod clock;
pub mod commands;
pub mod controller;
pub mod draft;
pub mod reports;
