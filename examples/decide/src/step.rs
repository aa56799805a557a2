//! The form of a step in an answer, and of a refusal.

use crate::error::Error;
use sandbox_lifecycle::{
    Effect, Lifecycle, Refusal, Retry, Step,
    lifecycle::ColumnValue,
    rules::{Cause, Expects},
    vocabulary::IntervalError,
};
use serde::{Serialize, Serializer};

/// A step as data. The row after it is the row with the values of `changes` in place of its own.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepForm {
    cause: Cause,
    /// What must still hold when the step is written.
    expects: Expects,
    changes: Changed,
    effects: Vec<Effect>,
}

/// The columns that differ after the step, with their new values; null empties a column.
pub struct Changed(Vec<(&'static str, ColumnValue<'static>)>);

impl Serialize for Changed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

impl StepForm {
    /// Returns the form of a step that was decided on this row.
    pub fn of(step: &Step, row: Lifecycle) -> Result<Self, Error> {
        let after = step.apply(row).map_err(|stale| Error::wrong("row", stale))?.columns();
        let before = row.columns();
        let columns = before.iter().zip(after.iter());
        let changed = columns.filter(|((_, old), (_, new))| old != new);
        let changes = Changed(changed.map(|(_, (column, value))| (column.name, value)).collect());
        Ok(Self { cause: step.cause(), expects: step.expects(), changes, effects: step.effects().collect() })
    }
}

/// A refusal as a server answers it: by the rules, or because an interval is out of range.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Refused {
    Rules(Refusal),
    Interval { code: &'static str, http: u16, message: String, retry: Retry },
}

impl From<IntervalError> for Refused {
    fn from(error: IntervalError) -> Self {
        let retry = Retry::OtherArguments;
        Self::Interval { code: error.code(), http: error.http_status(), message: error.to_string(), retry }
    }
}
