//! A column as a store sees it: its name, its kind, and a value to bind or to read back.

use crate::{
    lifecycle::instants::NEVER,
    vocabulary::{
        AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, DesiredState, Fault, GpuType, Micros, QueueTimeout,
        Repair, SandboxClass, SandboxState, Word, field_reader::named,
    },
};
use alloc::{boxed::Box, string::ToString, vec::Vec};
use chrono::{DateTime, Utc};
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, forward_to_deserialize_any};

/// A column of a stored lifecycle: what a host needs to write its `CREATE TABLE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The name in the stored form and in the API: `autoStopInterval`.
    pub name: &'static str,
    /// The same name as SQL usually spells it: `auto_stop_interval`.
    pub sql_name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// It may hold no value.
    pub nullable: bool,
    /// Whether the API shows it. Only a server has the other columns.
    pub shown: bool,
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// A word of a closed list.
    Text,
    /// A whole number that fits an `i64`.
    Integer,
    /// True or false.
    Boolean,
    /// A point in time in UTC, exact to the microsecond.
    Timestamp,
}

/// The value of a column, to bind to a statement or to read back from a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnValue<'a> {
    /// No value.
    Null,
    /// A word. When it is read back, a timestamp may be text too (RFC 3339).
    Text(&'a str),
    /// A whole number. When it is read back, 0 and 1 may stand for false and true.
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// A point in time.
    Timestamp(DateTime<Utc>),
}

impl fmt::Display for ColumnValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.pad("null"),
            Self::Text(text) => f.pad(text),
            Self::Integer(number) => number.fmt(f),
            Self::Boolean(yes) => yes.fmt(f),
            Self::Timestamp(time) => Micros::from(*time).fmt(f),
        }
    }
}

impl Serialize for ColumnValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Boolean(yes) => serializer.serialize_bool(*yes),
            Self::Timestamp(time) => Micros::from(*time).serialize(serializer),
        }
    }
}

/// Why a row cannot be read: the message names the column and its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RowError(Box<str>);

impl RowError {
    pub(crate) fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }
}

/// A value of a column while it is read back.
struct Bound<'a>(ColumnValue<'a>);

impl<'de> de::IntoDeserializer<'de, de::value::Error> for Bound<'_> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Bound<'_> {
    type Error = de::value::Error;
    fn deserialize_any<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            ColumnValue::Null => visitor.visit_unit(),
            ColumnValue::Text(text) => visitor.visit_str(text),
            ColumnValue::Integer(number) => visitor.visit_i64(number),
            ColumnValue::Boolean(yes) => visitor.visit_bool(yes),
            ColumnValue::Timestamp(time) => visitor.visit_string(Micros::from(time).to_string()),
        }
    }
    fn deserialize_option<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.0 == ColumnValue::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }
    fn deserialize_bool<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            ColumnValue::Integer(number @ (0 | 1)) => visitor.visit_bool(number == 1),
            ColumnValue::Null | ColumnValue::Text(_) | ColumnValue::Integer(_) => self.deserialize_any(visitor),
            ColumnValue::Boolean(_) | ColumnValue::Timestamp(_) => self.deserialize_any(visitor),
        }
    }
    forward_to_deserialize_any! {
        i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

/// A type that a column can have. It converts into a [`ColumnValue`], and into and from what a lifecycle keeps.
pub(super) trait ColumnType: Copy + Into<ColumnValue<'static>> {
    const KIND: ColumnKind;
    const NULLABLE: bool;
    /// What is read where the column stands in a stored row. `None` counts as absent.
    type Read: for<'de> Deserialize<'de> + Into<Option<Self>>;

    /// Reads a value in its usual form, which needs no text of an error. Any other value is read by [`Self::Read`].
    fn usual(value: ColumnValue<'_>) -> Option<Self>;

    /// Reads the value of a column. `None` counts as absent.
    fn read(value: ColumnValue<'_>) -> Result<Option<Self>, de::value::Error> {
        match Self::usual(value) {
            Some(read) => Ok(Some(read)),
            None => Self::read_slowly(value),
        }
    }

    /// Does the same as [`read`](Self::read), by the type of the stored form alone.
    #[cold]
    fn read_slowly(value: ColumnValue<'_>) -> Result<Option<Self>, de::value::Error> {
        Self::Read::deserialize(Bound(value)).map(Into::into)
    }
}

/// The values of a row, in the order of the columns, while they are read.
pub(super) struct InOrder<'v, 'a> {
    values: &'v mut dyn Iterator<Item = ColumnValue<'a>>,
    missing: Vec<&'static str>,
    fault: Result<(), de::value::Error>,
}

impl<'v, 'a> InOrder<'v, 'a> {
    pub(super) fn of(values: &'v mut dyn Iterator<Item = ColumnValue<'a>>) -> Self {
        Self { values, missing: Vec::new(), fault: Ok(()) }
    }

    /// Reads the value of the next column, unless it is missing or wrong. It is missing at the end of the row and if it is null
    /// where no value may be missing: the column is newer than the row.
    pub(super) fn read<T: ColumnType>(&mut self, name: &'static str) -> Option<T> {
        let value = self.values.next();
        value.and_then(T::usual).or_else(|| self.read_unusual(name, value))
    }

    #[cold]
    fn read_unusual<T: ColumnType>(&mut self, name: &'static str, value: Option<ColumnValue<'_>>) -> Option<T> {
        let read = match value {
            None => Ok(None),
            Some(ColumnValue::Null) if !T::NULLABLE => Ok(None),
            Some(value) => T::read_slowly(value),
        };
        match read {
            Ok(Some(value)) => return Some(value),
            Ok(None) => self.missing.push(name),
            Err(error) if self.fault.is_ok() => self.fault = Err(named(name, error)),
            Err(_later) => {}
        }
        None
    }

    /// Returns the names of the columns that are missing, or the first fault.
    pub(super) fn end(self) -> Result<Vec<&'static str>, de::value::Error> {
        self.fault.map(|()| self.missing)
    }
}

