//! The questions that the naive model asks about a row, in published words.

use crate::{
    lifecycle::Columns,
    vocabulary::{DesiredState, Fault, SandboxState},
};

/// Returns whether state and desired state are the same word.
pub(super) fn settled(row: &Columns) -> bool {
    row.state.as_str() == row.desired_state.as_str()
}

pub(super) fn at(row: &Columns, states: &[SandboxState]) -> bool {
    states.contains(&row.state)
}

pub(super) fn desired_is(row: &Columns, desired: &[DesiredState]) -> bool {
    desired.contains(&row.desired_state)
}

pub(super) fn is_vm(row: &Columns) -> bool {
    ["linux-vm", "windows"].contains(&row.class.as_str())
}

pub(super) fn is_ephemeral(row: &Columns) -> bool {
    row.auto_delete.as_minutes() == 0
}

/// Returns whether the fault is a time limit and a completed backup with its reference exists.
pub(super) fn restorable(row: &Columns) -> bool {
    row.fault == Some(Fault::Timeout) && row.backup_state.as_str() == "Completed" && row.has_backup_ref
}

/// Returns whether the states are coherent, as listed in `docs/LIFECYCLE.md#4-coherent-states`, and in addition error with
/// desired paused (difference D1).
pub(super) fn coherent(state: SandboxState, desired: DesiredState) -> bool {
    let coherent = match desired.as_str() {
        "started" => {
            "started stopped starting archived creating unknown restoring pending_build building_snapshot \
             pulling_snapshot archiving error build_failed resizing snapshotting forking paused resuming"
        }
        "stopped" => "started stopping stopped error build_failed resizing snapshotting forking paused pausing",
        "archived" => "archived archiving stopped error build_failed",
        "destroyed" => {
            "destroyed destroying stopped started archived error build_failed archiving pending_build paused"
        }
        "paused" => "started pausing paused error",
        _never_checked => return true,
    };
    coherent.split_whitespace().any(|word| word == state.as_str())
}
