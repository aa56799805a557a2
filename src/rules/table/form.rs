//! The form of the rule table: a row for each verb, the checks that it makes, and what it writes.

use crate::{
    lifecycle::{Edit, Status, fact_set::Facts, state_set::StateSet},
    rules::{
        event::{Event, EventName},
        guards::{self, Guard},
        input::verb::{Verb, VerbAndFlag},
        reason::Reason,
        step::side_effects::{Owed, ReasonText, RunnerChange, SideEffects},
    },
    vocabulary::{BackupState, DesiredState, Repair, SandboxState},
};
use core::{fmt, hint::select_unpredictable as choose};

/// One row of the table: everything about a command.
pub(crate) struct Row {
    pub(crate) verb: Verb,
    /// What the command does, in the domain's words.
    pub(crate) summary: &'static str,
    /// The states from which it can be accepted.
    pub(crate) from: StateSet,
    /// The two phrases of its yes-or-no argument, yes first, where checks or writes depend on one.
    pub(crate) flag: Option<[&'static str; 2]>,
    /// The fact that makes the command a success without a write, where there is one.
    pub(crate) already: Facts,
    /// What it demands, in order, and what is answered otherwise.
    pub(crate) checks: &'static [Check],
    /// What it writes: the first case that holds.
    pub(crate) cases: [Case; CASES],
}

/// How many cases a row has at most. The last of a row always holds.
pub(crate) const CASES: usize = 3;

/// What is written when a fact holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    pub(crate) when: Facts,
    /// The case is only for this value of the argument.
    pub(crate) only: Option<bool>,
    pub(crate) writes: Writes,
}

impl Case {
    /// The case that is left when no other holds, and writes nothing.
    pub(crate) const LEFT: Self = Self { when: Facts::ALL, only: None, writes: Writes::NOTHING };
}

/// One condition of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    pub(crate) guard: Facts,
    /// The check is only made for this value of the argument.
    pub(crate) only: Option<bool>,
    pub(crate) reason: Reason,
    pub(crate) why: &'static str,
}

impl Check {
    /// Returns the name of the guard.
    pub fn name(&self) -> &'static str {
        self.guard().map_or("", |guard| guard.name())
    }

    /// Returns the guard. Each check has one.
    pub fn guard(&self) -> Option<Guard> {
        guards::named(self.guard)
    }

    /// Returns the reason of the refusal when the guard does not hold.
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// Returns why the command demands it.
    pub const fn why(&self) -> &'static str {
        self.why
    }

    /// Returns the value of the command's yes-or-no argument for which the check is made, or `None` if it is always made.
    /// [`Verb::flag`](crate::Verb::flag) says what both values mean.
    pub const fn only(&self) -> Option<bool> {
        self.only
    }

    /// Whether the check is made for this value of the argument.
    pub(crate) const fn applies(&self, flag: bool) -> bool {
        match self.only {
            Some(only) => only == flag,
            None => true,
        }
    }
}

/// The name of the guard, for example `started`.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What an accepted command writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writes {
    /// The state, where it changes at once.
    pub(crate) state: Option<SandboxState>,
    /// The desired state, where it changes.
    pub(crate) desired: Option<DesiredState>,
    /// The column `forceStop` gets the argument.
    pub(crate) sets_force: bool,
    /// Reason and flag are cleared, and the runner becomes the previous one.
    pub(crate) leaves_error: bool,
    /// A recovery in place is under way.
    pub(crate) repairs: bool,
    /// The call may change the disk, so that no backup is current.
    pub(crate) changes_disk: bool,
    /// The backup becomes the disk, also one that was kept as the last resort.
    pub(crate) uses_backup: bool,
    /// A backup is requested. The disk changes while it is made, or it does not.
    pub(crate) requests_backup: Option<bool>,
    /// Failed attempts to archive no longer count.
    pub(crate) resets_attempts: bool,
    /// No column of the row is written, so its invariants are not enforced either.
    pub(crate) row_untouched: bool,
    pub(crate) effects: SideEffects,
}

