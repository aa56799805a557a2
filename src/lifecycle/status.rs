//! The columns that every kind of step may change, packed in one word.
//!
//! Speed dictated the form: a word is copied and compared at once, and what a rule writes becomes two operations
//! ([`Edit`]), which are found at compile time by carrying out the plain form on two words.
#![expect(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "small numbers at fixed places of a word; in const, where `as` and `[]` are what there is"
)]

use super::pairs;
use crate::vocabulary::{BackupState, DesiredState, Fault, Repair, SandboxState, object_form};
use core::fmt;
use serde::{Deserialize, Serialize};

/// Declares the columns: how to read one and to write one, its type, its first bit, its width, and its form as a
/// number.
macro_rules! packed {
    ($($column:ident $with:ident: $type:ty, $at:literal, $wide:literal, |$value:ident| $number:expr, |$bits:ident| $read:expr;)+) => {
        /// The columns that every kind of step may change.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(from = "Unpacked", into = "Unpacked")]
        pub(crate) struct Status(u32);

        impl Status {
            $(
                #[inline]
                pub(crate) const fn $column(self) -> $type {
                    let $bits = self.0 >> $at & ((1 << $wide) - 1);
                    $read
                }

                #[inline]
                pub(crate) const fn $with(self, $value: $type) -> Self {
                    let mask = ((1 << $wide) - 1) << $at;
                    Self(self.0 & !mask | ($number as u32) << $at & mask)
                }
            )+
        }

        /// No two columns overlap: their masks joined are as many as their masks added.
        const _: () = assert!(
            0u64 $(| ((1 << $wide) - 1) << $at)+ == 0u64 $(+ (((1 << $wide) - 1) << $at))+,
            "two columns share a bit"
        );

        object_form! {
            /// The same columns apart, as they are stored and shown.
            #[derive(Debug, Clone, Copy, Serialize)]
            form: #[serde(rename_all = "camelCase")]
            struct Unpacked {
                $($column: $type,)+
            }
        }

        impl From<Unpacked> for Status {
            fn from(columns: Unpacked) -> Self {
                Self::BLANK$(.$with(columns.$column))+
            }
        }

        impl From<Status> for Unpacked {
            fn from(status: Status) -> Self {
                Self { $($column: status.$column(),)+ }
            }
        }
    };
}
packed! {
    state with_state: SandboxState, 0, 5, |state| state, |bits| word(SandboxState::ALL, bits);
    desired with_desired: DesiredState, 5, 3, |desired| desired, |bits| word(DesiredState::ALL, bits);
    pending with_pending: bool, 8, 1, |pending| pending, |bits| bits != 0;
    has_runner with_runner: bool, 9, 1, |has_runner| has_runner, |bits| bits != 0;
    backup with_backup: BackupState, 10, 3, |backup| backup, |bits| word(BackupState::ALL, bits);
    fault with_fault: Option<Fault>, 13, 3,
        |fault| match fault {
            None => 0,
            Some(fault) => 1 + fault as u32,
        },
        |bits| match bits {
            0 => None,
            some => Some(word(Fault::ALL, some - 1)),
        };
    has_backup_ref with_backup_ref: bool, 16, 1, |has_backup_ref| has_backup_ref, |bits| bits != 0;
    recoverable with_recoverable: bool, 17, 1, |recoverable| recoverable, |bits| bits != 0;
    force_stop with_force_stop: bool, 18, 1, |force_stop| force_stop, |bits| bits != 0;
    must_ask with_must_ask: bool, 19, 1, |must_ask| must_ask, |bits| bits != 0;
    must_ask_store with_must_ask_store: bool, 20, 1, |must_ask| must_ask, |bits| bits != 0;
    changed_since_backup with_changed_since_backup: bool, 21, 1, |changed| changed, |bits| bits != 0;
    kept_backup with_kept_backup: bool, 22, 1, |kept| kept, |bits| bits != 0;
    is_fork_child with_fork_child: bool, 23, 1, |is_child| is_child, |bits| bits != 0;
    repair with_repair: Option<Repair>, 24, 2,
        |repair| match repair {
            None => 0,
            Some(repair) => 1 + repair as u32,
        },
        |bits| match bits {
            0 => None,
            some => Some(word(Repair::ALL, some - 1)),
        };
    archive_attempts with_archive_attempts: u8, 26, 3, |count| at_most(count, MOST_ATTEMPTS), |bits| bits as u8;
    restore_attempts with_restore_attempts: u8, 29, 3, |count| at_most(count, MOST_ATTEMPTS), |bits| bits as u8;
}

