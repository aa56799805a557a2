//! Calls: the tasks that a host asks of a runner or of the backup maker, their epoch, and until when they are owed.

use super::no_fields::no_fields;
use crate::lifecycle::Lifecycle;
use crate::vocabulary::{Repair, SandboxState as S, Size, field_reader as read, object_form};
use core::fmt;
use serde::{Deserialize, Serialize};

object_form! {
    /// What the host asks a runner to do.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, strum::EnumDiscriminants)]
    #[strum_discriminants(
        name(TaskKind),
        doc = "A task without its arguments. With the epoch it is the key of a call in an outbox.",
        derive(Hash, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantArray),
        serde(rename_all = "camelCase"),
        strum(serialize_all = "kebab-case")
    )]
    form: #[serde(tag = "task", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
    pub enum Task {
        /// Create the sandbox from its image.
        #[serde(deserialize_with = "no_fields")]
        Create,
        /// Create it again from its backup, and replace any copy that the runner has. The runner may be the one that it
        /// had before, if that one is owed nothing.
        #[serde(deserialize_with = "no_fields")]
        Restore,
        /// Start it.
        #[serde(deserialize_with = "no_fields")]
        Start,
        /// Resume it from its memory.
        #[serde(deserialize_with = "no_fields")]
        Resume,
        /// Stop it.
        Stop {
            /// Use SIGKILL instead of SIGTERM.
            #[serde(deserialize_with = "read::force")]
            force: bool,
        },
        /// Pause it.
        #[serde(deserialize_with = "no_fields")]
        Pause,
        /// Remove the runner's copy, and say when it is gone.
        #[serde(deserialize_with = "no_fields")]
        Destroy,
        /// Change its size.
        Resize {
            /// The whole new size, not the difference.
            #[serde(deserialize_with = "read::to")]
            to: Size,
        },
        /// Write an image of it.
        Snapshot {
            /// Include its memory.
            #[serde(deserialize_with = "read::include_memory")]
            include_memory: bool,
        },
        /// Copy it.
        #[serde(deserialize_with = "no_fields")]
        Fork,
        /// Repair it on its runner.
        Recover {
            /// A start follows.
            #[serde(deserialize_with = "read::start")]
            start: bool,
        },
        /// Build its declarative image.
        #[serde(deserialize_with = "no_fields")]
        Build,
        /// Fetch its image. The controller then observes the image ([`RunnerView::image`](crate::RunnerView::image)).
        #[serde(deserialize_with = "no_fields")]
        Pull,
        /// Back up its disk. The backup maker takes this call where a platform has one; it raises no epoch.
        Backup {
            /// The number of the attempt, which the reports of the backup echo.
            #[serde(deserialize_with = "read::attempt")]
            attempt: u32,
        },
    }
}

impl fmt::Display for TaskKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.into())
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        TaskKind::from(self).fmt(f)
    }
}

impl Lifecycle {
    /// Returns the task whose end this sandbox awaits from its runner, if it awaits one.
    ///
    /// A fork's child awaits nothing itself: the call is that of its parent.
    pub const fn awaited_task(&self) -> Option<TaskKind> {
        if !self.status.has_runner() {
            return None;
        }
        match self.status.state() {
            S::Creating if self.status.is_fork_child() => None,
            S::Creating => Some(TaskKind::Create),
            // A restore that has failed is over; its runner is asked.
            S::Restoring if self.status.must_ask() => None,
            S::Restoring => Some(TaskKind::Restore),
            S::Starting => Some(TaskKind::Start),
            S::Resuming => Some(TaskKind::Resume),
            S::Stopping => Some(TaskKind::Stop),
            S::Pausing => Some(TaskKind::Pause),
            S::Destroying => Some(TaskKind::Destroy),
            S::Resizing => Some(TaskKind::Resize),
            S::Snapshotting => Some(TaskKind::Snapshot),
            S::Forking => Some(TaskKind::Fork),
            S::BuildingSnapshot => Some(TaskKind::Build),
            S::PullingSnapshot => Some(TaskKind::Pull),
            S::Error => match self.status.repair() {
                Some(Repair::Recover) => Some(TaskKind::Recover),
                Some(Repair::Stop) => Some(TaskKind::Stop),
                None => None,
            },
            S::Started | S::Stopped | S::Paused | S::Archived | S::Archiving | S::Destroyed => None,
            S::Unknown | S::PendingBuild | S::BuildFailed => None,
        }
    }

    /// Whether this sandbox still awaits the end of a call. An outbox repeats the call, with the same epoch, as long as
    /// it does.
    ///
    /// A removal or a release is owed until its runner has acknowledged it, whatever the row says.
    pub fn awaits(&self, call: &Call) -> bool {
        match call.task {
            Task::Backup { attempt } => self.status.awaits_backup() && attempt == self.backup_attempt,
            Task::Create | Task::Restore | Task::Start | Task::Resume | Task::Stop { .. } | Task::Pause => {
                self.awaits_kind(call)
            }
            Task::Destroy | Task::Resize { .. } | Task::Snapshot { .. } | Task::Fork | Task::Recover { .. } => {
                self.awaits_kind(call)
            }
            Task::Build | Task::Pull => self.awaits_kind(call),
        }
    }

    fn awaits_kind(&self, call: &Call) -> bool {
        call.epoch == self.epoch && self.awaited_task() == Some(call.task.into())
    }
}

/// A task and the epoch of its piece of work. A repeated call has the same epoch, so runners can recognize repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// The task.
    #[serde(flatten)]
    pub task: Task,
    /// The epoch that the answer and the reports echo.
    pub epoch: u32,
}

/// `start (epoch 7)`.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (epoch {})", self.task, self.epoch)
    }
}
