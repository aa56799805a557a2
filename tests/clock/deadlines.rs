//! Deadlines: when the next timer acts, when the clock wakes, and why a timer does not act.

use crate::{
    at_noon, cause, due, each_timer, next_deadline, stopped,
    time::{last_instant, noon},
};
use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Clock, Columns, Context, DesiredState, Lifecycle, Policy, SandboxState, Timer,
    clock::{Deadline, Standing, Warning},
    rules::Cause,
    vocabulary::{AutoDelete, AutoStop, BackupState},
};

#[test]
fn the_next_deadline_is_the_earliest_armed_one_and_the_clock_wakes_right_after_it() {
    for (timer, row, after) in each_timer() {
        let (row, policy) = (Lifecycle::from(row), Policy::default());
        let at = noon() + after;
        assert_eq!(row.next_deadline(&policy, Context::of(&row)), Some((timer, at)));
        let woken = Clock::new(&policy).next(&row);
        assert_eq!(woken, Some(at + Duration::microseconds(1)));
        let armed = row.deadlines(&policy, Context::of(&row)).filter_map(|deadline| match deadline.standing {
            Standing::Armed { at } => Some((at, deadline.timer)),
            Standing::Masked { .. } | Standing::Beyond | Standing::Unknown | Standing::Off | Standing::NotHere => None,
        });
        assert_eq!(armed.min(), Some((at, timer)));
    }
}

/// Returns the standing of one timer of a row.
fn standing(columns: Columns, timer: Timer) -> Standing {
    let row = Lifecycle::from(columns);
    let mut deadlines = row.deadlines(&Policy::default(), Context::of(&row));
    deadlines.find(|deadline| deadline.timer == timer).expect("every timer with a time has a standing").standing
}

#[test]
fn a_time_beyond_the_last_instant_is_no_deadline() {
    let year = 365 * 24 * 60;
    let row = Columns {
        auto_stop: AutoStop::try_from(4_000 * year).expect("minutes"),
        last_activity_at: last_instant() - Duration::minutes(3_000 * year),
        ..at_noon()
    };
    let lifecycle = Lifecycle::from(row);
    assert_eq!(due(row, DateTime::<Utc>::MAX_UTC), None);
    assert_eq!(lifecycle.next_deadline(&Policy::default(), Context::of(&lifecycle)), None);
    let clock = Clock::new(&Policy::default());
    assert_eq!(clock.next(&lifecycle), None);
    assert_eq!(clock.first(&[lifecycle; 5]), None);
    assert_eq!(standing(row, Timer::AutoStop), Standing::Beyond);
    let said = Deadline { timer: Timer::AutoStop, standing: Standing::Beyond }.to_string();
    assert_eq!(said, "autoStop never acts: its deadline is beyond the last instant");
}

#[test]
fn the_instant_before_the_last_one_is_a_deadline() {
    let last = last_instant() - Duration::microseconds(1);
    let ends = |at| Columns { auto_stop: AutoStop::Never, auto_destroy_at: Some(at), ..at_noon() };
    let next = |columns| Clock::new(&Policy::default()).next(&Lifecycle::from(columns));
    assert_eq!(next(ends(last)), Some(last_instant()));
    assert_eq!(cause(ends(last), last_instant()), Some(Cause::Timer(Timer::Ttl)));
    assert_eq!(next(ends(last_instant())), None);
    assert_eq!(standing(ends(last_instant()), Timer::Ttl), Standing::Off, "the last instant means no time to live");
    let backing_up = Columns { backup_state: BackupState::InProgress, ..at_noon() };
    assert_eq!(
        standing(backing_up, Timer::BackupLimit),
        Standing::Unknown,
        "the row does not say when the backup began"
    );
}

#[test]
fn a_time_limit_that_the_controller_enforces_is_listed_but_does_not_wake_the_clock() {
    let starting = Columns { state: SandboxState::Starting, pending: true, ..at_noon() };
    let (row, over) = (Lifecycle::from(starting), noon() + Duration::minutes(5));
    assert_eq!(standing(starting, Timer::TimeLimit), Standing::Armed { at: over });
    assert_eq!(row.next_deadline(&Policy::default(), Context::of(&row)), None);
    assert_eq!(Clock::new(&Policy::default()).next(&row), None);
    assert_eq!(due(starting, over + Duration::hours(1)), None);
    assert!(row.needs_reconcile(), "the controller visits the row");
}

