//! Stale steps: a step is not written where another writer was first. A touch is the exception.

use crate::{NOW, after, decided, idle};
use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Columns, Command, DesiredState, Lifecycle, Next, Policy, Report, RunnerView, Sandbox, SandboxClass, SandboxDto,
    SandboxState, Stale, Step, Timer,
    controller::Stored,
    record::{ApplyError, OutboxEntries, RecordEdit, StepDetails},
    rules::{Expects, Job, Outcome},
    vocabulary::{AutoPause, AutoStop, BackupState, Minutes, Ttl},
};

fn interval<T: TryFrom<i64, Error = sandbox_lifecycle::vocabulary::IntervalError>>(count: i64) -> T {
    T::try_from(count).expect("an interval within its range")
}

fn changed(was: u32, is: u32) -> Result<Lifecycle, Stale> {
    Err(Stale::Changed { was, is })
}

/// Writes a step that was decided on this row.
fn written(step: Step, row: Lifecycle) -> Lifecycle {
    step.apply(row).expect("there is no other writer")
}

/// Decides a touch this many seconds after [`NOW`].
fn touched(row: Lifecycle, seconds: i64) -> Step {
    decided(row, Command::Touch, seconds_later(seconds))
}

fn seconds_later(seconds: i64) -> DateTime<Utc> {
    NOW + Duration::seconds(seconds)
}

#[test]
fn a_step_expects_and_raises_the_revision() {
    let row = Lifecycle::from(Columns { revision: 7, ..idle() });
    let stops = decided(row, Command::Stop { force: false }, NOW);
    assert_eq!(stops.expects(), Expects { revision: Some(7), last_activity_at: None });
    assert_eq!(stops.changes().revision, Some(8));
    assert_eq!(written(stops, row).revision(), 8);
}

#[test]
fn after_the_largest_revision_comes_zero() {
    let row = Lifecycle::from(Columns { revision: u32::MAX, ..idle() });
    let stops = decided(row, Command::Stop { force: false }, NOW);
    let stopping = written(stops, row);
    assert_eq!(stopping.revision(), 0);
    assert_eq!(stops.apply(stopping), changed(u32::MAX, 0));
}

#[test]
fn a_step_that_only_has_an_effect_raises_the_revision() {
    let gone = Columns {
        state: SandboxState::Destroyed,
        desired_state: DesiredState::Destroyed,
        has_runner: false,
        revision: 7,
        ..idle()
    };
    let purges = decided(gone.into(), Timer::Retention, NOW);
    assert!(!purges.writes() && !purges.is_noop());
    assert_eq!(purges.expects(), Expects { revision: Some(7), last_activity_at: None });
    assert_eq!(written(purges, gone.into()).columns(), Columns { revision: 8, ..gone });
}

#[test]
fn a_step_without_changes_and_effects_expects_nothing_and_fits_every_row() {
    let row = Lifecycle::from(idle());
    let starts = decided(row, Command::Start, NOW);
    assert!(starts.is_noop());
    assert_eq!(starts.expects(), Expects::default());
    let stopping = after(row, Command::Stop { force: false });
    assert_eq!(starts.apply(stopping), Ok(stopping));
}

#[test]
fn a_backup_that_ended_before_its_limit_is_stale_after_a_second_backup_began() {
    let backing_up = Columns {
        backup_state: BackupState::InProgress,
        backup_since: Some(NOW - Duration::hours(3)),
        backup_attempt: 1,
        ..idle()
    };
    let row = Lifecycle::from(backing_up);
    let ended = Report::Ended { job: Job::Backup { attempt: Some(1) }, outcome: Outcome::Completed, epoch: None };
    let completes = decided(row, ended, NOW - Duration::hours(2));

    let over = written(decided(row, Timer::BackupLimit, NOW), row);
    let view = RunnerView { stored: Stored::Missing, ..RunnerView::of(&over) };
    let Next::Apply(failed) = over.reconcile(&view, &Policy::default(), NOW) else { panic!("the store has answered") };
    let asked = after(written(failed, over), Command::Backup);
    let again = after(asked, Report::BackupUnderWay { begun: true, attempt: Some(2) });

    use BackupState::{Error, InProgress, Pending};
    let states = [row, over, asked, again].map(|row| row.backup_state());
    assert_eq!(states, [InProgress, Error, Pending, InProgress]);
    assert_eq!(again.epoch(), row.epoch(), "the epoch does not tell the two backups apart");
    assert_eq!(completes.apply(again), changed(0, 4));
}

