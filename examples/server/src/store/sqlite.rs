//! SQLite: one file in WAL mode. One thread writes, and takes what waits into one transaction; readers do not wait for it.

use super::value::as_sqlite_text;
use super::{Database, Error, Outcome, Row, Statement, Value};
use async_trait::async_trait;
use rusqlite::{Connection, ErrorCode, OpenFlags, types::ToSqlOutput, types::ValueRef};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::Duration,
};
use tokio::sync::oneshot;

/// How many transactions of callers are written together at most: they share the wait for the disk.
const TOGETHER: usize = 64;

/// How long a connection waits for another process that writes.
const PATIENCE: Duration = Duration::from_secs(10);

type Answer = Result<Outcome, Error>;

/// What the writing thread is asked for.
struct Job {
    statements: Vec<Statement>,
    answer: oneshot::Sender<Answer>,
}

/// A database file.
pub struct Sqlite {
    path: PathBuf,
    readers: Arc<Mutex<Vec<Connection>>>,
    writer: mpsc::Sender<Job>,
}

impl Sqlite {
    /// Opens the file, or makes it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let connection = connect(path)?;
        let (writer, jobs) = mpsc::channel();
        std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || write_all(connection, &jobs))
            .map_err(Error::failed)?;
        Ok(Self { path: path.into(), readers: Arc::default(), writer })
    }
}

#[async_trait]
impl Database for Sqlite {
    fn now(&self) -> &'static str {
        "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
    }

    fn columns(&self) -> &'static str {
        "SELECT name FROM pragma_table_info($1)"
    }

    async fn read(&self, statement: Statement) -> Result<Vec<Row>, Error> {
        let (readers, path) = (Arc::clone(&self.readers), self.path.clone());
        let read = move || {
            let free = readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = free.map_or_else(|| connect(&path), Ok)?;
            let rows = run(&connection, &statement).map(|(rows, _)| rows);
            readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            rows
        };
        tokio::task::spawn_blocking(read).await.map_err(Error::failed)?
    }

    async fn write(&self, statements: Vec<Statement>) -> Answer {
        let (answer, answered) = oneshot::channel();
        let stopped = || Error::Failed("the thread that writes has ended".into());
        self.writer.send(Job { statements, answer }).map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

fn connect(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// Writes what it is asked for until nobody can ask any more.
///
/// The mode of the file is changed by the first write, and not before: a file that is not ours is only read.
fn write_all(mut connection: Connection, jobs: &mpsc::Receiver<Job>) {
    let mut has_mode = false;
    while let Ok(first) = jobs.recv() {
        let jobs: Vec<Job> = std::iter::once(first).chain(jobs.try_iter().take(TOGETHER - 1)).collect();
        // The commit waits for the disk, so that an accepted request survives the loss of power too.
        has_mode = has_mode || connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL").is_ok();
        write_together(&mut connection, jobs);
    }
}

/// Writes the transactions of several callers as one. Each is all or nothing by a savepoint, and nobody hears before all is
/// durable.
fn write_together(connection: &mut Connection, jobs: Vec<Job>) {
    let written = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).and_then(|mut all| {
        let answers: Vec<_> = jobs.iter().map(|job| write_one(&mut all, &job.statements)).collect();
        all.commit().map(|()| answers)
    });
    match written {
        Ok(answers) => {
            for (job, answer) in jobs.into_iter().zip(answers) {
                let _ = job.answer.send(answer); // A caller that has gone needs no answer.
            }
        }
        Err(error) => {
            for job in jobs {
                let _ = job.answer.send(Err(Error::failed(&error)));
            }
        }
    }
}

fn write_one(all: &mut rusqlite::Transaction<'_>, statements: &[Statement]) -> Answer {
    let one = all.savepoint().map_err(failed)?; // It is rolled back when it is dropped.
    let mut last = Vec::new();
    for statement in statements {
        let (rows, written) = run(&one, statement)?;
        if statement.must_write && written == 0 {
            return Ok(Outcome::Stale);
        }
        last = rows;
    }
    one.commit().map_err(failed)?;
    Ok(Outcome::Committed(last))
}

/// Runs a statement and returns its rows, and how many it wrote.
fn run(connection: &Connection, statement: &Statement) -> Result<(Vec<Row>, u64), Error> {
    let mut prepared = connection.prepare_cached(&statement.sql).map_err(failed)?;
    for (value, number) in statement.values.iter().zip(1..) {
        // By name: SQLite counts `$1`, `$2`, … in the order in which they appear.
        if let Some(index) = prepared.parameter_index(&format!("${number}")).map_err(failed)? {
            prepared.raw_bind_parameter(index, Bound(value)).map_err(failed)?;
        }
    }
    if prepared.column_count() == 0 {
        let written = prepared.raw_execute().map_err(failed)?;
        return Ok((Vec::new(), written.try_into().unwrap_or(u64::MAX)));
    }
    let width = prepared.column_count();
    let mut answer = prepared.raw_query();
    let mut rows = Vec::new();
    while let Some(row) = answer.next().map_err(failed)? {
        let values = (0..width).map(|at| row.get_ref(at).map(read).map_err(failed)?);
        rows.push(Row(values.collect::<Result<_, _>>()?));
    }
    let returned = rows.len().try_into().unwrap_or(u64::MAX);
    Ok((rows, returned))
}

fn read(value: ValueRef<'_>) -> Result<Value, Error> {
    match value {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(number) => Ok(Value::Integer(number)),
        ValueRef::Text(text) => String::from_utf8(text.into()).map(Value::Text).map_err(Error::failed),
        ValueRef::Real(_) | ValueRef::Blob(_) => Err(Error::Failed("a value of a type that no column has".into())),
    }
}

/// A value as SQLite takes it.
struct Bound<'a>(&'a Value);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Value::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Integer(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Value::Boolean(yes) => ToSqlOutput::Borrowed(ValueRef::Integer((*yes).into())),
            Value::Timestamp(time) => ToSqlOutput::Owned(as_sqlite_text(*time).into()),
        })
    }
}

fn failed(error: rusqlite::Error) -> Error {
    match &error {
        rusqlite::Error::SqliteFailure(code, text) if code.code == ErrorCode::ConstraintViolation => {
            Error::NotUnique(text.clone().unwrap_or_else(|| error.to_string()))
        }
        _ => Error::failed(error),
    }
}
