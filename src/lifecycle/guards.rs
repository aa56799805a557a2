//! The guards: every question that a command asks of a sandbox, one bit each, in the order in which they are asked.
//!
//! A guard is a set of facts of which at least one must hold. Which guards hold is kept in the value and recomputed
//! whenever a column changes (`Lifecycle::sealed`) and nowhere else; what context, policy and arguments add is joined to
//! it for one decision. So a decision is one operation: the guards that a command demands and that do not hold. The
//! lowest of them is the refusal, all of them are its explanation.
//!
//! So the order below has to be that of every row of the rule table at once; a row that asks in another does not compile.
#![allow(non_upper_case_globals, reason = "a guard reads like the question it asks, here and in the rule table")]

use super::facts::*;
use crate::vocabulary::DesiredState;

/// A set of guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Guards(u64);

impl Guards {
    /// No guard.
    pub(crate) const NONE: Self = Self(0);
    /// Every guard: one of them always holds.
    pub(crate) const ANY: Self = Self(!0);

    /// These and those.
    #[inline]
    pub(crate) const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// These, where it is so. A product, so that no branch is made of it.
    #[inline]
    #[expect(clippy::as_conversions, reason = "a yes or no as 1 or 0; `as` is what const allows")]
    pub(crate) const fn when(self, so: bool) -> Self {
        Self(self.0.wrapping_mul(so as u64))
    }

    /// These, but not those.
    #[inline]
    pub(crate) const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// These, with those that hold where they do not, and do not where they hold.
    #[inline]
    pub(crate) const fn turned(self, others: Self) -> Self {
        Self(self.0 ^ others.0)
    }

    /// There is none.
    #[inline]
    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// One of those is among these.
    #[inline]
    pub(crate) const fn meet(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// All of these are asked before any of those.
    pub(crate) const fn precede(self, others: Self) -> bool {
        self.0.leading_zeros() > 63u32.saturating_sub(others.0.trailing_zeros())
    }

    /// The guards that hold once one of these facts does.
    ///
    /// A guard is fulfilled by any of its facts, so what several sources of facts fulfil is what each of them does,
    /// joined.
    #[inline]
    pub(crate) const fn held_by(facts: Mask) -> Self {
        Self(held(facts))
    }

    /// The facts of which at least one must hold, where this is one guard.
    pub(crate) fn asks(self) -> Mask {
        self.entry().map_or(0, |(_, asks)| *asks)
    }

    /// The name of the guard, where this is one.
    pub(crate) fn name(self) -> &'static str {
        self.entry().map_or("", |(name, _)| name)
    }

    fn entry(self) -> Option<&'static (&'static str, Mask)> {
        usize::try_from(self.0.trailing_zeros()).ok().and_then(|place| ASKED.get(place))
    }
}

/// Declares the guards: a bit each, with its name and the facts that it asks for.
macro_rules! guards {
    ($($name:ident: $asks:expr;)+) => {
        #[allow(non_camel_case_types, reason = "its places are the guards' own names")]
        enum Place { $($name),+ }
        // Written out guard by guard, for the facts asked for are then part of the code and not read from a list.
        #[inline]
        #[expect(clippy::as_conversions, reason = "a yes or no and a place become a bit; `as` is what const allows")]
        const fn held(facts: Mask) -> u64 {
            0 $(| ((facts & ($asks) != 0) as u64) << (Place::$name as u32))+
        }
        $(
            #[expect(clippy::as_conversions, reason = "see `held`")]
            pub(crate) const $name: Guards = Guards(1 << (Place::$name as u32));
        )+
        /// Every guard with its name and the facts it asks for, in order.
        const ASKED: &[(&str, Mask)] = &[$((stringify!($name), $asks)),+];
    };
}
guards! {
    unsuspended: Unsuspended;
    can_fork: Vm;
    not_errored: not(Error | BuildFailed);
    nothing_changes: Settled | ArchiveWanted;
    settled: Settled;
    recoverable: Recoverable;
    errored: Error;
    cooled_down: InPlace | CooledDown;
    from_rest: Stopped | Archived | Archiving | Paused;
    runs_or_paused: Started | Paused;
    runs: Started;
    rests: Stopped;
    runs_or_rests: Started | Stopped;
    not_moved_on: InPlace | Idle;
    nothing_pending: Idle;
    nothing_but_a_build_pending: Idle | PendingBuild;
    childless: Childless;
    may_be_destroyed: states_beside(DesiredState::Destroyed);
    can_resume: Vm | not(Paused);
    can_pause: Vm;
    disk_at_rest: DiskUnnamed | Stopped;
    keeps_cpu: CpuNotLess | Stopped;
    keeps_memory: MemoryNotLess | Stopped;
    keeps_disk: DiskNotLess;
    changes_something: SizeDiffers;
    on_a_runner: HasRunner;
    backed_up_or_on_a_runner: FromBackup | HasRunner;
    without_gpu: NoGpu;
    class_keeps_memory: WithoutMemory | MemorySnapshots;
    memory_of_running: WithoutMemory | Started;
    disk_is_whole: WithMemory | LiveSnapshots | Stopped;
    may_change_in_place: wishes_beside(Resizing | Snapshotting | Forking);
    can_auto_pause: Vm | TurnsOff;
    durable: Durable;
    durable_or_turned_off: Durable | TurnsOff;
    no_backup_under_way: BackupIdle;
    no_auto_pause: AutoPauseOff | TurnsOff;
    no_auto_stop: AutoStopOff | TurnsOff;
    unlinked: Unlinked | AsksEphemeral;
    coherent: Coherent;
    started_as_wanted: StartedAsWanted;
    destroyed_as_wanted: DestroyedAsWanted;
    // What an accepted command writes may depend on these.
    ephemeral: Ephemeral;
    from_backup: FromBackup;
    starts_after: StartsAfter;
    paused: Paused;
    held_by_a_runner: HeldByRunner;
    // And this the clock asks beside some of those above.
    to_be_destroyed: WantsDestroyed;
}

/// The case that is left, last among the cases of a row's writes.
pub(crate) const otherwise: Guards = Guards::ANY;

/// So that all bits at once are more than a row can have.
const _: () = assert!(ASKED.len() < 64, "there are fewer guards than bits");

/// Where a change is made in place, the same desired states may stand beside all three.
const _: () = assert!(
    wishes_beside(Resizing) == wishes_beside(Snapshotting) && wishes_beside(Resizing) == wishes_beside(Forking),
    "a resize, a snapshot and a fork ask the same of the desired state"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_holds_where_one_of_its_facts_does() {
        for bit in 0..u64::BITS {
            let fact: Mask = 1 << bit;
            for (place, (name, asks)) in ASKED.iter().enumerate() {
                let holds = Guards::held_by(fact).meet(Guards(1 << place));
                assert_eq!(holds, fact & asks != 0, "{name} by the fact {bit}");
            }
        }
    }

    #[test]
    fn guards_are_asked_from_the_lowest() {
        assert!(unsuspended.precede(can_fork) && unsuspended.and(runs).precede(can_pause));
        assert!(!can_pause.precede(runs) && !runs.precede(runs));
        assert!(Guards::NONE.precede(unsuspended));
        assert_eq!((can_pause.name(), can_pause.asks()), ("can_pause", Vm));
    }
}
