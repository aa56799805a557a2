//! The form of the rule table: a row for each verb, the checks that it makes, and what it writes.

use crate::{
    lifecycle::{Status, fact_set::Facts, state_set::StateSet},
    rules::{event::Event, guards, input::verb::Verb, reason::Reason, step::side_effects::SideEffects},
    vocabulary::{BackupState, DesiredState, SandboxState},
};
use core::fmt;

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
    #[must_use]
    pub fn name(&self) -> &'static str {
        guards::named(self.guard).map_or("", |(name, _)| name)
    }

    /// Returns the reason of the refusal when the guard does not hold.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// Returns why the command demands it.
    #[must_use]
    pub const fn why(&self) -> &'static str {
        self.why
    }

    /// Whether the check is made for this value of the argument.
    pub(crate) const fn applies(&self, flag: bool) -> bool {
        match self.only {
            Some(only) => only == flag,
            None => true,
        }
    }
}

/// `pause: runs` and so on: the name of the guard.
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
        row_untouched: false,
        effects: SideEffects::NONE,
    };

    pub(super) const fn state(self, state: SandboxState) -> Self {
        Self { state: Some(state), ..self }
    }

    pub(super) const fn desired(self, desired: DesiredState) -> Self {
        Self { desired: Some(desired), ..self }
    }

    pub(super) const fn sets_force(self) -> Self {
        Self { sets_force: true, ..self }
    }

    pub(super) const fn soft_delete(self) -> Self {
        Self { effects: self.effects.soft_delete(), ..self }.desired(DesiredState::Destroyed)
    }

    pub(super) const fn leaves_error(self) -> Self {
        Self { leaves_error: true, effects: self.effects.leaves_error(), ..self }
    }

    pub(super) const fn rotates_token(self) -> Self {
        Self { effects: self.effects.rotates_token(), ..self }
    }

    pub(super) const fn calls_runner(self) -> Self {
        Self { effects: self.effects.calls_runner(), ..self }
    }

    pub(super) const fn stores_child(self) -> Self {
        Self { effects: self.effects.stores_child(), ..self }
    }

    pub(super) const fn emits(self, event: Event) -> Self {
        Self { effects: self.effects.emits(Some(event)), ..self }
    }

    pub(super) const fn leaves_row(self) -> Self {
        Self { row_untouched: true, ..self }
    }

    /// The columns after this write, with the invariants enforced. `flag` is the command's argument.
    #[inline]
    pub(crate) const fn applied_to(&self, status: Status, flag: bool) -> Status {
        if self.row_untouched {
            return status;
        }
        let mut after = status;
        if let Some(state) = self.state {
            after.state = state;
        }
        if let Some(desired) = self.desired {
            after.desired = desired;
        }
        if self.effects.soft_delete {
            after.backup = BackupState::None;
        }
        if self.leaves_error {
            after.fault = None;
            after.recoverable = false;
            after.has_runner = false;
        }
        if self.sets_force {
            after.force_stop = flag;
        }
        after.repaired()
    }
}

/// A row as a decision needs it, for one value of its argument.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) verb: Verb,
    pub(crate) flag: bool,
    pub(crate) already: Facts,
    /// The guards that must hold: those of all checks that apply.
    pub(crate) demands: Facts,
    pub(crate) cases: [(Facts, Writes); CASES],
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
        let cases = [first.decided(flag), second.decided(flag), third.decided(flag)];
        Rule { verb: self.verb, flag, already: self.already, demands, cases }
    }
}

impl Case {
    const fn decided(self, flag: bool) -> (Facts, Writes) {
        let when = match self.only {
            Some(only) if only != flag => Facts::NONE,
            Some(_) | None => self.when,
        };
        (when, self.writes)
    }
}

impl Rule {
    /// What is written where these facts hold: the first case that does.
    #[inline]
    pub(crate) fn writes(&self, facts: Facts) -> &Writes {
        let [(first, a), (second, b), (_, c)] = &self.cases;
        if facts.contain(*first) {
            a
        } else if facts.contain(*second) {
            b
        } else {
            c
        }
    }
}
