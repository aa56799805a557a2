//! The explanation of a command: whether it is accepted, the checks, and the conditions that are not visible.

use crate::{
    lifecycle::fact_set::Facts,
    rules::{Check, Guard, Reason, Verb, guards, input::verb::VerbAndFlag, table::rows::row},
};
use core::fmt;
use serde::Serialize;

/// Whether a command is accepted: one answer for one button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "lowercase")]
pub enum Acceptance {
    /// It is accepted. From a record it may also be a success that writes nothing.
    Accepted,
    /// Its result is already so: it is a success that writes nothing, and no check is made.
    #[strum(to_string = "already so")]
    AlreadySo,
    /// It is refused.
    Refused,
    /// It depends on conditions that are not visible. Only for a [`PartialLifecycle`](crate::PartialLifecycle).
    #[strum(to_string = "the server decides")]
    ServerDecides,
}

/// Whether a check holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// It holds.
    #[strum(to_string = "yes")]
    Yes,
    /// It does not hold.
    #[strum(to_string = "no")]
    No,
    /// It depends on what is not visible.
    #[strum(to_string = "not visible")]
    Unknown,
}

/// How a command would be answered, and why. It is `Copy`; texts are written only when they are asked for.
///
/// [`Lifecycle::explain`](crate::Lifecycle::explain) knows every condition. [`PartialLifecycle::explain`] knows only what
/// a record shows: it says yes or no where every row behind the record gets the same answer.
///
/// [`PartialLifecycle::explain`]: crate::PartialLifecycle::explain
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    of: VerbAndFlag,
    /// The checks that are made in some row.
    checks: &'static [Check],
    /// The facts that hold in every row in which the checks are made, and those that hold in none.
    always: Facts,
    never: Facts,
    answers: Answers,
    reason: Reasons,
}

/// The answers that are possible.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Answers {
    accepted: bool,
    already: bool,
    refused: bool,
}

/// The reasons that are possible.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reasons {
    None,
    One(Reason),
    Several,
}

impl Reasons {
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, reasons) | (reasons, Self::None) => reasons,
            (Self::One(one), Self::One(other)) if one == other => self,
            (Self::One(_) | Self::Several, Self::One(_) | Self::Several) => Self::Several,
        }
    }
}

impl Explanation {
    /// Explains a command of a row where these facts hold. Of `unknown` facts each may hold or not.
    pub(super) fn of(of: VerbAndFlag, facts: Facts, unknown: Facts) -> Self {
        let row = row(of.verb);
        let none = Answers { accepted: false, already: false, refused: false };
        if facts.contain(row.already) {
            let answers = Answers { already: true, ..none };
            return Self { of, checks: &[], always: Facts::ALL, never: Facts::ALL, answers, reason: Reasons::None };
        }
        let possible = facts.and(unknown);
        let certain = facts.without(unknown);
        let (mut answers, mut reason) = (Answers { accepted: true, ..none }, Reasons::None);
        for check in row.checks.iter().filter(|check| check.applies(of.flag) && !certain.contain(check.guard)) {
            answers.refused = true;
            reason = reason.or(Reasons::One(check.reason()));
            if !possible.contain(check.guard) {
                answers.accepted = false;
                break;
            }
        }
        Self { of, checks: row.checks, always: certain, never: Facts::ALL.without(possible), answers, reason }
    }

    /// Explains the refusal of a context that was gathered for another revision. No check is made.
    pub(super) const fn of_other_revision(of: VerbAndFlag) -> Self {
        let answers = Answers { accepted: false, already: false, refused: true };
        let reason = Reasons::One(Reason::Conflict);
        Self { of, checks: &[], always: Facts::NONE, never: Facts::NONE, answers, reason }
    }

    /// Explains the same command where either row may be the one.
    pub(super) fn or(self, other: Self) -> Self {
        let (a, b) = (self.answers, other.answers);
        Self {
            of: self.of,
            checks: if self.checks.is_empty() { other.checks } else { self.checks },
            always: self.always.common_with(other.always),
            never: self.never.common_with(other.never),
            answers: Answers {
                accepted: a.accepted || b.accepted,
                already: a.already || b.already,
                refused: a.refused || b.refused,
            },
            reason: self.reason.or(other.reason),
        }
    }

