//! The controller: what to do next for one sandbox, from its row and a view of its runner.

mod reconcile;
mod view;

pub use reconcile::Next;
pub use view::{Image, Observed, Placement, RunnerView};
