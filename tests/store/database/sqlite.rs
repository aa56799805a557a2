//! SQLite: a database file in a temporary folder, so that several connections can share it.

use super::{Connection, Database, Stored};
use crate::page;
use rusqlite::{
    Statement, ToSql,
    types::{ToSqlOutput, Value, ValueRef},
};
use sandbox_lifecycle::{chrono::SecondsFormat, lifecycle::ColumnValue};
use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// A database file. It is removed when the value is dropped.
pub struct File {
    folder: PathBuf,
}

impl File {
    /// Makes a database with the table and the indexes of the page.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let (process, next) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(format!("sandbox-lifecycle-sqlite-{process}-{next}"));
        std::fs::create_dir(&folder).expect("a new folder");
        let file = Self { folder };
        let mut connection = file.open();
        // Readers and a writer do not wait for each other, and nothing waits for the disk.
        connection.0.execute_batch("PRAGMA journal_mode = WAL").expect("the mode of the file");
        for statement in page::definitions() {
            connection.execute(statement, &[]);
        }
        file
    }

    fn open(&self) -> Sqlite {
        let connection = rusqlite::Connection::open(self.folder.join("store")).expect("a database file");
        connection.busy_timeout(Duration::from_secs(20)).expect("a timeout");
        connection.execute_batch("PRAGMA synchronous = OFF").expect("a setting of the connection");
        Sqlite(connection)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // A folder that stays behind in the temporary folder does no harm.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Database for File {
    fn connect(&self) -> Box<dyn Connection> {
        Box::new(self.open())
    }

    fn plan(&self, query: &str) -> String {
        format!("{:?}", self.open().query(&format!("EXPLAIN QUERY PLAN {query}"), &[]))
    }
}

struct Sqlite(rusqlite::Connection);

/// Binds by name: SQLite counts `$1`, `$2`, … in the order in which they appear.
fn bind(statement: &mut Statement<'_>, values: &[ColumnValue<'_>]) {
    for (value, number) in values.iter().zip(1..) {
        let index = statement.parameter_index(&format!("${number}")).expect("a name without a zero byte");
        let index = index.unwrap_or_else(|| panic!("the statement has no ${number}"));
        statement.raw_bind_parameter(index, Bound(*value)).expect("a value");
    }
}

impl Connection for Sqlite {
    fn try_execute(&mut self, statement: &str, values: &[ColumnValue<'_>]) -> Result<u64, String> {
        let mut prepared = self.0.prepare_cached(statement).map_err(|error| error.to_string())?;
        bind(&mut prepared, values);
        let written = prepared.raw_execute().map_err(|error| error.to_string())?;
        Ok(u64::try_from(written).expect("a count"))
    }

    fn query(&mut self, query: &str, values: &[ColumnValue<'_>]) -> Vec<Vec<Stored>> {
        let mut prepared = self.0.prepare_cached(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        bind(&mut prepared, values);
        let columns = prepared.column_count();
        let mut found = prepared.raw_query();
        let mut rows = Vec::new();
        while let Some(row) = found.next().expect("a row") {
            rows.push((0..columns).map(|column| stored(row.get_ref(column).expect("a column"))).collect());
        }
        rows
    }
}

fn stored(value: ValueRef<'_>) -> Stored {
    match value {
        ValueRef::Null => Stored::Null,
        ValueRef::Integer(number) => Stored::Integer(number),
        ValueRef::Text(text) => Stored::Text(str::from_utf8(text).expect("UTF-8").to_owned()),
        ValueRef::Real(_) | ValueRef::Blob(_) => panic!("no column holds {value:?}"),
    }
}

/// A value of a column as SQLite takes it.
struct Bound<'a>(ColumnValue<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            ColumnValue::Null => ToSqlOutput::Owned(Value::Null),
            ColumnValue::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            ColumnValue::Integer(number) => ToSqlOutput::Owned(Value::Integer(number)),
            ColumnValue::Boolean(yes) => ToSqlOutput::Owned(Value::Integer(yes.into())),
            // Always six digits, so that the order of the texts is that of the times.
            ColumnValue::Timestamp(time) => {
                ToSqlOutput::Owned(Value::Text(time.to_rfc3339_opts(SecondsFormat::Micros, true)))
            }
        })
    }
}
