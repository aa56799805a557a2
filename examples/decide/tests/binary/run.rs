//! Runs the program, and builds questions.

use serde_json::{Value, json};
use std::{
    io::Write,
    process::{Child, Command, Output, Stdio},
    thread,
};

/// The time of every question that does not choose its own.
pub const NOW: &str = "2024-10-01T16:45:00Z";

pub fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_decide"))
}

pub fn start() -> Child {
    let pipes = || Stdio::piped();
    command().stdin(pipes()).stdout(pipes()).stderr(pipes()).spawn().expect("the program starts")
}

/// Runs the program with this standard input.
pub fn run(input: &[u8]) -> Output {
    let mut child = start();
    let (mut pipe, input) = (child.stdin.take().expect("a pipe"), input.to_vec());
    // It answers while it reads, so both pipes are served at once.
    let writer = thread::spawn(move || pipe.write_all(&input));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("the writer ends").expect("the program reads its input");
    output
}

pub fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// Returns the exit status and the answers to these lines: one for each.
pub fn answers(lines: &[Vec<u8>]) -> (Option<i32>, Vec<Value>) {
    let output = run(&lines.join(&b'\n'));
    assert_eq!(text(&output.stderr), "");
    let found: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(found.len(), lines.len(), "every line has one answer");
    (output.status.code(), found)
}

/// Returns the answer to a question, which is understood.
pub fn answer(question: &Value) -> Value {
    let (status, mut answers) = answers(&[question.to_string().into_bytes()]);
    let answer = answers.pop().expect("an answer");
    assert_eq!(status, Some(0), "{answer}");
    answer
}

/// Returns the code and the message of the error for a line.
pub fn error(line: &[u8]) -> (String, String) {
    let (status, answers) = answers(&[line.to_vec()]);
    assert_eq!(status, Some(2), "{answers:?}");
    let error = &answers[0]["error"];
    assert_eq!(error["line"], json!(1));
    let word = |name: &str| error[name].as_str().unwrap_or_else(|| panic!("{answers:?}")).to_owned();
    (word("code"), word("message"))
}

/// A row of a sandbox that runs.
pub fn running() -> Value {
    json!({ "state": "started", "desiredState": "started", "hasRunner": true })
}

/// A question of this kind about a sandbox that runs, with these fields in addition or instead.
pub fn question(ask: &str, fields: Value) -> Value {
    let mut asked = json!({ "ask": ask, "row": running(), "now": NOW });
    let (known, Value::Object(fields)) = (asked.as_object_mut().expect("an object"), fields) else {
        panic!("the fields are an object");
    };
    known.extend(fields);
    known.retain(|_, value| *value != json!("none"));
    asked
}

/// The question what a stop does, with these fields in addition or instead. The text `none` removes a field.
pub fn stop(fields: Value) -> Value {
    let mut asked = question("decide", fields);
    let known = asked.as_object_mut().expect("an object");
    known.entry("input").or_insert(json!({ "command": "stop" }));
    asked
}

/// An API record as a client reads it.
pub fn record(state: &str, desired_state: &str) -> Value {
    let text = include_str!("../../../data/sandbox.json");
    let mut record: Value = serde_json::from_str(text).expect("JSON");
    (record["state"], record["desiredState"]) = (json!(state), json!(desired_state));
    record
}
