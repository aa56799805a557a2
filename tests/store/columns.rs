//! `docs/COLUMNS.md`: its table lists the stored columns, and its SQL statements select and update the right rows.

#[path = "../support/rendered.rs"]
mod rendered;

use rusqlite::{Connection, named_params};
use sandbox_lifecycle::{
    BackupState, Columns, Command, Context, DesiredState, Fault, GpuType, Lifecycle, Micros, Next, Observed, Placement,
    Policy, QueueTimeout, RunnerView, SandboxDto, SandboxState, chrono::DateTime, record::Kept,
};
use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = include_str!("../../docs/COLUMNS.md");

/// The statements of the page, in order.
fn statements() -> Vec<&'static str> {
    PAGE.split("```sql\n").skip(1).map(|rest| rest.split("```").next().expect("a fence ends")).collect()
}

/// Returns a store with every sound combination of the columns that the statements read.
fn store() -> (Connection, BTreeMap<i64, Lifecycle>) {
    let store = Connection::open_in_memory().expect("an empty store");
    store
        .execute_batch(
            "CREATE TABLE sandbox (id INTEGER PRIMARY KEY, state TEXT, desired_state TEXT, pending INTEGER, \
             epoch INTEGER, backup_state TEXT, has_runner INTEGER, auto_delete_interval INTEGER, last_activity_at TEXT, \
             auto_stop_interval INTEGER, auto_pause_interval INTEGER, auto_archive_interval INTEGER, \
             auto_destroy_at TEXT, has_backup_ref INTEGER, recoverable INTEGER, force_stop INTEGER, fault TEXT, backup_since TEXT)",
        )
        .expect("a table");
    let mut rows = BTreeMap::new();
    for state in SandboxState::ALL {
        for desired_state in DesiredState::ALL {
            for backup_state in BackupState::ALL {
                for has_runner in [false, true] {
                    let row = Lifecycle::from(Columns {
                        state: *state,
                        desired_state: *desired_state,
                        backup_state: *backup_state,
                        has_backup_ref: true,
                        has_runner,
                        ..Columns::default()
                    })
                    .repaired();
                    if row.violations().is_empty() {
                        let id = i64::try_from(rows.len()).expect("a small store");
                        insert(&store, id, &row);
                        rows.insert(id, row);
                    }
                }
            }
        }
    }
    (store, rows)
}

fn insert(store: &Connection, id: i64, row: &Lifecycle) {
    let columns = row.columns();
    store
        .execute(
            "INSERT INTO sandbox VALUES (:id, :state, :desired, :pending, :epoch, :backup, :runner, :delete, :activity, \
             :stop, :pause, :archive, :destroy, :reference, :recoverable, :force, :fault, :since)",
            named_params! {
                ":id": id,
                ":state": columns.state.as_str(),
                ":desired": columns.desired_state.as_str(),
                ":pending": columns.pending,
                ":epoch": columns.epoch,
                ":backup": columns.backup_state.as_str(),
                ":runner": columns.has_runner,
                ":delete": columns.auto_delete.as_minutes(),
                ":activity": columns.last_activity_at.to_string(),
                ":stop": columns.auto_stop.as_minutes(),
                ":pause": columns.auto_pause.as_minutes(),
                ":archive": columns.auto_archive.as_minutes(),
                ":destroy": columns.auto_destroy_at.map(|at| at.to_string()),
                ":reference": columns.has_backup_ref,
                ":recoverable": columns.recoverable,
                ":force": columns.force_stop,
                ":since": columns.backup_since.map(|at| at.to_string()),
                ":fault": columns.fault.map(|fault| fault.as_str()),
            },
        )
        .expect("a row");
}

/// Returns whether a pass acts on a row for any observation of the runner.
fn is_driven(row: &Lifecycle) -> bool {
    let observed = SandboxState::ALL.iter().map(|state| Observed::State(*state));
    let observed = observed.chain([Observed::NotAsked, Observed::NotFound]);
    observed.into_iter().any(|observed| {
        let view = RunnerView { observed, placement: Placement::Warm, ..RunnerView::default() };
        let next = row.reconcile(&view, &Policy::default(), DateTime::UNIX_EPOCH);
        !matches!(next, Next::Wait { .. } | Next::Nothing)
    })
}

