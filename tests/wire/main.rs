//! The wire: API records, requests, webhooks and error bodies.

mod any_record;
mod applied;
mod explanations;
mod forms;
mod published;
mod records;
mod requests;
mod validation;

use chrono::{DateTime, Utc};
use sandbox_lifecycle::{Context, Policy, Sandbox, SandboxDto};
use serde_json::{Value, json};

const SEED: &str = include_str!("data/seed.jsonl");
const STARTED: &str = include_str!("../../examples/data/sandbox.json");

fn dto(text: &str) -> SandboxDto {
    serde_json::from_str(text).unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Returns a record with these fields in addition to those of every version.
fn record(more: Value) -> Value {
    let mut record = json!({
        "id": "s1", "organizationId": "o1", "name": "n", "user": "daytona", "env": {}, "labels": {}, "public": false,
        "networkBlockAll": false, "target": "eu", "cpu": 1, "gpu": 0, "memory": 1, "disk": 3,
        "state": "started", "desiredState": "started", "runnerId": "r1",
    });
    for (name, value) in more.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

fn written(record: &Value) -> Value {
    let dto: SandboxDto = serde_json::from_value(record.clone()).unwrap();
    serde_json::to_value(dto).unwrap()
}

fn decided(sandbox: &Sandbox, input: impl sandbox_lifecycle::rules::AsInput, now: &str) -> sandbox_lifecycle::Step {
    sandbox.lifecycle().decide(input, &Policy::default(), Context::of(sandbox.lifecycle()), at(now)).unwrap()
}
