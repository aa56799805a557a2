//! The columns that a step of the rules may change.

use super::pairs;
use crate::vocabulary::{BackupState, DesiredState, Fault, SandboxState};

/// The columns that every kind of step may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    pub(crate) state: SandboxState,
    pub(crate) desired: DesiredState,
    pub(crate) backup: BackupState,
    pub(crate) fault: Option<Fault>,
    pub(crate) pending: bool,
    pub(crate) has_runner: bool,
    pub(crate) has_backup_ref: bool,
    pub(crate) recoverable: bool,
    pub(crate) force_stop: bool,
}

impl Status {
    /// Whether there is a backup to restore from: completed, and with its reference.
    #[inline]
    pub(crate) const fn has_usable_backup(self) -> bool {
        matches!(self.backup, BackupState::Completed) & self.has_backup_ref
    }

    /// Whether the platform gave up waiting and there is a backup to restore from.
    #[inline]
    pub(crate) const fn timed_out_with_backup(self) -> bool {
        matches!(self.fault, Some(Fault::Timeout)) & self.has_usable_backup()
    }

    /// Whether the desired state may stand next to the state.
    #[inline]
    pub(crate) const fn is_coherent(self) -> bool {
        pairs::is_coherent(self.state, self.desired)
    }

    /// These columns with the invariants that every write enforces (recorded: table `invariants`).
    #[inline]
    pub(crate) const fn repaired(mut self) -> Self {
        let destroyed = matches!(self.state, SandboxState::Destroyed);
        self.pending = pairs::is_pending(self.state, self.desired);
        self.has_runner &= !destroyed & !matches!(self.state, SandboxState::Archived);
        if destroyed {
            self.backup = BackupState::None;
        }
        self.recoverable |= matches!(self.state, SandboxState::Error) & self.timed_out_with_backup();
        self
    }
}
