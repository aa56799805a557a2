//! Every column after an applied step: what the record shows is what the lifecycle holds, and no other field changes.

use crate::{STARTED, record};
use chrono::{DateTime, SecondsFormat, Utc};
use proptest::{collection::vec, prelude::*};
use sandbox_lifecycle::{
    Columns, Effect, Lifecycle, Next, Policy, Sandbox, SandboxDto, Step,
    lifecycle::{Column, ColumnValue},
    record::{BackupRef, ServerFields, ServerTexts, StepDetails, Timestamp},
    rules::{Cause, ReasonText, RunnerChange, Stamp},
    testing::{self, Case, any_case},
    vocabulary::BackupState,
};
use serde_json::{Map, Value, json};

type Fields = Map<String, Value>;

fn fields(sandbox: &Sandbox) -> Fields {
    let Value::Object(fields) = serde_json::to_value(sandbox.dto()).expect("it is written") else {
        panic!("an object")
    };
    fields
}

/// The name and the JSON of every column that the API shows. `Null` is one without a value.
fn shown(row: &Lifecycle) -> Vec<(&'static str, Value)> {
    let columns = row.columns();
    let shown = columns.iter().filter(|(column, _)| column.shown);
    let json = |(column, value): (&Column, ColumnValue<'_>)| match column.name {
        "state" => (column.name, json!(row.reported_state())),
        _ => (column.name, json!(value)),
    };
    shown.map(json).collect()
}

fn backup() -> BackupRef {
    BackupRef { snapshot: "b2".into(), registry: "eu".into() }
}

/// A row of a server with a record around it.
fn stored(row: Lifecycle) -> Sandbox {
    let mut dto: SandboxDto = serde_json::from_str(STARTED).expect("a record");
    dto.runner_id = row.has_runner().then(|| "r1".to_owned()).into();
    let backup = row.has_backup_ref().then(|| BackupRef { snapshot: "b1".into(), registry: "eu".into() });
    Sandbox::from_row(dto, row, ServerTexts { backup, ..ServerTexts::default() })
}

/// A record of the row's columns as another server may write them: columns with their default are absent or null, and times
/// have an offset.
fn received(row: &Lifecycle, forms: &[u8]) -> Sandbox {
    let defaults = shown(&Lifecycle::from(Columns::default()));
    let mut given = record(json!({}));
    if !row.has_runner() {
        given["runnerId"] = Value::Null;
    }
    for (((name, value), (_, default)), form) in shown(row).into_iter().zip(defaults).zip(forms.iter().cycle()) {
        let is_required = ["state", "desiredState", "cpu", "gpu", "memory", "disk"].contains(&name);
        given[name] = match form {
            0 if !is_required && value == default => continue,
            1 if !is_required && value == default => Value::Null,
            2 if name.ends_with("At") && !value.is_null() => {
                let time: DateTime<Utc> = value.as_str().expect("a time").parse().expect("a time");
                json!(time.to_rfc3339_opts(SecondsFormat::Nanos, false))
            }
            _ => value,
        };
    }
    if forms[0] == 0 {
        let last = given.as_object_mut().expect("an object").remove("lastActivityAt");
        given["updatedAt"] = last.unwrap_or_default();
    }
    let columns = row.columns();
    let server = ServerFields {
        backup: columns.has_backup_ref.then(backup),
        pending: Some(columns.pending),
        revision: columns.revision,
        epoch: columns.epoch,
        force_stop: columns.force_stop,
        state_since: Some(columns.state_since),
        backup_since: columns.backup_since,
        ..ServerFields::default()
    };
    Sandbox::from_api(serde_json::from_value(given).expect("a record"), server).expect("a valid record")
}

/// The fields after a step, from the fields before it and what the step says that it writes.
fn expected(before: &Sandbox, step: &Step, after: &Lifecycle, details: StepDetails<'_>) -> Fields {
    let mut expected = fields(before);
    let now = json!(Timestamp::from(step.decided_at()));
    let mut set = |name: &str, value: Value| match value {
        Value::Null => drop(expected.remove(name)),
        value => drop(expected.insert(name.to_owned(), value)),
    };
    for ((name, value), (_, old)) in shown(after).into_iter().zip(shown(before.lifecycle())) {
        if value != old {
            set(name, value);
        }
    }
    for effect in step.effects() {
        match effect {
            Effect::GiveUpName => {
                let millis = step.decided_at().timestamp_millis();
                set("name", json!(format!("DESTROYED_{}_{millis}", before.name())));
            }
            Effect::Stamp(Stamp::QueueTimedOut) => set("queueTimedOutAt", now.clone()),
            Effect::Stamp(Stamp::SpotEvicted) => set("spotEvictedAt", now.clone()),
            Effect::Runner(RunnerChange::Assigned | RunnerChange::AssignedKeepingPrevious) => {
                set("runnerId", json!(details.runner));
            }
            Effect::Runner(RunnerChange::Released | RunnerChange::ReleasedAsPrevious) => set("runnerId", Value::Null),
            Effect::Reason(ReasonText::Cleared) => set("errorReason", Value::Null),
            Effect::Reason(ReasonText::Reported) => set("errorReason", json!(details.reason)),
            Effect::Reason(ReasonText::Ours(fault)) => set("errorReason", json!(fault.text())),
            _ => {}
        }
    }
    if completes_backup(before, after) {
        set("backupCreatedAt", now.clone());
    }
    if step.writes() {
        set("updatedAt", now);
        // Without it, the record would be read with its new `updatedAt` as the last activity.
        let used_at = after.last_activity_at();
        if before.dto().last_activity_at.value().is_none() && used_at == known(used_at) {
            set("lastActivityAt", json!(Timestamp::from(used_at)));
        }
    }
    expected
}

