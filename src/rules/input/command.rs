//! What a caller may ask of a sandbox.

use super::verb::Verb;
use crate::{
    rules::no_fields::no_fields,
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, Minutes, SizeChange, Ttl, field_reader as told},
};
use core::{fmt, num::NonZeroU32};
use serde::{Deserialize, Serialize};

/// A request of a caller. Texts that go with one (a snapshot's name, a fork's name) travel beside it.
///
/// Which sandbox takes which command, and why not, stands in the rule table: see [`Verb`] and the decision tables of
/// the [`render`](crate::render) module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::EnumDiscriminants)]
#[strum_discriminants(name(CommandKind), vis(pub(crate)), doc = "A command without its arguments.")]
#[serde(tag = "command", rename_all = "lowercase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Command {
    /// Wake it: from stopped, archived, archiving or paused.
    #[serde(deserialize_with = "no_fields")]
    Start,
    /// Free compute, keep disk and memory: VM classes.
    #[serde(deserialize_with = "no_fields")]
    Pause,
    /// Free compute and disk, keep the backup.
    #[serde(deserialize_with = "no_fields")]
    Archive,
    /// Change cpu, memory or disk.
    Resize(SizeChange),
    /// Copy it while it runs: VM classes. The child is [`Lifecycle::fork_child`](crate::Lifecycle::fork_child).
    #[serde(deserialize_with = "no_fields")]
    Fork,
    /// Free compute, keep the disk. An ephemeral sandbox is deleted instead.
    Stop {
        /// SIGKILL instead of SIGTERM.
        #[serde(default, deserialize_with = "told::force")]
        force: bool,
    },
    /// Remove it for good.
    Destroy {
        /// Supersede whatever change is under way.
        #[serde(default, deserialize_with = "told::force")]
        force: bool,
    },
    /// Keep an image of it.
    Snapshot {
        /// With its memory.
        #[serde(default, deserialize_with = "told::include_memory")]
        include_memory: bool,
    },
    /// Bring it back from a recoverable error.
    Recover {
        /// Start it afterwards; from a backup it is started either way.
        #[serde(default = "yes", deserialize_with = "told::start")]
        start: bool,
    },
    /// Ask for a backup of its disk: an event for whoever makes them, and no write. (From 0.205 on the published API does
    /// nothing when asked, for its backups are automatic; a platform that makes them when asked hears of it here.)
    #[serde(deserialize_with = "no_fields")]
    Backup,
    /// Stop it when idle for so long.
    AutoStop {
        /// The new interval.
        #[serde(rename = "minutes", deserialize_with = "told::minutes")]
        interval: AutoStop,
    },
    /// Pause it when idle for so long.
    AutoPause {
        /// The new interval.
        #[serde(rename = "minutes", deserialize_with = "told::minutes")]
        interval: AutoPause,
    },
    /// Delete it when stopped for so long.
    AutoDelete {
        /// The new interval.
        #[serde(rename = "minutes", deserialize_with = "told::minutes")]
        interval: AutoDelete,
    },
    /// Archive it when stopped for so long; 0 and too much become the policy's maximum.
    AutoArchive {
        /// The new interval.
        #[serde(rename = "minutes", deserialize_with = "told::minutes")]
        interval: AutoArchive,
    },
    /// Let it live for so long from now.
    Ttl {
        /// The new limit.
        #[serde(rename = "minutes", deserialize_with = "told::minutes")]
        interval: Ttl,
    },
    /// It was used: the automatic timers count from now. Of two at once one is [`Stale`](crate::Stale), and whoever reads
    /// again writes the later time.
    #[serde(deserialize_with = "no_fields")]
    Touch,
}

const fn yes() -> bool {
    true
}

impl Command {
    /// Each command, in the order of declaration, with its yes-or-no argument no and yes. A resize asks for more CPU.
    pub(crate) const EXAMPLES: [[Self; 2]; 16] = {
        const fn both(command: Command) -> [Command; 2] {
            [command, command]
        }
        let long = Minutes::MAX;
        [
            both(Self::Start),
            both(Self::Pause),
            both(Self::Archive),
            both(Self::Resize(SizeChange { cpu: Some(NonZeroU32::MAX), memory: None, disk: None })),
            both(Self::Fork),
            [Self::Stop { force: false }, Self::Stop { force: true }],
            [Self::Destroy { force: false }, Self::Destroy { force: true }],
            [Self::Snapshot { include_memory: false }, Self::Snapshot { include_memory: true }],
            [Self::Recover { start: false }, Self::Recover { start: true }],
            both(Self::Backup),
            [Self::AutoStop { interval: AutoStop::After(long) }, Self::AutoStop { interval: AutoStop::Never }],
            [Self::AutoPause { interval: AutoPause::After(long) }, Self::AutoPause { interval: AutoPause::Never }],
            [Self::AutoDelete { interval: AutoDelete::NEVER }, Self::AutoDelete { interval: AutoDelete::AtOnce }],
            both(Self::AutoArchive { interval: AutoArchive::After(long) }),
            both(Self::Ttl { interval: Ttl::After(long) }),
            both(Self::Touch),
        ]
    };

    /// Returns the row of the rule table that decides this command.
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
            Self::AutoDelete { .. } => Verb::AutoDelete,
            Self::AutoArchive { .. } => Verb::AutoArchive,
            Self::Ttl { .. } => Verb::Ttl,
            Self::Touch => Verb::Touch,
        }
    }

    /// The yes-or-no argument on which checks and writes of the rule may depend; false where a rule has none.
    pub(crate) const fn flag(self) -> bool {
        match self {
            Self::Stop { force: yes } | Self::Destroy { force: yes } => yes,
            Self::Snapshot { include_memory: yes } | Self::Recover { start: yes } => yes,
            Self::AutoStop { interval } => matches!(interval, AutoStop::Never),
            Self::AutoPause { interval } => matches!(interval, AutoPause::Never),
            Self::AutoDelete { interval } => matches!(interval, AutoDelete::AtOnce),
            Self::Start | Self::Pause | Self::Archive | Self::Resize(_) | Self::Fork | Self::Backup => false,
            Self::AutoArchive { .. } | Self::Ttl { .. } | Self::Touch => false,
        }
    }
}

/// The verb.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.verb().fmt(f)
    }
}
