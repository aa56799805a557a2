//! Differences in passes of the controller, in placement and in timers.

use super::{Difference, comes_to_rest, set};
use crate::{judge::Answer, table::Row};

fn is(row: &Row, state: &str, desired: &str) -> bool {
    row.get("state") == state && row.get("desired") == desired
}

fn stale(row: &Row) -> bool {
    row.get("elapsed") == "stale"
}

/// Sets a column and the column of the same name of the pass itself, where the row has them.
fn both(expected: &mut Answer, values: &[(&'static str, &'static str, &str)]) {
    for (column, sync, value) in values {
        for name in [column, sync] {
            if expected.contains_key(name) {
                set(expected, &[(name, value)]);
            }
        }
    }
}

/// Expects this state, and the pending that follows from it.
fn moves(row: &Row, expected: &mut Answer, state: &str) {
    let pending = super::pending(state, row.get("desired"));
    both(expected, &[("state'", "sync_state'", state), ("pending'", "sync_pending'", pending)]);
    if expected.contains_key("events") {
        set(expected, &[("events", "state.updated")]);
    }
}

/// Sets the columns that are compared for this row.
fn set_where(expected: &mut Answer, values: &[(&'static str, &str)]) {
    for (column, value) in values {
        if expected.contains_key(column) {
            set(expected, &[(column, value)]);
        }
    }
}

/// Returns whether the controller archives the sandbox.
fn archives(row: &Row) -> bool {
    row.get("desired") == "archived" && ["archiving", "stopped", "error"].contains(&row.get("state"))
}

/// Returns whether the runner shows something from which the change may still end.
fn waits_for_the_limit(row: &Row) -> bool {
    ["creating", "starting", "restoring", "pulling_snapshot", "destroyed", "unknown"].contains(&row.get("observed"))
}

/// Returns whether the runner shows a copy at rest, which a restore replaces.
fn rests_elsewhere(row: &Row) -> bool {
    ["stopped", "paused"].contains(&row.get("observed"))
}

/// Expects an unchanged row.
fn stays(row: &Row, expected: &mut Answer) {
    let error = if row.get("error") == "none" { "none" } else { "kept" };
    both(
        expected,
        &[
            ("state'", "sync_state'", row.get("state")),
            ("pending'", "sync_pending'", row.get("pending")),
            ("error'", "sync_error'", error),
            ("recoverable'", "sync_recoverable'", "0"),
        ],
    );
    if expected.contains_key("events") {
        set(expected, &[("events", "-")]);
    }
}

/// Expects an error with a text of the platform.
fn fails(row: &Row, expected: &mut Answer) {
    moves(row, expected, "error");
    both(expected, &[("error'", "sync_error'", "other"), ("recoverable'", "sync_recoverable'", "0")]);
}

/// Expects the timeout error, recoverable where the backup is usable.
fn times_out(row: &Row, expected: &mut Answer) {
    fails(row, expected);
    let usable = if row.get("backup") == "Completed" { "1" } else { "0" };
    both(expected, &[("recoverable'", "sync_recoverable'", usable)]);
}

pub const ACTIONS: &[Difference] = &[
    // D2 errored destroy: the controller continues it on a ready runner.
    Difference {
        id: "D2",
        applies: |row, _| {
            row.get("desired") == "destroyed"
                && ["error", "build_failed"].contains(&row.get("state"))
                && row.is("runner_ready")
                && row.is("runner")
        },
        instead: |row, expected| {
            let gone = ["destroyed", "notfound"].contains(&row.get("observed"));
            moves(row, expected, if gone { "destroyed" } else { "destroying" });
        },
    },
    // D3: an archive is given up where its attempts are used up, where no runner has its disk, and in error. The sandbox stays
    // stopped; one in error only gives up the desired state.
    Difference {
        id: "D3",
        applies: |row, _| {
            let used_up = row.get("backup") == "Error" && row.get("archive_retries") == "4";
            let no_disk = ["None", "Error"].contains(&row.get("backup")) && !row.is("runner");
            let errored = row.get("state") == "error" && ["None", "Error"].contains(&row.get("backup"));
            archives(row) && (used_up || no_disk || errored)
        },
        instead: |row, expected| {
            if row.get("state") == "error" {
                both(expected, &[("pending'", "sync_pending'", "0")]);
                set_where(expected, &[("desired'", "stopped"), ("events", "desired-state.updated")]);
                return;
            }
            let moved = if row.get("state") == "stopped" { "" } else { "state.updated;" };
            both(
                expected,
                &[
                    ("state'", "sync_state'", "stopped"),
                    ("pending'", "sync_pending'", "0"),
                    ("error'", "sync_error'", "other"),
                    ("recoverable'", "sync_recoverable'", "0"),
                ],
            );
            set_where(expected, &[("desired'", "stopped"), ("events", &format!("{moved}desired-state.updated"))]);
        },
    },
    // D37 backup request: an archive requests its backup by a write.
    Difference {
        id: "D37",
        applies: |row, _| {
            let more = row.get("backup") == "Error" && row.get("archive_retries") != "4";
            archives(row) && row.get("state") != "error" && row.is("runner") && (row.get("backup") == "None" || more)
        },
        instead: |_, expected| {
            both(expected, &[("pending'", "sync_pending'", "0")]);
            set_where(expected, &[("backup'", "Pending"), ("events", "backup.created")]);
        },
    },
    // D38 archive in one step: archived as soon as the backup is complete, and the removal is owed.
    Difference {
        id: "D38",
        applies: |row, _| archives(row) && row.get("backup") == "Completed" && row.is("runner"),
        instead: |row, expected| {
            moves(row, expected, "archived");
            set_where(expected, &[("runner'", "0"), ("runner_calls", "-")]);
            if row.get("state") == "error" && row.get("error") != "none" {
                both(expected, &[("error'", "sync_error'", "kept")]);
            }
        },
    },
    // D4 lost calls: a call whose job is not under way is sent again, unless the copy is gone.
    Difference {
        id: "D4",
        applies: |row, _| {
            let lost_stop =
                is(row, "stopping", "stopped") && ["started", "paused", "destroyed"].contains(&row.get("observed"));
            let lost_destroy = is(row, "destroying", "destroyed")
                && !["destroyed", "destroying", "notfound"].contains(&row.get("observed"));
            row.is("runner_ready") && row.is("runner") && (lost_stop || lost_destroy)
        },
        instead: |row, expected| match (row.get("state"), row.get("observed")) {
            ("stopping", "destroyed") => fails(row, expected),
            ("stopping", _) => set(expected, &[("runner_calls", "sandboxInfo;stopSandbox")]),
            _ => set(expected, &[("runner_calls", "sandboxInfo;destroySandbox")]),
        },
    },
    // D5: the controller follows resuming.
    Difference {
        id: "D5",
        applies: |row, _| is(row, "resuming", "started") && row.is("runner"),
        instead: |row, expected| {
            set(expected, &[("runner_calls", "sandboxInfo")]);
            match row.get("observed") {
                "started" if row.is("pending") => {
                    moves(row, expected, "started");
                    if ["Completed", "Error"].contains(&row.get("backup")) {
                        set(expected, &[("backup'", "None")]);
                    }
                }
                "started" => {}
                "notfound" => fails(row, expected), // D33 follows.
                "unknown" if row.is("pending") => moves(row, expected, "unknown"), // D14 follows.
                "unknown" => {}
                "creating" | "starting" | "restoring" | "pulling_snapshot" | "destroyed" | "paused" | "resuming"
                    if stale(row) =>
                {
                    times_out(row, expected);
                }
                "pulling_snapshot" if row.is("pending") => moves(row, expected, "pulling_snapshot"),
                "creating" | "starting" | "restoring" | "pulling_snapshot" | "destroyed" | "paused" | "resuming" => {}
                _ if row.is("pending") => fails(row, expected),
                _ => {}
            }
            if row.get("observed") == "paused" && row.is("pending") && !stale(row) {
                set(expected, &[("runner_calls", "sandboxInfo;startSandbox")]);
            }
        },
    },
    // D13 finished build: the image is used even after the time limit.
    Difference {
        id: "D13",
        applies: |row, _| {
            is(row, "building_snapshot", "started") && row.is("runner") && stale(row) && row.is("pending")
        },
        instead: |row, expected| {
            stays(row, expected);
            moves(row, expected, "unknown");
        },
    },
    // D14 unknown on the runner: the controller looks again until the time limit.
    Difference {
        id: "D14",
        applies: |row, _| {
            ["creating", "starting", "restoring", "resuming"].contains(&row.get("state"))
                && row.get("desired") == "started"
                && row.is("runner")
                && row.get("observed") == "unknown"
                && (row.is("pending") || stale(row))
        },
        instead: |row, expected| match row.get("state") {
            _ if stale(row) => times_out(row, expected),
            "creating" => {
                stays(row, expected);
                set_where(expected, &[("runner_calls", "sandboxInfo;createSandbox")]);
            }
            _ => stays(row, expected),
        },
    },
    // D19 no runner, no end.
    Difference {
        id: "D19",
        applies: |row, _| {
            ["creating", "starting", "restoring", "resuming"].contains(&row.get("state"))
                && row.get("desired") == "started"
                && !row.is("runner")
                && stale(row)
        },
        instead: times_out,
    },
    // D20 slow start: the controller waits while the runner says stopped.
    Difference {
        id: "D20",
        applies: |row, _| {
            is(row, "starting", "started")
                && row.is("runner")
                && row.get("observed") == "stopped"
                && (row.is("pending") || stale(row))
                && !(row.is("pending") && stale(row))
        },
        instead: |row, expected| {
            if stale(row) {
                times_out(row, expected);
            } else {
                stays(row, expected);
                set_where(expected, &[("runner_calls", "sandboxInfo;startSandbox")]);
            }
        },
    },
    // D22 paused, no runner: restored from a usable backup, otherwise lost.
    Difference {
        id: "D22",
        applies: |row, _| is(row, "paused", "started") && !row.is("runner") && row.is("pending"),
        instead: |row, expected| {
            if row.get("backup") == "Completed" {
                moves(row, expected, "restoring");
                set_where(expected, &[("runner'", "2"), ("runner_calls", "inspectSnapshotInRegistry;createSandbox")]);
            } else {
                fails(row, expected);
            }
        },
    },
    // D27 failed restore: it is asked about first, still restoring.
    Difference {
        id: "D27",
        applies: |row, expected| {
            is(row, "restoring", "started")
                && row.is("runner")
                && row.is("pending")
                && row.get("backup") == "Completed"
                && row.get("observed") != "notfound"
                && expected["sync_state'"] == "error"
                && !waits_for_the_limit(row)
                && !(rests_elsewhere(row) && stale(row))
        },
        instead: |row, expected| {
            stays(row, expected);
            if rests_elsewhere(row) {
                set_where(expected, &[("runner_calls", "sandboxInfo;createSandbox")]);
            }
        },
    },
    // D33 not found before the limit: the call is sent again.
    Difference {
        id: "D33",
        applies: |row, _| {
            let calls = ["creating", "restoring", "starting", "resuming", "pulling_snapshot"];
            let again = calls.contains(&row.get("state")) && row.get("desired") == "started";
            again && row.is("runner") && row.get("observed") == "notfound" && !stale(row)
        },
        instead: |row, expected| {
            stays(row, expected);
            let calls = match row.get("state") {
                _ if !row.is("pending") => "sandboxInfo",
                "creating" | "restoring" => "sandboxInfo;createSandbox",
                "starting" | "resuming" => "sandboxInfo;startSandbox",
                _ => "sandboxInfo",
            };
            set_where(expected, &[("runner_calls", calls)]);
        },
    },
    // D24 the limits are ours: on a runner, the runner is asked how the sandbox can be recovered.
    Difference {
        id: "D24",
        applies: |row, expected| row.is("runner") && expected["sync_recoverable'"] == "1",
        instead: |_, expected| both(expected, &[("recoverable'", "sync_recoverable'", "0")]),
    },
    // D40 a backup without a runner: an error of ours can be recovered from it.
    Difference {
        id: "D40",
        applies: |row, expected| {
            !row.is("runner")
                && row.get("backup") == "Completed"
                && row.get("state") != "error"
                && expected["sync_state'"] == "error"
                && expected["sync_recoverable'"] == "0"
        },
        instead: |_, expected| both(expected, &[("recoverable'", "sync_recoverable'", "1")]),
    },
    // D39 write first: where nothing is pending the state cannot be written, so no call is made.
    Difference {
        id: "D39",
        applies: |row, expected| {
            let failed = ["error", "build_failed"].contains(&row.get("state"));
            let calls = expected.get("runner_calls").is_some_and(|calls| calls.ends_with("Sandbox"));
            let again = is(row, "stopping", "stopped") || row.get("state") == "destroying";
            let destroys_failed = failed && row.get("desired") == "destroyed"; // D2
            let drops_its_write = !row.is("pending") && calls;
            drops_its_write && !again && !destroys_failed
        },
        instead: |row, expected| {
            let calls = if row.get("desired") == "destroyed" { "sandboxInfo" } else { "-" };
            set(expected, &[("runner_calls", calls)]);
        },
    },
    // D9 clean start; an archive after an error keeps no error reason.
    Difference {
        id: "D9",
        applies: |row, expected| {
            let rests = expected.contains_key("state'") && comes_to_rest(row, expected) && expected["error'"] == "kept";
            let archived = row.get("state") == "error" && expected["sync_state'"] == "archived";
            rests || (archived && expected["sync_error'"] == "other")
        },
        instead: |_, expected| both(expected, &[("error'", "sync_error'", "none")]),
    },
];

pub const PLACEMENT: &[Difference] = &[
    // D13 finished build.
    Difference {
        id: "D13",
        applies: |row, _| {
            row.get("state") == "building_snapshot"
                && row.get("snapshot_runner") == "ready"
                && row.get("elapsed_min") == "61"
                && row.is("pending")
        },
        instead: |_, expected| set(expected, &[("state'", "unknown"), ("pending'", "1"), ("error'", "0")]),
    },
    // D39 write first.
    Difference {
        id: "D39",
        applies: |row, expected| !row.is("pending") && expected["runner_calls"] == "buildSnapshot",
        instead: |_, expected| set(expected, &[("runner_calls", "-")]),
    },
];

pub const TIMERS: &[Difference] = &[
    // D18 ephemeral archive: auto-archive never acts on an ephemeral sandbox.
    Difference {
        id: "D18",
        applies: |row, expected| {
            row.get("timer") == "autoarchive" && row.get("auto_delete") == "0" && expected["fires"] == "1"
        },
        instead: |row, expected| {
            super::untouched_columns(row, expected);
            set(expected, &[("fires", "0"), ("soft_deleted", "0"), ("backup'", "Pending")]);
        },
    },
    // D36 auto-archive writes archiving at once.
    Difference {
        id: "D36",
        applies: |row, expected| row.get("timer") == "autoarchive" && expected["fires"] == "1",
        instead: |_, expected| set(expected, &[("state'", "archiving")]),
    },
];
