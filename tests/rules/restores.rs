//! Restores: a backup returns to a runner, and what happens where that fails.

use crate::{NOW, after, decided, idle};
use sandbox_lifecycle::{
    Columns, DesiredState, Effect, Lifecycle, Next, Policy, Report, RunnerView, SandboxState, Step,
    controller::{Observed, Placement, Question},
    lifecycle::Recovery,
    rules::{Answer, Call, Cause, Ignored, Job, Outcome, RunnerChange, Task},
    vocabulary::{BackupState, Fault},
};

/// An archived sandbox that should start.
fn waking() -> Lifecycle {
    Lifecycle::from(Columns {
        state: SandboxState::Archived,
        desired_state: DesiredState::Started,
        pending: true,
        backup_state: BackupState::Completed,
        has_backup_ref: true,
        has_runner: false,
        epoch: 4,
        ..idle()
    })
}

fn pass(row: Lifecycle, observed: Observed) -> Next {
    let view = RunnerView { observed, placement: Placement::Warm, ..RunnerView::of(&row) };
    row.reconcile(&view, &Policy::default(), NOW)
}

fn step(row: Lifecycle, observed: Observed) -> Step {
    match pass(row, observed) {
        Next::Apply(step) => step,
        other => panic!("{other}"),
    }
}

fn passed(row: Lifecycle, observed: Observed) -> Lifecycle {
    step(row, observed).apply(row).expect("it was decided on this row")
}

/// The end of the row's restore.
fn ended(row: Lifecycle, outcome: Outcome) -> Lifecycle {
    after(row, Report::Ended { job: Job::Create, outcome, epoch: Some(row.epoch()) })
}

const FAILED: Outcome = Outcome::Failed { fault: Fault::Runner, recoverable: false };

#[test]
fn no_answer_assigns_a_runner() {
    let ended = Report::Ended { job: Job::Create, outcome: Outcome::Completed, epoch: None };
    let answered = |answer| Report::Answered { task: Task::Restore, answer, from: None, epoch: None };
    for report in [ended, answered(Answer::Accepted), answered(Answer::Done)] {
        assert_eq!(decided(waking(), report, NOW).cause(), Cause::Ignored(Ignored::NotAwaited));
    }
}

#[test]
fn one_step_assigns_the_runner_writes_restoring_and_calls() {
    let places = step(waking(), Observed::NotAsked);
    let call = Effect::Call(Call { task: Task::Restore, epoch: 5 });
    assert!(places.effects().any(|effect| effect == call));
    assert!(places.effects().any(|effect| effect == Effect::Runner(RunnerChange::Assigned)));
    let restoring = passed(waking(), Observed::NotAsked);
    assert_eq!((restoring.state(), restoring.has_runner()), (SandboxState::Restoring, true));
    assert!(!restoring.kept_backup() && !restoring.changed_since_backup(), "the backup is current until it runs");
    assert_eq!(ended(restoring, Outcome::Completed).state(), SandboxState::Started);
}

#[test]
fn a_failed_restore_is_asked_about_before_it_is_placed_again() {
    let restoring = passed(waking(), Observed::NotAsked);
    let failed = ended(restoring, FAILED);
    assert_eq!((failed.state(), failed.must_ask()), (SandboxState::Restoring, true));
    assert_eq!(pass(failed, Observed::NotAsked), Next::Ask(Question::Runner { epoch: 6 }));
    // It runs in spite of its report.
    assert_eq!(passed(failed, Observed::State(SandboxState::Started)).state(), SandboxState::Started);
    let again = passed(failed, Observed::NotFound);
    assert_eq!((again.state(), again.restore_attempts(), again.epoch()), (SandboxState::Restoring, 2, 7));
}

#[test]
fn a_restore_that_failed_on_every_runner_is_an_error_from_which_its_backup_brings_it_back() {
    let mut row = passed(waking(), Observed::NotAsked);
    for _ in 1..Policy::default().max_restore_attempts {
        row = passed(ended(row, FAILED), Observed::NotFound);
    }
    let failed = passed(ended(row, FAILED), Observed::NotFound);
    assert_eq!((failed.state(), failed.has_runner()), (SandboxState::Error, false));
    assert_eq!(failed.recovery(), Some(Recovery::FromBackup));
    assert_eq!(after(failed, sandbox_lifecycle::Command::Recover { start: true }).state(), SandboxState::Archived);
}

/// Decided as the recorded server decides it: the report of a host without epochs.
#[test]
fn a_sandbox_that_its_runner_reports_as_archived_is_restored_by_a_start() {
    let backed_up = Columns { backup_state: BackupState::Completed, has_backup_ref: true, ..idle() };
    let reported = Report::State { state: SandboxState::Archived, fault: None, recoverable: false, epoch: None };
    let archived = after(backed_up.into(), reported);
    assert_eq!((archived.state(), archived.changed_since_backup()), (SandboxState::Archived, false));
    let waking = after(archived, sandbox_lifecycle::Command::Start);
    assert_eq!(step(waking, Observed::NotAsked).state(), SandboxState::Restoring);
}
