//! What a client says of a command from a record: yes, no, already so, or that the server decides.

use crate::record;
use sandbox_lifecycle::{
    Acceptance, Command, PartialLifecycle, Policy, Reason, SandboxDto, Verb,
    lifecycle::Recovery,
    record::LifecycleView,
    rules::KnownContext,
    vocabulary::{AutoDelete, SizeChange},
};
use serde_json::{Value, json};
use std::num::NonZeroU32;

const STOP: Command = Command::Stop { force: false };
const DESTROY: Command = Command::Destroy { force: false };
const SNAPSHOT: Command = Command::Snapshot { include_memory: false };
const RECOVER: Command = Command::Recover { start: true };

fn resize() -> Command {
    Command::Resize(SizeChange { cpu: NonZeroU32::new(8), memory: None, disk: None })
}

/// What a client knows of its own organization and sandbox.
fn ordinary() -> KnownContext {
    KnownContext { has_live_fork_children: Some(false), organization_suspended: Some(false), linked: Some(false) }
}

/// Returns the record of a VM with these fields, of which the client is shown the runner or not.
fn vm(shows_runner: bool, more: Value) -> PartialLifecycle {
    let mut record = record(json!({
        "sandboxClass": "linux-vm", "backupState": "None", "recoverable": false,
        "autoStopInterval": 15, "autoPauseInterval": 0, "autoDeleteInterval": -1,
    }));
    for (name, value) in more.as_object().expect("fields") {
        record[name] = value.clone();
    }
    if !shows_runner {
        record.as_object_mut().expect("a record").remove("runnerId");
    }
    let dto: SandboxDto = serde_json::from_value(record).expect("a record");
    PartialLifecycle::try_from(&dto).expect("a valid record")
}

fn acceptance(seen: PartialLifecycle, command: Command, known: KnownContext) -> Acceptance {
    seen.explain(command, &Policy::default(), known).acceptance()
}

#[test]
fn a_runner_that_is_not_shown_leaves_the_decision_to_the_server() {
    let stopped = json!({"state": "stopped", "desiredState": "stopped"});
    for (command, fields) in
        [(Command::Pause, json!({})), (resize(), json!({})), (Command::Fork, json!({})), (SNAPSHOT, stopped)]
    {
        let explained = vm(false, fields.clone()).explain(command, &Policy::default(), ordinary());
        assert_eq!(explained.acceptance(), Acceptance::ServerDecides, "{command}");
        assert_eq!(explained.reason(), None, "{command}");
        let unseen: Vec<_> = explained.unseen().map(|guard| guard.name()).collect();
        assert_eq!(unseen, ["on_a_runner"], "{command}");
        assert_eq!(acceptance(vm(true, fields), command, ordinary()), Acceptance::Accepted, "{command}");
    }
}

#[test]
fn a_runner_that_is_null_may_be_hidden() {
    let seen = vm(true, json!({"runnerId": null}));
    assert_eq!(acceptance(seen, Command::Pause, ordinary()), Acceptance::ServerDecides);
}

#[test]
fn what_a_client_knows_of_the_context_settles_the_answer() {
    let nothing = KnownContext::default();
    let suspended = KnownContext { organization_suspended: Some(true), ..nothing };
    let forked = KnownContext { has_live_fork_children: Some(true), ..nothing };
    let linked = KnownContext { linked: Some(true), ..nothing };
    let durable = Command::AutoDelete { interval: AutoDelete::NEVER };
    let stopped = || vm(true, json!({"state": "stopped", "desiredState": "stopped"}));
    for (command, against) in
        [(Command::Start, suspended), (DESTROY, forked), (Command::Archive, forked), (durable, linked)]
    {
        assert_eq!(acceptance(stopped(), command, nothing), Acceptance::ServerDecides, "{command}");
        assert_eq!(acceptance(stopped(), command, ordinary()), Acceptance::Accepted, "{command}");
        assert_eq!(acceptance(stopped(), command, against), Acceptance::Refused, "{command}");
    }
}

#[test]
fn a_link_in_the_record_is_known() {
    let dto: SandboxDto = serde_json::from_value(record(json!({"linkedSandboxId": "s0"}))).expect("a record");
    assert_eq!(KnownContext::from(&dto).linked, Some(true));
    let dto: SandboxDto = serde_json::from_value(record(json!({}))).expect("a record");
    assert_eq!(KnownContext::from(&dto).linked, None);
}

#[test]
fn a_client_gives_the_reason_of_a_certain_refusal() {
    let explained = vm(false, json!({})).explain(Command::Archive, &Policy::default(), KnownContext::default());
    assert_eq!((explained.acceptance(), explained.reason()), (Acceptance::Refused, Some(Reason::BadState)));
    // The organization may also be suspended, which is checked first.
    let explained = vm(false, json!({})).explain(RECOVER, &Policy::default(), KnownContext::default());
    assert_eq!((explained.acceptance(), explained.reason()), (Acceptance::Refused, None));
    assert_eq!(
        explained.to_string(),
        "recover: refused: neither its runner nor a backup can bring it back; only a sandbox in error can be recovered"
    );
}

