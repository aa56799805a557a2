//! Conversion of an API record to a sandbox: missing and invalid fields, and fields that only a server knows.

use crate::{at, record};
use sandbox_lifecycle::{
    Columns, Lifecycle, Sandbox, SandboxDto,
    record::{BackupRef, LifecycleView, ReadLifecycle, SandboxListItem, ServerFields},
    vocabulary::Fault,
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

/// Returns the lifecycle of a record and what was not understood, as all three kinds of records give them.
fn partial(record: &Value) -> Result<(Lifecycle, String), String> {
    fn read<R: serde::de::DeserializeOwned>(record: &Value) -> R {
        serde_json::from_value(record.clone()).unwrap()
    }
    let (dto, item, view) =
        (read::<SandboxDto>(record), read::<SandboxListItem>(record), read::<LifecycleView>(record));
    let all = [ReadLifecycle::try_from(&dto), ReadLifecycle::try_from(&item), ReadLifecycle::try_from(&view)];
    assert!(all.iter().all(|read| *read == all[0]), "{all:?}");
    let [first, ..] = all;
    let not_understood = |read: &ReadLifecycle| {
        let each = read.not_understood.iter().map(|fault| format!("{} is {}", fault.field, fault.value));
        each.collect::<Vec<_>>().join(", ")
    };
    first.map(|read| (read.lifecycle, not_understood(&read))).map_err(|errors| errors.to_string())
}

#[test]
fn a_record_with_unknown_words_and_times_gives_a_lifecycle_and_names_them() {
    let times = json!({
        "createdAt": "2024-10-01T12:00:00Z", "updatedAt": "2024-10-01T13:00:00Z", "gpu": 1, "cpu": 4, "memory": 4,
        "autoStopInterval": 30,
    });
    let plain = record(times.clone());
    let mut newer = plain.clone();
    for (field, value) in [
        ("gpuType", json!("H9000")),
        ("backupState", json!("Verified")),
        ("sandboxClass", json!("mainframe")),
        ("lastActivityAt", json!("yesterday")),
        ("autoDestroyAt", json!("tomorrow")),
        ("memory", json!(0.5)),
    ] {
        newer[field] = value;
    }
    let (expected, none) = partial(&plain).unwrap();
    assert_eq!(none, "");
    let all = "gpuType is \"H9000\", memory is 0.5, backupState is \"Verified\", autoDestroyAt is \"tomorrow\", \
               lastActivityAt is \"yesterday\", sandboxClass is \"mainframe\"";
    assert_eq!(partial(&newer), Ok((expected, all.to_owned())), "each has the value of an absent field");
    assert!(Sandbox::try_from(serde_json::from_value::<SandboxDto>(newer).unwrap()).is_err(), "a server refuses it");
}

#[test]
fn an_unreadable_activity_is_as_unknown_as_an_absent_one() {
    let given = record(json!({"createdAt": "2024-10-01T12:00:00Z", "lastActivityAt": "yesterday", "updatedAt": "now"}));
    let (row, not_understood) = partial(&given).unwrap();
    let absent = record(json!({"createdAt": "2024-10-01T12:00:00Z", "lastActivityAt": null, "updatedAt": null}));
    assert_eq!(partial(&absent), Ok((row, String::new())));
    assert_eq!(not_understood, "updatedAt is \"now\", lastActivityAt is \"yesterday\"");
}

#[test]
fn an_unknown_state_gives_no_lifecycle_and_is_named_with_all_other_faults() {
    for (field, value) in [("state", json!("hibernated")), ("desiredState", json!("frozen")), ("state", json!(null))] {
        let given = record(json!({"gpuType": "H9000", field: value}));
        let error = partial(&given).unwrap_err();
        assert!(error.starts_with("gpuType is \"H9000\", ") && error.contains(&format!("; {field} is ")), "{error}");
    }
}

#[test]
fn a_view_with_the_servers_fields_is_the_row_of_the_whole_record() {
    let record = record(json!({ "backupState": "Completed", "updatedAt": "2024-10-01T16:45:00Z" }));
    let since = at("2024-10-01T16:44:00Z");
    let server = ServerFields {
        backup: Some(BackupRef { snapshot: "b1".into(), registry: "eu".into() }),
        previous_runner_id: Some("r0".into()),
        revision: 3,
        epoch: 4,
        force_stop: true,
        state_since: Some(since),
        backup_since: Some(since),
        ..ServerFields::default()
    };
    let view: LifecycleView = serde_json::from_value(record.clone()).expect("a view");
    let dto: SandboxDto = serde_json::from_value(record).expect("a record");
    let whole = Sandbox::from_api(dto, server.clone()).expect("a sandbox");
    assert_eq!(view.lifecycle(&server).as_ref(), Ok(whole.lifecycle()));
    let row = whole.lifecycle().columns();
    assert_eq!((row.state_since, row.backup_since, row.force_stop), (since, Some(since), true));
    assert_eq!((row.revision, row.epoch, row.has_backup_ref), (3, 4, true));
    let plain = view.lifecycle(&ServerFields::default());
    assert_eq!(plain, Lifecycle::try_from(&view));
    assert_ne!(plain.as_ref(), Ok(whole.lifecycle()));
}

/// A view keeps of a text only what rules read of it.
#[test]
fn a_view_writes_a_text_for_what_it_kept_of_one() {
    let record = record(json!({ "errorReason": "Timeout while starting sandbox 7", "runnerId": "r1" }));
    let view: LifecycleView = serde_json::from_value(record).expect("a view");
    let written = serde_json::to_value(&view).expect("it is written");
    assert_eq!((&written["errorReason"], &written["runnerId"]), (&json!(Fault::Timeout.text()), &json!("")));
    let again: LifecycleView = serde_json::from_value(written).expect("a view");
    assert_eq!(Lifecycle::try_from(&again), Lifecycle::try_from(&view));
}

#[test]
fn the_faulty_fields_of_a_record_are_in_its_order() {
    let dto: SandboxDto =
        serde_json::from_value(record(json!({ "cpu": 0.5, "autoStopInterval": -5 }))).expect("a record");
    let errors = Sandbox::try_from(dto).expect_err("two faulty fields");
    let by_loop: Vec<String> = (&errors).into_iter().map(|error| error.field.to_string()).collect();
    assert_eq!(by_loop, ["cpu", "autoStopInterval"]);
    assert_eq!(errors.into_iter().map(|error| error.field.to_string()).collect::<Vec<_>>(), by_loop);
}
