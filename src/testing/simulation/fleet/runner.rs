//! What a runner has: ledgers and disks, which survive a crash, and processes and jobs, which do not.

use crate::{
    controller::RunnerStanding,
    rules::{Call, TaskKind},
    runner::{CopyAnswer, End, Ledger},
    testing::simulation::{messages::Payload, names::SandboxId},
    vocabulary::{CopyState, Size},
};
use alloc::collections::BTreeMap;

/// A runner.
#[derive(Debug, Default)]
pub struct Runner {
    pub powered: bool,
    pub reachable: bool,
    /// Its disks are lost, so it never comes back with them.
    pub wrecked: bool,
    pub boot: u64,
    /// What the platform knows of it.
    pub standing: RunnerStanding,
    /// Its inventory was not compared since it was connected.
    pub unlisted: bool,
    /// It is planned that the host hears of it for that.
    pub connects: bool,
    pub slots: BTreeMap<SandboxId, Slot>,
    pub jobs: BTreeMap<SandboxId, Job>,
}

/// What a runner has of one sandbox.
#[derive(Debug, Default, Clone)]
pub struct Slot {
    pub ledger: Ledger,
    pub disk: Option<Disk>,
    /// Whether a process runs.
    pub runs: bool,
    /// Whether its image was fetched or built.
    pub image: bool,
    /// The last end, for the runner that keeps it wrongly.
    pub last: Option<(TaskKind, End)>,
}

/// A disk that is whole.
#[derive(Debug, Clone, Copy)]
pub struct Disk {
    pub version: u64,
    pub size: Size,
    /// Its memory is stored with it.
    pub paused: bool,
}

/// The work on a call.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    pub call: Call,
    /// Unique, so that the end of a job that was given up is not mistaken for another.
    pub number: u64,
    pub payload: Payload,
}

impl Runner {
    /// Creates a runner that works.
    pub fn new() -> Self {
        Self { powered: true, reachable: true, ..Self::default() }
    }

    pub const fn answers(&self) -> bool {
        self.powered && self.reachable
    }

    pub fn slot(&mut self, sandbox: SandboxId) -> &mut Slot {
        self.slots.entry(sandbox).or_default()
    }

    pub fn disk(&self, sandbox: SandboxId) -> Option<Disk> {
        self.slots.get(&sandbox).and_then(|slot| slot.disk)
    }

    pub fn runs(&self, sandbox: SandboxId) -> bool {
        self.slots.get(&sandbox).is_some_and(|slot| slot.runs)
    }

    /// Returns what the runner sees of a sandbox.
    pub fn seen(&self, sandbox: SandboxId) -> CopyAnswer {
        self.slots.get(&sandbox).map_or(CopyAnswer::NONE, Slot::seen)
    }
}

impl Slot {
    /// Returns what the runner sees.
    pub fn seen(&self) -> CopyAnswer {
        let Some(disk) = self.disk else { return CopyAnswer::NONE };
        let state = match (self.runs, disk.paused) {
            (true, _) => CopyState::Running,
            (false, true) => CopyState::Paused,
            (false, false) => CopyState::AtRest,
        };
        CopyAnswer::new(state, disk.size)
    }
}
