//! The columns that rules change, packed in one word: a write is a mask of what is kept and a mask of what is set.
//!
//! [`Status`] is the same, laid open to read. What an accepted command writes is known when the rule table is compiled, so
//! carrying it out is two operations and no choice; what rule 5 makes of the result is looked up by the two states.
#![expect(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "small words at fixed places; the table below has an entry for each pair of places"
)]

use super::{Status, check, facts};
use crate::vocabulary::{BackupState, DesiredState, Fault, SandboxState};

/// A [`Status`] in one word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(from = "Status", into = "Status")]
pub(crate) struct Packed(u32);

// Where each column stands. What tables are looked up by stands lowest: the two states, pending and the runner.
const STATE: Place = Place { at: 0, wide: 5 };
const DESIRED: Place = Place { at: 5, wide: 3 };
const PENDING: Place = Place { at: 8, wide: 1 };
const HAS_RUNNER: Place = Place { at: 9, wide: 1 };
const BACKUP: Place = Place { at: 10, wide: 3 };
const FAULT: Place = Place { at: 13, wide: 3 };
const HAS_BACKUP_REF: Place = Place { at: 16, wide: 1 };
const RECOVERABLE: Place = Place { at: 17, wide: 1 };
const FORCE_STOP: Place = Place { at: 18, wide: 1 };
/// How many places there are for a state.
pub(crate) const STATES: usize = 1 << STATE.wide;
/// How many places there are for a pair of state and desired state.
const PAIRS: usize = 1 << (STATE.wide + DESIRED.wide);
/// How many places there are for such a pair, pending or not, on a runner or not.
pub(crate) const STANDINGS: usize = 1 << (STATE.wide + DESIRED.wide + PENDING.wide + HAS_RUNNER.wide);

/// Each place is wide enough for its words, and none reaches into the next.
const _: () = {
    assert!(SandboxState::ALL.len() <= STATES, "a state fits its place");
    assert!(DesiredState::ALL.len() <= 1 << DESIRED.wide, "a desired state fits its place");
    assert!(BackupState::ALL.len() <= 1 << BACKUP.wide, "a backup state fits its place");
    assert!(Fault::ALL.len() < 1 << FAULT.wide, "a fault, or none, fits its place");
    let places = [STATE, DESIRED, PENDING, HAS_RUNNER, BACKUP, FAULT, HAS_BACKUP_REF, RECOVERABLE, FORCE_STOP];
    let (mut taken, mut rest): (u32, &[Place]) = (0, &places);
    while let [place, more @ ..] = rest {
        assert!(taken & place.mask() == 0, "no two columns share a bit");
        taken |= place.mask();
        rest = more;
    }
};

/// Some bits of the word.
#[derive(Clone, Copy)]
struct Place {
    at: u32,
    wide: u32,
}

impl Place {
    const fn mask(self) -> u32 {
        ((1 << self.wide) - 1) << self.at
    }

    #[inline]
    const fn of(self, word: u32) -> u8 {
        ((word & self.mask()) >> self.at) as u8
    }

    #[inline]
    const fn holding(self, value: u8) -> u32 {
        (value as u32) << self.at & self.mask()
    }
}

impl Status {
    /// The same, packed.
    #[inline]
    pub(crate) const fn packed(self) -> Packed {
        let fault = match self.fault {
            Some(fault) => 1 + fault as u8,
            None => 0,
        };
        Packed(
            STATE.holding(self.state as u8)
                | DESIRED.holding(self.desired as u8)
                | BACKUP.holding(self.backup as u8)
                | FAULT.holding(fault)
                | PENDING.holding(self.pending as u8)
                | HAS_RUNNER.holding(self.has_runner as u8)
                | HAS_BACKUP_REF.holding(self.has_backup_ref as u8)
                | RECOVERABLE.holding(self.recoverable as u8)
                | FORCE_STOP.holding(self.force_stop as u8),
        )
    }
}

impl Packed {
    /// The same, laid open.
    #[inline]
    pub(crate) const fn open(self) -> Status {
        let Self(word) = self;
        Status {
            state: word_at(SandboxState::ALL, STATE.of(word)),
            desired: word_at(DesiredState::ALL, DESIRED.of(word)),
            backup: word_at(BackupState::ALL, BACKUP.of(word)),
            fault: match FAULT.of(word) {
                0 => None,
                some => Some(word_at(Fault::ALL, some - 1)),
            },
            pending: PENDING.of(word) != 0,
            has_runner: HAS_RUNNER.of(word) != 0,
            has_backup_ref: HAS_BACKUP_REF.of(word) != 0,
            recoverable: RECOVERABLE.of(word) != 0,
            force_stop: FORCE_STOP.of(word) != 0,
        }
    }

