//! Forks: the reports of source and child, and the row of a new child.

use crate::{NOW, after, decided};
use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Columns, Command, Effect, Lifecycle, Report, SandboxClass, SandboxState,
    rules::{Answer, Event, Job, Outcome, Task},
    vocabulary::{BackupState, Fault, Minutes, Ttl},
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
