//! Values that are bound to statements and read from rows.

use super::Error;
use chrono::{DateTime, SecondsFormat, Utc};
use sandbox_lifecycle::lifecycle::ColumnValue;

/// A value of a row: a [`ColumnValue`] that owns its text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the column value of that name")]
pub enum Value {
    Null,
    Text(String),
    Integer(i64),
    Boolean(bool),
    Timestamp(DateTime<Utc>),
}

impl Value {
    /// Returns the value as the crate reads it.
    pub fn as_column(&self) -> ColumnValue<'_> {
        match self {
            Self::Null => ColumnValue::Null,
            Self::Text(text) => ColumnValue::Text(text),
            Self::Integer(number) => ColumnValue::Integer(*number),
            Self::Boolean(yes) => ColumnValue::Boolean(*yes),
            Self::Timestamp(time) => ColumnValue::Timestamp(*time),
        }
    }
}

impl From<ColumnValue<'_>> for Value {
    fn from(value: ColumnValue<'_>) -> Self {
        match value {
            ColumnValue::Null => Self::Null,
            ColumnValue::Text(text) => Self::Text(text.into()),
            ColumnValue::Integer(number) => Self::Integer(number),
            ColumnValue::Boolean(yes) => Self::Boolean(yes),
            ColumnValue::Timestamp(time) => Self::Timestamp(time),
        }
    }
}
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}
impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(number.into())
    }
}
impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Boolean(yes)
    }
}
impl From<DateTime<Utc>> for Value {
    fn from(time: DateTime<Utc>) -> Self {
        Self::Timestamp(time)
    }
}
impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Builds the values of a statement.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::Value::from($value)),*] };
}

/// A row of an answer: its values in the order of the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub Vec<Value>);

impl Row {
    /// Returns the text at this place.
    pub fn text(&self, at: usize) -> Result<&str, Error> {
        self.optional_text(at)?.ok_or_else(|| unexpected(at, &Value::Null))
    }

    /// Returns the text at this place, or nothing if it is null.
    pub fn optional_text(&self, at: usize) -> Result<Option<&str>, Error> {
        match self.value(at) {
            Value::Text(text) => Ok(Some(text)),
            Value::Null => Ok(None),
            other => Err(unexpected(at, other)),
        }
    }

    /// Returns the whole number at this place.
    pub fn integer(&self, at: usize) -> Result<i64, Error> {
        match self.value(at) {
            Value::Integer(number) => Ok(*number),
            other => Err(unexpected(at, other)),
        }
    }

    /// Returns the count at this place.
    pub fn count(&self, at: usize) -> Result<u32, Error> {
        let number = self.integer(at)?;
        u32::try_from(number).map_err(|_| unexpected(at, &Value::Integer(number)))
    }

    /// Returns the flag at this place; null counts as false. SQLite stores flags as numbers.
    pub fn boolean(&self, at: usize) -> Result<bool, Error> {
        match self.value(at) {
            Value::Boolean(yes) => Ok(*yes),
            Value::Integer(number) => Ok(*number != 0),
            Value::Null => Ok(false),
            other => Err(unexpected(at, other)),
        }
    }

    /// Returns the time at this place, or nothing if it is null. SQLite stores times as text.
    pub fn time(&self, at: usize) -> Result<Option<DateTime<Utc>>, Error> {
        match self.value(at) {
            Value::Timestamp(time) => Ok(Some(*time)),
            Value::Text(text) => {
                DateTime::parse_from_rfc3339(text).map(|time| Some(time.to_utc())).map_err(Error::failed)
            }
            Value::Null => Ok(None),
            other => Err(unexpected(at, other)),
        }
    }

    fn value(&self, at: usize) -> &Value {
        self.0.get(at).unwrap_or(&Value::Null)
    }
}

fn unexpected(at: usize, value: &Value) -> Error {
    Error::Failed(format!("column {at} of the answer holds {value:?}"))
}

/// Returns a time as SQLite stores it: text of one length, so that it compares like a time.
pub(super) fn as_sqlite_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}
