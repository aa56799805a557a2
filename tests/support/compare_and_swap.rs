//! What a store does to write a step: it compares the expected columns and sets the changed ones, without the whole row.

use sandbox_lifecycle::{AutoDelete, Changes, Columns, Expects};

/// Does what the `WHERE` of the statement does: returns whether every expectation holds.
pub fn holds(columns: &Columns, expects: &Expects) -> bool {
    let Expects {
        state,
        desired_state,
        pending,
        epoch,
        backup_state,
        has_backup_ref,
        has_runner,
        fault,
        recoverable,
        force_stop,
        ephemeral,
        auto_stop,
        auto_pause,
        auto_archive,
        auto_delete,
        auto_destroy_at,
        backup_since,
        last_activity_at,
    } = *expects;
    fn still<T: PartialEq>(expected: Option<T>, found: T) -> bool {
        expected.is_none_or(|expected| expected == found)
    }
    columns.state == state
        && columns.desired_state == desired_state
        && columns.pending == pending
        && columns.epoch == epoch
        && columns.backup_state == backup_state
        && columns.has_backup_ref == has_backup_ref
        && columns.has_runner == has_runner
        && columns.fault == fault
        && columns.recoverable == recoverable
        && columns.force_stop == force_stop
        && (columns.auto_delete == AutoDelete::AtOnce) == ephemeral
        && still(auto_stop, columns.auto_stop)
        && still(auto_pause, columns.auto_pause)
        && still(auto_archive, columns.auto_archive)
        && still(auto_delete, columns.auto_delete)
        && (backup_since.is_none() || backup_since == columns.backup_since)
        && (auto_destroy_at.is_none() || auto_destroy_at == columns.auto_destroy_at)
        && still(last_activity_at, columns.last_activity_at)
}

/// Does what the `SET` of the statement does: returns the columns with the changes.
pub fn with_changes(columns: Columns, changes: &Changes) -> Columns {
    Columns {
        state: changes.state.unwrap_or(columns.state),
        desired_state: changes.desired_state.unwrap_or(columns.desired_state),
        pending: changes.pending.unwrap_or(columns.pending),
        class: columns.class,
        gpu: columns.gpu,
        gpu_type: columns.gpu_type,
        size: changes.size.unwrap_or(columns.size),
        backup_state: changes.backup_state.unwrap_or(columns.backup_state),
        has_backup_ref: changes.has_backup_ref.unwrap_or(columns.has_backup_ref),
        has_runner: changes.has_runner.unwrap_or(columns.has_runner),
        fault: changes.fault.unwrap_or(columns.fault),
        recoverable: changes.recoverable.unwrap_or(columns.recoverable),
        force_stop: changes.force_stop.unwrap_or(columns.force_stop),
        epoch: changes.epoch.unwrap_or(columns.epoch),
        auto_stop: changes.auto_stop.unwrap_or(columns.auto_stop),
        auto_pause: changes.auto_pause.unwrap_or(columns.auto_pause),
        auto_archive: changes.auto_archive.unwrap_or(columns.auto_archive),
        auto_delete: changes.auto_delete.unwrap_or(columns.auto_delete),
        auto_destroy_at: changes.auto_destroy_at.unwrap_or(columns.auto_destroy_at),
        queue_timeout: columns.queue_timeout,
        created_at: columns.created_at,
        last_activity_at: changes.last_activity_at.unwrap_or(columns.last_activity_at),
        state_since: changes.state_since.unwrap_or(columns.state_since),
        backup_since: changes.backup_since.unwrap_or(columns.backup_since),
    }
}
