//! The naive model's decisions on commands, by `docs/LIFECYCLE.md` ("Commands"), sentence by sentence.

use super::{
    row::{at, coherent, desired_is, is_ephemeral, is_vm, restorable, settled},
    write::{Answered, Write},
};
use crate::{
    lifecycle::Columns,
    policy::{ApiProfile, Policy},
    rules::{Command, Context, Event, RunnerChange, Task},
    vocabulary::{
        AutoArchive, AutoDelete, AutoPause, AutoStop, DesiredState, Micros, SandboxState as S, SizeChange, Ttl,
    },
};
use chrono::{DateTime, Utc};

pub(super) fn decide(
    row: &Columns,
    command: Command,
    policy: &Policy,
    context: Context,
    now: DateTime<Utc>,
) -> Answered {
    let mut write = Write::to(row, now);
    let written = match command {
        Command::Start => start(row, &mut write, context)?,
        Command::Stop { force } => stop(row, &mut write, force)?,
        Command::Destroy { force } => destroy(row, &mut write, force, context)?,
        Command::Pause => pause(row, &mut write)?,
        Command::Archive => archive(row, &mut write)?,
        Command::Resize(change) => resize(row, &mut write, change, context)?,
        Command::Fork => fork(row, &mut write, context)?,
        Command::Snapshot { include_memory } => snapshot(row, &mut write, include_memory, policy, context)?,
        Command::Recover { start } => recover(row, &mut write, start, policy, context, now)?,
        Command::Backup => backup(row, &mut write)?,
        Command::AutoStop { .. } | Command::AutoPause { .. } | Command::AutoArchive { .. } => {
            interval(row, &mut write, command, policy)?
        }
        Command::AutoDelete { interval: minutes } => auto_delete(row, &mut write, minutes, context)?,
        Command::Ttl { interval: minutes } => ttl(row, &mut write, minutes, now)?,
        Command::Touch => {
            write.row.last_activity_at = now.max(row.last_activity_at);
            let touched = write.row;
            let mut unwritten = write.unwritten();
            unwritten.row = touched;
            return Ok(unwritten);
        }
    };
    match written {
        Writes::Nothing => Ok(write.unwritten()),
        Writes::Row => write.finish().map_err(|_| "in_progress"), // D6: refused before anything changes.
    }
}

/// Whether the row is written.
enum Writes {
    Row,
    Nothing,
}

type Step = Result<Writes, &'static str>;

fn start(row: &Columns, write: &mut Write, context: Context) -> Step {
    if row.state == S::Started && row.desired_state == DesiredState::Started {
        return Ok(Writes::Nothing);
    }
    let cancels_archive = at(row, &[S::Stopped, S::Archiving]) && row.desired_state == DesiredState::Archived;
    if context.organization_suspended() {
        return Err("suspended");
    }
    if at(row, &[S::Error, S::BuildFailed]) {
        return Err("errored");
    }
    if !settled(row) && !cancels_archive {
        return Err("in_progress");
    }
    if !at(row, &[S::Stopped, S::Archived, S::Archiving, S::Paused]) {
        return Err("bad_state");
    }
    if row.pending {
        return Err("in_progress");
    }
    if row.state == S::Paused && !is_vm(row) {
        return Err("unsupported_class");
    }
    write.row.desired_state = DesiredState::Started;
    write.new_token = row.state != S::Paused;
    write.event = Some(Event::Started);
    Ok(Writes::Row)
}

fn stop(row: &Columns, write: &mut Write, force: bool) -> Step {
    if at(row, &[S::Error, S::BuildFailed]) {
        return Err("errored");
    }
    if !settled(row) {
        return Err("in_progress");
    }
    if !at(row, &[S::Started, S::Paused]) {
        return Err("bad_state");
    }
    if row.pending {
        return Err("in_progress");
    }
    if is_ephemeral(row) {
        write.soft_delete();
        write.event = Some(Event::Destroyed);
    } else {
        write.row.desired_state = DesiredState::Stopped;
        write.event = Some(Event::Stopped);
    }
    write.row.force_stop = force;
    Ok(Writes::Row)
}

fn destroy(row: &Columns, write: &mut Write, force: bool, context: Context) -> Step {
    let under_way = row.pending && row.state != S::PendingBuild;
    if row.desired_state == DesiredState::Destroyed && !under_way {
        return Ok(Writes::Nothing); // D21
    }
    if under_way && !force {
        return Err("in_progress");
    }
    if context.live_fork_children() > 0 {
        return Err("fork_children");
    }
    if force {
        write.supersede();
    } else {
        write.soft_delete();
    }
    write.event = Some(Event::Destroyed);
    Ok(Writes::Row)
}

fn pause(row: &Columns, write: &mut Write) -> Step {
    if row.state != S::Started {
        return Err("bad_state");
    }
    if row.pending {
        return Err("in_progress");
    }
    if !is_vm(row) {
        return Err("unsupported_class");
    }
    if !row.has_runner {
        return Err("no_runner");
    }
    write.row.state = S::Pausing;
    write.row.desired_state = DesiredState::Paused;
    write.task = Some(Task::Pause);
    Ok(Writes::Row)
}

