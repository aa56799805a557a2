//! Shrunk counter-examples of the properties, each for a fault that was found and repaired.

use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Effect, Lifecycle, Next, Policy, Report, RunnerView, SandboxState, Step,
    Timer,
    controller::{Observed, Placement, Question},
    rules::{Answer, Cause, Job, Outcome, Task},
    vocabulary::{AutoDelete, BackupState, Fault, Repair},
};

const START: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn hours(count: i64) -> DateTime<Utc> {
    START + Duration::hours(count)
}

fn decided(
    columns: Columns,
    input: impl sandbox_lifecycle::rules::AsInput,
    children: u32,
    now: DateTime<Utc>,
) -> Lifecycle {
    let row = Lifecycle::from(columns);
    let context = Context::of(&row).with_live_fork_children(children);
    let step = row.decide(input, &Policy::default(), context, now).expect("it is accepted");
    step.apply(row).expect("its row")
}

fn driven(columns: Columns, known: impl FnOnce(RunnerView) -> RunnerView) -> Step {
    let row = Lifecycle::from(columns);
    match row.reconcile(&known(RunnerView::of(&row)), &Policy::default(), START) {
        Next::Apply(step) => step,
        next => panic!("the pass should write: {next}"),
    }
}

fn going(state: SandboxState, desired_state: DesiredState) -> Columns {
    Columns { state, desired_state, pending: true, ..Columns::default() }
}

fn stopped() -> Columns {
    Columns { state: SandboxState::Stopped, desired_state: DesiredState::Stopped, ..Columns::default() }
}

fn backed_up(columns: Columns) -> Columns {
    Columns { backup_state: BackupState::Completed, has_backup_ref: true, backup_attempt: 1, ..columns }
}

#[test]
fn a_sandbox_that_is_reported_archived_can_be_started_from_its_backup() {
    let reported = Report::State { state: SandboxState::Archived, fault: None, recoverable: false, epoch: None };
    let archived = decided(backed_up(stopped()), reported, 0, START);
    let woken = decided(archived.columns(), Command::Start, 0, START);
    let step = driven(woken.columns(), |view| RunnerView { placement: Placement::Warm, ..view });
    assert_eq!(step.state(), SandboxState::Restoring);
}

#[test]
fn a_refused_fork_of_an_ephemeral_sandbox_does_not_delete_the_disk_that_its_forks_read() {
    let forking = Columns { auto_delete: AutoDelete::AtOnce, ..going(SandboxState::Forking, DesiredState::Stopped) };
    let answer = Answer::Refused { fault: Fault::Refused, recoverable: false };
    let refused = decided(forking, Report::Answered { task: Task::Fork, answer, from: None, epoch: None }, 1, START);
    assert_eq!((refused.state(), refused.desired_state()), (SandboxState::Stopped, DesiredState::Stopped));
}

#[test]
fn a_time_limit_does_not_delete_the_disk_that_forks_read() {
    let resizing = Columns { auto_delete: AutoDelete::AtOnce, ..going(SandboxState::Resizing, DesiredState::Stopped) };
    let ended = decided(resizing, Timer::TimeLimit, 1, hours(1));
    assert_eq!((ended.state(), ended.desired_state()), (SandboxState::Stopped, DesiredState::Stopped));
}

#[test]
fn a_recovery_within_the_call_does_not_delete_the_disk_that_forks_read() {
    let errored = Columns {
        auto_delete: AutoDelete::AtOnce,
        pending: false,
        repair: Some(Repair::Recover),
        ..going(SandboxState::Error, DesiredState::Stopped)
    };
    let done = Report::Answered { task: Task::Recover { start: false }, answer: Answer::Done, from: None, epoch: None };
    let recovered = decided(errored, done, 1, START);
    assert_eq!((recovered.state(), recovered.desired_state()), (SandboxState::Stopped, DesiredState::Stopped));
}

#[test]
fn the_time_limit_of_a_destroy_begins_an_epoch_also_without_a_runner() {
    let destroying = Columns { has_runner: false, ..going(SandboxState::Destroying, DesiredState::Destroyed) };
    assert_eq!(decided(destroying, Timer::TimeLimit, 0, hours(1)).epoch(), 1);
}

#[test]
fn a_repair_without_a_runner_has_no_time_limit_and_the_record_is_removed() {
    let broken = Columns {
        repair: Some(Repair::Recover),
        has_runner: false,
        ..going(SandboxState::Error, DesiredState::Destroyed)
    };
    let row = Lifecycle::from(broken);
    let step = row.due(&Policy::default(), Context::of(&row), hours(24 * 8)).expect("the retention is over");
    assert_eq!(step.cause(), Cause::Timer(Timer::Retention));
}

#[test]
fn a_failed_start_does_not_end_the_recovery_of_a_sandbox_in_error() {
    let errored =
        Columns { pending: false, repair: Some(Repair::Recover), ..going(SandboxState::Error, DesiredState::Started) };
    let outcome = Outcome::Failed { fault: Fault::Runner, recoverable: false };
    let failed = decided(errored, Report::Ended { job: Job::Start, outcome, epoch: None }, 0, START);
    assert_eq!(failed.columns(), errored);
}

#[test]
fn a_destroyed_sandbox_that_waited_for_a_build_owes_its_runner_the_removal() {
    let step = driven(going(SandboxState::PendingBuild, DesiredState::Destroyed), |view| view);
    assert!(step.effects().any(|effect| effect == Effect::Remove { epoch: 1 }), "{step}");
}

