//! The record's door: decisions of a stored record, with the identities that its lifecycle does not know.

use crate::{decided, dto, record};
use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    Columns, Command, Context, Next, Policy, Report, RunnerView, Sandbox, SandboxState, Step, Timer,
    controller::{Finding, Observed, Placement, RunnerStanding},
    record::{
        ApplyError, BackupRef, Message, NetworkSettings, OutboxEntry, OutboxKey, RecordEdit, ServerFields, StepDetails,
        Target,
    },
    rules::{Call, Cause, Event, Ignored, Job, Outcome, Task, TaskKind},
    runner::Listed,
    vocabulary::CopyState,
};
use serde_json::{Value, json};

fn now() -> DateTime<Utc> {
    "2024-10-01T16:45:00Z".parse().expect("a time")
}

fn backup() -> BackupRef {
    BackupRef { snapshot: "b1".into(), registry: "eu".into() }
}

/// The started record with these fields replaced, on runner `r1`, with a known backup and epoch 4.
fn stored(fields: Value) -> Sandbox {
    let server = ServerFields { backup: Some(backup()), epoch: 4, ..ServerFields::default() };
    Sandbox::from_api(serde_json::from_value(record(fields)).expect("a record"), server).expect("a sandbox")
}

/// A stopped sandbox that should start: its runner does not answer, and it has a current backup.
fn waking() -> Sandbox {
    let mut sandbox = stored(json!({ "state": "stopped", "desiredState": "stopped", "backupState": "Completed" }));
    let step = decided(&sandbox, Command::Start, "2024-10-01T16:45:00Z");
    let _ = sandbox.apply(&step, StepDetails::default()).expect("there is no other writer");
    sandbox
}

/// The step of a pass with this view.
fn pass(sandbox: &Sandbox, known: impl FnOnce(&mut RunnerView)) -> Step {
    let mut view = RunnerView::of(sandbox.lifecycle());
    known(&mut view);
    match sandbox.reconcile(&view, &Policy::default(), now()) {
        Next::Apply(step) => step,
        other => panic!("{other}"),
    }
}

fn applied(sandbox: &mut Sandbox, step: &Step, runner: Option<&str>) -> Vec<OutboxEntry> {
    let backup = backup();
    let details = StepDetails { runner, backup: Some(&backup), ..StepDetails::default() };
    sandbox.apply(step, details).expect("there is no other writer").into_iter().collect()
}

/// Returns the entries that are no events: their key, to whom they go, and what they say.
fn sent(entries: &[OutboxEntry]) -> Vec<(OutboxKey, Target, Message)> {
    let told = entries.iter().filter(|entry| entry.target != Target::Subscribers);
    told.map(|entry| (entry.key.clone(), entry.target.clone(), entry.message)).collect()
}

fn runner(name: &str) -> Target {
    Target::Runner(name.into())
}

#[test]
fn a_report_of_another_runner_is_ignored() {
    let mut sandbox = stored(json!({}));
    let stop = decided(&sandbox, Command::Stop { force: false }, "2024-10-01T16:45:00Z");
    applied(&mut sandbox, &stop, None);
    let stops = pass(&sandbox, |_| {});
    applied(&mut sandbox, &stops, None);
    let epoch = Some(sandbox.lifecycle().epoch());
    let ended = Report::Ended { job: Job::Stop, outcome: Outcome::Completed, epoch };
    let decided = |runner| sandbox.report(runner, ended, &Policy::default(), sandbox.context(), now()).expect("a step");
    assert_eq!(decided("r2").cause(), Cause::Ignored(Ignored::OtherRunner));
    assert!(decided("r2").is_noop());
    assert_eq!(decided("r1").state(), SandboxState::Stopped);
}

#[test]
fn a_call_goes_to_the_runner_of_the_row_after_the_step() {
    let mut sandbox = stored(json!({}));
    let stop = decided(&sandbox, Command::Stop { force: true }, "2024-10-01T16:45:00Z");
    assert_eq!(sent(&applied(&mut sandbox, &stop, None)), [], "the controller calls");
    let stops = pass(&sandbox, |_| {});
    let entries = applied(&mut sandbox, &stops, None);
    let call = Call { task: Task::Stop { force: true }, epoch: 5 };
    let key = OutboxKey::Call { epoch: 5, task: TaskKind::Stop };
    assert_eq!(sent(&entries), [(key, runner("r1"), Message::Call(call))]);
    let lines: Vec<String> = entries.iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["s1: stop (epoch 5) to runner r1", "s1: sandbox.state.updated to subscribers"]);
}

