//! What a step asks of the world: calls to the runner, events to tell, changes to the record's texts. Data, no I/O.

use super::{Event, bare::bare};
use crate::vocabulary::{Fault, Size, field_reader as told};
use serde::{Deserialize, Serialize};

/// What the runner is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(tag = "task", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
#[strum(serialize_all = "kebab-case")]
#[non_exhaustive]
pub enum Task {
    /// Make the sandbox from its image.
    #[serde(deserialize_with = "bare")]
    Create,
    /// Make it again from its backup, on a runner that is not the one it was on.
    #[serde(deserialize_with = "bare")]
    Restore,
    /// Start it.
    #[serde(deserialize_with = "bare")]
    Start,
    /// Wake it from its memory.
    #[serde(deserialize_with = "bare")]
    Resume,
    /// Stop it.
    Stop {
        /// SIGKILL instead of SIGTERM.
        #[serde(deserialize_with = "told::force")]
        force: bool,
    },
    /// Pause it.
    #[serde(deserialize_with = "bare")]
    Pause,
    /// Remove its copy: for good, or because it is archived.
    #[serde(deserialize_with = "bare")]
    Destroy,
    /// Give it this size.
    Resize {
        /// The whole size, not the difference.
        #[serde(deserialize_with = "told::to")]
        to: Size,
    },
    /// Write an image of it.
    Snapshot {
        /// With its memory.
        #[serde(deserialize_with = "told::include_memory")]
        include_memory: bool,
    },
    /// Copy it.
    #[serde(deserialize_with = "bare")]
    Fork,
    /// Mend it in place.
    Recover {
        /// It will be started afterwards.
        #[serde(deserialize_with = "told::start")]
        start: bool,
    },
    /// Build its declarative image.
    #[serde(deserialize_with = "bare")]
    Build,
}

/// A task with the piece of work it belongs to. Sent again, it keeps its epoch: runners can de-duplicate by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// What is asked.
    #[serde(flatten)]
    pub task: Task,
    /// The epoch that the answer and the reports echo.
    pub epoch: u32,
}

/// What is told beside the changes of state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "kebab-case")]
#[non_exhaustive]
pub enum Notice {
    /// A start was asked for.
    Started,
    /// A stop was asked for.
    Stopped,
    /// An archive was asked for.
    Archived,
    /// A soft delete by a command.
    Destroyed,
    /// A fork's child was made.
    Created,
    /// A backup was asked for.
    BackupCreated,
    /// A snapshot was written.
    SnapshotCreated,
}

/// What becomes of the record's error reason. The text itself stays with the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReasonText {
    /// As it is.
    #[default]
    Kept,
    /// Removed.
    Cleared,
    /// The text that came with the report.
    Reported,
    /// Ours: [`Fault::text`] says it.
    Ours(Fault),
}

/// What becomes of the runner column. The identity stays with the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RunnerChange {
    /// As it is.
    #[default]
    Kept,
    /// Forgotten.
    Released,
    /// Forgotten, but kept as the previous runner.
    ReleasedAsPrevious,
    /// The runner that the controller's placement found; where it lacks the image, it is to fetch it.
    Assigned,
    /// The runner that the controller's placement found, the one before being kept as the previous runner.
    AssignedKeepingPrevious,
}

/// What a timer leaves on the record beside the lifecycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Stamp {
    /// `queueTimedOutAt` is set to the step's time. (spec)
    QueueTimedOut,
    /// `spotEvictedAt` is set to the step's time. (spec)
    SpotEvicted,
    /// The record is removed: its retention is over.
    Purge,
}

/// One thing to carry out with a step, in the same transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Effect {
    /// Give the name up, so that it can be used again: prefix it with `DESTROYED_` and a timestamp.
    GiveUpName,
    /// Replace the auth token.
    RotateToken,
    /// Change the error reason.
    Reason(ReasonText),
    /// Change the runner.
    Runner(RunnerChange),
    /// Mark the record.
    Stamp(Stamp),
    /// Store the fork's child: [`Lifecycle::fork_child`](crate::Lifecycle::fork_child).
    StoreChild,
    /// Call the runner.
    Call(Call),
    /// Tell those who listen.
    Tell(Event),
}
