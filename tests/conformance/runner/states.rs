//! The tables `valid`, `projection` and `invariants`, which need no sequence of inputs.

use crate::{
    judge::{Answer, flag},
    table::Row,
};
use sandbox_lifecycle::{Columns, Lifecycle, lifecycle::Violation, vocabulary::Fault};

/// Reads the columns that most tables have.
pub fn columns(row: &Row) -> Columns {
    Columns { state: row.read("state"), desired_state: row.read("desired"), ..Columns::default() }
}

/// Returns the fault of an `error` column.
pub fn fault(row: &Row) -> Option<Fault> {
    match row.get("error") {
        "none" => None,
        "timeout_starting" => Some(Fault::recognize("Timeout while starting sandbox")),
        "disk_full" => Some(Fault::recognize("no space left on device")),
        other => panic!("an error of unknown kind: {other}"),
    }
}

pub fn valid(row: &Row) -> Option<Answer> {
    let broken = Lifecycle::from(columns(row)).violations().contains(Violation::IncoherentStates);
    Some(Answer::from([("ok", flag(!broken))]))
}

pub fn projection(row: &Row) -> Option<Answer> {
    let shown = Lifecycle::from(columns(row)).reported_state();
    Some(Answer::from([("reported", shown.to_string())]))
}

pub fn invariants(row: &Row) -> Option<Answer> {
    let after = Lifecycle::from(Columns {
        pending: row.is("pending"),
        backup_state: row.read("backup"),
        has_backup_ref: row.is("has_backup_ref"),
        fault: fault(row),
        recoverable: row.is("recoverable"),
        has_runner: row.is("runner"),
        ..columns(row)
    })
    .repaired();
    Some(Answer::from([
        ("pending'", flag(after.pending())),
        ("runner'", flag(after.has_runner())),
        ("backup'", after.backup_state().to_string()),
        ("recoverable'", flag(after.recoverable())),
    ]))
}