/// The largest number of attempts that is counted.
pub(crate) const MOST_ATTEMPTS: u8 = 7;

const fn at_most(count: u8, most: u8) -> u8 {
    if count < most { count } else { most }
}

/// Each list of words fits its place.
const _: () = assert!(
    SandboxState::ALL.len() <= 1 << 5
        && DesiredState::ALL.len() <= 1 << 3
        && BackupState::ALL.len() <= 1 << 3
        && Fault::ALL.len() < 1 << 3
        && Repair::ALL.len() < 1 << 2
);

/// How many places there are for a state.
pub(crate) const STATE_PLACES: usize = 1 << 5;

/// The place of a repair among the places of states, which no state has.
pub(crate) const REPAIR_PLACE: usize = STATE_PLACES - 1;

const _: () = assert!(SandboxState::ALL.len() <= REPAIR_PLACE);

/// How many places there are for state, desired state, pending and runner, which stand lowest.
pub(crate) const PLACES: usize = 1 << 10;

/// The word with this number. Every number that was packed has one.
const fn word<W: Copy>(list: &[W], number: u32) -> W {
    list[if (number as usize) < list.len() { number as usize } else { 0 }]
}

impl Status {
    /// Every column empty, in the first state.
    pub(crate) const BLANK: Self = Self(0);

    /// The place in a table over state, desired state, pending and runner.
    #[inline]
    pub(crate) const fn place(self) -> usize {
        self.0 as usize & (PLACES - 1)
    }

    /// The state whose time limit counts. A fork's child is created for as long as the fork may take.
    pub(crate) const fn limited_state(self) -> SandboxState {
        let state = self.state();
        if matches!(state, SandboxState::Creating) && self.is_fork_child() { SandboxState::Forking } else { state }
    }

    /// The place of the time limit in a table over states: that of [`limited_state`](Self::limited_state), or the last
    /// place for a repair. Only a runner repairs a sandbox, and only one in error.
    #[inline]
    pub(crate) const fn limit_place(self) -> usize {
        const REPAIRS: u32 = Status(!0).0 ^ Status(!0).with_repair(None).0;
        const LOOKED_AT: u32 = Status(!0).0 ^ Status(!0).with_state(SandboxState::ALL[0]).with_runner(false).0;
        const ERROR: Status = Status::BLANK.with_state(SandboxState::Error).with_runner(true);
        let repairs = ((self.0 & REPAIRS != 0) & (self.0 & LOOKED_AT == ERROR.0)) as usize;
        const CHILD_LOOKED_AT: u32 =
            Status(!0).0 ^ Status(!0).with_state(SandboxState::ALL[0]).with_fork_child(false).0;
        const CHILD: Status = Status::BLANK.with_state(SandboxState::Creating).with_fork_child(true);
        let child = (self.0 & CHILD_LOOKED_AT == CHILD.0) as usize;
        let forks = child * (SandboxState::Forking as usize - SandboxState::Creating as usize);
        ((self.0 as usize + forks) | (repairs * REPAIR_PLACE)) & (STATE_PLACES - 1)
    }

    /// Whether a backup is being written.
    #[inline]
    pub(crate) const fn backs_up(self) -> bool {
        const LOOKED_AT: u32 = Status(!0).0 ^ Status(!0).with_backup(BackupState::ALL[0]).0;
        self.0 & LOOKED_AT == Status::BLANK.with_backup(BackupState::InProgress).0
    }

