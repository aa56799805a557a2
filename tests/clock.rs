//! The clock at its edges: strictly later, the largest interval, the first and the last instant, a clock that goes back.
//!
//! What holds of every row stands in `clock/loops.rs`: a loop over the clock never finds itself where it was.

#[path = "clock/loops.rs"]
mod loops;

use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, Cause, Clock, Columns, Context, Deadline, DesiredState,
    Lifecycle, Micros, Next, Policy, QueueTimeout, RunnerView, SandboxClass, SandboxState, Standing, Step, Timer,
    Warning,
};

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000, 0).expect("a time in chrono's range")
}

/// A VM that was made, used and moved at noon.
fn at_noon() -> Columns {
    let noon = Micros::from(noon());
    Columns {
        class: SandboxClass::LinuxVm,
        created_at: noon,
        last_activity_at: noon,
        state_since: noon,
        ..Columns::default()
    }
}

fn stopped() -> Columns {
    Columns { state: SandboxState::Stopped, desired_state: DesiredState::Stopped, ..at_noon() }
}

fn due(columns: Columns, now: DateTime<Utc>) -> Option<Step> {
    Lifecycle::from(columns).due(&Policy::default(), Context::default(), now)
}

fn cause(columns: Columns, now: DateTime<Utc>) -> Option<Cause> {
    due(columns, now).map(|step| step.cause())
}

/// A row for each timer that has a time, and how long after noon it acts.
fn each_timer() -> Vec<(Timer, Columns, Duration)> {
    let later = |minutes| Micros::from(noon() + Duration::minutes(minutes));
    let stopping = Columns { state: SandboxState::Stopping, pending: true, ..stopped() };
    let queued = Columns { state: SandboxState::PendingBuild, has_runner: false, pending: true, ..at_noon() };
    let backing_up = Columns { backup_state: BackupState::InProgress, backup_since: Some(later(0)), ..stopped() };
    let deleted = Columns { auto_delete: AutoDelete::try_from(7).expect("minutes"), ..stopped() };
    let pauses =
        Columns { auto_stop: AutoStop::Never, auto_pause: AutoPause::try_from(60).expect("minutes"), ..at_noon() };
    let gone = Columns {
        state: SandboxState::Destroyed,
        desired_state: DesiredState::Destroyed,
        has_runner: false,
        ..at_noon()
    };
    vec![
        (Timer::Ttl, Columns { auto_destroy_at: Some(later(5)), ..at_noon() }, Duration::minutes(5)),
        (
            Timer::QueueTimeout,
            Columns { queue_timeout: QueueTimeout::try_from(3).ok(), ..queued },
            Duration::minutes(3),
        ),
        (Timer::TimeLimit, stopping, Duration::minutes(15)),
        (Timer::BackupLimit, backing_up, Duration::minutes(120)),
        (Timer::AutoDelete, deleted, Duration::minutes(7)),
        (Timer::AutoArchive, stopped(), Duration::minutes(10_080)),
        (Timer::AutoPause, pauses, Duration::minutes(60)),
        (Timer::AutoStop, at_noon(), Duration::minutes(15)),
        (Timer::Retention, gone, Duration::hours(24)),
    ]
}

#[test]
fn each_timer_acts_strictly_later_than_its_time_and_then_at_once() {
    for (timer, row, after) in each_timer() {
        let at = noon() + after;
        assert_eq!(cause(row, at), None, "{timer} at its time");
        assert_eq!(cause(row, at + Duration::microseconds(1)), Some(Cause::Timer(timer)), "{timer} after its time");
    }
    let covered: Vec<Timer> = each_timer().into_iter().map(|(timer, ..)| timer).collect();
    assert_eq!(covered, Timer::TIMED);
}

#[test]
fn the_next_deadline_is_the_earliest_of_the_armed_ones_and_the_clock_wakes_right_after_it() {
    for (timer, row, after) in each_timer() {
        let (row, policy) = (Lifecycle::from(row), Policy::default());
        let at = noon() + after;
        assert_eq!(row.next_deadline(&policy, Context::default()), Some((timer, at)));
        let woken = Clock::new(&policy).next(&row, Context::default());
        assert_eq!(woken, Some(at + Duration::microseconds(1)));
        let armed = row.deadlines(&policy, Context::default()).filter_map(|deadline| match deadline.standing {
            Standing::Armed { at } => Some((at, deadline.timer)),
            Standing::Masked { .. } | Standing::Beyond | Standing::Off | Standing::NotHere => None,
        });
        assert_eq!(armed.min(), Some((Micros::from(at), timer)));
    }
}

#[test]
fn of_timers_of_one_instant_the_one_that_ends_the_sandbox_comes_first() {
    let end = Some(Micros::from(noon() + Duration::minutes(7)));
    let minutes = AutoDelete::try_from(7).expect("minutes");
    let archive = AutoArchive::try_from(7).expect("minutes");
    let row = Columns { auto_destroy_at: end, auto_delete: minutes, auto_archive: archive, ..stopped() };
    let now = noon() + Duration::minutes(8);
    assert_eq!(cause(row, now), Some(Cause::Timer(Timer::Ttl)));
    assert_eq!(cause(Columns { auto_destroy_at: None, ..row }, now), Some(Cause::Timer(Timer::AutoDelete)));
}

