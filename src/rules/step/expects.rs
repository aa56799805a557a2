//! What a step expects of the row that it is written to, and the error when the row has changed.

use crate::lifecycle::Lifecycle;
use crate::vocabulary::object_form;
use chrono::{DateTime, Utc};
use serde::Serialize;

object_form! {
    /// What must still hold when a step is written: the `WHERE` of an `UPDATE` (`docs/COLUMNS.md`). `None` expects
    /// nothing.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
    form: #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub struct Expects {
        /// The revision of the row on which the step was decided. Every step but a touch expects it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub revision: Option<u32>,
        /// The last activity. Only the four idle timers expect it, because a touch does not raise the revision.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub last_activity_at: Option<DateTime<Utc>>,
    }
}

impl Expects {
    /// Whether the row is as expected.
    pub fn are_met_by(&self, row: &Lifecycle) -> bool {
        self.revision.is_none_or(|revision| revision == row.revision())
            && self.last_activity_at.is_none_or(|activity| activity == row.last_activity_at())
    }
}

/// The error for a row that has changed since the step was decided. Read the row and decide again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Stale {
    /// Another step or an edit was written first.
    #[error(
        "the sandbox has changed since this was decided (its revision was {was} and is {is}): read it and decide again"
    )]
    Changed {
        /// The revision on which the step was decided.
        was: u32,
        /// The revision that the row has now.
        is: u32,
    },
    /// The sandbox was used, so that the idle timer does not act.
    #[error("the sandbox was used since this was decided: read it and decide again")]
    Used,
}
