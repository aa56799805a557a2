//! What all parts of a runner share: its sandboxes, and the order "first store, then do".

use super::{
    Error, Options,
    processes::{Processes, Scan},
    server::Server,
    state::{Folder, SandboxId, State},
    wire::{REPORTS, Reported},
};
use crate::backups::{BackupStore, files};
use rustix::fs::{FlockOperation, flock};
use sandbox_lifecycle::{
    Report,
    record::BackupRef,
    runner::{CopyAnswer, End, Entry, FinishVerdict, Ledger},
    vocabulary::{CopyState, Fault},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex as SyncMutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    sync::{Mutex, Notify, RwLock, watch},
    task::{JoinHandle, spawn_blocking},
    time::sleep,
};

/// How long a runner waits for an older one on the same folder to end.
const OLDER_RUNNER: Duration = Duration::from_secs(10);

/// A runner.
pub struct Runner {
    pub options: Options,
    pub server: Server,
    pub backups: BackupStore,
    pub snapshots: PathBuf,
    pub processes: Processes,
    /// The session whose messages it takes. Whoever handles a message keeps the lock until the message is done, so a new session
    /// begins after the messages of the old one.
    pub session: RwLock<Option<u64>>,
    /// Tells the messages that wait to be overtaken that another one has passed.
    pub passed: Notify,
    sandboxes_folder: PathBuf,
    sandboxes: SyncMutex<BTreeMap<SandboxId, Arc<Sandbox>>>,
    closing: watch::Sender<bool>,
    /// The lock of the folder. `run` holds it, and so does each thread that works in the folder, until the last one has ended.
    lock: Weak<File>,
}

/// A sandbox that the runner has, had, or was asked about.
pub struct Sandbox {
    pub id: SandboxId,
    pub folder: Folder,
    /// Whoever handles a message of the sandbox holds it: one message at a time.
    pub gate: Mutex<()>,
    /// Whether it ran when it was last looked at, so that its end is noticed.
    pub ran: AtomicBool,
    /// How often a message or a job has changed what it does. A look from before says nothing then.
    pub changes: AtomicU64,
    /// The backup attempts that are written now.
    pub backups: SyncMutex<BTreeSet<u32>>,
    state: Mutex<State>,
    job: SyncMutex<Option<Job>>,
}

/// The work on a call.
struct Job {
    given_up: Arc<AtomicBool>,
    task: JoinHandle<Option<()>>,
}

