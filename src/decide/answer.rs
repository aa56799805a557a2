//! The answer of a runner to a call: accepted, done within the call, or refused.

use super::job::{announcing_child, ended, failed};
use crate::lifecycle::{Lifecycle, pairs};
use crate::rules::step::draft::Draft;
use crate::rules::{
    Answer, Cause, Context, EventName, Ignored, Job, Outcome, Refusal, Report, ReportKind, Step, Task,
    refusal::value::ReportReason,
};
use crate::vocabulary::{DesiredState as D, Fault, Micros, SandboxState as S};

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
    epoch: Option<u32>,
    context: Context,
    now: Micros,
) -> Result<Step, Refusal> {
    match answer {
        Answer::Accepted => Ok(accepted(row, task, epoch, now)),
        Answer::Done => done(row, task, from, epoch, context, now),
        Answer::Refused { fault, recoverable } => {
            let draft = Draft::new(row, Cause::Report(ReportKind::Answer), now);
            let draft = draft.raises_epoch().with_fork_children(context.live_fork_children());
            Ok(refused(row, draft, task, (fault, recoverable), from))
        }
    }
}

/// The state was written before the call, so an acceptance writes nothing. Of a host without epochs, subscribers learn of a
/// fork's child only now, because the runner makes it from now on. With an epoch, they learn of it once, at the end.
fn accepted(row: &Lifecycle, task: Task, epoch: Option<u32>, now: Micros) -> Step {
    if matches!((task, epoch), (Task::Fork, None)) && is_in_place(row, task) {
        let draft = Draft::new(row, Cause::Report(ReportKind::Answer), now);
        return draft.emits(EventName::Created).untouched();
    }
    let awaits = row.awaited_task() == Some(task.into());
    Step::ignored(row, if awaits { Ignored::SameState } else { Ignored::NotAwaited }, now)
}

fn done(
    row: &Lifecycle,
    task: Task,
    from: Option<S>,
    epoch: Option<u32>,
    context: Context,
    now: Micros,
) -> Result<Step, Refusal> {
    if let (Task::Recover { start }, None) = (task, epoch) {
        return recovered(row, start, context, now);
    }
    let Some(job) = task.job() else { return Ok(Step::ignored(row, Ignored::NotAwaited, now)) };
    let back = from.filter(|_| is_in_place(row, task));
    let step = ended(row, job, Outcome::Completed, back, context, now);
    Ok(if matches!(task, Task::Fork) { announcing_child(step) } else { step })
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
fn recovered(row: &Lifecycle, start: bool, context: Context, now: Micros) -> Result<Step, Refusal> {
    if row.status.state() != S::Error {
        return Ok(Step::ignored(row, Ignored::NotAwaited, now));
    }
    if row.status.desired() == D::Destroyed {
        return Ok(Step::ignored(row, Ignored::ToBeDestroyed, now));
    }
    if row.status.pending() {
        return Err(Refusal::of_report(row, ReportKind::Recover, ReportReason::Conflict));
    }
    let draft = Draft::new(row, Cause::Report(ReportKind::Recover), now).state(S::Stopped).desired(D::Stopped);
    let draft = draft.clear_reason().recoverable(false).drop_backup();
    let draft = draft.with_fork_children(context.live_fork_children());
    let draft = if start { draft.goes_on() } else { draft };
    Ok(draft.finish_or_drop())
}

fn refused(row: &Lifecycle, draft: Draft, task: Task, (fault, recoverable): (Fault, bool), from: Option<S>) -> Step {
    let (state, desired) = (row.status.state(), row.status.desired());
    if is_in_place(row, task) {
        return draft.state(from.or(desired.fulfilled_by()).unwrap_or(state)).finish_or_drop();
    }
    if matches!((task, state, desired), (Task::Pause, S::Pausing, D::Paused)) {
        return draft.state(S::Started).desired(D::Started).finish_or_drop();
    }
    let awaited = row.awaited_task() == Some(task.into());
    match (task, task.job()) {
        // The error stays as it was: the runner only refuses to mend it.
        (Task::Recover { .. }, _) if awaited => draft.ends_badly().finish_or_drop(),
        (_, Some(job)) if awaited => failed(row, draft, job, fault, recoverable).finish_or_drop(),
        (_, None) if awaited => draft.fails().reported(fault, recoverable).finish_or_drop(),
        // A call that the row no longer waits for changes nothing.
        (_, Some(_) | None) => draft.ignored(Ignored::NotAwaited),
    }
}
