//! The crate as a system: a base for a system that implements only some of the rules itself.

use super::{
    answer::{Answer, Declined},
    interface::{Commit, NotOffered, Passed, Prepared, System, Writer},
};
use crate::{
    clock::Clock,
    controller::{Next, RunnerView},
    lifecycle::{Columns, Lifecycle},
    policy::Policy,
    rules::{Context, Input, Step},
    testing::case::Case,
};
use alloc::borrow::Cow;
use chrono::{DateTime, Utc};

/// This crate as a [`System`]. It offers everything but the reading of lists.
#[derive(Debug, Clone)]
pub struct Itself {
    /// The policy.
    pub policy: Policy,
    /// The stored row.
    pub row: Lifecycle,
    first: Option<Step>,
    second: Option<Step>,
}

impl Default for Itself {
    fn default() -> Self {
        Self { policy: Policy::default(), row: Lifecycle::from(Columns::default()), first: None, second: None }
    }
}

impl Itself {
    /// Stores the row after an answer, if there is one.
    fn take(&mut self, answer: Answer) -> Answer {
        if let Some(row) = answer.after() {
            self.row = Lifecycle::from(*row);
        }
        answer
    }

    const fn prepared(&mut self, writer: Writer) -> &mut Option<Step> {
        match writer {
            Writer::A => &mut self.first,
            Writer::B => &mut self.second,
        }
    }
}

impl System for Itself {
    fn store(&mut self, row: &Columns) -> Result<(), Declined> {
        self.row = Lifecycle::from(*row);
        Ok(())
    }

    fn decide(&mut self, input: Input, context: Context, now: DateTime<Utc>) -> Answer {
        let answer = Answer::of(&Case { row: self.row, input, context, now }, &self.policy);
        self.take(answer)
    }

    fn policy(&self) -> Policy {
        self.policy.clone()
    }

    fn pass(&mut self, view: &RunnerView, now: DateTime<Utc>) -> Result<Passed, NotOffered> {
        let passed = Passed::of(self.row.reconcile(view, &self.policy, now));
        if let Passed::Wrote(answer) = &passed {
            self.take(answer.clone());
        }
        Ok(passed)
    }

    fn next_look(&mut self) -> Result<Option<DateTime<Utc>>, NotOffered> {
        Ok(Clock::new(&self.policy).next(&self.row))
    }

    fn prepare(
        &mut self,
        writer: Writer,
        input: Input,
        context: Context,
        now: DateTime<Utc>,
    ) -> Result<Prepared, NotOffered> {
        let decided = self.row.decide(input, &self.policy, context, now);
        *self.prepared(writer) = decided.ok();
        Ok(match decided {
            Ok(_) => Prepared::Ready,
            Err(refusal) => Prepared::Refused(Cow::Borrowed(refusal.code())),
        })
    }

    fn commit(&mut self, writer: Writer) -> Result<Commit, NotOffered> {
        let written = self.prepared(writer).take().and_then(|step| step.apply(self.row).ok());
        Ok(match written {
            Some(row) => {
                self.row = row;
                Commit::written(row.columns())
            }
            None => Commit::stale(self.row.columns()),
        })
    }
}

impl Passed {
    /// Returns what the crate's controller does.
    pub fn of(next: Next) -> Self {
        match next {
            Next::Apply(step) => Self::Wrote(Answer::of_step(&step)),
            Next::Ask(question) => Self::Asks(question),
            Next::Resend { task, epoch } => Self::Resends { task, epoch },
            Next::Wait { until } => Self::Waits(Some(until)),
            Next::Nothing => Self::Nothing,
        }
    }
}
