//! The laws of the fleet. They hold whatever is lost, repeated, late or crashes.

mod disks;
mod rest;
mod writes;

pub use disks::{Place, Truth};
use std::{collections::BTreeMap, fmt};

/// A law, checked at every event or at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
    /// Once a sandbox is destroyed and no runner owes an acknowledgement, nothing of it is left: no copy, no backup.
    NothingIsLeft,
    /// Two runners never run the same sandbox.
    OneRuns,
    /// A row that settles in started, stopped or paused shows what its own runner has.
    RowsTellTheTruth,
    /// The newest surviving disk is lost only if a caller asked for it.
    NewestDiskIsKept,
    /// No late message undoes what a caller was granted.
    GrantsAreKept,
    /// Every written row is sound, and epochs and revisions only grow.
    RowsAreSound,
    /// Once faults stop, every row comes to rest, and does so with few writes.
    RestIsReached,
    /// A sandbox in error whose disk a runner or the backup store can give back is recoverable.
    NothingIsStranded,
    /// Each event is committed once and seen at least once.
    EventsAreSeen,
    /// Nothing removes a disk that live forks read.
    ForksKeepTheirParent,
    /// No record is removed while removals or releases are owed.
    PurgesWait,
    /// No idle timer acts on a sandbox that waits unclaimed in a warm pool.
    PoolIsLeftAlone,
    /// What is linked to an owner ends with it.
    LinkedFollow,
    /// Where a step says that the runner becomes the previous one, the record names it.
    PreviousIsKnown,
}

/// The broken laws: how often, and the first story of each.
#[derive(Default, Clone)]
pub struct Verdict {
    found: BTreeMap<Law, (u64, String)>,
}

impl Verdict {
    pub fn hold(&mut self, law: Law, holds: bool, story: impl FnOnce() -> String) {
        if !holds {
            self.found.entry(law).or_insert_with(|| (0, story())).0 += 1;
        }
    }

    pub fn breaks(&self, law: Law) -> bool {
        self.found.contains_key(&law)
    }

    pub fn is_clean(&self) -> bool {
        self.found.is_empty()
    }

    pub fn laws(&self) -> impl Iterator<Item = Law> {
        self.found.keys().copied()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (law, (times, first)) in &self.found {
            writeln!(f, "{law:?} is broken {times} times, first: {first}")?;
        }
        Ok(())
    }
}
