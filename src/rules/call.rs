//! Calls of a runner: the tasks and their epoch.

use super::no_fields::no_fields;
use crate::vocabulary::{Size, field_reader as read};
use core::fmt;
use serde::{Deserialize, Serialize};

/// What the host asks a runner to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(tag = "task", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
#[strum(serialize_all = "kebab-case")]
pub enum Task {
    /// Create the sandbox from its image.
    #[serde(deserialize_with = "no_fields")]
    Create,
    /// Create it again from its backup, on another runner than before.
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
    /// Remove the runner's copy: for good, or because the sandbox is archived.
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
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.into())
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