impl Runner {
    /// Takes the folder, and waits for an older runner that still uses it. Returns the runner and the lock of the folder.
    pub async fn open(mut options: Options, url: String) -> Result<(Arc<Self>, Arc<File>), Error> {
        // A sandbox works in its own folder.
        options.sandbox_witness = options.sandbox_witness.map(std::path::absolute).transpose()?;
        let data = &options.data;
        let cannot_use = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Folder { path, source }
        };
        files::make_folder(&data.join("sandboxes")).map_err(cannot_use(data))?;
        files::make_folder(&options.snapshots).map_err(cannot_use(&options.snapshots))?;
        let backups = BackupStore::open(&options.backups).map_err(cannot_use(&options.backups))?;
        // The mark of a process has this path, so it must be the same in the next process of the runner.
        let data = data.canonicalize().map_err(cannot_use(data))?;
        let snapshots = options.snapshots.canonicalize().map_err(cannot_use(&options.snapshots))?;
        let lock = Arc::new(take_lock(&data).await?);
        let runner = Self {
            server: Server::new(&options, url)?,
            backups,
            snapshots,
            processes: Processes::default(),
            session: RwLock::new(None),
            passed: Notify::new(),
            sandboxes_folder: data.join("sandboxes"),
            sandboxes: SyncMutex::default(),
            closing: watch::Sender::new(false),
            lock: Arc::downgrade(&lock),
            options,
        };
        Ok((Arc::new(runner), lock))
    }

    /// Returns the ids of the sandboxes that have a folder.
    pub async fn known_ids(&self) -> io::Result<Vec<SandboxId>> {
        let folder = self.sandboxes_folder.clone();
        self.blocking(move || {
            let entries = std::fs::read_dir(&folder).map_err(|error| files::at(&folder, error))?;
            let mut ids = Vec::new();
            for entry in entries {
                let name = entry?.file_name();
                match name.to_string_lossy().parse() {
                    Ok(id) => ids.push(id),
                    Err(error) => tracing::warn!(%error, "a folder is left alone"),
                }
            }
            Ok(ids)
        })
        .await
    }

    /// Adds a sandbox that an older process of the runner has left.
    pub fn add(&self, id: SandboxId, state: State) {
        let sandbox = Sandbox::new(id.clone(), self.folder(&id), state);
        locked(&self.sandboxes).insert(id, Arc::new(sandbox));
    }

    pub fn folder(&self, id: &SandboxId) -> Folder {
        Folder::new(&self.sandboxes_folder, id)
    }

    /// Returns a sandbox, which has an empty ledger if the runner has not heard of it.
    pub fn sandbox(&self, id: &SandboxId) -> Arc<Sandbox> {
        // One look: two first messages must not begin two ledgers.
        let mut sandboxes = locked(&self.sandboxes);
        let unheard = || Arc::new(Sandbox::new(id.clone(), self.folder(id), State::default()));
        Arc::clone(sandboxes.entry(id.clone()).or_insert_with(unheard))
    }

    pub fn sandboxes(&self) -> Vec<Arc<Sandbox>> {
        locked(&self.sandboxes).values().map(Arc::clone).collect()
    }

    /// Does something in the background until the runner closes.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<Option<T>> {
        let mut closing = self.closing.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                biased;
                _ = closing.wait_for(|closing| *closing) => None,
                done = work => Some(done),
            }
        })
    }

    /// Ends what goes on in the background.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Does something that blocks. It is not interrupted, and the folder is in use until it has ended. After the end of the runner
    /// nothing is begun: the folder may be another runner's.
    pub async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let Some(lock) = self.lock.upgrade() else { return Err(io::Error::other("the runner has ended")) };
        let done = spawn_blocking(move || {
            let done = work();
            drop(lock);
            done
        });
        done.await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }

    /// Takes a message into the ledger, stores it, and returns the verdict.
    pub async fn enter<V>(&self, sandbox: &Arc<Sandbox>, message: impl FnOnce(Ledger) -> Entry<V>) -> io::Result<V> {
        let mut state = sandbox.state.lock().await;
        let entry = message(state.ledger);
        let next = state.with_ledger_of(&entry);
        self.store(sandbox, &mut state, next).await?;
        Ok(entry.stored())
    }

    /// Takes an ask into the ledger. Nothing ends between the look at the copy and the entry, so the answer is true.
    pub async fn enter_ask<V>(
        &self,
        sandbox: &Arc<Sandbox>,
        ask: impl FnOnce(Ledger, CopyAnswer) -> Entry<V>,
    ) -> io::Result<V> {
        let mut state = sandbox.state.lock().await;
        let scan = self.processes.look().await?;
        let entry = ask(state.ledger, self.seen(sandbox, &state, &scan).await?);
        let next = state.with_ledger_of(&entry);
        self.store(sandbox, &mut state, next).await?;
        Ok(entry.stored())
    }

    /// Records the end of a call. It tries until the ledger is stored: only then may the end be told.
    pub async fn enter_end(
        &self,
        sandbox: &Arc<Sandbox>,
        epoch: u32,
        end: End,
        reason: Option<String>,
    ) -> FinishVerdict {
        loop {
            let mut state = sandbox.state.lock().await;
            let entry = state.ledger.finish(epoch, end);
            let next = State { reason: reason.clone(), ..state.with_ledger_of(&entry) };
            match self.store(sandbox, &mut state, next).await {
                Ok(()) => return entry.stored(),
                Err(error) => tracing::error!(sandbox = %sandbox.id, epoch, %error, "cannot store the end of a call"),
            }
            drop(state);
            sleep(Duration::from_secs(1)).await;
        }
    }

    /// Changes what the runner remembers of a sandbox, and returns when it is stored.
    pub async fn update(&self, sandbox: &Arc<Sandbox>, change: impl FnOnce(&mut State)) -> io::Result<()> {
        let mut state = sandbox.state.lock().await;
        let mut next = state.clone();
        change(&mut next);
        self.store(sandbox, &mut state, next).await
    }

    async fn store(&self, sandbox: &Arc<Sandbox>, state: &mut State, next: State) -> io::Result<()> {
        if next != *state {
            let (writer, written) = (Arc::clone(sandbox), next.clone());
            self.blocking(move || writer.folder.write_state(&written)).await?;
            *state = next;
        }
        Ok(())
    }

    /// Sends a report until the server has taken it.
    pub fn report(
        self: &Arc<Self>,
        sandbox_id: &SandboxId,
        report: Report,
        reason: Option<String>,
        backup: Option<BackupRef>,
    ) {
        let (runner_id, sandbox_id) = (self.options.id.clone(), sandbox_id.to_string());
        let reported = Reported { runner_id, sandbox_id, report, reason, backup };
        let (runner, faults) = (Arc::clone(self), self.options.faults);
        self.spawn(async move {
            faults.hold_up(&runner.passed).await;
            let times = if faults.duplicates() { 2 } else { 1 };
            for _ in 0..times {
                // Nothing repeats a lost report. The server sends the call again, and the ledger answers it again.
                if !faults.loses() {
                    runner.server.post_until_taken(REPORTS, &reported).await;
                }
            }
        });
    }

    /// Returns what a look shows of a copy.
    pub async fn seen(&self, sandbox: &Arc<Sandbox>, state: &State, scan: &Scan) -> io::Result<CopyAnswer> {
        let looking = Arc::clone(sandbox);
        let has_disk = self.blocking(move || looking.folder.has_disk()).await?;
        let shown = if has_disk { scan.state(&sandbox.folder.disk()) } else { CopyState::None };
        Ok(if has_disk { CopyAnswer::new(shown, state.size) } else { CopyAnswer::NONE })
    }
}

