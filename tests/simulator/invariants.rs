//! Invariants of a fleet, which hold whatever fails around the rules.

use sandbox_lifecycle::{Lifecycle, SandboxState, Step, Timer, Verb, rules::Cause};
use std::collections::BTreeMap;

/// A property of the whole system, checked at every step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// No transitional state lasts longer than its time limit and one period of the controller.
    ChangesEnd,
    /// No call and no event without a committed step.
    EffectsAreCommitted,
    /// A sandbox with data is destroyed only by an input that may, and a disk is removed only once it is not needed.
    DataIsKept,
    /// Every write leaves coherent states and columns.
    RowsAreSound,
    /// The epoch never falls.
    EpochsRise,
    /// A report of an older epoch changes nothing.
    OldReportsAreVoid,
    /// The controller calls only the own runner of a sandbox, or the one that placement chose for it.
    OwnRunnerOnly,
    /// A soft-deleted sandbox stays deleted and ends in destroyed.
    DeletedIsGone,
    /// Every sandbox comes to rest once callers stop and runners are healthy.
    RestIsReached,
    /// A write changes only what its step says, and no older decision undoes a later write.
    NoUpdateIsLost,
}

/// The violations found: how many, and the first one of each invariant.
#[derive(Default)]
pub struct Verdict {
    found: BTreeMap<Invariant, (u64, String)>,
}

impl Verdict {
    /// Records a violation unless the invariant holds.
    pub fn hold(&mut self, law: Invariant, holds: bool, story: impl FnOnce() -> String) {
        if !holds {
            self.found.entry(law).or_insert_with(|| (0, story())).0 += 1;
        }
    }

    pub fn breaks(&self, law: Invariant) -> bool {
        self.found.contains_key(&law)
    }

    pub fn is_clean(&self) -> bool {
        self.found.is_empty()
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (law, (times, first)) in &self.found {
            writeln!(f, "{law:?} is broken {times} times, first: {first}")?;
        }
        Ok(())
    }
}

/// Returns whether a sandbox is at rest and needs no pass.
pub fn rests(row: &Lifecycle, has_given_up: bool) -> bool {
    !row.state().is_transient()
        && (!row.needs_reconcile() || has_given_up)
        && (row.is_settled() || row.state().is_failed())
}

/// Returns whether a step may destroy a sandbox that carries data.
pub fn may_destroy(row: &Lifecycle, step: &Step) -> bool {
    let destroys = step.is_soft_delete()
        || matches!(step.state(), SandboxState::Destroyed | SandboxState::Destroying) && step.state() != row.state();
    if !destroys || !row.state().carries_data() || row.desired_state() == sandbox_lifecycle::DesiredState::Destroyed {
        return true;
    }
    match step.cause() {
        Cause::Command(verb) => matches!(verb, Verb::Destroy | Verb::ForceDestroy) || row.is_ephemeral(),
        Cause::Timer(timer) => {
            matches!(timer, Timer::Ttl | Timer::AutoDelete | Timer::QueueTimeout | Timer::SpotEviction)
                || row.is_ephemeral()
        }
        // The runner reports that its copy is gone.
        Cause::Report(_) => row.is_ephemeral() || step.state() == SandboxState::Destroyed,
        Cause::Controller => row.is_ephemeral(),
        Cause::Already(_) | Cause::Ignored(_) => false,
        _ => false,
    }
}
