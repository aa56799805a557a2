//! An explicit-state exploration of the whole system, with the crate's own rules: `decide`, `due`, `reconcile`, `compare`,
//! `awaits` and `Ledger`.
//!
//! A state is one row, two runners with their ledgers and copies, a backup store, the outbox, the messages under way, and a
//! pass that has decided and not yet written. Breadth first, so that counter-examples are the shortest.
//!
//! **What can happen.** Commands; time limits at any moment; passes with every answer that is under way, with none, and with
//! every placement; work that ends well, badly, or badly with its effect; messages that are lost, repeated or overtaken;
//! copies that stop by themselves; runners that restart, are declared gone, and return; late inventories; uploads that end,
//! fail or are not reported; acknowledgements that are lost.
//!
//! **What is bounded.** The commands and the faults of a run (`MODEL_COMMANDS`, `MODEL_FAULTS`; 255 is without bound), the
//! messages under way (three, and two more for progress), one question and one undecided pass at a time. The states are not
//! bounded: an exploration that ends early fails (`MODEL_STATES`).
//!
//! **What is normalised.** Epochs, attempts and disk versions are renumbered in order. Times are one instant, and each limit
//! is over or not in each step. The revision is one number: an answer or a pass is dropped by the write that makes it stale.
//! Messages that do nothing whenever they arrive are dropped, and so are attempts that neither the row nor its reference
//! names. An ask and an inventory arrive at once, or late as a fault.
//!
//! **The laws.** L1: the newest disk is never lost unasked, and nothing begins on an older one. L2: no two runners run the
//! sandbox. L3: once it is destroyed and nothing is owed, no copy and no backup is left, except a released copy at rest, which
//! its runner's inventory removes. L4: a granted destroy stays, and nothing starts while the row rests. L5: no write leaves a
//! violation, no write is dropped, and a forced destroy is always accepted. L6: a settled row has the copy that it promises, or
//! somebody asks, unless the copy changed by itself. Liveness: from every state some run without further commands and faults
//! comes to rest where the row says, or in an error from which a command reaches the data.
//!
//! **What is not in it.** Forks, changes in place, builds and pulls, ephemeral sandboxes, the idle timers, the removal of the
//! record, and numbers that wrap.

mod actions;
mod control;
mod explore;
mod host;
mod laws;
mod normal;
mod show;
mod store;
mod work;
mod world;

use actions::{Flaw, Model};
use explore::{Explored, Limits, explore};
use sandbox_lifecycle::vocabulary::{AutoPause, AutoStop, BackupState};
use sandbox_lifecycle::{Columns, Command, DesiredState, Policy, SandboxClass, SandboxState};
use world::{Attempt, Copy, Host, Memory, Runner, World};

fn policy() -> Policy {
    let mut policy = Policy::default();
    policy.max_archive_attempts = 1;
    policy.max_restore_attempts = 2;
    policy
}

fn core() -> Model {
    Model {
        policy: policy(),
        commands: vec![
            Command::Start,
            Command::Stop { force: false },
            Command::Destroy { force: false },
            Command::Destroy { force: true },
        ],
        flaw: None,
        bag: 3,
        backups: false,
        gone: false,
        crashes: true,
        failures: true,
        stalls: true,
        unready: false,
        inventories: true,
    }
}

/// A sandbox at rest or running on the first runner.
fn settled(running: bool, vm: bool, commands: u8, faults: u8) -> World {
    let (state, desired_state) = if running {
        (SandboxState::Started, DesiredState::Started)
    } else {
        (SandboxState::Stopped, DesiredState::Stopped)
    };
    let class = if vm { SandboxClass::LinuxVm } else { SandboxClass::Container };
    let row = Columns {
        state,
        desired_state,
        class,
        epoch: 1,
        revision: 1,
        auto_stop: AutoStop::Never,
        auto_pause: AutoPause::Never,
        changed_since_backup: true,
        ..Columns::default()
    };
    let copy = if running { Copy::Running } else { Copy::AtRest };
    let memory = Memory { newest: Some(1), ..Memory::default() };
    let first = Runner { memory, copy, disk: 1, ..Runner::default() };
    let host = Host {
        own: Some(0),
        reference: None,
        call: None,
        backup: None,
        leaves: Vec::new(),
        discard: None,
        discarded: 0,
        attempts: Vec::new(),
        held: None,
        commands,
        faults,
    };
    World { row: Some(row.into()), runners: [first, Runner::default()], host, bag: Vec::new() }
}

