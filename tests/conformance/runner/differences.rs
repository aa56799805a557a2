//! The named differences: where this crate decides differently from the recorded server, and what it does instead.
//!
//! The differences of a table are listed in the order in which they apply: first whether there is a write, then whether
//! it is allowed, then what it writes, then the rest. `docs/DIFFERENCES.md` explains each.

mod commands;
mod controller;
mod jobs;
mod reports;

use crate::{judge::Answer, table::Row};

/// One difference on one table.
pub struct Difference {
    pub id: &'static str,
    /// A predicate over the inputs of a row and over the output that is expected so far.
    pub applies: fn(&Row, &Answer) -> bool,
    /// Changes the expected output. It must change something on every row that it applies to.
    pub instead: fn(&Row, &mut Answer),
}

/// Returns the differences of a table.
pub fn on(table: &str) -> &'static [Difference] {
    match table {
        "valid" => VALID,
        "commands" => commands::COMMANDS,
        "reports" => reports::REPORTS,
        "jobs" => jobs::JOBS,
        "actions" => controller::ACTIONS,
        "placement" => controller::PLACEMENT,
        "timers" => controller::TIMERS,
        _ => &[],
    }
}

/// Sets columns of the expected output.
pub fn set(expected: &mut Answer, values: &[(&'static str, &str)]) {
    for (column, value) in values {
        assert!(expected.contains_key(column), "no output column {column}");
        expected.insert(column, (*value).to_owned());
    }
}

/// Expects the columns that have an input of the same name to keep their value.
pub fn untouched_columns(row: &Row, expected: &mut Answer) {
    for (column, value) in expected.iter_mut() {
        if let Some(input) = column.strip_suffix('\'') {
            match input {
                "error" => *value = if row.get("error") == "none" { "none" } else { "kept" }.to_owned(),
                "interval" | "child" | "prev_runner" => {}
                "backup" if !row.has("backup") => {}
                input => *value = row.get(input).to_owned(),
            }
        }
    }
}

/// Expects an unchanged row and no events.
pub fn untouched(row: &Row, expected: &mut Answer) {
    untouched_columns(row, expected);
    for column in ["soft_deleted", "token_rotated", "resized", "invalid"] {
        if expected.contains_key(column) {
            set(expected, &[(column, "0")]);
        }
    }
    if expected.contains_key("backup_ref") {
        set(expected, &[("backup_ref", row.get("has_backup_ref"))]);
    }
    set(expected, &[("events", "-")]);
}

/// Returns whether a pair of states is coherent. It repeats the published list, with D1, independently of the crate.
pub fn are_coherent(state: &str, desired: &str) -> bool {
    let states = match desired {
        "started" => {
            "started stopped starting archived creating unknown restoring pending_build building_snapshot \
             pulling_snapshot archiving error build_failed resizing snapshotting forking paused resuming"
        }
        "stopped" => "started stopping stopped error build_failed resizing snapshotting forking paused pausing",
        "archived" => "archived archiving stopped error build_failed",
        "destroyed" => {
            "destroyed destroying stopped started archived error build_failed archiving pending_build paused"
        }
        "paused" => "started pausing paused error",
        _ => return true,
    };
    states.split_whitespace().any(|word| word == state)
}

/// Returns the pending that follows from the states.
pub fn pending(state: &str, desired: &str) -> &'static str {
    let owes = state != desired && state != "error" && state != "build_failed" && desired != "archived";
    if owes { "1" } else { "0" }
}

/// Returns whether the row reaches started, stopped or paused (D8, D9).
pub fn comes_to_rest(row: &Row, expected: &Answer) -> bool {
    expected["state'"] != row.get("state") && ["started", "stopped", "paused"].contains(&&*expected["state'"])
}

const VALID: &[Difference] = &[
    // D1 failed pause: error and desired state paused are coherent.
    Difference {
        id: "D1",
        applies: |row, _| row.get("state") == "error" && row.get("desired") == "paused",
        instead: |_, expected| set(expected, &[("ok", "1")]),
    },
];
