//! Stored inputs, contexts and policies: unknown fields and wrong values are named.

use sandbox_lifecycle::{Columns, Command, Context, Input, Policy, Report, Timer, vocabulary::Minutes};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

#[test]
fn an_invalid_input_is_refused_with_the_field() {
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

/// Returns copies of a value with an unknown field, once in each object that has fields.
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

/// Returns the error for this value. It panics where the value is accepted.
fn complaint_of<T: DeserializeOwned>(value: &Value) -> String {
    match serde_json::from_value::<T>(value.clone()) {
        Ok(_) => format!("accepted: {value}"),
        Err(error) => error.to_string(),
    }
}

/// Returns the errors for these values with an unknown field in each of their objects.
fn complaints<T: DeserializeOwned>(written: &[Value]) -> Vec<String> {
    written.iter().flat_map(mistyped).map(|value| complaint_of::<T>(&value)).collect()
}

/// Returns whether an object has no fields of its own and only names a job, an outcome or an answer.
fn says_which(fields: &Map<String, Value>) -> bool {
    fields.len() == 1 && fields.iter().all(|(name, inner)| name != "to" && inner.is_object())
}

/// Returns copies of a value with a list in place of one field, each with the path of that field.
fn misvalued(value: &Value) -> Vec<(String, Value)> {
    let Value::Object(fields) = value else { return Vec::new() };
    let mut found = Vec::new();
    for (name, inner) in fields {
        let step = if says_which(fields) { String::new() } else { format!("{name}: ") };
        let mut changes: Vec<_> =
            misvalued(inner).into_iter().map(|(way, inner)| (step.clone() + &way, inner)).collect();
        // A tag is not a field: it decides the kind of the value.
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

/// Returns the errors for such values that do not begin with the path of the field.
fn unnamed<T: DeserializeOwned>(written: &[Value]) -> Vec<(String, String)> {
    let said = written.iter().flat_map(misvalued).map(|(way, value)| (way, complaint_of::<T>(&value)));
    said.filter(|(way, said)| !said.starts_with(way.as_str())).collect()
}

/// Returns every value of a golden file.
pub fn every(golden: &str) -> Vec<Value> {
    golden.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[test]
fn an_unknown_field_anywhere_in_an_input_is_an_error_that_names_it() {
    let commands = every(include_str!("golden/command.jsonl"));
    let reports = every(include_str!("golden/report.jsonl"));
    let timers: Vec<_> = Timer::ALL.iter().map(|timer| json!({ "timer": timer })).collect();
    let mut said = complaints::<Command>(&commands);
    said.extend(complaints::<Report>(&reports));
    for kind in [commands, reports, timers] {
        said.extend(complaints::<Input>(&kind));
    }
    let unnamed: Vec<_> = said.iter().filter(|said| !said.contains("unknown field `mistyped`")).collect();
    assert_eq!(unnamed, [""; 0]);
}

#[test]
fn an_invalid_value_is_an_error_that_names_the_path_of_its_field() {
    let commands = every(include_str!("golden/command.jsonl"));
    let reports = every(include_str!("golden/report.jsonl"));
    assert_eq!(unnamed::<Command>(&commands), []);
    assert_eq!(unnamed::<Report>(&reports), []);
    assert_eq!(unnamed::<Input>(&[commands, reports].concat()), []);
}

#[test]
fn an_unknown_field_in_a_context_or_policy_is_an_error_that_names_it() {
    fn whole(value: impl Serialize) -> [Value; 1] {
        [serde_json::to_value(value).expect("it is written")]
    }
    let mut said = complaints::<Context>(&whole(Context::of(&Columns::default().into())));
    said.extend(complaints::<Policy>(&whole(Policy::default())));
    assert_eq!(said.len(), 3, "the context, the policy and its time limits");
    let unnamed: Vec<_> = said.iter().filter(|said| !said.starts_with("unknown field `mistyped`")).collect();
    assert_eq!(unnamed, [""; 0]);
}

#[test]
fn missing_fields_of_a_policy_take_the_defaults() {
    let policy: Policy = serde_json::from_str(r#"{"profile":"0.190","timeLimits":{"starting":7}}"#).expect("a policy");
    let mut expected = Policy::recorded();
    expected.time_limits.starting = Minutes::new(7).expect("an interval");
    assert_eq!(policy, expected);
}

#[test]
fn the_tag_of_an_input_decides_its_kind() {
    let input = |json: &str| serde_json::from_str::<Input>(json).expect_err(json).to_string();
    assert_eq!(input(r#"{"command":"stop","froce":true}"#), "unknown field `froce`, expected `force`");
    assert_eq!(input(r#"{"force":true,"command":"start"}"#), "unknown field `force`, there are no fields");
    assert_eq!(input(r#"{"timer":"ttl","command":"touch"}"#), "unknown field `command`, expected `timer`");
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
fn a_resize_report_needs_a_full_size() {
    let json = r#"{"report":"ended","job":{"resize":{"to":{"cpu":3,"memory":5}}},"outcome":"completed"}"#;
    let said = serde_json::from_str::<Report>(json).expect_err(json).to_string();
    assert_eq!(said, "job: to: missing field `disk`");
}

#[test]
fn an_input_of_another_type_is_refused_with_what_is_expected() {
    let input = |json: &str| serde_json::from_str::<Input>(json).expect_err(json).to_string();
    let expected = "invalid type: integer `7`, expected a command, a report or a timer at line 1 column 1";
    assert_eq!(input("7"), expected);
    assert_eq!(input("{}"), "missing field `command`, `report` or `timer` at line 1 column 2");
}