/// A sandbox that rests with a current backup: on the first runner, or archived.
fn backed_up(archived: bool, vm: bool, commands: u8, faults: u8) -> World {
    let mut world = settled(false, vm, commands, faults);
    let mut columns = world.row.expect("a row").columns();
    columns.backup_state = BackupState::Completed;
    columns.has_backup_ref = true;
    columns.backup_attempt = 1;
    columns.changed_since_backup = false;
    if archived {
        (columns.state, columns.desired_state) = (SandboxState::Archived, DesiredState::Archived);
        columns.has_runner = false;
        world.host.own = None;
        world.runners[0].copy = Copy::None;
        world.runners[0].memory.departure = Some((true, 1));
    }
    world.row = Some(columns.into());
    world.host.reference = Some(1);
    world.host.attempts.push(Attempt { number: 1, disk: 1, whole: true, uploader: None });
    world
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |number| number.parse().expect("a number"))
}

/// Explores a model from a running and a resting sandbox, and prints what it finds.
fn run(name: &str, model: &Model, vm: bool, commands: u64, faults: u64, stops: Option<&'static str>) -> Explored {
    let commands = setting("MODEL_COMMANDS", commands) as u8;
    let faults = setting("MODEL_FAULTS", faults) as u8;
    let limits = Limits { states: setting("MODEL_STATES", 20_000_000) as usize, stops };
    println!("{name}, {commands} commands, {faults} faults:");
    let mut start = vec![settled(true, vm, commands, faults), settled(false, vm, commands, faults)];
    if model.backups {
        start.extend([backed_up(true, vm, commands, faults), backed_up(false, vm, commands, faults)]);
    }
    explore(model, &start, &limits)
}

fn holds(name: &str, model: &Model, vm: bool, commands: u64, faults: u64) {
    let explored = run(name, model, vm, commands, faults, None);
    show::report(name, &explored);
    assert!(explored.complete && explored.broken.is_empty(), "{name}: a law is broken, or a bound was reached");
}

fn full() -> Model {
    let mut model = core();
    model.commands.extend([
        Command::Archive,
        Command::Backup,
        Command::Recover { start: true },
        Command::Recover { start: false },
    ]);
    Model { backups: true, gone: true, ..model }
}

fn pausing() -> Model {
    let mut model = core();
    model.commands.extend([Command::Pause, Command::Recover { start: true }, Command::Recover { start: false }]);
    model
}

#[test]
fn starts_stops_and_destroys_keep_every_law() {
    holds("core", &core(), false, 3, 1);
}

#[test]
fn backups_and_lost_runners_keep_every_law() {
    holds("full", &full(), false, 1, 1);
}

#[test]
fn pauses_keep_every_law() {
    holds("pausing", &pausing(), true, 2, 1);
}

/// Everything together, and controllers that take a runner for not ready.
#[test]
fn a_vm_with_backups_keeps_every_law() {
    let mut model = full();
    model.commands.push(Command::Pause);
    holds("all", &Model { unready: true, ..model }, true, 1, 1);
}

/// Each law is broken by a system that breaks a rule of the protocol.
#[test]
fn each_law_fails_for_a_system_that_breaks_a_rule() {
    let flawed = [
        (Flaw::NoLedger, 2, 2, "L3"),
        (Flaw::NoLedger, 2, 2, "L4"),
        (Flaw::PartIsWhole, 2, 1, "L1"),
        (Flaw::NoRepeat, 1, 1, "L3"),
        (Flaw::NoRemoval, 2, 2, "L3"),
        (Flaw::NoRelease, 2, 2, "L3"),
        (Flaw::AnyRevision, 2, 2, "L6"),
        (Flaw::CallFirst, 2, 2, "L3"),
        (Flaw::NoFence, 2, 2, "L2"),
        (Flaw::NoInventory, 1, 1, "liveness"),
        (Flaw::ForgetfulStore, 2, 1, "L3"),
    ];
    let mut missing = Vec::new();
    for (flaw, commands, faults, law) in flawed {
        let model = Model { flaw: Some(flaw), ..full() };
        let name = format!("{flaw:?}");
        let explored = run(&name, &model, false, commands, faults, Some(law));
        let shortest = explored.broken.values().map(Vec::len).min();
        println!("{name}: {:?}, shortest {shortest:?}", explored.broken.keys());
        if !explored.broken.keys().any(|broken| broken.starts_with(law)) {
            missing.push(name);
        }
    }
    assert!(missing.is_empty(), "these break no law: {missing:?}");
}
