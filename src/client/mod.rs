//! What a client knows of a sandbox: what it saw, whether a wait is over, what happens next, what it holds and carries.

mod assessment;
mod evidence;
mod goal;
mod observation;
mod seen;
mod wait;

pub use assessment::{Assessment, Missing, UnreachableReason};
pub use evidence::Evidence;
pub use goal::Goal;
pub use observation::{Observation, Shown};
pub use seen::Seen;
pub use wait::Wait;
