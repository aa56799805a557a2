//! Whether a sandbox in error can be brought back, and how (section 6).

use super::Lifecycle;
use crate::vocabulary::SandboxState;

/// How a recovery brings a sandbox back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Recovery {
    /// Its own runner mends it; a runner must be assigned.
    InPlace,
    /// Another runner makes it again from its backup, at most once in the policy's cooldown.
    FromBackup,
}

impl Lifecycle {
    /// How the recover command would bring this sandbox back, if it is in error and recoverable.
    ///
    /// From its backup when the fault is an API-level timeout and the backup is complete with its reference; in place
    /// otherwise. [`decide`](Self::decide) still asks for what each way needs.
    ///
    /// ```
    /// use sandbox_lifecycle::{BackupState, Columns, Fault, Lifecycle, Recovery, SandboxState};
    /// let errored = Columns { state: SandboxState::Error, recoverable: true, ..Columns::default() };
    /// assert_eq!(Lifecycle::from(errored).recovery(), Some(Recovery::InPlace));
    ///
    /// let backed_up = BackupState::Completed;
    /// let timed_out =
    ///     Columns { fault: Some(Fault::Timeout), backup_state: backed_up, has_backup_ref: true, ..errored };
    /// assert_eq!(Lifecycle::from(timed_out).recovery(), Some(Recovery::FromBackup));
    /// assert_eq!(Lifecycle::from(Columns { recoverable: false, ..errored }).recovery(), None);
    /// ```
    #[must_use]
    pub const fn recovery(&self) -> Option<Recovery> {
        if !matches!(self.status().state, SandboxState::Error) || !self.status().recoverable {
            None
        } else if self.status().timed_out_with_backup() {
            Some(Recovery::FromBackup)
        } else {
            Some(Recovery::InPlace)
        }
    }
}
