//! What a check tries: which inputs, on which rows, how many, and from which seed.

use crate::{controller::RunnerView, lifecycle::Lifecycle, rules::Verb, testing::strategies::Inputs};
use alloc::vec::Vec;
use chrono::{DateTime, Utc};

/// One pass of a controller.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pass {
    pub(crate) row: Lifecycle,
    pub(crate) view: RunnerView,
    pub(crate) now: DateTime<Utc>,
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
pub(crate) struct Plan {
    pub(crate) verbs: Vec<Verb>,
    pub(crate) reports: bool,
    pub(crate) timers: bool,
    pub(crate) rows: Rows,
    /// How many random cases follow the chosen ones.
    pub(crate) random: u32,
    pub(crate) seed: u64,
}

impl Default for Plan {
    fn default() -> Self {
        let verbs = Verb::ALL.to_vec();
        Self { verbs, reports: true, timers: true, rows: Rows::default(), random: 10_000, seed: 0 }
    }
}

impl Plan {
    /// Returns the inputs that the check tries.
    pub(crate) fn inputs(&self) -> Inputs {
        let inputs = Inputs::default().commands(self.verbs.iter().copied());
        let inputs = if self.reports { inputs } else { inputs.without_reports() };
        if self.timers { inputs } else { inputs.without_timers() }
    }
}
