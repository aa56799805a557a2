//! The end of a job. Its report may be late, repeated or wrong (recorded: table `jobs`).

use super::backup;
use crate::lifecycle::Lifecycle;
use crate::lifecycle::state_set::{StateSet, states};
use crate::rules::step::draft::Draft;
use crate::rules::{Cause, Context, EventName, Ignored, Job, Outcome, Step};
use crate::vocabulary::{BackupState, DesiredState as D, Fault, Micros, Repair, SandboxState as S};

impl Job {
    /// Returns the only state in which a row waits for the end of this job, if there is just one.
    pub(super) const fn only_state(self) -> Option<S> {
        match self {
            Self::Recover { .. } => Some(S::Error),
            Self::Pause => Some(S::Pausing),
            Self::Resize { .. } => Some(S::Resizing),
            Self::Snapshot => Some(S::Snapshotting),
            Self::ForkSource => Some(S::Forking),
            Self::Create | Self::Start | Self::ForkChild | Self::Stop | Self::Destroy | Self::Backup { .. } => None,
        }
    }
}

/// Returns why the row does not wait for the end of this job, or `None` if it does.
// (differences D10 and D16)
fn ignored(row: &Lifecycle, job: Job) -> Option<Ignored> {
    const ELSEWHERE: StateSet = states![Destroyed Resizing Snapshotting Forking Pausing];
    let (status, desired) = (row.status, row.status.desired());
    let wanted = match job {
        Job::Create | Job::Start | Job::ForkChild | Job::Recover { start: true } => desired == D::Started,
        Job::Stop | Job::Recover { start: false } => desired == D::Stopped,
        Job::Destroy if status.backup() == BackupState::Completed => matches!(desired, D::Destroyed | D::Archived),
        Job::Destroy => desired == D::Destroyed,
        Job::Resize { .. } | Job::Snapshot | Job::ForkSource => matches!(desired, D::Started | D::Stopped),
        Job::Pause | Job::Backup { .. } => true,
    };
    // A row without a runner has left the copy that the report is about: the sandbox would run on none.
    let lacks_runner = matches!(job, Job::Create | Job::Start | Job::ForkChild) && !status.has_runner();
    let awaited = match job.only_state() {
        Some(state) => status.state() == state,
        None => !lacks_runner && !status.is_settled() && !ELSEWHERE.contains(status.state()),
    };
    match (wanted, awaited) {
        (false, _) => Some(Ignored::NotWanted),
        (true, false) => Some(Ignored::NotAwaited),
        (true, true) => None,
    }
}

/// Decides on the end of a job. `back` is the state to which a resize, a snapshot or the source of a fork returns, if
/// the caller knows it.
pub(super) fn ended(
    row: &Lifecycle,
    job: Job,
    outcome: Outcome,
    back: Option<S>,
    context: Context,
    now: Micros,
) -> Step {
    if let Job::Backup { attempt } = job {
        return backup::ended(row, attempt, outcome, context, now);
    }
    if let (None, Some(why)) = (back, ignored(row, job)) {
        return Step::ignored(row, why, now);
    }
    let draft = Draft::new(row, Cause::Report(job.kind()), now).with_fork_children(context.live_fork_children());
    if let (true, Outcome::Failed { recoverable, .. }) = (is_late_failure(row, job), outcome) {
        return draft.recoverable(row.status.recoverable() || recoverable).finish_or_drop();
    }
    let draft = match (job, outcome) {
        (Job::Resize { .. } | Job::Snapshot | Job::ForkSource, _) => returned(row, draft, job, outcome, back),
        (Job::Destroy, Outcome::Failed { .. }) if row.status.desired() == D::Archived => {
            // The runner still has the copy, so the next pass repeats the call (difference D17).
            return Step::ignored(row, Ignored::NotAwaited, now);
        }
        (_, Outcome::Failed { fault, recoverable }) => failed(row, draft, job, fault, recoverable),
        (_, Outcome::Completed) => completed(row, draft, job).clear_reason(),
    };
    draft.finish_or_drop()
}

/// Tells subscribers of the child that a fork has made.
pub(super) fn announcing_child(mut step: Step) -> Step {
    if step.writes() {
        step.effects.event = Some(EventName::Created);
    }
    step
}

/// Whether the failure is of a job that a sandbox in error no longer waits for (difference D26).
const fn is_late_failure(row: &Lifecycle, job: Job) -> bool {
    let moves = matches!(job, Job::Create | Job::Start | Job::Stop | Job::ForkChild);
    // Only the stop that mends an error is awaited there.
    let mends = matches!((job, row.status.repair()), (Job::Stop, Some(Repair::Stop)));
    moves && !mends && matches!(row.status.state(), S::Error)
}

/// Writes the failure of a job. A restore is asked about first, because its backup may still be placed elsewhere.
pub(super) fn failed(row: &Lifecycle, draft: Draft, job: Job, fault: Fault, recoverable: bool) -> Draft {
    if matches!(job, Job::Create) && row.status.state() == S::Restoring && row.status.has_usable_backup() {
        draft.ends_badly()
    } else {
        draft.fails().reported(fault, recoverable)
    }
}

/// Writes the result of a completed job. Where the disk has changed, a finished backup is void.
fn completed(row: &Lifecycle, draft: Draft, job: Job) -> Draft {
    match job {
        Job::Create | Job::Start | Job::ForkChild => draft.state(S::Started).drop_finished_backup(),
        Job::Stop => draft.state(S::Stopped).drop_backup(),
        Job::Destroy if row.status.desired() == D::Archived => draft.state(S::Archived),
        Job::Destroy => draft.state(S::Destroyed),
        Job::Pause => draft.state(S::Paused),
        Job::Recover { start } => {
            let draft = draft.state(S::Stopped).recoverable(false).drop_finished_backup();
            if start { draft.emits(EventName::Started) } else { draft }
        }
        Job::Resize { .. } | Job::Snapshot | Job::ForkSource | Job::Backup { .. } => draft,
    }
}

/// Returns a change made in place to the state where it began, whether it completed or failed.
fn returned(row: &Lifecycle, draft: Draft, job: Job, outcome: Outcome, back: Option<S>) -> Draft {
    let goal = row.status.desired().fulfilled_by().unwrap_or(row.status.state());
    let draft = draft.state(back.unwrap_or(goal));
    match (job, outcome) {
        (Job::Resize { to }, Outcome::Completed) => draft.size(to),
        // `back` is only known within the call, where the host emits the event of the snapshot itself.
        (Job::Snapshot, Outcome::Completed) if back.is_none() => draft.emits(EventName::SnapshotCreated),
        (_, Outcome::Completed) => draft,
        (_, Outcome::Failed { .. }) => draft.raises_epoch(),
    }
}
