//! The processes of the sandboxes: found by a mark in their environment.
//!
//! The runner keeps no list of them. A list would be wrong after a crash between start and record, or when a number is used
//! again. The kernel knows which processes have the mark `SANDBOX_DISK=<disk>`, and they keep it however often the runner restarts.

use crate::backups::files;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use sandbox_lifecycle::vocabulary::CopyState;
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs, io,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};
use tokio::{sync::Mutex, task::spawn_blocking};

/// The mark.
pub const DISK: &str = "SANDBOX_DISK";

/// A process of a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    pid: Pid,
    group: Pid,
    stopped: bool,
}

impl Process {
    /// Whether a signal has stopped it: it is paused.
    pub const fn is_stopped(&self) -> bool {
        self.stopped
    }
}

/// The live processes of all sandboxes, by their disks.
#[derive(Debug, Default)]
pub struct Scan(BTreeMap<PathBuf, Vec<Process>>);

impl Scan {
    pub fn of(&self, disk: &Path) -> &[Process] {
        self.0.get(disk).map_or(&[], Vec::as_slice)
    }

    /// Returns what a copy does that has a disk.
    pub fn state(&self, disk: &Path) -> CopyState {
        match self.of(disk) {
            [] => CopyState::AtRest,
            all if all.iter().all(|process| process.stopped) => CopyState::Paused,
            _ => CopyState::Running,
        }
    }

    /// Looks at all processes once. It blocks.
    pub fn take() -> io::Result<Self> {
        let mut found = Self::default();
        for entry in fs::read_dir("/proc").map_err(|error| files::at(Path::new("/proc"), error))? {
            let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw)
            else {
                continue;
            };
            // A process that has ended meanwhile, or is another user's, is none of a sandbox.
            if let Some((disk, process)) = read(pid) {
                found.0.entry(disk).or_default().push(process);
            }
        }
        Ok(found)
    }
}

/// Looks at the processes, once for all that ask at the same time.
#[derive(Debug, Default)]
pub struct Processes {
    last: Mutex<Option<(Instant, Arc<Scan>)>>,
}

impl Processes {
    /// Returns a look that began after this call.
    pub async fn look(&self) -> io::Result<Arc<Scan>> {
        let asked = Instant::now();
        let mut last = self.last.lock().await;
        if let Some((_, scan)) = last.as_ref().filter(|(begun, _)| *begun >= asked) {
            return Ok(Arc::clone(scan));
        }
        let begun = Instant::now();
        let scan = Arc::new(spawn_blocking(Scan::take).await.map_err(io::Error::other)??);
        *last = Some((begun, Arc::clone(&scan)));
        Ok(scan)
    }
}

/// Sends a signal to the processes of a sandbox: to a whole group if the sandbox leads it, so that no process of it escapes by
/// making another one. A process that has ended is no error.
pub fn signal(processes: &[Process], signal: Signal) {
    for process in processes {
        // The group of a process that is being started, or that has moved elsewhere, may be the runner's.
        let is_led = processes.iter().any(|leader| leader.pid == process.group);
        let sent = if process.pid == process.group {
            kill_process_group(process.group, signal)
        } else if is_led {
            Ok(())
        } else {
            kill_process(process.pid, signal)
        };
        tracing::trace!(pid = process.pid.as_raw_pid(), ?signal, ?sent, "signal");
    }
}

fn read(pid: Pid) -> Option<(PathBuf, Process)> {
    let folder = PathBuf::from(format!("/proc/{}", pid.as_raw_pid()));
    let environment = fs::read(folder.join("environ")).ok()?;
    let disk = environment
        .split(|byte| *byte == 0)
        .find_map(|variable| variable.strip_prefix(DISK.as_bytes()).and_then(|rest| rest.strip_prefix(b"=")))?;
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    // The name in parentheses may contain anything, also parentheses.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let (state, _parent, group) = (fields.next()?, fields.next()?, fields.next()?);
    if matches!(state, "Z" | "X") {
        return None;
    }
    let group = Pid::from_raw(group.parse().ok()?)?;
    let process = Process { pid, group, stopped: matches!(state, "T" | "t") };
    Some((PathBuf::from(OsStr::from_bytes(disk)), process))
}