/// The last microsecond of the year 9999.
const LAST_KNOWN: i64 = 253_402_300_799_999_999;

/// The time, or 1970 for the last instant: it stands for a time that no record said, and no record shows it.
fn known(time: DateTime<Utc>) -> DateTime<Utc> {
    if time.timestamp_micros() > LAST_KNOWN { DateTime::UNIX_EPOCH } else { time }
}

/// The row with times that are known.
fn with_known_times(row: &Lifecycle) -> Lifecycle {
    let columns = row.columns();
    let (created_at, last_activity_at) = (known(columns.created_at), known(columns.last_activity_at));
    Columns { created_at, last_activity_at, ..columns }.into()
}

fn completes_backup(before: &Sandbox, after: &Lifecycle) -> bool {
    before.lifecycle().backup_state() != BackupState::Completed && after.backup_state() == BackupState::Completed
}

/// Applies a step and compares the whole record.
fn apply_and_compare(before: &Sandbox, step: &Step) -> Result<(), TestCaseError> {
    let backup = backup();
    let details = StepDetails { reason: Some("as reported"), runner: Some("r2"), backup: Some(&backup) };
    let mut sandbox = before.clone();
    let _ = sandbox.apply(step, details).expect("it has all details");
    let after = step.apply(*before.lifecycle()).expect("it was decided on this row");
    prop_assert_eq!(sandbox.lifecycle(), &after);
    prop_assert_eq!(fields(&sandbox), expected(before, step, &after, details), "{:?}", step);
    // Who reads the record reads every shown column of the lifecycle, and the reported state.
    let read = Lifecycle::try_from(sandbox.dto()).expect("a valid record");
    // An unknown last activity is read as the last write.
    let used_at = if after.last_activity_at() == known(after.last_activity_at()) { after } else { read };
    let after = Lifecycle::from(Columns { last_activity_at: used_at.last_activity_at(), ..after.columns() });
    prop_assert_eq!(shown(&read).split_off(1), shown(&after).split_off(1), "{:?}", step);
    prop_assert_eq!(read.state(), after.reported_state());
    let shown_fields = fields(&sandbox);
    let text = |name: &str| shown_fields.get(name).and_then(Value::as_str);
    prop_assert_eq!(Some(sandbox.name()), text("name"));
    prop_assert_eq!(sandbox.runner_id(), text("runnerId"));
    prop_assert_eq!(sandbox.error_reason(), text("errorReason"));
    // The texts that no client sees.
    let has_backup = after.has_backup_ref() || after.kept_backup();
    let is_new = completes_backup(before, &after) && !matches!(step.cause(), Cause::Command(_));
    let reference = if is_new { Some(&backup) } else { before.backup() };
    prop_assert_eq!(sandbox.backup(), reference.filter(|_| has_backup), "{:?}", step);
    let is_previous =
        |change| matches!(change, RunnerChange::ReleasedAsPrevious | RunnerChange::AssignedKeepingPrevious);
    let leaves = step.effects().any(|effect| matches!(effect, Effect::Runner(change) if is_previous(change)));
    let previous = if leaves { before.runner_id() } else { before.previous_runner_id() };
    prop_assert_eq!(sandbox.previous_runner_id(), previous, "{:?}", step);
    Ok(())
}

proptest! {
    #[test]
    fn after_any_step_on_any_row_the_record_shows_the_lifecycle_and_keeps_its_other_fields(case in any_case()) {
        let Case { row, input, context, now } = case;
        let (row, now) = (with_known_times(&row), known(now));
        if let Ok(step) = row.decide(input, &Policy::default(), context, now) {
            apply_and_compare(&stored(row), &step)?;
        }
    }

    #[test]
    fn after_any_pass_on_any_row_the_record_shows_the_lifecycle_and_keeps_its_other_fields(
        case in any_case(), view in testing::runner_view(),
    ) {
        let row = with_known_times(&case.row);
        if let Next::Apply(step) = row.reconcile(&view, &Policy::default(), known(case.now)) {
            apply_and_compare(&stored(row), &step)?;
        }
    }

    #[test]
    fn after_any_step_on_any_received_record_every_other_field_keeps_its_form(
        case in any_case(), forms in vec(0u8..4, 7),
    ) {
        let Case { row, input, context, now } = case;
        let (row, now) = (with_known_times(&row), known(now));
        let sandbox = received(&row, &forms);
        if let Ok(step) = sandbox.decide(input, &Policy::default(), context.with_revision(row.revision()), now) {
            apply_and_compare(&sandbox, &step)?;
        }
    }
}