#[test]
fn the_largest_interval_and_the_ends_of_time_are_safe() {
    let longest = i64::from(i32::MAX);
    let row = Columns {
        auto_stop: AutoStop::try_from(longest).expect("minutes"),
        auto_archive: AutoArchive::try_from(longest).expect("minutes"),
        auto_delete: AutoDelete::try_from(longest).expect("minutes"),
        queue_timeout: QueueTimeout::try_from(longest).ok(),
        ..at_noon()
    };
    let ends = [Micros::MIN, Micros::EPOCH, Micros::MAX];
    for last in ends {
        for now in ends {
            for state in SandboxState::ALL {
                let row = Columns {
                    state: *state,
                    created_at: last,
                    last_activity_at: last,
                    state_since: last,
                    backup_since: Some(last),
                    auto_destroy_at: Some(last),
                    ..row
                };
                let row = Lifecycle::from(row);
                let step = row.due(&Policy::default(), Context::default(), now.into());
                if let Some(step) = step {
                    assert!(step.apply(row).is_ok(), "{state} {last} {now}");
                }
                let _woken = Clock::new(&Policy::default()).next(&row, Context::default());
            }
        }
    }
    let idle = Columns { last_activity_at: Micros::MIN, ..row };
    let stops = Micros::MIN.saturating_add_minutes(longest);
    assert_eq!(
        Lifecycle::from(idle).next_deadline(&Policy::default(), Context::default()),
        Some((Timer::AutoStop, stops.into()))
    );
}

#[test]
fn a_clock_that_goes_back_and_a_use_in_the_future_act_on_nothing() {
    assert_eq!(due(at_noon(), noon() - Duration::days(400)), None);
    let future = Columns { last_activity_at: (noon() + Duration::days(1)).into(), ..at_noon() };
    assert_eq!(due(future, noon() + Duration::hours(23)), None);
    let warned: Vec<Warning> = Lifecycle::from(future).warnings(noon()).collect();
    assert_eq!(warned, [Warning::UsedInTheFuture]);
}

#[test]
fn a_use_moves_the_idle_timers_and_no_time_limit() {
    let stopping = Columns { state: SandboxState::Stopping, pending: true, ..stopped() };
    let used = Columns { last_activity_at: (noon() + Duration::minutes(4)).into(), ..stopping };
    let limit = |columns| Lifecycle::from(columns).next_deadline(&Policy::default(), Context::default());
    assert_eq!(limit(used), Some((Timer::TimeLimit, noon() + Duration::minutes(15))));
    assert_eq!(limit(used), limit(stopping));
}

/// How a timer of this row stands.
fn standing(columns: Columns, timer: Timer) -> Standing {
    let mut deadlines = Lifecycle::from(columns).deadlines(&Policy::default(), Context::default());
    deadlines.find(|deadline| deadline.timer == timer).expect("every timer with a time stands somehow").standing
}

#[test]
fn a_time_beyond_the_last_instant_is_no_deadline() {
    let year = 365 * 24 * 60;
    let row = Columns {
        auto_stop: AutoStop::try_from(4_000 * year).expect("minutes"),
        last_activity_at: Micros::MAX.saturating_add_minutes(-3_000 * year),
        ..at_noon()
    };
    let lifecycle = Lifecycle::from(row);
    assert_eq!(due(row, DateTime::<Utc>::MAX_UTC), None);
    assert_eq!(lifecycle.next_deadline(&Policy::default(), Context::default()), None);
    let clock = Clock::new(&Policy::default());
    assert_eq!(clock.next(&lifecycle, Context::default()), None);
    assert_eq!(clock.first(&[lifecycle; 5], Context::default()), None);
    assert_eq!(standing(row, Timer::AutoStop), Standing::Beyond);
    let said = Deadline { timer: Timer::AutoStop, standing: Standing::Beyond }.to_string();
    assert_eq!(said, "autoStop never acts: its time lies beyond the last instant");
}

#[test]
fn the_last_time_that_can_pass_is_a_deadline() {
    let last = Micros::MAX.saturating_add_micros(-1);
    let ends = |at| Columns { auto_stop: AutoStop::Never, auto_destroy_at: Some(at), ..at_noon() };
    let next = |columns| Clock::new(&Policy::default()).next(&Lifecycle::from(columns), Context::default());
    assert_eq!(next(ends(last)), Some(Micros::MAX.into()));
    assert_eq!(cause(ends(last), Micros::MAX.into()), Some(Cause::Timer(Timer::Ttl)));
    assert_eq!(next(ends(Micros::MAX)), None);
    assert_eq!(standing(ends(Micros::MAX), Timer::Ttl), Standing::Off, "the last instant stands for none");
    let backing_up = Columns { backup_state: BackupState::InProgress, ..at_noon() };
    assert_eq!(standing(backing_up, Timer::BackupLimit), Standing::NotHere, "nothing says when it was begun");
}

