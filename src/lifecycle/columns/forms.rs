//! The forms of a row: the values of its columns, the stored form, and the text for a log.

use super::{
    column::{ColumnValue, RowError},
    list::{Changes, Columns},
};
use crate::{
    lifecycle::value::Lifecycle,
    vocabulary::{Size, brief},
};
use alloc::string::ToString;
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

impl Columns {
    /// Returns CPU, memory and disk.
    pub const fn size(&self) -> Size {
        Size { cpu: self.cpu, memory: self.memory, disk: self.disk }
    }

    /// Reads a row of a host's own table back: each column's name, as in [`Column::name`](super::Column::name), with its value.
    ///
    /// Timestamps may come as RFC 3339 text and booleans as 0 and 1, as SQLite stores them. Columns that are missing get
    /// the defaults of the stored form; other names are ignored.
    ///
    /// # Errors
    /// [`RowError`] with the name of the column that holds a wrong value, or that is required and missing.
    pub fn from_values<'a>(values: impl IntoIterator<Item = (&'a str, ColumnValue<'a>)>) -> Result<Self, RowError> {
        let mut found = Changes::default();
        for (name, value) in values {
            found.take(name, value).map_err(refused)?;
        }
        Self::completed(&found).map_err(|missing| refused(de::Error::missing_field(missing)))
    }
}

impl Lifecycle {
    /// Reads a row back as [`Columns::from_values`] does, from the values of all columns in the order of
    /// [`Column::ALL`](super::Column::ALL), which needs no names. A column that is missing at the end is newer than the row, and so
    /// is one that is null where no value may be missing.
    ///
    /// # Errors
    /// [`RowError`], as for [`Columns::from_values`].
    pub fn from_values<'a>(values: &mut impl Iterator<Item = ColumnValue<'a>>) -> Result<Self, RowError> {
        Self::of_values(values).map_err(refused)
    }
}

fn refused(error: de::value::Error) -> RowError {
    RowError::new(brief(error).to_string())
}

impl Serialize for Columns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stored = self.iter().filter(|(_, value)| *value != ColumnValue::Null);
        serializer.collect_map(stored.map(|(column, value)| (column.name, value)))
    }
}

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found = Changes::deserialize(deserializer)?;
        Self::completed(&found).map_err(de::Error::missing_field)
    }
}

/// The stored form: that of [`Columns`].
impl Serialize for Lifecycle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.columns().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Lifecycle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Columns::deserialize(deserializer).map(Self::from)
    }
}

impl fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.columns().fmt(f)
    }
}

impl Lifecycle {
    /// Returns the value as columns, to change one and build it again.
    pub fn columns(&self) -> Columns {
        (*self).into()
    }
}
