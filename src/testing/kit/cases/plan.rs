//! What a check tries: which inputs, on which rows, how many, and from which seed.

use crate::{controller::RunnerView, lifecycle::Lifecycle, testing::strategies::Inputs};
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
    pub(crate) inputs: Inputs,
    pub(crate) rows: Rows,
    /// How many random cases follow the chosen ones.
    pub(crate) random: u32,
    pub(crate) seed: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Self { inputs: Inputs::default(), rows: Rows::default(), random: 10_000, seed: 0 }
    }
}
