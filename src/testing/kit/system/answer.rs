//! What a system answers to an input: the row after it, that the record is gone, or the code of a refusal.

use crate::{
    lifecycle::{Columns, Lifecycle},
    policy::Policy,
    rules::{Effect, Input, Reason, Step},
    testing::case::Case,
};
use alloc::{borrow::Cow, boxed::Box, vec::Vec};
use core::fmt;

/// The answer to an input.
///
/// The row or the code is always compared. The HTTP status and the effects are compared where the answer has them.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub(crate) result: Answered,
    pub(crate) http_status: Option<u16>,
    pub(crate) effects: Option<Vec<Effect>>,
}

/// The result of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// The input was accepted or ignored, and this is the row after it.
    Row(Box<Columns>),
    /// The record was removed, because its retention is over.
    Removed,
    /// The input was refused with this code.
    Refused(Cow<'static, str>),
    /// The system has no such inputs, or knows nothing of what the context says.
    Declined(Declined),
}

impl Answer {
    const fn of_result(result: Answered) -> Self {
        Self { result, http_status: None, effects: None }
    }

    /// Returns the answer to an input that was accepted or ignored and left this row.
    pub fn row(row: Columns) -> Self {
        Self::of_result(Answered::Row(Box::new(row)))
    }

    /// Returns the answer to an input that removed the record ([`Effect::Purge`]).
    pub const fn removed() -> Self {
        Self::of_result(Answered::Removed)
    }

    /// Returns the answer to an input that was refused with this code of the system's.
    pub fn refused(code: impl Into<Cow<'static, str>>) -> Self {
        Self::of_result(Answered::Refused(code.into()))
    }

    /// Returns the answer of a system that has no such inputs, or knows nothing of what the context says. The kit counts it
    /// and compares nothing.
    pub fn declined(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::of_result(Answered::Declined(Declined::because(reason)))
    }

    /// Returns the answer with the HTTP status of a refusal.
    #[must_use]
    pub fn with_http_status(self, status: u16) -> Self {
        Self { http_status: Some(status), ..self }
    }

    /// Returns the answer with the effects of an accepted input, in their order ([`Step::effects`]).
    #[must_use]
    pub fn with_effects(self, effects: impl IntoIterator<Item = Effect>) -> Self {
        Self { effects: Some(effects.into_iter().collect()), ..self }
    }

    /// Returns the result.
    pub const fn result(&self) -> &Answered {
        &self.result
    }

    /// Returns the row after the input, if the input was accepted or ignored and the record still exists.
    pub fn after(&self) -> Option<&Columns> {
        match &self.result {
            Answered::Row(row) => Some(row),
            Answered::Removed | Answered::Refused(_) | Answered::Declined(_) => None,
        }
    }

    /// Returns the code, if the input was refused.
    pub fn code(&self) -> Option<&str> {
        match &self.result {
            Answered::Refused(code) => Some(code),
            Answered::Row(_) | Answered::Removed | Answered::Declined(_) => None,
        }
    }

    /// Returns the crate's answer to a step that is written.
    pub fn of_step(step: &Step) -> Self {
        let row = *step.before();
        let answer = if step.effects().any(|effect| effect == Effect::Purge) {
            Self::removed()
        } else {
            // The step was decided on this row.
            Self::row(step.apply(row).unwrap_or(row).columns())
        };
        answer.with_effects(step.effects())
    }

    /// Returns the crate's answer to a case, with its HTTP status or its effects.
    pub fn of(case: &Case, policy: &Policy) -> Self {
        Self::named(case, policy, |reason| Cow::Borrowed(reason.code()))
    }

    /// Returns the crate's answer, with the code that a system has for the reason of a refusal.
    pub(crate) fn named(case: &Case, policy: &Policy, code: impl FnOnce(Reason) -> Cow<'static, str>) -> Self {
        match case.row.decide(case.input, policy, case.context, case.now) {
            Ok(step) => Self::of_step(&step),
            Err(refusal) => Self::refused(code(refusal.reason())).with_http_status(refusal.http_status()),
        }
    }
}

/// The system has no such rows or inputs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Declined {
    /// The reason, for the report.
    pub reason: Cow<'static, str>,
}

impl Declined {
    /// Returns the answer of a system that has no such rows, for this reason.
    pub fn because(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into() }
    }
}

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.reason)
    }
}

/// A row in its normal form, so that two ways to store the same row are equal.
pub(crate) fn normal(row: &Columns) -> Columns {
    Lifecycle::from(*row).columns()
}

/// Returns what an input is, in the words of a log.
pub(crate) fn described(input: Input) -> alloc::string::String {
    match input {
        Input::Command(command) => alloc::format!("command {command:?}"),
        Input::Report(report) => alloc::format!("report {report:?}"),
        Input::Timer(timer) => alloc::format!("timer {timer}"),
    }
}

/// The result in a few words: the state and the desired state of a row, or the code of a refusal.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.result {
            Answered::Row(row) => write!(f, "a row with state {}, desired state {}", row.state, row.desired_state),
            Answered::Removed => f.write_str("the record is removed"),
            Answered::Refused(code) => write!(f, "refused ({code})"),
            Answered::Declined(declined) => write!(f, "declined: {declined}"),
        }
    }
}
