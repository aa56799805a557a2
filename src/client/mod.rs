//! What a client knows: an observation of a sandbox, and whether a goal is reached, pending or unreachable.

mod assessment;
mod goal;
mod observation;

pub use assessment::{Assessment, UnreachableReason};
pub use goal::Goal;
pub use observation::Observation;
