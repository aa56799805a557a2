//! Reports of a runner: the state of its copy, the end of a job, the answer to a call.

use crate::rules::call::Task;
use crate::vocabulary::{Fault, SandboxState, Size, field_reader as read, object_form};
use serde::{Deserialize, Serialize};

object_form! {
    /// A message from a runner.
    ///
    /// `epoch` is the epoch of the call that the report is about. The end of a call, or an answer to one, with another
    /// epoch than the row's is stale: it is ignored, with the [`Cause`](crate::rules::Cause)
    /// [`Ignored::OlderEpoch`](crate::rules::Ignored::OlderEpoch). An unasked state with an epoch moves no row: it only
    /// causes an ask. A report without an epoch is decided as the recorded server decides every report.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    form: #[serde(tag = "report", rename_all = "camelCase", deny_unknown_fields)]
    pub enum Report {
        /// The runner reports the state of its copy unasked (`PUT …/state`; recorded: table `reports`).
        ///
        /// The checks, in order: a report of the stored state is ignored. Unless the sandbox is started, stopped or
        /// paused, the report is refused as `bad_state`. With desired state destroyed it is ignored. While a change is
        /// pending it is refused as `conflict`. A state that no report may contain is refused as `bad_state`.
        State {
            /// The reported state.
            #[serde(deserialize_with = "read::state")]
            state: SandboxState,
            /// The fault in the error reason, if the runner gave one.
            #[serde(default, deserialize_with = "read::fault")]
            fault: Option<Fault>,
            /// Whether the runner reports that the sandbox can be recovered.
            #[serde(default, deserialize_with = "read::recoverable")]
            recoverable: bool,
            /// The newest epoch that the runner has seen, or 0 if it has seen none. `None` is for hosts without epochs.
            #[serde(default, deserialize_with = "read::epoch")]
            epoch: Option<u32>,
        },
        /// A job ended (recorded: table `jobs`). It is never refused. It is ignored if the row does not wait for the
        /// job.
        Ended {
            /// The job.
            #[serde(deserialize_with = "read::job")]
            job: Job,
            /// How it ended.
            #[serde(deserialize_with = "read::outcome")]
            outcome: Outcome,
            /// The epoch of the call.
            #[serde(default, deserialize_with = "read::epoch")]
            epoch: Option<u32>,
        },
        /// The runner answered a call (recorded: table `actions`). It is ignored if the row does not wait for the
        /// answer. Only a recovery that is done within the call is refused, as `conflict`, while a change is pending.
        Answered {
            /// The task of the call.
            #[serde(deserialize_with = "read::task")]
            task: Task,
            /// The answer.
            #[serde(deserialize_with = "read::answer")]
            answer: Answer,
            /// The state before the step that made the call, as in its [`Step::before`](crate::Step::before). If it is
            /// `None`, a refused resize, snapshot or fork returns to the state that fulfils the desired state.
            #[serde(default, deserialize_with = "read::from")]
            from: Option<SandboxState>,
            /// The epoch of the call.
            #[serde(default, deserialize_with = "read::epoch")]
            epoch: Option<u32>,
        },
        /// A backup was queued or begun. (Ours: the recorded tables have only its end.)
        BackupUnderWay {
            /// Whether the runner writes the backup now; otherwise the backup waits.
            #[serde(deserialize_with = "read::begun")]
            begun: bool,
            /// The number of the attempt. `None` is for hosts that do not number their backups.
            #[serde(default, deserialize_with = "read::attempt")]
            attempt: Option<u32>,
        },
    }
}

object_form! {
    /// A job: the work of a runner on a task. It ends after the call that began it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    form: #[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
    pub enum Job {
        /// Create the sandbox from its image or its backup.
        Create,
        /// Start or resume it.
        Start,
        /// Stop it.
        Stop,
        /// Remove the runner's copy: for good, or because the sandbox is archived.
        Destroy,
        /// Pause it.
        Pause,
        /// Resize it.
        Resize {
            /// The new size.
            #[serde(deserialize_with = "read::to")]
            to: Size,
        },
        /// Write an image of it.
        Snapshot,
        /// Fork it, reported for the source.
        ForkSource,
        /// Fork it, reported for the child.
        ForkChild,
        /// Repair it on its runner.
        Recover {
            /// A start follows.
            #[serde(deserialize_with = "read::start")]
            start: bool,
        },
        /// Back up its disk.
        Backup {
            /// The number of the attempt, as in [`Columns::backup_attempt`](crate::Columns::backup_attempt). `None` is
            /// for hosts that do not number their backups: the report is decided as recorded.
            #[serde(default, deserialize_with = "read::attempt")]
            attempt: Option<u32>,
        },
    }
}

object_form! {
    /// How a job ended.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    form: #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub enum Outcome {
        /// The runner completed it.
        Completed,
        /// The runner failed.
        Failed {
            /// The fault in the error reason.
            #[serde(deserialize_with = "read::fault")]
            fault: Fault,
            /// Whether the runner reports that the sandbox can be recovered.
            #[serde(default, deserialize_with = "read::recoverable")]
            recoverable: bool,
        },
    }
}

object_form! {
    /// What a runner answers to a call.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    form: #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub enum Answer {
        /// The runner will do the task. The end comes as [`Report::Ended`].
        Accepted,
        /// The runner did the task within the call.
        ///
        /// A recovery within the call leaves the sandbox stopped, even if a start was requested: send
        /// [`Command::Start`] then, as the recorded server does.
        ///
        /// [`Command::Start`]: crate::Command::Start
        Done,
        /// The runner will not do the task.
        Refused {
            /// The fault in the error reason.
            #[serde(deserialize_with = "read::fault")]
            fault: Fault,
            /// Whether the runner reports that the sandbox can be recovered.
            #[serde(default, deserialize_with = "read::recoverable")]
            recoverable: bool,
        },
    }
}

/// The kind of a report, for the cause of a step and the message of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[allow(missing_docs, reason = "each variant is the report or job of the same name")]
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
    /// Returns the kind of the report.
    pub(crate) const fn kind(self) -> ReportKind {
        match self {
            Self::State { .. } => ReportKind::State,
            Self::Ended { job, .. } => job.kind(),
            Self::Answered { .. } => ReportKind::Answer,
            Self::BackupUnderWay { .. } => ReportKind::Backup,
        }
    }

    pub(crate) const fn epoch(self) -> Option<u32> {
        match self {
            Self::State { epoch, .. } | Self::Ended { epoch, .. } | Self::Answered { epoch, .. } => epoch,
            Self::BackupUnderWay { .. } => None,
        }
    }
}

impl Task {
    /// Returns the job whose end a runner reports for this task. A build and a pull have none: the controller observes
    /// the image.
    ///
    /// The end of a fork is also reported for the child, as [`Job::ForkChild`].
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
            Self::Backup { attempt } => Some(Job::Backup { attempt: Some(attempt) }),
            Self::Build | Self::Pull => None,
        }
    }
}