    /// The status at a place of such a table, with every other column empty.
    pub(crate) const fn at_place(place: usize) -> Self {
        Self(place as u32)
    }

    /// Whether there is a backup that equals the disk: completed, with its reference, and current.
    #[inline]
    pub(crate) const fn has_usable_backup(self) -> bool {
        matches!(self.backup(), BackupState::Completed) & self.has_backup_ref() & !self.changed_since_backup()
    }

    /// Whether there is a backup at all: a usable one, or one that is kept as the last resort.
    #[inline]
    pub(crate) const fn has_any_backup(self) -> bool {
        self.has_usable_backup() | self.kept_backup()
    }

    /// These columns after a new backup attempt was requested. The disk changes while it is made, or it does not.
    pub(crate) const fn with_requested_backup(self, disk_changes: bool) -> Self {
        // From now on the store is asked about this attempt, if about any.
        self.with_backup(BackupState::Pending).with_changed_since_backup(disk_changes).with_must_ask_store(false)
    }

    /// Whether a backup attempt is requested or under way.
    #[inline]
    pub(crate) const fn awaits_backup(self) -> bool {
        matches!(self.backup(), BackupState::Pending | BackupState::InProgress)
    }

    /// Whether a recovery brings it back from its backup: it timed out and has a usable one, or no runner has its copy.
    #[inline]
    pub(crate) const fn recovers_from_backup(self) -> bool {
        self.timed_out_with_backup() | (!self.has_runner() & self.has_any_backup())
    }

    /// The state that the API shows.
    pub(crate) const fn reported(self) -> SandboxState {
        match (self.state(), self.repair()) {
            (SandboxState::Error, Some(Repair::Recover)) => match self.desired() {
                DesiredState::Started => SandboxState::Starting,
                DesiredState::Stopped => SandboxState::Stopping,
                DesiredState::Destroyed | DesiredState::Resized | DesiredState::Archived | DesiredState::Paused => {
                    SandboxState::Error
                }
            },
            (state, None | Some(Repair::Recover | Repair::Stop)) => pairs::reported(state, self.desired()),
        }
    }

    /// Whether the platform gave up waiting and there is a backup to restore from.
    #[inline]
    pub(crate) const fn timed_out_with_backup(self) -> bool {
        matches!(self.fault(), Some(Fault::Timeout)) & self.has_usable_backup()
    }

    /// Whether the desired state may stand next to the state.
    #[inline]
    pub(crate) const fn is_coherent(self) -> bool {
        pairs::is_coherent(self.state(), self.desired())
    }

    /// Whether the sandbox is where it should go.
    #[inline]
    pub(crate) const fn is_settled(self) -> bool {
        PAIRS[self.pair()].is_settled
    }

    /// These columns with the invariants that every write enforces (recorded: table `invariants`).
    #[inline]
    pub(crate) const fn repaired(self) -> Self {
        const LOOKED_AT: u32 = Status(!0).0
            ^ Status(!0)
                .with_state(SandboxState::ALL[0])
                .with_fault(None)
                .with_backup(BackupState::ALL[0])
                .with_backup_ref(false)
                .with_changed_since_backup(false)
                .0;
        const OUTDATED_LOOKED_AT: u32 = Status(!0).0
            ^ Status(!0).with_backup(BackupState::ALL[0]).with_backup_ref(false).with_changed_since_backup(false).0;
        const OUTDATED: Status =
            Status::BLANK.with_backup(BackupState::Completed).with_backup_ref(true).with_changed_since_backup(true);
        const TIMED_OUT: Status = Status::BLANK
            .with_state(SandboxState::Error)
            .with_fault(Some(Fault::Timeout))
            .with_backup(BackupState::Completed)
            .with_backup_ref(true);
        let recoverable = self.0 & LOOKED_AT == TIMED_OUT.0;
        // A completed backup is kept as the last resort once the disk may have changed.
        let outdated = self.0 & OUTDATED_LOOKED_AT == OUTDATED.0;
        let also = Self::BLANK.with_recoverable(recoverable).with_kept_backup(outdated);
        Self(self.0 | also.0).edited(PAIRS[self.pair()].repair)
    }

