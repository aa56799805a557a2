//! The naive model's decisions on a runner's answer to a call, by contracts 2, 3 and 6 of `docs/PROTOCOL.md`.

use super::{
    effects::Taken,
    reports,
    row::{self, has_current_backup},
    write::{Answered, Write},
};
use crate::{
    lifecycle::Columns,
    rules::{Answer, Context, Effect, Event, Job, Outcome, ReasonText, Task, TaskKind},
    vocabulary::{DesiredState, Fault, SandboxState as S},
};

pub(super) fn decide(
    row: &Columns,
    write: Write,
    call: (Task, Option<u32>),
    answer: Answer,
    from: Option<S>,
    context: Context,
) -> Answered {
    match answer {
        Answer::Accepted => Ok(accepted(row, write, call)),
        Answer::Done => done(row, write, call, from, context),
        Answer::Refused { fault, recoverable } => Ok(refused(row, write, call.0, (fault, recoverable), from)),
    }
}

/// The state was written before the call, so an acceptance writes nothing. The runner makes a fork's child from now on.
fn accepted(row: &Columns, mut write: Write, (task, epoch): (Task, Option<u32>)) -> Taken {
    if task == Task::Fork && row.state == S::Forking && epoch.is_none() {
        write.effects.event = Some(Event::Created);
    }
    write.unwritten()
}

/// Returns whether the task changes the sandbox in place and is still under way.
fn in_place(row: &Columns, task: Task) -> bool {
    matches!(
        (task, row.state),
        (Task::Resize { .. }, S::Resizing) | (Task::Snapshot { .. }, S::Snapshotting) | (Task::Fork, S::Forking)
    )
}

/// The runner did the task within the call: decides as at the end of the job, back to the state before the call.
fn done(
    row: &Columns,
    mut write: Write,
    (task, epoch): (Task, Option<u32>),
    from: Option<S>,
    context: Context,
) -> Answered {
    let job = match task {
        Task::Create | Task::Restore => Job::Create,
        Task::Start | Task::Resume => Job::Start,
        Task::Stop { .. } => Job::Stop,
        Task::Pause => Job::Pause,
        Task::Destroy => Job::Destroy,
        Task::Resize { to } => Job::Resize { to },
        Task::Snapshot { .. } => Job::Snapshot,
        Task::Fork => Job::ForkSource,
        Task::Backup { attempt } => Job::Backup { attempt: Some(attempt) },
        Task::Build | Task::Pull => return Ok(write.unwritten()), // The controller looks at the image.
        Task::Recover { start } if epoch.is_some() => Job::Recover { start },
        Task::Recover { start } => {
            if row.state != S::Error {
                return Ok(write.unwritten());
            }
            if row.desired_state == DesiredState::Destroyed {
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
            write.drop_backup();
            return Ok(write.written_or_dropped());
        }
    };
    let back = from.filter(|_| in_place(row, task));
    let mut ended = reports::ended(row, write, job, Outcome::Completed, back, context);
    if task == Task::Fork && ended.row != *row {
        ended.effects.push(Effect::Emit(Event::Created)); // The runner created the child within the call.
    }
    Ok(ended)
}

/// A refusal is a failed end: it begins a new epoch.
fn refused(row: &Columns, mut write: Write, task: Task, error: (Fault, bool), from: Option<S>) -> Taken {
    write.new_epoch = true;
    if task == Task::Pause && row.state == S::Pausing && row.desired_state == DesiredState::Paused {
        write.row.state = S::Started;
        write.row.desired_state = DesiredState::Started;
    } else if in_place(row, task) {
        write.row.state = from.or(row.desired_state.fulfilled_by()).unwrap_or(row.state);
    } else if row::awaited(row) != Some(TaskKind::from(task)) {
        return Write::to(row, write.now()).unwritten();
    } else if matches!(task, Task::Recover { .. }) || (task == Task::Restore && has_current_backup(row)) {
        write.end_badly(); // An error stays what it is, and a restore is asked about first (D27).
    } else {
        let (fault, recoverable) = error;
        write.fails(fault, recoverable, ReasonText::Reported);
    }
    write.written_or_dropped()
}
