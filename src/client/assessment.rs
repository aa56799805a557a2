//! The state of a wait: reached, pending, unknown, unreachable, stuck or timed out.

use crate::vocabulary::{DesiredState, SandboxState, object_form};
use chrono::{DateTime, Utc};
use core::fmt;
use serde::{Deserialize, Serialize};

object_form! {
    /// The state of a wait for a goal.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    #[must_use]
    form: #[serde(tag = "assessment", rename_all = "snake_case", rename_all_fields = "camelCase")]
    pub enum Assessment {
        /// The goal is reached.
        Reached,
        /// The sandbox is on its way to the goal.
        Pending {
            /// The state.
            state: SandboxState,
            /// When to look again.
            next_look: DateTime<Utc>,
        },
        /// What was seen does not show whether the goal is reached.
        Unknown {
            /// What is missing.
            missing: Missing,
            /// When to look again; `None` if no further look at the sandbox shows it.
            next_look: Option<DateTime<Utc>>,
        },
        /// The sandbox does not reach the goal without another command. A recovery in place shows as starting or stopping, so
        /// that a wait goes on.
        Unreachable {
            /// The reason.
            reason: UnreachableReason,
        },
        /// The sandbox may be on its way to the goal, but the time limit of its state passed.
        Stuck {
            /// The state, if it is known.
            state: Option<SandboxState>,
            /// Since when it counts: the begin of the state, as far as it was seen, or the command, if that is later.
            since: DateTime<Utc>,
        },
        /// The caller's own timeout passed first. The sandbox may still reach the goal.
        TimedOut {
            /// The state, if it is known.
            state: Option<SandboxState>,
        },
    }
}

impl Assessment {
    /// Returns when to look again, or `None` if the wait is over.
    pub const fn next_look(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Pending { next_look, .. } => Some(*next_look),
            Self::Unknown { next_look, .. } => *next_look,
            Self::Reached | Self::Unreachable { .. } | Self::Stuck { .. } | Self::TimedOut { .. } => None,
        }
    }
}

impl fmt::Display for Assessment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_state = |f: &mut fmt::Formatter<'_>, state: &Option<SandboxState>| match state {
            Some(state) => write!(f, "the sandbox is in {state}"),
            None => f.write_str("the state is not known here"),
        };
        match self {
            Self::Reached => f.write_str("reached"),
            Self::Pending { state, .. } => write!(f, "pending: the sandbox is in {state}"),
            Self::Unknown { missing, .. } => write!(f, "unknown: {missing}"),
            Self::Unreachable { reason } => write!(f, "unreachable: {reason}"),
            Self::Stuck { state, since } => {
                f.write_str("stuck: ")?;
                in_state(f, state)?;
                write!(f, ", without a change since {since}")
            }
            Self::TimedOut { state } => {
                f.write_str("timed out: ")?;
                in_state(f, state)
            }
        }
    }
}

/// What the observations of a sandbox do not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Missing {
    /// Nothing was seen since the command.
    #[strum(to_string = "the sandbox was not seen since the command")]
    Record,
    /// The state is not shown, or the word is not known here.
    #[strum(to_string = "the state is not known here")]
    State,
    /// The desired state is not shown, or the word is not known here.
    #[strum(to_string = "the desired state is not known here")]
    DesiredState,
    /// The auto-delete interval is not shown, so that the sandbox may be ephemeral.
    #[strum(to_string = "the sandbox is gone, and it was not shown whether a stop deletes it")]
    AutoDelete,
    /// The size is not shown, or only an older one.
    #[strum(to_string = "the size is not shown")]
    Size,
    /// A sandbox does not show whether its snapshot was taken: look for the snapshot by its name, and tell
    /// [`Wait::observe_snapshot`](crate::client::Wait::observe_snapshot).
    #[strum(to_string = "the snapshot was not looked for: the sandbox does not show whether it was taken")]
    Snapshot,
}

/// The reason why a sandbox does not reach a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnreachableReason {
    /// The sandbox is in error or its build failed: recover or destroy it.
    #[error("the sandbox is in {0}: recover or destroy it")]
    Failed(SandboxState),
    /// The sandbox is destroyed or is being destroyed.
    #[error("the sandbox is destroyed or is being destroyed: create a new one")]
    Gone,
    /// The sandbox was evicted to free its GPU, and is destroyed.
    #[error("the sandbox was evicted: create a new one, without spot if it must not be evicted")]
    Evicted,
    /// The sandbox waited too long for a runner, and is destroyed.
    #[error("the sandbox waited too long for a runner: create a new one later or with a longer queue timeout")]
    TimedOutInQueue,
    /// The sandbox has a different desired state.
    #[error("the desired state of the sandbox is {0}: send the command for this goal again")]
    DifferentDesiredState(DesiredState),
    /// The change ended and left the sandbox as it was before.
    #[error("the change ended without its result, and the sandbox is in {0}: send the command again")]
    NotDone(SandboxState),
}
