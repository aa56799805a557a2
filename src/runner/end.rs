//! How the work of a call ended, and the report that says so.

use crate::rules::{Answer, Call, Outcome, Report};
use crate::vocabulary::{Fault, field_reader as read, object_form};
use core::fmt;
use serde::Serialize;

object_form! {
    /// How the work of a call ended. The ledger keeps it as the answer of that call's epoch.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    form: #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub enum End {
        /// The job completed after the call ([`Outcome::Completed`]).
        Completed,
        /// The job failed after the call ([`Outcome::Failed`]).
        Failed {
            /// The fault in the error reason.
            #[serde(deserialize_with = "read::fault")]
            fault: Fault,
            /// Whether the sandbox can be recovered on this runner.
            #[serde(default, deserialize_with = "read::recoverable")]
            recoverable: bool,
        },
        /// The runner did the task within the call ([`Answer::Done`]).
        Done,
        /// The runner will not do the task ([`Answer::Refused`]). It is not for calls that the ledger refuses: they
        /// have no end.
        Refused {
            /// The fault in the error reason.
            #[serde(deserialize_with = "read::fault")]
            fault: Fault,
            /// Whether the sandbox can be recovered on this runner.
            #[serde(default, deserialize_with = "read::recoverable")]
            recoverable: bool,
        },
    }
}

impl End {
    /// Returns the report of this end, with the epoch of the call.
    ///
    /// A task without a job ([`Task::job`](crate::rules::Task::job)) has only an answer to its call.
    pub const fn report(self, call: Call) -> Report {
        let Call { task, epoch } = call;
        let (answer, outcome) = match self {
            Self::Completed => (Answer::Done, Some(Outcome::Completed)),
            Self::Failed { fault, recoverable } => {
                (Answer::Refused { fault, recoverable }, Some(Outcome::Failed { fault, recoverable }))
            }
            Self::Done => (Answer::Done, None),
            Self::Refused { fault, recoverable } => (Answer::Refused { fault, recoverable }, None),
        };
        match (task.job(), outcome) {
            (Some(job), Some(outcome)) => Report::Ended { job, outcome, epoch: Some(epoch) },
            (None, _) | (_, None) => Report::Answered { task, answer, from: None, epoch: Some(epoch) },
        }
    }
}

impl From<Outcome> for End {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Completed => Self::Completed,
            Outcome::Failed { fault, recoverable } => Self::Failed { fault, recoverable },
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed => f.write_str("completed"),
            Self::Failed { fault, .. } => write!(f, "failed ({fault})"),
            Self::Done => f.write_str("done within the call"),
            Self::Refused { fault, .. } => write!(f, "refused ({fault})"),
        }
    }
}
