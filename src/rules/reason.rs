//! Why a command or report is refused, and what the caller can do about it.

use super::Verb;

/// Why something is refused. The code is what the recorded server's tables call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::VariantArray, strum::EnumCount)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// The state does not take this command or report.
    BadState,
    /// The sandbox is in error or its build failed.
    Errored,
    /// A change is under way.
    InProgress,
    /// The row has moved on.
    Conflict,
    /// The class does not take this command.
    UnsupportedClass,
    /// A GPU sandbox does not take this command.
    GpuUnsupported,
    /// No runner is assigned.
    NoRunner,
    /// An ephemeral sandbox does not take this command.
    Ephemeral,
    /// The sandbox is not recoverable.
    NotRecoverable,
    /// The sandbox is not in error.
    NotError,
    /// It was recovered from its backup less than the cooldown ago.
    RecoverCooldown,
    /// The request names nothing, or nothing new.
    NoChange,
    /// The disk of a running sandbox cannot change.
    DiskNeedsStop,
    /// A running sandbox does not shrink its cpu.
    CpuShrinkRunning,
    /// A running sandbox does not shrink its memory.
    MemShrinkRunning,
    /// A disk never shrinks.
    DiskShrink,
    /// The class cannot keep its memory in a snapshot.
    MemorySnapshotClass,
    /// Memory can be kept only of a running sandbox.
    MemorySnapshotNeedsStarted,
    /// The class is snapshotted without memory only when stopped.
    FsSnapshotNeedsStopped,
    /// A backup is under way.
    BackupInProgress,
    /// A GPU sandbox stays ephemeral.
    GpuMustStayEphemeral,
    /// A linked sandbox stays ephemeral. (spec; the code is ours)
    LinkedMustStayEphemeral,
    /// Auto-stop and auto-pause are not both set. (spec; the code is ours)
    OneIdleTimer,
    /// Live forks depend on it.
    ForkChildren,
    /// The organization is suspended. (section 13; the code is ours)
    Suspended,
}

/// What a caller can do about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Retry {
    /// The same command with other arguments may be taken.
    OtherArguments,
    /// The same command may be taken later: once what is under way or stands in its way, a change, live forks or a
    /// cooldown, has ended.
    WhenSettled,
    /// Not from this state, whatever is tried.
    NotFromHere,
    /// There is nothing to do: it is already so.
    AlreadySo,
    /// The row has moved: read it and decide again. This is no failure.
    ReadAgain,
}

impl Reason {
    /// Every reason, in the order of its declaration.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The code, as the recorded tables spell it.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The HTTP status that the recorded server answers. The table of outcome codes is the source.
    #[must_use]
    pub const fn http_status(self, verb: Option<Verb>) -> u16 {
        match self {
            Self::InProgress | Self::Conflict | Self::RecoverCooldown => 409,
            Self::UnsupportedClass | Self::GpuUnsupported => 422,
            // A resize answers 400 here; why it differs is not known, only that it does.
            Self::NoRunner if matches!(verb, Some(Verb::Resize)) => 400,
            Self::NoRunner => 404,
            Self::Suspended => 403,
            Self::BadState | Self::Errored | Self::Ephemeral | Self::NotRecoverable | Self::NotError => 400,
            Self::NoChange | Self::DiskNeedsStop | Self::CpuShrinkRunning | Self::MemShrinkRunning => 400,
            Self::DiskShrink | Self::MemorySnapshotClass | Self::MemorySnapshotNeedsStarted => 400,
            Self::FsSnapshotNeedsStopped | Self::BackupInProgress | Self::GpuMustStayEphemeral => 400,
            Self::LinkedMustStayEphemeral | Self::OneIdleTimer | Self::ForkChildren => 400,
        }
    }

    /// What the caller can do.
    #[must_use]
    pub const fn retry(self) -> Retry {
        match self {
            Self::InProgress | Self::RecoverCooldown | Self::BackupInProgress | Self::ForkChildren => {
                Retry::WhenSettled
            }
            Self::Conflict => Retry::ReadAgain,
            Self::NoChange => Retry::AlreadySo,
            Self::DiskNeedsStop | Self::CpuShrinkRunning | Self::MemShrinkRunning | Self::DiskShrink => {
                Retry::OtherArguments
            }
            Self::MemorySnapshotClass | Self::MemorySnapshotNeedsStarted | Self::FsSnapshotNeedsStopped => {
                Retry::OtherArguments
            }
            Self::LinkedMustStayEphemeral | Self::OneIdleTimer => Retry::OtherArguments,
            Self::BadState | Self::Errored | Self::UnsupportedClass | Self::GpuUnsupported | Self::NoRunner => {
                Retry::NotFromHere
            }
            Self::Ephemeral | Self::NotRecoverable | Self::NotError | Self::GpuMustStayEphemeral | Self::Suspended => {
                Retry::NotFromHere
            }
        }
    }
}

impl core::fmt::Display for Reason {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.code())
    }
}
impl serde::Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl Reason {
    /// The reason in words, where no check of the table says it better.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::BadState => "this state is not left by such a report",
            Self::Conflict => "the row has moved on; read it and decide again",
            Self::InProgress => "a change is under way",
            Self::Errored => "it is in error",
            Self::UnsupportedClass => "its class does not do that",
            Self::GpuUnsupported => "it holds a GPU",
            Self::NoRunner => "no runner is assigned",
            Self::Ephemeral => "it is ephemeral",
            Self::NotRecoverable => "it is not recoverable",
            Self::NotError => "it is not in error",
            Self::RecoverCooldown => "it was recovered a moment ago",
            Self::NoChange => "nothing would change",
            Self::DiskNeedsStop => "its disk is in use",
            Self::CpuShrinkRunning | Self::MemShrinkRunning => "it runs",
            Self::DiskShrink => "a disk does not shrink",
            Self::MemorySnapshotClass => "its class has no memory to keep",
            Self::MemorySnapshotNeedsStarted => "it does not run",
            Self::FsSnapshotNeedsStopped => "it is not stopped",
            Self::BackupInProgress => "a backup is under way",
            Self::GpuMustStayEphemeral | Self::LinkedMustStayEphemeral => "it stays ephemeral",
            Self::OneIdleTimer => "another idle timer is set",
            Self::ForkChildren => "it has live forks",
            Self::Suspended => "its organization is suspended",
        }
    }
}
