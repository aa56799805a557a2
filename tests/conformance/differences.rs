//! The named differences: where this crate decides otherwise than the recorded server, and what it does instead.
//!
//! Each table's stand in the order in which they compose: first those that decide whether there is a write, then
//! whether it is allowed, then what it writes, then what is left. The texts are in `docs/DIFFERENCES.md`.

#[path = "differences/commands.rs"]
mod commands;
#[path = "differences/controller.rs"]
mod controller;
#[path = "differences/jobs.rs"]
mod jobs;
#[path = "differences/reports.rs"]
mod reports;

use crate::{judge::Answer, table::Row};

/// One difference on one table.
pub struct Difference {
    pub id: &'static str,
    /// Over the row's inputs, and over what is expected so far where differences compose.
    pub applies: fn(&Row, &Answer) -> bool,
    /// What is expected instead. Wherever it applies it must change something, alone or after those before it.
    pub instead: fn(&Row, &mut Answer),
}

/// The differences on a table.
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

/// Sets columns of what is expected.
pub fn set(expected: &mut Answer, values: &[(&'static str, &str)]) {
    for (column, value) in values {
        assert!(expected.contains_key(column), "no output column {column}");
        expected.insert(column, (*value).to_owned());
    }
}

/// The columns that have an input of their name are as they were.
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

/// The row is left as it was, and nothing is told.
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

/// What rule 4 allows, told once more from the published list and not from the code that is judged; with D1.
pub fn may_stand_beside(state: &str, desired: &str) -> bool {
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

/// What rule 5 makes of pending.
pub fn pending(state: &str, desired: &str) -> &'static str {
    let owes = state != desired && state != "error" && state != "build_failed" && desired != "archived";
    if owes { "1" } else { "0" }
}

/// The states that D9 and D8 call a rest.
pub fn comes_to_rest(row: &Row, expected: &Answer) -> bool {
    expected["state'"] != row.get("state") && ["started", "stopped", "paused"].contains(&&*expected["state'"])
}

const VALID: &[Difference] = &[
    // D1 failed pause: error may stand beside paused.
    Difference {
        id: "D1",
        applies: |row, _| row.get("state") == "error" && row.get("desired") == "paused",
        instead: |_, expected| set(expected, &[("ok", "1")]),
    },
];
