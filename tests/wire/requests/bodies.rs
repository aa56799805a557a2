//! Requests and webhooks: the command, edit or report that a body becomes, and the bodies of events.

use crate::at;
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Lifecycle, Policy, Report, Sandbox, SandboxDto, SandboxState,
    record::{
        BuildInfo, CreateSandbox, CreateSandboxSnapshot, ErrorBody, ForkSandbox, Message, Messages, NetworkAllowList,
        Number, NumberedSandboxPage, RecordEdit, ResizeSandbox, SandboxCreated, SandboxLabels, SandboxListItem,
        SandboxPage, SandboxStateUpdated, SandboxVolume, StepDetails, TextMap, UpdateSandboxNetworkSettings,
        UpdateSandboxState,
    },
    rules::Event,
    vocabulary::{Fault, Open, Size, SizeChange},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn read<T: DeserializeOwned>(body: Value) -> T {
    serde_json::from_value(body).unwrap()
}

fn sandbox() -> Sandbox {
    let record = serde_json::from_str(include_str!("../../../examples/data/sandbox.json")).unwrap();
    Sandbox::from_api(record, Default::default()).unwrap()
}

#[test]
fn a_resize_request_becomes_a_resize_of_the_named_resources() {
    let request: ResizeSandbox = read(json!({"cpu": 8.0, "disk": null}));
    let expected = Command::Resize(SizeChange { cpu: core::num::NonZeroU32::new(8), memory: None, disk: None });
    assert_eq!(Command::try_from(&request), Ok(expected));
}

#[test]
fn a_snapshot_and_a_fork_become_commands() {
    let with: CreateSandboxSnapshot = read(json!({"name": "s", "includeMemory": true}));
    let without: CreateSandboxSnapshot = read(json!({"name": "s"}));
    assert_eq!(Command::from(&with), Command::Snapshot { include_memory: true });
    assert_eq!(Command::from(&without), Command::Snapshot { include_memory: false });
    assert_eq!(Command::from(&read::<ForkSandbox>(json!({}))), Command::Fork);
}

#[test]
fn a_state_report_takes_its_fault_from_the_error_reason() {
    let body: UpdateSandboxState = read(json!({"state": "error", "errorReason": "Job timed out", "recoverable": true}));
    let expected =
        Report::State { state: SandboxState::Error, fault: Some(Fault::Timeout), recoverable: true, epoch: None };
    assert_eq!(Report::try_from(&body), Ok(expected));
    let body: UpdateSandboxState = read(json!({"state": "melted"}));
    let error = Report::try_from(&body).unwrap_err().to_string();
    assert!(error.starts_with("state is \"melted\", expected one of creating, restoring, "), "{error}");
}

#[test]
fn an_edit_changes_only_its_fields_updated_at_and_the_revision_and_keeps_the_last_activity() {
    let mut edited = sandbox();
    let now = at("2024-10-01T17:00:00Z");
    let mut edit = |edit| edited.edit(edit, now).into_iter().map(|entry| entry.message).collect::<Vec<_>>();
    assert_eq!(edit(read::<SandboxLabels>(json!({"labels": {"a": "1"}})).into()), []);
    assert_eq!(edit(RecordEdit::Public(true)), [Message::Event(Event::PublicStatusUpdated)]);
    assert_eq!(edit(RecordEdit::Public(true)), [], "it was already public");
    let network: UpdateSandboxNetworkSettings =
        read(json!({"networkBlockAll": true, "networkAllowList": "10.0.0.0/8", "domainAllowList": null}));
    assert_eq!(edit(RecordEdit::try_from(&network).unwrap()), []);
    let mut expected = serde_json::to_value(sandbox().dto()).unwrap();
    expected["labels"] = json!({"a": "1"});
    expected["public"] = json!(true);
    expected["networkBlockAll"] = json!(true);
    expected["networkAllowList"] = json!("10.0.0.0/8");
    // The sample has no last activity. It was that of the last write, which is another one from now on.
    expected["lastActivityAt"] = expected["updatedAt"].clone();
    expected["updatedAt"] = json!("2024-10-01T17:00:00Z");
    assert_eq!(serde_json::to_value(edited.dto()).unwrap(), expected);
    let edits = 4;
    let raised = Columns { revision: sandbox().lifecycle().revision() + edits, ..sandbox().lifecycle().columns() };
    assert_eq!(edited.lifecycle().columns(), raised);
}