    /// The plain form of [`repaired`](Self::repaired), of which all but two flags depends on the pair of states.
    pub(crate) const fn repaired_plainly(self) -> Self {
        let state = self.state();
        let nowhere = matches!(state, SandboxState::Destroyed | SandboxState::Archived);
        let after = self.with_pending(pairs::is_pending(state, self.desired()));
        let after = if nowhere { after.with_runner(false) } else { after };
        let after = if matches!(state, SandboxState::Error) { after } else { after.with_repair(None) };
        if matches!(state, SandboxState::Destroyed) {
            after.with_backup(BackupState::None).with_kept_backup(false).with_must_ask(false).with_must_ask_store(false)
        } else if nowhere {
            after.with_must_ask(false)
        } else {
            after
        }
    }

    /// The place in a table over state and desired state.
    #[inline]
    const fn pair(self) -> usize {
        self.0 as usize & (PAIRS.len() - 1)
    }

    /// These columns after an edit.
    #[inline]
    pub(crate) const fn edited(self, edit: Edit) -> Self {
        Self(self.0 & edit.keeps | edit.sets)
    }
}

/// What follows from a pair of state and desired state.
struct Pair {
    repair: Edit,
    is_settled: bool,
}

/// What follows from each pair, found in the plain way at compile time.
static PAIRS: [Pair; 1 << 8] = {
    let mut all = [const { Pair { repair: Edit { keeps: !0, sets: 0 }, is_settled: false } }; 1 << 8];
    let mut pair = 0;
    while pair < all.len() {
        let status = Status(pair as u32);
        let (state, desired) = (status.state(), status.desired());
        let [none, every] = Status::EXTREMES;
        let none = none.with_state(state).with_desired(desired);
        let every = every.with_state(state).with_desired(desired);
        all[pair] = Pair {
            repair: Edit::between(none.repaired_plainly(), every.repaired_plainly()),
            is_settled: pairs::is_settled(state, desired),
        };
        pair += 1;
    }
    all
};

/// What a rule writes, as two operations: the bits that stay, and the bits that are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edit {
    keeps: u32,
    sets: u32,
}

impl Edit {
    /// The edit that turns the status without any bit into `of_none` and the one with every bit into `of_all`.
    ///
    /// A write that replaces whole columns is determined by these two: it keeps the bits in which they differ.
    pub(crate) const fn between(of_none: Status, of_all: Status) -> Self {
        Self { keeps: of_all.0 & !of_none.0, sets: of_none.0 }
    }
}

impl Status {
    /// The status with no bit and the one with every bit, between which lies every other.
    pub(crate) const EXTREMES: [Self; 2] = [Self(0), Self(!0)];
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Unpacked::from(*self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_repairs_as_the_plain_form_does() {
        for word in 0..1 << 19 {
            // Only words that stand for a value of each column.
            let status = Status::from(Unpacked::from(Status(word)));
            let timed_out = status.state() == SandboxState::Error && status.timed_out_with_backup();
            let status = if word & 1 == 0 { status } else { status.with_changed_since_backup(true) };
            let timed_out = timed_out && status.has_usable_backup();
            let outdated =
                status.backup() == BackupState::Completed && status.has_backup_ref() && !status.has_usable_backup();
            let plain = status.with_recoverable(status.recoverable() || timed_out);
            let plain = plain.with_kept_backup(plain.kept_backup() || outdated).repaired_plainly();
            assert_eq!(status.repaired(), plain, "{status:?}");
            assert_eq!(status.is_settled(), status.desired().fulfilled_by() == Some(status.state()), "{status:?}");
        }
    }
}
