//! Applied steps: what a step changes in the API record.

use crate::{SEED, STARTED, at, decided, dto, record};
use sandbox_lifecycle::{
    Command, Next, Policy, Report, RunnerView, Sandbox, SandboxState,
    controller::Placement,
    record::{ApplyError, BackupRef, Maybe, RecordEdit, ServerFields, ServerTexts, StepDetails, Timestamp},
    rules::{Job, Outcome},
    vocabulary::AutoDelete,
};
use serde_json::{Value, json};

#[test]
fn a_stop_changes_exactly_three_fields_and_keeps_the_last_activity() {
    let mut sandbox = Sandbox::try_from(dto(STARTED)).unwrap();
    let stop = decided(&sandbox, Command::Stop { force: false }, "2024-10-01T16:45:00Z");
    let _ = sandbox.apply(&stop, StepDetails::default()).unwrap();
    // The sample has no last activity. It was that of the last write, which is another one from now on.
    let updated_at = r#""updatedAt":"2024-10-01T16:45:00Z","#;
    let expected = SEED.replace(updated_at, &format!(r#"{updated_at}"lastActivityAt":"2024-10-01T16:30:00Z","#));
    assert_eq!(serde_json::to_string(sandbox.dto()).unwrap(), expected.trim_end());
    assert_eq!(sandbox.lifecycle().state(), SandboxState::Started);
}

#[test]
fn a_step_that_writes_nothing_leaves_the_record_unchanged() {
    let mut sandbox = Sandbox::try_from(dto(STARTED)).unwrap();
    let before = sandbox.clone();
    let start = decided(&sandbox, Command::Start, "2024-10-01T16:45:00Z");
    let _ = sandbox.apply(&start, StepDetails::default()).unwrap();
    assert_eq!(sandbox, before);
}

#[test]
fn a_deleted_sandbox_is_renamed_only_once() {
    let mut sandbox = Sandbox::try_from(dto(STARTED)).unwrap();
    let destroy = decided(&sandbox, Command::Destroy { force: false }, "2024-10-01T16:45:00Z");
    let _ = sandbox.apply(&destroy, StepDetails::default()).unwrap();
    assert_eq!(sandbox.name(), "DESTROYED_my-development-sandbox_1727801100000");
    let again = decided(&sandbox, Command::Destroy { force: true }, "2024-10-01T16:46:00Z");
    let _ = sandbox.apply(&again, StepDetails::default()).unwrap();
    assert_eq!(sandbox.name(), "DESTROYED_my-development-sandbox_1727801100000");
    assert_eq!(sandbox.dto().state.value().unwrap().as_str(), "destroying");
}

#[test]
fn a_reported_error_sets_the_error_reason() {
    let mut sandbox = Sandbox::try_from(dto(STARTED)).unwrap();
    let report = Report::State {
        state: SandboxState::Error,
        fault: Some(sandbox_lifecycle::vocabulary::Fault::Other),
        recoverable: true,
        epoch: None,
    };
    let step = decided(&sandbox, report, "2024-10-01T16:45:00.5Z");
    let _ = sandbox.apply(&step, StepDetails { reason: Some("disk full"), ..StepDetails::default() }).unwrap();
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
fn a_recovery_from_backup_keeps_the_previous_runner() {
    let given = record(json!({
        "state": "error", "desiredState": "started", "errorReason": "job timed out", "recoverable": true,
        "backupState": "Completed",
    }));
    let backup = BackupRef { snapshot: "b1".into(), registry: "eu".into() };
    let unseen = ServerFields { backup: Some(backup.clone()), ..ServerFields::default() };
    let mut sandbox: Sandbox = Sandbox::from_api(serde_json::from_value(given).unwrap(), unseen).unwrap();
    let step = decided(&sandbox, Command::Recover { start: true }, "2024-10-01T16:45:00Z");
    let _ = sandbox.apply(&step, StepDetails::default()).unwrap();
    assert_eq!(sandbox.previous_runner_id(), Some("r1"));
    assert_eq!((sandbox.runner_id(), sandbox.error_reason()), (None, None));
    assert_eq!(sandbox.backup(), Some(&backup));
    assert_eq!(sandbox.dto().recoverable, Maybe::Value(false));
}

#[test]
fn only_a_step_that_completes_a_backup_needs_a_backup_reference() {
    let mut sandbox = Sandbox::try_from(dto(STARTED)).unwrap();
    let (job, outcome) = (Job::Backup { attempt: None }, Outcome::Completed);
    let completed = decided(&sandbox, Report::Ended { job, outcome, epoch: None }, "2024-10-01T16:45:00Z");
    let before = sandbox.clone();
    assert_eq!(sandbox.apply(&completed, StepDetails::default()), Err(ApplyError::MissingBackup));
    assert_eq!(sandbox, before);
    let backup = BackupRef { snapshot: "b1".into(), registry: "eu".into() };
    let _ = sandbox.apply(&completed, StepDetails { backup: Some(&backup), ..StepDetails::default() }).unwrap();
    assert_eq!(sandbox.backup(), Some(&backup));
    // The backup reference of this row is unknown, which prevents neither a touch nor a destroy.
    let mut lost: Sandbox = Sandbox::from_row(dto(STARTED), *sandbox.lifecycle(), ServerTexts::default());
    let touch = decided(&lost, Command::Touch, "2024-10-01T16:45:30Z");
    let _ = lost.apply(&touch, StepDetails::default()).unwrap();
    let destroy = decided(&lost, Command::Destroy { force: false }, "2024-10-01T16:46:00Z");
    let _ = lost.apply(&destroy, StepDetails::default()).unwrap();
}

#[test]
fn a_step_that_assigns_a_runner_needs_the_id_of_the_runner() {
    let given = record(json!({
        "state": "archived", "desiredState": "started", "backupState": "Completed", "runnerId": null,
    }));
    let backup = BackupRef { snapshot: "b1".into(), registry: "eu".into() };
    let unseen = ServerFields { backup: Some(backup), ..ServerFields::default() };
    let mut sandbox: Sandbox = Sandbox::from_api(serde_json::from_value(given).unwrap(), unseen).unwrap();
    let view = RunnerView { placement: Placement::Warm, ..RunnerView::of(sandbox.lifecycle()) };
    let now = "2024-10-01T16:45:00Z".parse().unwrap();
    let Next::Apply(step) = sandbox.reconcile(&view, &Policy::default(), now) else { panic!("a runner has room") };
    let before = sandbox.clone();
    assert_eq!(sandbox.apply(&step, StepDetails::default()), Err(ApplyError::MissingRunner));
    assert_eq!(sandbox, before);
    let _ = sandbox.apply(&step, StepDetails { runner: Some("r2"), ..StepDetails::default() }).unwrap();
    assert_eq!(sandbox.runner_id(), Some("r2"));
    assert_eq!(sandbox.lifecycle().state(), SandboxState::Restoring);
}

#[test]
fn a_stale_step_leaves_the_record_unchanged() {
    let mut sandbox = Sandbox::try_from(dto(STARTED)).unwrap();
    let stop = decided(&sandbox, Command::Stop { force: false }, "2024-10-01T16:45:00Z");
    let _ = sandbox.apply(&stop, StepDetails::default()).unwrap();
    let before = sandbox.clone();
    let error = sandbox.apply(&stop, StepDetails::default()).unwrap_err();
    assert!(matches!(error, ApplyError::Stale(_)));
    assert_eq!(sandbox, before);
}

/// Without `lastActivityAt`, a record is read with `updatedAt` as the last activity. A setting changes only `updatedAt`.
#[test]
fn a_write_does_not_restart_the_idle_timer_of_a_record_without_last_activity() {
    let (used, written_at) = (at("2024-10-01T16:30:00Z"), at("2024-10-01T16:40:00Z"));
    for last_activity in [json!({}), json!({ "lastActivityAt": null })] {
        let mut given = record(last_activity);
        given["updatedAt"] = json!("2024-10-01T16:30:00Z");
        let received: Sandbox =
            Sandbox::from_api(serde_json::from_value(given).unwrap(), ServerFields::default()).unwrap();
        let (mut set, mut edited, mut unwritten) = (received.clone(), received.clone(), received.clone());
        let interval = decided(&set, Command::AutoDelete { interval: AutoDelete::AtOnce }, "2024-10-01T16:40:00Z");
        let _ = set.apply(&interval, StepDetails::default()).unwrap();
        let _ = edited.edit(RecordEdit::Public(true), written_at);
        for written in [set, edited] {
            assert_eq!(written.dto().updated_at, Maybe::Value(written_at.into()));
            assert_eq!(written.dto().last_activity_at, Maybe::Value(used.into()));
            let again = Sandbox::try_from(dto(&serde_json::to_string(written.dto()).unwrap())).unwrap();
            assert_eq!(again.lifecycle().last_activity_at(), used);
        }
        // A step that writes nothing writes no time.
        let started = decided(&unwritten, Command::Start, "2024-10-01T16:40:00Z");
        let _ = unwritten.apply(&started, StepDetails::default()).unwrap();
        assert_eq!(unwritten, received);
    }
}

#[test]
fn an_edit_does_not_make_an_unknown_last_activity_known() {
    let given = record(json!({ "createdAt": "2024-10-01T12:00:00.000Z" }));
    let mut sandbox: Sandbox =
        Sandbox::from_api(serde_json::from_value(given).unwrap(), ServerFields::default()).unwrap();
    let _ = sandbox.edit(RecordEdit::Public(true), at("2024-10-01T16:40:00Z"));
    assert_eq!(sandbox.dto().last_activity_at, Maybe::Absent);
    assert_eq!(sandbox.dto().created_at, Maybe::Value(Timestamp::from("2024-10-01T12:00:00.000Z")));
}
