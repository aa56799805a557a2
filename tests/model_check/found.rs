//! What the properties and the transcripts found once, each by its name.

use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Answer, AutoDelete, AutoPause, AutoStop, BackupState, Cause, Columns, Command, Context, DesiredState, Effect,
    Event, Fault, Ignored, Input, Job, Lifecycle, Minutes, Outcome, Policy, Report, SandboxClass, SandboxState, Stale,
    Stamp, Step, Task, Timer, Ttl,
};

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn decided(row: Lifecycle, input: impl Into<Input>, now: DateTime<Utc>) -> Step {
    let input = input.into();
    let decided = row.decide(input, &Policy::default(), Context::default(), now);
    decided.unwrap_or_else(|refusal| panic!("{input:?}: {refusal}"))
}

fn after(row: Lifecycle, input: impl Into<Input>) -> Lifecycle {
    decided(row, input, NOW).apply(row).expect("it was decided on this row")
}

#[test]
fn whoever_prolongs_a_sandbox_at_the_last_moment_keeps_it() {
    let row = Lifecycle::from(Columns { auto_destroy_at: Some(NOW.into()), ..Columns::default() });
    let over = NOW + Duration::seconds(1);
    let destroyed = decided(row, Timer::Ttl, over);
    for minutes in [Ttl::None, Ttl::After(Minutes::MAX)] {
        let prolonged = after(row, Command::Ttl { interval: minutes });
        let stale = Stale { was: SandboxState::Started, is: SandboxState::Started };
        assert_eq!(destroyed.apply(prolonged), Err(stale));
        assert_ne!(destroyed.expects().auto_destroy_at, prolonged.columns().auto_destroy_at);
    }
}

#[test]
fn two_idle_timers_set_at_once_are_not_both_written() {
    let hour = Minutes::new(60).expect("an interval");
    let never = Columns { auto_stop: AutoStop::Never, class: SandboxClass::LinuxVm, ..Columns::default() };
    let row = Lifecycle::from(never);
    let pauses = decided(row, Command::AutoPause { interval: AutoPause::After(hour) }, NOW);
    let stops = after(row, Command::AutoStop { interval: AutoStop::After(hour) });
    assert!(pauses.apply(stops).is_err());
    assert_ne!(pauses.expects().auto_stop, Some(stops.auto_stop()));
}

#[test]
fn an_accepted_destroy_of_an_errored_sandbox_keeps_its_epoch() {
    let error = Columns { state: SandboxState::Error, fault: Some(Fault::Runner), ..Columns::default() };
    let unwanted = after(error.into(), Command::Destroy { force: false });
    let epoch = Some(unwanted.epoch());
    let accepted = Report::Answered { task: Task::Destroy, answer: Answer::Accepted, from: None, epoch };
    let destroying = after(unwanted, accepted);
    assert_eq!((destroying.state(), Some(destroying.epoch())), (SandboxState::Destroying, epoch));
    let ended = after(destroying, Report::Ended { job: Job::Destroy, outcome: Outcome::Completed, epoch });
    assert_eq!(ended.state(), SandboxState::Destroyed);
}

