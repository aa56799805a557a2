//! The state of a wait: reached, pending, stuck or unreachable.

use crate::vocabulary::{DesiredState, SandboxState, object_form};
use chrono::{DateTime, Utc};
use core::fmt;
use serde::{Deserialize, Serialize};

object_form! {
    /// The state of a wait for a goal.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    form: #[serde(tag = "assessment", rename_all = "snake_case")]
    pub enum Assessment {
        /// The goal is reached.
        Reached,
        /// The sandbox is on its way to the goal.
        Pending {
            /// The state, or `None` if this crate does not know the word.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            state: Option<SandboxState>,
        },
        /// The sandbox does not reach the goal without another command. A recovery in place shows as
        /// starting or stopping, so that a wait goes on.
        Unreachable {
            /// The reason.
            reason: UnreachableReason,
        },
        /// The sandbox is on its way to the goal, but the time limit of its state passed.
        Stuck {
            /// When this state began, as far as the record shows.
            since: DateTime<Utc>,
        },
    }
}

impl fmt::Display for Assessment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reached => f.write_str("reached"),
            Self::Pending { state: Some(state) } => write!(f, "pending: the sandbox is in {state}"),
            Self::Pending { state: None } => f.write_str("pending: the sandbox is in a state that is not known here"),
            Self::Unreachable { reason } => write!(f, "unreachable: {reason}"),
            Self::Stuck { since } => write!(f, "stuck: the state has not changed since {since}"),
        }
    }
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
    /// The sandbox has a different desired state.
    #[error("the desired state of the sandbox is {0}: send the command for this goal again")]
    DifferentDesiredState(DesiredState),
}
