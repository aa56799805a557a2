//! Databases for tests: a file in a temporary folder, and a database on a private PostgreSQL.

use std::{
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

/// A folder that is removed when the value is dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("sandbox-server-{}-{}", std::process::id(), next()));
        std::fs::create_dir(&folder).expect("a new folder");
        Self(folder)
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays behind in the temporary folder does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn next() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// An empty database.
pub struct TestDatabase {
    pub url: String,
    _folder: Option<Folder>,
    _cluster: Option<Arc<Cluster>>,
}

/// Returns an empty database of each kind.
pub async fn each() -> Vec<TestDatabase> {
    let folder = Folder::new();
    let url = format!("sqlite:{}", folder.join("store.db").display());
    let sqlite = TestDatabase { url, _folder: Some(folder), _cluster: None };
    vec![sqlite, Cluster::shared().database().await]
}

/// A PostgreSQL server: that of `DATABASE_URL`, or a private one that is stopped when the last test drops it.
pub struct Cluster {
    url: String,
    /// The process that stops the private server when its input is closed.
    guard: Option<Child>,
}

impl Cluster {
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let cluster = Arc::new(match std::env::var("DATABASE_URL") {
                Ok(url) => Self { url, guard: None },
                // Another process may take the port between the choice and the start.
                Err(_) => (0..3).find_map(|_| Self::private()).expect("PostgreSQL 15 starts: is it installed?"),
            });
            *shared = Arc::downgrade(&cluster);
            cluster
        })
    }

    fn private() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).ok()?.port();
        let programs = if Path::new(DEBIAN).is_dir() { DEBIAN } else { "" };
        let mut guard = as_postgres()
            .args(["-c", include_str!("../../../../tests/store/database/cluster.sh"), "cluster", programs])
            .arg(port.to_string())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let mut said = String::new();
        BufReader::new(guard.stdout.take()?).read_line(&mut said).ok()?;
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        (said.trim() == "ready").then_some(Self { url, guard: Some(guard) })
    }

    /// Makes a database on the server. On one that is not private, it stays behind.
    async fn database(self: Arc<Self>) -> TestDatabase {
        let name = format!("sandbox_server_{}_{}", std::process::id(), next());
        let (client, connection) =
            tokio_postgres::connect(&self.url, tokio_postgres::NoTls).await.expect("a connection");
        let connection = tokio::spawn(connection);
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a new database");
        drop(client);
        let _ = connection.await;
        let server = self.url.rsplit_once('/').map_or(&*self.url, |(server, _)| server);
        TestDatabase { url: format!("{server}/{name}"), _folder: None, _cluster: Some(self) }
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

/// Returns a shell for PostgreSQL's programs, which refuse to run as root.
fn as_postgres() -> Command {
    let user = Command::new("id").arg("-u").output();
    if user.is_ok_and(|user| user.stdout.trim_ascii() == b"0") {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh"]);
        command
    } else {
        Command::new("sh")
    }
}
