//! The example programs, run as a user runs them: output, exit status and error messages.

use serde_json::{Value, json};
use std::{
    io::Write,
    process::{Child, Command, Output, Stdio},
};

const RUNNING: &str = include_str!("../../examples/data/sandbox.json");
const STOPPING: &str = include_str!("../wire/data/seed.jsonl");

fn command(example: &str) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--example", example, "--"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// Starts an example with these arguments.
fn start(example: &str, arguments: &[&str]) -> Child {
    command(example)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cargo runs examples")
}

/// Runs an example with these arguments and this standard input.
fn run(example: &str, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = start(example, arguments);
    child.stdin.take().expect("a pipe").write_all(input).expect("the program reads its input");
    child.wait_with_output().expect("the program ends")
}

/// Runs an example whose standard output is closed before it writes.
fn run_unheard(example: &str, input: &[u8]) -> Output {
    let mut child = start(example, &[]);
    drop(child.stdout.take());
    child.stdin.take().expect("a pipe").write_all(input).expect("the program reads its input");
    child.wait_with_output().expect("the program ends")
}

fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("JSON on standard output")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// The started record with these fields replaced, or removed where the value is null.
fn record(fields: Value) -> Vec<u8> {
    let mut record: Value = serde_json::from_str(RUNNING).expect("JSON");
    let known = record.as_object_mut().expect("an object");
    for (field, value) in fields.as_object().expect("an object") {
        if value.is_null() {
            known.remove(field);
        } else {
            known.insert(field.clone(), value.clone());
        }
    }
    record.to_string().into_bytes()
}

/// The started record with one field replaced.
fn running_with(field: &str, value: Value) -> Vec<u8> {
    record(json!({ field: value }))
}

#[test]
fn stop_answers_with_the_record_of_the_published_page_and_its_last_activity() {
    let output = run("stop", &["--now", "2024-10-01T16:45:00Z"], b"");
    assert_eq!(output.status.code(), Some(0));
    let mut expected: Value = serde_json::from_str(STOPPING.lines().next().expect("a record")).expect("JSON");
    // The page has no last activity. It was the last write before the stop, which can no longer be read from `updatedAt`.
    expected["lastActivityAt"] = json!("2024-10-01T16:30:00Z");
    assert_eq!(json_of(&output), expected);
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
        "stop: cannot stop while the state is stopping: another change is under way; \
         try again when the change has ended\n"
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
fn stop_refuses_input_that_is_not_a_sandbox_record() {
    let cases: [(&[u8], &str); 5] = [
        (b"", "standard input: EOF while parsing a value"),
        (b"garbage", "standard input: expected value at line 1 column 1"),
        (b"[]", "standard input: invalid type: sequence, expected a sandbox record"),
        (b"\xff\xfe", "standard input: expected value at line 1 column 1"),
        (b"{}", "standard input: missing field"),
    ];
    let records = [
        (json!({ "cpu": 1e30 }), "cpu is 1"),
        (json!({ "state": null }), "state is absent, expected a state"),
        (json!({ "desiredState": "sleepy" }), "desiredState is \"sleepy\", expected one of destroyed, "),
        (json!({ "sandboxClass": "toaster" }), "sandboxClass is \"toaster\", expected one of container, "),
    ];
    let records = records.map(|(fields, complaint)| (record(fields), complaint));
    let cases = cases.into_iter().chain(records.iter().map(|(text, complaint)| (text.as_slice(), *complaint)));
    for (text_in, complaint) in cases {
        let output = run("stop", &["-"], text_in);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{complaint}");
        assert!(text(&output.stderr).contains(complaint), "{complaint} in:\n{}", text(&output.stderr));
    }
}

#[test]
fn stop_accepts_exactly_the_sandboxes_that_can_be_stopped() {
    let cases = [
        (json!({ "state": "paused", "desiredState": "paused", "sandboxClass": "linux-vm" }), 0, "paused -> stopping"),
        (json!({ "createdAt": null, "updatedAt": null }), 0, "at rest  stopped"),
        (json!({ "runnerId": null }), 0, "at rest  error"),
        (json!({ "gpu": 1, "autoDeleteInterval": 0 }), 0, "at rest  destroyed"),
        (json!({ "state": "stopped", "desiredState": "stopped" }), 1, "cannot stop while the state is stopped"),
        (json!({ "state": "archived", "desiredState": "archived" }), 1, "cannot stop while the state is archived"),
        (json!({ "state": "error" }), 1, "a failed sandbox is recovered or destroyed, not stopped"),
    ];
    for (fields, code, message) in cases {
        let output = run("stop", &["-"], &record(fields));
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(code), code != 0), "{message}");
        assert!(text(&output.stderr).contains(message), "{message} in:\n{}", text(&output.stderr));
    }
}