#[test]
fn a_restore_calls_the_new_runner_and_owes_the_old_one_a_removal() {
    let mut sandbox = waking();
    let moves = |view: &mut RunnerView| (view.runner, view.placement) = (RunnerStanding::NotReady, Placement::Warm);
    let restores = pass(&sandbox, moves);
    let entries = applied(&mut sandbox, &restores, Some("r2"));
    let call = Call { task: Task::Restore, epoch: 5 };
    let expected = [
        (OutboxKey::Remove { runner: "r1".into(), epoch: 5 }, runner("r1"), Message::Remove { epoch: 5 }),
        (OutboxKey::Call { epoch: 5, task: TaskKind::Restore }, runner("r2"), Message::Call(call)),
    ];
    assert_eq!(sent(&entries), expected);
    assert_eq!((sandbox.runner_id(), sandbox.previous_runner_id()), (Some("r2"), Some("r1")));
}

#[test]
fn a_backup_goes_to_the_maker_and_a_discard_to_the_store() {
    let mut sandbox = stored(json!({ "state": "stopped", "desiredState": "stopped" }));
    let mut entries = Vec::new();
    for _ in 0..2 {
        let requested = decided(&sandbox, Command::Backup, "2024-10-01T16:45:00Z");
        entries.extend(sent(&applied(&mut sandbox, &requested, None)));
        let attempt = Some(sandbox.lifecycle().backup_attempt());
        let outcome = Outcome::Completed;
        let ended = Report::Ended { job: Job::Backup { attempt }, outcome, epoch: None };
        let ended = sandbox.report("r1", ended, &Policy::default(), sandbox.context(), now()).expect("a step");
        entries.extend(sent(&applied(&mut sandbox, &ended, None)));
        // The sandbox was used, so its next backup is another one.
        let report = Report::State { state: SandboxState::Started, fault: None, recoverable: false, epoch: None };
        let used = sandbox.report("r1", report, &Policy::default(), sandbox.context(), now()).expect("a step");
        applied(&mut sandbox, &used, None);
    }
    let request = |attempt| {
        let call = Call { task: Task::Backup { attempt }, epoch: 4 };
        (OutboxKey::Backup { attempt }, Target::BackupMaker { runner: "r1".into() }, Message::Call(call))
    };
    let discard = (OutboxKey::Discard { before: 2 }, Target::BackupStore, Message::DiscardBackups { before: 2 });
    assert_eq!(entries, [request(1), request(2), discard]);
}

#[test]
fn the_keys_of_a_sandbox_s_entries_differ() {
    let mut sandbox = stored(json!({}));
    let mut keys = Vec::new();
    let commands = [Command::Stop { force: false }, Command::Destroy { force: true }];
    for command in commands {
        let step = decided(&sandbox, command, "2024-10-01T16:45:00Z");
        keys.extend(applied(&mut sandbox, &step, None).into_iter().map(|entry| entry.key));
    }
    let count = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!((keys.len(), count), (6, 6));
}

#[test]
fn a_fork_s_child_has_the_settings_of_its_parent_and_its_own_identity() {
    let mut parent =
        stored(json!({ "sandboxClass": "linux-vm", "backupState": "Completed", "labels": { "team": "a" } }));
    let fork = decided(&parent, Command::Fork, "2024-10-01T16:45:00Z");
    applied(&mut parent, &fork, None);
    let child = parent.fork_child("s2", "copy", now());
    assert_eq!((child.dto().id.as_str(), child.name(), child.parent_id()), ("s2", "copy", Some("s1")));
    assert_eq!((child.runner_id(), child.dto().labels.clone()), (Some("r1"), parent.dto().labels.clone()));
    assert_eq!((child.backup(), child.error_reason(), parent.parent_id()), (None, None, None));
    let row = child.lifecycle();
    assert_eq!((row.state(), row.is_fork_child(), row.revision()), (SandboxState::Creating, true, 0));
    assert_eq!(row.epoch(), parent.lifecycle().epoch(), "one call makes the child and answers for the parent");
    // The end of that call is for both rows.
    let epoch = Some(row.epoch());
    let ended = Report::Ended { job: Job::ForkChild, outcome: Outcome::Completed, epoch };
    let started = child.report("r1", ended, &Policy::default(), child.context(), now()).expect("a step");
    assert_eq!(started.state(), SandboxState::Started);
}

