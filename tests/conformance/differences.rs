//! The named differences: where this crate decides otherwise than the recorded server, and what it does instead.
//!
//! They stand in the order in which they compose: first those that decide whether there is a write, then whether it
//! is allowed, then what it writes, then what is left (see `docs/DIFFERENCES.md`).

use crate::{judge::Answer, table::Row};

/// One difference on one table.
pub struct Difference {
    pub id: &'static str,
    pub table: &'static str,
    /// Over the row's inputs, and over what is expected so far where differences compose.
    pub applies: fn(&Row, &Answer) -> bool,
    /// What is expected instead of what was recorded.
    pub instead: fn(&Row, &mut Answer),
    /// It must change what is expected on every row it applies to.
    pub strict: bool,
}

/// Sets columns of what is expected.
pub fn set(expected: &mut Answer, values: &[(&'static str, &str)]) {
    for (column, value) in values {
        assert!(expected.contains_key(column), "no output column {column}");
        expected.insert(column, (*value).to_owned());
    }
}

/// The row is left as it was.
fn untouched(row: &Row, expected: &mut Answer) {
    for (column, value) in expected.iter_mut() {
        if let Some(input) = column.strip_suffix('\'') {
            match input {
                "error" => *value = if row.get("error") == "none" { "none" } else { "kept" }.to_owned(),
                "interval" | "child" | "prev_runner" => {}
                input => *value = row.get(input).to_owned(),
            }
        }
    }
    for column in ["soft_deleted", "token_rotated"] {
        if expected.contains_key(column) {
            set(expected, &[(column, "0")]);
        }
    }
    set(expected, &[("events", "-")]);
}

pub const DIFFERENCES: &[Difference] = &[
    // D21 destroy again: what is already wanted destroyed, and not pending or in pending_build, is a success that
    // writes nothing, before fork children and rule 4.
    Difference {
        id: "D21",
        table: "commands",
        applies: |row, _| {
            row.get("command") == "destroy"
                && row.get("desired") == "destroyed"
                && (!row.is("pending") || row.get("state") == "pending_build")
        },
        instead: |row, expected| {
            untouched(row, expected);
            set(expected, &[("outcome", "ok"), ("http", "0")]);
        },
        strict: true,
    },
    // D1 failed pause: error may stand beside paused.
    Difference {
        id: "D1",
        table: "valid",
        applies: |row, _| row.get("state") == "error" && row.get("desired") == "paused",
        instead: |_, expected| set(expected, &[("ok", "1")]),
        strict: true,
    },
    // D1: a command whose result is that pair is allowed, and writes what it writes elsewhere.
    Difference {
        id: "D1",
        table: "commands",
        applies: |row, expected| {
            expected["outcome"] == "invalid_transition"
                && row.get("state") == "error"
                && row.get("desired") == "paused"
                && row.get("command").starts_with("auto")
        },
        instead: |row, expected| {
            let interval = match (row.get("command"), row.get("arg")) {
                ("autoarchive", "0" | "999999") => "43200",
                (_, minutes) => minutes,
            };
            set(expected, &[("outcome", "ok"), ("http", "0"), ("interval'", interval), ("pending'", "0")]);
            if row.get("error") == "timeout_starting" && row.get("backup") == "Completed" && row.is("has_backup_ref") {
                set(expected, &[("recoverable'", "1")]);
            }
        },
        strict: true,
    },
    // D11 failed backup: may be asked for again.
    Difference {
        id: "D11",
        table: "commands",
        applies: |row, expected| {
            row.get("command") == "backup"
                && row.get("backup") == "Error"
                && expected["outcome"] == "backup_in_progress"
        },
        instead: |_, expected| set(expected, &[("outcome", "ok"), ("http", "0"), ("events", "backup.created")]),
        strict: true,
    },
    // D6 no 500: a command whose write would break rule 4 is refused before anything changes.
    Difference {
        id: "D6",
        table: "commands",
        applies: |_, expected| expected["outcome"] == "invalid_transition",
        instead: |row, expected| {
            untouched(row, expected);
            set(expected, &[("outcome", "in_progress"), ("http", "409"), ("runner_calls", "-"), ("child'", "-")]);
        },
        strict: true,
    },
];
