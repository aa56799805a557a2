//! Backups: which attempts are requested, which reports count, and which backup is current, kept or discarded.

use crate::{NOW, after, decided, idle};
use chrono::Duration;
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Effect, Lifecycle, Next, Policy, Reason, Report, RunnerView, SandboxState,
    Timer,
    controller::{Question, Stored},
    lifecycle::Recovery,
    rules::{Call, Cause, Event, Ignored, Job, Outcome, Task},
    vocabulary::{BackupState, Fault},
};

/// A stopped sandbox whose second attempt runs.
fn backing_up() -> Lifecycle {
    Lifecycle::from(Columns {
        state: SandboxState::Stopped,
        desired_state: DesiredState::Stopped,
        backup_state: BackupState::InProgress,
        backup_since: Some(NOW),
        backup_attempt: 2,
        ..idle()
    })
}

fn ended(attempt: Option<u32>, outcome: Outcome) -> Report {
    Report::Ended { job: Job::Backup { attempt }, outcome, epoch: None }
}

const FAILED: Outcome = Outcome::Failed { fault: Fault::Runner, recoverable: false };

/// The pass of a controller whose store answered this.
fn pass(row: Lifecycle, stored: Stored) -> Next {
    row.reconcile(&RunnerView { stored, ..RunnerView::of(&row) }, &Policy::default(), NOW)
}

fn applied(row: Lifecycle, next: &Next) -> Lifecycle {
    let Next::Apply(step) = next else { panic!("{next}") };
    step.apply(row).expect("it was decided on this row")
}

#[test]
fn a_backup_command_requests_a_numbered_attempt_and_raises_no_epoch() {
    let running = Lifecycle::from(Columns { backup_attempt: 6, epoch: 3, ..idle() });
    let step = decided(running, Command::Backup, NOW);
    let call = Call { task: Task::Backup { attempt: 7 }, epoch: 3 };
    assert_eq!(step.effects().collect::<Vec<_>>(), [Effect::Call(call), Effect::Emit(Event::BackupCreated)]);
    let requested = after(running, Command::Backup);
    assert_eq!((requested.backup_state(), requested.backup_attempt()), (BackupState::Pending, 7));
    assert_eq!(requested.epoch(), 3);
    assert!(requested.awaits(&call) && requested.changed_since_backup(), "the sandbox runs while it is backed up");
    assert!(!requested.awaits(&Call { task: Task::Backup { attempt: 6 }, epoch: 3 }));
}

#[test]
fn a_backup_command_writes_and_emits_nothing_where_no_disk_needs_a_backup() {
    let stopped = backing_up().columns();
    let current = Columns { backup_state: BackupState::Completed, has_backup_ref: true, ..stopped };
    let archived =
        Columns { state: SandboxState::Archived, desired_state: DesiredState::Archived, has_runner: false, ..current };
    let ended = Columns { backup_state: BackupState::None, ..stopped };
    let without_runner = Columns { has_runner: false, ..ended };
    let to_be_destroyed = Columns { desired_state: DesiredState::Destroyed, pending: true, ..ended };
    for columns in [current, archived, without_runner, to_be_destroyed] {
        assert!(decided(columns.into(), Command::Backup, NOW).is_noop(), "{columns:?}");
    }
    assert!(decided(ended.into(), Command::Backup, NOW).writes());
}

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
    let step = decided(archived, Report::BackupUnderWay { begun: true, attempt: None }, NOW);
    assert_eq!((step.is_noop(), step.cause()), (true, Cause::Ignored(Ignored::NotAwaited)));
}

#[test]
fn only_the_awaited_attempt_counts() {
    let cause = |attempt| decided(backing_up(), ended(attempt, Outcome::Completed), NOW).cause();
    assert_eq!(cause(Some(1)), Cause::Ignored(Ignored::OtherBackup));
    assert_eq!(cause(Some(3)), Cause::Ignored(Ignored::OtherBackup));
    let completed = after(backing_up(), ended(Some(2), Outcome::Completed));
    assert_eq!((completed.backup_state(), completed.has_backup_ref()), (BackupState::Completed, true));
    let repeated = decided(completed, ended(Some(2), Outcome::Completed), NOW);
    assert_eq!(repeated.cause(), Cause::Ignored(Ignored::NotAwaited));
    // A host that does not number its backups is decided as the recorded server decides it.
    assert!(decided(backing_up(), ended(None, Outcome::Completed), NOW).writes());
}