#[test]
fn the_limit_of_a_change_that_the_controller_follows_stands_among_the_deadlines_and_wakes_no_clock() {
    let starting = Columns { state: SandboxState::Starting, pending: true, ..at_noon() };
    let (row, over) = (Lifecycle::from(starting), noon() + Duration::minutes(5));
    assert_eq!(standing(starting, Timer::TimeLimit), Standing::Armed { at: over.into() });
    assert_eq!(row.next_deadline(&Policy::default(), Context::default()), None);
    assert_eq!(Clock::new(&Policy::default()).next(&row, Context::default()), None);
    assert_eq!(due(starting, over + Duration::hours(1)), None);
    assert!(row.needs_reconcile(), "a controller looks at it");
}

#[test]
fn a_change_that_no_pass_would_end_is_ended_by_the_clock() {
    // Nothing is pending, so a pass would drop that the runner has started it.
    let starting = Columns { state: SandboxState::Starting, pending: false, ..at_noon() };
    let over = noon() + Duration::minutes(5);
    let next = Lifecycle::from(starting).next_deadline(&Policy::default(), Context::default());
    assert_eq!(next, Some((Timer::TimeLimit, over)));
    assert_eq!(cause(starting, over + Duration::microseconds(1)), Some(Cause::Timer(Timer::TimeLimit)));
}

#[test]
fn what_a_broken_row_could_not_write_is_not_waited_for() {
    let building = Columns { state: SandboxState::BuildingSnapshot, desired_state: DesiredState::Paused, ..at_noon() };
    let ended = due(building, noon() + Duration::hours(2)).expect("its time is over");
    assert_eq!(ended.state(), SandboxState::Error, "no failed build can stand beside paused");
    let backing_up = Columns {
        state: SandboxState::Archived,
        desired_state: DesiredState::Stopped,
        backup_state: BackupState::InProgress,
        backup_since: Some(noon().into()),
        ..at_noon()
    };
    assert_eq!(due(backing_up, noon() + Duration::days(1)), None);
    assert_eq!(Lifecycle::from(backing_up).next_deadline(&Policy::default(), Context::default()), None);
    assert_eq!(standing(backing_up, Timer::BackupLimit), Standing::NotHere);
}

#[test]
fn at_the_last_instant_a_pass_has_no_later_time_to_wait_for() {
    let starting = Lifecycle::from(Columns { state: SandboxState::Stopped, pending: true, ..at_noon() });
    let unready = RunnerView { ready: false, ..RunnerView::default() };
    let waits = |now| starting.reconcile(&unready, &Policy::default(), now);
    let last = DateTime::<Utc>::from(Micros::MAX);
    assert_eq!(waits(last - Duration::seconds(1)), Next::Wait { until: last });
    assert_eq!(waits(last), Next::Nothing);
}

#[test]
fn what_waits_in_a_warm_pool_or_has_no_runner_is_not_idle() {
    let now = noon() + Duration::days(1);
    let row = Lifecycle::from(at_noon());
    for beside in [Context::default().with_warm_pool(true), Context::default().with_runner_unready(true)] {
        assert_eq!(row.due(&Policy::default(), beside, now), None, "{beside:?}");
    }
    assert_eq!(due(Columns { has_runner: false, ..at_noon() }, now), None);
}

#[test]
fn each_deadline_says_how_it_stands() {
    let never = Columns {
        auto_delete: AutoDelete::try_from(20_000).expect("minutes"),
        auto_stop: AutoStop::Never,
        ..stopped()
    };
    let row = Lifecycle::from(never);
    let said: Vec<String> =
        row.deadlines(&Policy::default(), Context::default()).map(|deadline| deadline.to_string()).collect();
    assert_eq!(
        said,
        [
            "ttl is off",
            "queueTimeout is off",
            "timeLimit does not act here",
            "backupLimit does not act here",
            "autoDelete never acts: autoArchive comes first",
            "autoArchive acts after 2025-10-16T08:53:20Z",
            "autoPause is off",
            "autoStop is off",
            "retention does not act here",
        ]
    );
    let warned: Vec<Warning> = row.warnings(noon()).collect();
    assert_eq!(warned, [Warning::DeleteNeverActs, Warning::NothingStopsIt]);
}

#[test]
fn an_auto_delete_that_would_not_act_anyway_is_not_masked() {
    let long = AutoDelete::try_from(20_000).expect("minutes");
    let row = Columns { auto_delete: long, ..stopped() };
    assert_eq!(standing(row, Timer::AutoDelete), Standing::Masked { by: Timer::AutoArchive });
    let unclaimed = Context::default().with_warm_pool(true);
    let in_a_pool = Lifecycle::from(row).deadlines(&Policy::default(), unclaimed);
    let found: Vec<_> = in_a_pool.filter(|deadline| deadline.timer == Timer::AutoDelete).collect();
    assert_eq!(found, [Deadline { timer: Timer::AutoDelete, standing: Standing::NotHere }]);
    let late = Columns { last_activity_at: Micros::MAX, ..row };
    assert_eq!(standing(late, Timer::AutoDelete), Standing::Beyond);
}
