//! What a sandbox carries in its state, and what each command would lose of it.

use crate::{at, not_found, record, row, seen};
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Goal, Lifecycle, Policy, SandboxClass, SandboxState,
    client::{Contents, Evidence, Plan, Presence},
    vocabulary::{AutoArchive, AutoDelete, BackupState, Fault},
};
use serde_json::json;
use {DesiredState as D, SandboxState as S};

fn carried(state: SandboxState, desired: DesiredState) -> String {
    Contents::from(&row(state, desired)).to_string()
}

#[test]
fn each_state_carries_what_the_domain_says() {
    let cases = [
        (S::Started, D::Started, "running processes, memory, disk"),
        (S::Resizing, D::Started, "running processes, memory, disk"),
        (S::Resizing, D::Stopped, "disk"),
        (S::Stopping, D::Stopped, "running processes?, memory?, disk"),
        (S::Pausing, D::Paused, "running processes?, memory, disk"),
        (S::Paused, D::Paused, "memory, disk"),
        (S::Stopped, D::Stopped, "disk"),
        (S::Archived, D::Archived, "completed backup?"),
        (S::Error, D::Started, "running processes?, memory?, disk?"),
        (S::BuildFailed, D::Started, "nothing"),
        (S::Destroyed, D::Destroyed, "nothing"),
    ];
    for (state, desired, expected) in cases {
        assert_eq!(carried(state, desired), expected, "{state}");
    }
    let backed_up = Columns {
        backup_state: BackupState::Completed,
        has_backup_ref: true,
        ..row(S::Archived, D::Archived).columns()
    };
    assert_eq!(Contents::from(&Lifecycle::from(backed_up)).to_string(), "completed backup");
}

#[test]
fn a_record_does_not_show_whether_an_older_backup_is_kept() {
    let carried = |more| Contents::from(&Evidence::from(seen(&record("stopped", "stopped", more), at(0)))).to_string();
    assert_eq!(carried(json!({"backupState": "Completed"})), "disk, completed backup");
    assert_eq!(carried(json!({"backupState": "None"})), "disk, completed backup?");
    assert_eq!(carried(json!({"backupState": "Verified"})), "disk, completed backup?");
    let unknown = record("hibernated", "stopped", json!({}));
    let unknown = Contents::from(&Evidence::from(seen(&unknown, at(0))));
    assert_eq!(unknown.to_string(), "running processes?, memory?, disk?, completed backup?");
}

#[test]
fn only_what_carries_nothing_is_safe_to_delete() {
    let safe = |evidence: &Evidence| Contents::from(evidence).is_safe_to_delete();
    let shown = |state, desired| Evidence::from(seen(&record(state, desired, json!({})), at(0)));
    assert_eq!(safe(&shown("started", "started")), Some(false));
    assert_eq!(safe(&shown("archived", "archived")), None, "no record shows its backup here");
    assert_eq!(safe(&shown("error", "started")), None);
    assert_eq!(safe(&shown("destroyed", "destroyed")), Some(true));
    assert_eq!(safe(&Evidence::from(not_found(at(0)))), Some(true));
    assert_eq!(Contents::from(&row(S::BuildFailed, D::Started)).is_safe_to_delete(), Some(true));
    assert_eq!(Contents::from(&row(S::Stopped, D::Stopped)).is_safe_to_delete(), Some(false));
}

fn lost(row: Lifecycle, command: Command) -> String {
    let step = row.decide(command, &Policy::default(), Context::of(&row), at(0)).expect("the command is accepted");
    Contents::from(&row).lost_by(&step).to_string()
}

