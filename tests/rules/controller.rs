//! The controller: what a pass does when a runner is silent, when a call was lost and when an archive is given up.

use crate::{NOW, idle};
use chrono::Duration;
use sandbox_lifecycle::{
    Columns, DesiredState, Effect, Lifecycle, Next, Policy, RunnerView, SandboxState, Step,
    controller::{Image, Observed, Question, RunnerStanding},
    rules::{Call, Task, TaskKind},
    vocabulary::{BackupState, Fault},
};

/// A sandbox that began to start this many minutes ago.
fn starting(ago: i64) -> Lifecycle {
    let since = NOW - Duration::minutes(ago);
    Lifecycle::from(Columns { state: SandboxState::Starting, pending: true, state_since: since, epoch: 4, ..idle() })
}

fn pass(row: Lifecycle, view: RunnerView) -> Next {
    row.reconcile(&view, &Policy::default(), NOW)
}

fn observed(row: Lifecycle, observed: Observed) -> RunnerView {
    RunnerView { observed, ..RunnerView::of(&row) }
}

fn step(next: Next) -> Step {
    match next {
        Next::Apply(step) => step,
        other => panic!("{other}"),
    }
}

#[test]
fn the_time_limit_acts_while_the_runner_does_not_answer() {
    let pass = |row| pass(row, observed(row, Observed::NoAnswer));
    assert!(matches!(pass(starting(4)), Next::Wait { .. }));
    let over = step(pass(starting(6)));
    assert_eq!((over.state(), over.changes().fault), (SandboxState::Error, Some(Some(Fault::TimeLimit))));
    assert_eq!(over.changes().must_ask, Some(true), "the runner is asked later what it has");
}

#[test]
fn a_busy_runner_is_waited_for_and_a_lost_call_is_sent_again() {
    let started = starting(1);
    assert!(matches!(pass(started, observed(started, Observed::Busy)), Next::Wait { .. }));
    let again = Next::Resend { task: TaskKind::Start, epoch: 4 };
    assert_eq!(pass(started, observed(started, Observed::State(SandboxState::Stopped))), again);
    assert_eq!(pass(started, observed(started, Observed::NotFound)), again);
}

#[test]
fn an_answer_for_another_revision_does_not_count() {
    let row = starting(1);
    let old = RunnerView {
        revision: row.revision().wrapping_sub(1),
        ..observed(row, Observed::State(SandboxState::Started))
    };
    assert_eq!(pass(row, old), Next::Ask(Question::Runner { epoch: 4 }));
}

#[test]
fn a_call_is_the_effect_of_the_step_that_writes_its_state() {
    let row = Lifecycle::from(Columns { desired_state: DesiredState::Stopped, pending: true, epoch: 4, ..idle() });
    let stops = step(pass(row, RunnerView::of(&row)));
    let call = Call { task: Task::Stop { force: false }, epoch: 5 };
    assert!(stops.effects().any(|effect| effect == Effect::Call(call)));
    let stopping = stops.apply(row).expect("it was decided on this row");
    assert_eq!((stopping.state(), stopping.epoch()), (SandboxState::Stopping, 5));
    assert!(stopping.awaits(&call));
    let unready = RunnerView { runner: RunnerStanding::NotReady, ..RunnerView::of(&row) };
    assert!(matches!(pass(row, unready), Next::Wait { .. }), "a runner that is not ready is not called");
}

#[test]
fn an_answer_to_an_ask_raises_the_epoch_so_that_an_undelivered_call_is_stale() {
    let row = starting(1);
    let shown = step(pass(row, observed(row, Observed::State(SandboxState::Started))));
    assert_eq!((shown.state(), shown.changes().epoch), (SandboxState::Started, Some(5)));
    let started = shown.apply(row).expect("it was decided on this row");
    assert!(!started.awaits(&Call { task: Task::Start, epoch: 4 }));
}

