//! Which state a record shows: one that is only read, the state that came; one of a sandbox, the reported state.

use crate::{decided, record, written};
use sandbox_lifecycle::{
    Command, Lifecycle, Sandbox, SandboxDto, SandboxState,
    record::{ServerFields, StepDetails},
    vocabulary::AutoStop,
};
use serde_json::{Value, json};

/// A record of a server that shows the stored state: the stop is requested and has not begun.
fn unprojected() -> Value {
    record(json!({ "state": "started", "desiredState": "stopped", "updatedAt": "2024-10-01T14:00:00+02:00" }))
}

fn shown(sandbox: &Sandbox) -> Value {
    serde_json::to_value(sandbox.dto()).unwrap()
}

#[test]
fn a_record_is_written_back_with_the_state_that_came() {
    assert_eq!(written(&unprojected()), unprojected());
}

#[test]
fn a_sandbox_of_a_record_shows_the_reported_state_and_every_other_field_as_it_came() {
    for (state, desired, reported) in [
        ("started", "stopped", "stopping"),
        ("stopped", "started", "starting"),
        ("stopped", "archived", "archiving"),
        ("unknown", "started", "creating"),
        ("stopping", "stopped", "stopping"),
        ("error", "started", "error"),
    ] {
        let mut given = unprojected();
        (given["state"], given["desiredState"]) = (json!(state), json!(desired));
        let sandbox: Sandbox =
            Sandbox::from_api(serde_json::from_value(given.clone()).unwrap(), ServerFields::default()).unwrap();
        assert_eq!(sandbox.lifecycle().state().as_str(), state, "the lifecycle has the state that the record names");
        assert_eq!(sandbox.lifecycle().reported_state().as_str(), reported);
        given["state"] = json!(reported);
        assert_eq!(shown(&sandbox), given, "{state} {desired}");
        assert_eq!(serde_json::to_value(SandboxDto::from(sandbox)).unwrap(), given);
    }
}

#[test]
fn a_sandbox_shows_the_reported_state_after_every_step() {
    let mut sandbox = Sandbox::try_from(serde_json::from_value::<SandboxDto>(unprojected()).unwrap()).unwrap();
    let setting = decided(&sandbox, Command::AutoStop { interval: AutoStop::Never }, "2024-10-01T16:45:00Z");
    let _ = sandbox.apply(&setting, StepDetails::default()).unwrap();
    assert_eq!(sandbox.lifecycle().state(), SandboxState::Started);
    assert_eq!(shown(&sandbox)["state"], json!("stopping"));
}

#[test]
fn a_sandbox_of_a_server_s_row_shows_the_reported_state() {
    let dto: SandboxDto = serde_json::from_value(unprojected()).unwrap();
    let row = Lifecycle::try_from(&dto).unwrap();
    assert_eq!(shown(&Sandbox::from_row(dto, row, Default::default()))["state"], json!("stopping"));
}
