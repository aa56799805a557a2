//! The invariants of a row: what may stand beside what (rule 4) and what every write then enforces (rule 5).

use super::{Lifecycle, Status, facts};
use crate::vocabulary::{AutoPause, AutoStop, BackupState, DesiredState, Fault, SandboxState};

/// Whether the controller owes work for this pair (rule 5, `invariants`).
#[inline]
pub(crate) const fn owes_work(state: SandboxState, desired: DesiredState) -> bool {
    !facts::is_fulfilled(state, desired) & !state.is_failed() & !matches!(desired, DesiredState::Archived)
}

impl Status {
    /// There is a backup to restore from: complete, and with its reference.
    #[inline]
    pub(crate) const fn has_usable_backup(self) -> bool {
        matches!(self.backup, BackupState::Completed) & self.has_backup_ref
    }

    /// The platform gave up waiting, and there is a backup to restore from.
    #[inline]
    pub(crate) const fn timed_out_with_backup(self) -> bool {
        matches!(self.fault, Some(Fault::Timeout)) & self.has_usable_backup()
    }

    /// The desired state may stand beside the state (rule 4, `valid`).
    #[inline]
    pub(crate) const fn is_coherent(self) -> bool {
        facts::may_stand(self.state, self.desired)
    }
}

/// A rule that a row breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::VariantArray)]
#[non_exhaustive]
pub enum Violation {
    /// Rule 4: this desired state may not stand beside this state.
    DesiredBesideState,
    /// Rule 5: pending says something else than state and desired state do.
    Pending,
    /// Rule 5: destroyed and archived hold no runner.
    RunnerKept,
    /// Rule 5: destroyed has no backup.
    BackupKept,
    /// Rule 5: an API-level timeout with a usable backup is recoverable.
    NotRecoverable,
    /// At most one of auto-stop and auto-pause is set (spec).
    TwoIdleTimers,
    /// A GPU sandbox is always ephemeral (section 13).
    DurableGpu,
}

impl Violation {
    const fn bit(self) -> u8 {
        match self {
            Self::DesiredBesideState => 1,
            Self::Pending => 1 << 1,
            Self::RunnerKept => 1 << 2,
            Self::BackupKept => 1 << 3,
            Self::NotRecoverable => 1 << 4,
            Self::TwoIdleTimers => 1 << 5,
            Self::DurableGpu => 1 << 6,
        }
    }

    /// The rule in words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::DesiredBesideState => "the desired state may not stand beside the state",
            Self::Pending => "pending does not follow from the two states",
            Self::RunnerKept => "a destroyed or archived sandbox holds no runner",
            Self::BackupKept => "a destroyed sandbox has no backup",
            Self::NotRecoverable => "a timeout with a usable backup is recoverable",
            Self::TwoIdleTimers => "auto-stop and auto-pause are not both set",
            Self::DurableGpu => "a GPU sandbox is ephemeral",
        }
    }
}

impl core::fmt::Display for Violation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.text())
    }
}

/// The rules that a row breaks; empty for a sound one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Violations(u8);

impl Violations {
    /// The row is sound.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// This rule is among the broken ones.
    #[must_use]
    pub const fn contains(self, violation: Violation) -> bool {
        self.0 & violation.bit() != 0
    }

    /// The broken rules, in the order of their declaration.
    pub fn iter(self) -> impl Iterator<Item = Violation> {
        <Violation as strum::VariantArray>::VARIANTS.iter().copied().filter(move |found| self.contains(*found))
    }

    const fn with(self, broken: bool, violation: Violation) -> Self {
        if broken { Self(self.0 | violation.bit()) } else { self }
    }
}

impl core::fmt::Debug for Violations {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Lifecycle {
    /// The rules this row breaks. A sound row breaks none; a broken one can still be held, asked and destroyed.
    #[must_use]
    pub fn violations(&self) -> Violations {
        let (now, tidy) = (self.status(), self.packed.repaired().open());
        Violations::default()
            .with(!now.is_coherent(), Violation::DesiredBesideState)
            .with(now.pending != tidy.pending, Violation::Pending)
            .with(now.has_runner != tidy.has_runner, Violation::RunnerKept)
            .with(now.backup != tidy.backup, Violation::BackupKept)
            .with(now.recoverable != tidy.recoverable, Violation::NotRecoverable)
            .with(self.auto_stop != AutoStop::Never && self.auto_pause != AutoPause::Never, Violation::TwoIdleTimers)
            .with(self.gpus > 0 && !self.is_ephemeral(), Violation::DurableGpu)
    }

    /// The row as the next write would leave it (rule 5), for those who repair stored rows.
    ///
    /// It changes no state and no desired state, so it cannot mend rule 4.
    #[must_use]
    pub fn repaired(mut self) -> Self {
        self.packed = self.packed.repaired();
        self.sealed()
    }
}
