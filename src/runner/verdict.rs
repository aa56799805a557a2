//! What a runner does with a call, an ask, a release, a removal and the end of its work.

use super::{copy::CopyAnswer, refusal::EpochRefusal};
use crate::rules::Report;
use core::fmt;
use serde::Serialize;

/// What a runner does with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[must_use = "a call that is not carried out or answered is repeated"]
pub enum CallVerdict {
    /// Carry it out, and record the end with [`Ledger::finish`](super::Ledger::finish).
    CarryOut {
        /// Whether the call replaces any copy that is there: delete that copy first. It is true for a restore alone,
        /// because only the backup counts then.
        ///
        /// A create never replaces a copy. The runner may complete or delete what an interrupted attempt of the same
        /// epoch left. Any other copy may be the only one with the user's data: leave it, and end the call as failed.
        /// The ask that follows shows the copy to the controller.
        replaces_copy: bool,
        /// The epoch of an older call that is still under way. End its job before you begin: two jobs on one copy damage
        /// it. Its end is not recorded any more.
        supersedes: Option<u32>,
    },
    /// Its work is finished: send this report again, and do nothing else.
    Repeat(Report),
    /// Its work is under way: do not begin it twice. The end of the work is the answer.
    UnderWay,
    /// Refuse it.
    Refuse(EpochRefusal),
}

impl fmt::Display for CallVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CarryOut { replaces_copy, supersedes } => {
                f.write_str("carry out")?;
                write_superseded(f, *supersedes)?;
                if *replaces_copy { f.write_str(", delete the present copy first") } else { Ok(()) }
            }
            Self::Repeat(_) => f.write_str("repeat the answer"),
            Self::UnderWay => f.write_str("under way: do not begin it again"),
            Self::Refuse(refusal) => write!(f, "refuse: {refusal}"),
        }
    }
}

/// What a runner does with an ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[must_use = "the controller waits for the answer"]
pub enum AskVerdict {
    /// Send this answer, with the epoch of the ask.
    Answer(CopyAnswer),
    /// Refuse it.
    Refuse(EpochRefusal),
}

impl fmt::Display for AskVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer) => write!(f, "answer: {answer}"),
            Self::Refuse(refusal) => write!(f, "refuse: {refusal}"),
        }
    }
}

/// What a runner does with a release or a removal. It acknowledges both, whatever the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[must_use = "a release or removal that is not acknowledged is repeated"]
pub enum LeaveVerdict {
    /// Carry it out, and acknowledge it when it is done. A repeat says the same, because a crash may have come between
    /// storing and doing: to stop what is stopped or to delete what is gone changes nothing.
    CarryOut {
        /// The epoch of a call that is still under way: end its job first. Its end is not recorded any more.
        supersedes: Option<u32>,
    },
    /// Acknowledge it and do nothing: the runner has seen a newer epoch, so the copy was assigned again.
    WithoutEffect {
        /// The newest epoch that the runner has seen.
        newest: u32,
    },
}

impl fmt::Display for LeaveVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CarryOut { supersedes } => {
                f.write_str("carry out")?;
                write_superseded(f, *supersedes)?;
                f.write_str(", then acknowledge")
            }
            Self::WithoutEffect { newest } => write!(f, "acknowledge without effect: the newest epoch is {newest}"),
        }
    }
}

/// What a runner does with the end of its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[must_use = "an end that is not sent is asked for again"]
pub enum FinishVerdict {
    /// Send this report. If the work had ended before, it is the report of the first end.
    Send(Report),
    /// A newer epoch superseded the work: the end is not recorded as an answer, and the row does not wait for it. Send
    /// nothing, or only a report with the epoch of the work: it is stale, and causes an ask.
    Superseded {
        /// The newest epoch that the runner has seen.
        newest: u32,
    },
    /// The ledger knows of no such work: the call was never taken, or it was interrupted. Nothing is recorded.
    NotUnderWay,
}

impl fmt::Display for FinishVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(_) => f.write_str("send the end"),
            Self::Superseded { newest } => write!(f, "superseded: the newest epoch is {newest}"),
            Self::NotUnderWay => f.write_str("not under way: nothing is recorded"),
        }
    }
}

fn write_superseded(f: &mut fmt::Formatter<'_>, supersedes: Option<u32>) -> fmt::Result {
    match supersedes {
        Some(epoch) => write!(f, ", end the job of epoch {epoch} first"),
        None => Ok(()),
    }
}
