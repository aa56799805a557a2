//! What a client assumes of the columns that a record hides.

use crate::lifecycle::{Columns, Lifecycle};
use crate::vocabulary::{BackupState, SandboxState as S};

/// Returns the row on a runner where its state needs one, and with the place of its completed backup. A record often hides the
/// runner, and always where the backup is stored.
pub(super) fn with_hidden_columns(row: &Lifecycle) -> Lifecycle {
    let columns = row.columns();
    let needs_runner = matches!(columns.state, S::Started | S::Stopped | S::Paused);
    Columns {
        has_runner: columns.has_runner || needs_runner,
        has_backup_ref: columns.has_backup_ref || columns.backup_state == BackupState::Completed,
        ..columns
    }
    .into()
}
