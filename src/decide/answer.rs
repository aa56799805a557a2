//! The answer of a runner to a call: accepted, done within the call, or refused.

use super::job::ended;
use crate::{
    lifecycle::Lifecycle,
    rules::{
        Answer, Cause, Context, Event, Ignored, Outcome, Refusal, Report, ReportKind, RunnerChange, Step, Task,
        refusal::value::ReportReason, step::draft::Draft,
    },
    vocabulary::{BackupState, DesiredState, Fault, Micros, SandboxState},
};

impl Report {
    /// What a runner that works within the call answered to `task`, which `step` asked of it.
    #[must_use]
    pub fn answered(step: &Step, task: Task, answer: Answer) -> Self {
        Self::Answered { task, answer, from: Some(step.row.status.state), epoch: None }
    }
}

pub(crate) fn decide(
    row: &Lifecycle,
    task: Task,
    answer: Answer,
    from: Option<SandboxState>,
    context: Context,
    now: Micros,
) -> Result<Step, Refusal> {
    match answer {
        Answer::Accepted => Ok(accepted(row, task, now)),
        Answer::Done => done(row, task, from, context, now),
        Answer::Refused { fault, recoverable } => Ok(refusal(row, task, fault, recoverable, from, now)),
    }
}

/// The state that an accepted call leads to, from the states it is made in (section 7).
const fn leads_to(task: Task, row: &Lifecycle) -> Option<SandboxState> {
    let state = row.status.state;
    let rests = matches!(state, SandboxState::Stopped | SandboxState::Archived | SandboxState::Archiving);
    match (task, row.status.desired) {
        (Task::Create, DesiredState::Started) if matches!(state, SandboxState::Unknown) => Some(SandboxState::Creating),
        (Task::Restore, DesiredState::Started) if rests => Some(SandboxState::Restoring),
        (Task::Start, DesiredState::Started) if rests => Some(SandboxState::Starting),
        (Task::Resume, DesiredState::Started) if matches!(state, SandboxState::Paused) => Some(SandboxState::Resuming),
        (Task::Stop { .. }, DesiredState::Stopped) if matches!(state, SandboxState::Started | SandboxState::Paused) => {
            Some(SandboxState::Stopping)
        }
        (Task::Destroy, DesiredState::Destroyed) if !matches!(state, SandboxState::Destroyed) => {
            Some(SandboxState::Destroying)
        }
        (Task::Build, DesiredState::Started) if matches!(state, SandboxState::PendingBuild) => {
            Some(SandboxState::BuildingSnapshot)
        }
        (Task::Create | Task::Restore | Task::Start | Task::Resume | Task::Stop { .. } | Task::Destroy, _) => None,
        (Task::Build | Task::Pause | Task::Resize { .. } | Task::Snapshot { .. } | Task::Fork, _) => None,
        (Task::Recover { .. }, _) => None,
    }
}

fn accepted(row: &Lifecycle, task: Task, now: Micros) -> Step {
    let draft = Draft::new(row, Cause::Report(ReportKind::Answer), now);
    if matches!(task, Task::Fork) && in_place(task) == Some(row.status.state) {
        // The child exists for others only once its runner makes it.
        return draft.emits(Some(Event::Created)).untouched();
    }
    // Without pending the call was made and the write is dropped (section 7); an errored destroy is driven by its
    // desired state alone (difference D2).
    let errored_destroy = row.status.desired == DesiredState::Destroyed && row.status.state.is_failed();
    match leads_to(task, row) {
        Some(state) if row.status.pending || errored_destroy => {
            let draft = draft.state(state);
            let draft = if takes_a_runner(task) { draft.runner(taken_over(row)) } else { draft };
            draft.finish_or_drop(row, now)
        }
        Some(_) | None => Step::ignored(row, Ignored::NotAwaited, now),
    }
}

/// The runner columns of a row that another runner takes over.
const fn taken_over(row: &Lifecycle) -> RunnerChange {
    if row.status.has_runner { RunnerChange::AssignedKeepingPrevious } else { RunnerChange::Assigned }
}

/// The call went to a runner that placement found, and the row is that runner's from now on.
const fn takes_a_runner(task: Task) -> bool {
    match task {
        Task::Restore | Task::Build => true,
        Task::Create | Task::Start | Task::Resume | Task::Stop { .. } | Task::Pause | Task::Destroy => false,
        Task::Resize { .. } | Task::Snapshot { .. } | Task::Fork | Task::Recover { .. } => false,
    }
}

