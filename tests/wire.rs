//! The record on the wire: read, written back, validated, and what a step does to it.

#[path = "wire/fixtures.rs"]
mod fixtures;
#[path = "wire/properties.rs"]
mod properties;
#[path = "wire/requests.rs"]
mod requests;

use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    Answer, BackupOf, Command, Context, Job, Outcome, Policy, Report, Sandbox, SandboxDto, SandboxState, Task,
    record::{ApplyError, BackupRef, Kept, Maybe, ServerFields, StepDetails},
};
use serde_json::{Value, json};

const SEED: &str = include_str!("wire/seed.jsonl");
const STARTED: &str = include_str!("../examples/data/sandbox.json");

fn dto(text: &str) -> SandboxDto {
    serde_json::from_str(text).unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A record with these fields beside those that every version has.
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

fn decided(sandbox: &Sandbox, input: impl sandbox_lifecycle::AsInput, now: &str) -> sandbox_lifecycle::Step {
    sandbox.lifecycle().decide(input, &Policy::default(), Context::default(), at(now)).unwrap()
}

mod reading {
    use super::*;

    #[test]
    fn the_seed_is_written_back_byte_for_byte() {
        assert_eq!(serde_json::to_string(&dto(SEED)).unwrap(), SEED.trim_end());
    }

    #[test]
    fn the_seed_survives_the_way_through_the_stored_record() {
        let sandbox = Sandbox::try_from(dto(SEED)).unwrap();
        assert_eq!(serde_json::to_string(&SandboxDto::from(sandbox)).unwrap(), SEED.trim_end());
    }

    #[test]
    fn absent_null_and_a_value_are_three_things() {
        for more in [json!({}), json!({"errorReason": null}), json!({"errorReason": "disk full"})] {
            let given = record(more);
            assert_eq!(written(&given), given);
        }
    }

    #[test]
    fn a_whole_number_may_be_written_as_a_float() {
        let given = record(json!({"cpu": 4.0, "autoStopInterval": 15.0, "memory": 0.5}));
        let expected = record(json!({"cpu": 4, "autoStopInterval": 15, "memory": 0.5}));
        assert_eq!(written(&given), expected);
    }

    #[test]
    fn a_timestamp_is_one_instant_in_the_form_it_came_in() {
        for (text, instant) in [
            ("2024-10-01T12:00:00Z", "2024-10-01T12:00:00Z"),
            ("2024-10-01T12:00:00.000Z", "2024-10-01T12:00:00Z"),
            ("2024-10-01T12:00:00.250Z", "2024-10-01T12:00:00.25Z"),
            ("2024-10-01T12:00:00.123456Z", "2024-10-01T12:00:00.123456Z"),
            ("2024-10-01T12:00:00.123456789Z", "2024-10-01T12:00:00.123456Z"),
            ("2024-10-01T14:00:00+02:00", "2024-10-01T12:00:00Z"),
            ("2024-10-01t12:00:00z", "2024-10-01T12:00:00Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ] {
            let given = record(json!({"updatedAt": text}));
            assert_eq!(written(&given), given);
            let read = dto(&given.to_string()).updated_at.value().unwrap().time();
            assert_eq!(read, Some(at(instant)), "{text}");
        }
    }

    #[test]
    fn words_that_are_not_known_are_kept() {
        let given = record(json!({
            "state": "hibernated", "desiredState": "frozen", "sandboxClass": "mainframe", "backupState": "Lost",
            "gpuType": "H9000",
        }));
        assert_eq!(written(&given), given);
    }

    #[test]
    fn unknown_fields_survive_for_those_who_ask() {
        let given = record(json!({"tpu": {"cores": [1, 2.5, null]}, "volumes": [
            {"volumeId": "v", "mountPath": "/data", "cache": true}
        ]}));
        let kept: SandboxDto<Kept<Value>> = serde_json::from_value(given.clone()).unwrap();
        assert_eq!(serde_json::to_value(&kept).unwrap(), given);
        let expected = record(json!({"volumes": [{"volumeId": "v", "mountPath": "/data"}]}));
        assert_eq!(written(&given), expected);
    }

    #[test]
    fn a_list_with_one_unknown_word_is_read_whole() {
        let mut given: Vec<Value> = (0..1000).map(|n| record(json!({"id": format!("s{n}")}))).collect();
        given[500]["state"] = json!("hibernated");
        let list: Vec<SandboxDto> = serde_json::from_value(json!(given)).unwrap();
        assert_eq!(serde_json::to_value(&list).unwrap(), json!(given));
    }

    #[test]
    fn an_error_names_the_field_and_the_value() {
        let cases = [
            (record(json!({"cpu": "four"})), ".cpu: invalid type: string \"four\", expected a number"),
            (record(json!({"name": null})), ".name: invalid type: null, expected a string"),
            (record(json!({"labels": {"a": 1}})), ".labels.a: invalid type: integer `1`, expected a string"),
            (
                record(json!({"volumes": [{"volumeId": "v", "mountPath": 5}]})),
                ".volumes[0].mountPath: invalid type: integer `5`, expected a string",
            ),
            (record(json!({"volumes": [{"volumeId": "v"}]})), ".volumes[0]: missing field `mountPath`"),
            (json!({"id": "s1"}), "missing field `organizationId`"),
            (json!([]), "invalid type: sequence, expected a sandbox record"),
        ];
        for (given, expected) in cases {
            let error = serde_json::from_value::<SandboxDto>(given).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
        let error = serde_json::from_str::<SandboxDto>(r#"{"id":"a","cpu":true}"#).unwrap_err();
        assert_eq!(error.to_string(), ".cpu: invalid type: boolean `true`, expected a number at line 1 column 20");
        let error = serde_json::from_str::<SandboxDto>(r#"{"id":"a","id":"b"}"#).unwrap_err();
        assert_eq!(error.to_string(), "duplicate field `id` at line 1 column 14");
    }
}

mod validating {
    use super::*;

    fn refused(more: Value) -> String {
        let dto: SandboxDto = serde_json::from_value(record(more)).unwrap();
        Sandbox::try_from(dto).unwrap_err().to_string()
    }

    #[test]
    fn every_faulty_field_is_named_at_once() {
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
    fn the_largest_interval_is_one() {
        let dto: SandboxDto = serde_json::from_value(record(json!({"autoStopInterval": i32::MAX}))).unwrap();
        assert_eq!(Sandbox::try_from(dto).unwrap().lifecycle().auto_stop().as_minutes(), i32::MAX);
    }

    #[test]
    fn what_a_client_cannot_know_follows_from_the_two_states() {
        for (state, desired, pending) in
            [("started", "started", false), ("stopping", "stopped", true), ("archiving", "archived", false)]
        {
            let dto: SandboxDto =
                serde_json::from_value(record(json!({"state": state, "desiredState": desired}))).unwrap();
            assert_eq!(Sandbox::try_from(dto).unwrap().lifecycle().is_pending(), pending, "{state} {desired}");
        }
    }

    #[test]
    fn what_a_server_knows_is_said_beside_the_record() {
        let unseen = ServerFields {
            pending: Some(true),
            backup: Some(BackupRef { snapshot: "b1".into(), registry: "eu".into() }),
            epoch: 7,
            ..ServerFields::default()
        };
        let dto = serde_json::from_value(record(json!({}))).unwrap();
        let sandbox: Sandbox = Sandbox::from_api(dto, unseen).unwrap();
        let row = sandbox.lifecycle();
        assert_eq!((row.is_pending(), row.has_backup_ref(), row.epoch()), (true, true, 7));
    }
}

mod applying {
    use super::*;

    #[test]
    fn a_stop_shows_in_three_fields_and_no_other() {
        let mut sandbox = Sandbox::try_from(dto(STARTED)).unwrap();
        let stop = decided(&sandbox, Command::Stop { force: false }, "2024-10-01T16:45:00Z");
        sandbox.apply(&stop, StepDetails::default()).unwrap();
        assert_eq!(serde_json::to_string(sandbox.dto()).unwrap(), SEED.trim_end());
        assert_eq!(sandbox.lifecycle().state(), SandboxState::Started);
    }

    #[test]
    fn a_step_that_writes_nothing_leaves_the_record_alone() {
        let mut sandbox = Sandbox::try_from(dto(STARTED)).unwrap();
        let before = sandbox.clone();
        let start = decided(&sandbox, Command::Start, "2024-10-01T16:45:00Z");
        sandbox.apply(&start, StepDetails::default()).unwrap();
        assert_eq!(sandbox, before);
    }

    #[test]
    fn a_deleted_sandbox_gives_its_name_up_once() {
        let mut sandbox = Sandbox::try_from(dto(STARTED)).unwrap();
        let destroy = decided(&sandbox, Command::Destroy { force: false }, "2024-10-01T16:45:00Z");
        sandbox.apply(&destroy, StepDetails::default()).unwrap();
        assert_eq!(sandbox.name(), "DESTROYED_my-development-sandbox_1727801100000");
        let again = decided(&sandbox, Command::Destroy { force: true }, "2024-10-01T16:46:00Z");
        sandbox.apply(&again, StepDetails::default()).unwrap();
        assert_eq!(sandbox.name(), "DESTROYED_my-development-sandbox_1727801100000");
        assert_eq!(sandbox.dto().state.value().unwrap().as_str(), "destroying");
    }

    #[test]
    fn a_reported_error_brings_its_reason() {
        let mut sandbox = Sandbox::try_from(dto(STARTED)).unwrap();
        let report = Report::State {
            state: SandboxState::Error,
            fault: Some(sandbox_lifecycle::Fault::Other),
            recoverable: true,
            epoch: None,
        };
        let step = decided(&sandbox, report, "2024-10-01T16:45:00.5Z");
        sandbox.apply(&step, StepDetails { reason: Some("disk full"), ..StepDetails::default() }).unwrap();
        let shown = serde_json::to_value(sandbox.dto()).unwrap();
        let mut expected: Value = serde_json::from_str(STARTED).unwrap();
        expected["state"] = json!("error");
        expected["errorReason"] = json!("disk full");
        expected["recoverable"] = json!(true);
        expected["lastActivityAt"] = json!("2024-10-01T16:45:00.500Z");
        expected["updatedAt"] = json!("2024-10-01T16:45:00.500Z");
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_recovery_from_backup_remembers_the_runner_it_left() {
        let given = record(json!({
            "state": "error", "desiredState": "started", "errorReason": "job timed out", "recoverable": true,
            "backupState": "Completed",
        }));
        let backup = BackupRef { snapshot: "b1".into(), registry: "eu".into() };
        let unseen = ServerFields { backup: Some(backup.clone()), ..ServerFields::default() };
        let mut sandbox: Sandbox = Sandbox::from_api(serde_json::from_value(given).unwrap(), unseen).unwrap();
        let step = decided(&sandbox, Command::Recover { start: true }, "2024-10-01T16:45:00Z");
        sandbox.apply(&step, StepDetails::default()).unwrap();
        assert_eq!(sandbox.previous_runner_id(), Some("r1"));
        assert_eq!((sandbox.runner_id(), sandbox.error_reason()), (None, None));
        assert_eq!(sandbox.backup(), Some(&backup));
        assert_eq!(sandbox.dto().recoverable, Maybe::Value(false));
    }

    #[test]
    fn a_step_that_completes_a_backup_wants_it_named_and_no_other_does() {
        let mut sandbox = Sandbox::try_from(dto(STARTED)).unwrap();
        let (job, outcome) = (Job::Backup { of: BackupOf::Current }, Outcome::Completed);
        let completed = decided(&sandbox, Report::Ended { job, outcome, epoch: None }, "2024-10-01T16:45:00Z");
        let before = sandbox.clone();
        assert_eq!(sandbox.apply(&completed, StepDetails::default()), Err(ApplyError::MissingBackup));
        assert_eq!(sandbox, before);
        let backup = BackupRef { snapshot: "b1".into(), registry: "eu".into() };
        sandbox.apply(&completed, StepDetails { backup: Some(&backup), ..StepDetails::default() }).unwrap();
        assert_eq!(sandbox.backup(), Some(&backup));
        // Nobody knows where the backup of this row is, and it is stopped and deleted all the same.
        let mut lost: Sandbox = Sandbox::from_row(dto(STARTED), *sandbox.lifecycle(), None, None);
        let touch = decided(&lost, Command::Touch, "2024-10-01T16:45:30Z");
        assert_eq!(lost.apply(&touch, StepDetails::default()), Ok(()));
        let destroy = decided(&lost, Command::Destroy { force: false }, "2024-10-01T16:46:00Z");
        assert_eq!(lost.apply(&destroy, StepDetails::default()), Ok(()));
    }

    #[test]
    fn a_step_that_assigns_a_runner_wants_it_named() {
        let given = record(json!({"state": "archived", "desiredState": "started", "backupState": "Completed"}));
        let backup = BackupRef { snapshot: "b1".into(), registry: "eu".into() };
        let unseen = ServerFields { backup: Some(backup), ..ServerFields::default() };
        let mut sandbox: Sandbox = Sandbox::from_api(serde_json::from_value(given).unwrap(), unseen).unwrap();
        let taken = Report::Answered { task: Task::Restore, answer: Answer::Accepted, from: None, epoch: None };
        let step = decided(&sandbox, taken, "2024-10-01T16:45:00Z");
        let before = sandbox.clone();
        assert_eq!(sandbox.apply(&step, StepDetails::default()), Err(ApplyError::MissingRunner));
        assert_eq!(sandbox, before);
        sandbox.apply(&step, StepDetails { runner: Some("r2"), ..StepDetails::default() }).unwrap();
        assert_eq!(sandbox.runner_id(), Some("r2"));
        assert_eq!(sandbox.lifecycle().state(), SandboxState::Restoring);
    }

    #[test]
    fn a_step_decided_on_another_row_changes_nothing() {
        let mut sandbox = Sandbox::try_from(dto(STARTED)).unwrap();
        let stop = decided(&sandbox, Command::Stop { force: false }, "2024-10-01T16:45:00Z");
        sandbox.apply(&stop, StepDetails::default()).unwrap();
        let before = sandbox.clone();
        let error = sandbox.apply(&stop, StepDetails::default()).unwrap_err();
        assert!(matches!(error, ApplyError::Stale(_)));
        assert_eq!(sandbox, before);
    }
}