    /// Returns the command, without its arguments.
    pub const fn verb(&self) -> Verb {
        self.of.verb
    }

    /// Returns whether the command is accepted.
    pub const fn acceptance(&self) -> Acceptance {
        match self.answers {
            Answers { refused: true, accepted: false, already: false } => Acceptance::Refused,
            Answers { refused: true, .. } => Acceptance::ServerDecides,
            Answers { accepted: false, already: true, .. } => Acceptance::AlreadySo,
            Answers { .. } => Acceptance::Accepted,
        }
    }

    /// Returns the reason of the refusal, or `None` if the command is not surely refused, or for one of several reasons.
    ///
    /// It is the first check that fails, as in a [`Refusal`](crate::Refusal). A context of another revision is a
    /// [`Conflict`](Reason::Conflict).
    pub const fn reason(&self) -> Option<Reason> {
        match (self.acceptance(), self.reason) {
            (Acceptance::Refused, Reasons::One(reason)) => Some(reason),
            (Acceptance::Refused, Reasons::None | Reasons::Several) => None,
            (Acceptance::Accepted | Acceptance::AlreadySo | Acceptance::ServerDecides, _) => None,
        }
    }

    /// Returns every check that the decision makes, in order, and whether it holds.
    ///
    /// There are none where the result is already so, and for a context of another revision.
    pub fn checks(&self) -> impl Iterator<Item = (&'static Check, Holds)> + use<> {
        let explained = *self;
        let made = self.checks.iter().filter(move |check| check.applies(explained.of.flag));
        made.map(move |check| (check, explained.holds(check.guard)))
    }

    /// Returns the checks that surely fail, in order.
    ///
    /// To people, show the first one: each check is worded for a sandbox that passes those before it, so a fork of a paused
    /// sandbox also names a change under way. There may be none although a record is surely refused, because the rows behind
    /// it fail different checks: a pause while the record shows stopping. Then name the state.
    pub fn failing_checks(&self) -> impl Iterator<Item = &'static Check> + use<> {
        self.checks().filter(|(_, holds)| *holds == Holds::No).map(|(check, _)| check)
    }

    /// Returns the conditions that count and are not visible. There are some where the server decides, and none where
    /// everything is known.
    pub fn unseen(&self) -> impl Iterator<Item = Guard> + use<> {
        let checks = self.checks().filter(|(_, holds)| *holds == Holds::Unknown).map(|(check, _)| check.guard);
        let Answers { already, accepted, refused } = self.answers;
        let sometimes_already = (already && (accepted || refused)).then(|| row(self.of.verb).already);
        sometimes_already.into_iter().chain(checks).filter_map(guards::named)
    }

    fn holds(&self, guard: Facts) -> Holds {
        match (self.always.contain(guard), self.never.contain(guard)) {
            (true, _) => Holds::Yes,
            (false, true) => Holds::No,
            (false, false) => Holds::Unknown,
        }
    }
}

/// The answer in one line, with what stands in the way or is not visible.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.of.verb, self.acceptance())?;
        match self.acceptance() {
            Acceptance::Accepted => Ok(()),
            Acceptance::AlreadySo => guards::named(row(self.of.verb).already).map_or(Ok(()), |so| write!(f, ": {so}")),
            Acceptance::Refused if self.reason() == Some(Reason::Conflict) && self.checks.is_empty() => {
                f.write_str(": the context was gathered for another revision of the sandbox")
            }
            Acceptance::Refused => {
                let whys = self.failing_checks().map(Check::why);
                whys.enumerate().try_for_each(|(at, why)| write!(f, "{}{why}", if at == 0 { ": " } else { "; " }))
            }
            Acceptance::ServerDecides => {
                f.write_str(", because this is not visible: ")?;
                let unseen = self.unseen().enumerate();
                { unseen }.try_for_each(|(at, guard)| write!(f, "{}{guard}", if at == 0 { "" } else { "; " }))
            }
        }
    }
}

impl fmt::Debug for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explanation")
            .field("verb", &self.of.verb)
            .field("acceptance", &self.acceptance())
            .field("reason", &self.reason())
            .field("failing", &alloc::vec::Vec::from_iter(self.failing_checks().map(Check::name)))
            .field("unseen", &alloc::vec::Vec::from_iter(self.unseen()))
            .finish()
    }
}
