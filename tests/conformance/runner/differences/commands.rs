//! Differences in commands: D1, D6, D11 and D21.

use super::{Difference, set, untouched};

pub const COMMANDS: &[Difference] = &[
    // D21 destroy again: a repeated destroy of a sandbox that is not pending, or in pending_build, succeeds without a
    // write. It comes before the checks of fork children and of coherent states.
    Difference {
        id: "D21",
        applies: |row, _| {
            row.get("command") == "destroy"
                && row.get("desired") == "destroyed"
                && (!row.is("pending") || row.get("state") == "pending_build")
        },
        instead: |row, expected| {
            untouched(row, expected);
            set(expected, &[("outcome", "ok"), ("http", "0")]);
        },
    },
    // D1: a command that leads to that pair is accepted and writes as usual.
    Difference {
        id: "D1",
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
    },
    // D11 failed backup: a backup may be requested again.
    Difference {
        id: "D11",
        applies: |row, expected| {
            row.get("command") == "backup"
                && row.get("backup") == "Error"
                && expected["outcome"] == "backup_in_progress"
        },
        instead: |_, expected| set(expected, &[("outcome", "ok"), ("http", "0"), ("events", "backup.created")]),
    },
    // D6 no 500: a command that would leave incoherent states is refused before any write.
    Difference {
        id: "D6",
        applies: |_, expected| expected["outcome"] == "invalid_transition",
        instead: |row, expected| {
            untouched(row, expected);
            set(expected, &[("outcome", "in_progress"), ("http", "409"), ("runner_calls", "-"), ("child'", "-")]);
        },
    },
];