#[test]
fn each_command_loses_what_its_desired_state_does_not_keep() {
    let vm = |state, desired| Columns { class: SandboxClass::LinuxVm, ..row(state, desired).columns() };
    let started = Lifecycle::from(vm(S::Started, D::Started));
    let ephemeral = Lifecycle::from(Columns { auto_delete: AutoDelete::AtOnce, ..started.columns() });
    let (stop, destroy) = (Command::Stop { force: false }, Command::Destroy { force: false });
    let paused = Lifecycle::from(vm(S::Paused, D::Paused));
    let stopped = Lifecycle::from(vm(S::Stopped, D::Stopped));
    let stopping = Lifecycle::from(Columns { pending: true, ..vm(S::Stopping, D::Stopped) });
    let cases = [
        (started, stop, "running processes, memory"),
        (ephemeral, stop, "running processes, memory, disk"),
        (started, Command::Pause, "nothing"),
        (started, Command::Fork, "nothing"),
        (started, Command::Snapshot { include_memory: true }, "nothing"),
        (started, destroy, "running processes, memory, disk"),
        (started, Command::Touch, "nothing"),
        (paused, Command::Start, "nothing"),
        (paused, stop, "memory"),
        (stopped, Command::Archive, "nothing"),
        (stopped, Command::Start, "nothing"),
        (stopped, destroy, "disk"),
        // The stop under way loses them, not what is written meanwhile.
        (stopping, Command::Touch, "nothing"),
        (stopping, Command::AutoArchive { interval: AutoArchive::default() }, "nothing"),
    ];
    for (row, command, expected) in cases {
        assert_eq!(lost(row, command), expected, "{command} of {}", row.state());
    }
}

#[test]
fn a_recovery_from_the_backup_loses_what_the_disk_had_since() {
    let timed_out = Columns {
        fault: Some(Fault::Timeout),
        backup_state: BackupState::Completed,
        has_backup_ref: true,
        recoverable: true,
        ..row(S::Error, D::Started).columns()
    };
    assert_eq!(lost(Lifecycle::from(timed_out), Command::Recover { start: true }), "disk?");
    let in_place = Columns { fault: Some(Fault::Runner), ..timed_out };
    assert_eq!(lost(Lifecycle::from(in_place), Command::Recover { start: true }), "nothing");
}

#[test]
fn a_record_says_what_a_command_may_lose() {
    let lost = |dto, command| {
        let row = Lifecycle::try_from(&dto).expect("a lifecycle");
        let step = row.decide(command, &Policy::default(), Context::of(&row), at(0)).expect("the command is accepted");
        Contents::from(&Evidence::from(seen(&dto, at(0)))).lost_by(&step).to_string()
    };
    let started = |more| record("started", "started", more);
    assert_eq!(lost(started(json!({})), Command::Stop { force: false }), "running processes, memory");
    let ephemeral = started(json!({"autoDeleteInterval": 0, "backupState": "Completed"}));
    let everything = "running processes, memory, disk, completed backup";
    assert_eq!(lost(ephemeral, Command::Stop { force: false }), everything);
    // The record does not show where the backup is, but the recovery uses it.
    let timed_out = json!({"errorReason": "job timed out", "backupState": "Completed", "recoverable": true});
    assert_eq!(lost(record("error", "started", timed_out), Command::Recover { start: true }), "disk?");
}

#[test]
fn a_part_is_there_or_not_or_not_known() {
    let said = [Presence::No, Presence::Unknown, Presence::Yes].map(|presence| presence.to_string());
    assert_eq!(said, ["no", "unknown", "yes"]);
    let stored = serde_json::to_string(&Contents::from(&row(S::Stopped, D::Stopped))).expect("it is written");
    assert_eq!(stored, r#"{"processes":"no","memory":"no","disk":"yes","backup":"no"}"#);
}

/// The record says nothing of where its backup is. A delete would have taken the only copy without a question.
#[test]
fn a_delete_of_an_archive_that_was_read_from_a_record_may_lose_its_backup() {
    let record = record("archived", "archived", json!({"backupState": "Completed", "runnerId": null}));
    let row = Lifecycle::try_from(&record).expect("a lifecycle");
    assert_eq!(Contents::from(&row).is_safe_to_delete(), None);
    let plan = Plan::to(Goal::Destroyed, &row, &Policy::default(), Context::of(&row), at(0)).expect("a destroy");
    assert_eq!(plan.to_string(), "destroy (loses completed backup); wait for destroyed");
}

#[test]
fn a_plan_from_a_record_recovers_from_the_backup_that_the_record_shows() {
    let shown = json!({"backupState": "Completed", "runnerId": null, "recoverable": true, "errorReason": "lost"});
    let row = Lifecycle::try_from(&record("error", "started", shown)).expect("a lifecycle");
    let plan = Plan::to(Goal::Started, &row, &Policy::default(), Context::of(&row), at(0)).expect("a recovery");
    assert!(plan.commands().eq([Command::Recover { start: true }]));
}
