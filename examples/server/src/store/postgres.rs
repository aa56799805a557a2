//! PostgreSQL: a pool of connections. Isolation level READ COMMITTED, which is the default: the second of two writers waits for
//! the first and then writes no row.

use super::{Database, Error, Outcome, Row, Statement, Value};
use async_trait::async_trait;
use bytes::BytesMut;
use chrono::DateTime;
use deadpool_postgres::{GenericClient, Manager, ManagerConfig, Pool, RecyclingMethod};
use std::error::Error as _;
use tokio_postgres::{
    NoTls,
    error::SqlState,
    types::{FromSql, IsNull, ToSql, Type, to_sql_checked},
};

/// How many connections a process has at most.
const CONNECTIONS: usize = 16;

/// A database on a server.
pub struct Postgres(Pool);

impl Postgres {
    /// Connects to the database of this URL.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let config: tokio_postgres::Config = url.parse().map_err(|error| Error::Failed(described(&error)))?;
        let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let pool = Pool::builder(manager).max_size(CONNECTIONS).build().map_err(Error::failed)?;
        let _ = pool.get().await.map_err(no_connection)?;
        Ok(Self(pool))
    }
}

#[async_trait]
impl Database for Postgres {
    fn now(&self) -> &'static str {
        "clock_timestamp()" // `now()` is the time at which the transaction began.
    }

    fn columns(&self) -> &'static str {
        "SELECT column_name::text FROM information_schema.columns \
         WHERE table_schema = current_schema() AND table_name = CAST($1 AS TEXT)"
    }

    async fn read(&self, statement: Statement) -> Result<Vec<Row>, Error> {
        let client = self.0.get().await.map_err(no_connection)?;
        run(&client, &statement).await.map(|(rows, _)| rows)
    }

    async fn write(&self, statements: Vec<Statement>) -> Result<Outcome, Error> {
        let mut client = self.0.get().await.map_err(no_connection)?;
        if let [only] = statements.as_slice() {
            let (rows, written) = run(&client, only).await?;
            let is_stale = only.must_write && written == 0;
            return Ok(if is_stale { Outcome::Stale } else { Outcome::Committed(rows) });
        }
        let transaction = client.transaction().await.map_err(failed)?; // It is rolled back when it is dropped.
        let mut last = Vec::new();
        for statement in &statements {
            let (rows, written) = run(&transaction, statement).await?;
            if statement.must_write && written == 0 {
                transaction.rollback().await.map_err(failed)?;
                return Ok(Outcome::Stale);
            }
            last = rows;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(Outcome::Committed(last))
    }
}

/// Runs a statement and returns its rows, and how many it wrote.
async fn run(client: &impl GenericClient, statement: &Statement) -> Result<(Vec<Row>, u64), Error> {
    let prepared = client.prepare_cached(&statement.sql).await.map_err(failed)?;
    let bound: Vec<Bound<'_>> = statement.values.iter().map(Bound).collect();
    let bound: Vec<&(dyn ToSql + Sync)> = bound.iter().map(|value| value as _).collect();
    if prepared.columns().is_empty() {
        return Ok((Vec::new(), client.execute(&prepared, &bound).await.map_err(failed)?));
    }
    let rows = client.query(&prepared, &bound).await.map_err(failed)?;
    let read = |row: &tokio_postgres::Row| (0..row.len()).map(|at| row.try_get(at)).collect::<Result<_, _>>().map(Row);
    let rows: Vec<Row> = rows.iter().map(read).collect::<Result<_, _>>().map_err(failed)?;
    let returned = rows.len().try_into().unwrap_or(u64::MAX);
    Ok((rows, returned))
}

/// PostgreSQL counts microseconds from the year 2000.
const YEAR_2000: i64 = 946_684_800_000_000;

/// A value as PostgreSQL takes it.
#[derive(Debug)]
struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (self.0, kind) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Text(text), &Type::TEXT) => text.to_sql(kind, out),
            (Value::Integer(number), &Type::INT8) => number.to_sql(kind, out),
            (Value::Boolean(yes), &Type::BOOL) => yes.to_sql(kind, out),
            (Value::Timestamp(time), &Type::TIMESTAMPTZ) => {
                time.timestamp_micros().saturating_sub(YEAR_2000).to_sql(&Type::INT8, out)
            }
            (value, kind) => Err(format!("{value:?} is no {kind}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true // `to_sql` checks it, because the type depends on the value.
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        match kind {
            &Type::TEXT => String::from_sql(kind, raw).map(Self::Text),
            &Type::INT8 => i64::from_sql(kind, raw).map(Self::Integer),
            &Type::BOOL => bool::from_sql(kind, raw).map(Self::Boolean),
            &Type::TIMESTAMPTZ => {
                let micros = i64::from_sql(&Type::INT8, raw)?.saturating_add(YEAR_2000);
                DateTime::from_timestamp_micros(micros).map(Self::Timestamp).ok_or_else(|| "no such time".into())
            }
            other => Err(format!("no column has the type {other}").into()),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn failed(error: tokio_postgres::Error) -> Error {
    if error.code() == Some(&SqlState::UNIQUE_VIOLATION) {
        Error::NotUnique(described(&error))
    } else {
        Error::Failed(described(&error))
    }
}

fn no_connection(error: deadpool_postgres::PoolError) -> Error {
    match &error {
        deadpool_postgres::PoolError::Backend(error) => Error::Failed(described(error)),
        _ => Error::failed(error),
    }
}

/// The text of an error of PostgreSQL says only that something failed; its cause says what.
fn described(error: &tokio_postgres::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
