//! Backups (contract 9).

use crate::{row, time::noon};
use sandbox_lifecycle::{Columns, Command, Context, DesiredState, Policy, SandboxState, vocabulary::BackupState};

/// A stopped sandbox with a current backup was snapshotted, and a backup was requested meanwhile. The attempt failed, and the
/// completed backup was forgotten: when the runner was gone, nothing brought the sandbox back.
#[test]
fn a_backup_that_is_current_is_not_given_up_for_another_attempt() {
    for state in [SandboxState::Snapshotting, SandboxState::Resizing, SandboxState::Stopped, SandboxState::Paused] {
        let backed_up = row(Columns {
            state,
            desired_state: if state == SandboxState::Paused { DesiredState::Paused } else { DesiredState::Stopped },
            backup_state: BackupState::Completed,
            has_backup_ref: true,
            backup_attempt: 3,
            ..Columns::default()
        });
        let step = backed_up.decide(Command::Backup, &Policy::default(), Context::of(&backed_up), noon());
        assert!(step.expect("a success").is_noop(), "{backed_up:?}");
    }
}
