//! The work of a call: what each task does with the disk and the processes of a sandbox.
//!
//! A job that is given up ends soon, in a state from which the next job can begin: it leaves no half disk with the name of a
//! whole one, and no process that a signal has yet to end.

use super::{
    core::{Failure, Runner, Sandbox, failed, locked},
    processes::{Process, signal},
    state::{SandboxId, snapshot_folder},
    wire::Details,
};
use crate::backups::files;
use rustix::process::Signal;
use sandbox_lifecycle::{
    Report,
    record::BackupRef,
    rules::{Call, Job, Outcome, Task},
    runner::{End, FinishVerdict},
    vocabulary::{Fault, is_older},
};
use std::{
    fs, io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::sleep;

/// What a sandbox is created from, if its snapshot has no folder.
const INIT: &[u8] = include_bytes!("../../template/init");
/// The work on one call.
pub struct Work {
    pub runner: Arc<Runner>,
    pub sandbox: Arc<Sandbox>,
    pub call: Call,
    pub details: Details,
    /// Whether a newer message has superseded it.
    pub given_up: Arc<AtomicBool>,
}

impl Work {
    /// Carries the call out, records its end and reports it.
    pub async fn run(self) {
        let Self { runner, sandbox, call, .. } = &self;
        let done = if runner.options.faults.refuses() {
            failed(Fault::Refused, "a fault on purpose")
        } else {
            self.carry_out().await
        };
        if self.given_up.load(Ordering::Relaxed) {
            tracing::info!("given up");
            return;
        }
        let (end, reason) = match done {
            Ok(end) => (end, None),
            Err(Failure { fault, reason }) => {
                let looking = Arc::clone(sandbox);
                // What has a disk can be recovered here.
                let recoverable = runner.blocking(move || looking.folder.has_disk()).await.unwrap_or(true);
                (End::Failed { fault, recoverable }, Some(reason))
            }
        };
        sandbox.changed();
        // A process that ends before anybody has looked ends unasked too.
        let runs = matches!(call.task, Task::Create | Task::Restore | Task::Start | Task::Resume);
        sandbox.ran.store(runs && reason.is_none(), Ordering::Relaxed);
        match runner.enter_end(sandbox, call.epoch, end, reason.clone()).await {
            FinishVerdict::Send(report) => {
                tracing::info!(%end, reason, "ended");
                runner.report(&sandbox.id, report, reason.clone(), None);
            }
            verdict @ (FinishVerdict::Superseded { .. } | FinishVerdict::NotUnderWay) => tracing::info!(%end, %verdict),
        }
        if let Task::Fork = call.task {
            // The child's row awaits its own report, also where the parent's row has moved on.
            report_child(runner, call.epoch, &self.details, end.report(*call), reason).await;
        }
    }

    async fn carry_out(&self) -> Result<End, Failure> {
        let Self { runner, sandbox, given_up, .. } = self;
        match self.call.task {
            Task::Create => self.create().await?,
            Task::Restore => self.restore().await?,
            Task::Start => self.start().await?,
            Task::Resume => self.resume().await?,
            Task::Stop { force } => {
                self.needs_disk().await?;
                let grace = if force { Duration::ZERO } else { runner.options.stop_grace };
                runner.stop(sandbox, grace, given_up).await?;
            }
            // A copy that is at rest and whole is what a recovery leaves. The start that may follow is another call.
            Task::Recover { start: _ } => {
                self.needs_disk().await?;
                runner.stop(sandbox, runner.options.stop_grace, given_up).await?;
            }
            Task::Pause => self.pause().await?,
            Task::Destroy => runner.delete_copy(sandbox).await?,
            Task::Resize { to } => {
                self.needs_disk().await?;
                runner.update(sandbox, |state| state.size = to).await?;
            }
            Task::Snapshot { include_memory: _ } => self.snapshot().await?,
            Task::Fork => self.fork().await?,
            // An image of this platform is a folder that all its runners share.
            Task::Build | Task::Pull => return Ok(End::Done),
            Task::Backup { .. } => return failed(Fault::Other, "a backup is no job of the ledger"),
        }
        Ok(End::Completed)
    }

    async fn create(&self) -> Result<(), Failure> {
        let (sandbox, snapshots) = (Arc::clone(&self.sandbox), self.runner.snapshots.clone());
        let (snapshot, given_up) = (self.details.snapshot.clone(), Arc::clone(&self.given_up));
        let made = self.runner.blocking(move || {
            if sandbox.folder.has_disk()? {
                return Ok(false);
            }
            let new = sandbox.folder.new_disk();
            files::remove(&new)?;
            let image = snapshot.map(|name| snapshot_folder(&snapshots, &name));
            match image {
                Some(image) if files::exists(&image)? => files::copy(&image, &new, &given_up)?,
                Some(_) | None => write_template(&new)?,
            }
            Ok(true)
        });
        if !made.await? {
            // It may be the only one with the user's data.
            return failed(Fault::Runner, "there already is a copy on this runner, which a create does not replace");
        }
        self.publish_disk().await?;
        self.start().await
    }

    async fn restore(&self) -> Result<(), Failure> {
        let Some(backup) = self.details.backup.clone() else {
            return failed(Fault::Runner, "the call names no backup");
        };
        self.runner.delete_copy(&self.sandbox).await?;
        let (sandbox, store) = (Arc::clone(&self.sandbox), self.runner.backups.clone());
        let fetched = self.runner.blocking(move || {
            let new = sandbox.folder.new_disk();
            files::remove(&new)?;
            store.restore(&backup, &new)
        });
        fetched.await?;
        self.publish_disk().await?;
        self.start().await
    }

    /// Makes the new disk the disk. There must be none.
    async fn publish_disk(&self) -> Result<(), Failure> {
        let Self { runner, sandbox, call, details, .. } = self;
        self.still_wanted()?;
        let made = runner.update(sandbox, |state| {
            (state.size, state.class, state.made_by) = (details.size, details.class, Some(call.epoch));
        });
        made.await?;
        let publishing = Arc::clone(sandbox);
        let publish = move || files::publish(&publishing.folder.new_disk(), &publishing.folder.disk());
        Ok(runner.blocking(publish).await?)
    }

    async fn start(&self) -> Result<(), Failure> {
        self.needs_disk().await?;
        self.still_wanted()?;
        self.runner.start(&self.sandbox).await
    }

    async fn resume(&self) -> Result<(), Failure> {
        self.needs_disk().await?;
        let found = self.runner.processes.look().await?;
        if found.of(&self.sandbox.folder.disk()).is_empty() {
            return failed(Fault::Runner, "nothing is paused: its processes have ended, and its disk is at rest");
        }
        self.runner.start(&self.sandbox).await
    }

    async fn pause(&self) -> Result<(), Failure> {
        self.needs_disk().await?;
        if !self.sandbox.state().await.class.is_vm() {
            return failed(Fault::Refused, "only a VM can be paused");
        }
        let disk = self.sandbox.folder.disk();
        // A process that waits for its child to run another program (`vfork`) does not stop, and its stopped child does not run it.
        // So those that do not stop at once are continued for a moment.
        let mut stops = false;
        let pauses = self.runner.until(&disk, &self.given_up, |processes| {
            let paused = processes.iter().all(Process::is_stopped);
            stops = !stops;
            if !paused {
                signal(processes, if stops { Signal::STOP } else { Signal::CONT });
            }
            paused
        });
        match pauses.await? {
            true => Ok(()),
            false => failed(Fault::Runner, "nothing runs that could be paused"),
        }
    }

    async fn snapshot(&self) -> Result<(), Failure> {
        self.needs_disk().await?;
        let Some(name) = &self.details.new_snapshot else {
            return failed(Fault::Runner, "the call does not name the snapshot");
        };
        let image = snapshot_folder(&self.runner.snapshots, name);
        // A name that no snapshot can have.
        let new = self.runner.snapshots.join(format!(".{}", self.sandbox.id));
        let (sandbox, given_up) = (Arc::clone(&self.sandbox), Arc::clone(&self.given_up));
        let copied = self.runner.blocking(move || {
            files::remove(&new)?;
            files::copy(&sandbox.folder.disk(), &new, &given_up)?;
            files::publish_over(&new, &image)
        });
        Ok(copied.await?)
    }

    /// Makes the child of a fork and starts it, unless it was left, removed or called since.
    async fn fork(&self) -> Result<(), Failure> {
        let Self { runner, sandbox, call, details, given_up } = self;
        self.needs_disk().await?;
        let Some(child) = child_of(runner, details)?.filter(|child| child.id != sandbox.id) else {
            return failed(Fault::Runner, "the call does not name the fork's child, or names the sandbox itself");
        };
        let (from, until) = (Arc::clone(sandbox), Arc::clone(given_up));
        let copied = runner.blocking(move || {
            files::remove(&from.folder.new_fork())?;
            files::copy(&from.folder.disk(), &from.folder.new_fork(), &until)
        });
        copied.await?;

        // No message of the child comes between the look at its ledger and its start.
        let _gate = loop {
            self.still_wanted()?;
            match child.gate.try_lock() {
                Ok(gate) => break gate,
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
        };
        if may_make(&child, call.epoch).await {
            self.publish_child(&child).await?;
            child.changed();
            runner.start(&child).await?;
            runner.update(&child, |state| state.not_run_yet = false).await?;
            child.ran.store(true, Ordering::Relaxed);
        }
        let left = Arc::clone(sandbox);
        Ok(runner.blocking(move || files::remove(&left.folder.new_fork())).await?)
    }

    /// Gives the copy to the child, unless an interrupted fork of the same epoch has done so.
    async fn publish_child(&self, child: &Arc<Sandbox>) -> Result<(), Failure> {
        let Self { runner, sandbox, call, details, .. } = self;
        let looking = Arc::clone(child);
        if runner.blocking(move || looking.folder.has_disk()).await? {
            return Ok(());
        }
        let class = sandbox.state().await.class;
        let made = runner.update(child, |state| {
            (state.size, state.class, state.made_by) = (details.size, class, Some(call.epoch));
            state.not_run_yet = true;
        });
        made.await?;
        let (parent, child) = (Arc::clone(sandbox), Arc::clone(child));
        let publish = move || files::publish(&parent.folder.new_fork(), &child.folder.disk());
        Ok(runner.blocking(publish).await?)
    }

    async fn needs_disk(&self) -> Result<(), Failure> {
        let looking = Arc::clone(&self.sandbox);
        match self.runner.blocking(move || looking.folder.has_disk()).await? {
            true => Ok(()),
            false => failed(Fault::Lost, "this runner has no disk of the sandbox"),
        }
    }

    fn still_wanted(&self) -> Result<(), Failure> {
        if self.given_up.load(Ordering::Relaxed) { failed(Fault::Other, "superseded") } else { Ok(()) }
    }
}

/// Reports the end of a fork for its child, if the child's ledger allows it and the runner shows it.
pub async fn report_child(
    runner: &Arc<Runner>,
    epoch: u32,
    details: &Details,
    of_parent: Report,
    reason: Option<String>,
) {
    let (Report::Ended { outcome, .. }, Ok(Some(child))) = (of_parent, child_of(runner, details)) else { return };
    let looking = Arc::clone(&child);
    let has_disk = runner.blocking(move || looking.folder.has_disk()).await.unwrap_or(false);
    if has_disk == (outcome == Outcome::Completed) && may_make(&child, epoch).await {
        runner.report(&child.id, Report::Ended { job: Job::ForkChild, outcome, epoch: Some(epoch) }, reason, None);
    }
}

fn child_of(runner: &Runner, details: &Details) -> io::Result<Option<Arc<Sandbox>>> {
    let id: Option<SandboxId> = details.fork_child.as_deref().map(str::parse).transpose()?;
    Ok(id.map(|id| runner.sandbox(&id)))
}

/// Whether a fork of this epoch may make the copy of this child: it was neither left nor called since.
async fn may_make(child: &Sandbox, epoch: u32) -> bool {
    let ledger = child.state().await.ledger;
    ledger.departure().is_none() && !ledger.newest_epoch().is_some_and(|newest| is_older(epoch, newest))
}

fn write_template(new: &Path) -> io::Result<()> {
    files::make_folder(new)?;
    let init = new.join("init");
    fs::write(&init, INIT).map_err(|error| files::at(&init, error))
}

/// Makes a backup, and reports how it ended.
pub async fn back_up(runner: Arc<Runner>, sandbox: Arc<Sandbox>, attempt: u32) {
    let (outcome, reason, backup) = match upload(&runner, &sandbox, attempt).await {
        Ok(Some(backup)) => (Outcome::Completed, None, Some(backup)),
        // Nobody awaits it any more.
        Ok(None) => return forget(&sandbox, attempt, "the attempt was discarded"),
        Err(error) => (Outcome::Failed { fault: Fault::Runner, recoverable: false }, Some(error.to_string()), None),
    };
    forget(&sandbox, attempt, reason.as_deref().unwrap_or("completed"));
    // Without an epoch: a call between the request and its end does not make the report stale. Its number does.
    let report = Report::Ended { job: Job::Backup { attempt: Some(attempt) }, outcome, epoch: None };
    runner.report(&sandbox.id, report, reason, backup);
}

async fn upload(runner: &Arc<Runner>, sandbox: &Arc<Sandbox>, attempt: u32) -> io::Result<Option<BackupRef>> {
    if runner.options.faults.refuses() {
        return Err(io::Error::other("a fault on purpose"));
    }
    let (store, of) = (runner.backups.clone(), Arc::clone(sandbox));
    if !runner.blocking(move || store.has_whole(of.id.as_str(), attempt)).await? {
        let begun = Report::BackupUnderWay { begun: true, attempt: Some(attempt) };
        runner.report(&sandbox.id, begun, None, None);
    }
    let (store, of) = (runner.backups.clone(), Arc::clone(sandbox));
    runner.blocking(move || store.upload(of.id.as_str(), attempt, &of.folder.disk())).await
}

fn forget(sandbox: &Sandbox, attempt: u32, how: &str) {
    locked(&sandbox.backups).remove(&attempt);
    tracing::info!(how, "backup ended");
}
