//! Opening a store: the schema, its migrations, and databases that are not ours.

use super::postgres::Postgres;
use super::sqlite::Sqlite;
use super::{Database, Error, Statement, TimeScale};
use crate::{metrics::Metrics, values};
use sandbox_lifecycle::{
    Clock, Policy,
    lifecycle::{Column, ColumnKind},
    record::RECORD_COLUMNS,
};
use std::{path::Path, sync::Arc, time::Duration};

/// The versions of the schema, the first one first. A new version is one more file.
const VERSIONS: &[&str] = &[include_str!("../../sql/1.sql")];

/// Where the settings are.
const SETTINGS: &str = "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)";

/// The rows of the platform.
#[derive(Clone)]
pub struct Store {
    pub(super) database: Arc<dyn Database>,
    pub(super) time: TimeScale,
    pub(super) limits: Clock,
    policy: Arc<Policy>,
    pub(super) metrics: Metrics,
}

/// Why a store cannot be opened. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// The option names no database.
    #[error("`{0}` names no database: use sqlite:PATH or postgres://USER@HOST:PORT/NAME")]
    UnknownUrl(String),
    /// The database cannot be read.
    #[error("cannot read the database {url}: {error}")]
    Unreadable {
        /// The option.
        url: String,
        /// What the database said.
        error: Error,
    },
    /// The database is that of a newer server.
    #[error(
        "the database {url} has version {found}, and this server knows {known}: use a newer server or another database"
    )]
    Newer {
        /// The option.
        url: String,
        /// The version of the database.
        found: usize,
        /// The newest version that this server knows.
        known: usize,
    },
}

