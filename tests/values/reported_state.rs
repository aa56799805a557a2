//! Which state the API reports for a stored pair of state and desired state.

use crate::row_in;
use sandbox_lifecycle::{DesiredState, SandboxState};

#[test]
fn the_reported_state_differs_from_the_stored_state_only_for_these_pairs() {
    let mut differing = Vec::new();
    for desired in DesiredState::ALL {
        for state in SandboxState::ALL {
            let shown = row_in(*state, *desired).reported_state();
            if shown != *state {
                differing.push(format!("{state}+{desired}={shown}"));
            }
        }
    }
    assert_eq!(
        differing,
        [
            "started+destroyed=destroying",
            "stopped+destroyed=destroying",
            "stopped+started=starting",
            "unknown+started=creating",
            "started+stopped=stopping",
            "stopped+archived=archiving",
        ]
    );
}
