//! The pair rules: which desired state may stand next to which state, and what follows from the pair.

use super::sets::state_set::{StateSet, states};
use crate::vocabulary::{DesiredState, SandboxState};

/// Returns the states that may stand next to a desired state (recorded: table `valid`).
///
/// `resized` is never checked. Error may stand next to paused, or a failed pause could not be stored (difference D1).
pub(crate) const fn states_next_to(desired: DesiredState) -> StateSet {
    match desired {
        DesiredState::Started => states![
            Started Stopped Starting Archived Creating Unknown Restoring PendingBuild BuildingSnapshot PullingSnapshot
            Archiving Error BuildFailed Resizing Snapshotting Forking Paused Resuming
        ],
        DesiredState::Stopped => states![
            Started Stopping Stopped Error BuildFailed Resizing Snapshotting Forking Paused Pausing
        ],
        DesiredState::Archived => states![Archived Archiving Stopped Error BuildFailed],
        DesiredState::Destroyed => states![
            Destroyed Destroying Stopped Started Archived Error BuildFailed Archiving PendingBuild Paused
        ],
        DesiredState::Paused => states![Started Pausing Paused Error],
        DesiredState::Resized => StateSet::ALL,
    }
}

/// Whether the desired state may stand next to the state.
#[inline]
pub(crate) const fn is_coherent(state: SandboxState, desired: DesiredState) -> bool {
    states_next_to(desired).contains(state)
}

/// The states of a change that ends in the state where it began.
pub(crate) const IN_PLACE: StateSet = states![Resizing Snapshotting Forking];

/// The states in which a runner has a disk that does not change.
pub(crate) const DISK_RESTS: StateSet = states![Stopped Paused Archiving];

/// The states in which a runner has a disk that a backup can be made of.
pub(crate) const HAS_DISK: StateSet =
    states![Started Stopped Starting Stopping Archiving Resizing Snapshotting Forking Pausing Paused Resuming];

/// Whether the desired state may stand next to each state of a change that ends where it began.
pub(crate) fn stands_next_to_a_change_in_place(desired: DesiredState) -> bool {
    IN_PLACE.iter().all(|state| is_coherent(state, desired))
}

/// Whether the sandbox is where it should go.
pub(crate) const fn is_settled(state: SandboxState, desired: DesiredState) -> bool {
    match desired.fulfilled_by() {
        Some(goal) => StateSet::of(&[goal]).contains(state),
        None => false,
    }
}

/// What `pending` is after every write (recorded: table `invariants`): the controller has work to do for this pair.
#[inline]
pub(crate) const fn is_pending(state: SandboxState, desired: DesiredState) -> bool {
    !is_settled(state, desired) & !state.is_failed() & !matches!(desired, DesiredState::Archived)
}

/// The state that the API shows: a requested change is visible at once (recorded: table `projection`).
pub(crate) const fn reported(state: SandboxState, desired: DesiredState) -> SandboxState {
    match (state, desired) {
        (SandboxState::Started, DesiredState::Stopped) => SandboxState::Stopping,
        (SandboxState::Started | SandboxState::Stopped, DesiredState::Destroyed) => SandboxState::Destroying,
        (SandboxState::Stopped, DesiredState::Started) => SandboxState::Starting,
        (SandboxState::Stopped, DesiredState::Archived) => SandboxState::Archiving,
        (SandboxState::Unknown, DesiredState::Started) => SandboxState::Creating,
        (stored, _) => stored,
    }
}