impl Store {
    /// Opens the database of a URL, and brings its schema to the newest version. Without a scale, time goes as fast as it did
    /// when the store was last opened with one.
    pub async fn open(url: &str, policy: Policy, scale: Option<u32>, metrics: Metrics) -> Result<Self, NotOpened> {
        let unreadable = |error| NotOpened::Unreadable { url: without_password(url), error };
        let database: Arc<dyn Database> = if let Some(path) = url.strip_prefix("sqlite:") {
            Arc::new(Sqlite::open(Path::new(path)).map_err(unreadable)?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Arc::new(Postgres::connect(url).await.map_err(unreadable)?)
        } else {
            return Err(NotOpened::UnknownUrl(url.into()));
        };
        let version = version_of(&*database).await.map_err(unreadable)?;
        if version > VERSIONS.len() {
            return Err(NotOpened::Newer { url: without_password(url), found: version, known: VERSIONS.len() });
        }
        migrate(&*database, version).await.map_err(unreadable)?;
        add_new_columns(&*database).await.map_err(unreadable)?;
        let time = time_of(&*database, scale).await.map_err(unreadable)?;
        Ok(Self { database, time, limits: Clock::new(&policy), policy: Arc::new(policy), metrics })
    }

    /// Returns the platform's policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Returns how the platform's time follows the real time.
    pub const fn time(&self) -> &TimeScale {
        &self.time
    }

    /// Returns the real time, by the clock of the database.
    pub async fn real_now(&self) -> Result<chrono::DateTime<chrono::Utc>, Error> {
        real_now(&*self.database).await
    }

    /// Returns the time of the platform.
    pub async fn now(&self) -> Result<chrono::DateTime<chrono::Utc>, Error> {
        self.real_now().await.map(|real| self.time.at(real))
    }
}

async fn real_now(database: &dyn Database) -> Result<chrono::DateTime<chrono::Utc>, Error> {
    let rows = database.read(Statement::new(format!("SELECT {}", database.now()), values![])).await?;
    let now = rows.first().map_or(Ok(None), |row| row.time(0))?;
    now.ok_or_else(|| Error::Failed("the database has no clock".into()))
}

/// Returns the version of the schema; 0 for an empty database.
async fn version_of(database: &dyn Database) -> Result<usize, Error> {
    if columns_of(database, "setting").await?.is_empty() {
        return Ok(0);
    }
    setting(database, "version").await?.map_or(Ok(0), |version| version.parse().map_err(Error::failed))
}

async fn columns_of(database: &dyn Database, table: &str) -> Result<Vec<String>, Error> {
    let rows = database.read(Statement::new(database.columns(), values![table])).await?;
    rows.iter().map(|row| row.text(0).map(String::from)).collect()
}

async fn setting(database: &dyn Database, name: &str) -> Result<Option<String>, Error> {
    let query = Statement::new("SELECT value FROM setting WHERE name = $1", values![name]);
    let rows = database.read(query).await?;
    rows.first().map(|row| row.text(0).map(String::from)).transpose()
}

fn set(name: &str, value: String) -> Statement {
    const SET: &str = "INSERT INTO setting (name, value) VALUES ($1, $2) \
                       ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    Statement::new(SET, values![name, value])
}

/// Runs the versions that the database lacks, each in one transaction.
async fn migrate(database: &dyn Database, version: usize) -> Result<(), Error> {
    for (number, sql) in (1..).zip(VERSIONS).skip(version) {
        let lines = sql.lines().filter(|line| !line.trim_start().starts_with("--"));
        let sql = lines.collect::<Vec<_>>().join("\n").replace("{columns}", &columns());
        let statements = sql.split(';').map(str::trim).filter(|statement| !statement.is_empty());
        let settings = (number == 1).then_some(SETTINGS);
        let mut all: Vec<Statement> =
            settings.into_iter().chain(statements).map(|sql| Statement::new(sql.to_owned(), values![])).collect();
        all.push(set("version", number.to_string()));
        if let Err(error) = database.write(all).await {
            // Another process may migrate the same database at the same time.
            tokio::time::sleep(Duration::from_millis(500)).await;
            if version_of(database).await? < number {
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Returns the definitions of the crate's columns.
fn columns() -> String {
    let defined = all_columns().map(|column| {
        let not_null = if column.nullable { "" } else { " NOT NULL" };
        format!("{} {}{not_null}", column.sql_name, sql_type(column.kind))
    });
    defined.collect::<Vec<_>>().join(",\n    ")
}

/// Adds the columns that the crate has gained since the table was made. A row from before has null there, which is read as the
/// default of the column.
async fn add_new_columns(database: &dyn Database) -> Result<(), Error> {
    let stored = columns_of(database, "sandbox").await?;
    let new = all_columns().filter(|column| !stored.iter().any(|name| name == column.sql_name));
    let add = new.map(|column| format!("ALTER TABLE sandbox ADD COLUMN {} {}", column.sql_name, sql_type(column.kind)));
    let add: Vec<Statement> = add.map(|sql| Statement::new(sql, values![])).collect();
    if add.is_empty() {
        return Ok(());
    }
    database.write(add).await.map(|_| ())
}

/// Returns every column of the crate: those of a lifecycle, and those of the record that a step changes.
pub(super) fn all_columns() -> impl Iterator<Item = &'static Column> {
    Column::ALL.iter().chain(RECORD_COLUMNS)
}

const fn sql_type(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "TEXT",
        ColumnKind::Integer => "BIGINT", // PostgreSQL's INTEGER does not hold every `u32`.
        ColumnKind::Boolean => "BOOLEAN",
        ColumnKind::Timestamp => "TIMESTAMPTZ",
    }
}

/// Returns the stored clock, at the requested pace. Several processes may begin at once, so what is stored counts, and not what
/// one of them wanted to store: they must agree on the time.
async fn time_of(database: &dyn Database, scale: Option<u32>) -> Result<TimeScale, Error> {
    const BEGIN: &str = "INSERT INTO setting (name, value) VALUES ('time', $1) ON CONFLICT (name) DO NOTHING";
    const RESCALE: &str = "UPDATE setting SET value = $1 WHERE name = 'time' AND value = $2";
    loop {
        let real = real_now(database).await?;
        let text = setting(database, "time").await?;
        let stored: Option<TimeScale> = text.as_deref().map(serde_json::from_str).transpose().map_err(Error::failed)?;
        let time = match (stored, scale) {
            (Some(stored), None) => return Ok(stored),
            (Some(stored), Some(scale)) if stored.scale == scale => return Ok(stored),
            (Some(stored), Some(scale)) => stored.rescaled(real, scale),
            (None, scale) => TimeScale::beginning(real, scale.unwrap_or(1)),
        };
        let time = serde_json::to_string(&time).map_err(Error::failed)?;
        let write = match text {
            Some(before) => Statement::new(RESCALE, values![time, before]),
            None => Statement::new(BEGIN, values![time]),
        };
        database.write(vec![write]).await?;
    }
}

/// A URL may hold a password, which no error shows.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((login, host))) => {
            let user = login.split_once("://").map_or(login, |(_, login)| login);
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{host}")
        }
        _ => url.into(),
    }
}
