//! The effects of a step: what the host does in the transaction that writes it. They are data, without I/O.

use super::side_effects::{ReasonText, RunnerChange, Stamp};
use crate::rules::{call::Call, event::Event};
use crate::vocabulary::object_form;
use core::fmt;
use serde::Serialize;

object_form! {
    /// One thing that the host does in the transaction that writes a step.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    form: #[serde(rename_all = "camelCase")]
    pub enum Effect {
        /// Give up the name so that it can be used again: prefix it with `DESTROYED_` and append a timestamp.
        GiveUpName,
        /// Replace the auth token.
        RotateToken,
        /// Change the error reason.
        Reason(ReasonText),
        /// Change the runner.
        Runner(RunnerChange),
        /// Set a time on the record.
        Stamp(Stamp),
        /// Store the fork's child: [`Lifecycle::fork_child`](crate::Lifecycle::fork_child).
        StoreChild,
        /// Call the row's own runner, or the backup maker. The outbox repeats the call while
        /// [`Lifecycle::awaits`](crate::Lifecycle::awaits) holds.
        Call(Call),
        /// Tell the runner that the row leaves to remove its copy. The outbox repeats it until the runner acknowledges
        /// it.
        Remove {
            /// The row's epoch, which is newer than that of every call to this runner before.
            epoch: u32,
        },
        /// Tell the runner that the row leaves to release its copy: to stop it and keep its disk. The outbox repeats it
        /// until the runner acknowledges it.
        Release {
            /// The row's epoch, which is newer than that of every call to this runner before.
            epoch: u32,
        },
        /// Tell the backup store to remove the backups of this sandbox with an attempt before this one, and to refuse
        /// their late uploads.
        DiscardBackups {
            /// The first attempt that is kept.
            before: u32,
        },
        /// Raise the revision of the fork's parent in the same transaction: it has one live child less.
        RaiseParent,
        /// Send an event to subscribers.
        Emit(Event),
        /// Remove the record, because its retention is over. No row exists afterwards.
        Purge,
    }
}

/// The effect in words, for logs.
impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GiveUpName => f.pad("give up the name"),
            Self::RotateToken => f.pad("replace the auth token"),
            Self::Reason(ReasonText::Kept) => f.pad("keep the error reason"),
            Self::Reason(ReasonText::Cleared) => f.pad("clear the error reason"),
            Self::Reason(ReasonText::Reported) => f.pad("set the reported error reason"),
            Self::Reason(ReasonText::Ours(fault)) => write!(f, "set the error reason of fault {fault}"),
            Self::Runner(RunnerChange::Kept) => f.pad("keep the runner"),
            Self::Runner(RunnerChange::Released) => f.pad("release the runner"),
            Self::Runner(RunnerChange::ReleasedAsPrevious) => {
                f.pad("release the runner, which becomes the previous one")
            }
            Self::Runner(RunnerChange::Assigned) => f.pad("assign the runner of the placement"),
            Self::Runner(RunnerChange::AssignedKeepingPrevious) => {
                f.pad("assign the runner of the placement and keep the previous one")
            }
            Self::Stamp(Stamp::QueueTimedOut) => f.pad("set queueTimedOutAt"),
            Self::Stamp(Stamp::SpotEvicted) => f.pad("set spotEvictedAt"),
            Self::StoreChild => f.pad("store the fork's child"),
            Self::Call(call) => write!(f, "call {call}"),
            Self::Remove { epoch } => write!(f, "remove the copy on the runner left (epoch {epoch})"),
            Self::Release { epoch } => write!(f, "release the copy on the runner left (epoch {epoch})"),
            Self::DiscardBackups { before } => write!(f, "discard the backups before attempt {before}"),
            Self::RaiseParent => f.pad("raise the revision of the parent"),
            Self::Emit(event) => write!(f, "emit {event}"),
            Self::Purge => f.pad("remove the record"),
        }
    }
}
