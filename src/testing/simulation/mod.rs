//! A simulation of a platform: a faulty fleet around a host's own store and controller.

mod callers;
mod fleet;
mod host;
mod laws;
mod machines;
mod messages;
mod names;
mod row;
mod site;
mod verdict;
mod world;

pub use fleet::{Flaw, Random, Tally};
pub use host::Host;
pub use messages::{Answer, Creation, Heard, Payload, Request};
pub use names::{NameError, ProcessId, RunnerId, SandboxId};
pub use row::Row;
pub use site::{Crash, Site};
pub use verdict::{Broken, Law};
pub use world::{Outcome, Simulation};