/// The words in which the table says what a command writes.
impl Writes {
    pub(crate) const NOTHING: Self = Self {
        state: None,
        desired: None,
        sets_force: false,
        leaves_error: false,
        repairs: false,
        changes_disk: false,
        uses_backup: false,
        requests_backup: None,
        resets_attempts: false,
        row_untouched: false,
        effects: SideEffects::NONE,
    };

    pub(super) const fn state(mut self, state: SandboxState) -> Self {
        self.state = Some(state);
        self
    }

    pub(super) const fn desired(mut self, desired: DesiredState) -> Self {
        self.desired = Some(desired);
        self
    }

    pub(super) const fn soft_delete(mut self) -> Self {
        self.effects.soft_delete = true;
        self.desired(DesiredState::Destroyed)
    }

    pub(super) const fn leaves_error(mut self) -> Self {
        self.effects.reason = ReasonText::Cleared;
        self.effects.runner = RunnerChange::ReleasedAsPrevious;
        self.effects.owed = Owed::Removal;
        self.leaves_error = true;
        self
    }

    pub(super) const fn requests_backup(mut self, disk_changes: bool) -> Self {
        self.requests_backup = Some(disk_changes);
        self
    }

    pub(super) const fn emits(mut self, event: EventName) -> Self {
        assert!(Event::without_fields(event).is_some(), "a change of state emits its own events");
        self.effects.event = Some(event);
        self
    }

    /// The columns after this write, before the invariants are enforced. `flag` is the command's argument.
    ///
    /// It only replaces whole columns, so that an [`Edit`] does the same.
    pub(crate) const fn applied_to(&self, status: Status, flag: bool) -> Status {
        let mut after = status;
        if let Some(state) = self.state {
            after = after.with_state(state);
        }
        if let Some(desired) = self.desired {
            after = after.with_desired(desired);
        }
        if self.effects.soft_delete {
            after = after.with_backup(BackupState::None);
        }
        if self.leaves_error {
            after = after.with_fault(None).with_recoverable(false).with_runner(false);
        }
        if self.repairs {
            after = after.with_repair(Some(Repair::Recover));
        }
        if self.changes_disk {
            after = after.with_changed_since_backup(true);
        }
        if self.uses_backup {
            after = after.with_backup(BackupState::Completed).with_backup_ref(true);
            after = after.with_changed_since_backup(false).with_kept_backup(false).with_must_ask_store(false);
        }
        if let Some(disk_changes) = self.requests_backup {
            after = after.with_requested_backup(disk_changes);
        }
        if self.resets_attempts {
            after = after.with_archive_attempts(0);
        }
        if self.sets_force {
            after = after.with_force_stop(flag);
        }
        after
    }
}

/// Words of the table that say yes to something.
macro_rules! yes {
    ($($word:ident: $($field:ident).+;)+) => {
        impl Writes {
            $(pub(super) const fn $word(mut self) -> Self {
                self.$($field).+ = true;
                self
            })+
        }
    };
}
yes! {
    sets_force: sets_force;
    rotates_token: effects.token;
    calls_runner: effects.calls;
    repairs: repairs;
    changes_disk: changes_disk;
    uses_backup: uses_backup;
    resets_attempts: resets_attempts;
    leaves_row: row_untouched;
}

/// A row as a decision needs it, for one value of its argument.
#[derive(Clone, Copy)]
#[repr(align(64))] // A look-up then multiplies by a power of two.
pub(crate) struct Rule {
    pub(crate) of: VerbAndFlag,
    pub(crate) already: Facts,
    /// The guards that must hold: those of all checks that apply.
    pub(crate) demands: Facts,
    pub(crate) cases: [Outcome; CASES],
}

/// What a rule writes in one case, as it is carried out.
#[derive(Clone, Copy)]
pub(crate) struct Outcome {
    when: Facts,
    edit: Edit,
    row_untouched: bool,
    /// Whether the effects begin a new piece of work.
    pub(crate) begins_work: bool,
    pub(crate) effects: SideEffects,
}

