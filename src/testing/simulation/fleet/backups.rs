//! What the backup maker and the backup store have.

use crate::{
    rules::Outcome,
    testing::simulation::names::{RunnerId, SandboxId},
};
use alloc::collections::BTreeMap;

/// The backup maker, which forgets its uploads when it crashes, and the backup store, which forgets nothing.
#[derive(Debug, Default)]
pub struct Backups {
    /// The uploads of the maker.
    pub uploads: BTreeMap<(SandboxId, u32), Upload>,
    /// How attempts ended, as far as the maker remembers.
    pub ended: BTreeMap<(SandboxId, u32), Outcome>,
    /// The newest attempt that the maker was asked for. It survives a crash: a late repeat of an older request must not
    /// begin.
    pub newest: BTreeMap<SandboxId, u32>,
    /// What the store holds: the version of the disk under each attempt.
    pub objects: BTreeMap<SandboxId, BTreeMap<u32, u64>>,
    /// The first attempt that the store still takes.
    pub discarded: BTreeMap<SandboxId, u32>,
}

/// An upload under way.
#[derive(Debug)]
pub struct Upload {
    pub number: u64,
    pub runner: RunnerId,
    /// The boot of the runner with which it ends.
    pub boot: u64,
    pub version: u64,
}

impl Backups {
    pub fn version(&self, sandbox: SandboxId, attempt: u32) -> Option<u64> {
        self.objects.get(&sandbox).and_then(|objects| objects.get(&attempt)).copied()
    }

    /// Returns what the store has of a sandbox: each attempt with the version of the disk.
    pub fn of(&self, sandbox: SandboxId) -> impl Iterator<Item = (u32, u64)> {
        self.objects.get(&sandbox).into_iter().flatten().map(|(attempt, version)| (*attempt, *version))
    }

    /// The maker crashes.
    pub fn forget_uploads(&mut self) {
        self.uploads.clear();
        self.ended.clear();
    }
}
