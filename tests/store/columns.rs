//! Columns: the table of the page, and rows that are read back from it.

use crate::{
    database::{Stored, on_each_database},
    page, rendered,
    table::{self, Row},
};
use sandbox_lifecycle::{
    Columns, DesiredState, Lifecycle, Next, Policy, RunnerView, SandboxState,
    chrono::{DateTime, TimeDelta},
    controller::{Observed, Placement},
    lifecycle::{Column, ColumnValue},
    vocabulary::{BackupState, Fault, GpuType, QueueTimeout},
};
use std::collections::{BTreeMap, BTreeSet};

/// Every sound combination of the columns that the controller's query reads.
fn rows() -> BTreeMap<String, Lifecycle> {
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
                        rows.insert(format!("s{}", rows.len()), row);
                    }
                }
            }
        }
    }
    rows
}

/// A row with another value than the default in every column.
fn full() -> Columns {
    let at = |hours| DateTime::UNIX_EPOCH + TimeDelta::hours(hours) + TimeDelta::microseconds(hours);
    Columns {
        gpu: 1,
        gpu_type: Some(GpuType::H100),
        disk: u32::MAX,
        fault: Some(Fault::Timeout),
        recoverable: true,
        force_stop: true,
        revision: u32::MAX,
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
    let policy = Policy::default();
    let mut rows = rows();
    rows.insert("full".to_owned(), full().into());
    on_each_database(|database| {
        let mut store = database.connect();
        for (id, row) in &rows {
            let row = Row::of(*row, &policy);
            table::insert(&mut *store, id, &row);
            assert_eq!(table::read(&mut *store, id), Some(row));
        }
    });
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
        "fault: unknown fault `bad luck`, expected one of timeout, time-limit, runner-gone, runner, refused, lost, other"
    );
    assert_eq!(read("epoch", ColumnValue::Null), "epoch: invalid type: unit value, expected u32");
}

/// Returns whether a pass acts on a row for any observation of the runner.
fn is_driven(row: &Lifecycle) -> bool {
    let observed = SandboxState::ALL.iter().map(|state| Observed::State(*state));
    let observed = observed.chain([Observed::NotAsked, Observed::NotFound]);
    observed.into_iter().any(|observed| {
        let view = RunnerView { observed, placement: Placement::Warm, ..RunnerView::of(row) };
        let next = row.reconcile(&view, &Policy::default(), DateTime::UNIX_EPOCH);
        !matches!(next, Next::Wait { .. } | Next::Nothing)
    })
}

#[test]
fn the_query_of_a_controller_finds_exactly_the_rows_that_need_reconcile() {
    let rows = rows();
    on_each_database(|database| {
        let mut store = database.connect();
        for (id, row) in &rows {
            table::insert(&mut *store, id, &Row::of(*row, &Policy::default()));
        }
        let found: BTreeSet<Vec<Stored>> =
            store.query(page::statement("Rows that a controller must visit"), &[]).into_iter().collect();
        let found = |id: &String| found.contains(&vec![Stored::Text(id.clone())]);
        for (id, row) in &rows {
            assert_eq!(found(id), row.needs_reconcile(), "{row:?}");
            assert!(found(id) || !is_driven(row), "a pass acts on this row, but the query does not find it: {row:?}");
        }
        assert!(rows.keys().any(found) && !rows.keys().all(found), "the query tells rows apart");
    });
}

#[test]
fn the_table_of_columns_is_the_public_list() {
    let mut text = String::from("| column | in SQL | kind | may be null | on the wire |\n|---|---|---|---|---|\n");
    for Column { name, sql_name, kind, nullable, shown } in Column::ALL {
        let (null, wire) = (if *nullable { "yes" } else { "" }, if *shown { "yes" } else { "server" });
        text += &format!("| `{name}` | `{sql_name}` | {kind:?} | {null} | {wire} |\n");
    }
    rendered::hold("docs/COLUMNS.md", "columns", &text).unwrap_or_else(|error| panic!("{error}"));
    let table = format!("```sql\n{}```\n", page::table());
    rendered::hold("docs/COLUMNS.md", "table", &table).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn the_condition_of_the_index_is_that_of_the_query() {
    let condition = |statement: &'static str| statement.split_once("WHERE ").map(|(_, condition)| condition);
    let index = page::definitions().last().expect("an index");
    assert_eq!(condition(index), condition(page::statement("Rows that a controller must visit")));
}