#[test]
fn a_backup_told_late_does_not_take_an_archives_only_copy_back() {
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
fn the_end_of_a_fork_is_taken_by_source_and_child() {
    let row = Columns { class: SandboxClass::LinuxVm, epoch: 4, ..Columns::default() };
    let source = after(row.into(), Command::Fork);
    let child = source.fork_child(NOW);
    let ended = |job| Report::Ended { job, outcome: Outcome::Completed, epoch: Some(source.epoch()) };
    assert_eq!(after(source, ended(Job::ForkSource)).state(), SandboxState::Started);
    assert_eq!(after(child, ended(Job::ForkChild)).state(), SandboxState::Started);
}

/// A sandbox that is being forked, and what its runner answers.
fn fork_answered(state: SandboxState, answer: Answer) -> Vec<Effect> {
    let row = Lifecycle::from(Columns { state, pending: true, class: SandboxClass::LinuxVm, ..Columns::default() });
    let report = Report::Answered { task: Task::Fork, answer, from: Some(SandboxState::Started), epoch: None };
    decided(row, report, NOW).effects().filter(|effect| matches!(effect, Effect::Tell(Event::Created))).collect()
}

#[test]
fn a_child_that_is_made_within_the_call_is_told_of() {
    assert_eq!(fork_answered(SandboxState::Forking, Answer::Done), [Effect::Tell(Event::Created)]);
}

#[test]
fn an_answer_to_a_fork_that_is_over_tells_of_no_child() {
    assert_eq!(fork_answered(SandboxState::Forking, Answer::Accepted), [Effect::Tell(Event::Created)]);
    for state in [SandboxState::Started, SandboxState::Stopped, SandboxState::Destroying] {
        assert_eq!(fork_answered(state, Answer::Accepted), []);
    }
}

#[test]
fn an_ephemeral_sandbox_that_is_recovered_to_be_started_is_not_deleted_in_passing() {
    let ephemeral = Columns { auto_delete: AutoDelete::AtOnce, ..Columns::default() };
    let failed = Columns { state: SandboxState::Error, fault: Some(Fault::Runner), recoverable: true, ..ephemeral };
    let recovered = |start| {
        let (task, answer) = (Task::Recover { start }, Answer::Done);
        decided(failed.into(), Report::Answered { task, answer, from: None, epoch: None }, NOW)
    };
    let passing = recovered(true);
    assert!(!passing.is_soft_delete());
    let stopped = passing.apply(failed.into()).expect("it was decided on this row");
    assert_eq!((stopped.state(), stopped.desired_state()), (SandboxState::Stopped, DesiredState::Stopped));
    assert_eq!(after(stopped, Command::Start).desired_state(), DesiredState::Started);
    // To rest is what it is not made for (difference D8).
    assert!(recovered(false).is_soft_delete());
}

#[test]
fn what_failed_and_is_to_go_is_kept_on_record_while_a_runner_holds_it() {
    let long_ago = NOW - Duration::days(10);
    for state in [SandboxState::Error, SandboxState::BuildFailed] {
        let failed = Columns { state, state_since: long_ago.into(), has_runner: true, ..Columns::default() };
        let unwanted = after(failed.into(), Command::Destroy { force: false });
        assert_eq!(unwanted.due(&Policy::default(), Context::default(), NOW), None, "{state} on its runner");
        let released = Lifecycle::from(Columns { has_runner: false, ..unwanted.columns() });
        let purge = released.due(&Policy::default(), Context::default(), NOW).expect("its retention is over");
        assert_eq!(purge.effects().collect::<Vec<_>>(), [Effect::Stamp(Stamp::Purge)]);
    }
}

#[test]
fn a_backup_told_late_does_not_take_a_recovery_its_backup() {
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

#[test]
fn a_name_is_given_up_once() {
    let destroying = after(Lifecycle::from(Columns::default()), Command::Destroy { force: false });
    let forced = decided(destroying, Command::Destroy { force: true }, NOW);
    assert_eq!(forced.state(), SandboxState::Destroying);
    assert!(!forced.effects().any(|effect| effect == Effect::GiveUpName));
}

#[test]
fn a_time_to_live_beyond_the_last_instant_is_still_one() {
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

#[test]
fn a_child_begins_anew_with_its_sources_settings() {
    let (born, later) = (NOW - Duration::minutes(90), NOW + Duration::minutes(5));
    let source = Columns {
        class: SandboxClass::LinuxVm,
        backup_state: BackupState::InProgress,
        backup_since: Some(born.into()),
        fault: Some(Fault::Other),
        auto_destroy_at: Some((born + Duration::minutes(100)).into()),
        created_at: born.into(),
        last_activity_at: born.into(),
        state_since: born.into(),
        epoch: 7,
        ..Columns::default()
    };
    let expected = Columns {
        state: SandboxState::Creating,
        pending: true,
        backup_state: BackupState::None,
        backup_since: None,
        fault: None,
        auto_destroy_at: Some((later + Duration::minutes(100)).into()),
        created_at: later.into(),
        last_activity_at: later.into(),
        state_since: later.into(),
        ..source
    };
    assert_eq!(Lifecycle::from(source).fork_child(later).columns(), expected);
    let unlimited = Columns { auto_destroy_at: None, ..source };
    assert_eq!(Lifecycle::from(unlimited).fork_child(later).auto_destroy_at(), None);
}
