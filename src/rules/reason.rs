//! Why a command or report is refused, and what the caller can do about it.

use super::input::verb::Verb;
use crate::vocabulary::{UnknownWord, word};
use core::fmt;
use serde::Serialize;

/// Why something is refused. The code is that of the recorded server.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::VariantNames,
    strum::EnumString,
)]
#[strum(serialize_all = "snake_case")]
#[strum(parse_err_ty = UnknownWord, parse_err_fn = UnknownWord::new::<Reason>)]
#[non_exhaustive]
pub enum Reason {
    /// The state does not allow this command or report.
    BadState,
    /// The sandbox is in error, or its build failed.
    Errored,
    /// Another change is under way.
    InProgress,
    /// The row has changed since.
    Conflict,
    /// The class does not allow this command.
    UnsupportedClass,
    /// A GPU sandbox does not allow this command.
    GpuUnsupported,
    /// No runner is assigned.
    NoRunner,
    /// An ephemeral sandbox does not allow this command.
    Ephemeral,
    /// The sandbox is not recoverable.
    NotRecoverable,
    /// The sandbox is not in error.
    NotError,
    /// It was restored from its backup within the cooldown.
    RecoverCooldown,
    /// The request names nothing, or nothing new.
    NoChange,
    /// The disk of a running sandbox cannot be resized.
    DiskNeedsStop,
    /// The CPU of a running sandbox cannot shrink.
    CpuShrinkRunning,
    /// The memory of a running sandbox cannot shrink.
    MemShrinkRunning,
    /// A disk cannot shrink.
    DiskShrink,
    /// Snapshots of this class cannot include memory.
    MemorySnapshotClass,
    /// Only a started sandbox has memory to include in a snapshot.
    MemorySnapshotNeedsStarted,
    /// The class is only snapshotted without memory while it is stopped.
    FsSnapshotNeedsStopped,
    /// A backup is under way.
    BackupInProgress,
    /// A GPU sandbox stays ephemeral.
    GpuMustStayEphemeral,
    /// A linked sandbox stays ephemeral. (Published API; the code is ours.)
    LinkedMustStayEphemeral,
    /// Auto-stop and auto-pause cannot both be on. (Published API; the code is ours.)
    OneIdleTimer,
    /// Live forks depend on it.
    ForkChildren,
    /// The organization is suspended. (Published API; the code is ours.)
    Suspended,
}
word!(Reason, "reason");

/// What a caller can do about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Retry {
    /// Send the same command with other arguments.
    OtherArguments,
    /// Send the same command again when what stands in its way has ended: a change, live forks, a backup or a cooldown.
    WhenSettled,
    /// Bring the sandbox into another state first.
    NotFromHere,
    /// Nothing: the sandbox is already so.
    AlreadySo,
    /// Read the row and decide again. This is no failure.
    ReadAgain,
    /// Nothing: this sandbox never allows it, whatever its state.
    Never,
}

/// The advice as a sentence.
impl fmt::Display for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::OtherArguments => "try it with other arguments",
            Self::WhenSettled => "try again later",
            Self::NotFromHere => "change the state first",
            Self::AlreadySo => "there is nothing to do",
            Self::ReadAgain => "read the sandbox and decide again",
            Self::Never => "this sandbox never allows it",
        })
    }
}

impl Reason {
    /// Returns the code, as the recorded tables spell it.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// Returns the HTTP status that the recorded server answers to this command, or to a report.
    #[must_use]
    pub const fn http_status(self, verb: Option<Verb>) -> u16 {
        match self {
            Self::InProgress | Self::Conflict | Self::RecoverCooldown => 409,
            Self::UnsupportedClass | Self::GpuUnsupported => 422,
            // Recorded: a resize answers 400. Why it differs is not known.
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

    /// Returns what the caller can do where no change is under way.
    pub(crate) const fn retry(self) -> Retry {
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
            Self::BadState | Self::Errored | Self::NoRunner | Self::NotRecoverable => Retry::NotFromHere,
            Self::NotError | Self::Suspended => Retry::NotFromHere,
            Self::UnsupportedClass | Self::GpuUnsupported | Self::Ephemeral | Self::GpuMustStayEphemeral => {
                Retry::Never
            }
        }
    }
}