#[test]
fn an_allow_list_must_have_the_documented_form() {
    let cases = [
        ("networkAllowList", "10.0.0.0/8, 2001:db8::/32", true),
        ("networkAllowList", "", true),
        ("networkAllowList", "0.0.0.0/0", true),
        ("networkAllowList", "10.0.0.0", false),
        ("networkAllowList", "10.0.0.0/+8", false),
        ("networkAllowList", "10.0.0.0/8,", false),
        ("networkAllowList", "10.0.0/8", false),
        ("networkAllowList", "::/129", false),
        ("domainAllowList", "example.com,*.example.org,xn--bcher-kva.example", true),
        ("domainAllowList", "*", false),
        ("domainAllowList", "a.*.example.org", false),
        ("domainAllowList", "-a.example", false),
        ("domainAllowList", "a..example", false),
    ];
    for (field, list, is_accepted) in cases {
        let request: UpdateSandboxNetworkSettings = read(json!({field: list}));
        assert_eq!(RecordEdit::try_from(&request).is_ok(), is_accepted, "{field} {list:?}");
    }
    let request: UpdateSandboxNetworkSettings = read(json!({"networkAllowList": "a", "domainAllowList": "b c"}));
    assert_eq!(
        RecordEdit::try_from(&request).unwrap_err().to_string(),
        "networkAllowList is \"a\", expected CIDRs separated by commas, such as 10.0.0.0/8; \
         domainAllowList is \"b c\", expected domains separated by commas, such as example.com or *.example.com"
    );
}

#[test]
fn one_text_or_several_are_read_and_nothing_else() {
    let message = |body: Value| serde_json::from_value::<ErrorBody>(body).expect_err("no text").to_string();
    let expected = ".message: invalid type: integer `7`, expected a string or a list of strings";
    assert_eq!(message(json!({ "message": 7 })), expected);
}

/// Subscribers inside of the platform get every event; the published webhooks are about states alone.
#[test]
fn an_event_without_states_has_no_webhook() {
    let sandbox = sandbox();
    let events = [
        Event::Created,
        Event::Started,
        Event::Stopped,
        Event::Archived,
        Event::Destroyed,
        Event::BackupCreated,
        Event::SnapshotCreated,
        Event::PublicStatusUpdated,
        Event::OrganizationUpdated,
    ];
    for event in events {
        assert_eq!(SandboxStateUpdated::from_event(&sandbox, event, at("2024-10-01T16:45:00Z")), None, "{event}");
        let written = serde_json::to_value(event).expect("it is written");
        assert_eq!(written, json!({ "event": event.name() }));
        assert_eq!(serde_json::from_value::<Event>(written).expect("it is read again"), event);
    }
}

#[test]
fn a_webhook_body_has_the_states_before_and_after_a_step() {
    let mut sandbox = sandbox();
    let now = at("2024-10-01T16:45:00Z");
    let body: UpdateSandboxState = read(json!({"state": "stopped"}));
    let report = Report::try_from(&body).unwrap();
    let step = sandbox.lifecycle().decide(report, &Policy::default(), Context::of(sandbox.lifecycle()), now).unwrap();
    let _ = sandbox.apply(&step, StepDetails::default()).unwrap();
    let event = Event::StateUpdated { old_state: SandboxState::Started, new_state: SandboxState::Stopped };
    let webhook = SandboxStateUpdated::from_event(&sandbox, event, now).unwrap();
    assert_eq!(
        serde_json::to_value(webhook).unwrap(),
        json!({
            "event": "sandbox.state.updated", "timestamp": "2024-10-01T16:45:00Z", "id": "sandbox123",
            "organizationId": "org456", "oldState": "started", "newState": "stopped",
            "updatedAt": "2024-10-01T16:45:00Z",
        })
    );
    assert_eq!(SandboxStateUpdated::from_event(&sandbox, Event::Stopped, now), None);
    assert_eq!(
        serde_json::to_value(SandboxCreated::new(&sandbox, now)).unwrap(),
        json!({
            "event": "sandbox.created", "timestamp": "2024-10-01T16:45:00Z", "id": "sandbox123",
            "organizationId": "org456", "state": "stopped", "sandboxClass": "container",
            "createdAt": "2024-10-01T12:00:00Z",
        })
    );
}

