//! The effects of a step while it is decided: what happens to the reason, the runner and the record, as small values.

use crate::vocabulary::object_form;
use crate::{rules::event::EventName, vocabulary::Fault};
use serde::{Deserialize, Serialize};

/// What happens to the record's error reason. The host has the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReasonText {
    /// It stays.
    #[default]
    Kept,
    /// It is removed.
    Cleared,
    /// It becomes the text of the report.
    Reported,
    /// It becomes our own text: [`Fault::text`].
    Ours(Fault),
}

/// What happens to the runner column. The host has the runner's identity.
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
    /// It becomes the runner that placement found. A runner without the image fetches the image.
    Assigned,
    /// It becomes the runner that placement found, and the old runner becomes the previous runner.
    AssignedKeepingPrevious,
}

/// A time that a timer sets on the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stamp {
    /// `queueTimedOutAt` is set to the step's time. (Published API.)
    QueueTimedOut,
    /// `spotEvictedAt` is set to the step's time. (Published API.)
    SpotEvicted,
}

/// What a step owes to the runner that the row leaves. An outbox repeats it until the runner acknowledges it, also when
/// the row is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Owed {
    /// Nothing: the runner said that it has no copy, or the row keeps its runner.
    #[default]
    Nothing,
    /// The removal of its copy.
    Removal,
    /// The release of its copy: stop what runs, keep the disk.
    Release,
}

/// What a timer does to the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TimerMark {
    Stamp(Stamp),
    /// The record is removed.
    Purge,
}

object_form! {
    /// The effects of a step. The rule table has them as constants; [`Draft`](super::draft::Draft) builds them.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    #[repr(align(8))] // Eight bytes, so that it is copied as one word.
    form: #[serde(rename_all = "camelCase")]
    pub(crate) struct SideEffects {
        /// The step calls the runner at once. Otherwise the controller makes the call.
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
        /// What the runner that the row leaves is owed.
        pub(crate) owed: Owed,
    }
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
        owed: Owed::Nothing,
    };

    /// Whether they begin a new piece of work on a runner: by a call, or because a runner is assigned.
    pub(crate) const fn begin_work(self) -> bool {
        self.calls | matches!(self.runner, RunnerChange::Assigned | RunnerChange::AssignedKeepingPrevious)
    }
}
