//! The naive model's decisions on a runner's answer to a call, by `docs/LIFECYCLE.md` ("Commands" and "The controller").

use super::{
    reports,
    row::{at, desired_is},
    write::{Answered, Taken, Write},
};
use crate::{
    lifecycle::Columns,
    rules::{Answer, Context, Effect, Event, Job, Outcome, ReasonText, RunnerChange, Task},
    vocabulary::{BackupState, DesiredState, Fault, SandboxState as S},
};

pub(super) fn decide(
    row: &Columns,
    write: Write,
    task: Task,
    answer: Answer,
    from: Option<S>,
    context: Context,
) -> Answered {
    match answer {
        Answer::Accepted => Ok(accepted(row, write, task)),
        Answer::Done => done(row, write, task, from, context),
        Answer::Refused { fault, recoverable } => Ok(refused(row, write, task, fault, recoverable, from)),
    }
}

/// Returns the state that an accepted call leads to, if the controller makes this call in the row's state.
fn leads_to(row: &Columns, task: Task) -> Option<S> {
    let starts = desired_is(row, &[DesiredState::Started]);
    let rests = at(row, &[S::Stopped, S::Archived, S::Archiving]);
    match task {
        Task::Create if starts && at(row, &[S::Unknown]) => Some(S::Creating),
        Task::Restore if starts && rests => Some(S::Restoring),
        Task::Start if starts && rests => Some(S::Starting),
        Task::Resume if starts && at(row, &[S::Paused]) => Some(S::Resuming),
        Task::Build if starts && at(row, &[S::PendingBuild]) => Some(S::BuildingSnapshot),
        Task::Stop { .. } if desired_is(row, &[DesiredState::Stopped]) && at(row, &[S::Started, S::Paused]) => {
            Some(S::Stopping)
        }
        Task::Destroy if desired_is(row, &[DesiredState::Destroyed]) && !at(row, &[S::Destroyed]) => {
            Some(S::Destroying)
        }
        Task::Create | Task::Restore | Task::Start | Task::Resume | Task::Build => None,
        Task::Stop { .. } | Task::Destroy | Task::Pause | Task::Fork | Task::Recover { .. } => None,
        Task::Resize { .. } | Task::Snapshot { .. } => None,
    }
}

fn accepted(row: &Columns, mut write: Write, task: Task) -> Taken {
    if task == Task::Fork {
        write.event = (row.state == S::Forking).then_some(Event::Created);
        return write.unwritten();
    }
    let errored_destroy = desired_is(row, &[DesiredState::Destroyed]) && at(row, &[S::Error, S::BuildFailed]); // D2
    let Some(state) = leads_to(row, task).filter(|_| row.pending || errored_destroy) else {
        return write.unwritten();
    };
    write.row.state = state;
    write.is_answer = true;
    if matches!(task, Task::Restore | Task::Build) {
        // The call went to the runner that the placement chose.
        write.runner = if row.has_runner { RunnerChange::AssignedKeepingPrevious } else { RunnerChange::Assigned };
        write.row.has_runner = true;
    }
    let now = write.now();
    reports::written_or_dropped(row, write, now)
}

/// Returns whether the task changes the sandbox in place and is still under way.
fn in_place(row: &Columns, task: Task) -> bool {
    matches!(
        (task, row.state),
        (Task::Resize { .. }, S::Resizing) | (Task::Snapshot { .. }, S::Snapshotting) | (Task::Fork, S::Forking)
    )
}

/// The runner did the task within the call: decides as at the end of the job, back to the state before the call.
fn done(row: &Columns, mut write: Write, task: Task, from: Option<S>, context: Context) -> Answered {
    if matches!(task, Task::Restore | Task::Build) && leads_to(row, task).is_some() {
        if task == Task::Build || !row.pending {
            return Ok(write.unwritten());
        }
        // Accepted and done in one answer: as an acceptance, followed by the end of a create.
        write.row.state = S::Started;
        write.is_answer = true;
        reports::drop_finished(&mut write);
        write.clear_reason();
        write.runner = if row.has_runner { RunnerChange::AssignedKeepingPrevious } else { RunnerChange::Assigned };
        write.row.has_runner = true;
        let now = write.now();
        return Ok(reports::written_or_dropped(row, write, now));
    }
    let job = match task {
        Task::Create | Task::Restore => Job::Create,
        Task::Start | Task::Resume => Job::Start,
        Task::Stop { .. } => Job::Stop,
        Task::Pause => Job::Pause,
        Task::Destroy => Job::Destroy,
        Task::Resize { to } => Job::Resize { to },
        Task::Snapshot { .. } => Job::Snapshot,
        Task::Fork => Job::ForkSource,
        Task::Build => return Ok(write.unwritten()),
        Task::Recover { start } => {
            if row.state != S::Error {
                return Ok(write.unwritten());
            }
            if row.pending {
                return Err("conflict");
            }
            write.row.state = S::Stopped;
            write.row.desired_state = DesiredState::Stopped;
            write.starts_next = start;
            write.clear_reason();
            write.row.recoverable = false;
            write.row.backup_state = BackupState::None;
            write.row.has_backup_ref = false;
            let now = write.now();
            return Ok(reports::written_or_dropped(row, write, now));
        }
    };
    let back = from.filter(|_| in_place(row, task));
    let mut ended = reports::ended(row, write, job, Outcome::Completed, back, context);
    if task == Task::Fork && ended.row != *row {
        ended.effects.push(Effect::Emit(Event::Created)); // The runner created the child within the call.
    }
    Ok(ended)
}

fn refused(row: &Columns, mut write: Write, task: Task, fault: Fault, recoverable: bool, from: Option<S>) -> Taken {
    write.is_answer = true;
    let asked_by_command =
        matches!(task, Task::Pause | Task::Resize { .. } | Task::Snapshot { .. } | Task::Fork | Task::Recover { .. });
    if task == Task::Pause && row.state == S::Pausing {
        write.row.state = S::Started;
        write.row.desired_state = DesiredState::Started;
    } else if in_place(row, task) {
        write.row.state = from.or(row.desired_state.fulfilled_by()).unwrap_or(row.state);
    } else if asked_by_command || (task == Task::Destroy && desired_is(row, &[DesiredState::Archived])) {
        return write.unwritten();
    } else if leads_to(row, task).is_some() || accepted_before(row, task) {
        write.fails(fault, recoverable, ReasonText::Reported);
    } else {
        return write.unwritten();
    }
    let now = write.now();
    reports::written_or_dropped(row, write, now)
}

/// Returns whether the runner accepted the call earlier and now refuses it.
fn accepted_before(row: &Columns, task: Task) -> bool {
    let leads = match task {
        Task::Create => "creating",
        Task::Restore => "restoring",
        Task::Start => "starting",
        Task::Resume => "resuming",
        Task::Stop { .. } => "stopping",
        Task::Destroy => "destroying",
        Task::Build => "building_snapshot",
        Task::Pause | Task::Resize { .. } | Task::Snapshot { .. } | Task::Fork | Task::Recover { .. } => return false,
    };
    row.state.as_str() == leads
}
