//! What a runner tells: its copy's state, the end of a job, the answer to a call. Late, twice or wrongly.

use super::{
    Context, Draft, Edit, Incoherent, Notice, Reason, Refusal, RunnerChange, Step,
    effect::Task,
    step::{Cause, Ignored},
};
use crate::{
    lifecycle::{Lifecycle, facts},
    vocabulary::{BackupState, DesiredState, Fault, Instant, SandboxState, Size},
};
use serde::{Deserialize, Serialize};

/// Something a runner said.
///
/// `epoch` is the one its call carried, echoed. A report of an older piece of work is ignored and the step's
/// [`Cause`] says so; a report without one is judged as the recorded server judges every report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Report {
    /// Unasked: the runner's copy is in this state (`PUT …/state`, table `reports`).
    State {
        /// The state it reports.
        state: SandboxState,
        /// What its reason tells of, where it gave one.
        #[serde(default)]
        fault: Option<Fault>,
        /// It said that the sandbox can be recovered.
        #[serde(default)]
        recoverable: bool,
        /// The epoch it echoes.
        #[serde(default)]
        epoch: Option<u32>,
    },
    /// A job ended (table `jobs`).
    Ended {
        /// Which job.
        job: Job,
        /// How.
        outcome: Outcome,
        /// The epoch it echoes.
        #[serde(default)]
        epoch: Option<u32>,
    },
    /// The runner answered a call.
    Answered {
        /// What it was asked.
        task: Task,
        /// What it answered.
        answer: Answer,
        /// The state the call was made from: [`Step::expects`] of the step that made it. Where it is not given, a
        /// refused resize, snapshot or fork goes back to the state that the desired state names.
        #[serde(default)]
        from: Option<SandboxState>,
        /// The epoch it echoes.
        #[serde(default)]
        epoch: Option<u32>,
    },
    /// A backup was queued or begun. (Ours: the recorded tables only have its end.)
    BackupUnderWay {
        /// It is being written; else it waits.
        begun: bool,
    },
}

/// A job that a runner ends later than the call that began it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Job {
    /// Made from its image or its backup.
    Create,
    /// Started or resumed.
    Start,
    /// Stopped.
    Stop,
    /// Removed: for good, or because it is archived.
    Destroy,
    /// Paused.
    Pause,
    /// Resized.
    Resize {
        /// The size it was given.
        to: Size,
    },
    /// An image was written.
    Snapshot,
    /// A fork, told to its source.
    ForkSource,
    /// A fork, told to the child.
    ForkChild,
    /// Mended in place.
    Recover {
        /// It is to be started afterwards.
        start: bool,
    },
    /// A backup.
    Backup {
        /// Which one.
        of: BackupOf,
    },
}

/// Which backup a job tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BackupOf {
    /// The sandbox's own, or its first.
    Current,
    /// One that the sandbox has replaced since.
    Other,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It was done.
    Completed,
    /// It was not.
    Failed {
        /// What its reason tells of.
        fault: Fault,
        /// The runner said that the sandbox can be recovered.
        #[serde(default)]
        recoverable: bool,
    },
}

/// What a runner answers to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// It will do it; the end comes as [`Report::Ended`].
    Accepted,
    /// It has done it within the call.
    Done,
    /// It will not.
    Refused {
        /// What its reason tells of.
        fault: Fault,
        /// It said that the sandbox can be recovered.
        #[serde(default)]
        recoverable: bool,
    },
}

/// The kinds of report, for a step's cause and a refusal's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is the report or job of the same name")]
pub enum ReportKind {
    State,
    Create,
    Start,
    Stop,
    Destroy,
    Pause,
    Resize,
    Snapshot,
    ForkSource,
    ForkChild,
    Recover,
    Backup,
    Answer,
}

impl core::fmt::Display for ReportKind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.into())
    }
}

impl Job {
    const fn kind(self) -> ReportKind {
        match self {
            Self::Create => ReportKind::Create,
            Self::Start => ReportKind::Start,
            Self::Stop => ReportKind::Stop,
            Self::Destroy => ReportKind::Destroy,
            Self::Pause => ReportKind::Pause,
            Self::Resize { .. } => ReportKind::Resize,
            Self::Snapshot => ReportKind::Snapshot,
            Self::ForkSource => ReportKind::ForkSource,
            Self::ForkChild => ReportKind::ForkChild,
            Self::Recover { .. } => ReportKind::Recover,
            Self::Backup { .. } => ReportKind::Backup,
        }
    }
}

