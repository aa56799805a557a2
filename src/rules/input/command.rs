//! Commands: what a caller can request of a sandbox.

use super::verb::Verb;
use crate::vocabulary::object_form;
use crate::{
    rules::no_fields::no_fields,
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, Minutes, SizeChange, Ttl, field_reader as read},
};
use core::{fmt, num::NonZeroU32};
use serde::Serialize;

object_form! {
    /// A request of an API caller. It has no texts: the host keeps the name of a snapshot or a fork.
    ///
    /// The rule table lists what each command demands: see [`Verb`] and the decision tables of the
    /// [`render`](crate::render) module.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, strum::EnumDiscriminants)]
    #[strum_discriminants(name(CommandKind), vis(pub(crate)), doc = "A command without its arguments.")]
    form: #[serde(tag = "command", rename_all = "lowercase", rename_all_fields = "camelCase", deny_unknown_fields)]
    pub enum Command {
        /// Start it from stopped, archived, archiving or paused.
        #[serde(deserialize_with = "no_fields")]
        Start,
        /// Free compute, keep disk and memory. VM classes only.
        #[serde(deserialize_with = "no_fields")]
        Pause,
        /// Free compute and disk, keep the backup.
        #[serde(deserialize_with = "no_fields")]
        Archive,
        /// Change cpu, memory or disk.
        Resize(SizeChange),
        /// Copy it while it runs. VM classes only. The child is
        /// [`Lifecycle::fork_child`](crate::Lifecycle::fork_child).
        #[serde(deserialize_with = "no_fields")]
        Fork,
        /// Free compute, keep the disk. An ephemeral sandbox is deleted instead.
        Stop {
            /// Use SIGKILL instead of SIGTERM.
            #[serde(default, deserialize_with = "read::force")]
            force: bool,
        },
        /// Remove it for good.
        Destroy {
            /// Supersede the change under way.
            #[serde(default, deserialize_with = "read::force")]
            force: bool,
        },
        /// Store an image of it.
        Snapshot {
            /// Include its memory.
            #[serde(default, deserialize_with = "read::include_memory")]
            include_memory: bool,
        },
        /// Recover it from a recoverable error.
        Recover {
            /// Start it afterwards. A recovery from a backup always starts it.
            #[serde(default = "yes", deserialize_with = "read::start")]
            start: bool,
        },
        /// Request a backup of its disk: a new attempt, which the backup maker is called for. Where no disk needs a
        /// backup, it is a success that writes nothing. (From 0.205 on, the published API ignores the request, because
        /// its backups are automatic.)
        #[serde(deserialize_with = "no_fields")]
        Backup,
        /// Set after how many idle minutes a running sandbox is stopped.
        AutoStop {
            /// The new interval.
            #[serde(rename = "minutes", deserialize_with = "read::minutes")]
            interval: AutoStop,
        },
        /// Set after how many idle minutes a running VM is paused.
        AutoPause {
            /// The new interval.
            #[serde(rename = "minutes", deserialize_with = "read::minutes")]
            interval: AutoPause,
        },
        /// Set after how many idle minutes a stopped sandbox is deleted.
        AutoDelete {
            /// The new interval.
            #[serde(rename = "minutes", deserialize_with = "read::minutes")]
            interval: AutoDelete,
        },
        /// Set after how many idle minutes a stopped sandbox is archived. 0 and numbers above the policy's maximum mean
        /// the maximum.
        AutoArchive {
            /// The new interval.
            #[serde(rename = "minutes", deserialize_with = "read::minutes")]
            interval: AutoArchive,
        },
        /// Set how many minutes it may live from now.
        Ttl {
            /// The new limit.
            #[serde(rename = "minutes", deserialize_with = "read::minutes")]
            interval: Ttl,
        },
        /// Record that it was used: the idle timers count from now. It expects no revision and raises none, so that it
        /// never loses a race and makes no other step stale, except those of the idle timers. The later of two touches
        /// counts.
        #[serde(deserialize_with = "no_fields")]
        Touch,
    }
}

const fn yes() -> bool {
    true
}

impl Command {
    /// Each command, in the order of declaration, with its yes-or-no argument false and true. The resize requests more
    /// CPU.
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

    /// Returns the yes-or-no argument on which checks and writes of the rule may depend, or `false` if there is none.
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

/// The verb of the command.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.verb().fmt(f)
    }
}
