//! What must hold in every fleet, whatever fails around the rules.

use sandbox_lifecycle::{Cause, Lifecycle, SandboxState, Step, Timer, Verb};
use std::collections::BTreeMap;

/// A property of the whole system, checked at every step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
    /// No change lasts longer than its limit and one period of the controller.
    ChangesEnd,
    /// No call and no event without a committed step.
    EffectsAreCommitted,
    /// What carries data is destroyed only by those who may, and a disk is removed only where it is not needed.
    DataIsKept,
    /// Rules 4 and 5 hold after every write.
    RowsAreSound,
    /// The epoch never falls.
    EpochsRise,
    /// A report of an older epoch changes nothing.
    OldReportsAreVoid,
    /// Only the sandbox's own runner is called, or the one that placement found for it.
    OwnRunnerOnly,
    /// What is soft-deleted stays so and ends destroyed.
    DeletedIsGone,
    /// Everything comes to rest once callers stop and runners are healthy.
    RestIsReached,
    /// A write changes what its step says and nothing else, and no accepted write is undone by an older decision.
    NoUpdateIsLost,
}

/// What was found wrong: how often, and the first time.
#[derive(Default)]
pub struct Verdict {
    found: BTreeMap<Law, (u64, String)>,
}

impl Verdict {
    /// Holds a law, or notes that it is broken.
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
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (law, (times, first)) in &self.found {
            writeln!(f, "{law:?} is broken {times} times, first: {first}")?;
        }
        Ok(())
    }
}

/// It has come to rest: nothing is under way and nobody owes it work.
pub fn rests(row: &Lifecycle, has_given_up: bool) -> bool {
    !row.state().is_transient()
        && (!row.needs_reconcile() || has_given_up)
        && (row.is_settled() || row.state().is_failed())
}

/// A step that may destroy a sandbox that carries data. Whose disk is already given up is no loss.
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
        // What the runner says is gone is gone.
        Cause::Report(_) => row.is_ephemeral() || step.state() == SandboxState::Destroyed,
        Cause::Controller => row.is_ephemeral(),
        Cause::Already(_) | Cause::Ignored(_) => false,
        _ => false,
    }
}
