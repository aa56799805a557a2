//! A stored sandbox as the columns of a row: those of its lifecycle, and those of the texts and times that a step changes.

use super::columns::take_out;
use super::sandbox::{Sandbox, ServerTexts};
use super::server_fields::BackupRef;
use crate::lifecycle::{Column, ColumnKind, ColumnValue, Columns, RowError};
use crate::record::api::SandboxDto;
use crate::record::form::{Maybe, Timestamp};
use crate::vocabulary::names;
use alloc::{format, string::String};

/// Declares the columns: name, kind, whether it may be null, whether the API shows it, and its value in a sandbox.
macro_rules! record_columns {
    ($sandbox:ident; $($column:ident: $kind:ident $nullable:literal $shown:literal = $value:expr;)+) => {
        /// The columns that a step may change and that are not in the [`Lifecycle`](crate::Lifecycle) of a stored sandbox.
        ///
        /// A host has a column for each, next to [`Column::ALL`]. The rest of the record, such as labels, changes only by
        /// [`Sandbox::edit`], so a host keeps it as JSON in one more column ([`Sandbox::record_without_columns`]).
        pub const RECORD_COLUMNS: &[Column] = &[$(Column {
            name: names::$column,
            sql_name: stringify!($column),
            kind: ColumnKind::$kind,
            nullable: $nullable,
            shown: $shown,
        }),+];

        impl<X> Sandbox<X> {
            /// Returns each of the [`RECORD_COLUMNS`] with its value, as a host binds them to a statement.
            pub fn record_columns(&self) -> impl Iterator<Item = (&'static Column, ColumnValue<'_>)> {
                let $sandbox = self;
                RECORD_COLUMNS.iter().zip([$($value),+])
            }
        }
    };
}
record_columns! { of;
    name: Text false true = ColumnValue::Text(&of.record.name);
    runner_id: Text true true = text(of.runner_id());
    previous_runner_id: Text true false = text(of.previous_runner_id());
    parent_id: Text true false = text(of.parent_id());
    error_reason: Text true true = text(of.error_reason());
    backup_snapshot: Text true false = text(of.backup.as_ref().map(|backup| &*backup.snapshot));
    backup_registry: Text true false = text(of.backup.as_ref().map(|backup| &*backup.registry));
    backup_created_at: Timestamp true true = time(&of.record.backup_created_at);
    queue_timed_out_at: Timestamp true true = time(&of.record.queue_timed_out_at);
    spot_evicted_at: Timestamp true true = time(&of.record.spot_evicted_at);
    updated_at: Timestamp true true = time(&of.record.updated_at);
}

fn text(text: Option<&str>) -> ColumnValue<'_> {
    text.map_or(ColumnValue::Null, ColumnValue::Text)
}

fn time(time: &Maybe<Timestamp>) -> ColumnValue<'static> {
    time.value().and_then(Timestamp::time).map_or(ColumnValue::Null, ColumnValue::Timestamp)
}

impl<X> Sandbox<X> {
    /// Returns every column of a host's row with its value: those of the lifecycle, then the [`RECORD_COLUMNS`].
    pub fn columns(&self) -> impl Iterator<Item = (&'static Column, ColumnValue<'_>)> {
        self.lifecycle.columns().iter().map(for_a_while).chain(self.record_columns())
    }

    /// Returns the record without what the [`columns`](Self::columns) have: what a host stores as JSON in one more column, when
    /// the sandbox is created and at each [`edit`](Self::edit).
    pub fn record_without_columns(&self) -> SandboxDto<X>
    where
        X: Clone,
    {
        let mut record = self.record.clone();
        take_out(&mut record);
        record.name = String::new();
        (record.runner_id, record.error_reason) = (Maybe::Absent, Maybe::Absent);
        (record.backup_created_at, record.updated_at) = (Maybe::Absent, Maybe::Absent);
        (record.queue_timed_out_at, record.spot_evicted_at) = (Maybe::Absent, Maybe::Absent);
        record
    }

