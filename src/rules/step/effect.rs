//! The effects of a step: what the host does in the transaction that writes it. They are data, without I/O.

use super::side_effects::{ReasonText, RunnerChange, Stamp};
use crate::rules::{call::Call, event::Event};
use core::fmt;
use serde::{Deserialize, Serialize};

/// One thing that the host does in the transaction that writes a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
    /// Call the runner.
    Call(Call),
    /// Send an event to subscribers.
    Emit(Event),
    /// Remove the record, because its retention is over. No row exists afterwards.
    Purge,
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
            Self::Emit(event) => write!(f, "emit {event}"),
            Self::Purge => f.pad("remove the record"),
        }
    }
}