#[test]
fn a_start_of_a_started_sandbox_is_already_so() {
    let explained = vm(false, json!({})).explain(Command::Start, &Policy::default(), KnownContext::default());
    assert_eq!(explained.to_string(), "start: already so: started, with desired started");
}

#[test]
fn a_client_does_not_know_which_change_is_under_way() {
    // The row may be stopping, or started with a stop that has not begun, or in error with a recovery under way.
    let seen = vm(true, json!({"state": "stopping", "desiredState": "stopped", "recoverable": true}));
    let explained = seen.explain(STOP, &Policy::default(), ordinary());
    assert_eq!((explained.acceptance(), explained.reason()), (Acceptance::Refused, None));
    // A destroy is refused while the stop is pending, and accepted in error.
    let explained = seen.explain(DESTROY, &Policy::default(), ordinary());
    assert_eq!(
        explained.to_string(),
        "destroy: the server decides, because this is not visible: nothing pending, or pending_build; destroyed, \
         destroying, started, stopped, error, build_failed, pending_build, archived, archiving or paused"
    );
}

#[test]
fn a_recovery_is_in_place_or_from_a_backup_that_the_record_does_not_show() {
    let errored =
        |shows_runner, backup| vm(shows_runner, json!({"state": "error", "recoverable": true, "backupState": backup}));
    let ways = |seen: PartialLifecycle| seen.recoveries().collect::<Vec<_>>();
    // Where a backup is completed, the sandbox may have timed out, and its backup may have a reference.
    assert_eq!(ways(errored(true, "Completed")), [Recovery::InPlace, Recovery::FromBackup]);
    let explained = errored(true, "Completed").explain(RECOVER, &Policy::default(), ordinary());
    let unseen: Vec<_> = explained.unseen().map(|guard| guard.name()).collect();
    assert_eq!((explained.acceptance(), unseen), (Acceptance::ServerDecides, vec!["cooled_down"]));
    // Without a completed backup, its own runner recovers it.
    assert_eq!(ways(errored(true, "None")), [Recovery::InPlace]);
    assert_eq!(acceptance(errored(true, "None"), RECOVER, ordinary()), Acceptance::Accepted);
    // Without a runner, an older backup may have been kept.
    assert_eq!(ways(errored(false, "None")), [Recovery::InPlace, Recovery::FromBackup]);
    assert_eq!(acceptance(errored(false, "None"), RECOVER, ordinary()), Acceptance::ServerDecides);
    // A sandbox that is not recoverable has no way.
    assert_eq!(ways(vm(true, json!({"state": "error"}))), []);
}