#[test]
fn the_timeout_of_an_attempt_to_create_is_stale_on_the_next_attempt_of_the_same_epoch() {
    let creating = Columns { state: SandboxState::Creating, pending: true, state_since: NOW, ..idle() };
    let over = NOW + Duration::hours(3);
    let times_out = decided(creating.into(), Timer::TimeLimit, over);
    assert_eq!(times_out.state(), SandboxState::Error);
    // Another controller was first: the attempt ended, and the next one began.
    let next_attempt = Columns { state_since: over, revision: 2, ..creating };
    assert_eq!(times_out.apply(next_attempt.into()), changed(0, 2));
}

#[test]
fn of_two_backup_commands_decided_on_one_row_one_is_written() {
    let row = Lifecycle::from(idle());
    let [first, second] = [NOW, seconds_later(1)].map(|at| decided(row, Command::Backup, at));
    assert_eq!(first.changes().backup_attempt, Some(1));
    assert_eq!(second.apply(written(first, row)), changed(0, 1));
}

/// A started sandbox as a server stores it.
fn stored() -> Sandbox {
    let record = r#"{"id":"s1","organizationId":"o1","name":"n","user":"daytona","env":{},"labels":{},"public":false,
        "networkBlockAll":false,"target":"eu","cpu":1,"gpu":0,"memory":1,"disk":3,"state":"started",
        "desiredState":"started","runnerId":"r1"}"#;
    let record: SandboxDto = serde_json::from_str(record).expect("a record");
    Sandbox::try_from(record).expect("a sandbox")
}

