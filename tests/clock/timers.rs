//! Timers: when each acts, in which order, and at the ends of time.

use crate::{
    at_noon, cause, due, each_timer, next_deadline, stopped,
    time::{last_instant, noon},
};
use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Clock, Columns, Context, DesiredState, Lifecycle, Policy, SandboxState, Timer,
    clock::Warning,
    rules::Cause,
    vocabulary::{AutoArchive, AutoDelete, AutoStop, BackupState, QueueTimeout},
};

#[test]
fn a_timer_acts_strictly_later_than_its_time() {
    for (timer, row, after) in each_timer() {
        let at = noon() + after;
        assert_eq!(cause(row, at), None, "{timer} at its time");
        assert_eq!(cause(row, at + Duration::microseconds(1)), Some(Cause::Timer(timer)), "{timer} after its time");
    }
    let covered: Vec<Timer> = each_timer().into_iter().map(|(timer, ..)| timer).collect();
    assert_eq!(covered, Timer::TIMED);
}

#[test]
fn of_two_timers_at_one_instant_the_one_that_ends_the_sandbox_acts() {
    let end = Some(noon() + Duration::minutes(7));
    let minutes = AutoDelete::from(7);
    let archive = AutoArchive::try_from(7).expect("minutes");
    let row = Columns { auto_destroy_at: end, auto_delete: minutes, auto_archive: archive, ..stopped() };
    let now = noon() + Duration::minutes(8);
    assert_eq!(cause(row, now), Some(Cause::Timer(Timer::Ttl)));
    assert_eq!(cause(Columns { auto_destroy_at: None, ..row }, now), Some(Cause::Timer(Timer::AutoDelete)));
}

#[test]
fn the_largest_interval_and_the_first_and_last_instant_do_not_overflow() {
    let longest = i64::from(i32::MAX);
    let row = Columns {
        auto_stop: AutoStop::try_from(longest).expect("minutes"),
        auto_archive: AutoArchive::try_from(longest).expect("minutes"),
        auto_delete: AutoDelete::try_from(longest).expect("minutes"),
        queue_timeout: QueueTimeout::try_from(longest).ok(),
        ..at_noon()
    };
    let ends = [DateTime::<Utc>::MIN_UTC, DateTime::UNIX_EPOCH, last_instant()];
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
                let step = row.due(&Policy::default(), Context::of(&row), now);
                if let Some(step) = step {
                    assert!(step.apply(row).is_ok(), "{state} {last} {now}");
                }
                let _woken = Clock::new(&Policy::default()).next(&row);
            }
        }
    }
    let idle = Columns { last_activity_at: DateTime::<Utc>::MIN_UTC, ..row };
    let stops = DateTime::<Utc>::MIN_UTC + Duration::minutes(longest);
    assert_eq!(next_deadline(idle), Some((Timer::AutoStop, stops)));
}

#[test]
fn no_timer_acts_when_the_clock_goes_back_or_the_last_use_is_in_the_future() {
    assert_eq!(due(at_noon(), noon() - Duration::days(400)), None);
    let future = Columns { last_activity_at: (noon() + Duration::days(1)), ..at_noon() };
    assert_eq!(due(future, noon() + Duration::hours(23)), None);
    let warned: Vec<Warning> = Lifecycle::from(future).warnings(noon()).collect();
    assert_eq!(warned, [Warning::UsedInTheFuture]);
}

#[test]
fn activity_does_not_extend_a_time_limit() {
    let stopping = Columns { state: SandboxState::Stopping, pending: true, ..stopped() };
    let used = Columns { last_activity_at: (noon() + Duration::minutes(4)), ..stopping };
    assert_eq!(next_deadline(used), Some((Timer::TimeLimit, noon() + Duration::minutes(15))));
    assert_eq!(next_deadline(used), next_deadline(stopping));
}

#[test]
fn the_clock_enforces_a_time_limit_that_no_pass_enforces() {
    // Nothing is pending, so a pass would not look at the runner and would miss that it started the sandbox.
    let starting = Columns { state: SandboxState::Starting, pending: false, ..at_noon() };
    let over = noon() + Duration::minutes(5);
    assert_eq!(next_deadline(starting), Some((Timer::TimeLimit, over)));
    assert_eq!(cause(starting, over + Duration::microseconds(1)), Some(Cause::Timer(Timer::TimeLimit)));
}

#[test]
fn idle_timers_do_not_act_in_a_warm_pool_or_without_a_ready_runner() {
    let now = noon() + Duration::days(1);
    let row = Lifecycle::from(at_noon());
    for context in [Context::of(&row).with_warm_pool(true), Context::of(&row).with_runner_unready(true)] {
        assert_eq!(row.due(&Policy::default(), context, now), None, "{context:?}");
    }
    assert_eq!(due(Columns { has_runner: false, ..at_noon() }, now), None);
}

/// The archive and the deletion of a sandbox that a person or a timer paused would lose its memory. Only a time to live ends it.
#[test]
fn no_idle_timer_acts_on_a_paused_sandbox_and_its_time_to_live_does() {
    let years = noon() + Duration::days(3650);
    let paused = Columns {
        state: SandboxState::Paused,
        desired_state: DesiredState::Paused,
        auto_delete: AutoDelete::from(1),
        ..at_noon()
    };
    assert_eq!(due(paused, years), None);
    let lives = Columns { auto_destroy_at: Some(noon() + Duration::days(1)), ..paused };
    assert_eq!(cause(lives, years), Some(Cause::Timer(Timer::Ttl)));
}

/// A request that nobody takes refused every other backup for ever.
#[test]
fn a_requested_backup_that_does_not_begin_ends_at_its_limit_and_the_store_is_asked() {
    let requested = Columns {
        backup_state: BackupState::Pending,
        backup_attempt: 1,
        backup_since: Some(noon()),
        auto_stop: AutoStop::Never,
        ..at_noon()
    };
    let limit = noon() + Duration::days(1);
    assert_eq!(due(requested, limit), None);
    let ended = due(requested, limit + Duration::microseconds(1)).expect("the limit is over");
    assert_eq!(ended.cause(), Cause::Timer(Timer::BackupLimit));
    let changes = ended.changes();
    assert_eq!((changes.backup_state, changes.must_ask_store), (Some(BackupState::Error), Some(true)));
}
