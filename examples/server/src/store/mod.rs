//! The store: rows of sandboxes, their outbox and the runners, on SQLite or PostgreSQL behind one small trait.
//!
//! The trait [`Database`] runs statements and knows nothing of sandboxes. [`Store`] has every statement of the platform; each
//! of them runs unchanged on both databases. Decisions are made outside of a transaction, on a row that was read before, and
//! written by compare-and-swap: so a transaction is a list of statements, and no lock is held while anybody thinks.

mod decide;
mod outbox;
mod postgres;
mod runners;
mod sandboxes;
mod schema;
mod sqlite;
mod time;
mod value;
mod write;

pub use decide::Undecided;
pub use outbox::Outgoing;
pub use runners::Runner;
pub use sandboxes::{Loaded, Page, SILENCE};
pub use schema::{NotOpened, Store};
pub use time::TimeScale;
pub use value::{Row, Value};
pub use write::{NotWritten, With, Written};

use async_trait::async_trait;
use std::borrow::Cow;

/// A statement whose `$1` is the first of its values.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The SQL.
    pub sql: Cow<'static, str>,
    /// Its values.
    pub values: Vec<Value>,
    /// Whether it must write a row: if it writes none, another writer was first, and the transaction is rolled back.
    pub must_write: bool,
}

impl Statement {
    /// Builds a statement that may write any number of rows.
    pub fn new(sql: impl Into<Cow<'static, str>>, values: Vec<Value>) -> Self {
        Self { sql: sql.into(), values, must_write: false }
    }

    /// Builds a statement that must write a row.
    pub fn that_must_write(sql: impl Into<Cow<'static, str>>, values: Vec<Value>) -> Self {
        Self { must_write: true, ..Self::new(sql, values) }
    }
}

/// How a transaction ended.
#[derive(Debug)]
pub enum Outcome {
    /// It is durable. These are the rows that its last statement returned.
    Committed(Vec<Row>),
    /// A statement that must write a row wrote none. Nothing is written.
    Stale,
}

/// Why a database did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value that must be unique exists already.
    #[error("the value exists already: {0}")]
    NotUnique(String),
    /// Anything else.
    #[error("the database failed: {0}")]
    Failed(String),
}

impl Error {
    fn failed(error: impl ToString) -> Self {
        Self::Failed(error.to_string())
    }
}

/// A database.
#[async_trait]
pub trait Database: Send + Sync + 'static {
    /// The expression for the present time: the database has the one clock of the platform.
    fn now(&self) -> &'static str;

    /// The query for the names of the columns of the table `$1`, which has none if it does not exist.
    fn columns(&self) -> &'static str;

    /// Runs a statement that only reads.
    async fn read(&self, statement: Statement) -> Result<Vec<Row>, Error>;

    /// Runs statements in one transaction: all of them or none.
    async fn write(&self, statements: Vec<Statement>) -> Result<Outcome, Error>;
}
