//! What a client knows of a sandbox: what it saw, whether a wait is over, what happens next, what it holds and carries.

mod assessment;
mod contents;
mod evidence;
mod forecast;
mod goal;
mod observation;
mod plan;
mod seen;
mod usage;
mod wait;

pub use assessment::{Assessment, Missing, UnreachableReason};
pub use contents::{Contents, Presence};
pub use evidence::Evidence;
pub use forecast::{Forecast, Outcome, ShowsOwner};
pub use goal::Goal;
pub use observation::{Observation, Shown};
pub use plan::{Consequences, NoPlan, Plan, PlanPart};
pub use seen::Seen;
pub use usage::Usage;
pub use wait::Wait;