#[test]
fn a_byte_order_mark_is_ignored() {
    let marked = |text: &str| [b"\xef\xbb\xbf", text.replace('\n', "").as_bytes()].concat();
    let stopped = run("stop", &["-"], &marked(RUNNING));
    assert_eq!(json_of(&stopped)["desiredState"], json!("stopped"));
    assert_eq!(
        json_of(&run("roundtrip", &[], &marked(RUNNING))),
        serde_json::from_str::<Value>(RUNNING).expect("JSON")
    );
}

#[test]
fn an_invalid_argument_prints_the_usage() {
    for (example, arguments, complaint) in [
        ("stop", &["--frce"][..], "stop: unknown option --frce\nusage: stop [FILE|-] [--force] [--now RFC3339]"),
        ("stop", &["-f"][..], "stop: unknown option -f\nusage: stop"),
        ("stop", &["--now"][..], "stop: --now needs a time\nusage: stop"),
        ("stop", &["--now", "yesterday"][..], "usage: stop"),
        ("stop", &["--now=yesterday"][..], "stop: --now yesterday: "),
        ("stop", &["one.json", "two.json"][..], "stop: more than one file\nusage: stop"),
        ("stop", &["no-such-file.json"][..], "no-such-file.json: "),
        ("diagram", &["mermiad"][..], "usage: diagram"),
        ("diagram", &["dot", "table"][..], "usage: diagram"),
        (
            "roundtrip",
            &["records.jsonl"][..],
            "roundtrip: unknown argument records.jsonl\nusage: roundtrip < records.jsonl",
        ),
    ] {
        let output = run(example, arguments, b"");
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{example} {arguments:?}");
        assert!(text(&output.stderr).contains(complaint), "{complaint} in:\n{}", text(&output.stderr));
    }
}

#[test]
fn help_is_printed_to_standard_output() {
    for example in ["stop", "roundtrip", "diagram"] {
        for word in ["--help", "-h"] {
            let output = run(example, &[word], b"");
            assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""), "{example} {word}");
            assert!(text(&output.stdout).starts_with(&format!("usage: {example} ")), "{}", text(&output.stdout));
        }
    }
}

#[test]
fn closed_stdout_is_not_an_error() {
    let line = RUNNING.replace('\n', "");
    for (example, input) in [("stop", ""), ("roundtrip", line.as_str()), ("diagram", "")] {
        let output = run_unheard(example, input.as_bytes());
        assert_eq!(output.status.code(), Some(0), "{example}: {}", text(&output.stderr));
        assert!(!text(&output.stderr).contains("roken pipe"), "{example}: {}", text(&output.stderr));
    }
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf_8_does_not_panic() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    for example in ["stop", "roundtrip", "diagram"] {
        let mut command = command(example);
        let output =
            command.arg(OsStr::from_bytes(b"\xff")).stdin(Stdio::null()).output().expect("cargo runs examples");
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{example}");
        assert!(!text(&output.stderr).contains("panicked"), "{}", text(&output.stderr));
    }
}

#[test]
fn roundtrip_writes_back_the_record_that_it_read() {
    let mut strange: Value = serde_json::from_str(RUNNING).expect("JSON");
    strange["state"] = json!("hibernated");
    strange["tomorrowsField"] = json!({ "a": [1, null] });
    let output = run("roundtrip", &[], strange.to_string().as_bytes());
    assert_eq!((output.status.code(), json_of(&output)), (Some(0), strange));
}
