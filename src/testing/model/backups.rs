//! The naive model's decisions on the reports of a backup, by contract 9 of `docs/PROTOCOL.md`.

use super::{
    effects::Taken,
    row::{at, awaits_backup, disk_rests, has_current_backup},
    write::Write,
};
use crate::{
    lifecycle::Columns,
    rules::{Context, Outcome, ReasonText},
    vocabulary::{BackupState, DesiredState, SandboxState as S},
};

/// Returns whether a report counts: any without a number, and one of the attempt that the row awaits or that the store is
/// to be asked about.
fn counts(row: &Columns, attempt: Option<u32>) -> bool {
    match attempt {
        None => true,
        Some(number) => number == row.backup_attempt && (awaits_backup(row) || row.must_ask_store),
    }
}

pub(super) fn ended(
    row: &Columns,
    mut write: Write,
    attempt: Option<u32>,
    outcome: Outcome,
    context: Context,
) -> Taken {
    // D31
    if !counts(row, attempt) || row.desired_state == DesiredState::Destroyed {
        return write.unwritten();
    }
    let archives = row.desired_state == DesiredState::Archived;
    match outcome {
        Outcome::Completed if row.backup_state == BackupState::Completed => return write.unwritten(),
        Outcome::Completed => {
            if attempt.is_none() && disk_rests(row) {
                write.row.changed_since_backup = false; // A host without numbers backs up a disk that rests.
            }
            write.complete_backup();
        }
        Outcome::Failed { fault, recoverable } => {
            // D25: the completed backup is relied on.
            let completed = row.backup_state == BackupState::Completed && row.has_backup_ref;
            if completed && (archives || at(row, &[S::Error, S::BuildFailed])) {
                return write.unwritten();
            }
            write.fail_backup();
            // D12: a draining runner matters only for stopped and archiving sandboxes and those already in error.
            let rests = at(row, &[S::Stopped, S::Archiving]);
            let drained = context.runner_draining() && (rests || row.state == S::Error);
            // What an ask has shown stays so.
            let known = attempt.is_some() && row.recoverable;
            write.row.recoverable = known || (recoverable && (archives || drained));
            if context.runner_draining() && recoverable && rests {
                write.fails(fault, true, ReasonText::Reported);
            }
        }
    }
    write.written_or_dropped()
}

pub(super) fn under_way(row: &Columns, mut write: Write, begun: bool, attempt: Option<u32>) -> Taken {
    let reported = if begun { BackupState::InProgress } else { BackupState::Pending };
    let known = row.backup_state == reported;
    if known || !counts(row, attempt) || row.desired_state == DesiredState::Destroyed || !row.has_runner {
        return write.unwritten();
    }
    if attempt.is_some() {
        // The request of a numbered attempt was written, so only its beginning is news.
        if !begun || row.backup_state != BackupState::Pending {
            return write.unwritten();
        }
    } else {
        let needed = row.desired_state == DesiredState::Archived || at(row, &[S::Error, S::BuildFailed]);
        if needed && row.backup_state == BackupState::Completed {
            return write.unwritten(); // A late report does not replace the completed backup, on which the sandbox relies.
        }
        if !awaits_backup(row) {
            // The host began it by itself. A current backup is kept as the last resort.
            if has_current_backup(row) {
                write.row.kept_backup = true;
            }
            write.row.changed_since_backup = !disk_rests(row);
            write.row.must_ask_store = false;
        }
    }
    write.row.backup_state = reported;
    write.written_or_dropped()
}
