//! The example programs, run as a user runs them: output, exit status, and what they say of a mistake.

use serde_json::{Value, json};
use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

const RUNNING: &str = include_str!("../examples/data/sandbox.json");
const STOPPING: &str = include_str!("wire/seed.jsonl");

/// Runs an example with these arguments and this standard input.
fn run(example: &str, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--example", example, "--"])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cargo runs examples");
    child.stdin.take().expect("a pipe").write_all(input).expect("the program reads its input");
    child.wait_with_output().expect("the program ends")
}

fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("JSON on standard output")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// The running record with one field of another value.
fn running_with(field: &str, value: Value) -> Vec<u8> {
    let mut record: Value = serde_json::from_str(RUNNING).expect("JSON");
    record[field] = value;
    record.to_string().into_bytes()
}

#[test]
fn stop_answers_with_the_record_of_the_published_page() {
    let output = run("stop", &["--now", "2024-10-01T16:45:00Z"], b"");
    assert_eq!(output.status.code(), Some(0));
    let published: Value = serde_json::from_str(STOPPING.lines().next().expect("a record")).expect("JSON");
    assert_eq!(json_of(&output), published);
    let story = text(&output.stderr);
    for part in ["the API shows stopping", "stop it with SIGTERM", "at rest  stopped", "it can be started again"] {
        assert!(story.contains(part), "{part} in:\n{story}");
    }
}

#[test]
fn stop_of_an_ephemeral_sandbox_deletes_it() {
    let output = run("stop", &["-", "--force"], &running_with("autoDeleteInterval", json!(0)));
    let record = json_of(&output);
    assert_eq!((&record["state"], &record["desiredState"]), (&json!("destroying"), &json!("destroyed")));
    assert!(record["name"].as_str().is_some_and(|name| name.starts_with("DESTROYED_my-development-sandbox_")));
    assert!(text(&output.stderr).contains("it cannot be started again"));
}

#[test]
fn stop_refuses_with_status_1_and_nothing_on_standard_output() {
    let output = run("stop", &["-"], STOPPING.as_bytes().split(|byte| *byte == b'\n').next().expect("a line"));
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""));
    assert_eq!(
        text(&output.stderr),
        "stop: stop is refused while the sandbox is stopping and meant to be stopped: one change at a time; \
         it would accept destroy with force\n"
    );
}

#[test]
fn stop_names_what_is_wrong_with_its_input() {
    let year = json!("+262143-12-31T23:59:59Z");
    let cases = [
        ("state", json!("hibernated"), "state is \"hibernated\", expected one of creating, restoring, "),
        ("autoStopInterval", json!(-3), "autoStopInterval is -3 minutes, expected 0 (never) or up to 2147483647"),
        ("autoStopInterval", json!(2_147_483_648_u32), "autoStopInterval is 2147483648 minutes, expected 0 (never)"),
        ("createdAt", year, "createdAt is \"+262143-12-31T23:59:59Z\", expected an RFC 3339 time"),
        ("cpu", json!("4"), ".cpu: invalid type: string \"4\", expected a number"),
    ];
    for (field, value, complaint) in cases {
        let output = run("stop", &["-"], &running_with(field, value));
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{complaint}");
        assert!(text(&output.stderr).contains(complaint), "{complaint} in:\n{}", text(&output.stderr));
    }
    let largest = run("stop", &["-"], &running_with("autoStopInterval", json!(i32::MAX)));
    assert_eq!((largest.status.code(), &json_of(&largest)["autoStopInterval"]), (Some(0), &json!(i32::MAX)));
}

#[test]
fn a_mistyped_argument_is_answered_with_the_usage() {
    for (example, arguments, complaint) in [
        ("stop", &["--frce"][..], "stop: unknown option --frce\nusage: stop [FILE|-] [--force] [--now RFC3339]"),
        ("stop", &["--now", "yesterday"][..], "usage: stop"),
        ("stop", &["no-such-file.json"][..], "no-such-file.json: "),
        ("diagram", &["mermiad"][..], "usage: diagram"),
    ] {
        let output = run(example, arguments, b"");
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{example} {arguments:?}");
        assert!(text(&output.stderr).contains(complaint), "{complaint} in:\n{}", text(&output.stderr));
    }
}

#[test]
fn decide_answers_every_line_and_stops_at_none() {
    let row = r#"{"state":"archived","desiredState":"archived"}"#;
    let now = r#""now":"2024-10-01T16:45:00Z""#;
    let questions = [
        format!(r#"{{"lifecycle":{row},"input":{{"command":"stop","force":false}},{now}}}"#).into_bytes(),
        b"not json".to_vec(),
        b"\xff\xfe".to_vec(),
        format!(r#"{{"lifecycle":{row},"input":{{"command":"autostop","minutes":-1}},{now}}}"#).into_bytes(),
        format!(r#"{{"lifecycle":{row},"input":{{"command":"start"}},{now}}}"#).into_bytes(),
    ];
    let output = run("decide", &[], &questions.join(&b'\n'));
    let answers: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let kinds: Vec<&String> = answers.iter().flat_map(|answer| answer.as_object().expect("an object").keys()).collect();
    assert_eq!(kinds, ["refusal", "error", "error", "refusal", "step"]);
    assert_eq!((&answers[0]["refusal"]["code"], &answers[0]["refusal"]["http"]), (&json!("bad_state"), &json!(400)));
    assert_eq!(answers[3]["refusal"]["code"], json!("negative_interval"));
    assert_eq!(answers[4]["step"]["lifecycle"]["desiredState"], json!("started"));
}

#[test]
fn roundtrip_gives_back_what_it_read() {
    let mut strange: Value = serde_json::from_str(RUNNING).expect("JSON");
    strange["state"] = json!("hibernated");
    strange["tomorrowsField"] = json!({ "a": [1, null] });
    let output = run("roundtrip", &[], strange.to_string().as_bytes());
    assert_eq!((output.status.code(), json_of(&output)), (Some(0), strange));
}
