//! What the program answers to each question.

use crate::run::{NOW, answer, answers, question, record, running, stop};
use serde_json::{Value, json};

#[test]
fn a_stop_is_a_step_with_its_changes_and_effects() {
    let expected = json!({ "step": {
        "cause": { "command": "stop" },
        "expects": { "revision": 0 },
        "changes": { "desiredState": "stopped", "pending": true, "revision": 1 },
        "effects": [
            { "emit": { "event": "sandbox.desired-state.updated",
                "oldDesiredState": "started", "newDesiredState": "stopped" } },
            { "emit": { "event": "sandbox.stopped" } },
        ],
    } });
    assert_eq!(answer(&stop(json!({}))), expected);
}

#[test]
fn an_emptied_column_is_null_in_the_changes() {
    let row = json!({ "state": "started", "desiredState": "started", "hasRunner": true, "autoDestroyAt": NOW });
    let asked = question("decide", json!({ "row": row, "input": { "command": "ttl", "minutes": 0 } }));
    assert_eq!(answer(&asked)["step"]["changes"], json!({ "autoDestroyAt": null, "revision": 1 }));
}

#[test]
fn the_changes_of_a_step_make_the_next_row() {
    let mut row = running();
    let changes = answer(&stop(json!({})))["step"]["changes"].clone();
    row.as_object_mut().expect("a row").extend(changes.as_object().expect("changes").clone());
    let next = &answer(&question("reconcile", json!({ "row": row })))["next"];
    assert_eq!(next["apply"]["effects"][0], json!({ "call": { "task": "stop", "force": false, "epoch": 1 } }));
}

#[test]
fn a_refusal_has_a_code_a_status_a_message_and_advice() {
    let row = json!({ "state": "archived", "desiredState": "archived" });
    let refusal = answer(&stop(json!({ "row": row })))["refusal"].clone();
    assert_eq!((&refusal["code"], &refusal["http"]), (&json!("bad_state"), &json!(400)));
    assert_eq!(refusal["retry"], json!("not-from-here"));
    assert!(
        refusal["message"].as_str().is_some_and(|text| text.starts_with("cannot stop while the state is archived"))
    );
}

#[test]
fn an_interval_out_of_range_is_refused_as_a_server_refuses_it() {
    let asked = question("decide", json!({ "input": { "command": "autostop", "minutes": -1 } }));
    let refusal = answer(&asked)["refusal"].clone();
    assert_eq!((&refusal["code"], &refusal["http"]), (&json!("negative_interval"), &json!(400)));
    assert_eq!(refusal["retry"], json!("other-arguments"));
}

#[test]
fn a_policy_may_name_only_what_differs() {
    let snapshot = |profile: &str| {
        let row =
            json!({ "state": "started", "desiredState": "started", "hasRunner": true, "sandboxClass": "linux-vm" });
        let input = json!({ "command": "snapshot", "includeMemory": true });
        answer(&question("decide", json!({ "row": row, "input": input, "policy": { "profile": profile } })))
    };
    assert_eq!(snapshot("0.190")["refusal"]["code"], json!("memory_snapshot_class"));
    assert_eq!(snapshot("0.226")["step"]["changes"]["state"], json!("snapshotting"));
}

#[test]
fn a_pass_asks_waits_or_applies() {
    let moving = json!({ "state": "starting", "desiredState": "started", "pending": true, "hasRunner": true, "epoch": 3,
        "stateSince": "2024-10-01T16:44:00Z" });
    let next = |fields| answer(&question("reconcile", fields))["next"].clone();
    assert_eq!(next(json!({ "row": moving })), json!({ "ask": { "runner": { "epoch": 3 } } }));
    let view = json!({ "revision": 0, "observed": { "state": "started" } });
    assert_eq!(next(json!({ "row": moving, "view": view }))["apply"]["changes"]["state"], json!("started"));
    let view = json!({ "revision": 0, "observed": "busy" });
    assert_eq!(next(json!({ "row": moving, "view": view })), json!({ "wait": { "until": "2024-10-01T16:46:00Z" } }));
    let rests = json!({ "state": "destroyed", "desiredState": "destroyed" });
    assert_eq!(
        next(json!({ "row": rests, "now": "1970-01-01T00:00:00Z" }))["wait"]["until"],
        json!("1970-01-02T00:00:00.000001Z")
    );
}

