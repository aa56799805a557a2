//! How the recover command brings back a sandbox in error.

use super::value::Lifecycle;
use crate::vocabulary::SandboxState;

/// How a recovery brings a sandbox back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Recovery {
    /// Its own runner repairs it; a runner must be assigned.
    InPlace,
    /// Another runner restores it from its backup. After an API-level timeout at most once per cooldown of the policy.
    FromBackup,
}

impl Lifecycle {
    /// Returns how the recover command would bring this sandbox back, if it is in error and recoverable.
    ///
    /// The backup is used when no runner has the sandbox and there is a backup, even one that is older than the lost disk, and
    /// when the fault is an API-level timeout and the backup is usable (recorded). Otherwise the sandbox is recovered in
    /// place. [`decide`](Self::decide) checks what each way needs.
    ///
    /// ```
    /// use sandbox_lifecycle::{Columns, Lifecycle, SandboxState, lifecycle::Recovery, vocabulary::{BackupState, Fault}};
    /// let errored = Columns { state: SandboxState::Error, recoverable: true, ..Columns::default() };
    /// assert_eq!(Lifecycle::from(errored).recovery(), Some(Recovery::InPlace));
    ///
    /// let backed_up = BackupState::Completed;
    /// let timed_out =
    ///     Columns { fault: Some(Fault::Timeout), backup_state: backed_up, has_backup_ref: true, ..errored };
    /// assert_eq!(Lifecycle::from(timed_out).recovery(), Some(Recovery::FromBackup));
    /// assert_eq!(Lifecycle::from(Columns { recoverable: false, ..errored }).recovery(), None);
    /// ```
    pub const fn recovery(&self) -> Option<Recovery> {
        if !matches!(self.status.state(), SandboxState::Error) || !self.status.recoverable() {
            None
        } else if self.status.recovers_from_backup() {
            Some(Recovery::FromBackup)
        } else {
            Some(Recovery::InPlace)
        }
    }
}
