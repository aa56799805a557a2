//! Backups: which reports of a backup count, and which are ignored.

use crate::{NOW, after, decided, idle};
use sandbox_lifecycle::{
    Columns, DesiredState, Lifecycle, Report, SandboxState,
    rules::{BackupOf, Cause, Ignored, Job, Outcome},
    vocabulary::{BackupState, Fault},
};

#[test]
fn a_late_backup_report_on_an_archived_sandbox_is_ignored() {
    let archived = Lifecycle::from(Columns {
        state: SandboxState::Archived,
        desired_state: DesiredState::Archived,
        backup_state: BackupState::Completed,
        has_backup_ref: true,
        has_runner: false,
        ..idle()
    });
    let step = decided(archived, Report::BackupUnderWay { begun: true }, NOW);
    assert_eq!((step.is_noop(), step.cause()), (true, Cause::Ignored(Ignored::NotAwaited)));
}

/// A backup that is under way when its sandbox stops is not cancelled, and its disk may be older than the current one.
/// The rules cannot see that: the host must report it as [`BackupOf::Other`].
#[test]
fn the_end_of_a_backup_from_an_earlier_run_is_ignored() {
    let stopped = Lifecycle::from(Columns {
        state: SandboxState::Stopped,
        desired_state: DesiredState::Stopped,
        backup_state: BackupState::InProgress,
        ..idle()
    });
    let ended = |of| {
        let job = Job::Backup { of };
        decided(stopped, Report::Ended { job, outcome: Outcome::Completed, epoch: None }, NOW)
    };
    assert!(ended(BackupOf::Current).writes());
    assert_eq!(ended(BackupOf::Other).cause(), Cause::Ignored(Ignored::OtherBackup));
}

#[test]
fn a_late_backup_report_keeps_the_backup_of_an_archived_or_archiving_sandbox() {
    let archiving = Columns {
        state: SandboxState::Archiving,
        desired_state: DesiredState::Archived,
        backup_state: BackupState::Completed,
        has_backup_ref: true,
        ..Columns::default()
    };
    let archived = Columns { state: SandboxState::Archived, has_runner: false, ..archiving };
    for row in [archiving, archived].map(Lifecycle::from) {
        for begun in [false, true] {
            let step = decided(row, Report::BackupUnderWay { begun }, NOW);
            assert_eq!(step.cause(), Cause::Ignored(Ignored::NotAwaited));
        }
    }
}

#[test]
fn a_late_backup_report_keeps_the_backup_that_a_recovery_needs() {
    let failed = Lifecycle::from(Columns {
        state: SandboxState::Error,
        fault: Some(Fault::Timeout),
        recoverable: true,
        backup_state: BackupState::Completed,
        has_backup_ref: true,
        ..Columns::default()
    });
    for begun in [false, true] {
        assert_eq!(after(failed, Report::BackupUnderWay { begun }), failed);
    }
}
