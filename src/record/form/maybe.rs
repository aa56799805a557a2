//! An optional field, which distinguishes absent and null so that a record is written as it was read.

use super::wire::{Read, Sealed, Wire};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An optional field of a record. The record omits an absent field; on its own it is written as `null`.
///
/// ```
/// use sandbox_lifecycle::record::Maybe;
/// let field: Maybe<String> = serde_json::from_str("null")?;
/// assert_eq!(field, Maybe::Null);
/// assert_eq!(field.value(), None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Maybe<T> {
    /// The record does not have the field.
    #[default]
    Absent,
    /// The field is `null`.
    Null,
    /// The field has a value.
    Value(T),
}

impl<T> Maybe<T> {
    /// Returns the value, or `None`.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Converts into the value, or `None`.
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Returns whether the record does not have the field.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<T: Serialize> Serialize for Maybe<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<T> From<Option<T>> for Maybe<T> {
    /// `None` becomes [`Absent`](Self::Absent), because no API version demands a `null`.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Value)
    }
}
impl<T> From<T> for Maybe<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T> Sealed for Maybe<T> {}
impl<T: Wire> Wire for Maybe<T> {
    const REQUIRED: bool = false;
    fn blank() -> Self {
        Self::Absent
    }
    fn is_omitted(&self) -> bool {
        self.is_absent()
    }
}
impl<'de, T: Wire> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, |Read(value)| Self::Value(value)))
    }
}
