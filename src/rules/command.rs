//! What a caller may ask of a sandbox.

use super::Verb;
use crate::{
    lifecycle::{
        Lifecycle,
        facts::{self, Mask},
    },
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, SizeChange, Ttl},
};
use serde::{Deserialize, Serialize};

/// A request of a caller. Texts that go with one (a snapshot's name, a fork's name) travel beside it.
///
/// Which sandbox takes which command, and why not, stands in the rule table: see [`Verb`] and the decision tables of
/// the [`view`](crate::view) module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Command {
    /// Wake it: from stopped, archived, archiving or paused.
    Start,
    /// Free compute, keep the disk. An ephemeral sandbox is deleted instead.
    Stop {
        /// SIGKILL instead of SIGTERM.
        #[serde(default)]
        force: bool,
    },
    /// Remove it for good.
    Destroy {
        /// Supersede whatever change is under way.
        #[serde(default)]
        force: bool,
    },
    /// Free compute, keep disk and memory: VM classes.
    Pause,
    /// Free compute and disk, keep the backup.
    Archive,
    /// Change cpu, memory or disk.
    Resize(SizeChange),
    /// Copy it while it runs: VM classes. The child is [`Lifecycle::child`].
    Fork,
    /// Keep an image of it.
    Snapshot {
        /// With its memory.
        #[serde(default, rename = "includeMemory")]
        memory: bool,
    },
    /// Bring it back from a recoverable error.
    Recover {
        /// Start it afterwards; from a backup it is started either way.
        #[serde(default = "yes")]
        start: bool,
    },
    /// Ask for a backup of its disk.
    Backup,
    /// Stop it when idle for so long.
    AutoStop {
        /// The new interval.
        minutes: AutoStop,
    },
    /// Pause it when idle for so long.
    AutoPause {
        /// The new interval.
        minutes: AutoPause,
    },
    /// Archive it when stopped for so long; 0 and too much become the policy's maximum.
    AutoArchive {
        /// The new interval.
        minutes: AutoArchive,
    },
    /// Delete it when stopped for so long.
    AutoDelete {
        /// The new interval.
        minutes: AutoDelete,
    },
    /// Let it live for so long from now.
    Ttl {
        /// The new limit.
        minutes: Ttl,
    },
    /// It was used: the automatic timers count from now.
    Touch,
}

const fn yes() -> bool {
    true
}

impl Command {
    /// Which row of the table this command is.
    #[must_use]
    pub const fn verb(self) -> Verb {
        match self {
            Self::Start => Verb::Start,
            Self::Stop { .. } => Verb::Stop,
            Self::Destroy { force: false } => Verb::Destroy,
            Self::Destroy { force: true } => Verb::ForceDestroy,
            Self::Pause => Verb::Pause,
            Self::Archive => Verb::Archive,
            Self::Resize(_) => Verb::Resize,
            Self::Fork => Verb::Fork,
            Self::Snapshot { .. } => Verb::Snapshot,
            Self::Recover { .. } => Verb::Recover,
            Self::Backup => Verb::Backup,
            Self::AutoStop { .. } => Verb::AutoStop,
            Self::AutoPause { .. } => Verb::AutoPause,
            Self::AutoArchive { .. } => Verb::AutoArchive,
            Self::AutoDelete { .. } => Verb::AutoDelete,
            Self::Ttl { .. } => Verb::Ttl,
            Self::Touch => Verb::Touch,
        }
    }

    /// The facts that the arguments add about this row.
    pub(crate) fn facts(self, row: &Lifecycle) -> Mask {
        match self {
            Self::Resize(change) => of_resize(change, row),
            Self::Snapshot { memory } => {
                if memory {
                    facts::WithMemory
                } else {
                    facts::WithoutMemory
                }
            }
            Self::Recover { start } => when(start, facts::StartsAfter),
            Self::AutoStop { minutes } => when(minutes == AutoStop::Never, facts::TurnsOff),
            Self::AutoPause { minutes } => when(minutes == AutoPause::Never, facts::TurnsOff),
            Self::AutoDelete { minutes } => when(minutes == AutoDelete::AtOnce, facts::AsksEphemeral),
            Self::Start | Self::Stop { .. } | Self::Destroy { .. } | Self::Pause | Self::Archive => 0,
            Self::Fork | Self::Backup => 0,
            Self::AutoArchive { .. } | Self::Ttl { .. } | Self::Touch => 0,
        }
    }
}

fn of_resize(change: SizeChange, row: &Lifecycle) -> Mask {
    let (old, new) = (row.size, change.applied_to(row.size));
    when(change.disk.is_none(), facts::DiskUnnamed)
        | when(new.cpu >= old.cpu, facts::CpuNotLess)
        | when(new.memory >= old.memory, facts::MemoryNotLess)
        | when(new.disk >= old.disk, facts::DiskNotLess)
        | when(new != old, facts::SizeDiffers)
}

const fn when(holds: bool, fact: Mask) -> Mask {
    if holds { fact } else { 0 }
}