#[test]
fn the_select_statement_finds_exactly_the_rows_that_need_reconcile() {
    let (store, rows) = store();
    let mut select = store.prepare(statements()[0]).expect("a statement");
    let found: BTreeSet<i64> =
        select.query_map([], |row| row.get(0)).expect("rows").map(|id| id.expect("an id")).collect();
    let owing: BTreeSet<i64> = rows.iter().filter(|(_, row)| row.needs_reconcile()).map(|(id, _)| *id).collect();
    assert_eq!(found, owing, "the statement and Lifecycle::needs_reconcile");
    let missed: Vec<&Lifecycle> =
        rows.iter().filter(|(id, row)| is_driven(row) && !found.contains(id)).map(|(_, row)| row).collect();
    assert_eq!(missed, Vec::<&Lifecycle>::new(), "a pass acts on these rows, but the statement does not select them");
    assert!(found.len() < rows.len(), "the statement does not select rows at rest");
}

/// Renders every column with an example, and marks those that an API record carries.
#[test]
fn the_table_of_columns_is_the_stored_form() {
    let at = Some(Micros::EPOCH);
    let row = Columns {
        gpu_type: Some(GpuType::H100),
        fault: Some(Fault::Timeout),
        auto_destroy_at: at,
        queue_timeout: QueueTimeout::try_from(5).ok(),
        backup_since: at,
        ..Columns::default()
    };
    let serde_json::Value::Object(form) = serde_json::to_value(row).expect("a row has a form") else {
        panic!("the form of a row is an object")
    };
    // The record keeps the columns that only a server knows as unknown fields.
    let mut record: serde_json::Value =
        serde_json::from_str(include_str!("../../examples/data/sandbox.json")).expect("JSON");
    record.as_object_mut().expect("an object").extend(form.clone());
    let read: SandboxDto<Kept<serde_json::Value>> = serde_json::from_value(record).expect("a record");
    let unknown: Vec<&String> = read.extras.0.iter().map(|(name, _)| name).collect();
    let mut text = String::from("| stored as | for example | on the wire |\n|---|---|---|\n");
    for (name, value) in &form {
        let wire = if unknown.contains(&name) { "server" } else { "yes" };
        text += &format!("| `{name}` | `{value}` | {wire} |\n");
    }
    rendered::hold("docs/COLUMNS.md", "columns", &text).unwrap_or_else(|error| panic!("{error}"));
}

fn swap(store: &Connection, id: i64, row: &Lifecycle) -> usize {
    let stop = Command::Stop { force: false };
    let step = row
        .decide(stop, &Policy::default(), Context::default(), DateTime::UNIX_EPOCH)
        .expect("a started sandbox accepts stop");
    let (expects, after) = (step.expects(), step.apply(*row).expect("it was decided on this row").columns());
    store
        .execute(
            statements()[1],
            named_params! {
                ":id": id,
                ":state": after.state.as_str(),
                ":desired_state": after.desired_state.as_str(),
                ":pending": after.pending,
                ":epoch": after.epoch,
                ":expected_state": expects.state.as_str(),
                ":expected_desired_state": expects.desired_state.as_str(),
                ":expected_pending": expects.pending,
                ":expected_epoch": expects.epoch,
                ":expected_backup_state": expects.backup_state.as_str(),
                ":expected_has_runner": expects.has_runner,
                ":expected_ephemeral": expects.ephemeral,
                ":expected_last_activity_at": expects.last_activity_at.map(|at| at.to_string()),
                ":expected_auto_stop": expects.auto_stop.map(|minutes| minutes.as_minutes()),
                ":expected_auto_pause": expects.auto_pause.map(|minutes| minutes.as_minutes()),
                ":expected_auto_archive": expects.auto_archive.map(|minutes| minutes.as_minutes()),
                ":expected_auto_delete": expects.auto_delete.map(|minutes| minutes.as_minutes()),
                ":expected_auto_destroy_at": expects.auto_destroy_at.map(|at| at.to_string()),
                ":expected_backup_since": expects.backup_since.map(|at| at.to_string()),
                ":expected_has_backup_ref": expects.has_backup_ref,
                ":expected_recoverable": expects.recoverable,
                ":expected_force_stop": expects.force_stop,
                ":expected_fault": expects.fault.map(|fault| fault.as_str()),
            },
        )
        .expect("an update")
}

#[test]
fn the_update_statement_writes_only_the_first_of_two_steps_decided_on_one_row() {
    let (store, rows) = store();
    let running =
        rows.iter().find(|(_, row)| row.state() == SandboxState::Started && row.is_settled() && row.has_runner());
    let (id, row) = running.expect("a running sandbox");
    assert_eq!(swap(&store, *id, row), 1, "the first of two steps decided on the same row");
    assert_eq!(swap(&store, *id, row), 0, "the second step");
    let stored: String =
        store.query_row("SELECT desired_state FROM sandbox WHERE id = ?", [id], |row| row.get(0)).expect("the row");
    assert_eq!(stored, "stopped");
}