/// Declares the types of columns: kind, whether they may hold no value, what is read, their usual form, and their value.
macro_rules! column_types {
    ($($kind:ident $nullable:literal $type:ty, $read:ty, $usual:expr, |$given:ident| $value:expr;)+) => {
        $(
            impl ColumnType for $type {
                const KIND: ColumnKind = ColumnKind::$kind;
                const NULLABLE: bool = $nullable;
                type Read = $read;
                fn usual(value: ColumnValue<'_>) -> Option<Self> {
                    $usual(value)
                }
            }
            impl From<$type> for ColumnValue<'static> {
                fn from($given: $type) -> Self {
                    $value
                }
            }
        )+
    };
}
column_types! {
    Text false SandboxState, Self, word, |word| Self::Text(word.as_str());
    Text false DesiredState, Self, word, |word| Self::Text(word.as_str());
    Text false SandboxClass, Self, word, |word| Self::Text(word.as_str());
    Text false BackupState, Self, word, |word| Self::Text(word.as_str());
    Text true Option<GpuType>, Self, or_null(word), |word| word.map_or(Self::Null, |word| Self::Text(word.as_str()));
    Text true Option<Repair>, Self, or_null(word), |word| word.map_or(Self::Null, |word| Self::Text(word.as_str()));
    Text true Option<Fault>, Self, or_null(word), |word| word.map_or(Self::Null, |word| Self::Text(word.as_str()));
    Boolean false bool, Option<bool>, flag, |yes| Self::Boolean(yes);
    Integer false u8, Self, number, |number| Self::Integer(number.into());
    Integer false u32, Self, number, |number| Self::Integer(number.into());
    Integer false AutoStop, Self, number, |interval| Self::Integer(interval.as_minutes().into());
    Integer false AutoPause, Self, number, |interval| Self::Integer(interval.as_minutes().into());
    Integer false AutoArchive, Self, number, |interval| Self::Integer(interval.as_minutes().into());
    Integer false AutoDelete, Self, number, |interval| Self::Integer(interval.as_minutes().into());
    Integer true Option<QueueTimeout>, Self, or_null(number),
        |timeout| timeout.map_or(Self::Null, |timeout| Self::Integer(timeout.as_minutes().into()));
    Timestamp false DateTime<Utc>, OptionalMicros, time, |time| Self::Timestamp(time);
    Timestamp true Option<DateTime<Utc>>, OptionalMicros, time_or_null,
        |time| time.map_or(Self::Null, Self::Timestamp);
}

fn word<W: Word>(value: ColumnValue<'_>) -> Option<W> {
    if let ColumnValue::Text(word) = value { W::from_word(word) } else { None }
}

fn number<T: TryFrom<i64>>(value: ColumnValue<'_>) -> Option<T> {
    if let ColumnValue::Integer(number) = value { number.try_into().ok() } else { None }
}

fn flag(value: ColumnValue<'_>) -> Option<bool> {
    if let ColumnValue::Boolean(yes) = value { Some(yes) } else { None }
}

fn time(value: ColumnValue<'_>) -> Option<DateTime<Utc>> {
    if let ColumnValue::Timestamp(time) = value { Some(Micros::cut(time)) } else { None }
}

/// Reads a time that may be missing. The last instant stands for none.
fn time_or_null(value: ColumnValue<'_>) -> Option<Option<DateTime<Utc>>> {
    let time = or_null(time)(value);
    time.map(|time| time.filter(|time| Micros::from(*time) != NEVER))
}

/// Reads null as no value, and anything else as `read` does.
fn or_null<T>(read: impl Fn(ColumnValue<'_>) -> Option<T>) -> impl Fn(ColumnValue<'_>) -> Option<Option<T>> {
    move |value| if matches!(value, ColumnValue::Null) { Some(None) } else { read(value).map(Some) }
}

/// An instant that a stored row may lack.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct OptionalMicros(Option<Micros>);

impl From<OptionalMicros> for Option<DateTime<Utc>> {
    fn from(read: OptionalMicros) -> Self {
        read.0.map(Into::into)
    }
}

impl From<OptionalMicros> for Option<Option<DateTime<Utc>>> {
    fn from(read: OptionalMicros) -> Self {
        Some(read.0.and_then(Into::into))
    }
}

// What a lifecycle keeps where it is not the column's own type: an instant that may be missing, the last one meaning
// none, and a number of minutes, which the clock compares without a branch.

impl From<Option<DateTime<Utc>>> for Micros {
    fn from(time: Option<DateTime<Utc>>) -> Self {
        time.map_or(NEVER, Self::from)
    }
}

impl From<Micros> for Option<DateTime<Utc>> {
    fn from(kept: Micros) -> Self {
        (kept != NEVER).then(|| kept.into())
    }
}

impl From<AutoDelete> for i32 {
    fn from(interval: AutoDelete) -> Self {
        interval.as_minutes()
    }
}

impl From<i32> for AutoDelete {
    fn from(kept: i32) -> Self {
        Self::from_any(kept)
    }
}
