//! What the clock does.

use super::{Context, Step};
use crate::{lifecycle::Lifecycle, policy::Policy, vocabulary::Instant};
use serde::{Deserialize, Serialize};

/// A timer of a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "timer", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Timer {
    /// Idle for longer than its auto-stop interval.
    AutoStop,
}

pub(crate) fn decide(row: &Lifecycle, _timer: Timer, _policy: &Policy, _context: Context, now: Instant) -> Step {
    Step::nothing(row, super::Cause::Controller, now)
}
