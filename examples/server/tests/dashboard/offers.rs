//! The buttons are open where the crate accepts the command, and say why where it does not.

use sandbox_lifecycle::{
    Acceptance, Columns, Context, DesiredState, Lifecycle, Policy, Sandbox, SandboxClass, SandboxDto, SandboxState,
    Verb, chrono::DateTime, record::ServerTexts,
};
use sandbox_server::dashboard::{Look, Seen, view::Fleet};
use serde_json::{Value, json};

/// What the page gets for a row.
fn shown(columns: Columns) -> (Value, Lifecycle) {
    let record = r#"{"id":"s1","organizationId":"o1","name":"n","user":"daytona","env":{},"labels":{"b":"<b>"},"public":false,
        "networkBlockAll":false,"target":"eu","cpu":1,"gpu":0,"memory":1,"disk":3,"state":"started","desiredState":"started"}"#;
    let record: SandboxDto = serde_json::from_str(record).expect("a record");
    let row = Lifecycle::from(columns);
    let sandbox = Sandbox::from_row(record, row, ServerTexts::default());
    let context = Context::of(&row);
    let look = Look { now: DateTime::UNIX_EPOCH, seen: vec![Seen { sandbox, context }], more: 2 };
    (serde_json::to_value(Fleet::of(&look, &Policy::default())).expect("it is written"), row)
}

fn verb(key: &str) -> Verb {
    match key {
        "stopNow" => Verb::Stop,
        key => key.parse().expect("a button is named after its command"),
    }
}

#[test]
fn a_button_is_open_if_and_only_if_the_crate_accepts_its_command() {
    let (policy, now) = (Policy::default(), DateTime::UNIX_EPOCH);
    let mut judged = 0;
    for state in SandboxState::ALL {
        for desired_state in DesiredState::ALL {
            for class in [SandboxClass::Container, SandboxClass::LinuxVm] {
                let columns = Columns { state: *state, desired_state: *desired_state, class, ..Columns::default() };
                let (fleet, row) = shown(columns);
                for offer in fleet["offers"][0].as_array().expect("a list") {
                    let verb = verb(offer["key"].as_str().expect("a key"));
                    let mut answers = row.acceptances(&policy, Context::of(&row), now);
                    let (_, acceptance) = answers.find(|(other, _)| *other == verb).expect("the API offers it");
                    // A backup that nothing needs is a success that writes nothing.
                    let open = acceptance == Acceptance::Accepted && !(verb == Verb::Backup && offer["open"] == false);
                    assert_eq!(offer["open"], open, "{verb} from {state} to {desired_state} of {class}: {acceptance}");
                    let says_why = offer["why"].as_str().is_some_and(|why| !why.is_empty());
                    assert_eq!(says_why, !open, "{offer}");
                    judged += 1;
                }
            }
        }
    }
    assert_eq!(judged, SandboxState::ALL.len() * DesiredState::ALL.len() * 2 * 11);
}

#[test]
fn a_started_container_is_shown_with_its_state_resources_deadlines_and_answers() {
    let (fleet, _) = shown(Columns::default());
    let row = &fleet["sandboxes"][0];
    let expected = json!({
        "state": "started", "desiredState": "started", "settled": true, "tone": "runs",
        "holdsWords": "compute and disk", "contents": "running processes, memory, disk",
        "labels": {"b": "<b>"}, "offers": 0,
        "next": ["destroying", "stopping", "resizing", "snapshotting"],
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&row[name], value, "{name}");
    }
    assert_eq!(row["deadlines"][0]["what"], "will be stopped");
    assert_eq!(row["deadlines"][0]["unless"], "it is used");
    let offer =
        |key: &str| fleet["offers"][0].as_array().expect("a list").iter().find(|offer| offer["key"] == key).cloned();
    let stop = json!({"key": "stop", "open": true, "loses": "running processes, memory", "leadsTo": "stopping"});
    assert_eq!(offer("stop"), Some(stop));
    let archive = json!({"key": "archive", "open": false, "why": "only a stopped sandbox can be archived"});
    assert_eq!(offer("archive"), Some(archive));
    let recover = json!({"key": "recover", "open": false, "why": "only a sandbox in error can be recovered"});
    assert_eq!(offer("recover"), Some(recover));
    let destroy = json!({
        "key": "destroy", "open": true, "loses": "running processes, memory, disk", "confirm": true, "leadsTo": "destroying"
    });
    assert_eq!(offer("destroy"), Some(destroy));
    assert_eq!(fleet["more"], 2);
}

#[test]
fn a_button_has_the_request_of_the_published_api() {
    let (fleet, _) = shown(Columns::default());
    let buttons = fleet["buttons"].as_array().expect("a list").iter();
    let requests = buttons.map(|button| format!("{} {}", button["method"], button["path"]).replace('"', ""));
    assert_eq!(
        requests.collect::<Vec<_>>(),
        [
            "POST /sandbox/~/start",
            "POST /sandbox/~/stop",
            "POST /sandbox/~/stop?force=true",
            "POST /sandbox/~/pause",
            "POST /sandbox/~/archive",
            "POST /sandbox/~/recover",
            "POST /sandbox/~/backup",
            "POST /sandbox/~/snapshot",
            "POST /sandbox/~/fork",
            "POST /sandbox/~/resize",
            "DELETE /sandbox/~",
        ]
    );
}
