//! Values and what follows from them: words, intervals, instants, policy, held resources, reported state, warnings.

mod faults;
mod held_resources;
mod instants;
mod intervals;
mod log_texts;
mod policy;
mod reported_state;
#[path = "../support/time.rs"]
mod time;
mod warnings;
mod words;

use sandbox_lifecycle::{Columns, DesiredState, Lifecycle, SandboxState};

/// Returns the names of the states that satisfy a predicate.
fn states(holds: impl Fn(SandboxState) -> bool) -> String {
    let found = SandboxState::ALL.iter().filter(|state| holds(**state)).map(|state| state.as_str());
    found.collect::<Vec<_>>().join(" ")
}

/// Returns a sandbox of the default size with one GPU.
fn row_in(state: SandboxState, desired_state: DesiredState) -> Lifecycle {
    Lifecycle::from(Columns { state, desired_state, cpu: 2, memory: 4, disk: 10, gpu: 1, ..Columns::default() })
}
