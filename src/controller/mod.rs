//! The controller: what to do next for one sandbox, from its row and a view of its runner.

mod errors;
mod inventory;
mod leaving;
mod next;
mod pass;
mod reconcile;
mod resting;
mod starting;
mod view;

pub use inventory::{Finding, ListedBy};
pub use next::{Next, Question};
pub use view::{Image, Observed, Placement, RunnerStanding, RunnerView, Stored};