#[test]
fn the_clock_does_not_wait_for_a_step_that_a_broken_row_cannot_take() {
    let building = Columns { state: SandboxState::BuildingSnapshot, desired_state: DesiredState::Paused, ..at_noon() };
    let ended = due(building, noon() + Duration::hours(2)).expect("the time limit is exceeded");
    assert_eq!(ended.state(), SandboxState::Error, "build_failed and desired state paused are incoherent");
    let backing_up = Columns {
        state: SandboxState::Archived,
        desired_state: DesiredState::Stopped,
        backup_state: BackupState::InProgress,
        backup_since: Some(noon()),
        ..at_noon()
    };
    assert_eq!(due(backing_up, noon() + Duration::days(1)), None);
    assert_eq!(next_deadline(backing_up), None);
    assert_eq!(standing(backing_up, Timer::BackupLimit), Standing::NotHere);
}

#[test]
fn every_deadline_displays_its_standing() {
    let never = Columns { auto_delete: AutoDelete::from(20_000), auto_stop: AutoStop::Never, ..stopped() };
    let row = Lifecycle::from(never);
    let said: Vec<String> =
        row.deadlines(&Policy::default(), Context::of(&row)).map(|deadline| deadline.to_string()).collect();
    assert_eq!(
        said,
        [
            "ttl is off",
            "queueTimeout is off",
            "timeLimit does not act on this sandbox in this state",
            "backupLimit does not act on this sandbox in this state",
            "autoDelete never acts: autoArchive always acts first",
            "autoArchive acts after 2025-10-16T08:53:20Z",
            "autoPause is off",
            "autoStop is off",
            "retention does not act on this sandbox in this state",
        ]
    );
    let warned: Vec<Warning> = row.warnings(noon()).collect();
    assert_eq!(warned, [Warning::DeleteNeverActs, Warning::NothingStopsIt]);
}

#[test]
fn an_auto_delete_that_cannot_act_is_not_reported_as_masked() {
    let long = AutoDelete::from(20_000);
    let row = Columns { auto_delete: long, ..stopped() };
    assert_eq!(standing(row, Timer::AutoDelete), Standing::Masked { by: Timer::AutoArchive });
    let stored = Lifecycle::from(row);
    let in_a_pool = stored.deadlines(&Policy::default(), Context::of(&stored).with_warm_pool(true));
    let found: Vec<_> = in_a_pool.filter(|deadline| deadline.timer == Timer::AutoDelete).collect();
    assert_eq!(found, [Deadline { timer: Timer::AutoDelete, standing: Standing::NotHere }]);
    let late = Columns { last_activity_at: last_instant(), ..row };
    assert_eq!(standing(late, Timer::AutoDelete), Standing::Unknown, "the last instant stands for an unknown time");
}

#[test]
fn a_deadline_says_what_moves_it() {
    let moved_by = |timer| Deadline { timer, standing: Standing::Off }.moved_by();
    let idle = "any use of the sandbox, a change of its state, or another interval";
    for timer in [Timer::AutoStop, Timer::AutoPause, Timer::AutoArchive, Timer::AutoDelete] {
        assert_eq!(moved_by(timer), idle, "{timer}");
    }
    let others = [
        (Timer::Ttl, "a new time to live, which counts from the time it is set"),
        (Timer::QueueTimeout, "nothing; it is turned off when a runner takes the sandbox"),
        (Timer::TimeLimit, "nothing; it is turned off when the change ends"),
        (Timer::BackupLimit, "nothing; it is turned off when the backup ends"),
        (Timer::Retention, "nothing"),
        (Timer::SpotEviction, "nothing; the platform decides when it acts"),
    ];
    for (timer, text) in others {
        assert_eq!(moved_by(timer), text, "{timer}");
    }
}