#[test]
fn the_clock_answers_the_timer_that_is_due_and_every_deadline() {
    let used = |at: &str| {
        json!({ "row": { "state": "started", "desiredState": "started", "hasRunner": true,
        "lastActivityAt": at } })
    };
    let due = answer(&question("due", used("2024-10-01T16:29:59.999999Z")));
    assert_eq!(due["step"]["cause"], json!({ "timer": "autoStop" }));
    assert_eq!(answer(&question("due", used("2024-10-01T16:30:00Z"))), json!({ "step": null }), "strictly later");
    let mut asked = question("deadlines", used("2024-10-01T16:30:00Z"));
    asked.as_object_mut().expect("a question").remove("now");
    let deadlines = answer(&asked)["deadlines"].clone();
    let of = |timer: &str| deadlines.as_array().expect("a list").iter().find(|one| one["timer"] == timer).cloned();
    assert_eq!(of("autoStop"), Some(json!({ "timer": "autoStop", "standing": "armed", "at": NOW })));
    assert_eq!(of("ttl"), Some(json!({ "timer": "ttl", "standing": "off" })));
}

#[test]
fn a_copy_that_a_runner_lists_is_compared_with_the_row() {
    let finding = |fields| answer(&question("compare", fields))["finding"].clone();
    let copy = |state: &str| json!({ "epoch": 0, "state": state, "released": false });
    assert_eq!(finding(json!({ "by": "ownRunner", "copy": copy("running") })), json!("agrees"));
    assert_eq!(finding(json!({ "by": "ownRunner" }))["apply"]["changes"]["mustAsk"], json!(true), "it lists none");
    assert_eq!(finding(json!({ "by": "otherRunner", "copy": copy("at-rest") })), json!({ "remove": { "epoch": 0 } }));
}

#[test]
fn a_wait_is_assessed_from_records_webhooks_and_404s() {
    let assessed = |seen: Value| {
        answer(&json!({ "ask": "assess", "goal": "stopped", "begin": { "accepted": NOW }, "seen": seen,
            "now": "2024-10-01T16:45:10Z" }))
    };
    let at = "2024-10-01T16:45:05Z";
    assert_eq!(assessed(json!([]))["missing"], json!("record"));
    assert_eq!(assessed(json!([{ "at": at, "record": record("stopping", "stopped") }]))["state"], json!("stopping"));
    let stopped = json!([{ "at": at, "record": record("stopped", "stopped") }]);
    assert_eq!(assessed(stopped), json!({ "assessment": "reached" }));
    assert_eq!(assessed(json!([{ "at": at, "notFound": true }]))["missing"], json!("auto_delete"));
    let webhook = json!({ "event": "sandbox.state.updated", "timestamp": at, "id": "s1", "organizationId": "o1",
        "oldState": "started", "newState": "stopping", "updatedAt": at });
    assert_eq!(assessed(json!([{ "at": at, "webhook": webhook }]))["state"], json!("stopping"));
    let row = json!({ "state": "stopped", "desiredState": "stopped" });
    assert_eq!(assessed(json!([{ "at": at, "row": row }]))["assessment"], json!("reached"));
}

#[test]
fn a_wait_begins_with_an_answer_a_command_or_nothing_and_may_have_a_timeout() {
    let begun = |begin: Value| {
        answer(
            &json!({ "ask": "assess", "goal": "started", "begin": begin, "timeoutSeconds": 5, "now": "2024-10-01T16:45:10Z" }),
        )
    };
    let first = json!({ "at": NOW, "record": record("starting", "started") });
    let timed_out = json!({ "assessment": "timed_out", "state": "starting" });
    assert_eq!(begun(json!({ "after": first })), timed_out);
    let long_ago = json!({ "assessment": "stuck", "state": "starting", "since": "2024-10-01T16:30:00Z" });
    assert_eq!(begun(json!({ "watching": first })), long_ago, "time limits count from the begin of the state");
    assert_eq!(begun(json!({ "accepted": NOW }))["state"], json!(null));
    let snapshot = json!({ "ask": "assess", "goal": "snapshot_taken", "begin": { "after": first }, "now": NOW,
        "snapshots": [{ "found": true, "at": NOW }] });
    assert_eq!(answer(&snapshot), json!({ "assessment": "reached" }));
}

#[test]
fn a_new_sandbox_has_a_row_and_a_record() {
    let created = answer(&json!({ "ask": "create", "request": { "name": "mine", "labels": { "a": "b" } }, "now": NOW,
        "choices": { "id": "s1", "runnerId": "r1", "sandboxClass": "linux-vm" } }));
    assert_eq!((&created["row"]["state"], &created["record"]["state"]), (&json!("unknown"), &json!("creating")));
    assert_eq!((&created["record"]["id"], &created["record"]["name"]), (&json!("s1"), &json!("mine")));
    assert_eq!((&created["row"]["autoPauseInterval"], &created["row"]["autoStopInterval"]), (&json!(60), &json!(0)));
    // The row is one that the other questions take.
    let next = answer(&question("reconcile", json!({ "row": created["row"] })))["next"].clone();
    assert_eq!(next["apply"]["changes"]["state"], json!("creating"));
}

