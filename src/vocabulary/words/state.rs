//! The 22 states of a sandbox.

use super::word::word_list;

word_list! {
    /// The state of a sandbox, as the server stores it.
    ///
    /// Clients may see another state for a moment: see [`Lifecycle::reported_state`](crate::Lifecycle::reported_state).
    /// Source: the published API description (0.190 to 0.226); the order of declaration is ours.
    #[derive(PartialOrd, Ord)]
    #[strum(serialize_all = "snake_case")]
    #[repr(u8)]
    #[non_exhaustive]
    pub enum SandboxState is "state" {
        /// The runner creates the sandbox from an image.
        Creating,
        /// Another runner restores the sandbox from its backup.
        Restoring,
        /// The sandbox is removed. The record stays readable for a day.
        Destroyed,
        /// The runner removes the sandbox.
        Destroying,
        /// The sandbox runs and holds compute and disk.
        Started,
        /// The sandbox is stopped. It holds its disk but no compute.
        Stopped,
        /// The runner starts the sandbox.
        Starting,
        /// The runner stops the sandbox.
        Stopping,
        /// Something failed. The record says what, and whether the sandbox can be recovered.
        Error,
        /// The build of the declared image failed.
        BuildFailed,
        /// The sandbox waits for a runner that can build its image.
        PendingBuild,
        /// The runner builds the image.
        BuildingSnapshot,
        /// A runner is assigned and has no call yet. This is a state of the API, not a parse failure.
        Unknown,
        /// A runner fetches the image, or no runner is assigned yet.
        PullingSnapshot,
        /// Only the backup exists. The sandbox holds neither compute nor disk.
        Archived,
        /// The sandbox is stopped and becomes archived when its backup completes.
        Archiving,
        /// The runner changes cpu, memory or disk.
        Resizing,
        /// The runner takes a snapshot.
        Snapshotting,
        /// The runner copies the sandbox.
        Forking,
        /// The runner pauses the sandbox.
        Pausing,
        /// The sandbox is paused with its memory kept. Only VM classes can be paused.
        Paused,
        /// The runner resumes the sandbox from its memory.
        Resuming,
    }
}

impl SandboxState {
    /// Returns whether a change is under way. Every such state except `unknown` and `pending_build` has a time limit.
    pub const fn is_transient(self) -> bool {
        match self {
            Self::Creating | Self::Restoring | Self::Destroying | Self::Starting | Self::Stopping => true,
            Self::PendingBuild | Self::BuildingSnapshot | Self::Unknown | Self::PullingSnapshot => true,
            Self::Archiving | Self::Resizing | Self::Snapshotting | Self::Forking => true,
            Self::Pausing | Self::Resuming => true,
            Self::Destroyed | Self::Started | Self::Stopped | Self::Error | Self::BuildFailed => false,
            Self::Archived | Self::Paused => false,
        }
    }

    /// Returns whether no other state can follow.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Destroyed)
    }

    /// Returns whether something failed, so that a command is needed.
    pub const fn is_failed(self) -> bool {
        matches!(self, Self::Error | Self::BuildFailed)
    }

    /// Returns whether the user's disk or its backup exists, so that destroying the sandbox loses data.
    ///
    /// `error` counts, because the disk may still be recovered. A sandbox that is still being built does not count.
    pub const fn carries_data(self) -> bool {
        match self {
            Self::Started | Self::Stopped | Self::Paused | Self::Archived | Self::Archiving | Self::Error => true,
            Self::Starting | Self::Stopping | Self::Pausing | Self::Resuming | Self::Restoring => true,
            Self::Resizing | Self::Snapshotting | Self::Forking => true,
            Self::Creating | Self::PendingBuild | Self::BuildingSnapshot | Self::Unknown => false,
            Self::PullingSnapshot | Self::BuildFailed | Self::Destroyed | Self::Destroying => false,
        }
    }
}