#[test]
fn a_placement_that_replaces_a_runner_owes_the_old_one_a_release() {
    let waiting = going(SandboxState::PendingBuild, DesiredState::Started);
    let step = driven(waiting, |view| RunnerView { placement: Placement::Warm, ..view });
    assert!(step.effects().any(|effect| effect == Effect::Release { epoch: 1 }), "{step}");
}

#[test]
fn a_pull_that_the_runner_shows_begins_an_epoch() {
    let creating = going(SandboxState::Creating, DesiredState::Started);
    let shown = Observed::State(SandboxState::PullingSnapshot);
    let step = driven(creating, |view| RunnerView { observed: shown, ..view });
    assert_eq!(step.apply(Lifecycle::from(creating)).expect("its row").epoch(), 1);
}

#[test]
fn a_forks_child_is_never_created_from_an_image() {
    for state in [SandboxState::Unknown, SandboxState::PullingSnapshot, SandboxState::PendingBuild] {
        let child = Columns { is_fork_child: true, ..going(state, DesiredState::Started) };
        let step = driven(child, |view| RunnerView { placement: Placement::Warm, ..view });
        assert_eq!(step.state(), SandboxState::Error, "{state}");
    }
}

#[test]
fn no_attempt_is_requested_before_the_store_has_answered_about_the_last_one() {
    let unknown = Columns { backup_state: BackupState::Error, backup_attempt: 1, must_ask_store: true, ..stopped() };
    let row = Lifecycle::from(unknown);
    let refusal = row.decide(Command::Backup, &Policy::default(), Context::of(&row), START).expect_err("it is refused");
    assert_eq!(refusal.code(), "backup_in_progress");
}

#[test]
fn a_sandbox_that_is_recovered_from_its_backup_is_restored_before_the_store_is_asked_about_another_attempt() {
    let errored = Columns {
        pending: false,
        has_runner: false,
        recoverable: true,
        kept_backup: true,
        backup_state: BackupState::Error,
        backup_attempt: 2,
        must_ask_store: true,
        ..going(SandboxState::Error, DesiredState::Started)
    };
    let recovered = decided(errored, Command::Recover { start: true }, 0, START);
    let asks = recovered.reconcile(&RunnerView::of(&recovered), &Policy::default(), START);
    assert_ne!(asks, Next::Ask(Question::Store { attempt: 2 }));
    let step = driven(recovered.columns(), |view| RunnerView { placement: Placement::Warm, ..view });
    assert_eq!(step.state(), SandboxState::Restoring);
}

#[test]
fn a_resize_makes_a_backup_one_of_an_older_disk_and_keeps_it() {
    let size =
        sandbox_lifecycle::vocabulary::SizeChange { disk: std::num::NonZeroU32::new(99), cpu: None, memory: None };
    let resizing = decided(backed_up(stopped()), Command::Resize(size), 0, START);
    assert!(resizing.changed_since_backup() && resizing.kept_backup());
    let requested = decided(resizing.columns(), Command::Backup, 0, START);
    assert!(requested.kept_backup(), "the completed backup is the last resort");
}

#[test]
fn a_backup_that_is_current_during_a_snapshot_is_not_replaced() {
    let snapshotting = backed_up(going(SandboxState::Snapshotting, DesiredState::Stopped));
    assert_eq!(decided(snapshotting, Command::Backup, 0, START).columns(), snapshotting);
}

#[test]
fn a_repeated_failure_of_a_backup_is_not_another_attempt_to_archive() {
    let archiving = Columns {
        pending: false,
        backup_state: BackupState::InProgress,
        ..going(SandboxState::Archiving, DesiredState::Archived)
    };
    let outcome = Outcome::Failed { fault: Fault::Runner, recoverable: false };
    let failed = Report::Ended { job: Job::Backup { attempt: None }, outcome, epoch: None };
    let once = decided(archiving, failed, 0, START);
    assert_eq!(once.archive_attempts(), 1);
    assert_eq!(decided(once.columns(), failed, 0, START).archive_attempts(), 1);
}

#[test]
fn a_pass_does_not_wait_for_a_time_to_live_that_forks_hold_back() {
    let row = Lifecycle::from(Columns {
        auto_destroy_at: Some(START),
        ..going(SandboxState::Stopping, DesiredState::Stopped)
    });
    let view = RunnerView { live_fork_children: 1, observed: Observed::Busy, ..RunnerView::of(&row) };
    let now = START + Duration::seconds(1);
    assert_eq!(row.reconcile(&view, &Policy::default(), now), Next::Wait { until: now + Duration::minutes(1) });
}

#[test]
fn the_stop_of_a_paused_sandbox_makes_its_backup_one_of_an_older_disk() {
    let paused = backed_up(going(SandboxState::Paused, DesiredState::Stopped));
    let stopping = driven(paused, |view| view).apply(Lifecycle::from(paused)).expect("its row");
    assert_eq!(stopping.state(), SandboxState::Stopping);
    assert!(stopping.changed_since_backup() && stopping.kept_backup());
}

#[test]
fn an_error_whose_copy_runs_is_not_archived_with_a_backup_of_an_older_disk() {
    let errored = Columns { pending: false, must_ask: true, ..going(SandboxState::Error, DesiredState::Archived) };
    let shown = Observed::State(SandboxState::Started);
    let step = driven(backed_up(errored), |view| RunnerView { observed: shown, ..view });
    let after = step.apply(*step.before()).expect("its row");
    assert!(after.changed_since_backup() && after.kept_backup(), "{step}");
    assert_ne!(driven(after.columns(), |view| view).state(), SandboxState::Archived);
}