#[test]
fn records_and_requests_can_be_built() {
    let mut dto = SandboxDto::new(
        "s1",
        "o1",
        "n",
        "daytona",
        "eu",
        "https://proxy.example.com",
        Size { cpu: 1, memory: 2, disk: 3 },
    );
    dto.state = Open::from(SandboxState::Started).into();
    dto.desired_state = Open::from(DesiredState::Started).into();
    dto.volumes = vec![SandboxVolume::new("v1", "/data")].into();
    dto.build_info = BuildInfo::new("2024-10-01T12:00:00Z", at("2024-10-01T12:00:00Z"), "built:1").into();
    assert_eq!(Lifecycle::try_from(&dto).unwrap().size(), Size { cpu: 1, memory: 2, disk: 3 });
    let item = SandboxListItem::from(&dto);
    assert_eq!(Lifecycle::try_from(&item), Lifecycle::try_from(&dto));
    assert_eq!(serde_json::to_value(SandboxPage::new(vec![item])).unwrap()["items"][0]["id"], json!("s1"));
    let page = NumberedSandboxPage::new(vec![dto], 1, 1, 1);
    assert_eq!(serde_json::to_value(page).unwrap()["totalPages"], json!(1));

    let mut resize = ResizeSandbox::default();
    assert_eq!(serde_json::to_value(&resize).unwrap(), json!({}));
    resize.cpu = Number::from(2).into();
    assert_eq!(serde_json::to_value(&resize).unwrap(), json!({"cpu": 2}));
    assert_eq!(serde_json::to_value(CreateSandbox::default()).unwrap(), json!({}));
    let report = UpdateSandboxState::new(SandboxState::Stopped);
    assert_eq!(serde_json::to_value(report).unwrap(), json!({"state": "stopped"}));
    let labels = SandboxLabels::new(TextMap::from_iter([("a", "1")]));
    assert_eq!(serde_json::to_value(labels).unwrap(), json!({"labels": {"a": "1"}}));
    let body = ErrorBody::new(404, Messages::One("no such sandbox".into()));
    assert_eq!(
        serde_json::to_value(body).unwrap(),
        json!({"statusCode": 404, "message": "no such sandbox", "error": "Not Found"})
    );
}

#[test]
fn collections_can_be_iterated() {
    let labels = TextMap::from_iter([("a", "1"), ("b", "2")]);
    assert_eq!((&labels).into_iter().collect::<Vec<_>>(), [("a", "1"), ("b", "2")]);
    assert_eq!(labels.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), ["a", "b"]);
    let list: NetworkAllowList = " 10.0.0.0/8, 2001:db8::/32".parse().unwrap();
    assert_eq!((&list).into_iter().collect::<Vec<_>>(), ["10.0.0.0/8", "2001:db8::/32"]);
    assert_eq!((list.as_str(), list.to_string().as_str()), (" 10.0.0.0/8, 2001:db8::/32", list.as_str()));
    assert_eq!(" ".parse::<NetworkAllowList>().unwrap().iter().count(), 0);
    let request: ResizeSandbox = read(json!({"cpu": 0, "disk": 0}));
    let errors = Command::try_from(&request).unwrap_err();
    assert_eq!(errors.into_iter().map(|error| error.field).collect::<Vec<_>>(), ["cpu", "disk"]);
}
