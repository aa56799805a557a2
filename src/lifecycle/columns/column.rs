//! A column as a store sees it: its name, its kind, and a value to bind or to read back.

use crate::{
    lifecycle::instants::NEVER,
    vocabulary::{
        AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, DesiredState, Fault, GpuType, Micros, QueueTimeout,
        SandboxClass, SandboxState, Word,
    },
};
use alloc::string::ToString;
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
    /// The API shows it; the others only a server has.
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

/// A value of a column while it is read back.
pub(super) struct Bound<'a>(pub(super) ColumnValue<'a>);

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

/// A type that a column can have: how a store, a reader and a `Lifecycle` each hold it.
pub(super) trait ColumnType: Copy {
    const KIND: ColumnKind;
    const NULLABLE: bool = false;
    /// The form inside a `Lifecycle`.
    type Kept;
    fn keep(self) -> Self::Kept;
    fn restore(kept: Self::Kept) -> Self;
    fn value(self) -> ColumnValue<'static>;
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// Types that a `Lifecycle` keeps as they are.
macro_rules! kept_as_it_is {
    ($kind:ident, $nullable:literal: $($type:ty => |$given:ident| $value:expr),+ $(,)?) => {$(
        impl ColumnType for $type {
            const KIND: ColumnKind = ColumnKind::$kind;
            const NULLABLE: bool = $nullable;
            type Kept = Self;
            fn keep(self) -> Self {
                self
            }
            fn restore(kept: Self) -> Self {
                kept
            }
            fn value(self) -> ColumnValue<'static> {
                let $given = self;
                $value
            }
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(deserializer)
            }
        }
    )+};
}
kept_as_it_is! { Text, false:
    SandboxState => |word| text(word),
    DesiredState => |word| text(word),
    SandboxClass => |word| text(word),
    BackupState => |word| text(word),
}
kept_as_it_is! { Text, true:
    Option<GpuType> => |word| word.map_or(ColumnValue::Null, text),
    Option<Fault> => |word| word.map_or(ColumnValue::Null, text),
}
kept_as_it_is! { Boolean, false: bool => |yes| ColumnValue::Boolean(yes) }
kept_as_it_is! { Integer, false:
    u8 => |number| ColumnValue::Integer(number.into()),
    u32 => |number| ColumnValue::Integer(number.into()),
    AutoStop => |interval| ColumnValue::Integer(interval.as_minutes().into()),
    AutoPause => |interval| ColumnValue::Integer(interval.as_minutes().into()),
    AutoArchive => |interval| ColumnValue::Integer(interval.as_minutes().into()),
}
kept_as_it_is! { Integer, true:
    Option<QueueTimeout> =>
        |timeout| timeout.map_or(ColumnValue::Null, |timeout| ColumnValue::Integer(timeout.as_minutes().into())),
}

fn text(word: impl Word) -> ColumnValue<'static> {
    ColumnValue::Text(word.as_str())
}

/// Kept as its number of minutes, which the clock compares without a branch.
impl ColumnType for AutoDelete {
    const KIND: ColumnKind = ColumnKind::Integer;
    type Kept = i32;
    fn keep(self) -> i32 {
        self.as_minutes()
    }
    fn restore(kept: i32) -> Self {
        Self::from_any(kept)
    }
    fn value(self) -> ColumnValue<'static> {
        ColumnValue::Integer(self.as_minutes().into())
    }
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

/// Kept in microseconds: smaller, and compared at once.
impl ColumnType for DateTime<Utc> {
    const KIND: ColumnKind = ColumnKind::Timestamp;
    type Kept = Micros;
    fn keep(self) -> Micros {
        self.into()
    }
    fn restore(kept: Micros) -> Self {
        kept.into()
    }
    fn value(self) -> ColumnValue<'static> {
        ColumnValue::Timestamp(self)
    }
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Micros::deserialize(deserializer).map(Self::from)
    }
}

/// Kept in microseconds, none as the last instant.
impl ColumnType for Option<DateTime<Utc>> {
    const KIND: ColumnKind = ColumnKind::Timestamp;
    const NULLABLE: bool = true;
    type Kept = Micros;
    fn keep(self) -> Micros {
        self.map_or(NEVER, Micros::from)
    }
    fn restore(kept: Micros) -> Self {
        (kept != NEVER).then(|| kept.into())
    }
    fn value(self) -> ColumnValue<'static> {
        self.map_or(ColumnValue::Null, ColumnValue::Timestamp)
    }
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<Micros>::deserialize(deserializer).map(|at| at.map(DateTime::from))
    }
}
