//! The value on which every rule decides: small, `Copy`, and able to hold whatever a stored row holds.
//!
//! It answers questions about its own columns and knows nothing of commands, policies or organizations.

mod columns;
pub(crate) mod facts;
mod fork_child;
mod held_resources;
pub(crate) mod instants;
mod invariants;
pub(crate) mod pairs;
mod recovery;
mod sets;
mod status;
mod value;

pub(crate) use columns::Missing;
pub use columns::{Changes, Column, ColumnKind, ColumnValue, Columns, PartialLifecycle, RowError};
pub use held_resources::HeldResources;
pub use invariants::{Violation, Violations};
pub use recovery::Recovery;
pub(crate) use sets::{fact_set, state_set};
pub(crate) use status::{Edit, MOST_ATTEMPTS, PLACES, REPAIR_PLACE, STATE_PLACES, Status};
pub use value::Lifecycle;
