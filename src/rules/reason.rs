//! Why a command or report is refused, and what the caller can do about it.

use super::input::verb::Verb;
use crate::vocabulary::word_list;
use serde::Serialize;

/// Declares the reasons: the HTTP status that the recorded server answers, and what the caller can do.
macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $reason:ident $status:literal $retry:ident,)+) => {
        word_list! {
            /// Why something is refused. The code is that of the recorded server.
            #[strum(serialize_all = "snake_case")]
            #[non_exhaustive]
            pub enum Reason is "reason" {
                $($(#[doc = $doc])+ $reason,)+
            }
        }

        impl Reason {
            const fn recorded(self) -> (u16, Retry) {
                match self {
                    $(Self::$reason => ($status, Retry::$retry),)+
                }
            }
        }
    };
}
reasons! {
    /// The state does not allow this command or report.
    BadState 400 NotFromHere,
    /// The sandbox is in error, or its build failed.
    Errored 400 NotFromHere,
    /// Another change is under way.
    InProgress 409 WhenSettled,
    /// The row has changed since.
    Conflict 409 ReadAgain,
    /// The class does not allow this command.
    UnsupportedClass 422 Never,
    /// A GPU sandbox does not allow this command.
    GpuUnsupported 422 Never,
    /// No runner is assigned.
    NoRunner 404 NotFromHere,
    /// An ephemeral sandbox does not allow this command.
    Ephemeral 400 Never,
    /// The sandbox is not recoverable.
    NotRecoverable 400 NotFromHere,
    /// The sandbox is not in error.
    NotError 400 NotFromHere,
    /// It was restored from its backup within the cooldown.
    RecoverCooldown 409 WhenSettled,
    /// The request names nothing, or nothing new.
    NoChange 400 AlreadySo,
    /// The disk of a running sandbox cannot be resized.
    DiskNeedsStop 400 OtherArguments,
    /// The CPU of a running sandbox cannot shrink.
    CpuShrinkRunning 400 OtherArguments,
    /// The memory of a running sandbox cannot shrink.
    MemShrinkRunning 400 OtherArguments,
    /// A disk cannot shrink.
    DiskShrink 400 OtherArguments,
    /// Snapshots of this class cannot include memory.
    MemorySnapshotClass 400 OtherArguments,
    /// Only a started sandbox has memory to include in a snapshot.
    MemorySnapshotNeedsStarted 400 OtherArguments,
    /// The class is only snapshotted without memory while it is stopped.
    FsSnapshotNeedsStopped 400 OtherArguments,
    /// A backup is under way.
    BackupInProgress 400 WhenSettled,
    /// A GPU sandbox stays ephemeral.
    GpuMustStayEphemeral 400 Never,
    /// A linked sandbox stays ephemeral. (Published API; the code is ours.)
    LinkedMustStayEphemeral 400 OtherArguments,
    /// Auto-stop and auto-pause cannot both be on. (Published API; the code is ours.)
    OneIdleTimer 400 OtherArguments,
    /// Live forks depend on it.
    ForkChildren 400 WhenSettled,
    /// The organization is suspended. (Published API; the code is ours.)
    Suspended 403 WhenUnsuspended,
}

/// What a caller can do about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Retry {
    /// Send the same command with other arguments.
    #[strum(to_string = "try it with other arguments")]
    OtherArguments,
    /// Send the same command again when what stands in its way has ended: a change, live forks, a backup or a cooldown.
    #[strum(to_string = "try again later")]
    WhenSettled,
    /// Bring the sandbox into another state first.
    #[strum(to_string = "change the state first")]
    NotFromHere,
    /// Send the same command again when the organization is no longer suspended. No state of the sandbox helps.
    #[strum(to_string = "try again when the organization is no longer suspended")]
    WhenUnsuspended,
    /// Nothing: the sandbox already has the requested result.
    #[strum(to_string = "there is nothing to do")]
    AlreadySo,
    /// Read the row and decide again. This is no failure.
    #[strum(to_string = "read the sandbox and decide again")]
    ReadAgain,
    /// Nothing: this sandbox never allows it, whatever its state.
    #[strum(to_string = "this sandbox never allows it")]
    Never,
}

impl Reason {
    /// Returns the code, as the recorded tables spell it.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// Returns the HTTP status that the recorded server answers to this command, or to a report.
    pub const fn http_status(self, verb: Option<Verb>) -> u16 {
        match (self, verb) {
            // Recorded: a resize answers 400. Why it differs is not known.
            (Self::NoRunner, Some(Verb::Resize)) => 400,
            (reason, _) => reason.recorded().0,
        }
    }

    /// Returns what the caller can do where no change is under way.
    pub(crate) const fn retry(self) -> Retry {
        self.recorded().1
    }
}
