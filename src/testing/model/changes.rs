//! The naive model's decisions on commands that change a sandbox in place, recover it or back it up.

use super::{
    row::{
        at, awaits_backup, changes_in_place, coherent, disk_rests, has_any_backup, has_current_backup, is_ephemeral,
        is_vm, restorable,
    },
    write::{Step, Write, Writes},
};
use crate::{
    lifecycle::Columns,
    policy::{ApiProfile, Policy},
    rules::{Context, Event, Owed, RunnerChange, Task},
    vocabulary::{BackupState, DesiredState, Repair, SandboxState as S, SizeChange},
};
use chrono::{DateTime, Utc};

pub(super) fn resize(row: &Columns, write: &mut Write, change: SizeChange, context: Context) -> Step {
    let mut to = row.size();
    if let Some(cpu) = change.cpu {
        to.cpu = cpu.get();
    }
    if let Some(memory) = change.memory {
        to.memory = memory.get();
    }
    if let Some(disk) = change.disk {
        to.disk = disk.get();
    }
    let runs = row.state == S::Started;
    if context.organization_suspended() {
        return Err("suspended");
    }
    if !runs && row.state != S::Stopped {
        return Err("bad_state");
    }
    if row.pending {
        return Err("in_progress");
    }
    if change.disk.is_some() && runs {
        return Err("disk_needs_stop");
    }
    if runs && to.cpu < row.size().cpu {
        return Err("cpu_shrink_running");
    }
    if runs && to.memory < row.size().memory {
        return Err("mem_shrink_running");
    }
    if to.disk < row.size().disk {
        return Err("disk_shrink");
    }
    if to == row.size() {
        return Err("no_change");
    }
    if !row.has_runner {
        return Err("no_runner");
    }
    write.disk_changes();
    write.row.state = S::Resizing;
    write.effects.task = Some(Task::Resize { to });
    Ok(Writes::Row)
}

pub(super) fn fork(row: &Columns, write: &mut Write, context: Context) -> Step {
    if context.organization_suspended() {
        return Err("suspended");
    }
    if !is_vm(row) {
        return Err("unsupported_class");
    }
    if row.state != S::Started {
        return Err("bad_state");
    }
    if row.pending {
        return Err("in_progress");
    }
    if !row.has_runner {
        return Err("no_runner");
    }
    if row.gpu > 0 {
        return Err("gpu_unsupported");
    }
    write.row.state = S::Forking;
    write.effects.task = Some(Task::Fork);
    write.effects.child = true;
    Ok(Writes::Row)
}

pub(super) fn snapshot(row: &Columns, write: &mut Write, memory: bool, policy: &Policy, context: Context) -> Step {
    let keeps_memory = match policy.profile {
        ApiProfile::V0_190 => row.class.as_str() == "windows",
        ApiProfile::V0_226 => is_vm(row),
    };
    if context.organization_suspended() {
        return Err("suspended");
    }
    if !at(row, &[S::Started, S::Stopped]) {
        return Err("bad_state");
    }
    if row.pending {
        return Err("in_progress");
    }
    if !row.has_runner {
        return Err("no_runner");
    }
    if memory && !keeps_memory {
        return Err("memory_snapshot_class");
    }
    if memory && row.state != S::Started {
        return Err("memory_snapshot_needs_started");
    }
    if !memory && keeps_memory && row.state != S::Stopped {
        return Err("fs_snapshot_needs_stopped");
    }
    write.row.state = S::Snapshotting;
    write.effects.task = Some(Task::Snapshot { include_memory: memory });
    Ok(Writes::Row)
}

pub(super) fn recover(
    row: &Columns,
    write: &mut Write,
    start: bool,
    policy: &Policy,
    context: Context,
    now: DateTime<Utc>,
) -> Step {
    if context.organization_suspended() {
        return Err("suspended");
    }
    if !row.recoverable {
        return Err("not_recoverable");
    }
    if row.state != S::Error {
        return Err("not_error");
    }
    if restorable(row) {
        let cooldown = i128::from(policy.recovery_cooldown.get()).saturating_mul(60_000_000);
        let since = |last: DateTime<Utc>| {
            i128::from(now.timestamp_micros()).saturating_sub(i128::from(last.timestamp_micros()))
        };
        if row.last_recovery.is_some_and(|last| since(last) < cooldown) {
            return Err("recover_cooldown");
        }
        if row.pending {
            return Err("conflict");
        }
    }
    let from_backup = restorable(row) || (!row.has_runner && has_any_backup(row)); // D40
    if !from_backup && !row.has_runner {
        return Err("no_runner");
    }
    // D29
    if row.desired_state == DesiredState::Destroyed || row.repair == Some(Repair::Recover) {
        return Err("in_progress");
    }
    // D30: the removal that the old runner is owed would take the disk that the forks read.
    if restorable(row) && row.has_runner && context.live_fork_children() > 0 {
        return Err("fork_children");
    }
    if from_backup {
        recover_from_backup(row, write, now);
    } else {
        write.row.desired_state = if start { DesiredState::Started } else { DesiredState::Stopped };
        write.row.repair = Some(Repair::Recover);
        write.disk_changes();
        write.effects.new_token = start;
        write.effects.task = Some(Task::Recover { start });
    }
    Ok(Writes::Row)
}

/// The backup becomes the disk, also one that is older than the disk that was lost.
fn recover_from_backup(row: &Columns, write: &mut Write, now: DateTime<Utc>) {
    write.row.state = S::Archived;
    write.row.desired_state = DesiredState::Started;
    write.clear_reason();
    write.row.recoverable = false;
    if row.has_runner {
        write.row.has_runner = false;
        write.effects.runner = RunnerChange::ReleasedAsPrevious;
        write.effects.owed = Owed::Removal;
    }
    write.row.backup_state = BackupState::Completed;
    write.row.has_backup_ref = true;
    write.row.changed_since_backup = false;
    write.row.kept_backup = false;
    write.row.must_ask_store = false;
    write.row.last_recovery = Some(now);
    write.effects.recovers = true;
    write.effects.new_token = true;
    write.effects.event = Some(Event::Started);
}

pub(super) fn backup(row: &Columns, write: &mut Write) -> Step {
    if is_ephemeral(row) {
        return Err("ephemeral");
    }
    if awaits_backup(row) || row.must_ask_store {
        return Err("backup_in_progress");
    }
    // D37
    let has_disk = [
        "started",
        "stopped",
        "starting",
        "stopping",
        "archiving",
        "resizing",
        "snapshotting",
        "forking",
        "pausing",
        "paused",
        "resuming",
    ];
    let leaves = ["archived", "destroyed"].contains(&row.desired_state.as_str());
    let is_current = (disk_rests(row) || changes_in_place(row)) && has_current_backup(row);
    let can_be_written = coherent(row.state, row.desired_state);
    if !row.has_runner || !has_disk.contains(&row.state.as_str()) || leaves || is_current || !can_be_written {
        return Ok(Writes::Nothing);
    }
    write.request_backup();
    Ok(Writes::Row)
}
