//! The end of a job, which may be reported late, twice or wrongly (recorded: table `jobs`).

use crate::{
    lifecycle::{
        Lifecycle, pairs,
        state_set::{StateSet, states},
    },
    rules::{
        BackupOf, Cause, Context, EventName, Ignored, Job, Outcome, ReportKind, Step,
        step::{draft::Draft, payload::Payload},
    },
    vocabulary::{BackupState, DesiredState, Micros, SandboxState},
};

/// Why the row does not wait for the end of this job (differences D10 and D16).
fn ignored(row: &Lifecycle, job: Job) -> Option<Ignored> {
    use DesiredState::{Archived, Destroyed, Started, Stopped};
    const ELSEWHERE: StateSet = states![Destroyed Resizing Snapshotting Forking Pausing];
    let Lifecycle { status, .. } = *row;
    let wanted = match job {
        Job::Create | Job::Start | Job::ForkChild | Job::Recover { start: true } => status.desired() == Started,
        Job::Stop | Job::Recover { start: false } => status.desired() == Stopped,
        Job::Destroy if status.backup() == BackupState::Completed => matches!(status.desired(), Destroyed | Archived),
        Job::Destroy => status.desired() == Destroyed,
        Job::Resize { .. } | Job::Snapshot | Job::ForkSource => matches!(status.desired(), Started | Stopped),
        Job::Pause | Job::Backup { .. } => true,
    };
    let awaited = match job {
        // The end of a restore that overtakes its acceptance: no runner holds the row yet, and it would run on none.
        Job::Create | Job::Start | Job::ForkChild if !status.has_runner() => false,
        Job::Create | Job::Start | Job::ForkChild | Job::Stop | Job::Destroy => {
            !pairs::is_settled(status.state(), status.desired()) && !ELSEWHERE.contains(status.state())
        }
        Job::Recover { .. } => status.state() == SandboxState::Error,
        Job::Pause => status.state() == SandboxState::Pausing,
        Job::Resize { .. } => status.state() == SandboxState::Resizing,
        Job::Snapshot => status.state() == SandboxState::Snapshotting,
        Job::ForkSource => status.state() == SandboxState::Forking,
        Job::Backup { .. } => true,
    };
    match (wanted, awaited) {
        (false, _) => Some(Ignored::NotWanted),
        (true, false) => Some(Ignored::NotAwaited),
        (true, true) => None,
    }
}

/// The end of a job. `back` is where a resize, a snapshot or a fork's source returns to, when the caller knows.
pub(super) fn ended(
    row: &Lifecycle,
    job: Job,
    outcome: Outcome,
    back: Option<SandboxState>,
    context: Context,
    now: Micros,
) -> Step {
    if let Job::Backup { of } = job {
        return backup_ended(row, of, outcome, context, now);
    }
    if let (None, Some(why)) = (back, ignored(row, job)) {
        return Step::ignored(row, why, now);
    }
    let draft = Draft::new(row, Cause::Report(job.kind()), now);
    let draft = match (job, outcome) {
        (Job::Resize { .. } | Job::Snapshot | Job::ForkSource, _) => returned(row, draft, job, outcome, back),
        (Job::Destroy, Outcome::Failed { .. }) if row.status.desired() == DesiredState::Archived => {
            // Difference D17: the runner still holds the copy, so the next pass asks again.
            return Step::ignored(row, Ignored::NotAwaited, now);
        }
        (_, Outcome::Failed { fault, recoverable }) => draft.state(SandboxState::Error).reported(fault, recoverable),
        (_, Outcome::Completed) => completed(row, draft, job).clear_reason(),
    };
    draft.finish_or_drop(row, now)
}

