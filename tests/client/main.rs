//! Clients: waits, evidence, deadlines for people, what a sandbox carries and what it holds.

mod agreement;
#[path = "../support/cases.rs"]
mod cases;
mod contents;
mod evidence;
mod forecasts;
mod goals;
mod official_clients;
mod plans;
mod shown;
#[path = "../support/time.rs"]
mod time;
mod usage;
mod waits;

use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Assessment, Columns, DesiredState, Goal, Lifecycle, Observation, Policy, SandboxDto, SandboxState, Wait,
    client::{Missing, UnreachableReason},
};
use serde_json::{Value, json};
use time::noon;

/// Every goal but a size.
const PLAIN_GOALS: [Goal; 9] = [
    Goal::Started,
    Goal::Stopped,
    Goal::Paused,
    Goal::Archived,
    Goal::Destroyed,
    Goal::Settled,
    Goal::SnapshotTaken,
    Goal::Recovered,
    Goal::Forked,
];

/// Noon, and this many minutes.
fn at(minutes: i64) -> DateTime<Utc> {
    noon() + Duration::minutes(minutes)
}

/// A record in these words, written and used at noon, with other fields in addition.
fn record(state: &str, desired_state: &str, more: Value) -> SandboxDto {
    let mut record = json!({
        "id": "s1", "organizationId": "o1", "name": "n", "user": "daytona", "env": {}, "labels": {}, "public": false,
        "networkBlockAll": false, "target": "eu", "cpu": 1, "gpu": 0, "memory": 1, "disk": 3,
        "state": state, "desiredState": desired_state, "runnerId": "r1", "autoDeleteInterval": -1,
        "createdAt": noon(), "updatedAt": noon(), "lastActivityAt": noon(),
    });
    for (name, value) in more.as_object().expect("an object") {
        record[name] = value.clone();
    }
    record.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    serde_json::from_value(record).expect("a record")
}

/// A record that was written at this time.
fn written(state: &str, desired_state: &str, at: DateTime<Utc>) -> SandboxDto {
    record(state, desired_state, json!({"updatedAt": at, "lastActivityAt": at}))
}

fn row(state: SandboxState, desired_state: DesiredState) -> Lifecycle {
    let noon = noon();
    let times = Columns { created_at: noon, last_activity_at: noon, state_since: noon, ..Columns::default() };
    Lifecycle::from(Columns { state, desired_state, ..times })
}

/// An observation whose read was sent, or whose answer came, at this time.
fn seen(shown: impl Into<sandbox_lifecycle::client::Shown>, at: DateTime<Utc>) -> Observation {
    Observation::new(shown, at)
}

/// The observation of a 404.
fn not_found(at: DateTime<Utc>) -> Observation {
    Observation::new(None::<&SandboxDto>, at)
}

/// Assesses a wait that begins with this observation, at this time.
fn assess_first(goal: Goal, first: Observation, now: DateTime<Utc>) -> Assessment {
    Wait::after(goal, first, None).assess(&Policy::default(), now)
}

/// Whether the wait goes on, in this state.
fn is_pending(assessment: Assessment, expected: SandboxState) -> bool {
    matches!(assessment, Assessment::Pending { state, .. } if state == expected)
}

/// Whether the wait goes on, because this is missing.
fn is_unknown(assessment: Assessment, expected: Missing) -> bool {
    matches!(assessment, Assessment::Unknown { missing, .. } if missing == expected)
}

const fn lost(reason: UnreachableReason) -> Assessment {
    Assessment::Unreachable { reason }
}