fn archive(row: &Columns, write: &mut Write) -> Step {
    if at(row, &[S::Error, S::BuildFailed]) {
        return Err("errored");
    }
    if !settled(row) {
        return Err("in_progress");
    }
    if row.state != S::Stopped {
        return Err("bad_state");
    }
    if row.pending {
        return Err("in_progress");
    }
    if is_ephemeral(row) {
        return Err("ephemeral");
    }
    write.row.state = S::Archiving;
    write.row.desired_state = DesiredState::Archived;
    write.event = Some(Event::Archived);
    Ok(Writes::Row)
}

fn resize(row: &Columns, write: &mut Write, change: SizeChange, context: Context) -> Step {
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
    write.row.state = S::Resizing;
    write.task = Some(Task::Resize { to });
    Ok(Writes::Row)
}

fn fork(row: &Columns, write: &mut Write, context: Context) -> Step {
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
    write.task = Some(Task::Fork);
    write.child = true;
    Ok(Writes::Row)
}

fn snapshot(row: &Columns, write: &mut Write, memory: bool, policy: &Policy, context: Context) -> Step {
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
    write.task = Some(Task::Snapshot { include_memory: memory });
    Ok(Writes::Row)
}

fn recover(
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
        if context.last_recovery().is_some_and(|last| since(last) < cooldown) {
            return Err("recover_cooldown");
        }
        if row.pending {
            return Err("conflict");
        }
        write.row.state = S::Archived;
        write.row.desired_state = DesiredState::Started;
        write.clear_reason();
        write.row.recoverable = false;
        if row.has_runner {
            write.row.has_runner = false;
            write.runner = RunnerChange::ReleasedAsPrevious;
        }
        write.new_token = true;
        write.event = Some(Event::Started);
        return Ok(Writes::Row);
    }
    if !row.has_runner {
        return Err("no_runner");
    }
    write.row.desired_state = if start { DesiredState::Started } else { DesiredState::Stopped };
    write.new_token = start;
    write.task = Some(Task::Recover { start });
    Ok(Writes::Row)
}

fn backup(row: &Columns, write: &mut Write) -> Step {
    if is_ephemeral(row) {
        return Err("ephemeral");
    }
    if ["Pending", "InProgress"].contains(&row.backup_state.as_str()) {
        return Err("backup_in_progress");
    }
    write.event = Some(Event::BackupCreated);
    Ok(Writes::Nothing)
}

fn interval(row: &Columns, write: &mut Write, command: Command, policy: &Policy) -> Step {
    if let Command::AutoStop { interval: minutes } = command {
        if minutes != AutoStop::Never && row.auto_pause != AutoPause::Never {
            return Err("one_idle_timer");
        }
        write.row.auto_stop = minutes;
    }
    if let Command::AutoPause { interval: minutes } = command {
        if minutes != AutoPause::Never {
            if !is_vm(row) {
                return Err("unsupported_class");
            }
            if is_ephemeral(row) {
                return Err("ephemeral");
            }
            if row.auto_stop != AutoStop::Never {
                return Err("one_idle_timer");
            }
        }
        write.row.auto_pause = minutes;
    }
    if let Command::AutoArchive { interval: minutes } = command {
        let most = policy.max_auto_archive;
        let too_much = i64::from(minutes.as_minutes()) > i64::from(most.get());
        write.row.auto_archive = if minutes.as_minutes() == 0 || too_much { AutoArchive::After(most) } else { minutes };
    }
    in_coherent_states(row)
}

fn auto_delete(row: &Columns, write: &mut Write, minutes: AutoDelete, context: Context) -> Step {
    if row.gpu > 0 {
        return Err("gpu_must_stay_ephemeral");
    }
    if context.linked() && minutes != AutoDelete::AtOnce {
        return Err("linked_must_stay_ephemeral");
    }
    write.row.auto_delete = minutes;
    in_coherent_states(row)
}

fn ttl(row: &Columns, write: &mut Write, minutes: Ttl, now: DateTime<Utc>) -> Step {
    let now = Micros::from(now);
    let at = now.saturating_add_minutes(i64::from(minutes.as_minutes()));
    // The last instant means never, so a deadline at the last instant becomes one microsecond earlier.
    let at = if at == Micros::MAX { Micros::MAX.saturating_add_micros(-1) } else { at };
    write.row.auto_destroy_at = if minutes.as_minutes() == 0 || at < now { None } else { Some(at.into()) };
    in_coherent_states(row)
}

/// Accepts an interval if the states of the row are coherent.
fn in_coherent_states(row: &Columns) -> Step {
    // Desired `resized` is never checked, so it is coherent with every state.
    let accepted = desired_is(row, &[DesiredState::Resized]) || coherent(row.state, row.desired_state);
    if accepted { Ok(Writes::Row) } else { Err("in_progress") }
}