#[test]
fn a_sandbox_is_visible_until_it_is_gone_and_longer_if_its_record_explains_why() {
    let destroyed = json!({ "state": "destroyed", "desiredState": "destroyed" });
    let failed = json!({ "state": "error", "desiredState": "destroyed" });
    let visible = |fields: &Value| stored(fields.clone()).is_visible();
    assert!(visible(&json!({})) && visible(&json!({ "state": "destroying", "desiredState": "destroyed" })));
    assert!(visible(&json!({ "state": "error", "desiredState": "started" })));
    assert!(!visible(&destroyed) && !visible(&failed));
    let mut queued = stored(json!({
        "state": "pending_build", "desiredState": "started", "runnerId": null, "queueTimeout": 5,
        "createdAt": "2024-10-01T16:00:00Z",
    }));
    let timeout = decided(&queued, Timer::QueueTimeout, "2024-10-01T16:45:00Z");
    applied(&mut queued, &timeout, None);
    assert_eq!(queued.lifecycle().state(), SandboxState::Destroyed);
    assert!(queued.is_visible(), "a client still sees why its sandbox never started");
}

/// What a runner lists of a copy.
fn listed(state: CopyState) -> Listed {
    Listed { epoch: Some(4), state, size: None, released: false }
}

fn compared(sandbox: &Sandbox, runner: &str, copy: Option<&Listed>) -> Finding {
    sandbox.compare(runner, copy, sandbox.context(), now())
}

#[test]
fn an_inventory_of_the_own_runner_only_causes_an_ask() {
    let sandbox = stored(json!({}));
    assert_eq!(compared(&sandbox, "r1", Some(&listed(CopyState::Running))), Finding::Agrees);
    for copy in [None, Some(&listed(CopyState::AtRest))] {
        let Finding::Apply(step) = compared(&sandbox, "r1", copy) else { panic!("the row disagrees") };
        assert_eq!((step.state(), step.changes().must_ask), (SandboxState::Started, Some(true)));
    }
}

#[test]
fn an_inventory_of_another_runner_removes_its_copy_or_gives_the_sandbox_back() {
    let copy = listed(CopyState::AtRest);
    assert_eq!(compared(&stored(json!({})), "r2", Some(&copy)), Finding::Remove { epoch: 4 });
    assert_eq!(compared(&stored(json!({})), "r2", None), Finding::Agrees);
    // The runner of a sandbox was declared gone, and it returns.
    let mut lost = stored(json!({}));
    let leaves = pass(&lost, |view| view.runner = RunnerStanding::Gone);
    let entries = applied(&mut lost, &leaves, None);
    assert_eq!(sent(&entries)[0].2, Message::Release { epoch: 5 });
    assert_eq!((lost.lifecycle().state(), lost.runner_id()), (SandboxState::Error, None));
    // It has taken the release, whose epoch is that of the row: no other runner had the sandbox later.
    let copy = Listed { epoch: Some(5), released: true, ..copy };
    let Finding::Apply(step) = compared(&lost, "r1", Some(&copy)) else { panic!("it has the newest disk") };
    applied(&mut lost, &step, Some("r1"));
    assert_eq!((lost.runner_id(), lost.lifecycle().must_ask()), (Some("r1"), true));
    let shown = pass(&lost, |view| view.observed = Observed::State(SandboxState::Started));
    applied(&mut lost, &shown, None);
    assert_eq!((lost.lifecycle().state(), lost.error_reason()), (SandboxState::Started, None));
}

/// An operator scraps the runner that the sandbox left last, and declares which other copy is the newest that is left.
#[test]
fn a_lost_sandbox_is_taken_back_from_the_copy_that_an_operator_names() {
    let mut lost = stored(json!({}));
    let leaves = pass(&lost, |view| view.runner = RunnerStanding::Gone);
    applied(&mut lost, &leaves, None);
    let copy = listed(CopyState::AtRest);
    let finding = compared(&lost, "r7", Some(&copy));
    assert_eq!(finding, Finding::Release { epoch: 4 }, "an older copy is kept, but it may not run");
    let released = lost.departure("r7", &finding).expect("a release is sent");
    assert_eq!(released.to_string(), "s1: release (epoch 4) to runner r7");
    assert_eq!(released.key, OutboxKey::Release { runner: "r7".into(), epoch: 4 });
    let removed = lost.departure("r7", &Finding::Remove { epoch: 5 }).expect("a removal is sent");
    assert_eq!(removed.to_string(), "s1: remove (epoch 5) to runner r7");
    assert_eq!(lost.departure("r7", &Finding::Agrees), None);
    let Finding::Apply(step) = lost.take_back(&copy, lost.context(), now()) else { panic!("the operator decides") };
    assert_eq!(lost.departure("r7", &Finding::Apply(step)), None);
    applied(&mut lost, &step, Some("r7"));
    assert_eq!((lost.runner_id(), lost.lifecycle().must_ask()), (Some("r7"), true));
}

