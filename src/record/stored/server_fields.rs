//! The fields of a sandbox that only the server has.

use crate::vocabulary::object_form;
use alloc::string::String;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Fields that a server stores and the API does not show.
///
/// They are not all columns: what a runner or the backup store must be asked, the backup attempts and the parent of a
/// fork's child are missing, and have their defaults. A server that stores its rows reads them with
/// [`Sandbox::from_row`](crate::Sandbox::from_row), which takes every column.
///
/// The defaults are no backup reference, no forced stop, revision 0, epoch 0, and a `pending` that follows from the two states.
/// A client that does not know them asks a [`PartialLifecycle`](crate::PartialLifecycle) which commands are accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerFields {
    /// Whether a change is pending. `None` means that it follows from the two states.
    pub pending: Option<bool>,
    /// Where the backup is stored.
    pub backup: Option<BackupRef>,
    /// The runner that the sandbox left in order to be restored on another.
    pub previous_runner_id: Option<String>,
    /// The number of the row's last write, as in [`Columns::revision`](crate::Columns::revision).
    pub revision: u32,
    /// The number of the current piece of work, as in [`Columns::epoch`](crate::Columns::epoch).
    pub epoch: u32,
    /// Whether the stop under way is forced.
    pub force_stop: bool,
    /// When the state last changed. `None` means at the last activity or update that the record shows, whichever is later. A
    /// touch moves that, and a time limit should not follow it: a server stores this time.
    pub state_since: Option<DateTime<Utc>>,
    /// When the backup under way began.
    pub backup_since: Option<DateTime<Utc>>,
}

object_form! {
    /// A backup reference: where a backup is stored. A completed backup is not usable without it.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
    form:
    pub struct BackupRef {
        /// The snapshot of the backup.
        pub snapshot: String,
        /// The registry of the snapshot.
        pub registry: String,
    }
}
