//! The shortest traces of what once broke a law of `docs/PROTOCOL.md`, one function per trace.

mod inventories;

#[path = "../support/time.rs"]
mod time;

use sandbox_lifecycle::{Columns, Lifecycle};
use time::noon;

/// Returns a sound row with these columns, last written at noon.
fn row(columns: Columns) -> Lifecycle {
    let times = Columns { created_at: noon(), last_activity_at: noon(), state_since: noon(), ..columns };
    Lifecycle::from(times).repaired()
}
