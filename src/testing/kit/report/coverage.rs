//! What a check reached, out of what it can reach.

use crate::{
    lifecycle::facts,
    policy::Policy,
    rules::{Input, Timer, Verb},
    testing::{case::Case, kit::cases::Rows},
    vocabulary::Micros,
};
use alloc::{collections::BTreeSet, format, string::String};
use core::fmt;

/// What a check reached, out of everything of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage<T> {
    all: BTreeSet<T>,
    reached: BTreeSet<T>,
}

impl<T: Ord + Clone> Coverage<T> {
    pub(super) fn of(all: impl IntoIterator<Item = T>) -> Self {
        Self { all: all.into_iter().collect(), reached: BTreeSet::new() }
    }

    /// Counts one that was reached, if it is among all.
    pub(super) fn reach(&mut self, one: &T) {
        if self.all.contains(one) && !self.reached.contains(one) {
            self.reached.insert(one.clone());
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.all.extend(other.all.iter().cloned());
        self.reached.extend(other.reached.iter().cloned());
    }

    /// Returns how many there are.
    pub fn all(&self) -> usize {
        self.all.len()
    }

    /// Returns how many were reached.
    pub fn reached(&self) -> usize {
        self.reached.len()
    }

    /// Returns those that were not reached, in order.
    pub fn missing(&self) -> impl Iterator<Item = &T> {
        self.all.difference(&self.reached)
    }
}

/// How many were reached, out of how many.
impl<T: Ord + Clone> fmt::Display for Coverage<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.reached(), self.all())
    }
}

/// An instant around the deadline of a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerEdge {
    /// The timer.
    pub timer: Timer,
    /// The instant, in microseconds after the deadline: -1, 0 or 1. A timer acts strictly after its deadline.
    pub micros: i8,
}

impl fmt::Display for TimerEdge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:+} µs", self.timer, self.micros)
    }
}

/// Returns the edges of every timer that has a deadline.
pub(super) fn edges() -> impl Iterator<Item = TimerEdge> {
    Timer::TIMED.iter().flat_map(|timer| [-1, 0, 1].map(|micros| TimerEdge { timer: *timer, micros }))
}

/// Returns the edge of a timer at which a case is decided, if it is decided at one.
pub(super) fn edge_of(case: &Case, policy: &Policy) -> Option<TimerEdge> {
    let Input::Timer(timer) = case.input else { return None };
    let boundaries = crate::clock::Clock::new(policy).boundaries(&case.row, case.context);
    let (_, at) = Timer::TIMED.iter().zip(boundaries).find(|(timed, _)| **timed == timer)?;
    crate::clock::Clock::passes_at(at)?;
    let micros = i8::try_from(Micros::from(case.now).as_micros().checked_sub(at)?).ok()?;
    (-1..=1).contains(&micros).then_some(TimerEdge { timer, micros })
}

/// A refusal: what is refused, and the crate's code of the reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefusalOf {
    /// The command, or that it is a report or a timer.
    pub asked: String,
    /// The crate's code.
    pub code: &'static str,
}

impl fmt::Display for RefusalOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.asked, self.code)
    }
}

impl RefusalOf {
    pub(super) fn new(input: &Input, code: &'static str) -> Self {
        let asked = match input {
            Input::Command(command) => format!("{}", command.verb()),
            Input::Report(_) => String::from(REPORT),
            Input::Timer(_) => String::from(TIMER),
        };
        Self { asked, code }
    }

    /// Returns every refusal of this command: that of each of its checks, and that of a context of another revision. Only
    /// broken rows have inconsistent states, or a paused container.
    pub(super) fn of_verb(verb: Verb, rows: Rows) -> impl Iterator<Item = Self> {
        let of_broken_rows = [facts::coherent, facts::vm_or_not_paused];
        let checks = verb.checks().iter();
        let checks = checks.filter(move |check| rows == Rows::Any || !of_broken_rows.contains(&check.guard));
        let codes = checks.map(|check| check.reason().code()).chain([CONFLICT]);
        codes.map(move |code| Self { asked: format!("{verb}"), code })
    }

    /// Returns every refusal of a report.
    pub(super) fn of_reports() -> [Self; 2] {
        [CONFLICT, crate::rules::Reason::BadState.code()].map(|code| Self { asked: String::from(REPORT), code })
    }

    /// Returns the only refusal of a timer.
    pub(super) fn of_timers() -> [Self; 1] {
        [Self { asked: String::from(TIMER), code: CONFLICT }]
    }
}

const REPORT: &str = "report";
const TIMER: &str = "timer";
/// The code for a context of another revision.
const CONFLICT: &str = "conflict";
