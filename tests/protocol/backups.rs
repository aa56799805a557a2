//! Backups that are requested while other calls are under way.

use crate::scene::{Scene, called};
use crate::{row, time::noon};
use sandbox_lifecycle::controller::Observed;
use sandbox_lifecycle::rules::{Call, Effect, Job, Outcome, Task};
use sandbox_lifecycle::runner::{CallVerdict, Ledger};
use sandbox_lifecycle::vocabulary::{BackupState, Fault};
use sandbox_lifecycle::{Columns, Command, Context, DesiredState, Policy, Report, SandboxState};

/// A backup was requested, and a start reached the runner first. The runner refused the request as older, the outbox
/// repeated it for ever, and the row refused every other backup.
#[test]
fn a_start_before_the_request_of_a_backup_does_not_refuse_it() {
    let mut scene = Scene::settled(SandboxState::Stopped, DesiredState::Stopped);
    scene.decide(Command::Start);
    let request = scene.decide(Command::Backup);
    let request = request.effects().find_map(|effect| match effect {
        Effect::Call(call @ Call { task: Task::Backup { .. }, .. }) => Some(call),
        _ => None,
    });
    let request = request.expect("a request");
    let start = scene.pass(Observed::NotAsked);
    assert_eq!(called(&start), Some(Task::Start));
    assert!(scene.row.awaits(&request), "the outbox repeats it");
    let ledger = Ledger::default().call(Call { task: Task::Start, epoch: scene.row.epoch() }).ledger();
    let verdict = ledger.call(request).stored();
    assert!(matches!(verdict, CallVerdict::CarryOut { .. }), "{verdict}");
}

/// A copy that was released or removed is not backed up.
#[test]
fn a_backup_of_a_released_copy_is_refused() {
    let request = Call { task: Task::Backup { attempt: 1 }, epoch: 3 };
    for ledger in [Ledger::default().release(5).ledger(), Ledger::default().remove(5).ledger()] {
        assert!(matches!(ledger.call(request).stored(), CallVerdict::Refuse(_)));
    }
}

/// A sandbox in error was recoverable in place. An attempt that had begun before failed, and its report took the way out
/// away.
#[test]
fn a_failed_backup_leaves_an_error_recoverable() {
    let mut scene = Scene::of(Columns {
        state: SandboxState::Error,
        desired_state: DesiredState::Started,
        recoverable: true,
        backup_state: BackupState::InProgress,
        backup_attempt: 1,
        ..Columns::default()
    });
    let outcome = Outcome::Failed { fault: Fault::Other, recoverable: false };
    scene.decide(Report::Ended { job: Job::Backup { attempt: Some(1) }, outcome, epoch: None });
    assert_eq!(scene.row.backup_state(), BackupState::Error);
    assert!(scene.row.recoverable());
}

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