#[test]
fn a_completed_backup_discards_the_older_ones() {
    let discards = |attempt| {
        let row = Lifecycle::from(Columns { backup_attempt: attempt, ..backing_up().columns() });
        let step = decided(row, ended(Some(attempt), Outcome::Completed), NOW);
        step.effects().find(|effect| matches!(effect, Effect::DiscardBackups { .. }))
    };
    assert_eq!(discards(1), None, "there is no older one");
    assert_eq!(discards(2), Some(Effect::DiscardBackups { before: 2 }));
}

#[test]
fn a_start_keeps_the_completed_backup_as_the_last_resort() {
    let stopped = after(backing_up(), ended(Some(2), Outcome::Completed));
    let starting = applied(after(stopped, Command::Start), &pass(after(stopped, Command::Start), Stored::NotAsked));
    assert_eq!(starting.state(), SandboxState::Starting);
    assert!(starting.kept_backup() && starting.changed_since_backup() && starting.has_backup_ref());
    // The runner is lost with the copy: the kept backup brings the sandbox back.
    let failed = Lifecycle::from(Columns {
        state: SandboxState::Error,
        pending: false,
        has_runner: false,
        recoverable: true,
        ..starting.columns()
    });
    assert_eq!(failed.recovery(), Some(Recovery::FromBackup));
    let restored = after(failed, Command::Recover { start: true });
    assert_eq!((restored.state(), restored.backup_state()), (SandboxState::Archived, BackupState::Completed));
    assert!(!restored.kept_backup() && !restored.changed_since_backup(), "the backup is the disk now");
}

#[test]
fn an_attempt_over_its_limit_is_looked_up_in_the_store() {
    let over = NOW + Duration::hours(3);
    let limit = decided(backing_up(), Timer::BackupLimit, over).apply(backing_up()).expect("no other writer");
    assert_eq!((limit.backup_state(), limit.must_ask_store()), (BackupState::Error, true));
    assert_eq!(pass(limit, Stored::NotAsked), Next::Ask(Question::Store { attempt: 2 }));
    let whole = applied(limit, &pass(limit, Stored::Whole));
    assert_eq!((whole.backup_state(), whole.must_ask_store()), (BackupState::Completed, false));
    let missing = applied(limit, &pass(limit, Stored::Missing));
    assert_eq!((missing.backup_state(), missing.must_ask_store()), (BackupState::Error, false));
    // Its late report is as good as the answer of the store.
    assert_eq!(after(limit, ended(Some(2), Outcome::Completed)), whole);
}

#[test]
fn the_next_attempt_waits_until_the_store_has_answered_about_the_last_one() {
    let over = NOW + Duration::hours(3);
    let limit = decided(backing_up(), Timer::BackupLimit, over).apply(backing_up()).expect("no other writer");
    let refused = limit.decide(Command::Backup, &Policy::default(), Context::of(&limit), over);
    assert_eq!(refused.map_err(|refusal| refusal.reason()), Err(Reason::BackupInProgress));
    let missing = applied(limit, &pass(limit, Stored::Missing));
    assert_eq!(after(missing, Command::Backup).backup_attempt(), 3);
}

#[test]
fn a_failed_backup_can_be_requested_again() {
    let failed = after(backing_up(), ended(Some(2), FAILED));
    assert_eq!((failed.backup_state(), failed.must_ask_store()), (BackupState::Error, false));
    assert_eq!(after(failed, Command::Backup).backup_attempt(), 3);
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
            let step = decided(row, Report::BackupUnderWay { begun, attempt: None }, NOW);
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
        assert_eq!(after(failed, Report::BackupUnderWay { begun, attempt: None }), failed);
    }
}

/// Without a runner, an error is recovered from any backup that there is.
#[test]
fn a_completed_backup_makes_an_error_without_a_runner_recoverable_and_keeps_one_so() {
    for recoverable in [false, true] {
        let failed = Columns {
            state: SandboxState::Error,
            desired_state: DesiredState::Started,
            recoverable,
            ..backing_up().columns()
        };
        let completed = |columns| after(Lifecycle::from(columns), ended(Some(2), Outcome::Completed)).recoverable();
        assert!(completed(Columns { has_runner: false, ..failed }), "recoverable before: {recoverable}");
        assert_eq!(completed(Columns { fault: Some(Fault::Runner), ..failed }), recoverable);
    }
}
