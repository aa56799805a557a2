//! A stored sandbox as the columns of a row, and the entries of its outbox as they are stored.

use crate::{decided, dto, record};
use sandbox_lifecycle::{
    Columns, Command, Sandbox, SandboxDto, SandboxState,
    lifecycle::{Column, ColumnValue},
    record::{BackupRef, OutboxEntry, OutboxKey, RECORD_COLUMNS, ServerTexts, StepDetails},
    rules::TaskKind,
};
use serde_json::json;

fn stored() -> Sandbox {
    let fields = json!({
        "runnerId": "r1", "errorReason": "no disk", "backupCreatedAt": "2024-10-01T16:00:00Z",
        "queueTimedOutAt": "2024-10-01T15:00:00Z", "spotEvictedAt": "2024-10-01T14:00:00Z",
    });
    let record: SandboxDto = serde_json::from_value(record(fields)).expect("a record");
    let row = Columns { state: SandboxState::Error, has_backup_ref: true, revision: 7, ..Columns::default() };
    let backup = Some(BackupRef { snapshot: "b1".into(), registry: "eu".into() });
    let texts = ServerTexts { backup, previous_runner_id: Some("r0".into()), parent_id: Some("s0".into()) };
    Sandbox::from_row(record, row.into(), texts)
}

fn values(sandbox: &Sandbox) -> Vec<(&'static str, ColumnValue<'_>)> {
    sandbox.columns().map(|(column, value)| (column.name, value)).collect()
}

