//! What a client saw of a sandbox, and the question whether its wait is over.

use crate::form::{Profile, now};
use sandbox_lifecycle::{
    Assessment, Columns, Goal, Observation, Policy, Sandbox, SandboxDto, SandboxState, Wait,
    chrono::{DateTime, TimeDelta, Utc},
    record::{SandboxStateUpdated, ServerTexts},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What a client saw, and when.
#[derive(Clone, Serialize)]
pub struct Seen {
    at: DateTime<Utc>,
    #[serde(flatten)]
    what: What,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    Record(Value),
    Webhook(Value),
    NotFound(bool),
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Begin {
    After(Seen),
    Accepted(DateTime<Utc>),
    Watching(Seen),
}

#[derive(Clone, Serialize)]
pub struct SnapshotLook {
    pub found: bool,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    pub ask: &'static str,
    pub goal: Goal,
    pub begin: Begin,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Seen>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub snapshots: Vec<SnapshotLook>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<i64>,
    pub now: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Profile>,
}

/// The seconds after the begin of the wait.
pub fn second(count: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(count)
}

pub fn microsecond(count: i64) -> TimeDelta {
    TimeDelta::microseconds(count)
}

fn observation(seen: &Seen) -> Observation {
    match &seen.what {
        What::Record(record) => {
            let record: SandboxDto = serde_json::from_value(record.clone()).expect("a record");
            Observation::new(&record, seen.at)
        }
        What::Webhook(webhook) => {
            let webhook: SandboxStateUpdated = serde_json::from_value(webhook.clone()).expect("a webhook");
            Observation::new(&webhook, seen.at)
        }
        What::NotFound(_) => Observation::new(None::<&SandboxDto>, seen.at),
    }
}

/// The fields of a record that a wait reads, next to those that every record has.
const READ: [&str; 9] = [
    "state",
    "desiredState",
    "recoverable",
    "backupState",
    "autoDeleteInterval",
    "updatedAt",
    "spotEvictedAt",
    "queueTimedOutAt",
    "queueTimeout",
];

/// Returns the record that the API shows of a row, written at this time.
pub fn record(columns: Columns, written: DateTime<Utc>) -> Value {
    let dto = SandboxDto::new("s1", "o1", "n", "daytona", "eu", "", columns.size());
    let mut sandbox = Sandbox::from_row(dto, columns.into(), ServerTexts::default()).dto().clone();
    sandbox.last_activity_at = Default::default();
    sandbox.updated_at = sandbox_lifecycle::record::Maybe::Value(written.into());
    let required = ["id", "organizationId", "name", "user", "env", "labels", "public", "networkBlockAll", "target"];
    let sizes = ["cpu", "gpu", "memory", "disk"];
    let Ok(Value::Object(mut fields)) = serde_json::to_value(&sandbox) else { panic!("a record is an object") };
    fields.retain(|name, _| [&required[..], &sizes, &READ].concat().contains(&name.as_str()));
    Value::Object(fields)
}

pub fn read(at: i64, record: Value) -> Seen {
    Seen { at: second(at), what: What::Record(record) }
}

pub fn heard(at: i64, webhook: Value) -> Seen {
    Seen { at: second(at), what: What::Webhook(webhook) }
}

/// Returns the webhook for a new state, written at this second.
pub fn webhook(state: SandboxState, written: i64) -> Value {
    json!({ "event": "sandbox.state.updated", "timestamp": second(written), "id": "s1", "organizationId": "o1",
        "oldState": "unknown", "newState": state, "updatedAt": second(written) })
}

pub fn not_found(at: i64) -> Seen {
    Seen { at: second(at), what: What::NotFound(true) }
}

/// Returns the record with another value of a field, or without the field.
pub fn changed(record: &Value, field: &str, value: Option<Value>) -> Value {
    let mut fields: Map<String, Value> = record.as_object().expect("an object").clone();
    match value {
        Some(value) => fields.insert(field.to_owned(), value),
        None => fields.remove(field),
    };
    Value::Object(fields)
}

pub fn assessed(asked: &Question, policy: &Policy) -> Assessment {
    let timeout = asked.timeout_seconds.map(TimeDelta::seconds);
    let mut wait = match &asked.begin {
        Begin::After(answer) => Wait::after(asked.goal, observation(answer), timeout),
        Begin::Accepted(at) => Wait::accepted(asked.goal, *at, timeout),
        Begin::Watching(first) => Wait::watching(asked.goal, observation(first), timeout),
    };
    for seen in &asked.seen {
        wait.observe(observation(seen));
    }
    for look in &asked.snapshots {
        wait.observe_snapshot(look.found, look.at);
    }
    wait.assess(policy, asked.now)
}
