//! Differences in the end of a job: D1, D9, D10, D12, D16 and D17.

use super::{Difference, are_coherent, comes_to_rest, pending, set, untouched};
use crate::table::Row;

fn fails(row: &Row) -> bool {
    row.get("status") != "COMPLETED"
}

/// Returns whether the job leads to the desired state, as recorded.
fn wanted(row: &Row) -> bool {
    let desired = row.get("desired");
    match (row.get("job"), row.get("arg")) {
        ("CREATE_SANDBOX" | "START_SANDBOX", _) | ("FORK_SANDBOX", "fork") | ("RECOVER_SANDBOX", "start") => {
            desired == "started"
        }
        ("STOP_SANDBOX", _) | ("RECOVER_SANDBOX", "skip") => desired == "stopped",
        ("DESTROY_SANDBOX", _) => desired == "destroyed" || (desired == "archived" && row.get("backup") == "Completed"),
        _ => false,
    }
}

/// Returns whether the row has changed since the job began.
fn late(row: &Row) -> bool {
    let state = row.get("state");
    match row.get("job") {
        "RECOVER_SANDBOX" => state != "error",
        _ => {
            state == row.get("desired")
                || ["destroyed", "resizing", "snapshotting", "forking", "pausing"].contains(&state)
        }
    }
}

/// Returns whether the row is in a recoverable timeout with a usable backup.
fn timeout_recoverable(row: &Row) -> bool {
    row.get("status") == "FAILED_TIMEOUT" && row.get("backup") == "Completed" && row.is("has_backup_ref")
}

fn bit(value: bool) -> &'static str {
    if value { "1" } else { "0" }
}

pub const JOBS: &[Difference] = &[
    // D16 late jobs: ignored on a sandbox that reached its desired state or that another change has moved on.
    Difference {
        id: "D16",
        applies: |row, _| wanted(row) && late(row),
        instead: |row, expected| {
            untouched(row, expected);
            if row.get("job") == "FORK_SANDBOX" {
                set(expected, &[("events", "state.updated")]); // The event of the source, which gets the report first.
            }
        },
    },
    // D10 end of a fork: it changes the source only while that is forking, and the child always.
    Difference {
        id: "D10",
        applies: |row, _| {
            let rests = row.get("state") == row.get("desired") && !row.is("pending");
            row.get("arg") == "source"
                && row.get("state") != "forking"
                && ["started", "stopped"].contains(&row.get("desired"))
                && !rests
        },
        instead: |row, expected| {
            untouched(row, expected);
            set(expected, &[("events", "state.updated")]);
        },
    },
    // D12 backup failure: on a draining runner only stopped and archiving sandboxes fail.
    Difference {
        id: "D12",
        applies: |row, _| {
            let coherent = are_coherent(row.get("state"), row.get("desired"));
            row.get("arg") == "draining"
                && row.get("status") == "FAILED_RECOVERABLE"
                && !["stopped", "archiving", "error"].contains(&row.get("state"))
                && (coherent || row.get("desired") != "paused")
        },
        instead: |row, expected| {
            untouched(row, expected);
            let (state, desired) = (row.get("state"), row.get("desired"));
            if !are_coherent(state, desired) {
                return set(expected, &[("invalid", "1")]);
            }
            set(
                expected,
                &[
                    ("pending'", pending(state, desired)),
                    ("backup'", if state == "destroyed" { "None" } else { "Error" }),
                    ("runner'", bit(row.is("runner") && !["destroyed", "archived"].contains(&state))),
                    ("recoverable'", bit(desired == "archived")),
                ],
            );
        },
    },
    // D17 failed destroy of an archive: ignored, and the next pass calls again.
    Difference {
        id: "D17",
        applies: |row, _| {
            row.get("job") == "DESTROY_SANDBOX" && fails(row) && row.get("desired") == "archived" && wanted(row)
        },
        instead: untouched,
    },
    // D1 failed pause: error and desired state paused are coherent, whichever job leads there.
    Difference {
        id: "D1",
        applies: |row, expected| {
            let breaks = match row.get("job") {
                "PAUSE_SANDBOX" => fails(row),
                "CREATE_BACKUP" => {
                    let drained = row.get("arg") == "draining" && row.get("status") == "FAILED_RECOVERABLE";
                    row.get("state") == "error" || (drained && ["stopped", "archiving"].contains(&row.get("state")))
                }
                _ => false,
            };
            expected["invalid"] == "1" && row.get("desired") == "paused" && breaks
        },
        instead: |row, expected| {
            set(expected, &[("invalid", "0"), ("state'", "error"), ("pending'", "0")]);
            if row.get("state") != "error" {
                let recoverable = row.get("status") == "FAILED_RECOVERABLE" || timeout_recoverable(row);
                let recoverable = bit(recoverable);
                set(expected, &[("error'", "other"), ("events", "state.updated"), ("recoverable'", recoverable)]);
            }
            if row.get("job") == "CREATE_BACKUP" {
                if fails(row) {
                    let counts = row.get("arg") == "draining" && row.get("status") == "FAILED_RECOVERABLE";
                    set(expected, &[("backup'", "Error"), ("recoverable'", bit(counts))]);
                } else {
                    set(expected, &[("backup'", "Completed"), ("backup_ref", "1")]);
                }
            }
        },
    },
    // D9 clean start: a started, stopped or paused sandbox has neither an older error reason nor the recoverable flag.
    Difference {
        id: "D9",
        applies: |row, expected| {
            let carries = expected["error'"] == "kept" || expected["recoverable'"] == "1";
            comes_to_rest(row, expected) && carries
        },
        instead: |_, expected| set(expected, &[("error'", "none"), ("recoverable'", "0")]),
    },
];
