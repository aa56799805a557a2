//! A stored sandbox as the columns of a row: those of its lifecycle, and those of the texts and times that a step changes.

use super::columns::take_out;
use super::sandbox::Sandbox;
use super::server_fields::BackupRef;
use crate::lifecycle::{Column, ColumnKind, ColumnValue, Columns, Lifecycle, RowError};
use crate::record::api::SandboxDto;
use crate::record::form::{Maybe, Timestamp};
use crate::vocabulary::names;
use alloc::{format, string::String, vec::Vec};

/// Declares the columns: name, kind, whether it may be null, whether the API shows it, its value in a sandbox, and where a
/// value that is read back goes.
macro_rules! record_columns {
    ($sandbox:ident, $read:ident, $back:ident; $(
        $column:ident: $kind:ident $nullable:literal $shown:literal = $value:expr, $takes:expr;
    )+) => {
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

            /// Calls `add` for each of these columns that differs from that of another sandbox, with its value in this one.
            fn each_changed_record_column<'a>(
                &'a self,
                before: &Self,
                add: &mut dyn FnMut(&'static Column, ColumnValue<'a>),
            ) {
                let mut columns = RECORD_COLUMNS.iter();
                $(
                    let then = { let $sandbox = before; $value };
                    let now = { let $sandbox = self; $value };
                    if let Some(column) = columns.next().filter(|_| now != then) {
                        add(column, now);
                    }
                )+
            }
        }

        impl<X> Read<'_, X> {
            /// For each of the [`RECORD_COLUMNS`], how its value is read back. An error says what was found.
            const TAKES: [TakesValue<X>; RECORD_COLUMNS.len()] = [$(|$read, $back| $takes),+];
        }
    };
}
type TakesValue<X> = fn(&mut Read<'_, X>, ColumnValue<'_>) -> Result<(), &'static str>;

record_columns! { of, read, value;
    name: Text false true = ColumnValue::Text(&of.record.name),
        read_text(value)?.map(|name| read.sandbox.record.name = name).ok_or("null");
    runner_id: Text true true = text(of.runner_id()),
        read_text(value).map(|id| read.sandbox.record.runner_id = id.into());
    previous_runner_id: Text true false = text(of.previous_runner_id()),
        read_text(value).map(|id| read.sandbox.previous_runner_id = id);
    parent_id: Text true false = text(of.parent_id()),
        read_text(value).map(|id| read.sandbox.parent_id = id);
    error_reason: Text true true = text(of.error_reason()),
        read_text(value).map(|reason| read.sandbox.record.error_reason = reason.into());
    backup_snapshot: Text true false = text(of.backup.as_ref().map(|backup| &*backup.snapshot)),
        read_text(value).map(|snapshot| read.snapshot = snapshot);
    backup_registry: Text true false = text(of.backup.as_ref().map(|backup| &*backup.registry)),
        read_text(value).map(|registry| read.registry = registry);
    backup_created_at: Timestamp true true = time(&of.record.backup_created_at),
        read_time(value).map(|at| read.sandbox.record.backup_created_at = at);
    queue_timed_out_at: Timestamp true true = time(&of.record.queue_timed_out_at),
        read_time(value).map(|at| read.sandbox.record.queue_timed_out_at = at);
    spot_evicted_at: Timestamp true true = time(&of.record.spot_evicted_at),
        read_time(value).map(|at| read.sandbox.record.spot_evicted_at = at);
    updated_at: Timestamp true true = time(&of.record.updated_at),
        read_time(value).map(|at| read.sandbox.record.updated_at = at);
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

    /// Returns the columns in which this sandbox differs from what it was before a [step](Self::apply) or an
    /// [edit](Self::edit), with their new values: the `SET` of the `UPDATE`.
    pub fn changed_columns(&self, before: &Self) -> Vec<(&'static Column, ColumnValue<'_>)> {
        let mut changed = Vec::with_capacity(16); // A step seldom writes more.
        let mut add = |column, value| changed.push((column, value));
        self.lifecycle.each_changed_column(&before.lifecycle, &mut add);
        self.each_changed_record_column(before, &mut add);
        changed
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
        let lifecycle = Lifecycle::from_values(&mut values)?;
        let mut sandbox = Self::blank(record);
        let mut read = Read::into(&mut sandbox);
        for ((column, takes), value) in RECORD_COLUMNS.iter().zip(Read::TAKES).zip(values) {
            read.takes(column, takes, value);
        }
        read.end(lifecycle)?;
        Ok(sandbox)
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
        let mut sandbox = Self::blank(record);
        let mut read = Read::into(&mut sandbox);
        let of_lifecycle = values.into_iter().filter(|(name, value)| !read.takes_named(name, *value));
        let columns = Columns::from_values(of_lifecycle)?;
        read.end(columns.into())?;
        Ok(sandbox)
    }
}

/// Returns a value that lives for ever as one that need not, so that both kinds are of one type.
const fn for_a_while<'a>(column: (&'static Column, ColumnValue<'static>)) -> (&'static Column, ColumnValue<'a>) {
    column
}

/// A sandbox while its row is read. It is filled where it stands, because to move a record costs as much as to read a row.
struct Read<'a, X> {
    sandbox: &'a mut Sandbox<X>,
    snapshot: Option<String>,
    registry: Option<String>,
    fault: Result<(), RowError>,
}

impl<'a, X> Read<'a, X> {
    fn into(sandbox: &'a mut Sandbox<X>) -> Self {
        Self { sandbox, snapshot: None, registry: None, fault: Ok(()) }
    }

    /// Adds the lifecycle to what was read.
    fn end(self, lifecycle: Lifecycle) -> Result<(), RowError> {
        self.fault?;
        let backup = self.snapshot.zip(self.registry);
        self.sandbox.backup = backup.map(|(snapshot, registry)| BackupRef { snapshot, registry });
        self.sandbox.set_lifecycle(lifecycle);
        Ok(())
    }

    /// Takes the value of the column with this name, unless it is none of the record's.
    fn takes_named(&mut self, name: &str, value: ColumnValue<'_>) -> bool {
        let known = RECORD_COLUMNS.iter().zip(Self::TAKES).find(|(column, _)| column.name == name);
        known.map(|(column, takes)| self.takes(column, takes, value)).is_some()
    }

    fn takes(&mut self, column: &Column, takes: TakesValue<X>, value: ColumnValue<'_>) {
        if let (Err(found), Ok(())) = (takes(self, value), &self.fault) {
            self.fault = Err(RowError::new(format!("{column}: {found} is not allowed here")));
        }
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