fn done(
    row: &Lifecycle,
    task: Task,
    from: Option<SandboxState>,
    context: Context,
    now: Micros,
) -> Result<Step, Refusal> {
    if takes_a_runner(task) && leads_to(task, row).is_some() {
        // It was asked and has done it in one: it is accepted first, since that is what gives it the sandbox.
        return Ok(restored(row, task, now));
    }
    if let Task::Recover { start } = task {
        return recovered(row, start, now);
    }
    let Some(job) = task.job() else { return Ok(Step::ignored(row, Ignored::NotAwaited, now)) };
    let mut step = ended(row, job, Outcome::Completed, back(row, task, from), context, now);
    if matches!(task, Task::Fork) && step.writes() {
        step.effects.event = Some(Event::Created); // The runner has made the child within the call.
    }
    Ok(step)
}

/// A runner that restores within the call takes the sandbox and runs it, in one write.
fn restored(row: &Lifecycle, task: Task, now: Micros) -> Step {
    if !matches!(task, Task::Restore) || !row.status.pending {
        return Step::ignored(row, Ignored::NotAwaited, now);
    }
    let draft = Draft::new(row, Cause::Report(ReportKind::Answer), now).state(SandboxState::Started);
    draft.drop_finished_backup().clear_reason().runner(taken_over(row)).finish_or_drop(row, now)
}

/// Where a change made in place returns to, while it is under way.
fn back(row: &Lifecycle, task: Task, from: Option<SandboxState>) -> Option<SandboxState> {
    from.filter(|_| in_place(task) == Some(row.status.state))
}

/// The state of a change that ends where it began.
const fn in_place(task: Task) -> Option<SandboxState> {
    match task {
        Task::Resize { .. } => Some(SandboxState::Resizing),
        Task::Snapshot { .. } => Some(SandboxState::Snapshotting),
        Task::Fork => Some(SandboxState::Forking),
        Task::Create | Task::Restore | Task::Start | Task::Resume | Task::Stop { .. } | Task::Pause => None,
        Task::Destroy | Task::Recover { .. } | Task::Build => None,
    }
}

/// A runner that recovers within the call: nothing was written before, so the row may have moved meanwhile. It
/// is stopped then in any case; the start that was asked for with it is a command of its own (section 6), and until that
/// comes an ephemeral sandbox does not rest.
fn recovered(row: &Lifecycle, start: bool, now: Micros) -> Result<Step, Refusal> {
    if row.status.state != SandboxState::Error {
        return Ok(Step::ignored(row, Ignored::NotAwaited, now));
    }
    if row.status.pending {
        return Err(Refusal::of_report(row, ReportKind::Recover, ReportReason::Conflict));
    }
    let draft = Draft::new(row, Cause::Report(ReportKind::Recover), now)
        .state(SandboxState::Stopped)
        .desired(DesiredState::Stopped)
        .clear_reason()
        .recoverable(false)
        .backup(BackupState::None, false);
    let draft = if start { draft.goes_on() } else { draft };
    Ok(draft.finish_or_drop(row, now))
}

fn refusal(
    row: &Lifecycle,
    task: Task,
    fault: Fault,
    recoverable: bool,
    from: Option<SandboxState>,
    now: Micros,
) -> Step {
    let draft = Draft::new(row, Cause::Report(ReportKind::Answer), now);
    let (state, desired) = (row.status.state, row.status.desired);
    if in_place(task) == Some(state) {
        return draft.state(from.or(desired.fulfilled_by()).unwrap_or(state)).finish_or_drop(row, now);
    }
    if matches!(task, Task::Pause) && state == SandboxState::Pausing {
        return draft.state(SandboxState::Started).desired(DesiredState::Started).finish_or_drop(row, now);
    }
    // An archiving asks again, as it does after a job that failed (difference D17). A refused recovery, and a call
    // that the row does not wait for any more, leave what is recorded.
    let archives = matches!(task, Task::Destroy) && desired == DesiredState::Archived;
    if archives || !(leads_to(task, row).is_some() || under_way(task, state)) {
        return Step::ignored(row, Ignored::NotAwaited, now);
    }
    draft.state(SandboxState::Error).reported(fault, recoverable).finish_or_drop(row, now)
}

/// The state is the one that an accepted call of this kind leads to: the runner took it and now refuses it.
const fn under_way(task: Task, state: SandboxState) -> bool {
    match task {
        Task::Create => matches!(state, SandboxState::Creating),
        Task::Restore => matches!(state, SandboxState::Restoring),
        Task::Start => matches!(state, SandboxState::Starting),
        Task::Resume => matches!(state, SandboxState::Resuming),
        Task::Stop { .. } => matches!(state, SandboxState::Stopping),
        Task::Destroy => matches!(state, SandboxState::Destroying),
        Task::Build => matches!(state, SandboxState::BuildingSnapshot),
        Task::Pause | Task::Resize { .. } | Task::Snapshot { .. } | Task::Fork | Task::Recover { .. } => false,
    }
}