    /// Builds a sandbox as [`from_columns`](Self::from_columns) does, from the values of all columns in the order of
    /// [`columns`](Self::columns), which needs no names. A column that the host's table did not have when the row was written is
    /// null, or missing at the end.
    ///
    /// # Errors
    /// [`RowError`] with the name of the column that holds a wrong value, or that is required and missing.
    pub fn from_values<'a>(
        record: SandboxDto<X>,
        values: impl IntoIterator<Item = ColumnValue<'a>>,
    ) -> Result<Self, RowError> {
        let mut values = values.into_iter();
        let columns = Columns::from_values_in_order(&mut values)?;
        let mut read = Read::of(record);
        for (column, value) in RECORD_COLUMNS.iter().zip(values) {
            read.takes(column.name, value);
        }
        read.with(columns)
    }

    /// Builds a sandbox from a host's own row: the [record without the columns](Self::record_without_columns), and the columns
    /// with their names, those of [`Column::ALL`] and the [`RECORD_COLUMNS`]. They replace what the record has of them.
    ///
    /// Timestamps may come as RFC 3339 text and booleans as 0 and 1, as SQLite stores them. A column of the record that is
    /// missing keeps the record's value; other names are ignored.
    ///
    /// # Errors
    /// [`RowError`] with the name of the column that holds a wrong value, or that is required and missing.
    pub fn from_columns<'a>(
        record: SandboxDto<X>,
        values: impl IntoIterator<Item = (&'a str, ColumnValue<'a>)>,
    ) -> Result<Self, RowError> {
        let mut read = Read::of(record);
        let columns = Columns::from_values(values.into_iter().filter(|(name, value)| !read.takes(name, *value)))?;
        read.with(columns)
    }
}

/// Returns a value that lives for ever as one that need not, so that both kinds are of one type.
const fn for_a_while<'a>(column: (&'static Column, ColumnValue<'static>)) -> (&'static Column, ColumnValue<'a>) {
    column
}

/// The columns of the record that were read so far.
struct Read<X> {
    record: SandboxDto<X>,
    texts: ServerTexts,
    snapshot: Option<String>,
    registry: Option<String>,
    fault: Result<(), RowError>,
}

impl<X> Read<X> {
    fn of(record: SandboxDto<X>) -> Self {
        Self { record, texts: ServerTexts::default(), snapshot: None, registry: None, fault: Ok(()) }
    }

    /// Returns the sandbox of what was read and of the other columns.
    fn with(self, columns: Columns) -> Result<Sandbox<X>, RowError> {
        let Self { record, texts, snapshot, registry, fault } = self;
        fault?;
        let backup = snapshot.zip(registry).map(|(snapshot, registry)| BackupRef { snapshot, registry });
        Ok(Sandbox::from_row(record, columns.into(), ServerTexts { backup, ..texts }))
    }

    /// Takes the value of a column, unless it is none of the record's.
    fn takes(&mut self, name: &str, value: ColumnValue<'_>) -> bool {
        let record = &mut self.record;
        let read = match name {
            names::name => read_text(value).and_then(|name| name.map(|name| record.name = name).ok_or("null")),
            names::runner_id => read_text(value).map(|id| record.runner_id = id.into()),
            names::previous_runner_id => read_text(value).map(|id| self.texts.previous_runner_id = id),
            names::parent_id => read_text(value).map(|id| self.texts.parent_id = id),
            names::error_reason => read_text(value).map(|reason| record.error_reason = reason.into()),
            names::backup_snapshot => read_text(value).map(|snapshot| self.snapshot = snapshot),
            names::backup_registry => read_text(value).map(|registry| self.registry = registry),
            names::backup_created_at => read_time(value).map(|at| record.backup_created_at = at),
            names::queue_timed_out_at => read_time(value).map(|at| record.queue_timed_out_at = at),
            names::spot_evicted_at => read_time(value).map(|at| record.spot_evicted_at = at),
            names::updated_at => read_time(value).map(|at| record.updated_at = at),
            _ => return false,
        };
        if let (Err(found), Ok(())) = (read, &self.fault) {
            self.fault = Err(RowError::new(format!("{name}: {found} is not allowed here")));
        }
        true
    }
}

fn read_text(value: ColumnValue<'_>) -> Result<Option<String>, &'static str> {
    match value {
        ColumnValue::Null => Ok(None),
        ColumnValue::Text(text) => Ok(Some(text.into())),
        ColumnValue::Integer(_) => Err("a number"),
        ColumnValue::Boolean(_) => Err("true or false"),
        ColumnValue::Timestamp(_) => Err("a time"),
    }
}

fn read_time(value: ColumnValue<'_>) -> Result<Maybe<Timestamp>, &'static str> {
    match value {
        ColumnValue::Timestamp(time) => Ok(Maybe::Value(time.into())),
        // Read as a time, so that the record is the same on every database.
        ColumnValue::Text(text) => {
            let written = Timestamp::from(text);
            Ok(Maybe::Value(written.time().map_or(written, Timestamp::from)))
        }
        ColumnValue::Null => Ok(Maybe::Absent),
        ColumnValue::Integer(_) => Err("a number"),
        ColumnValue::Boolean(_) => Err("true or false"),
    }
}