    /// This word after a change.
    #[inline]
    pub(crate) const fn changed(self, change: Change) -> Self {
        Self(self.0 & change.keeps | change.sets)
    }

    /// What rule 5 makes of these columns (`invariants`).
    #[inline]
    pub(crate) const fn repaired(self) -> Self {
        let Self(word) = self.changed(RULE_5[self.pair()]);
        // An error that is a timeout with a usable backup is recoverable.
        let recoverable = word & TIMED_OUT.0 == TIMED_OUT.1;
        Self(word | RECOVERABLE.holding(recoverable as u8))
    }

    /// Something is wanted that was not wanted before, and is not reached.
    #[inline]
    pub(crate) const fn wants_anew(self, before: Self) -> bool {
        ((self.0 ^ before.0) & DESIRED.mask() != 0) & !FULFILLED[self.pair()]
    }

    /// The controller owes work, and owed none before.
    #[inline]
    pub(crate) const fn owes_anew(self, before: Self) -> bool {
        self.0 & !before.0 & PENDING.mask() != 0
    }

    /// The place of the state in a table.
    #[inline]
    pub(crate) const fn state_place(self) -> usize {
        self.0 as usize & (STATES - 1)
    }

    /// The place of the two states in a table.
    #[inline]
    const fn pair(self) -> usize {
        self.0 as usize & (PAIRS - 1)
    }

    /// The place of the two states, pending and the runner in a table.
    #[inline]
    pub(crate) const fn standing(self) -> usize {
        self.0 as usize & (STANDINGS - 1)
    }

    /// What stands at that place, all else being nothing.
    pub(crate) const fn at_standing(place: usize) -> Status {
        Self(place as u32).open()
    }

    /// A backup is under way.
    #[inline]
    pub(crate) const fn backs_up(self) -> bool {
        self.0 & BACKUP.mask() == BACKUP.holding(BackupState::InProgress as u8)
    }
}

/// The word at this place of its list. Every place that was packed has one.
const fn word_at<W: Copy>(list: &[W], place: u8) -> W {
    list[if (place as usize) < list.len() { place as usize } else { 0 }]
}

/// What of an error is looked at, and how it looks when it can be restored: `Status::timed_out_with_backup` as masks. A
/// test below holds the two to each other.
const TIMED_OUT: (u32, u32) = (
    STATE.mask() | FAULT.mask() | BACKUP.mask() | HAS_BACKUP_REF.mask(),
    STATE.holding(SandboxState::Error as u8)
        | FAULT.holding(1 + Fault::Timeout as u8)
        | BACKUP.holding(BackupState::Completed as u8)
        | HAS_BACKUP_REF.holding(1),
);

/// What rule 5 changes beside each pair of states.
static RULE_5: [Change; PAIRS] = {
    let mut table = [Change::NOTHING; PAIRS];
    let mut pair = 0;
    while pair < PAIRS {
        let Status { state, desired, .. } = Packed(pair as u32).open();
        let destroyed = matches!(state, SandboxState::Destroyed);
        let change = Change::NOTHING.pending(check::owes_work(state, desired));
        let change = if destroyed { change.backup(BackupState::None) } else { change };
        table[pair] =
            if destroyed || matches!(state, SandboxState::Archived) { change.off(HAS_RUNNER) } else { change };
        pair += 1;
    }
    table
};

/// The pairs of which the state is what is desired.
static FULFILLED: [bool; PAIRS] = {
    let mut table = [false; PAIRS];
    let mut pair = 0;
    while pair < PAIRS {
        let Status { state, desired, .. } = Packed(pair as u32).open();
        table[pair] = facts::is_fulfilled(state, desired);
        pair += 1;
    }
    table
};

/// A change of some columns, whatever they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    keeps: u32,
    sets: u32,
}

impl Change {
    /// No change.
    pub(crate) const NOTHING: Self = Self { keeps: !0, sets: 0 };

