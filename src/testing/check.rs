//! Compares an embedder's own implementation with this crate, case by case, and finds the smallest disagreement.

use super::{case::Case, strategies};
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
    /// Returns the policy of the system. It is the default policy unless the system overrides this method.
    fn policy(&self) -> Policy {
        Policy::default()
    }

    /// Stores `row`, applies `input` to it at `now`, and returns the result.
    fn decide(&mut self, row: &Columns, input: Input, context: Context, now: DateTime<Utc>) -> Verdict;
}

/// The result of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The input was accepted or ignored, and this is the row after it.
    Row(Box<Columns>),
    /// The input was refused with this code.
    Refused(Cow<'static, str>),
}

impl Verdict {
    /// Returns the verdict for an input that was accepted or ignored and left this row.
    pub fn row(row: Columns) -> Self {
        Self::Row(Box::new(row))
    }

    /// Returns the verdict for an input that was refused with this code.
    pub fn refused(code: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused(code.into())
    }

    /// Returns the verdict of this crate.
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
    /// The case.
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
        write!(f, "on {row:#?}\nat {now} with {context:?}\n{input:?}\nexpected {expected:#?}\nfound {found:#?}")
    }
}
impl core::error::Error for Disagreement {}

/// The reason why a check failed.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// The system and this crate disagree on this case.
    Disagreement(Box<Disagreement>),
    /// The strategy generated too few cases, because its filters reject too many.
    TooFewCases(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disagreement(disagreement) => disagreement.fmt(f),
            Self::TooFewCases(reason) => write!(f, "the strategy generated too few cases: {reason}"),
        }
    }
}
impl core::error::Error for Failure {}

/// Compares `system` with this crate on this number of cases. Each case is a sound row with an input, a context and a moment
/// at which a rule could change its answer.
///
/// The cases are the same in every run. The check compares the whole row after the input, or the code of the refusal.
///
/// ```
/// use sandbox_lifecycle::{Columns, Command, Context, DesiredState, Input, Lifecycle, Policy, testing::{check, SystemUnderTest, Failure, Verdict}};
/// use chrono::{DateTime, Utc};
///
/// /// A platform that does not delete an ephemeral sandbox when it stops.
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
/// [`Failure`], with the smallest case on which the system and this crate disagree.
pub fn check(system: &mut impl SystemUnderTest, cases: u32) -> Result<(), Failure> {
    check_within(system, cases, strategies::case())
}

/// Does the same as [`check`] on the cases of `strategy`: for example on broken rows too ([`any_case`](super::any_case)), or
/// only on those that the system supports (`case().prop_filter(…)`).
///
/// # Errors
/// [`Failure`], with the smallest case on which the system and this crate disagree.
pub fn check_within(
    system: &mut impl SystemUnderTest,
    cases: u32,
    strategy: impl Strategy<Value = Case>,
) -> Result<(), Failure> {
    let policy = system.policy();
    let system = RefCell::new(system);
    let verdicts = |case: &Case| {
        let expected = Verdict::of(case, &policy);
        let found = system.borrow_mut().decide(&case.row.columns(), case.input, case.context, case.now);
        (same(&expected), same(&found))
    };
    let config = Config { cases, failure_persistence: None, max_local_rejects: 8_192, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&strategy, |case| {
        let (expected, found) = verdicts(&case);
        if expected == found { Ok(()) } else { Err(TestCaseError::fail("they disagree")) }
    });
    match outcome {
        Ok(()) => Ok(()),
        Err(TestError::Abort(reason)) => Err(Failure::TooFewCases(String::from(reason.message()))),
        Err(TestError::Fail(_, case)) => {
            let (expected, found) = verdicts(&case);
            Err(Failure::Disagreement(Box::new(Disagreement { case, expected, found })))
        }
    }
}

/// Returns the normal form of a verdict, so that two ways to store the same row are equal.
fn same(verdict: &Verdict) -> Verdict {
    match verdict {
        Verdict::Row(row) => Verdict::row(Lifecycle::from(**row).columns()),
        Verdict::Refused(code) => Verdict::Refused(Cow::Owned(String::from(code.as_ref()))),
    }
}
