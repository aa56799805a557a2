//! PostgreSQL: the database of `DATABASE_URL`, or a private one that the tests start and stop.

use super::{Connection, Database, Stored};
use crate::page;
use bytes::BytesMut;
use postgres::{
    Client, NoTls,
    types::{FromSql, IsNull, ToSql, Type, to_sql_checked},
};
use sandbox_lifecycle::{chrono::DateTime, lifecycle::ColumnValue};
use std::{
    error::Error,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU32, Ordering},
    },
};

/// Where Debian installs the programs.
const DEBIAN: &str = "/usr/lib/postgresql/15/bin";

/// A server. A private one is stopped when the last test drops it, also when a test panics.
pub struct Cluster {
    url: String,
    /// The process that stops the private server when its input is closed.
    guard: Option<Child>,
}

impl Cluster {
    /// Returns the server that other running tests use, or a new one.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let cluster = Arc::new(Self::new().unwrap_or_else(|error| panic!("{error}")));
            *shared = Arc::downgrade(&cluster);
            cluster
        })
    }

    fn new() -> Result<Self, String> {
        match std::env::var("DATABASE_URL") {
            Ok(url) => Ok(Self { url, guard: None }),
            Err(_) => {
                // Another process may take the port between the choice and the start.
                let tries = std::iter::repeat_with(Self::private).take(3);
                let mut failed = String::new();
                for cluster in tries {
                    match cluster {
                        Ok(cluster) => return Ok(cluster),
                        Err(error) => failed = error,
                    }
                }
                Err(failed)
            }
        }
    }

    /// Starts a private server on a free port of the loopback interface.
    fn private() -> Result<Self, String> {
        let programs = programs()?;
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| format!("no free port: {error}"))?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        drop(listener);
        let mut guard = shell()
            .args(["-c", include_str!("cluster.sh"), "cluster"])
            .args([programs.as_os_str(), port.to_string().as_ref()])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the shell that starts PostgreSQL: {error}"))?;
        let mut said = String::new();
        let output = guard.stdout.take().ok_or("the output of the shell is not piped")?;
        let read = BufReader::new(output).read_line(&mut said);
        let cluster = Self { url: format!("postgres://postgres@127.0.0.1:{port}/postgres"), guard: Some(guard) };
        match read {
            Ok(_) if said.trim() == "ready" => Ok(cluster),
            Ok(_) => Err(format!("PostgreSQL does not start on port {port}: {said}")),
            Err(error) => Err(format!("PostgreSQL does not start on port {port}: {error}")),
        }
    }

    /// Makes a schema with the table and the indexes of the page. No other test sees it.
    pub fn schema(self: Arc<Self>) -> Schema {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let (process, next) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let schema = Schema { cluster: self, name: format!("sandbox_lifecycle_{process}_{next}") };
        schema.cluster.open().batch_execute(&format!("CREATE SCHEMA {}", schema.name)).expect("a new schema");
        let mut connection = schema.open();
        for statement in page::definitions() {
            connection.execute(statement, &[]);
        }
        schema
    }

    fn open(&self) -> Client {
        let client = Client::connect(&self.url, NoTls);
        client.unwrap_or_else(|error| panic!("cannot connect to PostgreSQL: {error:?}"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(guard) = &mut self.guard {
            drop(guard.stdin.take()); // The shell stops the server.
            let _ = guard.wait();
        }
    }
}

/// Returns the folder of the programs, which is empty if they are in the `PATH`.
fn programs() -> Result<PathBuf, String> {
    let has_programs = |folder: &Path| ["initdb", "pg_ctl"].iter().all(|program| folder.join(program).is_file());
    if has_programs(Path::new(DEBIAN)) {
        return Ok(DEBIAN.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| has_programs(&folder)) {
        return Ok(PathBuf::new());
    }
    Err(format!(
        "PostgreSQL's programs initdb and pg_ctl are neither in {DEBIAN} nor in the PATH: install the Debian package \
         postgresql-15, or set DATABASE_URL to a database in which the tests may create schemas"
    ))
}

/// Returns a shell for the programs. They refuse to run as root, so that root runs them as the user `postgres`.
fn shell() -> Command {
    let user = Command::new("id").arg("-u").output();
    if user.is_ok_and(|user| user.stdout.trim_ascii() == b"0") {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh"]);
        command
    } else {
        Command::new("sh")
    }
}

/// A schema of its own for each test. It is removed when the value is dropped.
pub struct Schema {
    cluster: Arc<Cluster>,
    name: String,
}

impl Schema {
    fn open(&self) -> Postgres {
        let mut client = self.cluster.open();
        client.batch_execute(&format!("SET search_path = {}", self.name)).expect("the schema");
        Postgres(client)
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        // If this fails, a private server is removed with all its schemas.
        if let Ok(mut client) = Client::connect(&self.cluster.url, NoTls) {
            let _ = client.batch_execute(&format!("DROP SCHEMA {} CASCADE", self.name));
        }
    }
}

impl Database for Schema {
    fn connect(&self) -> Box<dyn Connection> {
        Box::new(self.open())
    }

    fn plan(&self, query: &str) -> String {
        let mut connection = self.open();
        // The planner reads a small table from end to end, whatever indexes it has.
        connection.0.batch_execute("SET enable_seqscan = off").expect("a setting of the connection");
        format!("{:?}", connection.query(&format!("EXPLAIN {query}"), &[]))
    }
}

struct Postgres(Client);

impl Connection for Postgres {
    fn try_execute(&mut self, statement: &str, values: &[ColumnValue<'_>]) -> Result<u64, String> {
        let bound: Vec<Bound<'_>> = values.iter().copied().map(Bound).collect();
        let bound: Vec<&(dyn ToSql + Sync)> = bound.iter().map(|value| value as _).collect();
        // The text of an error says only that the database refused; its cause says why.
        self.0.execute(statement, &bound).map_err(|error| error.source().unwrap_or(&error).to_string())
    }

    fn query(&mut self, query: &str, values: &[ColumnValue<'_>]) -> Vec<Vec<Stored>> {
        let bound: Vec<Bound<'_>> = values.iter().copied().map(Bound).collect();
        let bound: Vec<&(dyn ToSql + Sync)> = bound.iter().map(|value| value as _).collect();
        let rows = self.0.query(query, &bound).unwrap_or_else(|error| panic!("{query}: {error:?}"));
        rows.iter().map(|row| (0..row.len()).map(|column| row.get(column)).collect()).collect()
    }
}

/// PostgreSQL counts microseconds from the year 2000.
const YEAR_2000: i64 = 946_684_800_000_000;

/// A value of a column as PostgreSQL takes it.
#[derive(Debug)]
struct Bound<'a>(ColumnValue<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self.0, kind) {
            (ColumnValue::Null, _) => Ok(IsNull::Yes),
            (ColumnValue::Text(text), &Type::TEXT) => text.to_sql(kind, out),
            (ColumnValue::Integer(number), &Type::INT8) => number.to_sql(kind, out),
            (ColumnValue::Boolean(yes), &Type::BOOL) => yes.to_sql(kind, out),
            (ColumnValue::Timestamp(time), &Type::TIMESTAMPTZ) => {
                (time.timestamp_micros() - YEAR_2000).to_sql(&Type::INT8, out)
            }
            (value, kind) => Err(format!("{value:?} is no {kind}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true // `to_sql` checks it, because the type depends on the value.
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Stored {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        match kind {
            &Type::TEXT => String::from_sql(kind, raw).map(Self::Text),
            &Type::INT8 => i64::from_sql(kind, raw).map(Self::Integer),
            &Type::BOOL => bool::from_sql(kind, raw).map(Self::Boolean),
            &Type::TIMESTAMPTZ => {
                let micros = i64::from_sql(&Type::INT8, raw)? + YEAR_2000;
                DateTime::from_timestamp_micros(micros).map(Self::Timestamp).ok_or_else(|| "no such time".into())
            }
            other => Err(format!("no column has the type {other}").into()),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
