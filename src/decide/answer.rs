//! The answer of a runner to a call: accepted, done within the call, or refused.

use super::job::ended;
use crate::lifecycle::state_set::{StateSet, states};
use crate::lifecycle::{Lifecycle, pairs};
use crate::rules::step::draft::Draft;
use crate::rules::{
    Answer, Cause, Context, EventName, Ignored, Job, Outcome, Refusal, Report, ReportKind, RunnerChange, Step, Task,
    refusal::value::ReportReason,
};
use crate::vocabulary::{BackupState, DesiredState as D, Fault, Micros, SandboxState as S};

impl Report {
    /// Returns the report of a runner that answered `answer` to `task`, which `step` called for.
    ///
    /// It has no epoch, so it is never stale: use it only for an answer within the call. For a later answer, build
    /// [`Report::Answered`] with the epoch of the [`Call`](crate::rules::Call).
    pub fn answered(step: &Step, task: Task, answer: Answer) -> Self {
        Self::Answered { task, answer, from: Some(step.row.status.state()), epoch: None }
    }
}

pub(super) fn decide(
    row: &Lifecycle,
    task: Task,
    answer: Answer,
    from: Option<S>,
    context: Context,
    now: Micros,
) -> Result<Step, Refusal> {
    match answer {
        Answer::Accepted => Ok(accepted(row, task, now)),
        Answer::Done => done(row, task, from, context, now),
        Answer::Refused { fault, recoverable } => Ok(refused(row, task, fault, recoverable, from, now)),
    }
}

/// What an accepted call of a task does to a row that waits for it.
struct Accepted {
    from: StateSet,
    desired: D,
    to: S,
    /// The call goes to a runner that placement found. The acceptance assigns this runner to the row.
    takes_a_runner: bool,
}

impl Accepted {
    /// Returns the write for each call of the controller (recorded: table `actions`). The commands make the other
    /// calls, and write their state themselves.
    const fn of(task: Task) -> Option<Self> {
        const AT_REST: StateSet = states![Stopped Archived Archiving];
        let (from, desired, to) = match task {
            Task::Create => (states![Unknown], D::Started, S::Creating),
            Task::Restore => (AT_REST, D::Started, S::Restoring),
            Task::Start => (AT_REST, D::Started, S::Starting),
            Task::Resume => (states![Paused], D::Started, S::Resuming),
            Task::Stop { .. } => (states![Started Paused], D::Stopped, S::Stopping),
            Task::Destroy => (states![Destroyed].not(), D::Destroyed, S::Destroying),
            Task::Build => (states![PendingBuild], D::Started, S::BuildingSnapshot),
            Task::Pause | Task::Resize { .. } | Task::Snapshot { .. } | Task::Fork => return None,
            Task::Recover { .. } => return None,
        };
        Some(Self { from, desired, to, takes_a_runner: matches!(task, Task::Restore | Task::Build) })
    }

    fn is_awaited_by(&self, row: &Lifecycle) -> bool {
        self.desired == row.status.desired() && self.from.contains(row.status.state())
    }
}

fn accepted(row: &Lifecycle, task: Task, now: Micros) -> Step {
    let draft = Draft::new(row, Cause::Report(ReportKind::Answer), now);
    if matches!(task, Task::Fork) && is_in_place(row, task) {
        // Subscribers learn of the child only now, because the runner makes it from now on.
        return draft.emits(EventName::Created).untouched();
    }
    // The recorded server makes the call even where nothing is pending, and drops the write (recorded: table
    // `actions`). A row in error is never pending, so its desired state alone counts for a destroy (difference D2).
    let destroys_error = row.status.desired() == D::Destroyed && row.status.state().is_failed();
    match Accepted::of(task).filter(|accepted| accepted.is_awaited_by(row)) {
        Some(Accepted { to, takes_a_runner, .. }) if row.status.pending() || destroys_error => {
            let draft = draft.state(to);
            let draft = if takes_a_runner { draft.runner(assigned(row)) } else { draft };
            draft.finish_or_drop()
        }
        Some(_) | None => Step::ignored(row, Ignored::NotAwaited, now),
    }
}

