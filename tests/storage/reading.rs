//! Reading what is stored: rows of earlier versions with their defaults, and garbage, which is named.

use sandbox_lifecycle::{AutoStop, Columns, Command, Context, Input, Lifecycle, Minutes, Policy, Report, Timer};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// A row as an earlier version wrote it.
fn read(json: &str) -> Columns {
    let row: Lifecycle = serde_json::from_str(json).expect(json);
    row.columns()
}

#[test]
fn a_row_with_only_its_states_is_read_with_the_documented_defaults() {
    let defaults = Columns { has_runner: false, ..Columns::default() };
    assert_eq!(read(r#"{"state":"started","desiredState":"started"}"#), defaults);
}

#[test]
fn without_pending_it_is_what_rule_5_makes_of_the_states() {
    let pending = |state, desired| read(&format!(r#"{{"state":"{state}","desiredState":"{desired}"}}"#)).pending;
    assert!(pending("started", "stopped"));
    assert!(!pending("stopped", "stopped"));
    assert!(!pending("error", "started"));
    assert!(!pending("archiving", "archived"));
    assert!(!read(r#"{"state":"started","desiredState":"stopped","pending":false}"#).pending);
}

#[test]
fn without_its_own_time_a_column_takes_the_one_before() {
    let times = |json: &str| {
        let columns = read(&format!(r#"{{"state":"started","desiredState":"started"{json}}}"#));
        [columns.created_at, columns.last_activity_at, columns.state_since].map(|time| time.to_string())
    };
    let (epoch, made, used) = ("1970-01-01T00:00:00Z", "2024-10-01T12:00:00Z", "2024-10-01T16:45:00Z");
    assert_eq!(times(""), [epoch, epoch, epoch]);
    assert_eq!(times(&format!(r#","createdAt":"{made}""#)), [made, made, made]);
    assert_eq!(times(&format!(r#","createdAt":"{made}","lastActivityAt":"{used}""#)), [made, used, used]);
    assert_eq!(times(&format!(r#","stateSince":"{used}""#)), [epoch, epoch, used]);
}

#[test]
fn a_column_newer_than_this_crate_is_passed_over() {
    let columns = read(r#"{"state":"started","desiredState":"started","mood":{"is":["good"]},"epoch":3}"#);
    assert_eq!(columns.epoch, 3);
}

/// The whole message for a row with this in it.
fn complaint(column: &str) -> String {
    let json = format!(r#"{{"state":"started","desiredState":"started",{column}}}"#);
    let text = serde_json::from_str::<Lifecycle>(&json).expect_err(column).to_string();
    text.split(" at line ").next().expect("a message").to_owned()
}

#[test]
fn garbage_in_a_row_is_named_with_its_column_and_its_value() {
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
            "fault: unknown fault `bad luck`, expected one of timeout, runner, refused, lost, other",
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
fn the_largest_interval_is_taken() {
    let columns = read(r#"{"state":"started","desiredState":"started","autoStopInterval":2147483647}"#);
    assert_eq!(columns.auto_stop, AutoStop::After(Minutes::MAX));
}

#[test]
fn a_row_without_a_known_state_is_not_read() {
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
    assert_eq!(complaint(r#"{"state":"started"}"#), "missing field `desiredState` at line 1 column 19");
    assert_eq!(complaint(r#"{"desiredState":"started"}"#), "missing field `state` at line 1 column 26");
    assert_eq!(complaint("[]"), "invalid type: sequence, expected a stored lifecycle at line 1 column 0");
}

#[test]
fn garbage_in_an_input_is_named() {
    let command = |json: &str| serde_json::from_str::<Command>(json).expect_err(json).to_string();
    assert_eq!(command(r#"{"command":"stop","froce":true}"#), "unknown field `froce`, expected `force`");
    assert_eq!(
        command(r#"{"command":"resize","cpus":3}"#),
        "unknown field `cpus`, expected one of `cpu`, `memory`, `disk`"
    );
    assert_eq!(command(r#"{"command":"resize","cpu":0}"#), "cpu: invalid value: integer `0`, expected a nonzero u32");
    assert_eq!(
        command(r#"{"command":"autostop","minutes":-5}"#),
        "minutes: autoStopInterval is -5 minutes, expected 0 (never) or up to 2147483647"
    );
    assert_eq!(
        command(r#"{"command":"stop","force":"yes"}"#),
        "force: invalid type: string \"yes\", expected a boolean"
    );
    let report = |json: &str| serde_json::from_str::<Report>(json).expect_err(json).to_string();
    assert_eq!(
        report(r#"{"report":"state","state":"started","colour":1}"#),
        "unknown field `colour`, expected one of `state`, `fault`, `recoverable`, `epoch`"
    );
}

/// Every value that is this one with a field too many, in each in turn of its objects that have fields.
fn mistyped(value: &Value) -> Vec<Value> {
    let Value::Object(fields) = value else { return Vec::new() };
    let mut found = Vec::new();
    if !says_which(fields) {
        let mut more = fields.clone();
        more.insert("mistyped".to_owned(), Value::Bool(true));
        found.push(Value::Object(more));
    }
    for (name, inner) in fields {
        found.extend(mistyped(inner).into_iter().map(|inner| {
            let mut fields = fields.clone();
            fields.insert(name.clone(), inner);
            Value::Object(fields)
        }));
    }
    found
}

/// What is said of this: never that it is taken.
fn complaint_of<T: DeserializeOwned>(value: &Value) -> String {
    match serde_json::from_value::<T>(value.clone()) {
        Ok(_) => format!("taken: {value}"),
        Err(error) => error.to_string(),
    }
}

/// What is said of each of these, with a field too many in any of its objects.
fn complaints<T: DeserializeOwned>(written: &[Value]) -> Vec<String> {
    written.iter().flat_map(mistyped).map(|value| complaint_of::<T>(&value)).collect()
}

/// It holds one object alone, which is no size, and has no fields: it says which job, outcome or answer is meant.
fn says_which(fields: &Map<String, Value>) -> bool {
    fields.len() == 1 && fields.iter().all(|(name, inner)| name != "to" && inner.is_object())
}

/// Every value that is this one with a list in place of one of its fields, and the way to that field.
fn misvalued(value: &Value) -> Vec<(String, Value)> {
    let Value::Object(fields) = value else { return Vec::new() };
    let mut found = Vec::new();
    for (name, inner) in fields {
        let step = if says_which(fields) { String::new() } else { format!("{name}: ") };
        let mut changes: Vec<_> =
            misvalued(inner).into_iter().map(|(way, inner)| (step.clone() + &way, inner)).collect();
        // A tag is no field, but says what the whole is.
        let is_tag = inner.is_string() && ["command", "report", "timer", "task"].contains(&name.as_str());
        if !step.is_empty() && !is_tag {
            changes.push((step, Value::Array(Vec::new())));
        }
        found.extend(changes.into_iter().map(|(way, inner)| {
            let mut fields = fields.clone();
            fields.insert(name.clone(), inner);
            (way, Value::Object(fields))
        }));
    }
    found
}

/// What is said of each of these with such a value, where that does not begin with the way to it.
fn unnamed<T: DeserializeOwned>(written: &[Value]) -> Vec<(String, String)> {
    let said = written.iter().flat_map(misvalued).map(|(way, value)| (way, complaint_of::<T>(&value)));
    said.filter(|(way, said)| !said.starts_with(way.as_str())).collect()
}

fn every(golden: &str) -> Vec<Value> {
    golden.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[test]
fn a_field_too_many_is_named_wherever_it_stands_in_an_input() {
    let commands = every(include_str!("../golden/command.jsonl"));
    let reports = every(include_str!("../golden/report.jsonl"));
    let timers = every(include_str!("../golden/timer.jsonl"));
    let mut said = complaints::<Command>(&commands);
    said.extend(complaints::<Report>(&reports));
    said.extend(complaints::<Timer>(&timers));
    for kind in [commands, reports, timers] {
        said.extend(complaints::<Input>(&kind));
    }
    let unnamed: Vec<_> = said.iter().filter(|said| !said.contains("unknown field `mistyped`")).collect();
    assert_eq!(unnamed, [""; 0]);
}

#[test]
fn a_value_that_a_field_cannot_take_is_told_with_the_way_to_it() {
    let commands = every(include_str!("../golden/command.jsonl"));
    let reports = every(include_str!("../golden/report.jsonl"));
    assert_eq!(unnamed::<Command>(&commands), []);
    assert_eq!(unnamed::<Report>(&reports), []);
    assert_eq!(unnamed::<Input>(&[commands, reports].concat()), []);
}

#[test]
fn a_field_too_many_is_named_in_what_a_decision_goes_by() {
    fn whole(value: impl Serialize) -> [Value; 1] {
        [serde_json::to_value(value).expect("it is written")]
    }
    let mut said = complaints::<Context>(&whole(Context::default()));
    said.extend(complaints::<Policy>(&whole(Policy::default())));
    assert_eq!(said.len(), 3, "the context, the policy and its time limits");
    let unnamed: Vec<_> = said.iter().filter(|said| !said.starts_with("unknown field `mistyped`")).collect();
    assert_eq!(unnamed, [""; 0]);
}

#[test]
fn a_policy_of_an_earlier_version_is_read_with_the_defaults() {
    let policy: Policy = serde_json::from_str(r#"{"profile":"0.190","timeLimits":{"starting":7}}"#).expect("a policy");
    let mut expected = Policy::recorded();
    expected.time_limits.starting = Minutes::new(7).expect("an interval");
    assert_eq!(policy, expected);
}

#[test]
fn an_input_is_read_as_the_kind_that_its_tag_names() {
    let input = |json: &str| serde_json::from_str::<Input>(json).expect_err(json).to_string();
    assert_eq!(input(r#"{"command":"stop","froce":true}"#), "unknown field `froce`, expected `force`");
    assert_eq!(input(r#"{"force":true,"command":"start"}"#), "unknown field `force`, there are no fields");
    assert_eq!(input(r#"{"timer":"ttl","command":"touch"}"#), "unknown field `command`, there are no fields");
    let number = "invalid type: integer `5`, expected a string at line 1 column 14";
    assert_eq!(input(r#"{"command":5 }"#), number, "not the sixth command");
    assert_eq!(input(r#"{"report":"ended","job":"stop"}"#), "missing field `outcome`");
    assert_eq!(input(r#"{"comand":"start" }"#), "missing field `command`, `report` or `timer` at line 1 column 19");
    assert_eq!(
        input(r#""start""#),
        "invalid type: string \"start\", expected a command, a report or a timer at line 1 column 7"
    );
}

#[test]
fn a_size_that_a_runner_tells_is_told_in_full() {
    let json = r#"{"report":"ended","job":{"resize":{"to":{"cpu":3,"memory":5}}},"outcome":"completed"}"#;
    let said = serde_json::from_str::<Report>(json).expect_err(json).to_string();
    assert_eq!(said, "job: to: missing field `disk`");
}
