//! The 22 states a sandbox can be in.

use super::word::word;

/// Where a sandbox is, as the server stores it.
///
/// What a client is shown may differ for a moment: see [`Lifecycle::reported_state`](crate::Lifecycle::reported_state).
/// Source: the published API description (0.190 to 0.226); the order of declaration is ours.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::EnumString,
    strum::EnumCount,
)]
#[strum(serialize_all = "snake_case")]
#[strum(parse_err_ty = super::UnknownWord, parse_err_fn = super::UnknownWord::of::<SandboxState>)]
#[repr(u8)]
#[non_exhaustive]
pub enum SandboxState {
    /// Its runner is making it from an image.
    Creating,
    /// Another runner is making it again from its backup.
    Restoring,
    /// It is gone; the record stays readable for a day.
    Destroyed,
    /// Its runner is removing it.
    Destroying,
    /// It runs: compute and disk are held.
    Started,
    /// It rests on its disk: compute is free.
    Stopped,
    /// Its runner is starting it.
    Starting,
    /// Its runner is stopping it.
    Stopping,
    /// Something failed; the record says what and whether it can be recovered.
    Error,
    /// Its declarative image could not be built.
    BuildFailed,
    /// It waits for a runner that can build its image.
    PendingBuild,
    /// Its runner builds its image.
    BuildingSnapshot,
    /// A real state, not a parse failure: a runner is chosen and nothing has been asked of it yet.
    Unknown,
    /// A runner fetches its image, or none has been found yet.
    PullingSnapshot,
    /// It rests in its backup alone: neither compute nor disk is held.
    Archived,
    /// It is stopped and will be archived once its backup is complete.
    Archiving,
    /// Its runner changes its cpu, memory or disk.
    Resizing,
    /// Its runner takes a snapshot of it.
    Snapshotting,
    /// Its runner makes a copy of it.
    Forking,
    /// Its runner is pausing it.
    Pausing,
    /// It rests with its memory kept: a VM class only.
    Paused,
    /// Its runner is waking it from its memory.
    Resuming,
}
word!(SandboxState, "state");

impl SandboxState {
    /// A change is under way: the state leaves by itself, or its time runs out.
    #[must_use]
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

    /// Nothing can follow but the end of the record's retention.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Destroyed)
    }

    /// Something failed and a person or a command has to act.
    #[must_use]
    pub const fn is_failed(self) -> bool {
        matches!(self, Self::Error | Self::BuildFailed)
    }

    /// The disk of a user stands, or its backup does: destroying it loses data.
    ///
    /// An errored sandbox counts, since its disk may still be recovered; one that is still being built does not.
    #[must_use]
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
