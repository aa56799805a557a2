//! What runs of a sandbox: starting, stopping and waiting for its processes.

use super::{
    Options,
    core::{Failure, Runner, Sandbox, failed},
    processes::{DISK, Process, signal},
    state::{Folder, SandboxId},
};
use crate::backups::files;
use rustix::process::Signal;
use sandbox_lifecycle::vocabulary::Fault;
use std::{
    fs::OpenOptions,
    io,
    path::Path,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{process::Command, time::sleep};

/// How long processes may take to follow a signal that they cannot catch.
const SIGNALLED: Duration = Duration::from_secs(10);

impl Runner {
    /// Runs what does not run, and continues what is paused. The sandbox must have a disk.
    pub async fn start(&self, sandbox: &Arc<Sandbox>) -> Result<(), Failure> {
        let never = AtomicBool::new(false);
        let disk = sandbox.folder.disk();
        let continues = self.until(&disk, &never, |processes| {
            let stopped = processes.iter().any(Process::is_stopped);
            if stopped {
                signal(processes, Signal::CONT);
            }
            !stopped
        });
        if !continues.await? {
            start(&sandbox.id, &sandbox.folder, &self.options)?;
        }
        Ok(())
    }

    /// Stops what runs: with SIGTERM, and after the grace, or when it is given up, with SIGKILL. So nothing that still has to end
    /// runs into the next job.
    pub async fn stop(&self, sandbox: &Arc<Sandbox>, grace: Duration, given_up: &AtomicBool) -> Result<(), Failure> {
        let begun = Instant::now();
        let mut asked = false;
        let disk = sandbox.folder.disk();
        let patient = AtomicBool::new(false);
        let ends = self.until(&disk, &patient, |processes| {
            if begun.elapsed() >= grace || given_up.load(Ordering::Relaxed) {
                signal(processes, Signal::KILL);
            } else if !asked {
                asked = true;
                signal(processes, Signal::TERM);
                // What is paused cannot follow it otherwise.
                signal(processes, Signal::CONT);
            }
            begun.elapsed() >= grace + SIGNALLED
        });
        if ends.await? { failed(Fault::Runner, "its processes do not end") } else { Ok(()) }
    }

    /// Deletes what the runner has of a sandbox. Nothing of it runs any more then.
    pub async fn delete_copy(&self, sandbox: &Arc<Sandbox>) -> Result<(), Failure> {
        self.stop(sandbox, Duration::ZERO, &AtomicBool::new(false)).await?;
        let deleting = Arc::clone(sandbox);
        Ok(self.blocking(move || deleting.folder.delete_disk()).await?)
    }

    /// Looks at the processes of a disk until the condition holds for them, and returns true; or until there are none, and
    /// returns false.
    pub async fn until(
        &self,
        disk: &Path,
        given_up: &AtomicBool,
        mut condition: impl FnMut(&[Process]) -> bool,
    ) -> Result<bool, Failure> {
        let begun = Instant::now();
        let mut wait = Duration::from_millis(5);
        loop {
            let scan = self.processes.look().await?;
            match scan.of(disk) {
                [] => return Ok(false),
                processes if condition(processes) => return Ok(true),
                _ if given_up.load(Ordering::Relaxed) => return failed(Fault::Other, "superseded"),
                _ if begun.elapsed() > self.options.stop_grace + 2 * SIGNALLED => {
                    return failed(Fault::Runner, "its processes do not follow signals");
                }
                _ => sleep(wait).await,
            }
            wait = (wait * 2).min(Duration::from_millis(100));
        }
    }
}

/// Starts what a sandbox runs: the shell script `init` of its disk, in a session and process group of its own.
///
/// A group of its own in the runner's session is not enough: when the runner ends, the kernel continues the stopped processes of
/// such a group and sends them SIGHUP, so a paused sandbox would end with its runner. `setsid` is a program because a child
/// calls the function of this name only in unsafe code.
fn start(id: &SandboxId, folder: &Folder, options: &Options) -> io::Result<()> {
    let disk = folder.disk();
    let log = OpenOptions::new().create(true).append(true).open(folder.log());
    let log = log.map_err(|error| files::at(&folder.log(), error))?;
    // The shell reads `init`, so it need not be executable, and a thread that writes another one does not make it busy.
    let spawned = Command::new("setsid")
        .args(["/bin/sh", "init"])
        .current_dir(&disk)
        // The runner's own environment has its token.
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env(DISK, &disk)
        .env("SANDBOX_ID", id.as_str())
        .env("SANDBOX_TICK", options.sandbox_tick.as_secs_f64().to_string())
        .env("SANDBOX_WITNESS", options.sandbox_witness.as_deref().unwrap_or(Path::new("")))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(false)
        .spawn();
    // tokio reaps the dropped child when it ends.
    spawned.map(drop).map_err(|error| files::at(Path::new("setsid"), error))
}
