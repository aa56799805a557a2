//! A row and its steps, with as little around them as a trace needs.

use chrono::{DateTime, TimeDelta, Utc};
use sandbox_lifecycle::controller::{Next, Observed};
use sandbox_lifecycle::rules::{AsInput, Effect, Task};
use sandbox_lifecycle::{Columns, Context, DesiredState, Lifecycle, Policy, RunnerView, SandboxState, Step};

/// When everything happens that is within its time limit.
pub const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

/// A row and what it is decided with.
pub struct Scene {
    pub row: Lifecycle,
    policy: Policy,
}

impl Scene {
    /// A settled sandbox on a runner, in epoch 1.
    pub fn settled(state: SandboxState, desired_state: DesiredState) -> Self {
        Self::of(Columns { state, desired_state, epoch: 1, ..Columns::default() })
    }

    pub fn of(columns: Columns) -> Self {
        Self { row: columns.into(), policy: Policy::default() }
    }

    fn apply(&mut self, step: Step) -> Step {
        self.row = step.apply(self.row).expect("a step of this row");
        assert!(self.row.violations().is_empty(), "{:?}", self.row);
        step
    }

    /// Decides on a command, a report or a timer, and writes the step.
    pub fn decide(&mut self, input: impl AsInput) -> Step {
        let step = self.row.decide(input, &self.policy, Context::of(&self.row), NOW).expect("an accepted input");
        self.apply(step)
    }

    /// What a pass does that sees this.
    pub fn next(&self, observed: Observed) -> Next {
        let view = RunnerView { observed, ..RunnerView::of(&self.row) };
        self.row.reconcile(&view, &self.policy, NOW)
    }

    /// Writes what a pass decides that sees this.
    pub fn pass(&mut self, observed: Observed) -> Step {
        match self.next(observed) {
            Next::Apply(step) => self.apply(step),
            other => panic!("the pass writes nothing: {other}"),
        }
    }

    /// Writes what a pass decides after the time limit, when the runner does not answer.
    pub fn time_limit_is_over(&mut self) -> Step {
        let later = NOW + TimeDelta::days(30);
        let view = RunnerView { observed: Observed::NoAnswer, ..RunnerView::of(&self.row) };
        let due = self.row.due(&self.policy, Context::of(&self.row), later);
        let step = due.unwrap_or_else(|| match self.row.reconcile(&view, &self.policy, later) {
            Next::Apply(step) => step,
            other => panic!("the pass writes nothing: {other}"),
        });
        self.apply(step);
        self.row = Columns { state_since: NOW, ..self.row.columns() }.into();
        step
    }
}

/// The task that the step calls for.
pub fn called(step: &Step) -> Option<Task> {
    step.effects().find_map(|effect| if let Effect::Call(call) = effect { Some(call.task) } else { None })
}
