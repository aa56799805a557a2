//! The questions that the naive model asks about a row, in published words.

use crate::{
    lifecycle::Columns,
    rules::TaskKind,
    vocabulary::{DesiredState, Fault, Repair, SandboxState},
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

/// Returns whether a completed backup with its reference is the newest of the disk (contract 9).
pub(super) fn has_current_backup(row: &Columns) -> bool {
    row.backup_state.as_str() == "Completed" && row.has_backup_ref && !row.changed_since_backup
}

/// Returns whether any completed backup exists, also an older one.
pub(super) fn has_any_backup(row: &Columns) -> bool {
    has_current_backup(row) || row.kept_backup
}

/// Returns whether a backup attempt is requested or under way.
pub(super) fn awaits_backup(row: &Columns) -> bool {
    ["Pending", "InProgress"].contains(&row.backup_state.as_str())
}

/// Returns whether the fault is an API-level timeout and a current backup exists.
pub(super) fn restorable(row: &Columns) -> bool {
    row.fault == Some(Fault::Timeout) && has_current_backup(row)
}

/// Returns whether the runner has the disk and does not change it.
pub(super) fn disk_rests(row: &Columns) -> bool {
    at(row, &[SandboxState::Stopped, SandboxState::Paused, SandboxState::Archiving])
}

/// Returns whether the sandbox is in a change that ends where it began.
pub(super) fn changes_in_place(row: &Columns) -> bool {
    at(row, &[SandboxState::Resizing, SandboxState::Snapshotting, SandboxState::Forking])
}

/// Returns whether the fork's child counts as alive for its parent.
pub(super) fn is_alive(row: &Columns) -> bool {
    row.state != SandboxState::Destroyed && row.desired_state != DesiredState::Destroyed
}

/// Returns the call whose end the row awaits from its runner.
pub(super) fn awaited(row: &Columns) -> Option<TaskKind> {
    let [recovers, stops] = [Repair::Recover, Repair::Stop].map(|repair| row.repair == Some(repair));
    let from_its_runner = match row.state.as_str() {
        // The parent repeats the call that makes a fork's child.
        "creating" if row.is_fork_child => None,
        "creating" => Some(TaskKind::Create),
        // A restore that has failed is only asked about.
        "restoring" if row.must_ask => None,
        "restoring" => Some(TaskKind::Restore),
        "starting" => Some(TaskKind::Start),
        "resuming" => Some(TaskKind::Resume),
        "stopping" => Some(TaskKind::Stop),
        "pausing" => Some(TaskKind::Pause),
        "destroying" => Some(TaskKind::Destroy),
        "resizing" => Some(TaskKind::Resize),
        "snapshotting" => Some(TaskKind::Snapshot),
        "forking" => Some(TaskKind::Fork),
        "building_snapshot" => Some(TaskKind::Build),
        "pulling_snapshot" => Some(TaskKind::Pull),
        "error" if recovers => Some(TaskKind::Recover),
        "error" if stops => Some(TaskKind::Stop),
        _no_call_is_under_way => None,
    };
    from_its_runner.filter(|_| row.has_runner)
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

/// Returns the state whose time limit counts. The child of a fork has as long as the fork.
pub(super) fn limited(row: &Columns) -> SandboxState {
    if row.is_fork_child && row.state == SandboxState::Creating { SandboxState::Forking } else { row.state }
}
