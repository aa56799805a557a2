//! A system while it is checked: each call is guarded against panics, and a wrong answer is asked for again and shrunk.

use super::{
    cases::Plan,
    failure::{Act, Counterexample, Failure, Held, Law, Reply, Story, Wrong, differences},
    report::Part,
    system::{Answer, Answered, Declined, NotOffered, System, guarded},
};
use crate::{
    clock::Clock,
    lifecycle::{Column, Lifecycle},
    policy::Policy,
    rules::Reason,
    testing::case::Case,
};
use alloc::{borrow::Cow, boxed::Box, format, string::ToString, vec::Vec};
use chrono::{DateTime, Utc};

/// A system while it is checked.
pub(super) struct Subject<'a, S: System> {
    pub(super) system: &'a mut S,
    pub(super) policy: Policy,
    pub(super) held: Held,
    clock: Clock,
}

/// How a trial ends.
pub(super) enum Trial {
    /// The system has no such row or input.
    Declined(Declined),
    /// The system is right. It does not offer these parts.
    Right(Vec<Part>),
    /// The system is wrong.
    Wrong(Box<Finding>),
}

/// What was asked, and what is wrong.
pub(super) struct Finding {
    pub(super) story: Story,
    pub(super) wrong: Wrong,
}

/// Why a trial stops early. It lets a trial use the question mark.
pub(super) enum Stop {
    Declined(Declined),
    Wrong(Box<Wrong>),
}

impl From<Wrong> for Stop {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(Box::new(wrong))
    }
}

impl Stop {
    /// Returns the end of a trial that asked this.
    pub(super) fn in_story(self, story: impl FnOnce() -> Story) -> Trial {
        match self {
            Self::Declined(declined) => Trial::Declined(declined),
            Self::Wrong(wrong) => Trial::Wrong(Box::new(Finding { story: story(), wrong: *wrong })),
        }
    }
}

impl<'a, S: System> Subject<'a, S> {
    pub(super) fn new(system: &'a mut S) -> Self {
        let policy = system.policy();
        let held = Held::of(|column: &Column| system.has_column(column));
        let clock = Clock::new(&policy);
        Self { system, policy, held, clock }
    }

    /// Calls the system.
    pub(super) fn call<T>(&mut self, work: impl FnOnce(&mut S) -> T) -> Result<T, Stop> {
        guarded(|| work(self.system)).map_err(|panic| Wrong::Panicked(panic).into())
    }

    pub(super) fn store(&mut self, row: &Lifecycle) -> Result<(), Stop> {
        self.call(|system| system.store(&row.columns()))?.map_err(Stop::Declined)
    }

    /// Returns the crate's answer, with the codes of the system.
    pub(super) fn expected(&self, case: &Case) -> Answer {
        Answer::named(case, &self.policy, |reason| self.code(reason))
    }

