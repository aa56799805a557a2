//! Forks: the reports of source and child, and the row of a new child.

use crate::{NOW, after, decided};
use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Effect, Lifecycle, Next, Policy, Report, RunnerView, SandboxClass,
    SandboxState,
    controller::Observed,
    rules::{Answer, Event, Job, Outcome, Task},
    vocabulary::{AutoDelete, BackupState, Fault, Minutes, Ttl},
};

#[test]
fn both_source_and_child_accept_the_end_of_a_fork() {
    let row = Columns { class: SandboxClass::LinuxVm, epoch: 4, ..Columns::default() };
    let source = after(row.into(), Command::Fork);
    let child = source.fork_child(NOW);
    let ended = |job| Report::Ended { job, outcome: Outcome::Completed, epoch: Some(source.epoch()) };
    assert_eq!(after(source, ended(Job::ForkSource)).state(), SandboxState::Started);
    assert_eq!(after(child, ended(Job::ForkChild)).state(), SandboxState::Started);
}

/// Returns the created events after the runner answers a fork call on a sandbox in this state.
fn fork_answered(state: SandboxState, answer: Answer) -> Vec<Effect> {
    let row = Lifecycle::from(Columns { state, pending: true, class: SandboxClass::LinuxVm, ..Columns::default() });
    let report = Report::Answered { task: Task::Fork, answer, from: Some(SandboxState::Started), epoch: None };
    decided(row, report, NOW).effects().filter(|effect| matches!(effect, Effect::Emit(Event::Created))).collect()
}

#[test]
fn a_child_made_within_the_call_sends_a_created_event() {
    assert_eq!(fork_answered(SandboxState::Forking, Answer::Done), [Effect::Emit(Event::Created)]);
}

#[test]
fn a_late_answer_to_a_fork_sends_no_created_event() {
    assert_eq!(fork_answered(SandboxState::Forking, Answer::Accepted), [Effect::Emit(Event::Created)]);
    for state in [SandboxState::Started, SandboxState::Stopped, SandboxState::Destroying] {
        assert_eq!(fork_answered(state, Answer::Accepted), []);
    }
}

#[test]
fn a_child_takes_the_settings_of_its_source_and_starts_with_fresh_times() {
    let (born, later) = (NOW - Duration::minutes(90), NOW + Duration::minutes(5));
    let source = Columns {
        class: SandboxClass::LinuxVm,
        backup_state: BackupState::InProgress,
        backup_since: Some(born),
        backup_attempt: 3,
        fault: Some(Fault::Other),
        auto_destroy_at: Some(born + Duration::minutes(100)),
        created_at: born,
        last_activity_at: born,
        state_since: born,
        epoch: 7,
        ..Columns::default()
    };
    let expected = Columns {
        state: SandboxState::Creating,
        pending: true,
        backup_state: BackupState::None,
        backup_since: None,
        backup_attempt: 0,
        is_fork_child: true,
        fault: None,
        auto_destroy_at: Some(later + Duration::minutes(100)),
        created_at: later,
        last_activity_at: later,
        state_since: later,
        ..source
    };
    assert_eq!(Lifecycle::from(source).fork_child(later).columns(), expected);
    let unlimited = Columns { auto_destroy_at: None, ..source };
    assert_eq!(Lifecycle::from(unlimited).fork_child(later).auto_destroy_at(), None);
}

/// Returns whether a step raises the revision of the parent.
fn raises_parent(row: Lifecycle, command: Command) -> bool {
    decided(row, command, NOW).effects().any(|effect| effect == Effect::RaiseParent)
}

#[test]
fn a_child_that_ends_raises_the_revision_of_its_parent_once() {
    let parent = Lifecycle::from(Columns { class: SandboxClass::LinuxVm, ..Columns::default() });
    let child = Lifecycle::from(Columns { is_fork_child: true, ..Columns::default() });
    let destroy = Command::Destroy { force: false };
    assert!(raises_parent(child, destroy));
    assert!(!raises_parent(parent, destroy), "it is no fork's child");
    assert!(!raises_parent(child, Command::Stop { force: false }), "a stopped child is alive");
    assert!(!raises_parent(after(child, destroy), Command::Destroy { force: true }), "the parent knows");
}

#[test]
fn a_fork_s_child_that_its_runner_does_not_know_is_never_created_from_an_image() {
    let child = Lifecycle::from(Columns { class: SandboxClass::LinuxVm, ..Columns::default() }).fork_child(NOW);
    for observed in [Observed::NotFound, Observed::State(SandboxState::Unknown)] {
        let view = RunnerView { observed, ..RunnerView::of(&child) };
        let next = child.reconcile(&view, &Policy::default(), NOW);
        assert!(matches!(next, Next::Wait { .. }), "{next}: the parent repeats the call");
    }
}

#[test]
fn live_forks_keep_the_disk_of_an_ephemeral_sandbox_that_stops() {
    let ephemeral = Columns { auto_delete: AutoDelete::AtOnce, class: SandboxClass::LinuxVm, ..Columns::default() };
    let row = Lifecycle::from(ephemeral);
    let stops = |children| {
        let context = Context::of(&row).with_live_fork_children(children);
        let step = row.decide(Command::Stop { force: false }, &Policy::default(), context, NOW);
        step.expect("a stop frees compute at any time").desired_state()
    };
    assert_eq!((stops(0), stops(1)), (DesiredState::Destroyed, DesiredState::Stopped));
}

#[test]
fn a_ttl_beyond_the_last_instant_ends_just_before_it() {
    let minutes = Ttl::After(Minutes::MAX);
    let row = Lifecycle::from(Columns::default());
    let late = DateTime::<Utc>::MAX_UTC - Duration::minutes(1);
    let step = decided(row, Command::Ttl { interval: minutes }, late);
    let limit = step.changes().auto_destroy_at.flatten();
    assert_eq!(step.apply(row).map(|row| row.columns().auto_destroy_at), Ok(limit));
    assert!(limit.is_some());
    let child = step.apply(row).expect("it was decided on this row").fork_child(late);
    assert!(child.auto_destroy_at().is_some());
}
