//! `docs/COLUMNS.md`: a table made, filled, read and updated from the public list of columns alone, on SQLite.

#[path = "../support/rendered.rs"]
mod rendered;

use rusqlite::{
    Connection, ToSql, params_from_iter,
    types::{ToSqlOutput, Value, ValueRef},
};
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Lifecycle, Next, Policy, RunnerView, SandboxState, Step, Timer,
    chrono::{DateTime, TimeDelta},
    controller::{Observed, Placement},
    lifecycle::{Column, ColumnKind, ColumnValue},
    vocabulary::{BackupState, Fault, GpuType, QueueTimeout},
};
use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = include_str!("../../docs/COLUMNS.md");

/// The statements of the page, in order.
fn statements() -> Vec<&'static str> {
    PAGE.split("```sql\n").skip(1).map(|rest| rest.split("```").next().expect("a fence ends")).collect()
}

/// Returns the column definitions of a `CREATE TABLE`, as a host writes them from the list.
fn definitions() -> String {
    let definition = |column: &Column| {
        let kind = match column.kind {
            ColumnKind::Text | ColumnKind::Timestamp => "TEXT",
            ColumnKind::Integer => "INTEGER",
            ColumnKind::Boolean => "BOOLEAN",
        };
        format!("{} {kind}{}", column.sql_name, if column.nullable { "" } else { " NOT NULL" })
    };
    Column::ALL.iter().map(definition).collect::<Vec<_>>().join(", ")
}

/// A value of a column as SQLite takes it.
struct Bound(ColumnValue<'static>);

impl ToSql for Bound {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            ColumnValue::Null => ToSqlOutput::Owned(Value::Null),
            ColumnValue::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            ColumnValue::Integer(number) => ToSqlOutput::Owned(Value::Integer(number)),
            ColumnValue::Boolean(yes) => ToSqlOutput::Owned(Value::Integer(yes.into())),
            ColumnValue::Timestamp(time) => ToSqlOutput::Owned(Value::Text(time.to_rfc3339())),
        })
    }
}

fn insert(store: &Connection, id: i64, row: &Lifecycle) {
    let places = vec!["?"; Column::ALL.len()].join(", ");
    let values = row.columns().iter().map(|(_, value)| Bound(value)).collect::<Vec<_>>();
    let statement = format!("INSERT INTO sandbox VALUES ({id}, {places})");
    store.execute(&statement, params_from_iter(values)).expect("a row");
}

/// Reads a row back by the names and values that the store returns.
fn read(store: &Connection, id: i64) -> Lifecycle {
    let mut select = store.prepare("SELECT * FROM sandbox WHERE id = ?").expect("a statement");
    let columns = select.query_row([id], |row| {
        let value = |(index, column): (usize, &'static Column)| {
            let value = match row.get_ref(index + 1)? {
                ValueRef::Null => ColumnValue::Null,
                ValueRef::Integer(number) => ColumnValue::Integer(number),
                ValueRef::Text(text) => ColumnValue::Text(std::str::from_utf8(text)?),
                ValueRef::Real(_) | ValueRef::Blob(_) => panic!("no column holds this"),
            };
            Ok((column.name, value))
        };
        let values: rusqlite::Result<Vec<_>> = Column::ALL.iter().enumerate().map(value).collect();
        Ok(Columns::from_values(values?).expect("the row that was written"))
    });
    columns.expect("a row").into()
}

/// Writes a step where its expectations hold: the `UPDATE` that the page describes. Returns how many rows it wrote.
fn write(store: &Connection, id: i64, step: &Step) -> usize {
    let set: Vec<String> = step.changes().iter().map(|(column, _)| format!("{} = ?", column.sql_name)).collect();
    let expected = step.expects();
    let revision = ColumnValue::from(expected.revision.unwrap_or(read(store, id).revision()));
    let activity = expected.last_activity_at.map_or(ColumnValue::Null, ColumnValue::Timestamp);
    let when = "revision = ? AND (? IS NULL OR last_activity_at = ?)";
    let statement = format!("UPDATE sandbox SET {} WHERE id = {id} AND {when}", set.join(", "));
    let values = step.changes().iter().map(|(_, value)| value).chain([revision, activity, activity]);
    let values = values.map(Bound).collect::<Vec<_>>();
    store.execute(&statement, params_from_iter(values)).expect("an update")
}

