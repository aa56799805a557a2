//! Systems under test: this crate with a change, and the naive model.

use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    Columns, Context, Input, RunnerView,
    testing::{
        Decided, Model, Taken,
        kit::{Answer, Check, Counterexample, Declined, Failure, Itself, NotOffered, Passed, System},
    },
};

/// How a system changes the answer of the crate.
pub type Change = fn(&mut Changed, Input, Context, DateTime<Utc>, Answer) -> Answer;

/// The crate, with a change to its answers.
pub struct Changed {
    pub itself: Itself,
    pub change: Change,
    /// How many inputs were decided.
    pub decided: u64,
}

impl Changed {
    pub fn by(change: Change) -> Self {
        Self { itself: Itself::default(), change, decided: 0 }
    }
}

impl System for Changed {
    fn store(&mut self, row: &Columns) -> Result<(), Declined> {
        self.itself.store(row)
    }

    fn decide(&mut self, input: Input, context: Context, now: DateTime<Utc>) -> Answer {
        self.decided += 1;
        let answer = self.itself.decide(input, context, now);
        (self.change)(self, input, context, now, answer)
    }
}

/// The naive model of the rules.
#[derive(Default)]
pub struct Naive {
    model: Model,
    row: Columns,
}

impl Naive {
    fn take(&mut self, taken: Taken) -> Answer {
        self.row = taken.row;
        let is_removed = taken.effects.contains(&sandbox_lifecycle::Effect::Purge);
        let answer = if is_removed { Answer::removed() } else { Answer::row(taken.row) };
        answer.with_effects(taken.effects)
    }
}

impl System for Naive {
    fn store(&mut self, row: &Columns) -> Result<(), Declined> {
        self.row = *row;
        Ok(())
    }

    fn decide(&mut self, input: Input, context: Context, now: DateTime<Utc>) -> Answer {
        match self.model.decide(&self.row, input, context, now) {
            Ok(taken) => self.take(taken),
            Err(code) => Answer::refused(code).with_http_status(Model::http_status(code, input)),
        }
    }

    fn pass(&mut self, view: &RunnerView, now: DateTime<Utc>) -> Result<Passed, NotOffered> {
        Ok(match self.model.reconcile(&self.row, view, now) {
            Decided::Ask(question) => Passed::Asks(question),
            Decided::Apply(taken) => Passed::Wrote(self.take(taken)),
            Decided::Resend { task, epoch } => Passed::Resends { task, epoch },
            Decided::Wait { until } => Passed::Waits(Some(until)),
            Decided::Nothing => Passed::Nothing,
        })
    }
}

/// Returns what a check of single inputs finds wrong.
pub fn wrong(check: &Check, system: &mut impl System) -> Counterexample {
    found(check.single(system))
}

/// Returns what a check found wrong.
pub fn found<R: std::fmt::Debug>(outcome: Result<R, Failure>) -> Counterexample {
    match outcome {
        Err(Failure::Wrong(counterexample)) => {
            println!("{counterexample}\n");
            assert!(counterexample.to_string().lines().count() <= 15, "{counterexample}");
            *counterexample
        }
        other => panic!("the check found nothing wrong: {other:?}"),
    }
}
