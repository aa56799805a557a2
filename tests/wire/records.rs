//! The API record: a record is written back equal after a read, and an error names the field.

use crate::{SEED, at, dto, record, written};
use sandbox_lifecycle::{Sandbox, SandboxDto, record::Kept};
use serde_json::{Value, json};

#[test]
fn the_documented_record_is_written_back_byte_for_byte() {
    assert_eq!(serde_json::to_string(&dto(SEED)).unwrap(), SEED.trim_end());
}

#[test]
fn the_documented_record_survives_conversion_to_a_sandbox_and_back() {
    let sandbox = Sandbox::try_from(dto(SEED)).unwrap();
    assert_eq!(serde_json::to_string(&SandboxDto::from(sandbox)).unwrap(), SEED.trim_end());
}

#[test]
fn absent_null_and_a_value_are_kept_apart() {
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
fn a_timestamp_keeps_its_text_form() {
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
fn unknown_words_are_kept() {
    let given = record(json!({
        "state": "hibernated", "desiredState": "frozen", "sandboxClass": "mainframe", "backupState": "Lost",
        "gpuType": "H9000",
    }));
    assert_eq!(written(&given), given);
}

#[test]
fn unknown_fields_are_kept_only_with_kept() {
    let given = record(json!({"tpu": {"cores": [1, 2.5, null]}, "volumes": [
        {"volumeId": "v", "mountPath": "/data", "cache": true}
    ]}));
    let kept: SandboxDto<Kept<Value>> = serde_json::from_value(given.clone()).unwrap();
    assert_eq!(serde_json::to_value(&kept).unwrap(), given);
    let expected = record(json!({"volumes": [{"volumeId": "v", "mountPath": "/data"}]}));
    assert_eq!(written(&given), expected);
}

#[test]
fn one_unknown_word_does_not_fail_a_whole_list() {
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