impl Sandbox {
    fn new(id: SandboxId, folder: Folder, state: State) -> Self {
        Self {
            id,
            folder,
            gate: Mutex::default(),
            ran: AtomicBool::new(false),
            changes: AtomicU64::new(0),
            backups: SyncMutex::default(),
            state: Mutex::new(state),
            job: SyncMutex::default(),
        }
    }

    pub async fn state(&self) -> State {
        self.state.lock().await.clone()
    }

    /// Begins the work on a call. The job before must have ended.
    pub fn begin(&self, given_up: Arc<AtomicBool>, task: JoinHandle<Option<()>>) {
        *locked(&self.job) = Some(Job { given_up, task });
    }

    /// Ends the job that works on the copy, if there is one: two jobs on one copy would damage it.
    pub async fn end_job(&self) {
        let job = locked(&self.job).take();
        if let Some(Job { given_up, task }) = job {
            given_up.store(true, Ordering::Relaxed);
            let _ = task.await;
        }
        self.changed();
    }

    /// Notes that something is done with the copy: what was seen before says nothing any more.
    pub fn changed(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
        self.ran.store(false, Ordering::Relaxed);
    }
}

/// Why a task failed.
#[derive(Debug)]
pub struct Failure {
    pub fault: Fault,
    /// In words, for the error reason.
    pub reason: String,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self { fault: Fault::Runner, reason: error.to_string() }
    }
}

/// Fails for this reason.
pub fn failed<T>(fault: Fault, reason: impl Into<String>) -> Result<T, Failure> {
    Err(Failure { fault, reason: reason.into() })
}

/// Locks a value that is whole between any two statements, so a panic elsewhere does not spoil it.
pub fn locked<T>(mutex: &SyncMutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn take_lock(data: &Path) -> Result<File, Error> {
    let path = data.join("runner.lock");
    let cannot_use = |source| Error::Folder { path: path.clone(), source };
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(cannot_use)?;
    let begun = Instant::now();
    while let Err(error) = flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        if error != rustix::io::Errno::WOULDBLOCK {
            return Err(Error::Folder { path, source: error.into() });
        }
        if begun.elapsed() >= OLDER_RUNNER {
            return Err(Error::InUse { data: data.to_owned() });
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(lock)
}
