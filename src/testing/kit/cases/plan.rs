//! What a check tries: which inputs, on which rows, how many, and from which seed.

use crate::{
    controller::RunnerView,
    lifecycle::Lifecycle,
    render::{Transition, Trigger},
    rules::{Input, Verb},
};
use alloc::vec::Vec;
use chrono::{DateTime, Utc};

/// One pass of a controller.
#[derive(Debug, Clone, Copy)]
pub(in crate::testing::kit) struct Pass {
    pub(in crate::testing::kit) row: Lifecycle,
    pub(in crate::testing::kit) view: RunnerView,
    pub(in crate::testing::kit) now: DateTime<Utc>,
}

/// The rows of the random cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rows {
    /// Sound rows with values that a database can store: what a platform meets.
    #[default]
    Storable,
    /// Any row, also broken rows, the first and the last instant, and the largest numbers.
    Any,
}

/// What a check tries.
#[derive(Debug, Clone)]
pub(in crate::testing::kit) struct Plan {
    pub(in crate::testing::kit) verbs: Vec<Verb>,
    pub(in crate::testing::kit) reports: bool,
    pub(in crate::testing::kit) timers: bool,
    pub(in crate::testing::kit) rows: Rows,
    /// How many random cases follow the chosen ones.
    pub(in crate::testing::kit) random: u32,
    pub(in crate::testing::kit) seed: u64,
}

impl Default for Plan {
    fn default() -> Self {
        let verbs = Verb::ALL.to_vec();
        Self { verbs, reports: true, timers: true, rows: Rows::default(), random: 10_000, seed: 0 }
    }
}

impl Plan {
    /// Whether the check tries this input.
    pub(in crate::testing::kit) fn tries(&self, input: &Input) -> bool {
        match input {
            Input::Command(command) => self.verbs.contains(&command.verb()),
            Input::Report(_) => self.reports,
            Input::Timer(_) => self.timers,
        }
    }

    /// Whether inputs of this plan, or passes of a controller, can reach a transition.
    pub(in crate::testing::kit) fn reaches(&self, transition: &Transition, passes: bool) -> bool {
        match transition.by {
            Trigger::Command(verb) => self.verbs.contains(&verb),
            Trigger::Done | Trigger::Failed | Trigger::Reported => self.reports || passes,
            Trigger::Controller => passes,
            Trigger::Timer(_) => self.timers,
        }
    }
}