    const fn put(self, place: Place, value: u8) -> Self {
        Self { keeps: self.keeps & !place.mask(), sets: self.sets & !place.mask() | place.holding(value) }
    }

    const fn off(self, place: Place) -> Self {
        self.put(place, 0)
    }

    pub(crate) const fn state(self, state: SandboxState) -> Self {
        self.put(STATE, state as u8)
    }

    pub(crate) const fn desired(self, desired: DesiredState) -> Self {
        self.put(DESIRED, desired as u8)
    }

    pub(crate) const fn backup(self, backup: BackupState) -> Self {
        self.put(BACKUP, backup as u8)
    }

    const fn pending(self, pending: bool) -> Self {
        self.put(PENDING, pending as u8)
    }

    pub(crate) const fn force_stop(self, force: bool) -> Self {
        self.put(FORCE_STOP, force as u8)
    }

    /// Reason and flag are cleared, and no runner holds it any more.
    pub(crate) const fn left_its_error(self) -> Self {
        self.off(FAULT).off(RECOVERABLE).off(HAS_RUNNER)
    }
}

impl From<Status> for Packed {
    fn from(status: Status) -> Self {
        status.packed()
    }
}
impl From<Packed> for Status {
    fn from(packed: Packed) -> Self {
        packed.open()
    }
}
impl core::fmt::Debug for Packed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.open().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every status there is.
    fn all() -> impl Iterator<Item = Status> {
        let flag = |word: u32, at: u32| word >> at & 1 == 1;
        let faults = || [None].into_iter().chain(Fault::ALL.iter().copied().map(Some));
        SandboxState::ALL.iter().copied().flat_map(move |state| {
            DesiredState::ALL.iter().copied().flat_map(move |desired| {
                BackupState::ALL.iter().copied().flat_map(move |backup| {
                    faults().flat_map(move |fault| {
                        (0..32).map(move |flags| Status {
                            state,
                            desired,
                            backup,
                            fault,
                            pending: flag(flags, 0),
                            has_runner: flag(flags, 1),
                            has_backup_ref: flag(flags, 2),
                            recoverable: flag(flags, 3),
                            force_stop: flag(flags, 4),
                        })
                    })
                })
            })
        })
    }

    #[test]
    fn what_is_packed_is_laid_open_as_it_was() {
        for status in all() {
            assert_eq!(status.packed().open(), status);
        }
    }

    #[test]
    fn a_change_sets_its_columns_and_keeps_the_others() {
        let change = Change::NOTHING.state(SandboxState::Pausing).desired(DesiredState::Paused).force_stop(true);
        for status in all() {
            let changed =
                Status { state: SandboxState::Pausing, desired: DesiredState::Paused, force_stop: true, ..status };
            assert_eq!(status.packed().changed(change).open(), changed);
            let left = Status { fault: None, recoverable: false, has_runner: false, ..status };
            assert_eq!(status.packed().changed(Change::NOTHING.left_its_error()).open(), left);
            let given_up = Status { backup: BackupState::None, ..status };
            assert_eq!(status.packed().changed(Change::NOTHING.backup(BackupState::None)).open(), given_up);
        }
    }

    #[test]
    fn rule_5_changes_four_columns_and_no_other() {
        for status in all() {
            let Status { state, desired, .. } = status;
            let (destroyed, archived) = (state == SandboxState::Destroyed, state == SandboxState::Archived);
            let backup = if destroyed { BackupState::None } else { status.backup };
            let timed_out = state == SandboxState::Error && status.timed_out_with_backup();
            let tidy = Status {
                pending: check::owes_work(state, desired),
                has_runner: status.has_runner && !destroyed && !archived,
                backup,
                recoverable: status.recoverable || timed_out,
                ..status
            };
            assert_eq!(status.packed().repaired().open(), tidy, "{status:?}");
        }
    }

    #[test]
    fn what_is_new_is_what_was_not_before() {
        for status in all().filter(|status| status.fault.is_none() && status.backup == BackupState::None) {
            let before = Status { desired: DesiredState::Started, pending: false, ..status };
            let fulfilled = status.desired.fulfilled_by() == Some(status.state);
            let wants = status.desired != DesiredState::Started && !fulfilled;
            assert_eq!(status.packed().wants_anew(before.packed()), wants, "{status:?}");
            assert_eq!(status.packed().owes_anew(before.packed()), status.pending, "{status:?}");
        }
    }
}
