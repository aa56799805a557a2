//! Times that a record omits are unknown, and not the year 1970.

use crate::{at, record, written};
use sandbox_lifecycle::{
    Context, Lifecycle, Policy, Sandbox, SandboxDto, Timer,
    client::Forecast,
    clock::{Standing, Warning},
};
use serde_json::json;

fn without_times(state: &str) -> SandboxDto {
    let times = json!({"createdAt": null, "updatedAt": null, "lastActivityAt": null, "autoStopInterval": 15});
    record(state, state, times)
}

fn standing(dto: &SandboxDto, timer: Timer) -> Standing {
    let row = Lifecycle::try_from(dto).expect("a lifecycle");
    let mut deadlines = row.deadlines(&Policy::default(), Context::of(&row));
    deadlines.find(|deadline| deadline.timer == timer).expect("every timer").standing
}

#[test]
fn a_timer_without_its_start_acts_at_an_unknown_time() {
    assert_eq!(standing(&without_times("started"), Timer::AutoStop), Standing::Unknown);
    assert_eq!(standing(&without_times("stopped"), Timer::AutoArchive), Standing::Unknown);
    assert_eq!(standing(&without_times("destroyed"), Timer::Retention), Standing::Unknown);
    assert_eq!(standing(&without_times("started"), Timer::Ttl), Standing::Off);
    assert_eq!(standing(&without_times("started"), Timer::AutoArchive), Standing::NotHere);
    let stopping = record("stopping", "stopped", json!({"updatedAt": null, "lastActivityAt": null}));
    assert_eq!(standing(&stopping, Timer::TimeLimit), Standing::Unknown);
    let backing_up = record("started", "started", json!({"backupState": "InProgress"}));
    assert_eq!(standing(&backing_up, Timer::BackupLimit), Standing::Unknown, "no record shows when it began");
    assert_eq!(Standing::Unknown.to_string(), "acts at an unknown time");
}

#[test]
fn no_timer_is_due_at_an_unknown_time() {
    for state in ["started", "stopped", "destroyed", "paused"] {
        let row = Lifecycle::try_from(&without_times(state)).expect("a lifecycle");
        assert_eq!(row.next_deadline(&Policy::default(), Context::of(&row)), None, "{state}");
        assert_eq!(row.due(&Policy::default(), Context::of(&row), at(10_000_000)), None, "{state}");
    }
}

#[test]
fn the_creation_is_no_activity() {
    let created = json!({"updatedAt": null, "lastActivityAt": null, "createdAt": at(-600), "autoStopInterval": 15});
    assert_eq!(standing(&record("started", "started", created), Timer::AutoStop), Standing::Unknown);
}

#[test]
fn an_unknown_time_gets_no_warning() {
    let with_limit = record(
        "started",
        "started",
        json!({"createdAt": null, "updatedAt": null, "lastActivityAt": null, "autoDestroyAt": at(10)}),
    );
    let row = Lifecycle::try_from(&with_limit).expect("a lifecycle");
    assert_eq!(row.warnings(at(0)).collect::<Vec<_>>(), []);
    let with_times = record("started", "started", json!({"lastActivityAt": at(1), "autoDestroyAt": at(10)}));
    let row = Lifecycle::try_from(&with_times).expect("a lifecycle");
    let warned: Vec<_> = row.warnings(at(0)).collect();
    assert_eq!(warned, [Warning::TtlComesFirst, Warning::UsedInTheFuture]);
}

#[test]
fn an_unknown_time_stays_absent_in_the_record() {
    let dto = without_times("started");
    let row = Lifecycle::try_from(&dto).expect("a lifecycle");
    let shown = Sandbox::from_row(dto.clone(), row, Default::default()).dto().clone();
    assert!(shown.created_at.value().is_none() && shown.last_activity_at.value().is_none());
}

#[test]
fn a_known_time_has_its_deadline() {
    let row = Lifecycle::try_from(&written("started", "started", at(0))).expect("a lifecycle");
    assert_eq!(row.next_deadline(&Policy::default(), Context::of(&row)), Some((Timer::AutoStop, at(15))));
}

#[test]
fn what_a_timer_does_is_known_where_its_time_is_not() {
    let stopping = record("stopping", "stopped", json!({"createdAt": null, "updatedAt": null, "lastActivityAt": null}));
    let forecasts = Forecast::of_record(&stopping, &Policy::default()).expect("a valid record");
    let forecasts: Vec<String> = forecasts.iter().map(|forecast| forecast.in_words(at(0)).to_string()).collect();
    assert_eq!(forecasts, ["will fail at an unknown time unless its change ends"]);
}