#[test]
fn an_archive_requests_its_backup_until_the_attempts_are_used_up() {
    let archiving = |archive_attempts| {
        Lifecycle::from(Columns {
            state: SandboxState::Archiving,
            desired_state: DesiredState::Archived,
            backup_state: BackupState::Error,
            archive_attempts,
            ..idle()
        })
    };
    let policy = Policy::default();
    let used_up = u8::try_from(policy.max_archive_attempts).expect("a small number");
    let row = archiving(used_up);
    let again = step(pass(row, RunnerView::of(&row)));
    assert_eq!(again.changes().backup_state, Some(BackupState::Pending));
    let row = archiving(used_up + 1);
    let gives_up = step(pass(row, RunnerView::of(&row)));
    assert_eq!((gives_up.state(), gives_up.desired_state()), (SandboxState::Stopped, DesiredState::Stopped));
    let stopped = gives_up.apply(row).expect("it was decided on this row");
    assert!(!matches!(pass(stopped, RunnerView::of(&stopped)), Next::Apply(_)), "it stays given up");
}

#[test]
fn an_error_gives_up_only_the_desired_state_of_its_archive() {
    let row = Lifecycle::from(Columns {
        state: SandboxState::Error,
        desired_state: DesiredState::Archived,
        backup_state: BackupState::Error,
        archive_attempts: 4,
        fault: Some(Fault::Runner),
        ..idle()
    });
    let gives_up = step(pass(row, RunnerView::of(&row)));
    assert_eq!((gives_up.state(), gives_up.desired_state()), (SandboxState::Error, DesiredState::Stopped));
    assert_eq!(gives_up.changes().fault, None, "the error stays visible");
}

#[test]
fn a_copy_is_created_once_its_image_was_fetched_though_the_runner_has_none_yet() {
    let pulling = Lifecycle::from(Columns { state: SandboxState::PullingSnapshot, pending: true, epoch: 4, ..idle() });
    let pass = |image| pass(pulling, RunnerView { image, observed: Observed::NotFound, ..RunnerView::of(&pulling) });
    let since = Columns { state_since: NOW, ..pulling.columns() };
    let in_time = |image| {
        let row = Lifecycle::from(since);
        let view = RunnerView { image, observed: Observed::NotFound, ..RunnerView::of(&row) };
        row.reconcile(&view, &Policy::default(), NOW)
    };
    assert_eq!(step(in_time(Image::Ready)).state(), SandboxState::Unknown);
    assert_eq!(step(in_time(Image::Failed)).state(), SandboxState::Error);
    assert!(matches!(in_time(Image::Pulling), Next::Wait { .. }));
    assert_eq!(in_time(Image::Missing), Next::Resend { task: TaskKind::Pull, epoch: 4 });
    assert_eq!(step(pass(Image::Pulling)).state(), SandboxState::Error, "the limit is over");
    assert_eq!(step(pass(Image::Ready)).state(), SandboxState::Unknown, "an image that is ready is used");
}

/// What was requested and has not begun waits for its runner, and an operator can end the wait: a runner that is declared gone
/// is left, whatever the sandbox was to do.
#[test]
fn no_sandbox_waits_for_a_runner_that_is_declared_gone() {
    for state in SandboxState::ALL {
        for desired_state in DesiredState::ALL {
            let columns = Columns { state: *state, desired_state: *desired_state, ..idle() };
            let mut row = Lifecycle::from(columns).repaired();
            if !row.has_runner() || !row.violations().is_empty() {
                continue;
            }
            let gone = RunnerView { runner: RunnerStanding::Gone, ..RunnerView::of(&row) };
            row = step(pass(row, gone)).apply(row).expect("it was decided on this row");
            assert!(!row.has_runner(), "{state}/{desired_state}");
        }
    }
}

#[test]
fn a_host_looks_for_a_runner_only_where_a_pass_reads_the_placement() {
    let ready = |columns| Lifecycle::from(columns).needs_placement(RunnerStanding::Ready);
    let started = idle();
    assert!(!ready(started));
    assert!(ready(Columns { has_runner: false, ..started }));
    for standing in [RunnerStanding::NotReady, RunnerStanding::Gone] {
        assert!(Lifecycle::from(started).needs_placement(standing), "{standing:?}");
    }
    assert!(ready(Columns { state: SandboxState::PendingBuild, ..started }));
    // A runner that could not restore it is asked: it may have the copy after all.
    let restoring = Columns { state: SandboxState::Restoring, ..started };
    assert!(!ready(restoring) && !ready(Columns { must_ask: true, ..started }));
    assert!(ready(Columns { must_ask: true, ..restoring }));
}