impl Report {
    const fn epoch(self) -> Option<u32> {
        match self {
            Self::State { epoch, .. } | Self::Ended { epoch, .. } | Self::Answered { epoch, .. } => epoch,
            Self::BackupUnderWay { .. } => None,
        }
    }

    /// What a runner that works within the call answered to `task`, which `step` asked of it.
    #[must_use]
    pub const fn answered(step: &Step, task: Task, answer: Answer) -> Self {
        Self::Answered { task, answer, from: Some(step.expects().state), epoch: None }
    }
}

pub(crate) fn decide(row: &Lifecycle, report: Report, context: Context, now: Instant) -> Result<Step, Refusal> {
    if report.epoch().is_some_and(|epoch| epoch != row.epoch) {
        return Ok(ignored(row, Ignored::OlderEpoch, now));
    }
    match report {
        Report::State { state, fault, recoverable, .. } => super::unasked::decide(row, state, fault, recoverable, now),
        Report::Ended { job, outcome, .. } => Ok(ended(row, job, outcome, None, context, now)),
        Report::Answered { task, answer, from, .. } => super::answer::decide(row, task, answer, from, context, now),
        Report::BackupUnderWay { begun } => Ok(backup_under_way(row, begun, now)),
    }
}

pub(crate) const fn ignored(row: &Lifecycle, why: Ignored, now: Instant) -> Step {
    Step::nothing(row, Cause::Ignored(why), now)
}

/// A write that breaks rule 4 is dropped, as the recorded server drops it.
pub(crate) fn finished(row: &Lifecycle, draft: Draft, now: Instant) -> Step {
    draft.finish().unwrap_or_else(|Incoherent| ignored(row, Ignored::BreaksRule4, now))
}

/// Why the job that ended is not the one this row waits for (section 8; differences D10 and D16).
fn stranger(row: &Lifecycle, job: Job) -> Option<Ignored> {
    let status = row.status;
    let wanted = match job {
        Job::Create | Job::Start | Job::ForkChild | Job::Recover { start: true } => facts::WantsStarted,
        Job::Stop | Job::Recover { start: false } => facts::WantsStopped,
        Job::Destroy if status.backup == BackupState::Completed => facts::WantsDestroyed | facts::WantsArchived,
        Job::Destroy => facts::WantsDestroyed,
        Job::Resize { .. } | Job::Snapshot | Job::ForkSource => facts::WantsStarted | facts::WantsStopped,
        Job::Pause | Job::Backup { .. } => facts::WISHES,
    };
    let changes_in_place = facts::Resizing | facts::Snapshotting | facts::Forking | facts::Pausing;
    let awaited_in = match job {
        Job::Create | Job::Start | Job::ForkChild | Job::Stop | Job::Destroy if row.is_settled() => 0,
        // The end of a restore that overtakes its acceptance: the row is nobody's yet, and would run on no runner.
        Job::Create | Job::Start | Job::ForkChild if !row.status.has_runner => 0,
        Job::Create | Job::Start | Job::ForkChild | Job::Stop | Job::Destroy => {
            facts::not(facts::Destroyed | changes_in_place)
        }
        Job::Recover { .. } => facts::Error,
        Job::Pause => facts::Pausing,
        Job::Resize { .. } => facts::Resizing,
        Job::Snapshot => facts::Snapshotting,
        Job::ForkSource => facts::Forking,
        Job::Backup { .. } => facts::STATES,
    };
    if row.facts & wanted == 0 {
        Some(Ignored::NotWanted)
    } else if row.facts & awaited_in == 0 {
        Some(Ignored::NotAwaited)
    } else {
        None
    }
}

/// The end of a job. `back` is where a resize, a snapshot or a fork's source returns to, when the caller knows.
pub(crate) fn ended(
    row: &Lifecycle,
    job: Job,
    outcome: Outcome,
    back: Option<SandboxState>,
    context: Context,
    now: Instant,
) -> Step {
    if let Job::Backup { of } = job {
        return backup_ended(row, of, outcome, context, now);
    }
    if let (None, Some(why)) = (back, stranger(row, job)) {
        return ignored(row, why, now);
    }
    let draft = Draft::new(row, Cause::Report(job.kind()), now);
    let draft = match (job, outcome) {
        (Job::Resize { .. } | Job::Snapshot | Job::ForkSource, _) => returned(row, draft, job, outcome, back),
        (Job::Destroy, Outcome::Failed { .. }) if row.status.desired == DesiredState::Archived => {
            // Difference D17: the runner still holds the copy, so the next pass asks again.
            return ignored(row, Ignored::NotAwaited, now);
        }
        (_, Outcome::Failed { fault, recoverable }) => draft.state(SandboxState::Error).reported(fault, recoverable),
        (_, Outcome::Completed) => completed(row, draft, job).clear_reason(),
    };
    finished(row, draft, now)
}

