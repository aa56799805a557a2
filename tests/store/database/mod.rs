//! What the tests need of a database: statements with numbered parameters, on as many connections as a test asks for.

mod postgres;
mod sqlite;

use postgres::Cluster;
use sandbox_lifecycle::{
    chrono::{DateTime, Utc},
    lifecycle::ColumnValue,
};
use sqlite::File;

/// A database with an empty table `sandbox`.
pub trait Database {
    /// Opens one more connection to it.
    fn connect(&self) -> Box<dyn Connection>;

    /// Returns the plan of a query without parameters, with an index where one can be used.
    fn plan(&self, query: &str) -> String;
}

/// A connection to a database.
pub trait Connection: Send {
    /// Runs a statement in which `$1` is the first of these values. Returns the number of rows that it wrote, or what the
    /// database said.
    fn try_execute(&mut self, statement: &str, values: &[ColumnValue<'_>]) -> Result<u64, String>;

    /// Runs a statement that the database accepts.
    fn execute(&mut self, statement: &str, values: &[ColumnValue<'_>]) -> u64 {
        self.try_execute(statement, values).unwrap_or_else(|error| panic!("{statement}: {error}"))
    }

    /// Returns the rows of a query.
    fn query(&mut self, query: &str, values: &[ColumnValue<'_>]) -> Vec<Vec<Stored>>;
}

/// A value as a database returns it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stored {
    Null,
    Text(String),
    Integer(i64),
    Boolean(bool),
    Timestamp(DateTime<Utc>),
}

impl Stored {
    pub fn as_value(&self) -> ColumnValue<'_> {
        match self {
            Self::Null => ColumnValue::Null,
            Self::Text(text) => ColumnValue::Text(text),
            Self::Integer(number) => ColumnValue::Integer(*number),
            Self::Boolean(yes) => ColumnValue::Boolean(*yes),
            Self::Timestamp(time) => ColumnValue::Timestamp(*time),
        }
    }
}

/// Runs a test on each database.
pub fn on_each_database(test: impl Fn(&dyn Database)) {
    test(&File::new());
    test(&Cluster::shared().schema());
}

/// Runs a test on PostgreSQL alone.
pub fn on_postgres(test: impl Fn(&dyn Database)) {
    test(&Cluster::shared().schema());
}
