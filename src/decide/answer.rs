//! The answer of a runner to a call: accepted, done within the call, or refused.

use super::job::ended;
use crate::{
    lifecycle::{
        Lifecycle,
        state_set::{StateSet, states},
    },
    rules::{
        Answer, Cause, Context, EventName, Ignored, Outcome, Refusal, Report, ReportKind, RunnerChange, Step, Task,
        refusal::value::ReportReason, step::draft::Draft,
    },
    vocabulary::{BackupState, DesiredState, Fault, Micros, SandboxState},
};

impl Report {
    /// What a runner that works within the call answered to `task`, which `step` asked of it.
    pub fn answered(step: &Step, task: Task, answer: Answer) -> Self {
        Self::Answered { task, answer, from: Some(step.row.status.state()), epoch: None }
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

/// What an accepted call of a task does to a row that waits for it.
struct Accepted {
    from: StateSet,
    desired: DesiredState,
    to: SandboxState,
    /// The call goes to a runner that placement found, which the row is then assigned to.
    takes_a_runner: bool,
}

impl Accepted {
    /// Recorded: table `actions`. The other tasks are calls of commands, which write their state themselves.
    const fn of(task: Task) -> Option<Self> {
        use DesiredState::{Destroyed, Started, Stopped};
        use SandboxState as S;
        const AT_REST: StateSet = states![Stopped Archived Archiving];
        let (from, desired, to) = match task {
            Task::Create => (states![Unknown], Started, S::Creating),
            Task::Restore => (AT_REST, Started, S::Restoring),
            Task::Start => (AT_REST, Started, S::Starting),
            Task::Resume => (states![Paused], Started, S::Resuming),
            Task::Stop { .. } => (states![Started Paused], Stopped, S::Stopping),
            Task::Destroy => (states![Destroyed].not(), Destroyed, S::Destroying),
            Task::Build => (states![PendingBuild], Started, S::BuildingSnapshot),
            Task::Pause | Task::Resize { .. } | Task::Snapshot { .. } | Task::Fork | Task::Recover { .. } => {
                return None;
            }
        };
        Some(Self { from, desired, to, takes_a_runner: matches!(task, Task::Restore | Task::Build) })
    }

    fn is_awaited_by(&self, row: &Lifecycle) -> bool {
        self.desired == row.status.desired() && self.from.contains(row.status.state())
    }
}

fn accepted(row: &Lifecycle, task: Task, now: Micros) -> Step {
    let draft = Draft::new(row, Cause::Report(ReportKind::Answer), now);
    if matches!(task, Task::Fork) && in_place(task) == Some(row.status.state()) {
        // The child exists for others only once its runner makes it.
        return draft.emits(EventName::Created).untouched();
    }
    // Without pending the call was made and the write is dropped (section 7); an errored destroy is driven by its
    // desired state alone (difference D2).
    let errored_destroy = row.status.desired() == DesiredState::Destroyed && row.status.state().is_failed();
    match Accepted::of(task).filter(|accepted| accepted.is_awaited_by(row)) {
        Some(Accepted { to, takes_a_runner, .. }) if row.status.pending() || errored_destroy => {
            let draft = draft.state(to);
            let draft = if takes_a_runner { draft.runner(taken_over(row)) } else { draft };
            draft.finish_or_drop(row, now)
        }
        Some(_) | None => Step::ignored(row, Ignored::NotAwaited, now),
    }
}

/// The runner columns of a row that another runner takes over.
const fn taken_over(row: &Lifecycle) -> RunnerChange {
    if row.status.has_runner() { RunnerChange::AssignedKeepingPrevious } else { RunnerChange::Assigned }
}

fn done(
    row: &Lifecycle,
    task: Task,
    from: Option<SandboxState>,
    context: Context,
    now: Micros,
) -> Result<Step, Refusal> {
    if Accepted::of(task).is_some_and(|accepted| accepted.takes_a_runner && accepted.is_awaited_by(row)) {
        // Accepted and done in one answer: the acceptance is what assigns the runner.
        return Ok(restored(row, task, now));
    }
    if let Task::Recover { start } = task {
        return recovered(row, start, now);
    }
    let Some(job) = task.job() else { return Ok(Step::ignored(row, Ignored::NotAwaited, now)) };
    let mut step = ended(row, job, Outcome::Completed, back(row, task, from), context, now);
    if matches!(task, Task::Fork) && step.writes() {
        step.effects.event = Some(EventName::Created); // The runner has made the child within the call.
    }
    Ok(step)
}

/// A runner that restores within the call takes the sandbox and runs it, in one write.
fn restored(row: &Lifecycle, task: Task, now: Micros) -> Step {
    if !matches!(task, Task::Restore) || !row.status.pending() {
        return Step::ignored(row, Ignored::NotAwaited, now);
    }
    let draft = Draft::new(row, Cause::Report(ReportKind::Answer), now).state(SandboxState::Started);
    draft.drop_finished_backup().clear_reason().runner(taken_over(row)).finish_or_drop(row, now)
}

/// Where a change made in place returns to, while it is under way.
fn back(row: &Lifecycle, task: Task, from: Option<SandboxState>) -> Option<SandboxState> {
    from.filter(|_| in_place(task) == Some(row.status.state()))
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
    if row.status.state() != SandboxState::Error {
        return Ok(Step::ignored(row, Ignored::NotAwaited, now));
    }
    if row.status.pending() {
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
    let (state, desired) = (row.status.state(), row.status.desired());
    if in_place(task) == Some(state) {
        return draft.state(from.or(desired.fulfilled_by()).unwrap_or(state)).finish_or_drop(row, now);
    }
    if matches!(task, Task::Pause) && state == SandboxState::Pausing {
        return draft.state(SandboxState::Started).desired(DesiredState::Started).finish_or_drop(row, now);
    }
    // An archiving asks again, as it does after a job that failed (difference D17). A refused recovery, and a call
    // that the row does not wait for any more, leave what is recorded.
    let archives = matches!(task, Task::Destroy) && desired == DesiredState::Archived;
    // The runner refuses a call that the row waits for, or one that it has accepted before.
    let waits = |accepted: Accepted| accepted.is_awaited_by(row) || accepted.to == state;
    if archives || !Accepted::of(task).is_some_and(waits) {
        return Step::ignored(row, Ignored::NotAwaited, now);
    }
    draft.state(SandboxState::Error).reported(fault, recoverable).finish_or_drop(row, now)
}
