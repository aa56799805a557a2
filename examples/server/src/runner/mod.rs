//! The runner: a process that runs sandboxes on its machine, told by the server and remembered in its ledger.
//!
//! A sandbox is a folder, its disk, and a process group that runs `init` in it. **That is no security boundary**: its processes
//! have the rights of the runner, and see the machine. A platform puts a container or a virtual machine in this place, and keeps
//! the rest: which message is carried out, in which order it is stored, and what a restart does.
//!
//! - [`messages`] takes calls, removals, releases and asks, one at a time for a sandbox, as
//!   [`Ledger`](sandbox_lifecycle::runner::Ledger) decides.
//! - [`tasks`] does the work of a call, and [`backup`] that of a backup.
//! - [`restart`] finds out what an older process of the runner has left.
//! - [`inbox`] is what the server talks to, and [`server`] what talks to the server.
//!
//! Sandboxes keep running when their runner ends, however it ends. The next process of the runner finds them.

mod backup;
mod core;
mod faults;
mod inbox;
mod messages;
mod processes;
mod restart;
mod server;
mod state;
mod tasks;
pub mod wire;

pub use faults::Faults;

use core::Runner;
use std::{
    future::{self, IntoFuture},
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
    time::timeout,
};

/// How long messages that are being taken may take when the runner ends.
const DRAIN: Duration = Duration::from_secs(2);

/// How a runner runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The name of this runner.
    pub id: String,
    /// Where it listens. Port 0 is any free port.
    pub listen: SocketAddr,
    /// The server that it belongs to.
    pub server: String,
    /// The token that runners and server share.
    pub token: String,
    /// Where it keeps its sandboxes.
    pub data: PathBuf,
    /// The backup store, a folder that server and runners share.
    pub backups: PathBuf,
    /// The snapshots, a folder that all runners share.
    pub snapshots: PathBuf,
    /// How many sandboxes it can hold.
    pub capacity: u32,
    /// How long a process may take to stop before it is killed.
    pub stop_grace: Duration,
    /// How often it lists its sandboxes.
    pub inventory_interval: Duration,
    /// Whether it ends when the standard input closes, so that it does not outlive the process that started it.
    pub end_with_stdin: bool,
    /// How long a sandbox of the template waits between two numbers.
    pub sandbox_tick: Duration,
    /// A folder where the sandboxes of the template show their numbers, for tests that look for lost disks.
    pub sandbox_witness: Option<PathBuf>,
    /// Faults on purpose, for tests of the platform.
    pub faults: Faults,
}

/// Why a runner cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It has no token.
    #[error("the runner has no token: set the environment variable SANDBOX_RUNNER_TOKEN to the token of the server")]
    NoToken,
    /// The address cannot be used.
    #[error("cannot listen on {address}: {source}. Choose another address with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A folder cannot be used.
    #[error("cannot use {path}: {source}. Check that the runner may read and write there")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another runner uses the folder.
    #[error("another runner uses {data}: end it, or choose another folder with --data")]
    InUse {
        /// The folder.
        data: PathBuf,
    },
    /// What an older process of the runner left cannot be read. A runner that forgets its promises is no runner.
    #[error("cannot take over the sandboxes: {0}. Repair or remove the folder of this sandbox")]
    TakeOver(#[source] io::Error),
    /// The connection to the server cannot be set up.
    #[error("cannot connect to the server: {0}")]
    Client(#[from] reqwest::Error),
    /// The process cannot wait for signals, or serve.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Runs a runner until SIGTERM, Ctrl-C or, if the options say so, the end of the standard input. Its sandboxes keep running.
pub async fn run(options: Options) -> Result<(), Error> {
    if options.token.is_empty() {
        return Err(Error::NoToken);
    }
    let address = options.listen;
    let listener = TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })?;
    let url = format!("http://{}", listener.local_addr()?);
    let end = end(options.end_with_stdin)?;
    let (runner, _lock) = Runner::open(options, url.clone()).await?;
    let _closes = Closes(Arc::clone(&runner));
    restart::take_over(&runner).await.map_err(Error::TakeOver)?;
    tracing::warn!("the sandboxes of this runner are plain processes: they are no security boundary");
    tracing::info!(runner = runner.options.id, url, data = %runner.options.data.display(), "the runner listens");
    server::talk(&runner);

    let (drain, drained) = oneshot::channel::<()>();
    let serves = axum::serve(listener, inbox::routes(&runner)).with_graceful_shutdown(async move {
        let _ = drained.await;
    });
    let mut serves = std::pin::pin!(serves.into_future());
    tokio::select! {
        ended = &mut serves => return Ok(ended?),
        () = end => tracing::info!("the runner ends, and its sandboxes keep running"),
    }
    let _ = drain.send(());
    let _ = timeout(DRAIN, serves).await;
    // A ledger that is being written is written to its end.
    for sandbox in runner.sandboxes() {
        let _ = timeout(DRAIN, sandbox.state()).await;
    }
    Ok(())
}

/// Ends what goes on in the background, however `run` ends.
struct Closes(Arc<Runner>);

impl Drop for Closes {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Returns a future that ends when the runner should end.
fn end(with_stdin: bool) -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let input = with_stdin.then(|| {
        let (closed, closes) = oneshot::channel();
        // A thread of its own: one of the runtime would keep the process until the input closes.
        std::thread::spawn(move || {
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            let _ = closed.send(());
        });
        closes
    });
    let input_ends = async {
        match input {
            Some(closes) => drop(closes.await),
            None => future::pending().await,
        }
    };
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = input_ends => {}
        }
    })
}
