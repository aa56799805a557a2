//! The clock: timers, deadlines and the loop of a host that acts on due timers.

#[path = "../support/cases.rs"]
mod cases;
mod deadlines;
mod due_loop;
#[path = "../support/time.rs"]
mod time;
mod timers;

use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Columns, Context, DesiredState, Lifecycle, Policy, SandboxClass, SandboxState, Step, Timer,
    rules::Cause,
    vocabulary::{AutoDelete, AutoPause, AutoStop, BackupState, QueueTimeout},
};
use time::noon;

/// A started VM whose times are all noon.
fn at_noon() -> Columns {
    let noon = noon();
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
    let row = Lifecycle::from(columns);
    row.due(&Policy::default(), Context::of(&row), now)
}

fn cause(columns: Columns, now: DateTime<Utc>) -> Option<Cause> {
    due(columns, now).map(|step| step.cause())
}

fn next_deadline(columns: Columns) -> Option<(Timer, DateTime<Utc>)> {
    let row = Lifecycle::from(columns);
    row.next_deadline(&Policy::default(), Context::of(&row))
}

/// For each timer with a time: a row, and how long after noon the timer acts.
fn each_timer() -> Vec<(Timer, Columns, Duration)> {
    let later = |minutes| noon() + Duration::minutes(minutes);
    let stopping = Columns { state: SandboxState::Stopping, pending: true, ..stopped() };
    let queued = Columns { state: SandboxState::PendingBuild, has_runner: false, pending: true, ..at_noon() };
    let backing_up = Columns { backup_state: BackupState::InProgress, backup_since: Some(later(0)), ..stopped() };
    let deleted = Columns { auto_delete: AutoDelete::from(7), ..stopped() };
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