fn labels() -> RecordEdit {
    RecordEdit::Labels(serde_json::from_str(r#"{"team":"a"}"#).expect("labels"))
}

#[test]
fn a_stop_is_stale_after_an_edit_of_the_labels() {
    let mut sandbox = stored();
    let stops = decided(*sandbox.lifecycle(), Command::Stop { force: false }, NOW);
    assert_eq!(sandbox.edit(labels(), NOW), OutboxEntries::default());
    let edited = sandbox.clone();
    let lost = ApplyError::Stale(Stale::Changed { was: 0, is: 1 });
    assert_eq!(sandbox.apply(&stops, StepDetails::default()), Err(lost));
    assert_eq!(sandbox, edited, "nothing was changed");
}

#[test]
fn an_edit_after_a_stop_keeps_the_stop_and_raises_the_revision() {
    let mut sandbox = stored();
    let row = *sandbox.lifecycle();
    let stops = decided(row, Command::Stop { force: false }, NOW);
    let _ = sandbox.apply(&stops, StepDetails::default()).expect("there is no other writer");
    assert_eq!(sandbox.edit(labels(), NOW), OutboxEntries::default());
    let stopping = written(stops, row);
    assert_eq!(sandbox.lifecycle().columns(), Columns { revision: 2, ..stopping.columns() });
}

#[test]
fn of_two_touches_the_later_one_counts_in_any_order() {
    let row = Lifecycle::from(idle());
    let (earlier, later) = (touched(row, 0), touched(row, 5));
    assert_eq!(earlier.expects(), Expects::default());
    let expected = Columns { last_activity_at: seconds_later(5), ..idle() };
    assert_eq!(written(earlier, written(later, row)).columns(), expected);
    assert_eq!(written(later, written(earlier, row)).columns(), expected);
}

#[test]
fn a_touch_decided_before_a_stop_is_written_after_it() {
    let row = Lifecycle::from(idle());
    let used = touched(row, 5);
    let stopping = after(row, Command::Stop { force: false });
    let expected = Columns { last_activity_at: seconds_later(5), ..stopping.columns() };
    assert_eq!(written(used, stopping).columns(), expected);
}

#[test]
fn a_stop_decided_before_a_touch_is_written_after_it() {
    let row = Lifecycle::from(idle());
    let stops = decided(row, Command::Stop { force: false }, NOW);
    let used = written(touched(row, 0), row);
    let expected = Columns { last_activity_at: NOW, ..written(stops, row).columns() };
    assert_eq!(written(stops, used).columns(), expected);
}

/// For each idle timer, a sandbox that has been idle long enough.
fn idle_sandboxes() -> [(Timer, Columns); 4] {
    let stopped = Columns { state: SandboxState::Stopped, desired_state: DesiredState::Stopped, ..idle() };
    [
        (Timer::AutoDelete, Columns { auto_delete: interval(60), ..stopped }),
        (Timer::AutoArchive, stopped),
        (Timer::AutoPause, Columns { auto_pause: interval(60), ..idle() }),
        (Timer::AutoStop, Columns { auto_stop: interval(60), ..idle() }),
    ]
}

#[test]
fn an_idle_timer_is_stale_after_the_sandbox_was_used() {
    for (timer, idle) in idle_sandboxes() {
        let row = Lifecycle::from(idle);
        let acts = decided(row, timer, NOW);
        let expected = Expects { revision: Some(0), last_activity_at: Some(idle.last_activity_at) };
        assert_eq!((acts.is_noop(), acts.expects()), (false, expected), "{timer}");
        let used = written(touched(row, 0), row);
        assert_eq!(acts.apply(used), Err(Stale::Used), "{timer}");
    }
}

#[test]
fn an_idle_timer_after_a_use_and_another_write_names_the_revisions() {
    for (timer, idle) in idle_sandboxes() {
        let row = Lifecycle::from(idle);
        let acts = decided(row, timer, NOW);
        let used = written(touched(row, 0), row);
        let prolonged = after(used, Command::Ttl { interval: interval::<Ttl>(60) });
        assert_eq!(acts.apply(prolonged), changed(0, 1), "{timer}");
    }
}

#[test]
fn a_ttl_step_is_stale_after_the_ttl_was_extended_or_removed_but_not_after_a_touch() {
    let row = Lifecycle::from(Columns { auto_destroy_at: Some(NOW), ..Columns::default() });
    let destroys = decided(row, Timer::Ttl, seconds_later(1));
    for interval in [Ttl::Never, Ttl::After(Minutes::MAX)] {
        assert_eq!(destroys.apply(after(row, Command::Ttl { interval })), changed(0, 1));
    }
    let used = written(touched(row, 0), row);
    assert_eq!(destroys.apply(used).map(|row| row.desired_state()), Ok(DesiredState::Destroyed));
}

#[test]
fn auto_stop_and_auto_pause_commands_decided_on_one_row_are_not_both_written() {
    let row = Lifecycle::from(Columns { class: SandboxClass::LinuxVm, ..idle() });
    let stop = decided(row, Command::AutoStop { interval: interval::<AutoStop>(15) }, NOW);
    let pause = decided(row, Command::AutoPause { interval: interval::<AutoPause>(15) }, NOW);
    assert_eq!(pause.apply(written(stop, row)), changed(0, 1));
    assert_eq!(stop.apply(written(pause, row)), changed(0, 1));
}

#[test]
fn a_stale_step_says_what_to_do() {
    let said = [Stale::Changed { was: 3, is: 5 }, Stale::Used].map(|stale| stale.to_string());
    let expected = [
        "the sandbox has changed since this was decided (its revision was 3 and is 5): read it and decide again",
        "the sandbox was used since this was decided: read it and decide again",
    ];
    assert_eq!(said, expected);
}
