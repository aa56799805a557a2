//! The naive model's decisions on reports, by `docs/LIFECYCLE.md` ("Runner reports and jobs"), sentence by sentence.

use super::{
    backups,
    effects::Taken,
    row::{at, desired_is, has_current_backup, is_vm, settled},
    write::{Answered, Write},
};
use crate::{
    lifecycle::Columns,
    rules::{Context, Event, Job, Outcome, ReasonText},
    vocabulary::{BackupState, DesiredState, Fault, Repair, SandboxState as S},
};

/// Decides on an unasked state with an epoch: it moves no row, but what it says about a sandbox at rest or in error is a
/// reason to ask (contract 4).
pub(super) fn unasked(row: &Columns, mut write: Write, state: S, epoch: u32) -> Taken {
    let rests = settled(row) && at(row, &[S::Started, S::Stopped, S::Paused]);
    let asks = row.has_runner && row.desired_state != DesiredState::Destroyed && (rests || row.state == S::Error);
    if !asks || state == row.state || row.must_ask {
        return write.unwritten();
    }
    write.row.must_ask = true;
    if state == S::Started && epoch == row.epoch {
        write.disk_changes(); // It may run (contract 9).
    }
    write.written_or_dropped()
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
    // D15: the words that a report may contain. An archive needs a current backup (contract 9).
    let archivable = has_current_backup(row);
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
    match state.as_str() {
        "error" => write.end_badly(),
        "archived" | "destroyed" => {} // The disk did not change; it is gone.
        _runs_or_rests => write.disk_changes(),
    }
    match fault {
        Some(fault) => write.because(fault, recoverable && state == S::Error, ReasonText::Reported),
        None => write.row.recoverable = false,
    }
    Ok(write.written_or_dropped())
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
        Job::Backup { .. } => true,
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
    if let Job::Backup { attempt } = job {
        return backups::ended(row, write, attempt, outcome, context);
    }
    if back.is_none() && !awaited(row, job) {
        return write.unwritten();
    }
    if let Outcome::Failed { recoverable, .. } = outcome
        && fails_late(row, job)
    {
        write.row.recoverable |= recoverable; // D26
        return write.written_or_dropped();
    }
    let archives = row.desired_state == DesiredState::Archived;
    match (job, outcome) {
        (Job::Backup { .. }, _) => return write.unwritten(),
        (Job::Resize { .. } | Job::Snapshot | Job::ForkSource, _) => {
            write.row.state = back.or(row.desired_state.fulfilled_by()).unwrap_or(row.state);
            if let (Job::Resize { to }, Outcome::Completed) = (job, outcome) {
                (write.row.cpu, write.row.memory, write.row.disk) = (to.cpu, to.memory, to.disk);
            }
            if job == Job::Snapshot && outcome == Outcome::Completed && back.is_none() {
                write.effects.event = Some(Event::SnapshotCreated);
            }
            write.new_epoch = outcome != Outcome::Completed;
        }
        (Job::Destroy, Outcome::Failed { .. }) if archives => return write.unwritten(), // D17
        // D27: the runner is asked, because the backup may be placed elsewhere.
        (Job::Create, Outcome::Failed { .. }) if row.state == S::Restoring && has_current_backup(row) => {
            write.end_badly();
        }
        (_, Outcome::Failed { fault, recoverable }) => write.fails(fault, recoverable, ReasonText::Reported),
        (Job::Create | Job::Start | Job::ForkChild, Outcome::Completed) => {
            write.row.state = S::Started;
            write.drop_finished_backup();
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
            write.drop_finished_backup();
            write.clear_reason();
            write.effects.event = if start { Some(Event::Started) } else { None };
        }
    }
    write.written_or_dropped()
}

/// Returns whether the job is one that a sandbox in error no longer waits for (D26). The stop that mends an error is
/// awaited (contract 6).
fn fails_late(row: &Columns, job: Job) -> bool {
    let moves = matches!(job, Job::Create | Job::Start | Job::Stop | Job::ForkChild);
    let mends = job == Job::Stop && row.repair == Some(Repair::Stop);
    row.state == S::Error && moves && !mends
}
