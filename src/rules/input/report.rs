//! What a runner tells, in words: its copy's state, the end of a job, the answer to a call.

use crate::rules::call::Task;
use crate::vocabulary::{Fault, SandboxState, Size, field_reader as told};
use serde::{Deserialize, Serialize};

/// Something a runner said.
///
/// `epoch` is the one its call carried, echoed. A report of an older piece of work is ignored and the step's
/// [`Cause`](crate::Cause) says so; a report without one is judged as the recorded server judges every report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "camelCase", deny_unknown_fields)]
pub enum Report {
    /// Unasked: the runner's copy is in this state (`PUT …/state`, table `reports`).
    ///
    /// Refused as `bad_state` unless the sandbox is started, stopped or paused, and for a word that a report may not
    /// say of it (difference D15); as `conflict` while a change is pending.
    State {
        /// The state it reports.
        #[serde(deserialize_with = "told::state")]
        state: SandboxState,
        /// What its reason tells of, where it gave one.
        #[serde(default, deserialize_with = "told::fault")]
        fault: Option<Fault>,
        /// It said that the sandbox can be recovered.
        #[serde(default, deserialize_with = "told::recoverable")]
        recoverable: bool,
        /// The epoch it echoes.
        #[serde(default, deserialize_with = "told::epoch")]
        epoch: Option<u32>,
    },
    /// A job ended (table `jobs`). Never refused: one that the row does not wait for is ignored.
    Ended {
        /// Which job.
        #[serde(deserialize_with = "told::job")]
        job: Job,
        /// How.
        #[serde(deserialize_with = "told::outcome")]
        outcome: Outcome,
        /// The epoch it echoes.
        #[serde(default, deserialize_with = "told::epoch")]
        epoch: Option<u32>,
    },
    /// The runner answered a call. One that the row does not wait for is ignored; refused is alone, as `conflict`, a
    /// recovery done within the call while a change is pending.
    Answered {
        /// What it was asked.
        #[serde(deserialize_with = "told::task")]
        task: Task,
        /// What it answered.
        #[serde(deserialize_with = "told::answer")]
        answer: Answer,
        /// The state the call was made from: [`Step::expects`](crate::Step::expects) of the step that made it. Where it is not given, a
        /// refused resize, snapshot or fork goes back to the state that the desired state names.
        #[serde(default, deserialize_with = "told::from")]
        from: Option<SandboxState>,
        /// The epoch it echoes.
        #[serde(default, deserialize_with = "told::epoch")]
        epoch: Option<u32>,
    },
    /// A backup was queued or begun. (Ours: the recorded tables only have its end.)
    BackupUnderWay {
        /// It is being written; else it waits.
        #[serde(deserialize_with = "told::begun")]
        begun: bool,
    },
}

/// A job that a runner ends later than the call that began it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
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
        #[serde(deserialize_with = "told::to")]
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
        #[serde(deserialize_with = "told::start")]
        start: bool,
    },
    /// A backup.
    Backup {
        /// Which one.
        #[serde(deserialize_with = "told::of")]
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
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Outcome {
    /// It was done.
    Completed,
    /// It was not.
    Failed {
        /// What its reason tells of.
        #[serde(deserialize_with = "told::fault")]
        fault: Fault,
        /// The runner said that the sandbox can be recovered.
        #[serde(default, deserialize_with = "told::recoverable")]
        recoverable: bool,
    },
}

/// What a runner answers to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Answer {
    /// It will do it; the end comes as [`Report::Ended`].
    Accepted,
    /// It has done it within the call.
    ///
    /// A recovery that ends so leaves the sandbox stopped, also where it is to be started: send [`Command::Start`] then,
    /// as the recorded server does.
    ///
    /// [`Command::Start`]: crate::Command::Start
    Done,
    /// It will not.
    Refused {
        /// What its reason tells of.
        #[serde(deserialize_with = "told::fault")]
        fault: Fault,
        /// It said that the sandbox can be recovered.
        #[serde(default, deserialize_with = "told::recoverable")]
        recoverable: bool,
    },
}

/// The kinds of report, for a step's cause and a refusal's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
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
    pub(crate) const fn kind(self) -> ReportKind {
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
    pub(crate) const fn epoch(self) -> Option<u32> {
        match self {
            Self::State { epoch, .. } | Self::Ended { epoch, .. } | Self::Answered { epoch, .. } => epoch,
            Self::BackupUnderWay { .. } => None,
        }
    }
}

impl Task {
    /// Returns the job whose end a runner reports for this task, or `None` for a build, whose image is observed instead.
    ///
    /// A fork's end is also reported to the child, as [`Job::ForkChild`].
    pub const fn job(self) -> Option<Job> {
        match self {
            Self::Create | Self::Restore => Some(Job::Create),
            Self::Start | Self::Resume => Some(Job::Start),
            Self::Stop { .. } => Some(Job::Stop),
            Self::Pause => Some(Job::Pause),
            Self::Destroy => Some(Job::Destroy),
            Self::Resize { to } => Some(Job::Resize { to }),
            Self::Snapshot { .. } => Some(Job::Snapshot),
            Self::Fork => Some(Job::ForkSource),
            Self::Recover { start } => Some(Job::Recover { start }),
            Self::Build => None,
        }
    }
}
