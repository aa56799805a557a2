//! The naive model's decisions on reports, by `docs/LIFECYCLE.md` ("Runner reports and jobs"), sentence by sentence.

use super::{
    row::{at, desired_is, is_vm, settled},
    write::{Answered, Taken, Write},
};
use crate::{
    lifecycle::Columns,
    rules::{BackupOf, Context, Event, Job, Outcome, ReasonText},
    vocabulary::{BackupState, DesiredState, Fault, SandboxState as S},
};
use chrono::{DateTime, Utc};

/// Returns the write, or an unwritten row if the write would make the states incoherent.
pub(super) fn written_or_dropped(row: &Columns, write: Write, now: DateTime<Utc>) -> Taken {
    write.finish().unwrap_or_else(|_| Write::to(row, now).unwritten())
}

pub(super) fn unsolicited(
    row: &Columns,
    mut write: Write,
    state: S,
    fault: Option<Fault>,
    recoverable: bool,
) -> Answered {
    if state == row.state {
        return Ok(write.unwritten());
    }
    if !at(row, &[S::Started, S::Stopped, S::Paused]) {
        return Err("bad_state"); // Paused: D7.
    }
    if row.desired_state == DesiredState::Destroyed {
        return Ok(write.unwritten());
    }
    if row.pending {
        return Err("conflict");
    }
    // D15: the words that a report may contain.
    let archivable = row.backup_state == BackupState::Completed && row.has_backup_ref;
    match state.as_str() {
        "started" => write.row.desired_state = DesiredState::Started,
        "stopped" => write.row.desired_state = DesiredState::Stopped,
        "destroyed" => write.soft_delete(),
        "error" => {}
        "paused" if is_vm(row) => write.row.desired_state = DesiredState::Paused,
        "archived" if archivable => write.row.desired_state = DesiredState::Archived,
        _forbidden => return Err("bad_state"),
    }
    write.row.state = state;
    match fault {
        Some(fault) => write.because(fault, recoverable && state == S::Error, ReasonText::Reported),
        None => write.row.recoverable = false,
    }
    let now = write.now();
    Ok(written_or_dropped(row, write, now))
}

/// Returns whether the row waits for this job (including D10 and D16).
fn awaited(row: &Columns, job: Job) -> bool {
    let late = settled(row) || at(row, &[S::Destroyed, S::Resizing, S::Snapshotting, S::Forking, S::Pausing]);
    let rests = desired_is(row, &[DesiredState::Started, DesiredState::Stopped]);
    let started = desired_is(row, &[DesiredState::Started]);
    let stopped = desired_is(row, &[DesiredState::Stopped]);
    match job {
        // Without a runner the end is ignored: the end of a restore may overtake its acceptance.
        Job::Create | Job::Start | Job::ForkChild => started && !late && row.has_runner,
        Job::Stop => stopped && !late,
        Job::Destroy => {
            let archives = desired_is(row, &[DesiredState::Archived]) && row.backup_state == BackupState::Completed;
            (desired_is(row, &[DesiredState::Destroyed]) || archives) && !late
        }
        Job::Recover { start } => row.state == S::Error && if start { started } else { stopped },
        Job::Pause => row.state == S::Pausing,
        Job::Resize { .. } => row.state == S::Resizing && rests,
        Job::Snapshot => row.state == S::Snapshotting && rests,
        Job::ForkSource => row.state == S::Forking && rests,
        Job::Backup { of } => of == BackupOf::Current,
    }
}

/// Decides on the end of a job. `back` is the state before the call, if the runner did the work within the call.
pub(super) fn ended(
    row: &Columns,
    mut write: Write,
    job: Job,
    outcome: Outcome,
    back: Option<S>,
    context: Context,
) -> Taken {
    if back.is_none() && !awaited(row, job) {
        return write.unwritten();
    }
    let archives = row.desired_state == DesiredState::Archived;
    match (job, outcome) {
        (Job::Backup { .. }, _) => return backup_ended(row, write, outcome, context),
        (Job::Resize { .. } | Job::Snapshot | Job::ForkSource, _) => {
            write.row.state = back.or(row.desired_state.fulfilled_by()).unwrap_or(row.state);
            if let (Job::Resize { to }, Outcome::Completed) = (job, outcome) {
                (write.row.cpu, write.row.memory, write.row.disk) = (to.cpu, to.memory, to.disk);
            }
            if job == Job::Snapshot && outcome == Outcome::Completed && back.is_none() {
                write.event = Some(Event::SnapshotCreated);
            }
        }
        (Job::Destroy, Outcome::Failed { .. }) if archives => return write.unwritten(), // D17
        (_, Outcome::Failed { fault, recoverable }) => write.fails(fault, recoverable, ReasonText::Reported),
        (Job::Create | Job::Start | Job::ForkChild, Outcome::Completed) => {
            write.row.state = S::Started;
            drop_finished(&mut write);
            write.clear_reason();
        }
        (Job::Stop, Outcome::Completed) => {
            write.row.state = S::Stopped;
            write.drop_backup();
            write.clear_reason();
        }
        (Job::Destroy, Outcome::Completed) => {
            write.row.state = if archives { S::Archived } else { S::Destroyed };
            write.clear_reason();
        }
        (Job::Pause, Outcome::Completed) => {
            write.row.state = S::Paused;
            write.clear_reason();
        }
        (Job::Recover { start }, Outcome::Completed) => {
            write.row.state = S::Stopped;
            write.row.recoverable = false;
            drop_finished(&mut write);
            write.clear_reason();
            write.event = if start { Some(Event::Started) } else { None };
        }
    }
    let now = write.now();
    written_or_dropped(row, write, now)
}

pub(super) fn drop_finished(write: &mut Write) {
    if ["Completed", "Error"].contains(&write.row.backup_state.as_str()) {
        write.drop_backup();
    }
}

fn backup_ended(row: &Columns, mut write: Write, outcome: Outcome, context: Context) -> Taken {
    match outcome {
        Outcome::Completed if row.backup_state == BackupState::Completed => return write.unwritten(),
        Outcome::Completed => {
            write.row.backup_state = BackupState::Completed;
            write.row.has_backup_ref = true;
        }
        Outcome::Failed { fault, recoverable } => {
            write.row.backup_state = BackupState::Error;
            // D12: a draining runner matters only for stopped and archiving sandboxes and those already in error.
            let rests = at(row, &[S::Stopped, S::Archiving]);
            let drained = context.runner_draining() && (rests || row.state == S::Error);
            let archives = row.desired_state == DesiredState::Archived;
            write.row.recoverable = recoverable && (archives || drained);
            if context.runner_draining() && recoverable && rests {
                write.fails(fault, true, ReasonText::Reported);
            }
        }
    }
    let now = write.now();
    written_or_dropped(row, write, now)
}

pub(super) fn backup_under_way(row: &Columns, mut write: Write, begun: bool) -> Taken {
    let reported = if begun { BackupState::InProgress } else { BackupState::Pending };
    if row.backup_state == reported || row.desired_state == DesiredState::Destroyed {
        return write.unwritten();
    }
    let needed = row.desired_state == DesiredState::Archived || at(row, &[S::Error, S::BuildFailed]);
    let kept = needed && row.backup_state == BackupState::Completed;
    if kept || !row.has_runner {
        return write.unwritten(); // A late report: it does not void the finished backup, since no other backup follows.
    }
    write.row.backup_state = reported;
    let now = write.now();
    written_or_dropped(row, write, now)
}
