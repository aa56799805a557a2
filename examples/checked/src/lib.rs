//! A small sandbox service with its own words, rules, store, controller and list, and the check of it with the kit.
//!
//! It shows what a platform's author writes to use the kit: `service.rs` implements [`System`], and [`check`] runs every check.
//! A fault can be planted into the service, so that the kit has something to find.
//!
//! [`System`]: sandbox_lifecycle::testing::kit::System

mod faults;
mod list;
mod model;
mod rules;
mod service;

pub use faults::Fault;
pub use service::Service;

use sandbox_lifecycle::testing::kit::{Check, Failure, Report};

/// Runs every check of the kit on the service with this fault, or on the correct one.
///
/// # Errors
/// [`Failure`], with the smallest case on which the service is wrong.
pub fn check(check: &Check, fault: Option<Fault>) -> Result<Report, Box<Failure>> {
    Ok(check.all(&mut Service::new(fault))?)
}