/// Returns the change of the runner column when placement's runner takes the sandbox.
const fn assigned(row: &Lifecycle) -> RunnerChange {
    if row.status.has_runner() { RunnerChange::AssignedKeepingPrevious } else { RunnerChange::Assigned }
}

fn done(row: &Lifecycle, task: Task, from: Option<S>, context: Context, now: Micros) -> Result<Step, Refusal> {
    if Accepted::of(task).is_some_and(|accepted| accepted.takes_a_runner && accepted.is_awaited_by(row)) {
        // The answer is acceptance and end in one, and the acceptance assigns the runner.
        return Ok(restored(row, task, now));
    }
    if let Task::Recover { start } = task {
        return recovered(row, start, now);
    }
    let Some(job) = task.job() else { return Ok(Step::ignored(row, Ignored::NotAwaited, now)) };
    let back = from.filter(|_| is_in_place(row, task));
    let mut step = ended(row, job, Outcome::Completed, back, context, now);
    if matches!(task, Task::Fork) && step.writes() {
        step.effects.event = Some(EventName::Created); // The runner made the child within the call.
    }
    Ok(step)
}

/// Assigns a runner that restored the sandbox within the call, and writes started.
fn restored(row: &Lifecycle, task: Task, now: Micros) -> Step {
    if !matches!(task, Task::Restore) || !row.status.pending() {
        return Step::ignored(row, Ignored::NotAwaited, now);
    }
    let draft = Draft::new(row, Cause::Report(ReportKind::Answer), now).state(S::Started);
    draft.drop_finished_backup().clear_reason().runner(assigned(row)).finish_or_drop()
}

/// Whether the row waits for this task in the state of a change that ends where it began.
fn is_in_place(row: &Lifecycle, task: Task) -> bool {
    let state = row.status.state();
    pairs::IN_PLACE.contains(state) && task.job().and_then(Job::only_state) == Some(state)
}

/// Writes stopped for a runner that recovered the sandbox within the call.
///
/// The command wrote no state, so the row may have changed since. The result is always stopped: the start that was
/// requested with the recovery is a separate command (recorded: table `actions`), and an ephemeral sandbox is kept for
/// it.
fn recovered(row: &Lifecycle, start: bool, now: Micros) -> Result<Step, Refusal> {
    if row.status.state() != S::Error {
        return Ok(Step::ignored(row, Ignored::NotAwaited, now));
    }
    if row.status.pending() {
        return Err(Refusal::of_report(row, ReportKind::Recover, ReportReason::Conflict));
    }
    let draft = Draft::new(row, Cause::Report(ReportKind::Recover), now).state(S::Stopped).desired(D::Stopped);
    let draft = draft.clear_reason().recoverable(false).backup(BackupState::None, false);
    let draft = if start { draft.goes_on() } else { draft };
    Ok(draft.finish_or_drop())
}

fn refused(row: &Lifecycle, task: Task, fault: Fault, recoverable: bool, from: Option<S>, now: Micros) -> Step {
    let draft = Draft::new(row, Cause::Report(ReportKind::Answer), now);
    let (state, desired) = (row.status.state(), row.status.desired());
    if is_in_place(row, task) {
        return draft.state(from.or(desired.fulfilled_by()).unwrap_or(state)).finish_or_drop();
    }
    if matches!(task, Task::Pause) && state == S::Pausing {
        return draft.state(S::Started).desired(D::Started).finish_or_drop();
    }
    // An archiving sandbox repeats the call, as it does after a failed job (difference D17). A refused recovery, and a
    // call that the row no longer waits for, change nothing.
    let archives = matches!(task, Task::Destroy) && desired == D::Archived;
    // The runner refuses a call that the row waits for, or one that it accepted before.
    let counts = |accepted: Accepted| accepted.is_awaited_by(row) || accepted.to == state;
    if archives || !Accepted::of(task).is_some_and(counts) {
        return Step::ignored(row, Ignored::NotAwaited, now);
    }
    draft.state(S::Error).reported(fault, recoverable).finish_or_drop()
}
