//! Differences in the end of a job.

use super::{Difference, are_coherent, comes_to_rest, pending, set, untouched};
use crate::{judge::Answer, table::Row};

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

/// Returns whether anything is expected to change.
fn writes(row: &Row, expected: &Answer) -> bool {
    let mut same = expected.clone();
    untouched(row, &mut same);
    same != *expected
}

/// Returns whether the row relies on its completed backup, so that a failed attempt does not count.
fn relies_on_backup(row: &Row) -> bool {
    let relies = row.get("desired") == "archived" || ["error", "build_failed"].contains(&row.get("state"));
    row.get("job") == "CREATE_BACKUP"
        && row.get("arg") != "stale"
        && fails(row)
        && row.get("desired") != "destroyed"
        && row.get("backup") == "Completed"
        && row.is("has_backup_ref")
        && relies
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
    // D31 to be destroyed: a backup's end no longer counts.
    Difference {
        id: "D31",
        applies: |row, expected| {
            let ends = row.get("job") == "CREATE_BACKUP" && row.get("arg") != "stale";
            ends && row.get("desired") == "destroyed" && writes(row, expected)
        },
        instead: untouched,
    },
    // D25 relied on: a failed backup does not replace a completed one that is needed.
    Difference { id: "D25", applies: |row, _| relies_on_backup(row), instead: untouched },
    // D27 failed restore: it is asked about first, still restoring.
    Difference {
        id: "D27",
        applies: |row, _| {
            row.get("job") == "CREATE_SANDBOX"
                && wanted(row)
                && fails(row)
                && row.get("state") == "restoring"
                && row.get("backup") == "Completed"
                && row.is("has_backup_ref")
        },
        instead: |row, expected| {
            untouched(row, expected);
            set(expected, &[("pending'", "1")]);
        },
    },
    // D26 late failure: it does not change the error of a sandbox that failed already.
    Difference {
        id: "D26",
        applies: |row, _| {
            let moves = matches!(
                (row.get("job"), row.get("arg")),
                ("CREATE_SANDBOX" | "START_SANDBOX" | "STOP_SANDBOX", _) | ("FORK_SANDBOX", "fork")
            );
            moves && wanted(row) && fails(row) && row.get("state") == "error"
        },
        instead: |row, expected| {
            let timed_out =
                row.get("error") == "timeout_starting" && row.get("backup") == "Completed" && row.is("has_backup_ref");
            let recoverable = row.is("recoverable") || row.get("status") == "FAILED_RECOVERABLE" || timed_out;
            let error = if row.get("error") == "none" { "none" } else { "kept" };
            set(expected, &[("error'", error), ("recoverable'", bit(recoverable))]);
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
                && row.get("desired") != "destroyed"
                && !relies_on_backup(row)
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
