//! The controller: what to do next for one sandbox, from its row and what is known of the runner.

mod reconcile;
mod view;

pub use reconcile::Next;
pub use view::{Image, Observed, Placement, RunnerView};
