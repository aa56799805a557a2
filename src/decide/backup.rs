//! The reports of a backup attempt: queued, begun, completed or failed.
//!
//! A host that numbers its attempts reports about one of them: it counts while the row awaits that attempt. Without a
//! number, the report is decided as recorded (table `jobs`).

use crate::lifecycle::{Lifecycle, pairs};
use crate::rules::step::draft::Draft;
use crate::rules::{Cause, Context, Ignored, Outcome, ReportKind, Step};
use crate::vocabulary::{BackupState, DesiredState as D, Micros, SandboxState as S};

/// Returns why a numbered report does not count, if it does not.
fn not_awaited(row: &Lifecycle, attempt: Option<u32>) -> Option<Ignored> {
    let attempt = attempt?;
    // The store is still to be asked about an attempt that ended without a report, so its late report is as good.
    let open = row.status.awaits_backup() || row.status.must_ask_store();
    if attempt != row.backup_attempt { Some(Ignored::OtherBackup) } else { (!open).then_some(Ignored::NotAwaited) }
}

/// Decides on the end of a backup.
// (differences D12, D25 and D31)
pub(super) fn ended(row: &Lifecycle, attempt: Option<u32>, outcome: Outcome, context: Context, now: Micros) -> Step {
    let status = row.status;
    let relied_on = status.backup() == BackupState::Completed
        && status.has_backup_ref()
        && (status.desired() == D::Archived || status.state().is_failed());
    let why = if let Some(why) = not_awaited(row, attempt) {
        Some(why)
    } else if status.desired() == D::Destroyed {
        Some(Ignored::ToBeDestroyed)
    } else {
        match outcome {
            Outcome::Completed => (status.backup() == BackupState::Completed).then_some(Ignored::SameState),
            Outcome::Failed { .. } => relied_on.then_some(Ignored::NotAwaited),
        }
    };
    if let Some(why) = why {
        return Step::ignored(row, why, now);
    }
    let draft = Draft::new(row, Cause::Report(ReportKind::Backup), now);
    let draft = match outcome {
        // A host that does not number its backups makes one while the disk rests.
        Outcome::Completed if attempt.is_none() && pairs::DISK_RESTS.contains(status.state()) => {
            draft.changed_since_backup(false).complete_backup()
        }
        Outcome::Completed => draft.complete_backup(),
        Outcome::Failed { fault, recoverable } => {
            let draining = context.runner_draining();
            let rests = matches!(status.state(), S::Stopped | S::Archiving);
            let counts = status.desired() == D::Archived || (draining && (rests || status.state() == S::Error));
            let draft = draft.fail_backup();
            if draining && recoverable && rests {
                draft.state(S::Error).reported(fault, true).ends_badly()
            } else {
                // A failed attempt says nothing about a copy that an answer to an ask has shown to be recoverable.
                let stays = attempt.is_some() && status.recoverable();
                draft.recoverable(stays || (recoverable && counts))
            }
        }
    };
    draft.finish_or_drop()
}

/// Decides on the report that a backup is queued or begun.
pub(super) fn under_way(row: &Lifecycle, begun: bool, attempt: Option<u32>, now: Micros) -> Step {
    let status = row.status;
    let progress = if begun { BackupState::InProgress } else { BackupState::Pending };
    // An archived or archiving sandbox, and one that failed, may need its completed backup: a report that is late or of
    // another attempt does not replace it.
    let needs_backup = status.desired() == D::Archived || status.state().is_failed();
    let why = if status.backup() == progress {
        Ignored::SameState
    } else if let Some(why) = not_awaited(row, attempt) {
        why
    } else if attempt.is_some() && !(begun && status.backup() == BackupState::Pending) {
        Ignored::NotAwaited
    } else if status.desired() == D::Destroyed {
        Ignored::ToBeDestroyed
    } else if !status.has_runner() || (needs_backup && status.backup() == BackupState::Completed) {
        Ignored::NotAwaited
    } else {
        let draft = Draft::new(row, Cause::Report(ReportKind::Backup), now);
        let draft = if attempt.is_none() { begins(draft, row) } else { draft };
        return draft.backup(progress, status.has_backup_ref()).finish_or_drop();
    };
    Step::ignored(row, why, now)
}

/// A backup that the host began by itself is of the disk from now on, and the completed one is kept as the last resort.
fn begins(draft: Draft, row: &Lifecycle) -> Draft {
    let status = row.status;
    if status.awaits_backup() {
        return draft;
    }
    let draft = if status.has_usable_backup() { draft.drop_backup() } else { draft };
    draft.must_ask_store(false).changed_since_backup(!pairs::DISK_RESTS.contains(status.state()))
}
