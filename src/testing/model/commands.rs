//! The naive model's decisions on commands, by `docs/LIFECYCLE.md` ("Commands"), sentence by sentence.

use super::{
    changes::{backup, fork, recover, resize, snapshot},
    row::{at, coherent, desired_is, is_ephemeral, is_vm, settled},
    write::{Answered, Step, Write, Writes},
};
use crate::{
    lifecycle::Columns,
    policy::Policy,
    rules::{Command, Context, Event, Task},
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, DesiredState, Micros, SandboxState as S, Ttl},
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
        Command::Stop { force } => stop(row, &mut write, force, context)?,
        Command::Destroy { force } => destroy(row, &mut write, force, context)?,
        Command::Pause => pause(row, &mut write)?,
        Command::Archive => archive(row, &mut write, context)?,
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
        Writes::Row => write.finish_command().map_err(|_| "in_progress"), // D6: refused before anything changes.
    }
}

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
    write.effects.new_token = row.state != S::Paused;
    write.effects.event = Some(Event::Started);
    Ok(Writes::Row)
}

fn stop(row: &Columns, write: &mut Write, force: bool, context: Context) -> Step {
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
    if is_ephemeral(row) && context.live_fork_children() == 0 {
        write.soft_delete();
        write.effects.event = Some(Event::Destroyed);
    } else {
        write.row.desired_state = DesiredState::Stopped;
        write.effects.event = Some(Event::Stopped);
    }
    write.row.force_stop = force;
    Ok(Writes::Row)
}

fn destroy(row: &Columns, write: &mut Write, force: bool, context: Context) -> Step {
    let under_way = row.pending && row.state != S::PendingBuild;
    let gone = row.desired_state == DesiredState::Destroyed && !row.pending && !row.has_runner;
    if if force { gone } else { row.desired_state == DesiredState::Destroyed && !under_way } {
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
    write.effects.event = Some(Event::Destroyed);
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
    write.effects.task = Some(Task::Pause);
    Ok(Writes::Row)
}

fn archive(row: &Columns, write: &mut Write, context: Context) -> Step {
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
    if context.live_fork_children() > 0 {
        return Err("fork_children"); // D30
    }
    write.row.archive_attempts = 0;
    write.row.state = S::Archiving;
    write.row.desired_state = DesiredState::Archived;
    write.effects.event = Some(Event::Archived);
    Ok(Writes::Row)
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
    if minutes == AutoDelete::AtOnce && row.auto_pause != AutoPause::Never {
        return Err("one_idle_timer");
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
