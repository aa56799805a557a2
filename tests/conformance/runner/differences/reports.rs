//! Differences in unsolicited reports.

use super::{Difference, comes_to_rest, set};
use crate::{judge::Answer, table::Row};

/// The states that D15 lets a report name for this row.
fn may_say(row: &Row) -> bool {
    match row.get("new_state") {
        // The rows do not read the class and are built with one that can pause.
        "started" | "stopped" | "destroyed" | "error" | "paused" => true,
        "archived" => row.get("backup") == "Completed" && row.is("has_backup_ref"),
        _ => false,
    }
}

/// Returns whether only the reported state decides.
fn asks_the_word(row: &Row) -> bool {
    row.get("new_state") != row.get("state") && row.get("desired") != "destroyed" && !row.is("pending")
}

/// Expects what the recorded server writes for a report that it accepts.
fn written(row: &Row, expected: &mut Answer) {
    let state = row.get("new_state");
    let desired = if state == "error" { row.get("desired") } else { state };
    let usable = row.get("backup") == "Completed" && row.is("has_backup_ref");
    let reason = row.get("reason");
    let recoverable =
        state == "error" && ((reason != "0" && row.is("recoverable_in")) || (reason == "timeout" && usable));
    let gone = state == "destroyed";
    set(
        expected,
        &[
            ("outcome", "ok"),
            ("http", "0"),
            ("no_write", "0"),
            ("state'", state),
            ("desired'", desired),
            ("pending'", "0"),
            ("soft_deleted", if gone { "1" } else { "0" }),
            ("backup'", if gone { "None" } else { row.get("backup") }),
            ("runner'", if gone || state == "archived" { "0" } else { row.get("runner") }),
            ("recoverable'", if recoverable { "1" } else { "0" }),
            ("error'", if reason == "0" { "kept" } else { "other" }),
            (
                "events",
                if desired == row.get("desired") { "state.updated" } else { "state.updated;desired-state.updated" },
            ),
        ],
    );
}

pub const REPORTS: &[Difference] = &[
    // D7 paused reports: an unsolicited report may move a paused sandbox too, and the later checks follow.
    Difference {
        id: "D7",
        applies: |row, _| {
            row.get("state") == "paused" && row.get("new_state") != "paused" && (!asks_the_word(row) || may_say(row))
        },
        instead: |row, expected| {
            if row.get("desired") == "destroyed" {
                set(expected, &[("outcome", "ok"), ("http", "0")]);
            } else if row.is("pending") {
                set(expected, &[("outcome", "conflict"), ("http", "409")]);
            } else if row.get("new_state") == "error" && row.get("desired") == "paused" {
                set(expected, &[("outcome", "invalid_transition"), ("http", "0")]); // Incoherent states; D1 follows.
            } else {
                written(row, expected);
            }
        },
    },
    // D15: the states that a report may name.
    Difference {
        id: "D15",
        applies: |row, _| ["started", "stopped"].contains(&row.get("state")) && asks_the_word(row) && !may_say(row),
        instead: |row, expected| {
            super::untouched(row, expected);
            set(expected, &[("outcome", "bad_state"), ("http", "400"), ("no_write", "1")]);
        },
    },
    // D1 failed pause: error and desired state paused are coherent.
    Difference {
        id: "D1",
        applies: |row, expected| {
            expected["outcome"] == "invalid_transition"
                && row.get("new_state") == "error"
                && row.get("desired") == "paused"
        },
        instead: written,
    },
    // D9 clean start: a started, stopped or paused sandbox has no older error reason; the reason of the report itself is kept.
    Difference {
        id: "D9",
        applies: |row, expected| comes_to_rest(row, expected) && expected["error'"] == "kept",
        instead: |_, expected| set(expected, &[("error'", "none")]),
    },
    // D8 ephemeral: the sandbox does not rest in stopped.
    Difference {
        id: "D8",
        applies: |row, expected| {
            comes_to_rest(row, expected) && expected["state'"] == "stopped" && row.get("auto_delete") == "0"
        },
        instead: |_, expected| {
            set(
                expected,
                &[
                    ("desired'", "destroyed"),
                    ("pending'", "1"),
                    ("backup'", "None"),
                    ("soft_deleted", "1"),
                    ("events", "state.updated;desired-state.updated"),
                ],
            );
        },
    },
];