/// Where a completed job leaves the row. What has changed since makes a finished backup useless.
fn completed(row: &Lifecycle, draft: Draft, job: Job) -> Draft {
    match job {
        Job::Create | Job::Start | Job::ForkChild => draft.state(SandboxState::Started).drop_finished_backup(),
        Job::Stop => draft.state(SandboxState::Stopped).backup(BackupState::None, false),
        Job::Destroy => match row.status.desired {
            DesiredState::Archived => draft.state(SandboxState::Archived),
            DesiredState::Destroyed | DesiredState::Started | DesiredState::Stopped => {
                draft.state(SandboxState::Destroyed)
            }
            DesiredState::Resized | DesiredState::Paused => draft.state(SandboxState::Destroyed),
        },
        Job::Pause => draft.state(SandboxState::Paused),
        Job::Recover { start } => draft
            .state(SandboxState::Stopped)
            .recoverable(false)
            .drop_finished_backup()
            .notice(start.then_some(Notice::Started)),
        Job::Resize { .. } | Job::Snapshot | Job::ForkSource | Job::Backup { .. } => draft,
    }
}

/// The end of a change made in place: back to where it was, done or not.
fn returned(row: &Lifecycle, draft: Draft, job: Job, outcome: Outcome, back: Option<SandboxState>) -> Draft {
    let named = row.status.desired.fulfilled_by().unwrap_or(row.status.state);
    let draft = draft.state(back.unwrap_or(named));
    match (job, outcome) {
        (Job::Resize { to }, Outcome::Completed) => draft.edit(Edit::Size(to)),
        // Within the call the caller tells of the snapshot itself; `back` is known only there.
        (Job::Snapshot, Outcome::Completed) if back.is_none() => draft.notice(Some(Notice::SnapshotCreated)),
        (_, Outcome::Completed | Outcome::Failed { .. }) => draft,
    }
}

/// The end of a backup (section 8; difference D12).
fn backup_ended(row: &Lifecycle, of: BackupOf, outcome: Outcome, context: Context, now: Instant) -> Step {
    if of == BackupOf::Other {
        return ignored(row, Ignored::OtherBackup, now);
    }
    let status = row.status;
    let draft = Draft::new(row, Cause::Report(ReportKind::Backup), now);
    let draft = match outcome {
        Outcome::Completed if status.backup == BackupState::Completed => {
            return ignored(row, Ignored::SameState, now);
        }
        Outcome::Completed => draft.backup(BackupState::Completed, true),
        Outcome::Failed { fault, recoverable } => {
            let draining = context.runner_draining;
            let rests = matches!(status.state, SandboxState::Stopped | SandboxState::Archiving);
            let stays = status.state == SandboxState::Error;
            let counts = status.desired == DesiredState::Archived || (draining && (rests || stays));
            let draft = draft.backup(BackupState::Error, status.has_backup_ref);
            if draining && recoverable && rests {
                draft.state(SandboxState::Error).reported(fault, true)
            } else {
                draft.recoverable(recoverable && counts)
            }
        }
    };
    finished(row, draft, now)
}

fn backup_under_way(row: &Lifecycle, begun: bool, now: Instant) -> Step {
    let progress = if begun { BackupState::InProgress } else { BackupState::Pending };
    if row.status.backup == progress {
        return ignored(row, Ignored::SameState, now);
    }
    if row.status.desired == DesiredState::Destroyed {
        return ignored(row, Ignored::ToBeDestroyed, now);
    }
    // An archive has nothing but its backup, and one that is about to give its disk up relies on it: a report that is
    // late, or of another attempt, does not take a completed backup away.
    let relied_on = row.status.desired == DesiredState::Archived && row.status.backup == BackupState::Completed;
    if relied_on || !row.status.has_runner {
        return ignored(row, Ignored::NotAwaited, now);
    }
    let draft = Draft::new(row, Cause::Report(ReportKind::Backup), now).backup(progress, row.status.has_backup_ref);
    finished(row, draft, now)
}

/// The runner columns of a row that another runner takes over.
pub(crate) const fn taken_over(row: &Lifecycle) -> RunnerChange {
    if row.status.has_runner { RunnerChange::AssignedKeepingPrevious } else { RunnerChange::Assigned }
}

pub(crate) const fn refused(row: &Lifecycle, kind: ReportKind, reason: Reason) -> Refusal {
    Refusal::of_report(row, kind, reason)
}