/// Returns a store with every sound combination of the columns that the page's statement reads.
fn store() -> (Connection, BTreeMap<i64, Lifecycle>) {
    let store = Connection::open_in_memory().expect("an empty store");
    let table = format!("CREATE TABLE sandbox (id INTEGER PRIMARY KEY, {})", definitions());
    store.execute_batch(&table).expect("a table");
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

/// A row with another value than the default in every column.
fn full() -> Columns {
    let at = |hours| DateTime::UNIX_EPOCH + TimeDelta::hours(hours);
    Columns {
        gpu: 1,
        gpu_type: Some(GpuType::H100),
        fault: Some(Fault::Timeout),
        recoverable: true,
        force_stop: true,
        epoch: 7,
        auto_destroy_at: Some(at(9)),
        queue_timeout: QueueTimeout::try_from(5).ok(),
        created_at: at(1),
        last_activity_at: at(2),
        state_since: at(3),
        backup_since: Some(at(4)),
        ..Columns::default()
    }
}

#[test]
fn every_row_is_read_back_as_it_was_written() {
    let (store, mut rows) = store();
    let id = i64::try_from(rows.len()).expect("a small store");
    rows.insert(id, full().into());
    insert(&store, id, &rows[&id]);
    for (id, row) in &rows {
        assert_eq!(read(&store, *id), *row);
    }
}

#[test]
fn a_wrong_value_in_a_stored_row_is_named_with_its_column() {
    let read = |name, value| {
        let row = full().iter().map(|(column, value)| (column.name, value)).filter(|(other, _)| *other != name);
        Columns::from_values(row.chain([(name, value)])).expect_err("no column takes this").to_string()
    };
    assert_eq!(read("gpu", ColumnValue::Integer(300)), "gpu: invalid value: integer `300`, expected u8");
    assert_eq!(
        read("fault", ColumnValue::Text("bad luck")),
        "fault: unknown fault `bad luck`, expected one of timeout, runner, refused, lost, other"
    );
    assert_eq!(read("epoch", ColumnValue::Null), "epoch: invalid type: unit value, expected u32");
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
    assert!(found.len() < rows.len(), "the statement does not select rows without work");
}

#[test]
fn the_table_of_columns_is_the_public_list() {
    let mut text = String::from("| column | in SQL | kind | may be null | on the wire |\n|---|---|---|---|---|\n");
    for Column { name, sql_name, kind, nullable, shown } in Column::ALL {
        let (null, wire) = (if *nullable { "yes" } else { "" }, if *shown { "yes" } else { "server" });
        text += &format!("| `{name}` | `{sql_name}` | {kind:?} | {null} | {wire} |\n");
    }
    rendered::hold("docs/COLUMNS.md", "columns", &text).unwrap_or_else(|error| panic!("{error}"));
}

/// Decides `stop` on a row.
fn stop(row: &Lifecycle) -> Step {
    let (policy, context) = (Policy::default(), Context::of(&Columns::default().into()));
    row.decide(Command::Stop { force: false }, &policy, context, DateTime::UNIX_EPOCH).expect("a started sandbox stops")
}

fn running(rows: &BTreeMap<i64, Lifecycle>) -> (i64, Lifecycle) {
    let running =
        rows.iter().find(|(_, row)| row.state() == SandboxState::Started && row.is_settled() && row.has_runner());
    running.map(|(id, row)| (*id, *row)).expect("a running sandbox")
}

#[test]
fn the_update_writes_only_the_first_of_two_steps_decided_on_one_row() {
    let (store, rows) = store();
    let (id, row) = running(&rows);
    let step = stop(&row);
    assert_eq!(write(&store, id, &step), 1, "the first of two steps decided on the same row");
    assert_eq!(read(&store, id), step.apply(row).expect("it was decided on this row"));
    assert_eq!(write(&store, id, &step), 0, "the second step");
}

#[test]
fn an_update_by_a_timer_writes_nothing_after_the_sandbox_was_used() {
    let (store, rows) = store();
    let (id, row) = running(&rows);
    let (policy, context) = (Policy::default(), Context::of(&Columns::default().into()));
    let later = DateTime::UNIX_EPOCH + TimeDelta::hours(1);
    let stops = row.decide(Timer::AutoStop, &policy, context, later).expect("a timer is never refused");
    let used = row.decide(Command::Touch, &policy, context, later).expect("a touch is always accepted");
    assert_eq!((write(&store, id, &used), write(&store, id, &stops)), (1, 0));
}