#[test]
fn a_request_with_faulty_fields_is_refused_with_all_of_them() {
    let refused = |request: Value, choices: Value| {
        answer(&json!({ "ask": "create", "request": request, "choices": choices, "now": NOW }))["refusal"].clone()
    };
    let faulty = refused(json!({ "gpu": 1, "kvm": true }), json!({}));
    let fields: Vec<&Value> = faulty["fields"].as_array().expect("a list").iter().map(|one| &one["field"]).collect();
    assert_eq!(fields, [&json!("kvm"), &json!("autoDeleteInterval")]);
    assert_eq!((&faulty["code"], &faulty["http"]), (&json!(null), &json!(400)));
    let suspended = refused(json!({}), json!({ "organizationSuspended": true }));
    assert_eq!((&suspended["code"], &suspended["http"]), (&json!("suspended"), &json!(403)));
    let linked = json!({ "sandboxClass": "android", "link": { "id": "owner", "isLinked": true } });
    assert_eq!(refused(json!({ "autoDeleteInterval": 0 }), linked)["fields"][0]["field"], json!("linkedSandbox"));
}

#[test]
fn a_runner_keeps_its_ledger() {
    let entered =
        |ledger: &Value, message: Value| answer(&json!({ "ask": "ledger", "ledger": ledger, "message": message }));
    let call = json!({ "task": "stop", "force": false, "epoch": 7 });
    let first = entered(&json!({}), json!({ "call": call }));
    assert_eq!(first["verdict"], json!({ "carryOut": { "replacesCopy": false, "supersedes": null } }));
    assert_eq!(entered(&first["ledger"], json!({ "call": call }))["verdict"], json!("underWay"));
    let ended = entered(&first["ledger"], json!({ "finish": { "epoch": 7, "end": "completed" } }));
    assert_eq!(
        ended["verdict"]["send"],
        json!({ "report": "ended", "job": "stop", "outcome": "completed", "epoch": 7 })
    );
    let late = json!({ "task": "start", "epoch": 6 });
    let refused = entered(&ended["ledger"], json!({ "call": late }));
    assert_eq!(refused["verdict"]["refuse"], json!({ "refusal": "olderEpoch", "epoch": 6, "newest": 7 }));
    let copy = json!({ "state": "at-rest" });
    assert_eq!(entered(&ended["ledger"], json!({ "ask": { "epoch": 8, "seen": copy } }))["verdict"]["answer"], copy);
    let left = entered(&ended["ledger"], json!({ "release": { "epoch": 8 } }));
    assert_eq!(left["verdict"], json!({ "carryOut": { "supersedes": null } }));
    assert_eq!(
        entered(&left["ledger"], json!({ "remove": { "epoch": 7 } }))["verdict"],
        json!({ "withoutEffect": { "newest": 8 } })
    );
    assert_eq!(entered(&first["ledger"], json!({ "interrupted": {} })), json!({ "ledger": { "newest": 7 } }));
    assert_eq!(entered(&left["ledger"], json!({ "list": { "seen": copy } }))["listed"]["released"], json!(true));
    assert_eq!(entered(&json!({}), json!({ "list": {} })), json!({ "listed": null }));
}

#[test]
fn every_stored_input_is_taken() {
    let golden = [
        include_str!("../../../../tests/storage/golden/command.jsonl"),
        include_str!("../../../../tests/storage/golden/report.jsonl"),
        include_str!("../../../../tests/storage/golden/timer.jsonl"),
    ];
    // A line may end with a carriage return and a line feed.
    let asked = |input: &str| {
        let input: Value = serde_json::from_str(input).expect("JSON");
        format!("{}\r", stop(json!({ "input": input }))).into_bytes()
    };
    let lines: Vec<_> = golden.iter().flat_map(|lines| lines.lines()).map(asked).collect();
    assert!(lines.len() > 50);
    let (status, found) = answers(&lines);
    assert_eq!(status, Some(0));
    for answer in found {
        assert!(answer.get("step").is_some() || answer.get("refusal").is_some(), "{answer}");
    }
}

#[test]
fn every_stored_row_is_taken() {
    let rows = include_str!("../../../../tests/storage/golden/lifecycle.jsonl");
    let asked = |row: &str| {
        let row: Value = serde_json::from_str(row).expect("JSON");
        question("due", json!({ "row": row, "context": { "revision": row["revision"] } })).to_string().into_bytes()
    };
    let (status, _) = answers(&rows.lines().map(asked).collect::<Vec<_>>());
    assert_eq!(status, Some(0));
}
