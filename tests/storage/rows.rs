//! Stored rows: columns that are missing, new or broken.

use chrono::SecondsFormat;
use sandbox_lifecycle::{
    Changes, Columns, Lifecycle,
    lifecycle::ColumnValue,
    vocabulary::{AutoStop, Minutes, Size},
};
use serde_json::json;

/// Reads a stored row.
fn read(json: &str) -> Columns {
    let row: Lifecycle = serde_json::from_str(json).expect(json);
    row.columns()
}

#[test]
fn a_row_with_only_its_states_takes_the_documented_defaults() {
    // A sandbox that runs may have changed its disk since any backup.
    let defaults = Columns { has_runner: false, changed_since_backup: true, ..Columns::default() };
    assert_eq!(read(r#"{"state":"started","desiredState":"started"}"#), defaults);
}

#[test]
fn a_missing_pending_follows_from_the_states() {
    let pending = |state, desired| read(&format!(r#"{{"state":"{state}","desiredState":"{desired}"}}"#)).pending;
    assert!(pending("started", "stopped"));
    assert!(!pending("stopped", "stopped"));
    assert!(!pending("error", "started"));
    assert!(!pending("archiving", "archived"));
    assert!(!read(r#"{"state":"started","desiredState":"stopped","pending":false}"#).pending);
}

#[test]
fn a_missing_time_takes_the_value_of_the_column_before_it() {
    let times = |json: &str| {
        let columns = read(&format!(r#"{{"state":"started","desiredState":"started"{json}}}"#));
        [columns.created_at, columns.last_activity_at, columns.state_since]
            .map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
    };
    let (epoch, made, used) = ("1970-01-01T00:00:00Z", "2024-10-01T12:00:00Z", "2024-10-01T16:45:00Z");
    assert_eq!(times(""), [epoch, epoch, epoch]);
    assert_eq!(times(&format!(r#","createdAt":"{made}""#)), [made, made, made]);
    assert_eq!(times(&format!(r#","createdAt":"{made}","lastActivityAt":"{used}""#)), [made, used, used]);
    assert_eq!(times(&format!(r#","stateSince":"{used}""#)), [epoch, epoch, used]);
}

#[test]
fn a_stored_change_of_any_single_column_is_kept() {
    let given = Columns::default();
    for (column, value) in given.iter().filter(|(_, value)| *value != ColumnValue::Null) {
        let json = json!({ column.name: value });
        let changes: Changes = serde_json::from_value(json.clone()).expect(column.name);
        assert_eq!(serde_json::to_value(changes).expect("it is written"), json);
    }
    let cpu: Changes = serde_json::from_str(r#"{"cpu":5}"#).expect("changes");
    assert_eq!(cpu, Changes { cpu: Some(5), ..Changes::default() });
    assert_eq!(given.changed_by(&cpu), Columns { cpu: 5, ..given });
    let disk: Changes = serde_json::from_str(r#"{"disk":50,"memory":8}"#).expect("changes");
    assert_eq!(given.changed_by(&disk), Columns { memory: 8, disk: 50, ..given });
}

#[test]
fn a_size_in_place_of_its_columns_is_an_error_or_no_column() {
    let complaint = |json: &str| serde_json::from_str::<Changes>(json).expect_err(json).to_string();
    assert_eq!(complaint(r#"{"cpu":null}"#), "cpu: invalid type: null, expected u32 at line 1 column 11");
    assert_eq!(complaint(r#"{"cpu":{"cores":5}}"#), "cpu: invalid type: map, expected u32 at line 1 column 7");
    let size = serde_json::from_str::<Size>(r#"{"cpu":5}"#).expect_err("a size is whole").to_string();
    assert_eq!(size, "missing field `memory` at line 1 column 9");
}

#[test]
fn a_column_newer_than_this_crate_is_ignored() {
    let columns = read(r#"{"state":"started","desiredState":"started","mood":{"is":["good"]},"epoch":3}"#);
    assert_eq!(columns.epoch, 3);
}

/// Returns the error for a row with this column.
fn complaint(column: &str) -> String {
    let json = format!(r#"{{"state":"started","desiredState":"started",{column}}}"#);
    let text = serde_json::from_str::<Lifecycle>(&json).expect_err(column).to_string();
    text.split(" at line ").next().expect("a message").to_owned()
}

#[test]
fn a_null_time_or_flag_counts_as_absent() {
    let row = |json: &str| serde_json::from_str::<Lifecycle>(json).expect(json);
    let absent = row(r#"{"state":"started","desiredState":"stopped"}"#);
    let columns = ["pending", "createdAt", "lastActivityAt", "stateSince"];
    for column in columns {
        let json = format!(r#"{{"state":"started","desiredState":"stopped","{column}":null}}"#);
        assert_eq!(row(&json), absent, "{column}");
    }
    assert!(absent.pending(), "it follows from the two states");
}

#[test]
fn an_invalid_column_is_named_with_its_value() {
    let rows = [
        (r#""pending":"yes""#, r#"pending: invalid type: string "yes", expected a boolean"#),
        (r#""gpu":300"#, "gpu: invalid value: integer `300`, expected u8"),
        (r#""gpu":null"#, "gpu: invalid type: null, expected u8"),
        (r#""cpu":-1"#, "cpu: invalid value: integer `-1`, expected u32"),
        (r#""disk":"large""#, r#"disk: invalid type: string "large", expected u32"#),
        (r#""epoch":4294967296"#, "epoch: invalid value: integer `4294967296`, expected u32"),
        (r#""autoStopInterval":-1"#, "autoStopInterval is -1 minutes, expected 0 (never) or up to 2147483647"),
        (
            r#""autoStopInterval":2147483648"#,
            "autoStopInterval is 2147483648 minutes, expected 0 (never) or up to 2147483647",
        ),
        (
            r#""autoStopInterval":9223372036854775808"#,
            "autoStopInterval: invalid value: integer `9223372036854775808`, expected i64",
        ),
        (r#""autoPauseInterval":-1"#, "autoPauseInterval is -1 minutes, expected 0 (never) or up to 2147483647"),
        (
            r#""autoArchiveInterval":-1"#,
            "autoArchiveInterval is -1 minutes, expected 0 (the maximum) or up to 2147483647",
        ),
        (
            r#""autoDeleteInterval":-2147483649"#,
            "autoDeleteInterval is -2147483649 minutes, expected negative (never), 0 (at once) or up to 2147483647",
        ),
        (r#""autoDeleteInterval":1.5"#, "autoDeleteInterval: invalid type: floating point `1.5`, expected i64"),
        (r#""queueTimeout":0"#, "queueTimeout is 0 minutes, expected 1 to 2147483647"),
        (
            r#""createdAt":"+262143-01-01T00:00:00Z""#,
            r#"createdAt: invalid value: string "+262143-01-01T00:00:00Z", expected an RFC 3339 time of the years -262143 to +262142"#,
        ),
        (
            r#""autoDestroyAt":"tomorrow""#,
            r#"autoDestroyAt: invalid value: string "tomorrow", expected an RFC 3339 time of the years -262143 to +262142"#,
        ),
        (
            r#""stateSince":1760000000"#,
            "stateSince: invalid type: integer `1760000000`, expected an RFC 3339 time of the years -262143 to +262142",
        ),
        (
            r#""sandboxClass":"toaster""#,
            "sandboxClass: unknown class `toaster`, expected one of container, linux-vm, windows, android",
        ),
        (
            r#""backupState":"completed""#,
            "backupState: unknown backup state `completed`, expected one of None, Pending, InProgress, Completed, Error",
        ),
        (
            r#""fault":"bad luck""#,
            "fault: unknown fault `bad luck`, expected one of timeout, time-limit, runner-gone, runner, refused, lost, other",
        ),
        (
            r#""gpuType":"RTX""#,
            "gpuType: unknown GPU type `RTX`, expected one of H100, H200, B200, B300, RTX-PRO-6000, RTX-4090, RTX-5090, MI355X",
        ),
        (r#""state":"stopped""#, "duplicate field `state`"),
    ];
    for (column, message) in rows {
        assert_eq!(complaint(column), message, "{column}");
    }
}

#[test]
fn the_largest_interval_is_read() {
    let columns = read(r#"{"state":"started","desiredState":"started","autoStopInterval":2147483647}"#);
    assert_eq!(columns.auto_stop, AutoStop::After(Minutes::MAX));
}

#[test]
fn a_row_without_a_known_state_is_refused() {
    let complaint = |json: &str| serde_json::from_str::<Lifecycle>(json).expect_err(json).to_string();
    assert_eq!(
        complaint(r#"{"state":"hibernated","desiredState":"started"}"#),
        "state: unknown state `hibernated`, expected one of creating, restoring, destroyed, destroying, started, \
         stopped, starting, stopping, error, build_failed, pending_build, building_snapshot, unknown, \
         pulling_snapshot, archived, archiving, resizing, snapshotting, forking, pausing, paused, resuming \
         at line 1 column 21"
    );
    assert_eq!(
        complaint(r#"{"state":"started","desiredState":"starting"}"#),
        "desiredState: unknown desired state `starting`, expected one of destroyed, started, stopped, resized, \
         archived, paused at line 1 column 44"
    );
    assert_eq!(complaint(r#"{"state":"started"}"#), "missing field `desiredState`");
    assert_eq!(complaint(r#"{"desiredState":"started"}"#), "missing field `state`");
    assert_eq!(
        complaint("[]"),
        "invalid type: sequence, expected the columns of a stored lifecycle at line 1 column 0"
    );
}
