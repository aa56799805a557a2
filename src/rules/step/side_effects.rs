//! What goes with a write and is no column of a lifecycle, as data.

use crate::{rules::event::EventName, vocabulary::Fault};
use serde::{Deserialize, Serialize};

/// What happens to the record's error reason. The caller has the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReasonText {
    /// It stays.
    #[default]
    Kept,
    /// It is removed.
    Cleared,
    /// It becomes the text that came with the report.
    Reported,
    /// It becomes our own text: [`Fault::text`].
    Ours(Fault),
}

/// What happens to the runner column. The caller has the runner's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RunnerChange {
    /// It stays.
    #[default]
    Kept,
    /// It is emptied.
    Released,
    /// It is emptied, and the runner becomes the previous runner.
    ReleasedAsPrevious,
    /// It becomes the runner that placement found. A runner without the image fetches it.
    Assigned,
    /// It becomes the runner that placement found, and the runner before becomes the previous runner.
    AssignedKeepingPrevious,
}

/// What a timer leaves on the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Stamp {
    /// `queueTimedOutAt` is set to the step's time. (Published API.)
    QueueTimedOut,
    /// `spotEvictedAt` is set to the step's time. (Published API.)
    SpotEvicted,
}

/// What a timer does to the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TimerMark {
    Stamp(Stamp),
    /// The record is removed.
    Purge,
}

/// What goes with a write. The rule table has it whole; other rules build it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[repr(align(8))] // Eight bytes, so that it is copied as one word.
pub(crate) struct SideEffects {
    /// The runner is called at once. Other steps leave the call to the controller.
    pub(crate) calls: bool,
    /// An event without fields.
    pub(crate) event: Option<EventName>,
    pub(crate) reason: ReasonText,
    pub(crate) runner: RunnerChange,
    pub(crate) timer: Option<TimerMark>,
    /// The auth token is replaced.
    pub(crate) token: bool,
    /// Name and backup are given up.
    pub(crate) soft_delete: bool,
    /// A fork's child is stored.
    pub(crate) child: bool,
}

impl SideEffects {
    pub(crate) const NONE: Self = Self {
        calls: false,
        event: None,
        reason: ReasonText::Kept,
        runner: RunnerChange::Kept,
        timer: None,
        token: false,
        soft_delete: false,
        child: false,
    };
}
