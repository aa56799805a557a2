//! The naive model's pass of the controller and its comparison with an inventory, by `docs/PROTOCOL.md` and
//! `docs/LIFECYCLE.md` ("The controller").

mod errors;
mod inventory;
mod leaving;
mod pass;
mod resting;
mod starting;

pub use inventory::Compared;
pub use pass::Decided;
