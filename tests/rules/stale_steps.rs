//! Stale steps: a step is not written where another writer changed what it relied on.

use crate::{NOW, after, decided, idle};
use chrono::Duration;
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Lifecycle, Policy, SandboxClass, SandboxState, Stale, Step, Timer,
    vocabulary::{AutoPause, AutoStop, BackupState, Minutes, Ttl},
};

fn interval<T: TryFrom<i64, Error = sandbox_lifecycle::vocabulary::IntervalError>>(count: i64) -> T {
    T::try_from(count).expect("an interval within its range")
}

fn stale(state: SandboxState) -> Result<Lifecycle, Stale> {
    Err(Stale { was: state, is: state })
}

#[test]
fn auto_stop_and_auto_pause_steps_decided_on_one_row_are_not_both_written() {
    let row = Lifecycle::from(idle());
    let stop = decided(row, Command::AutoStop { interval: interval(15) }, NOW);
    let pause = decided(row, Command::AutoPause { interval: interval(15) }, NOW);
    assert_eq!(stop.expects().auto_pause, Some(AutoPause::Never));
    assert_eq!(pause.expects().auto_stop, Some(AutoStop::Never));
    assert_eq!(pause.apply(stop.apply(row).expect("the first step is written")), stale(SandboxState::Started));
}

/// Decides a touch this many seconds after [`NOW`].
fn touched(row: &Lifecycle, seconds: i64) -> Step {
    let at = NOW + Duration::seconds(seconds);
    row.decide(Command::Touch, &Policy::default(), Context::of(&row), at).expect("a touch is always accepted")
}

#[test]
fn an_auto_stop_step_is_stale_after_activity() {
    let row = Lifecycle::from(Columns { auto_stop: interval(60), ..idle() });
    let stops = decided(row, Timer::AutoStop, NOW);
    assert_eq!(stops.expects().last_activity_at, Some(idle().last_activity_at));
    let used = touched(&row, 0).apply(row).expect("the caller writes first");
    assert_eq!(stops.apply(used), stale(SandboxState::Started));
}

#[test]
fn an_earlier_touch_decided_later_keeps_the_later_activity() {
    let row = Lifecycle::from(idle());
    let later = touched(&row, 5).apply(row).expect("there is no other writer");
    let earlier = touched(&later, 0).apply(later).expect("there is no other writer");
    assert_eq!(earlier.last_activity_at(), NOW + Duration::seconds(5));
}

#[test]
fn an_earlier_touch_is_stale_after_a_later_touch_was_written() {
    let row = Lifecycle::from(Columns::default());
    let at = |seconds| {
        let used_at = NOW + Duration::seconds(seconds);
        row.decide(Command::Touch, &Policy::default(), Context::of(&row), used_at).expect("the touch is accepted")
    };
    let (earlier, later) = (at(0), at(5));
    let used = later.apply(row).expect("the later touch is written first");
    assert_eq!(earlier.apply(used), Err(Stale { was: SandboxState::Started, is: SandboxState::Started }));
}

#[test]
fn a_ttl_step_is_stale_after_a_new_ttl_command() {
    let end = NOW - Duration::seconds(1);
    let row = Lifecycle::from(Columns { auto_destroy_at: Some(end), ..idle() });
    let destroys = decided(row, Timer::Ttl, NOW);
    assert_eq!(destroys.expects().auto_destroy_at, Some(Some(end)));
    let longer =
        decided(row, Command::Ttl { interval: interval::<Ttl>(60) }, NOW).apply(row).expect("the caller writes first");
    assert_eq!(destroys.apply(longer), stale(SandboxState::Started));
}

#[test]
fn an_auto_stop_step_is_stale_after_its_interval_changed() {
    let row = Lifecycle::from(Columns { auto_stop: interval(60), ..idle() });
    let stops = decided(row, Timer::AutoStop, NOW);
    assert_eq!(stops.desired_state(), DesiredState::Stopped);
    let longer =
        decided(row, Command::AutoStop { interval: interval(600) }, NOW).apply(row).expect("the caller writes first");
    assert_eq!(stops.apply(longer), stale(SandboxState::Started));
}

#[test]
fn a_backup_limit_step_is_stale_after_a_new_backup_began() {
    let began = |ago| Some(NOW - Duration::hours(ago));
    let at = |backup_since| Columns { backup_state: BackupState::InProgress, backup_since, ..idle() };
    let ends = decided(at(began(3)).into(), Timer::BackupLimit, NOW);
    assert!(ends.writes());
    assert_eq!(ends.apply(at(began(0)).into()), stale(SandboxState::Started));
}

#[test]
fn a_ttl_step_is_stale_after_the_ttl_was_extended_or_removed() {
    let row = Lifecycle::from(Columns { auto_destroy_at: Some(NOW), ..Columns::default() });
    let over = NOW + Duration::seconds(1);
    let destroyed = decided(row, Timer::Ttl, over);
    for minutes in [Ttl::Never, Ttl::After(Minutes::MAX)] {
        let prolonged = after(row, Command::Ttl { interval: minutes });
        let stale = Stale { was: SandboxState::Started, is: SandboxState::Started };
        assert_eq!(destroyed.apply(prolonged), Err(stale));
        assert_ne!(destroyed.expects().auto_destroy_at, Some(prolonged.auto_destroy_at()));
    }
}

#[test]
fn an_auto_pause_step_is_stale_after_auto_stop_was_set() {
    let hour = Minutes::new(60).expect("an interval");
    let never = Columns { auto_stop: AutoStop::Never, class: SandboxClass::LinuxVm, ..Columns::default() };
    let row = Lifecycle::from(never);
    let pauses = decided(row, Command::AutoPause { interval: AutoPause::After(hour) }, NOW);
    let stops = after(row, Command::AutoStop { interval: AutoStop::After(hour) });
    assert!(pauses.apply(stops).is_err());
    assert_ne!(pauses.expects().auto_stop, Some(stops.auto_stop()));
}