impl Row {
    /// The rule of this row for one value of the command's argument.
    pub(crate) const fn rule(&self, flag: bool) -> Rule {
        let (mut demands, mut rest) = (Facts::NONE, self.checks);
        while let [check, more @ ..] = rest {
            if check.applies(flag) {
                demands = demands.and(check.guard);
            }
            rest = more;
        }
        let [first, second, third] = self.cases;
        let cases = [first.outcome(flag), second.outcome(flag), third.outcome(flag)];
        Rule { of: VerbAndFlag { verb: self.verb, flag }, already: self.already, demands, cases }
    }
}

impl Case {
    const fn outcome(self, flag: bool) -> Outcome {
        let when = match self.only {
            Some(only) if only != flag => Facts::NONE,
            Some(_) | None => self.when,
        };
        let [none, all] = Status::EXTREMES;
        let edit = Edit::between(self.writes.applied_to(none, flag), self.writes.applied_to(all, flag));
        let Writes { row_untouched, effects, .. } = self.writes;
        Outcome { when, edit, row_untouched, begins_work: effects.begin_work(), effects }
    }
}

impl Outcome {
    /// The columns after this write, with the invariants enforced.
    #[inline]
    pub(crate) fn applied_to(&self, status: Status) -> Status {
        choose(self.row_untouched, status, status.edited(self.edit).repaired())
    }
}

impl Rule {
    /// What is written where these facts hold: the first case that does. Counted, not searched: which one it is, is
    /// unpredictable.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "one of three places")]
    pub(crate) fn outcome(&self, facts: Facts) -> &Outcome {
        let [first, second, _] = &self.cases;
        let (not_first, not_second) = (!facts.contain(first.when), !facts.contain(second.when));
        &self.cases[usize::from(not_first).wrapping_add(usize::from(not_first & not_second))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Fault;

    #[test]
    fn each_word_of_the_table_writes_its_columns_and_the_edit_writes_the_same() {
        let failed =
            Status::BLANK.with_state(SandboxState::Error).with_fault(Some(Fault::Other)).with_recoverable(true);
        let row = failed.with_runner(true).with_archive_attempts(3).with_must_ask_store(true).with_kept_backup(true);
        let restored = row.with_backup(BackupState::Completed).with_backup_ref(true).with_changed_since_backup(false);
        let cases = [
            (Writes::NOTHING, row),
            (Writes::NOTHING.state(SandboxState::Stopping), row.with_state(SandboxState::Stopping)),
            (Writes::NOTHING.desired(DesiredState::Stopped), row.with_desired(DesiredState::Stopped)),
            (Writes::NOTHING.sets_force(), row.with_force_stop(true)),
            (Writes::NOTHING.soft_delete(), row.with_desired(DesiredState::Destroyed).with_backup(BackupState::None)),
            (Writes::NOTHING.leaves_error(), row.with_fault(None).with_recoverable(false).with_runner(false)),
            (Writes::NOTHING.repairs(), row.with_repair(Some(Repair::Recover))),
            (Writes::NOTHING.changes_disk(), row.with_changed_since_backup(true)),
            (Writes::NOTHING.uses_backup(), restored.with_kept_backup(false).with_must_ask_store(false)),
            (Writes::NOTHING.requests_backup(true), row.with_requested_backup(true)),
            (Writes::NOTHING.requests_backup(false), row.with_requested_backup(false)),
            (Writes::NOTHING.resets_attempts(), row.with_archive_attempts(0)),
            // These are effects.
            (Writes::NOTHING.rotates_token().calls_runner().leaves_row().emits(EventName::Started), row),
        ];
        for (writes, expected) in cases {
            let [none, all] = Status::EXTREMES;
            let edit = Edit::between(writes.applied_to(none, true), writes.applied_to(all, true));
            assert_eq!((writes.applied_to(row, true), row.edited(edit)), (expected, expected), "{writes:?}");
        }
    }
}
