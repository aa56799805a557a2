//! Traces that lose or double a sandbox where a contract is missing. Each test names what must not happen.

use crate::world::World;
use sandbox_lifecycle::{
    Columns, Command, DesiredState, Next, Report, SandboxClass, SandboxState,
    controller::Finding,
    lifecycle::Recovery,
    record::{Message, Target},
    rules::{Answer, Call, Job, Outcome, Task},
    runner::{CallVerdict, End, EpochRefusal, LeaveVerdict},
    vocabulary::{BackupState, Fault},
};

const STOP: Command = Command::Stop { force: false };
const RECOVER: Command = Command::Recover { start: true };
const FAILED: End = End::Failed { fault: Fault::Runner, recoverable: false };

fn started() -> Columns {
    Columns { class: SandboxClass::LinuxVm, ..Columns::default() }
}

fn stopped() -> Columns {
    Columns { state: SandboxState::Stopped, desired_state: DesiredState::Stopped, ..started() }
}

/// A sandbox at rest whose attempt 1 is complete and current.
fn backed_up() -> Columns {
    Columns { backup_state: BackupState::Completed, has_backup_ref: true, backup_attempt: 1, ..stopped() }
}

fn runner(name: &str) -> Target {
    Target::Runner(name.into())
}

/// A sandbox that moved from `r1` to `r2`, because `r1` did not answer. The removal of `r1` is still in the outbox.
fn moved() -> World {
    let mut world = World::given(backed_up());
    world.unready.insert("r1");
    world.client(Command::Start);
    world.settle();
    assert_eq!(world.states(), (SandboxState::Started, Some("r2")));
    world
}

/// Stops and archives a sandbox.
fn archive(world: &mut World) {
    if world.row().state() == SandboxState::Started {
        world.client(STOP);
        world.settle();
    }
    world.client(Command::Archive);
    world.settle();
}

/// Archives and wakes a sandbox. Before it wakes, `before` changes the world.
fn archived_and_woken(world: &mut World, before: impl FnOnce(&mut World)) {
    archive(world);
    assert_eq!(world.states(), (SandboxState::Archived, None));
    before(world);
    world.client(Command::Start);
    world.settle();
}

#[test]
fn a_late_removal_does_not_delete_a_restored_copy_on_the_same_runner() {
    let mut world = moved();
    world.unready.clear();
    let removal = world.take(&runner("r1"));
    assert_eq!(world.deliver(&removal[0]), Some(LeaveVerdict::CarryOut { supersedes: None }));
    // A repeat of the removal is still in the network when the sandbox comes back to `r1`.
    archived_and_woken(&mut world, |world| {
        world.unready.extend(["r2", "r3"]);
    });
    assert_eq!(world.states(), (SandboxState::Started, Some("r1")));
    assert!(matches!(world.deliver(&removal[0]), Some(LeaveVerdict::WithoutEffect { .. })));
    assert_eq!(world.running(), ["r1"]);
}

#[test]
fn a_repeated_release_does_not_undo_a_newer_assignment() {
    let mut world = World::given(started());
    world.gone.insert("r1");
    assert!(matches!(world.pass(), Next::Apply(_)));
    assert_eq!(world.states(), (SandboxState::Error, None));
    let release = world.take(&runner("r1"));
    assert_eq!(release[0].message, Message::Release { epoch: 5 });
    // The runner returns, takes what it is owed, and lists its copy. The sandbox takes it back.
    world.gone.clear();
    world.deliver(&release[0]);
    assert!(matches!(world.lists("r1"), Finding::Apply(_)));
    world.settle();
    assert_eq!(world.states(), (SandboxState::Error, Some("r1")));
    world.client(RECOVER);
    world.settle();
    assert_eq!(world.states(), (SandboxState::Started, Some("r1")));
    assert!(matches!(world.deliver(&release[0]), Some(LeaveVerdict::WithoutEffect { .. })));
    assert_eq!((world.running(), world.version("r1")), (vec!["r1"], Some(2)));
}

#[test]
fn a_restore_on_a_runner_that_owes_a_removal_does_not_find_the_old_disk() {
    let mut world = moved();
    assert_eq!(world.version("r1"), Some(1), "the old disk");
    archived_and_woken(&mut world, |world| {
        world.unready.clear();
        assert_eq!(world.candidates(), ["r2", "r3"], "a runner that owes an acknowledgement is no candidate");
        // A host that forgets this places the restore on it all the same.
        world.outbox.clear();
        world.unready.extend(["r2", "r3"]);
    });
    assert_eq!(world.states(), (SandboxState::Started, Some("r1")));
    // The restore replaced the old disk: version 2 ran on `r2`, and its backup runs here.
    assert_eq!(world.version("r1"), Some(3));
}