#[test]
fn an_entry_reads_as_what_is_sent_to_whom() {
    let text = |target, message| {
        let key = OutboxKey::Discard { before: 2 };
        OutboxEntry { sandbox_id: "s1".into(), key, target, message }.to_string()
    };
    let maker = Target::BackupMaker { runner: "r1".into() };
    let backup = Message::Call(Call { task: Task::Backup { attempt: 2 }, epoch: 4 });
    assert_eq!(text(maker, backup), "s1: backup (epoch 4) to the backup maker for runner r1");
    let discard = Message::DiscardBackups { before: 2 };
    assert_eq!(text(Target::BackupStore, discard), "s1: discard the backups before attempt 2 to the backup store");
    assert_eq!(text(runner("r2"), Message::Release { epoch: 5 }), "s1: release (epoch 5) to runner r2");
    let created = stored(json!({})).created().to_string();
    assert_eq!(created, "s1: sandbox.created to subscribers");
}

/// The end of a fork changes the child and its parent: the parent's revision is raised in the same transaction.
#[test]
fn a_raised_revision_makes_a_step_of_the_parent_stale() {
    let mut parent = stored(json!({}));
    let stop = decided(&parent, Command::Stop { force: false }, "2024-10-01T16:45:00Z");
    let before = parent.lifecycle().columns();
    parent.raise_revision();
    assert_eq!(parent.lifecycle().columns(), Columns { revision: before.revision + 1, ..before });
    assert!(parent.apply(&stop, StepDetails::default()).is_err());
}

#[test]
fn every_edit_raises_the_revision_and_makes_a_decided_step_stale() {
    let network = NetworkSettings { block_all: Some(true), ..NetworkSettings::default() };
    let labels = serde_json::from_str(r#"{"team":"b"}"#).expect("labels");
    for edit in [RecordEdit::Labels(labels), RecordEdit::Public(true), RecordEdit::Network(network)] {
        let mut sandbox = Sandbox::try_from(dto(crate::STARTED)).expect("a sandbox");
        let (before, context) = (sandbox.lifecycle().revision(), sandbox.context());
        let stop = decided(&sandbox, Command::Stop { force: false }, "2024-10-01T16:45:00Z");
        let sent: Vec<OutboxEntry> = sandbox.edit(edit.clone(), now()).into_iter().collect();
        assert_eq!(sandbox.lifecycle().revision(), before + 1);
        let event = OutboxEntry {
            sandbox_id: sandbox.dto().id.clone(),
            key: OutboxKey::Event { revision: before + 1, number: 0 },
            target: Target::Subscribers,
            message: Message::Event(Event::PublicStatusUpdated),
        };
        assert_eq!(sent, Vec::from_iter((edit == RecordEdit::Public(true)).then_some(event)));
        assert!(sandbox.apply(&stop, StepDetails::default()).is_err());
        assert!(sandbox.decide(Command::Start, &Policy::default(), context, now()).is_err(), "a context of before");
        assert_eq!(sandbox.context(), Context::of(sandbox.lifecycle()));
    }
}

/// The removal of the old copy has the epoch of the restore, so on the same runner it would delete the new copy.
#[test]
fn a_step_that_leaves_a_runner_is_not_applied_with_the_same_one() {
    let mut sandbox = waking();
    let step = pass(&sandbox, |view| {
        view.runner = RunnerStanding::NotReady;
        view.placement = Placement::Warm;
    });
    let own = sandbox.runner_id().map(str::to_owned);
    let same = StepDetails { runner: own.as_deref(), ..StepDetails::default() };
    assert_eq!(sandbox.apply(&step, same), Err(ApplyError::SameRunner));
    applied(&mut sandbox, &step, Some("another"));
    assert_eq!(sandbox.runner_id(), Some("another"));
}
