//! What is true of each sandbox, which only the simulation sees.

use crate::{
    record::OutboxKey,
    testing::simulation::names::{RunnerId, SandboxId},
};
use alloc::collections::{BTreeMap, BTreeSet};
use core::fmt;

/// A place that holds a disk of a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Runner(RunnerId),
    /// The backup store, under this attempt.
    Backup(u32),
}

/// What the simulation knows of one sandbox, also after its record is removed.
#[derive(Debug, Default, Clone)]
pub struct Truth {
    /// The newest version that its disk ever had. Each run raises it.
    pub newest: u64,
    /// It has desired state destroyed, or its record is gone.
    pub deleted: bool,
    /// A caller or the platform asked for its end.
    pub end_was_asked: bool,
    /// It waits unclaimed in the warm pool.
    pub pooled: bool,
    /// The sandbox that it is linked to.
    pub owner: Option<SandboxId>,
    /// A caller recovered it from a backup while this was the newest version: what ran before may be lost.
    pub given_up: u64,
    /// What each place may lose, because something at least as new was elsewhere when its end was decided.
    pub dispensable: BTreeMap<Place, u64>,
    /// The runners whose copy changed since its last call, because the runner or the process died. A row cannot know it yet.
    pub changed_by_itself: BTreeSet<RunnerId>,
    /// How often its row was written since faults stopped.
    pub late_writes: u64,
    /// The entries of the outbox whose order to end a disk is noted.
    pub noted: BTreeSet<OutboxKey>,
    /// The removals and releases that a runner has not acknowledged.
    pub owed: BTreeSet<OutboxKey>,
    /// The entries whose acknowledgement the host has heard.
    pub acknowledged: BTreeSet<OutboxKey>,
    /// The events that the host stored, and those that subscribers saw.
    pub committed: BTreeSet<OutboxKey>,
    pub seen: BTreeSet<OutboxKey>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runner(runner) => write!(f, "{runner}"),
            Self::Backup(attempt) => write!(f, "the backup store, attempt {attempt}"),
        }
    }
}
