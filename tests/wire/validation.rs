//! Conversion of an API record to a sandbox: missing and invalid fields, and fields that only a server knows.

use crate::record;
use sandbox_lifecycle::{
    Columns, Sandbox, SandboxDto,
    record::{BackupRef, ServerFields},
};
use serde_json::{Value, json};

fn refused(more: Value) -> String {
    let dto: SandboxDto = serde_json::from_value(record(more)).unwrap();
    Sandbox::try_from(dto).unwrap_err().to_string()
}

#[test]
fn one_error_names_every_invalid_field() {
    assert_eq!(
        refused(json!({
            "desiredState": "frozen", "cpu": 0.5, "autoStopInterval": -5, "queueTimeout": 0,
            "createdAt": "+262143-01-01T00:00:00Z",
        })),
        "cpu is 0.5, expected a whole number from 0 to 4294967295; \
         desiredState is \"frozen\", expected one of destroyed, started, stopped, resized, archived, paused; \
         autoStopInterval is -5 minutes, expected 0 (never) or up to 2147483647; \
         queueTimeout is 0 minutes, expected 1 to 2147483647; \
         createdAt is \"+262143-01-01T00:00:00Z\", expected an RFC 3339 time, such as 2024-10-01T12:00:00Z"
    );
}

#[test]
fn a_record_without_its_states_cannot_be_decided_on() {
    assert_eq!(
        refused(json!({"state": null, "desiredState": null})),
        "state is null, expected a state; desiredState is null, expected a desired state"
    );
}

#[test]
fn the_largest_interval_is_accepted() {
    let dto: SandboxDto = serde_json::from_value(record(json!({"autoStopInterval": i32::MAX}))).unwrap();
    assert_eq!(Sandbox::try_from(dto).unwrap().lifecycle().auto_stop().as_minutes(), i32::MAX);
}

#[test]
fn pending_follows_from_the_two_states() {
    for (state, desired, pending) in
        [("started", "started", false), ("stopping", "stopped", true), ("archiving", "archived", false)]
    {
        let dto: SandboxDto = serde_json::from_value(record(json!({"state": state, "desiredState": desired}))).unwrap();
        assert_eq!(Sandbox::try_from(dto).unwrap().lifecycle().pending(), pending, "{state} {desired}");
    }
}

#[test]
fn server_fields_are_given_in_addition_to_the_record() {
    let unseen = ServerFields {
        pending: Some(true),
        backup: Some(BackupRef { snapshot: "b1".into(), registry: "eu".into() }),
        revision: 3,
        epoch: 7,
        ..ServerFields::default()
    };
    let dto = serde_json::from_value(record(json!({}))).unwrap();
    let sandbox: Sandbox = Sandbox::from_api(dto, unseen).unwrap();
    let row = sandbox.lifecycle();
    let expected = Columns { pending: true, has_backup_ref: true, revision: 3, epoch: 7, ..row.columns() };
    assert_eq!(row.columns(), expected);
}