#[test]
fn an_old_inventory_does_not_restore_a_sandbox_next_to_its_running_copy() {
    let mut world = World::given(Columns { kept_backup: true, has_backup_ref: true, ..started() });
    // The runner made the list before it had the copy.
    assert!(matches!(world.compares("r1", None), Finding::Apply(_)));
    assert_eq!((world.states(), world.row().must_ask()), ((SandboxState::Started, Some("r1")), true));
    world.settle();
    assert_eq!((world.states(), world.row().must_ask()), ((SandboxState::Started, Some("r1")), false));
    assert_eq!((world.running(), world.outbox.len()), (vec!["r1"], 0));
}

#[test]
fn an_undelivered_start_never_runs_a_sandbox_that_is_stopped() {
    let mut world = World::given(stopped());
    world.client(Command::Start);
    assert!(matches!(world.pass(), Next::Apply(_)));
    let start = world.take(&runner("r1"));
    // The time limit ends the start, and the runner is asked with a newer epoch.
    world.after(6);
    world.unready.insert("r1");
    world.pass();
    world.unready.clear();
    world.settle();
    assert_eq!((world.row().state(), world.row().recoverable()), (SandboxState::Error, true));
    world.client(Command::Recover { start: false });
    world.settle();
    assert_eq!(world.states(), (SandboxState::Stopped, Some("r1")));
    let Message::Call(call) = start[0].message else { panic!("{}", start[0]) };
    assert!(!world.row().awaits(&call), "the outbox does not send it");
    world.deliver(&start[0]);
    assert_eq!((world.running(), world.reports.len()), (vec![], 0));
}

#[test]
fn an_answer_that_changes_the_state_raises_the_epoch() {
    // The runner stopped the sandbox, but its report was lost. A stop that is repeated later is stale.
    let mut world = World::given(started());
    world.client(STOP);
    world.pass();
    world.deliver_all();
    world.reports.clear();
    let before = world.row().epoch();
    world.settle();
    assert_eq!((world.row().state(), world.row().epoch()), (SandboxState::Stopped, before + 1));
}

#[test]
fn a_start_that_has_not_run_yet_keeps_the_only_safe_copy() {
    let mut world = World::given(backed_up());
    world.client(Command::Start);
    assert!(matches!(world.pass(), Next::Apply(_)));
    assert!(world.take(&Target::BackupStore).is_empty(), "nothing is discarded when a start is written");
    world.gone.insert("r1");
    world.settle();
    assert_eq!(world.store.whole.get(&1), Some(&1));
}

#[test]
fn a_runner_that_is_gone_while_it_starts_leaves_a_backup_that_recover_reaches() {
    let mut world = World::given(backed_up());
    world.client(Command::Start);
    assert!(matches!(world.pass(), Next::Apply(_)));
    world.gone.insert("r1");
    world.settle();
    assert_eq!((world.states(), world.row().kept_backup()), ((SandboxState::Error, None), true));
    assert_eq!(world.row().recovery(), Some(Recovery::FromBackup));
    world.client(RECOVER);
    world.settle();
    assert_eq!(world.states(), (SandboxState::Started, Some("r2")));
    assert_eq!(world.version("r2"), Some(2), "the backup of version 1, which runs again");
}

#[test]
fn a_restored_sandbox_that_ran_is_not_archived_with_the_backup_it_was_restored_from() {
    let mut world = World::given(backed_up());
    archived_and_woken(&mut world, |_| {});
    let (_, Some(own)) = world.states() else { panic!("it runs") };
    assert_eq!(world.version(own), Some(2));
    archive(&mut world);
    assert_eq!(world.row().backup_attempt(), 2);
    assert_eq!(world.store.whole, [(2, 2)].into(), "the backup has what ran since");
}

#[test]
fn a_whole_backup_whose_report_was_lost_is_not_declared_lost() {
    let mut world = World::given(stopped());
    world.client(Command::Backup);
    world.deliver_all();
    world.reports.clear();
    world.report("r1", Report::BackupUnderWay { begun: true, attempt: Some(1) });
    world.after(121);
    world.clock();
    assert_eq!((world.row().backup_state(), world.row().must_ask_store()), (BackupState::Error, true));
    world.settle();
    assert_eq!((world.row().backup_state(), world.row().must_ask_store()), (BackupState::Completed, false));
}

