//! The invariants of a stored row, and which of them it breaks.

use super::value::Lifecycle;
use crate::vocabulary::{AutoPause, AutoStop};
use core::fmt;
use serde::Serialize;

/// An invariant that a stored row breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, strum::Display, strum::VariantArray)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Violation {
    /// The desired state may not stand next to the state.
    #[strum(to_string = "the desired state may not stand next to the state")]
    IncoherentStates,
    /// `pending` does not follow from state and desired state.
    #[strum(to_string = "pending does not follow from state and desired state")]
    WrongPending,
    /// A destroyed or archived sandbox has a runner.
    #[strum(to_string = "a destroyed or archived sandbox has a runner")]
    RunnerKept,
    /// A destroyed sandbox has a backup.
    #[strum(to_string = "a destroyed sandbox has a backup")]
    BackupKept,
    /// An API-level timeout with a usable backup is not recoverable.
    #[strum(to_string = "a timeout with a usable backup is not recoverable")]
    NotRecoverable,
    /// Auto-stop and auto-pause are both set (published API).
    #[strum(to_string = "auto-stop and auto-pause are both set")]
    TwoIdleTimers,
    /// A GPU sandbox is not ephemeral (published API).
    #[strum(to_string = "a GPU sandbox is not ephemeral")]
    DurableGpu,
}

impl Violation {
    #[expect(clippy::as_conversions, reason = "a discriminant becomes a bit; `as` is what const allows")]
    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The invariants that a row breaks; empty for a sound row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Violations(u8);

impl Violations {
    /// Whether the row is sound.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the row breaks this invariant.
    pub const fn contains(self, violation: Violation) -> bool {
        self.0 & violation.bit() != 0
    }

    /// Returns the violations, in the order of their declaration.
    pub fn iter(self) -> impl Iterator<Item = Violation> {
        <Violation as strum::VariantArray>::VARIANTS.iter().copied().filter(move |found| self.contains(*found))
    }

    const fn with(self, broken: bool, violation: Violation) -> Self {
        if broken { Self(self.0 | violation.bit()) } else { self }
    }
}

impl IntoIterator for Violations {
    type Item = Violation;
    type IntoIter = alloc::vec::IntoIter<Violation>;
    fn into_iter(self) -> Self::IntoIter {
        alloc::vec::Vec::from_iter(self.iter()).into_iter()
    }
}

impl fmt::Debug for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The violations, separated by semicolons.
impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.iter().enumerate() {
            write!(f, "{}{violation}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl Lifecycle {
    /// Returns the invariants that this row breaks. A broken row can still be stored, asked and destroyed.
    pub fn violations(&self) -> Violations {
        let (now, repaired) = (self.status, self.status.repaired());
        Violations::default()
            .with(!now.is_coherent(), Violation::IncoherentStates)
            .with(now.pending() != repaired.pending(), Violation::WrongPending)
            .with(now.has_runner() != repaired.has_runner(), Violation::RunnerKept)
            .with(now.backup() != repaired.backup(), Violation::BackupKept)
            .with(now.recoverable() != repaired.recoverable(), Violation::NotRecoverable)
            .with(self.auto_stop != AutoStop::Never && self.auto_pause != AutoPause::Never, Violation::TwoIdleTimers)
            .with(self.gpus > 0 && !self.is_ephemeral(), Violation::DurableGpu)
    }

    /// Returns the row as the next write would leave it, to repair stored rows.
    ///
    /// State and desired state stay, so incoherent states are not repaired.
    #[must_use]
    pub fn repaired(mut self) -> Self {
        self.status = self.status.repaired();
        self.with_facts()
    }
}