#[test]
fn a_field_that_the_record_leaves_out_is_not_its_default() {
    let seen = |text: &str| {
        let view: LifecycleView = serde_json::from_str(text).expect("a record");
        PartialLifecycle::try_from(&view).expect("a valid record")
    };
    let bare = seen(r#"{"state":"started","desiredState":"started","runnerId":"r1"}"#);
    for command in [Command::Pause, Command::Backup, resize(), Command::AutoDelete { interval: AutoDelete::NEVER }] {
        assert_eq!(acceptance(bare, command, ordinary()), Acceptance::ServerDecides, "{command}");
    }
    let container = seen(r#"{"state":"started","desiredState":"started","runnerId":"r1","sandboxClass":"container"}"#);
    assert_eq!(acceptance(container, Command::Pause, ordinary()), Acceptance::Refused);
}

#[test]
fn a_value_that_is_not_understood_is_not_visible_and_hides_nothing_else() {
    let newer = vm(true, json!({"gpuType": "H9000", "autoDestroyAt": "tomorrow"}));
    assert_eq!(acceptance(newer, STOP, ordinary()), Acceptance::Accepted);
    assert_eq!(acceptance(newer, Command::Pause, ordinary()), Acceptance::Accepted);
    // Only a command that asks about the newer word is left to the server.
    let class = vm(true, json!({"sandboxClass": "mainframe"}));
    assert_eq!(acceptance(class, STOP, ordinary()), Acceptance::Accepted);
    assert_eq!(acceptance(class, Command::Pause, ordinary()), Acceptance::ServerDecides);
    let interval = vm(true, json!({"autoDeleteInterval": 0.5}));
    assert_eq!(acceptance(interval, Command::Backup, ordinary()), Acceptance::ServerDecides);
    let backup = json!({"state": "error", "recoverable": true, "backupState": "Verified"});
    assert_eq!(acceptance(vm(true, backup), RECOVER, ordinary()), Acceptance::ServerDecides);
    // Both states must be known.
    let dto: SandboxDto = serde_json::from_value(record(json!({"state": "hibernated"}))).expect("a record");
    assert!(PartialLifecycle::try_from(&dto).is_err());
}

#[test]
fn a_resize_of_an_unknown_size_leaves_open_only_what_it_changes() {
    let unseen = |state: &str, change: SizeChange| {
        let text =
            format!(r#"{{"state":"{state}","desiredState":"{state}","runnerId":"r1","sandboxClass":"linux-vm"}}"#);
        let view: LifecycleView = serde_json::from_str(&text).expect("a record");
        let seen = PartialLifecycle::try_from(&view).expect("a valid record");
        let explained = seen.explain(Command::Resize(change), &Policy::default(), ordinary());
        explained.unseen().map(|guard| guard.name()).collect::<Vec<_>>()
    };
    let more_cpu = SizeChange { cpu: NonZeroU32::new(8), memory: None, disk: None };
    assert_eq!(unseen("started", more_cpu), ["keeps_cpu", "changes_size"]);
    assert_eq!(unseen("stopped", more_cpu), ["changes_size"]);
    assert_eq!(unseen("started", SizeChange::default()), [""; 0], "it surely changes nothing");
}

#[test]
fn nothing_is_assumed_of_a_record_that_no_write_leaves() {
    // A write takes the runner from an archived sandbox. Where it still has one, it may also be pending.
    let archived = json!({"state": "archived", "desiredState": "archived"});
    assert_eq!(acceptance(vm(false, archived.clone()), Command::Start, ordinary()), Acceptance::Accepted);
    let explained = vm(true, archived).explain(Command::Start, &Policy::default(), ordinary());
    assert_eq!(explained.to_string(), "start: the server decides, because this is not visible: nothing pending");
    // A server that shows the stored state.
    let unprojected = vm(true, json!({"state": "started", "desiredState": "stopped"}));
    assert_eq!(acceptance(unprojected, STOP, ordinary()), Acceptance::Refused);
}

#[test]
fn a_client_is_offered_what_the_api_profile_has() {
    let buttons = |policy: &Policy| vm(true, json!({})).acceptances(policy, ordinary()).collect::<Vec<_>>();
    let accepted = |buttons: &[(Verb, Acceptance)]| {
        let accepted = buttons.iter().filter(|(_, acceptance)| *acceptance == Acceptance::Accepted);
        accepted.map(|(verb, _)| verb.to_string()).collect::<Vec<_>>().join(", ")
    };
    let newest = buttons(&Policy::default());
    assert_eq!(
        accepted(&newest),
        "stop, destroy, pause, resize, fork, snapshot, autostop, autopause, autoarchive, autodelete, ttl, touch"
    );
    assert!(newest.contains(&(Verb::Start, Acceptance::AlreadySo)));
    assert!(newest.contains(&(Verb::Backup, Acceptance::ServerDecides)), "an attempt may have ended without a report");
    let recorded = buttons(&Policy::recorded());
    assert_eq!(
        accepted(&recorded),
        "stop, destroy, pause, resize, fork, snapshot, autostop, autoarchive, autodelete, touch"
    );
}

#[test]
fn a_button_says_why_its_command_is_refused_or_what_is_not_visible() {
    let seen = vm(false, json!({"state": "stopped", "desiredState": "stopped"}));
    let policy = Policy::default();
    let explained = seen.explanations(&policy, KnownContext::default());
    let closed = explained.filter(|explained| explained.acceptance() != Acceptance::Accepted);
    assert_eq!(
        closed.map(|explained| explained.to_string()).collect::<Vec<_>>(),
        [
            "start: the server decides, because this is not visible: in an organization that is not suspended",
            "stop: refused: only a started or paused sandbox can be stopped",
            "destroy: the server decides, because this is not visible: without live fork children",
            "pause: refused: only a started sandbox can be paused",
            "archive: the server decides, because this is not visible: without live fork children",
            "resize: the server decides, because this is not visible: in an organization that is not suspended; on a runner",
            "fork: refused: only a started sandbox can be forked",
            "snapshot: the server decides, because this is not visible: in an organization that is not suspended; on a runner",
            "recover: refused: neither its runner nor a backup can bring it back; only a sandbox in error can be recovered",
            "backup: the server decides, because this is not visible: no backup under way",
        ]
    );
}

/// A forced destroy makes no check here, and yet it is a success that writes nothing where nothing is pending and no runner is
/// left, which the record does not show.
#[test]
fn a_condition_on_which_it_depends_whether_anything_is_written_is_named() {
    let leaving = vm(false, json!({"state": "started", "desiredState": "destroyed"}));
    let explained = leaving.explain(Command::Destroy { force: true }, &Policy::default(), ordinary());
    let unseen: Vec<_> = explained.unseen().map(|guard| guard.name()).collect();
    assert_eq!((explained.acceptance(), unseen), (Acceptance::Accepted, vec!["already_without_copy"]));
}