#[test]
fn a_restore_that_reports_failure_but_runs_is_not_placed_again() {
    let mut world = World::given(backed_up());
    archived_and_woken(&mut world, |world| {
        for runner in world.runners.values_mut() {
            runner.next_end = Some(FAILED);
        }
    });
    assert_eq!(world.row().state(), SandboxState::Started);
    let own = world.own().expect("a runner");
    assert_eq!(world.running(), [own]);
}

#[test]
fn a_failed_pause_does_not_leave_a_running_copy_that_nobody_asks_about() {
    let mut world = World::given(started());
    let runner = world.runner("r1");
    (runner.next_end, runner.does_nothing) = (Some(FAILED), true);
    world.client(Command::Pause);
    world.settle();
    assert_eq!((world.row().state(), world.running()), (SandboxState::Error, vec!["r1"]));
    assert!(!world.row().must_ask() && world.row().recoverable(), "the runner was asked");
    world.client(RECOVER);
    world.settle();
    assert_eq!(world.states(), (SandboxState::Started, Some("r1")));
}

#[test]
fn a_restore_over_its_limit_leaves_a_backup_that_recover_reaches() {
    let mut world = World::given(backed_up());
    world.unready.insert("r1");
    world.client(Command::Start);
    assert!(matches!(world.pass(), Next::Apply(_)));
    // The call is lost, and the runner does not answer until the limit is over.
    world.take(&runner("r2"));
    world.unready.insert("r2");
    world.after(31);
    assert!(matches!(world.pass(), Next::Apply(_)));
    assert_eq!(world.states(), (SandboxState::Error, Some("r2")));
    world.unready.clear();
    world.settle();
    assert_eq!(world.states(), (SandboxState::Error, None), "the runner says that it has no copy");
    world.client(RECOVER);
    world.settle();
    assert_eq!(world.row().state(), SandboxState::Started);
}

#[test]
fn a_discarded_attempt_that_uploads_late_is_no_orphan() {
    let mut world = World::given(stopped());
    world.client(Command::Backup);
    world.outbox.clear(); // The upload of attempt 1 takes very long.
    world.report("r1", Report::BackupUnderWay { begun: true, attempt: Some(1) });
    world.after(121);
    world.clock();
    world.settle();
    assert_eq!(world.row().backup_state(), BackupState::Error, "the store has nothing of it");
    world.client(Command::Backup);
    world.settle();
    assert_eq!(world.row().backup_state(), BackupState::Completed);
    assert!(!world.store.upload(1, 1), "the store remembers what it discarded");
    assert_eq!(world.store.whole, [(2, 1)].into());
    let late = Report::Ended { job: Job::Backup { attempt: Some(1) }, outcome: Outcome::Completed, epoch: None };
    let before = *world.row();
    world.report("r1", late);
    assert_eq!(*world.row(), before);
}

#[test]
fn a_ledger_does_not_answer_a_new_epoch_with_the_answer_of_an_old_one() {
    let mut world = World::given(started());
    let runner = world.runner("r1");
    (runner.next_end, runner.does_nothing) = (Some(FAILED), true);
    world.client(STOP);
    world.settle();
    assert_eq!((world.row().state(), world.running()), (SandboxState::Error, vec!["r1"]));
    // The controller stops it with a new call, which the runner carries out.
    world.after(2);
    world.settle();
    assert_eq!((world.states(), world.running()), ((SandboxState::Stopped, Some("r1")), vec![]));
    let epoch = world.row().epoch();
    let again = world.runner("r1").ledger.call(Call { task: Task::Stop { force: false }, epoch: epoch - 1 });
    assert!(matches!(again.stored(), CallVerdict::Refuse(EpochRefusal::OlderEpoch { .. })));
}

#[test]
fn the_end_of_a_superseded_pause_does_not_forget_a_destroy() {
    let mut world = World::given(started());
    world.client(Command::Pause);
    let pausing = world.row().epoch();
    let pause = world.take(&runner("r1"));
    world.client(Command::Destroy { force: true });
    let refused = Answer::Refused { fault: Fault::Refused, recoverable: false };
    for epoch in [None, Some(pausing)] {
        world.report("r1", Report::Answered { task: Task::Pause, answer: refused, from: None, epoch });
        assert_eq!(world.row().desired_state(), DesiredState::Destroyed);
    }
    world.settle();
    assert_eq!(world.states(), (SandboxState::Destroyed, None));
    world.deliver(&pause[0]);
    assert_eq!(world.runner("r1").copy, None, "the ledger refuses the pause");
}
