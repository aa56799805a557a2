//! HeldResources an embedder's own implementation against this crate, case by case, down to the smallest disagreement.

use super::inputs::{self, Case};
use crate::{
    lifecycle::{Columns, Lifecycle},
    policy::Policy,
    rules::{Context, Input},
};
use alloc::{borrow::Cow, boxed::Box, string::String};
use chrono::{DateTime, Utc};
use core::{cell::RefCell, fmt};
use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};

/// A platform's own implementation of the lifecycle: a service, a stored procedure, a port to another language.
pub trait SystemUnderTest {
    /// The policy it works under. The default one, unless it says otherwise.
    fn policy(&self) -> Policy {
        Policy::default()
    }

    /// Put `row` in place, let `input` happen to it at `now`, and say what became of it.
    fn decide(&mut self, row: &Columns, input: Input, context: Context, now: DateTime<Utc>) -> Verdict;
}

/// What became of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken, or ignored; the row is this now.
    Row(Box<Columns>),
    /// It was refused with this code.
    Refused(Cow<'static, str>),
}

impl Verdict {
    /// The input was taken, or ignored, and left this row.
    pub fn row(row: Columns) -> Self {
        Self::Row(Box::new(row))
    }

    /// The input was refused with this code.
    pub fn refused(code: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused(code.into())
    }

    /// What this crate answers.
    pub fn of(case: &Case, policy: &Policy) -> Self {
        match case.row.decide(case.input, policy, case.context, case.now) {
            Ok(step) => match step.apply(case.row) {
                Ok(row) => Self::row(row.columns()),
                Err(stale) => Self::refused(alloc::string::ToString::to_string(&stale)),
            },
            Err(refusal) => Self::refused(refusal.code()),
        }
    }
}

/// The smallest case found on which a system and this crate disagree.
#[derive(Debug, Clone, PartialEq)]
pub struct Disagreement {
    /// The question.
    pub case: Case,
    /// What this crate answers.
    pub expected: Verdict,
    /// What the system answered.
    pub found: Verdict,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { case, expected, found } = self;
        let Case { row, input, context, now } = case;
        write!(f, "on {row:#?}\nat {now} with {context:?}\n{input:?}\nshould give {expected:#?}\nbut gave {found:#?}")
    }
}
impl core::error::Error for Disagreement {}

/// Why a check did not pass.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// The two disagree, here.
    Disagreement(Box<Disagreement>),
    /// Not enough cases could be made: the strategy's own filters reject too many.
    TooFewCases(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disagreement(disagreement) => disagreement.fmt(f),
            Self::TooFewCases(reason) => write!(f, "too few cases could be made: {reason}"),
        }
    }
}
impl core::error::Error for Failure {}

/// Holds `system` against this crate on so many sound rows, each with an input, surroundings and a moment that matters.
///
/// The cases are the same in every run. What is compared is the whole row after, or the code of the refusal.
///
/// ```
/// use sandbox_lifecycle::{
///     testing::{check, SystemUnderTest, Failure, Verdict},
///     Columns, Command, Context, DesiredState, Input, Lifecycle, Policy,
/// };
/// use chrono::{DateTime, Utc};
///
/// /// A platform that forgot that a stop deletes an ephemeral sandbox.
/// struct Platform;
///
/// impl SystemUnderTest for Platform {
///     fn decide(&mut self, row: &Columns, input: Input, context: Context, now: DateTime<Utc>) -> Verdict {
///         let lifecycle = Lifecycle::from(*row);
///         match lifecycle.decide(input, &Policy::default(), context, now) {
///             Ok(step) => {
///                 let mut after = step.apply(lifecycle).expect("it was decided on this row").columns();
///                 if matches!(input, Input::Command(Command::Stop { .. })) && step.is_soft_delete() {
///                     after.desired_state = DesiredState::Stopped;
///                 }
///                 Verdict::row(after)
///             }
///             Err(refusal) => Verdict::refused(refusal.code()),
///         }
///     }
/// }
///
/// let Err(Failure::Disagreement(disagreement)) = check(&mut Platform, 10_000) else { panic!("they agree") };
/// assert!(matches!(disagreement.case.input, Input::Command(Command::Stop { .. })));
/// assert!(disagreement.case.row.is_ephemeral());
/// ```
///
/// # Errors
/// [`Failure`], with the smallest case on which the two differ.
pub fn check(system: &mut impl SystemUnderTest, cases: u32) -> Result<(), Failure> {
    check_within(system, cases, inputs::case())
}

/// As [`check`], on the cases that `strategy` makes: on broken rows too ([`any_case`](super::any_case)), or only on
/// those that the system knows (`case().prop_filter(…)`).
///
/// # Errors
/// [`Failure`], with the smallest case on which the two differ.
pub fn check_within(
    system: &mut impl SystemUnderTest,
    cases: u32,
    strategy: impl Strategy<Value = Case>,
) -> Result<(), Failure> {
    let policy = system.policy();
    let system = RefCell::new(system);
    let question = |case: &Case| {
        let expected = Verdict::of(case, &policy);
        let found = system.borrow_mut().decide(&case.row.columns(), case.input, case.context, case.now);
        (same(&expected), same(&found))
    };
    let config = Config { cases, failure_persistence: None, max_local_rejects: 8_192, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&strategy, |case| {
        let (expected, found) = question(&case);
        if expected == found { Ok(()) } else { Err(TestCaseError::fail("they disagree")) }
    });
    match outcome {
        Ok(()) => Ok(()),
        Err(TestError::Abort(reason)) => Err(Failure::TooFewCases(String::from(reason.message()))),
        Err(TestError::Fail(_, case)) => {
            let (expected, found) = question(&case);
            Err(Failure::Disagreement(Box::new(Disagreement { case, expected, found })))
        }
    }
}

/// A verdict as it is compared: two ways to store the same row are one.
fn same(verdict: &Verdict) -> Verdict {
    match verdict {
        Verdict::Row(row) => Verdict::row(Lifecycle::from(**row).columns()),
        Verdict::Refused(code) => Verdict::Refused(Cow::Owned(String::from(code.as_ref()))),
    }
}
