//! What the program says about a mistyped question.

use crate::run::{NOW, answers, command, error, question, record, run, running, stop, text};
use serde_json::{Value, json};
use std::process::Stdio;

/// Expects the error of a question: its code and the begin of its message.
fn expect_error(question: &Value, code: &str, message: &str) {
    let (found, said) = error(question.to_string().as_bytes());
    assert_eq!(found, code, "{said}");
    assert!(said.starts_with(message), "expected {message}\nfound {said}");
}

#[test]
fn a_mistyped_question_is_named() {
    expect_error(&json!({}), "missing_field", "question: missing field `ask`");
    expect_error(
        &json!({ "ask": "decied" }),
        "unknown_ask",
        "ask: unknown question `decied`, expected one of decide, reconcile, due, deadlines, compare, assess, create, ledger",
    );
    expect_error(&json!({ "ask": 5 }), "wrong_value", "ask: invalid type: integer `5`, expected a string");
    let known = "expected one of row, input, now, context, policy";
    expect_error(
        &stop(json!({ "contxt": {} })),
        "unknown_field",
        &format!("question: unknown field `contxt`, {known}"),
    );
    expect_error(&stop(json!({ "now": "none" })), "missing_field", "question: missing field `now`");
    expect_error(&question("decide", json!({})), "missing_field", "question: missing field `input`");
    let twice = format!(r#"{{"ask":"due","now":"{NOW}","row":{{}},"now":"{NOW}"}}"#);
    assert_eq!(error(twice.as_bytes()), ("duplicate_field".to_owned(), "the field `now` comes twice".to_owned()));
}

#[test]
fn each_question_takes_only_its_own_fields() {
    let due = question("due", json!({ "view": { "revision": 0 } }));
    expect_error(&due, "unknown_field", "question: unknown field `view`, expected one of row, now, context, policy");
    let compare = question("compare", json!({ "by": "ownRunner", "policy": {} }));
    expect_error(&compare, "unknown_field", "question: unknown field `policy`");
    let ledger = json!({ "ask": "ledger", "message": { "list": {} }, "now": NOW });
    expect_error(&ledger, "unknown_field", "question: unknown field `now`, expected one of message, ledger");
}

#[test]
fn a_wrong_value_is_named_with_its_field() {
    let cases = [
        ("now", json!("tomorrow"), "now: input contains invalid characters"),
        ("now", json!("+262143-01-01T00:00:00Z"), "now: input is out of range"),
        ("input", json!("start"), "input: invalid type: string \"start\", expected a command, a report or a timer"),
        ("input", json!({ "command": 5 }), "input: invalid type: integer `5`, expected a string"),
        ("input", json!({ "command": "stpo" }), "input: unknown "),
        ("input", json!({ "command": "stop", "froce": true }), "input: unknown field `froce`, expected `force`"),
        ("input", json!({ "command": "start", "force": true }), "input: unknown field `force`, there are no fields"),
        ("input", json!({ "timer": "ttl", "x": 1 }), "input: unknown field `x`, expected `timer`"),
        ("input", json!({ "command": "ttl", "minutes": -1, "x": 1 }), "input: unknown field `x`, expected `minutes`"),
        ("context", json!({ "linkd": true }), "context: unknown field `linkd`, expected one of `revision`"),
        ("context", json!([]), "context: invalid type: sequence, expected an object"),
        (
            "policy",
            json!({ "timeLimits": { "startin": 5 } }),
            "policy: unknown field `startin`, expected one of `creating`",
        ),
        ("policy", json!({ "profile": "0.205" }), "policy: unknown variant `0.205`, expected `0.190` or `0.226`"),
        ("row", json!([]), "row: invalid type: sequence, expected the columns of a stored lifecycle"),
        ("row", json!({ "desiredState": "started" }), "row: missing field `state`"),
        (
            "row",
            json!({ "state": "strated", "desiredState": "started" }),
            "row: state: unknown state `strated`, expected",
        ),
    ];
    for (field, value, message) in cases {
        expect_error(&stop(json!({ field: value })), "wrong_value", message);
    }
    let view = question("reconcile", json!({ "view": { "runner": "ready" } }));
    expect_error(&view, "wrong_value", "view: missing field `revision`");
    let by = question("compare", json!({ "by": "anybody" }));
    expect_error(&by, "wrong_value", "by: unknown variant `anybody`, expected one of `ownRunner`, `otherRunner`");
}

#[test]
fn a_column_that_comes_twice_is_an_error() {
    let line = format!(
        r#"{{"ask":"due","row":{{"state":"started","state":"stopped","desiredState":"started"}},"now":"{NOW}"}}"#
    );
    assert_eq!(error(line.as_bytes()), ("wrong_value".to_owned(), "row: duplicate field `state`".to_owned()));
}

#[test]
fn a_misspelled_column_does_not_silently_have_its_default() {
    let mut row = running();
    row["autoStopIntervall"] = json!(60);
    let message = "row: a row has no column `autoStopIntervall`, expected one of state, desiredState, pending";
    expect_error(&stop(json!({ "row": row })), "unknown_column", message);
}

#[test]
fn an_api_record_is_not_taken_for_a_stored_row() {
    let said = "row: this is an API record, not a stored row: it has ";
    for ask in ["decide", "reconcile", "due", "deadlines", "compare"] {
        let mut asked = question(ask, json!({ "row": record("started", "started"), "by": "none" }));
        match ask {
            "decide" => asked["input"] = json!({ "command": "stop" }),
            "compare" => asked["by"] = json!("ownRunner"),
            "deadlines" => drop(asked.as_object_mut().expect("a question").remove("now")),
            _ => {}
        }
        expect_error(&asked, "api_record", said);
    }
    // A part of a record too.
    let row = json!({ "state": "started", "desiredState": "started", "organizationId": "o1" });
    expect_error(&stop(json!({ "row": row })), "api_record", &format!("{said}organizationId. A record hides columns"));
    let watched = json!({ "ask": "assess", "goal": "started", "begin": { "watching": { "at": NOW, "row": record("started", "started") } }, "now": NOW });
    expect_error(&watched, "api_record", said);
}

#[test]
fn a_mistake_in_a_wait_is_named() {
    let assess = |fields: Value| {
        let mut asked = json!({ "ask": "assess", "goal": "started", "begin": { "accepted": NOW }, "now": NOW });
        asked.as_object_mut().expect("an object").extend(fields.as_object().expect("fields").clone());
        asked
    };
    let cases = [
        (json!({ "goal": "strated" }), "wrong_value", "goal: unknown variant `strated`"),
        (json!({ "begin": {} }), "wrong_value", "begin: a wait begins with one of after, accepted or watching"),
        (json!({ "begin": { "acepted": NOW } }), "unknown_field", "begin: unknown field `acepted`"),
        (json!({ "begin": NOW }), "wrong_value", "begin: expected an object"),
        (json!({ "seen": [{ "notFound": true }] }), "missing_field", "seen: missing field `at`"),
        (json!({ "seen": [{ "at": NOW }] }), "wrong_value", "seen: an observation has one of record, webhook, row"),
        (json!({ "seen": [{ "at": NOW, "notFound": false }] }), "wrong_value", "seen: an observation has one of"),
        (json!({ "seen": [{ "at": NOW, "record": {} }] }), "wrong_value", "record: missing field"),
        (
            json!({ "seen": [{ "at": NOW, "webhook": { "event": "x" } }] }),
            "wrong_value",
            "webhook: event is not sandbox",
        ),
        (json!({ "snapshots": [{ "found": true }] }), "wrong_value", "snapshots: missing field `at`"),
        (json!({ "timeoutSeconds": -1 }), "wrong_value", "timeoutSeconds: -1 is out of range"),
        (json!({ "timeoutSeconds": i64::MAX }), "wrong_value", "timeoutSeconds: 9223372036854775807 is out of range"),
    ];
    for (fields, code, message) in cases {
        expect_error(&assess(fields), code, message);
    }
}

#[test]
fn a_mistake_in_a_request_or_a_message_is_named() {
    let create =
        |request: Value, choices: Value| json!({ "ask": "create", "request": request, "choices": choices, "now": NOW });
    let cases = [
        (create(json!({ "gpus": 1 }), json!({})), "unknown_field", "request: unknown field `gpus`"),
        (create(json!({ "cpu": "4" }), json!({})), "wrong_value", "request: .cpu: invalid type: string \"4\""),
        (
            create(json!([]), json!({})),
            "wrong_value",
            "request: invalid type: sequence, expected a request for a sandbox",
        ),
        (create(json!({}), json!({ "class": "container" })), "wrong_value", "choices: unknown field `class`"),
        (json!({ "ask": "ledger", "message": {} }), "wrong_value", "message: it has exactly one field of call, ask"),
        (
            json!({ "ask": "ledger", "message": { "list": {}, "ask": { "epoch": 1 } } }),
            "wrong_value",
            "message: it has exactly one field",
        ),
        (json!({ "ask": "ledger", "message": { "cal": {} } }), "unknown_field", "message: unknown field `cal`"),
        (
            json!({ "ask": "ledger", "message": { "call": { "epoch": 1 } } }),
            "wrong_value",
            "call: missing field `task`",
        ),
        (json!({ "ask": "ledger", "message": { "ask": { "epoch": -1 } } }), "wrong_value", "ask: invalid value"),
        (
            json!({ "ask": "ledger", "message": { "interrupted": { "x": 1 } } }),
            "wrong_value",
            "interrupted: unknown field",
        ),
    ];
    for (asked, code, message) in cases {
        expect_error(&asked, code, message);
    }
}

#[test]
fn the_line_number_is_that_of_the_file() {
    let lines =
        [stop(json!({})).to_string().into_bytes(), b"not json".to_vec(), stop(json!({})).to_string().into_bytes()];
    let (status, found) = answers(&lines);
    assert_eq!((status, &found[1]["error"]["line"]), (Some(2), &json!(2)));
    assert_eq!(found[0], found[2], "the next line is answered all the same");
}

#[test]
fn help_is_printed_to_standard_output() {
    for word in ["--help", "-h"] {
        let output = command().arg(word).output().expect("the program starts");
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""), "{word}");
        let help = text(&output.stdout);
        assert!(help.starts_with("usage: decide < questions.jsonl\n"), "{help}");
        let asked = ["decide", "reconcile", "due", "deadlines", "compare", "assess", "create", "ledger"];
        for word in asked.into_iter().chain(["Exit status: 0"]) {
            assert!(help.contains(word), "{word} in:\n{help}");
        }
    }
}

#[test]
fn an_invalid_argument_prints_the_usage() {
    let output = command().arg("questions.jsonl").stdin(Stdio::null()).output().expect("the program starts");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
    assert_eq!(text(&output.stderr), "decide: unknown argument questions.jsonl\nusage: decide < questions.jsonl\n");
}

#[test]
fn a_byte_order_mark_is_ignored() {
    let line = [b"\xef\xbb\xbf".as_slice(), stop(json!({})).to_string().as_bytes()].concat();
    assert_eq!(run(&line).status.code(), Some(0));
}