    /// Returns the system's code for a reason.
    pub(super) fn code(&self, reason: Reason) -> Cow<'static, str> {
        Cow::Owned(self.system.code(reason).to_string())
    }

    /// Compares a reply with the crate's.
    pub(super) fn compare(&self, expected: Reply, found: Reply) -> Result<(), Stop> {
        let differences = differences(&expected, &found, &self.held);
        if differences.is_empty() { Ok(()) } else { Err(Wrong::Disagreement { expected, found, differences }.into()) }
    }

    /// Decides a case on the stored row. Returns what the system does not offer.
    pub(super) fn decide(&mut self, case: &Case, parts: &mut Vec<Part>) -> Result<Answer, Stop> {
        let found = self.call(|system| system.decide(case.input, case.context, case.now))?;
        let expected = self.expected(case);
        let part = match &found.result {
            Answered::Declined(declined) => return Err(Stop::Declined(declined.clone())),
            Answered::Refused(_) => found.http_status.is_none().then_some(Part::HttpStatus),
            Answered::Row(_) | Answered::Removed => found.effects.is_none().then_some(Part::Effects),
        };
        parts.extend(part);
        self.compare(Reply::Answer(expected.clone()), Reply::Answer(found))?;
        Ok(expected)
    }

    /// Asks for the next look at this row, which is stored.
    pub(super) fn look(&mut self, row: &Lifecycle, parts: &mut Vec<Part>) -> Result<(), Stop> {
        let found = match self.call(System::next_look)? {
            Ok(found) => found,
            Err(NotOffered) => {
                parts.push(Part::NextLook);
                return Ok(());
            }
        };
        let Some(expected) = self.clock.next(row) else { return Ok(()) };
        if found.is_some_and(|found| found <= expected) {
            return Ok(());
        }
        let how = format!("{}, but {}", Reply::NextLook(found), Reply::NextLook(Some(expected)));
        Err(Wrong::BrokenLaw { law: Law::LooksInTime, how: format!("found {how} is needed") }.into())
    }

    /// Finds the smallest trial that is wrong as this one is. The system is flaky if it does not repeat its answer.
    pub(super) fn settle<T: Clone>(
        &mut self,
        plan: &Plan,
        cases: u64,
        (first, found): (T, Finding),
        smaller: impl Fn(&T) -> Vec<T>,
        run: impl Fn(&mut Self, &T) -> Trial,
    ) -> Failure {
        let (mut trial, mut found) = (first, found);
        let mut trials = 0u32;
        let mut flaky = self.repeated(&found, &run, &trial);
        while flaky.is_none() && trials < MOST_TRIALS {
            let candidates = smaller(&trial);
            let wrong = candidates.into_iter().find_map(|candidate| {
                trials = trials.saturating_add(1);
                match run(self, &candidate) {
                    Trial::Wrong(again) if alike(&again.wrong, &found.wrong) => Some((candidate, *again)),
                    Trial::Wrong(_) | Trial::Right(_) | Trial::Declined(_) => None,
                }
            });
            let Some((candidate, again)) = wrong else { break };
            (trial, found) = (candidate, again);
            flaky = self.repeated(&found, &run, &trial);
        }
        let Finding { story, wrong } = found;
        let wrong = flaky.unwrap_or(wrong);
        Failure::Wrong(Box::new(Counterexample { cases, seed: plan.seed, story, wrong }))
    }

    /// Asks the same again. Returns how the system is flaky, if its answer is another one.
    fn repeated<T>(&mut self, found: &Finding, run: impl Fn(&mut Self, &T) -> Trial, trial: &T) -> Option<Wrong> {
        let Wrong::Disagreement { expected, found: first, .. } = &found.wrong else { return None };
        let second = match run(self, trial) {
            Trial::Right(_) => expected.clone(),
            Trial::Wrong(again) => match again.wrong {
                Wrong::Disagreement { found: second, .. } => second,
                Wrong::Panicked(_) | Wrong::Flaky { .. } | Wrong::BrokenLaw { .. } => return None,
            },
            Trial::Declined(_) => return None,
        };
        let is_other = !differences(first, &second, &self.held).is_empty();
        is_other.then(|| Wrong::Flaky { expected: expected.clone(), first: first.clone(), second })
    }
}

/// How many smaller cases are tried at most.
const MOST_TRIALS: u32 = 5_000;

/// Whether two trials are wrong in the same way.
fn alike(one: &Wrong, other: &Wrong) -> bool {
    match (one, other) {
        (Wrong::Disagreement { .. }, Wrong::Disagreement { .. }) => true,
        (Wrong::Panicked(one), Wrong::Panicked(other)) => one.place == other.place,
        (Wrong::BrokenLaw { law, .. }, Wrong::BrokenLaw { law: other, .. }) => law == other,
        (Wrong::Disagreement { .. } | Wrong::Panicked(_) | Wrong::BrokenLaw { .. } | Wrong::Flaky { .. }, _) => false,
    }
}

/// The story of a row and an input.
pub(super) fn story_of(case: &Case) -> Story {
    Story::of(&case.row, case.now, Act::Input { input: case.input, context: case.context })
}

/// The story of a row and its next look.
pub(super) fn story_of_look(row: &Lifecycle, now: DateTime<Utc>) -> Story {
    Story::of(row, now, Act::NextLook)
}