#[test]
fn a_sandbox_is_read_back_from_its_columns_and_the_rest_of_its_record() {
    let stored = stored();
    let rest = serde_json::to_string(&stored.record_without_columns()).expect("JSON");
    for (column, _) in stored.columns().filter(|(column, _)| column.shown && column.nullable) {
        assert!(!rest.contains(&format!("\"{column}\"")), "{column} is a column, so {rest} does not have it");
    }
    let rest: SandboxDto = serde_json::from_str(&rest).expect("a record");
    let texts: Vec<String> = values(&stored).iter().map(|(_, value)| value.to_string()).collect();
    // SQLite returns times as text, and flags as numbers.
    let as_sqlite = values(&stored).into_iter().zip(&texts).map(|((name, value), text)| match value {
        ColumnValue::Timestamp(_) => (name, ColumnValue::Text(text)),
        ColumnValue::Boolean(yes) => (name, ColumnValue::Integer(yes.into())),
        other => (name, other),
    });
    let as_sqlite: Vec<(&str, ColumnValue<'_>)> = as_sqlite.collect();
    let in_order = as_sqlite.iter().map(|(_, value)| *value);
    assert_eq!(Sandbox::from_values(rest.clone(), in_order).as_ref(), Ok(&stored));
    assert_eq!(Sandbox::from_columns(rest.clone(), as_sqlite).as_ref(), Ok(&stored));
    assert_eq!(Sandbox::from_columns(rest, values(&stored)), Ok(stored));
}

#[test]
fn a_column_that_is_newer_than_the_row_is_null_and_has_its_default() {
    let stored = stored();
    let newer = |column: &Column| ["hasRunner", "gpu", "revision"].contains(&column.name);
    let older = stored.columns().map(|(column, value)| if newer(column) { ColumnValue::Null } else { value });
    let read = Sandbox::from_values(stored.record_without_columns(), older).expect("a row");
    let defaults = Columns { has_runner: false, gpu: 0, revision: 0, ..stored.lifecycle().columns() };
    assert_eq!(read.lifecycle().columns(), defaults);
    let none = Sandbox::from_values(stored.record_without_columns(), []).map_err(|error| error.to_string());
    assert_eq!(none, Err("missing field `state`".into()));
}

#[test]
fn a_wrong_value_is_an_error_that_names_its_column() {
    let stored = stored();
    let with = |name: &str, value| {
        let changed = |(column, old)| (column, if column == name { value } else { old });
        let changed: Vec<(&str, ColumnValue<'_>)> = values(&stored).into_iter().map(changed).collect();
        let in_order = Sandbox::from_values(stored.dto().clone(), changed.iter().map(|(_, value)| *value));
        let read = Sandbox::from_columns(stored.dto().clone(), changed);
        assert_eq!(read, in_order);
        read.map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(with("runnerId", ColumnValue::Integer(1)), Err("runnerId: a number is not allowed here".into()));
    assert_eq!(with("name", ColumnValue::Null), Err("name: null is not allowed here".into()));
    assert_eq!(
        with("updatedAt", ColumnValue::Boolean(true)),
        Err("updatedAt: true or false is not allowed here".into())
    );
    assert!(with("state", ColumnValue::Text("melted")).is_err_and(|text| text.starts_with("state: ")));
    assert_eq!(with("errorReason", ColumnValue::Null), Ok(()));
    // A host binds each value with its type: a text column never takes a flag or a time for its text.
    let time = ColumnValue::Timestamp("2024-10-01T16:45:00Z".parse().expect("a time"));
    let cases = [
        ("errorReason", ColumnValue::Boolean(true), "errorReason: true or false is not allowed here"),
        ("errorReason", time, "errorReason: a time is not allowed here"),
        ("updatedAt", ColumnValue::Integer(1), "updatedAt: a number is not allowed here"),
        ("pending", time, "pending: invalid type: string \"2024-10-01T16:45:00Z\", expected a boolean"),
        ("pending", ColumnValue::Integer(2), "pending: invalid type: integer `2`, expected a boolean"),
        ("cpu", ColumnValue::Boolean(true), "cpu: invalid type: boolean `true`, expected u32"),
    ];
    for (name, value, expected) in cases {
        assert_eq!(with(name, value), Err(expected.to_owned()));
    }
}

#[test]
fn no_column_of_the_record_has_the_name_of_another_column() {
    let all: Vec<&Column> = Column::ALL.iter().chain(RECORD_COLUMNS).collect();
    for (nth, column) in all.iter().enumerate() {
        let twice =
            all.iter().skip(nth + 1).find(|other| other.name == column.name || other.sql_name == column.sql_name);
        assert_eq!(twice, None, "{column}");
    }
}

#[test]
fn what_a_step_changes_is_in_the_columns() {
    let read = Sandbox::try_from(dto(crate::STARTED)).expect("a sandbox");
    let before = Sandbox::from_row(read.dto().clone(), *read.lifecycle(), ServerTexts::default());
    for command in [Command::Stop { force: true }, Command::Destroy { force: true }, Command::Touch] {
        let mut after = before.clone();
        let step = decided(&after, command, "2024-10-01T16:45:00Z");
        let _ = after.apply(&step, StepDetails::default()).expect("there is no other writer");
        assert_eq!(Sandbox::from_columns(before.dto().clone(), values(&after)), Ok(after.clone()), "{command:?}");
    }
}

#[test]
fn an_entry_of_the_outbox_is_read_back_as_it_was_stored() {
    let text = |sandbox_id: &str, key: &str, target: &str, message: &str| {
        format!(r#"{{"sandboxId":"{sandbox_id}","key":{key},"target":{target},"message":{message}}}"#)
    };
    let runner = r#"{"runner":"r1"}"#;
    let entries = [
        (
            text(
                "s1",
                r#"{"call":{"epoch":7,"task":"stop"}}"#,
                runner,
                r#"{"call":{"task":"stop","force":true,"epoch":7}}"#,
            ),
            "call-7-stop",
        ),
        (
            text(
                "s1",
                r#"{"backup":{"attempt":2}}"#,
                r#"{"backupMaker":{"runner":"r1"}}"#,
                r#"{"call":{"task":"backup","attempt":2,"epoch":7}}"#,
            ),
            "backup-2",
        ),
        (text("s1", r#"{"remove":{"runner":"r1","epoch":8}}"#, runner, r#"{"remove":{"epoch":8}}"#), "remove-8-r1"),
        (text("s1", r#"{"release":{"runner":"r1","epoch":8}}"#, runner, r#"{"release":{"epoch":8}}"#), "release-8-r1"),
        (
            text("s1", r#"{"discard":{"before":3}}"#, r#""backupStore""#, r#"{"discardBackups":{"before":3}}"#),
            "discard-3",
        ),
        (
            text(
                "s1",
                r#"{"event":{"revision":4,"number":1}}"#,
                r#""subscribers""#,
                r#"{"event":{"event":"sandbox.stopped"}}"#,
            ),
            "event-4-1",
        ),
    ];
    for (stored, key) in entries {
        let entry: OutboxEntry = serde_json::from_str(&stored).unwrap_or_else(|error| panic!("{stored}: {error}"));
        assert_eq!(serde_json::to_string(&entry).expect("JSON"), stored);
        assert_eq!(entry.key.to_string(), key);
    }
    let unknown = text("s1", r#"{"call":{"epoch":7,"task":"dance"}}"#, runner, r#"{"remove":{"epoch":8}}"#);
    assert!(serde_json::from_str::<OutboxEntry>(&unknown).is_err());
    assert_eq!(OutboxKey::Call { epoch: 7, task: TaskKind::Recover }.to_string(), "call-7-recover");
}

#[test]
fn a_call_is_owed_while_the_row_awaits_it_and_everything_else_until_it_is_acknowledged() {
    let mut sandbox = Sandbox::try_from(dto(crate::STARTED)).expect("a sandbox");
    let step = decided(&sandbox, Command::Destroy { force: true }, "2024-10-01T16:45:00Z");
    let sent: Vec<OutboxEntry> =
        sandbox.apply(&step, StepDetails::default()).expect("no other writer").into_iter().collect();
    let created = sandbox.created();
    assert!(created.message.is_still_owed(None) && !created.message.is_departure());
    for entry in sent {
        assert_eq!(
            entry.message.is_still_owed(None),
            !matches!(entry.message, sandbox_lifecycle::record::Message::Call(_))
        );
    }
}

#[test]
fn a_column_that_stands_twice_is_an_error_and_one_that_is_newer_than_the_crate_is_ignored() {
    let stored = stored();
    let with = |more: (&'static str, ColumnValue<'static>)| {
        let columns: Vec<(&str, ColumnValue<'_>)> = values(&stored).into_iter().chain([more]).collect();
        Sandbox::from_columns(stored.record_without_columns(), columns).map_err(|error| error.to_string())
    };
    assert_eq!(with(("epoch", ColumnValue::Integer(1))), Err("duplicate field `epoch`".to_owned()));
    assert_eq!(with(("mood", ColumnValue::Text("good"))).as_ref(), Ok(&stored));
}
