//! Differences in commands.

use super::{Difference, are_coherent, pending, set, untouched};

/// The states in which a runner has a disk that can be backed up.
const HAS_DISK: [&str; 11] = [
    "started",
    "stopped",
    "paused",
    "starting",
    "stopping",
    "pausing",
    "resuming",
    "archiving",
    "resizing",
    "snapshotting",
    "forking",
];

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
    // D37 backup request: an accepted request is a write, where there is a disk to back up; elsewhere it does nothing.
    Difference {
        id: "D37",
        applies: |row, expected| row.get("command") == "backup" && expected["outcome"] == "ok",
        instead: |row, expected| {
            let (state, desired) = (row.get("state"), row.get("desired"));
            let current = row.get("backup") == "Completed" && row.is("has_backup_ref");
            let needless = ["stopped", "paused", "archiving"].contains(&state) && current;
            let wanted = !["archived", "destroyed"].contains(&desired) && are_coherent(state, desired);
            if row.is("runner") && HAS_DISK.contains(&state) && wanted && !needless {
                set(expected, &[("backup'", "Pending"), ("pending'", pending(state, desired))]);
            } else {
                set(expected, &[("events", "-")]);
            }
        },
    },
    // D40 a backup without a runner: a recoverable error is recovered from it.
    Difference {
        id: "D40",
        applies: |row, expected| {
            row.get("command") == "recover"
                && expected["outcome"] == "no_runner"
                && row.get("backup") == "Completed"
                && row.is("has_backup_ref")
                && row.get("desired") != "destroyed"
        },
        instead: |row, expected| {
            let moved = if row.get("desired") == "started" { "" } else { "desired-state.updated;" };
            set(
                expected,
                &[
                    ("outcome", "ok"),
                    ("http", "0"),
                    ("state'", "archived"),
                    ("desired'", "started"),
                    ("pending'", "1"),
                    ("recoverable'", "0"),
                    ("error'", "none"),
                    ("token_rotated", "1"),
                    ("events", &format!("state.updated;{moved}started")),
                ],
            );
        },
    },
    // D29: a sandbox with desired state destroyed is not recovered.
    Difference {
        id: "D29",
        applies: |row, expected| {
            let has_backup = row.get("backup") == "Completed" && row.is("has_backup_ref");
            let last = match expected["outcome"].as_str() {
                "ok" | "other:runner_failed" => true,
                "no_runner" => has_backup,
                // A recovery from the backup is a conflict before the call.
                "conflict" => !(has_backup && row.get("error") == "timeout_starting"),
                _ => false,
            };
            row.get("command") == "recover" && row.get("desired") == "destroyed" && last
        },
        instead: |row, expected| {
            untouched(row, expected);
            set(expected, &[("outcome", "in_progress"), ("http", "409"), ("runner_calls", "-"), ("prev_runner'", "0")]);
        },
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
