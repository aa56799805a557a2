//! The runner: a process that runs sandboxes on its machine, told by the server and remembered in its ledger.
//!
//! A sandbox is a folder, its disk, and a process group that runs `init` in it. **That is no security boundary**: its processes
//! have the rights of the runner, and see the machine. A platform puts a container or a virtual machine in this place, and keeps
//! the rest: which message is carried out, in which order it is stored, and what a restart does.
//!
//! - [`messages`] takes calls, removals, releases and asks, one at a time for a sandbox, as
//!   [`Ledger`](sandbox_lifecycle::runner::Ledger) decides.
//! - [`tasks`] does the work of a call or a backup, with the processes that [`processes`] finds and [`running`] moves.
//! - [`restart`] finds out what an older process of the runner has left.
//! - [`inbox`] is what the server talks to, and [`session`] what talks to the server unasked.
//!
//! Sandboxes keep running when their runner ends, however it ends. The next process of the runner finds them.

mod core;
mod inbox;
mod messages;
mod processes;
mod restart;
mod running;
mod server;
mod session;
mod state;
mod tasks;
pub mod wire;

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
    sync::{Notify, oneshot},
    time::{sleep, timeout},
};

/// How long messages that are being taken may take when the runner ends.
const DRAIN: Duration = Duration::from_secs(2);

/// How long a message waits for another one that overtakes it.
const OVERTAKEN: Duration = Duration::from_millis(300);

/// How a runner runs.
// Not `Debug`: it has the token.
#[derive(Clone)]
pub struct Options {
    /// The name of this runner.
    pub id: String,
    /// Where the runner listens. Port 0 is any free port.
    pub listen: SocketAddr,
    /// The server that the runner belongs to.
    pub server: String,
    /// The token that runners and server share.
    pub token: String,
    /// Where the runner keeps its sandboxes.
    pub data: PathBuf,
    /// The backup store, a folder that server and runners share.
    pub backups: PathBuf,
    /// The snapshots, a folder that all runners share.
    pub snapshots: PathBuf,
    /// How many sandboxes the runner can hold.
    pub capacity: u32,
    /// How long a process may take to stop before it is killed.
    pub stop_grace: Duration,
    /// How often the runner lists its sandboxes.
    pub inventory_interval: Duration,
    /// End when the standard input closes, so that the runner does not outlive the process that started it.
    pub end_with_stdin: bool,
    /// How long a sandbox of the template waits between two numbers.
    pub sandbox_tick: Duration,
    /// A folder where the sandboxes of the template show their numbers, for tests that look for lost disks.
    pub sandbox_witness: Option<PathBuf>,
    /// Faults on purpose, for tests of the platform.
    pub faults: Faults,
}

/// Which faults a runner has on purpose.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
#[group(id = "runner-faults")]
pub struct Faults {
    /// Delay each message, answer and report by up to this many milliseconds
    #[arg(id = "fault-delay", long, value_name = "MS", default_value_t = 0)]
    pub delay: u64,
    /// Lose this share of the messages, answers and reports
    #[arg(id = "fault-lose", long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub lose: u8,
    /// Take this share of the messages, and send this share of the reports, twice
    #[arg(id = "fault-duplicate", long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub duplicate: u8,
    /// Let this share of the messages and reports wait until the next one has passed, at most 300 ms
    #[arg(id = "fault-reorder", long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub reorder: u8,
    /// Refuse this share of the calls. The sandbox can be recovered
    #[arg(id = "fault-refuse", long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub refuse: u8,
}

impl Faults {
    pub fn loses(&self) -> bool {
        happens(self.lose)
    }

    pub fn duplicates(&self) -> bool {
        happens(self.duplicate)
    }

    pub fn refuses(&self) -> bool {
        happens(self.refuse)
    }

    /// Delays a message or an answer.
    pub async fn delays(&self) {
        if self.delay > 0 {
            sleep(Duration::from_millis(fastrand::u64(0..=self.delay))).await;
        }
    }

    /// Lets a message wait: for its delay, and until another one has overtaken it.
    pub async fn hold_up(&self, passed: &Notify) {
        self.delays().await;
        if happens(self.reorder) {
            let _ = timeout(OVERTAKEN, passed.notified()).await;
        } else {
            passed.notify_waiters();
        }
    }
}

fn happens(percent: u8) -> bool {
    percent > 0 && fastrand::u8(0..100) < percent
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
    session::begin(&runner);

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