/// Where a completed job leaves the row. What has changed since makes a finished backup useless.
fn completed(row: &Lifecycle, draft: Draft, job: Job) -> Draft {
    match job {
        Job::Create | Job::Start | Job::ForkChild => draft.state(SandboxState::Started).drop_finished_backup(),
        Job::Stop => draft.state(SandboxState::Stopped).backup(BackupState::None, false),
        Job::Destroy => match row.status.desired() {
            DesiredState::Archived => draft.state(SandboxState::Archived),
            DesiredState::Destroyed | DesiredState::Started | DesiredState::Stopped => {
                draft.state(SandboxState::Destroyed)
            }
            DesiredState::Resized | DesiredState::Paused => draft.state(SandboxState::Destroyed),
        },
        Job::Pause => draft.state(SandboxState::Paused),
        Job::Recover { start } => {
            let draft = draft.state(SandboxState::Stopped).recoverable(false).drop_finished_backup();
            if start { draft.emits(EventName::Started) } else { draft }
        }
        Job::Resize { .. } | Job::Snapshot | Job::ForkSource | Job::Backup { .. } => draft,
    }
}

/// The end of a change made in place: back to where it was, done or not.
fn returned(row: &Lifecycle, draft: Draft, job: Job, outcome: Outcome, back: Option<SandboxState>) -> Draft {
    let named = row.status.desired().fulfilled_by().unwrap_or(row.status.state());
    let draft = draft.state(back.unwrap_or(named));
    match (job, outcome) {
        (Job::Resize { to }, Outcome::Completed) => draft.payload(Payload::Resized(to)),
        // Within the call the caller tells of the snapshot itself; `back` is known only there.
        (Job::Snapshot, Outcome::Completed) if back.is_none() => draft.emits(EventName::SnapshotCreated),
        (_, Outcome::Completed | Outcome::Failed { .. }) => draft,
    }
}

/// The end of a backup (section 8; difference D12).
fn backup_ended(row: &Lifecycle, of: BackupOf, outcome: Outcome, context: Context, now: Micros) -> Step {
    if of == BackupOf::Other {
        return Step::ignored(row, Ignored::OtherBackup, now);
    }
    let status = row.status;
    let draft = Draft::new(row, Cause::Report(ReportKind::Backup), now);
    let draft = match outcome {
        Outcome::Completed if status.backup() == BackupState::Completed => {
            return Step::ignored(row, Ignored::SameState, now);
        }
        Outcome::Completed => draft.backup(BackupState::Completed, true),
        Outcome::Failed { fault, recoverable } => {
            let draining = context.runner_draining();
            let rests = matches!(status.state(), SandboxState::Stopped | SandboxState::Archiving);
            let stays = status.state() == SandboxState::Error;
            let counts = status.desired() == DesiredState::Archived || (draining && (rests || stays));
            let draft = draft.backup(BackupState::Error, status.has_backup_ref());
            if draining && recoverable && rests {
                draft.state(SandboxState::Error).reported(fault, true)
            } else {
                draft.recoverable(recoverable && counts)
            }
        }
    };
    draft.finish_or_drop(row, now)
}

pub(super) fn backup_under_way(row: &Lifecycle, begun: bool, now: Micros) -> Step {
    let progress = if begun { BackupState::InProgress } else { BackupState::Pending };
    if row.status.backup() == progress {
        return Step::ignored(row, Ignored::SameState, now);
    }
    if row.status.desired() == DesiredState::Destroyed {
        return Step::ignored(row, Ignored::ToBeDestroyed, now);
    }
    // An archive has nothing but its backup, one that is about to give its disk up relies on it, and so does what is
    // recovered from it: a report that is late, or of another attempt, does not take a completed backup away.
    let relies = row.status.desired() == DesiredState::Archived || row.status.state().is_failed();
    let relied_on = relies && row.status.backup() == BackupState::Completed;
    if relied_on || !row.status.has_runner() {
        return Step::ignored(row, Ignored::NotAwaited, now);
    }
    let draft = Draft::new(row, Cause::Report(ReportKind::Backup), now).backup(progress, row.status.has_backup_ref());
    draft.finish_or_drop(row, now)
}
