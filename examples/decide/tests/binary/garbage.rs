//! Garbage is an error with a line number, and never a panic.

use crate::run::{answers, command, error, question, run, start, stop, text};
use serde_json::json;
use std::{io::Write, process::Stdio};

#[test]
fn what_is_not_a_question_is_an_error() {
    let cases: [(&[u8], &str, &str); 7] = [
        (b" ", "not_an_object", "a question is a JSON object"),
        (b"[]", "not_an_object", "a question is a JSON object"),
        (b"null", "not_an_object", "a question is a JSON object"),
        (b"\xff\xfe", "not_an_object", "a question is a JSON object"),
        (b"{", "not_json", "EOF while parsing an object at column 1"),
        (b"{\"now\":\"\xff\"}", "not_json", "invalid unicode code point"),
        (b"{} {}", "not_json", "trailing characters at column 4"),
    ];
    for (line, code, message) in cases {
        let (found, said) = error(line);
        assert_eq!(found, code, "{said}");
        assert!(said.starts_with(message), "expected {message}\nfound {said}");
    }
}

#[test]
fn deep_and_long_lines_are_errors() {
    let deep = |open: &[u8], count: usize| [b"{\"ask\":\"due\",\"row\":".to_vec(), open.repeat(count)].concat();
    assert_eq!(error(&deep(b"[", 100_000)).0, "not_json");
    assert_eq!(error(&deep(b"{\"a\":", 100_000)).0, "not_json");
    let closed = [deep(b"[", 100_000), b"]".repeat(100_000), b",\"now\":\"2024-10-01T16:45:00Z\"}".to_vec()].concat();
    assert_eq!(error(&closed).0, "wrong_value");
    let many = format!("{{{}\"a\":1}}", "\"b\":1,".repeat(100_000));
    assert_eq!(error(many.as_bytes()).0, "not_json");
    let long = [b"{\"ask\":\"".to_vec(), vec![b'x'; 5 << 20]].concat();
    assert_eq!(error(&long), ("too_long".to_owned(), "a line has at most 4194304 bytes".to_owned()));
}

#[test]
fn a_line_that_is_too_long_costs_no_other_line() {
    let good = stop(json!({})).to_string().into_bytes();
    let (status, found) = answers(&[good.clone(), vec![b'x'; 9 << 20], good]);
    assert_eq!((status, &found[1]["error"]["code"]), (Some(2), &json!("too_long")));
    assert_eq!(found[0], found[2]);
}

/// Numbers in a sequence that looks random, the same in each run.
struct Noise(u64);

impl Noise {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(end.max(1)).unwrap_or(1)).unwrap_or_default()
    }
}

#[test]
fn damaged_questions_are_answered_or_refused() {
    let questions = [
        stop(json!({ "context": { "revision": 0, "linked": true }, "policy": { "timeLimits": { "starting": 5 } } })),
        question("reconcile", json!({ "view": { "revision": 0, "observed": { "state": "started" } } })),
        question(
            "compare",
            json!({ "by": "ownRunner", "copy": { "epoch": 1, "state": "running", "released": false } }),
        ),
        json!({ "ask": "create", "request": { "cpu": 1 }, "choices": { "runnerId": "r" }, "now": "2024-10-01T16:45:00Z" }),
        json!({ "ask": "assess", "goal": { "resized": { "cpu": 2 } }, "begin": { "accepted": "2024-10-01T16:45:00Z" },
            "seen": [{ "at": "2024-10-01T16:45:01Z", "notFound": true }], "now": "2024-10-01T16:45:02Z" }),
        json!({ "ask": "ledger", "ledger": { "newest": 3 }, "message": { "call": { "task": "start", "epoch": 3 } } }),
    ];
    let (mut noise, pieces) = (Noise(1), b"\"{}[]:,-0eE9.\\u\0\xffnulltrue\r ");
    let mut lines = Vec::new();
    for question in questions.iter().cycle().take(6000) {
        let mut line = question.to_string().into_bytes();
        for _ in 0..=noise.below(3) {
            let at = noise.below(line.len());
            match noise.below(3) {
                0 => line[at] = pieces[noise.below(pieces.len())],
                1 => line.insert(at, pieces[noise.below(pieces.len())]),
                _ => drop(line.remove(at)),
            }
        }
        lines.push(line);
    }
    let (status, found) = answers(&lines);
    assert_eq!(status, Some(2));
    let errors = found.iter().filter(|answer| answer.get("error").is_some()).count();
    assert!(errors > 3000 && errors < 6000, "{errors} of 6000 lines are errors");
}

#[test]
fn extreme_numbers_and_times_do_not_panic() {
    let mut lines = Vec::new();
    for number in [i64::MIN, -1, 0, i64::from(i32::MAX), i64::from(u32::MAX), i64::MAX] {
        for column in
            ["cpu", "disk", "epoch", "revision", "autoStopInterval", "autoDeleteInterval", "queueTimeout", "gpu"]
        {
            let row = json!({ "state": "started", "desiredState": "started", "hasRunner": true, column: number });
            lines.push(stop(json!({ "row": row })).to_string().into_bytes());
            lines.push(question("due", json!({ "row": row })).to_string().into_bytes());
        }
    }
    for time in
        ["-262143-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "+262142-12-31T23:59:59.999999999Z"]
    {
        let row = json!({ "state": "starting", "desiredState": "started", "pending": true, "hasRunner": true,
            "stateSince": time, "lastActivityAt": time, "autoDestroyAt": time });
        for ask in ["due", "reconcile"] {
            lines.push(question(ask, json!({ "row": row, "now": time })).to_string().into_bytes());
        }
    }
    answers(&lines);
}

#[test]
fn closed_stdout_is_not_an_error() {
    let mut child = start();
    drop(child.stdout.take());
    child.stdin.take().expect("a pipe").write_all(stop(json!({})).to_string().as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
}

#[test]
fn no_input_is_no_answer() {
    let output = run(b"");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), ""));
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf_8_does_not_panic() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let output = command().arg(OsStr::from_bytes(b"\xff")).stdin(Stdio::null()).output().expect("the program starts");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
    assert!(!text(&output.stderr).contains("panicked"), "{}", text(&output.stderr));
}
