//! An explicit-state exploration of the whole system, with the crate's own rules: `decide`, `due`, `reconcile`, `compare`,
//! `awaits` and `Ledger`.
//!
//! A state is one row, two or three runners with their ledgers and copies, a backup store, the other sandbox of a fork, the
//! outbox, the messages under way, and a pass that has decided and not yet written. Breadth first, so that counter-examples are
//! the shortest.
//!
//! **What can happen.** Commands; time limits at any moment; passes with every answer that is under way, with none, and with
//! every placement; work that ends well, badly, or badly with its effect; messages that are lost, repeated or overtaken;
//! copies that stop by themselves; runners that restart, are declared gone, and return; late inventories; uploads that end,
//! fail or are not reported; acknowledgements that are lost.
//!
//! **Forks.** A parent has no child or one. The child is alive until it ends at any moment, and reads the parent's disk from the
//! end of the fork on. There, the idle timers and the time to live count as commands. A row that is itself a fork's child has a
//! source, which repeats its call until it gives up, and whose runner makes the copy of the child. Neither of them is a whole
//! row.
//!
//! **What is bounded.** The commands and the faults of a run (`MODEL_COMMANDS`, `MODEL_FAULTS`; 255 is without bound), the
//! runners (`MODEL_RUNNERS`, at most three), the messages under way (three, and two more for progress), one question and one
//! undecided pass at a time. The states are not bounded: an exploration that ends early fails (`MODEL_STATES`).
//!
//! **What is normalised.** Epochs, attempts and disk versions are renumbered in order, and runners too: the row's own is the
//! first. Times are one instant, and each limit is over or not in each step. The revision is one number: an answer or a pass is
//! dropped by the write that makes it stale. Messages that do nothing whenever they arrive are dropped, and so are attempts that
//! neither the row nor its reference names. An ask and an inventory arrive at once, or late as a fault.
//!
//! **What is a run.** Progress is what happens without further commands and faults. A fair run takes every way on that it meets
//! again and again, so it ends in a component of the progress edges that none of them leaves ([`search`]). There the laws about
//! rest are checked. A state is at rest if the copy is where the row says, if a start waits for room and no runner is a
//! candidate, or in an error from which a command reaches the data.
//!
//! **The laws** are [`laws::Law`]. Each one fails for a system that breaks a rule of the protocol ([`Flaw`]).
//!
//! **What is not in it.** Changes in place but forks, builds and pulls, ephemeral sandboxes but parents, more than one fork at a
//! time, the removal of the record, and numbers that wrap.

mod configurations;
mod laws;
mod search;
mod show;
mod system;

use configurations::{backed_up, child, children, core, full, moving, parent, parents, pausing, settled};
use laws::Law;
use sandbox_lifecycle::vocabulary::Fault;
use sandbox_lifecycle::{Columns, Command, SandboxState};
use search::explore::{Explored, Limits, explore};
use system::actions::{Flaw, Model};
use system::forks::Kin;
use system::world::{Copy, Work, World};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |number| number.parse().expect("a number"))
}

/// The sandboxes in which the runs of a configuration begin, for a number of commands and faults.
type Start = fn(&Model, u8, u8) -> Vec<World>;

fn containers(model: &Model, commands: u8, faults: u8) -> Vec<World> {
    sandboxes(model, false, commands, faults)
}

fn vms(model: &Model, commands: u8, faults: u8) -> Vec<World> {
    sandboxes(model, true, commands, faults)
}

/// A running and a resting sandbox, and with backups also one with a current backup and an archived one.
fn sandboxes(model: &Model, vm: bool, commands: u8, faults: u8) -> Vec<World> {
    let mut start = vec![settled(true, vm, commands, faults), settled(false, vm, commands, faults)];
    if model.backups {
        start.extend([backed_up(true, vm, commands, faults), backed_up(false, vm, commands, faults)]);
    }
    start
}

fn forking(_: &Model, commands: u8, faults: u8) -> Vec<World> {
    parents(commands, faults)
}

fn forked(model: &Model, commands: u8, faults: u8) -> Vec<World> {
    let mut start = children(commands, faults);
    if model.flaw == Some(Flaw::ForgetsChild) {
        for world in &mut start {
            let columns = world.row.expect("a row").columns();
            world.row = Some(Columns { is_fork_child: false, ..columns }.into());
        }
    }
    start
}

/// Explores a model, and prints what it finds.
fn run(name: &str, model: &Model, start: Start, bounds: (u64, u64), limits: &Limits) -> Explored {
    let commands = setting("MODEL_COMMANDS", bounds.0) as u8;
    let faults = setting("MODEL_FAULTS", bounds.1) as u8;
    let model = Model { runners: setting("MODEL_RUNNERS", model.runners.into()) as u8, ..model.clone() };
    println!("{name}, {commands} commands, {faults} faults, {} runners:", model.runners);
    explore(&model, &start(&model, commands, faults), limits)
}

/// Explores every state of a model, in which no law may be broken, and which must reach each situation.
fn holds(name: &str, model: &Model, start: Start, bounds: (u64, u64), witnesses: &[fn(&World) -> bool]) {
    let limits = Limits { states: setting("MODEL_STATES", 20_000_000) as usize, stops: None, witnesses };
    let explored = run(name, model, start, bounds, &limits);
    show::report(name, &explored);
    assert!(explored.complete && explored.broken.is_empty(), "{name}: a law is broken, or a bound was reached");
    assert!(explored.seen.iter().all(|seen| *seen > 0), "{name}: a situation is never reached");
}

fn is_destroyed(world: &World) -> bool {
    world.row.is_some_and(|row| row.state() == SandboxState::Destroyed)
}

fn has_done(world: &World, what: Work) -> bool {
    world.own().is_some_and(|own| matches!(own.memory.work, Some((work, _, Some(true))) if work == what))
}

#[test]
fn starts_stops_and_destroys_keep_every_law() {
    holds("core", &core(), containers, (3, 1), &[is_destroyed]);
}

#[test]
fn backups_and_lost_runners_keep_every_law() {
    holds("full", &full(), containers, (1, 1), &[is_destroyed]);
}

#[test]
fn pauses_keep_every_law() {
    holds("pausing", &pausing(), vms, (2, 1), &[|world| world.own().is_some_and(|own| own.copy == Copy::Paused)]);
}

/// Everything together, and controllers that take a runner for not ready.
#[test]
fn a_vm_with_backups_keeps_every_law() {
    let mut model = full();
    model.commands.push(Command::Pause);
    holds("all", &Model { unready: true, ..model }, vms, (1, 1), &[is_destroyed]);
}

/// A fork's child reads the disk of its parent.
#[test]
fn parents_of_forks_keep_every_law() {
    let reads_what_is_left = |world: &World| matches!(world.host.kin, Some(Kin::Child { reads: Some(id), .. }) if world.host.own != Some(id));
    let is_made = |world: &World| world.live_children() > 0 && has_done(world, Work::Fork);
    holds("parent", &parent(), forking, (1, 1), &[reads_what_is_left, is_made]);
}

/// The sandbox is a fork's child, which only its source makes.
#[test]
fn children_of_forks_keep_every_law() {
    let runs = |world: &World| world.row.is_some_and(|row| row.state() == SandboxState::Started && row.is_settled());
    let was_not_made = |world: &World| world.row.is_some_and(|row| row.fault() == Some(Fault::Lost));
    holds("child", &child(), forked, (2, 1), &[runs, was_not_made, is_destroyed]);
}

#[test]
fn archived_sandboxes_that_move_over_three_runners_keep_every_law() {
    let archived = |_: &Model, commands, faults| vec![backed_up(true, false, commands, faults)];
    let left_twice = |world: &World| {
        let is_left = |id: &u8| world.host.own != Some(*id) && world.runner(*id).copy != Copy::None;
        world.runner_ids().filter(is_left).count() == 2
    };
    holds("moving", &moving(), archived, (2, 2), &[left_twice]);
}

/// A system that breaks a rule: where its runs begin, how many commands and faults they have, and the law that notices it.
type Flawed = (Flaw, Model, Start, (u64, u64), Law);

/// Each law is broken by a system that breaks a rule of the protocol.
#[test]
fn each_law_fails_for_a_system_that_breaks_a_rule() {
    let flawed: [Flawed; 21] = [
        (Flaw::NoLedger, full(), containers, (2, 2), Law::NothingIsLeft),
        (Flaw::PartIsWhole, full(), containers, (2, 1), Law::NewestDiskIsKept),
        (Flaw::NoRepeat, full(), containers, (1, 1), Law::NothingIsLeft),
        (Flaw::NoRemoval, full(), containers, (2, 2), Law::NothingIsLeft),
        (Flaw::NoRelease, full(), containers, (2, 2), Law::NothingIsLeft),
        (Flaw::AnyRevision, core(), containers, (2, 2), Law::RowsTellTheTruth),
        (Flaw::CallFirst, full(), containers, (2, 2), Law::NothingIsLeft),
        (Flaw::NoFence, moving(), containers, (2, 1), Law::OneRuns),
        (Flaw::PlacesOnReleased, Model { runners: 2, ..moving() }, containers, (3, 1), Law::NewestDiskIsKept),
        (Flaw::CallsBeforeOwed, moving(), containers, (2, 1), Law::OneRuns),
        (Flaw::ReturnsUnnoticed, Model { stalls: true, ..moving() }, containers, (2, 1), Law::OneRuns),
        (Flaw::NoInventory, full(), containers, (1, 1), Law::RestIsReached),
        (Flaw::ForgetfulStore, full(), containers, (2, 1), Law::NothingIsLeft),
        (Flaw::NoEpochs, full(), containers, (2, 2), Law::GrantsAreKept),
        (Flaw::NamesNoEpoch, child(), forked, (1, 1), Law::GrantsAreKept),
        (Flaw::HalfStep, full(), containers, (1, 1), Law::RowsAreSound),
        (Flaw::AsksEachTime, core(), containers, (1, 1), Law::RestIsKept),
        (Flaw::CountsNoForks, parent(), forking, (1, 1), Law::ForksKeepTheirParent),
        (Flaw::PassesCountNoForks, parent(), forking, (1, 1), Law::ForksKeepTheirParent),
        (Flaw::InventoriesCountNoForks, parent(), forking, (1, 1), Law::ForksKeepTheirParent),
        (Flaw::ForgetsChild, child(), forked, (1, 1), Law::NoImageForChildren),
    ];
    let mut missing: Vec<String> = Vec::new();
    for (flaw, model, start, bounds, law) in &flawed {
        let model = Model { flaw: Some(*flaw), ..model.clone() };
        let name = format!("{flaw:?}");
        let limits = Limits { states: 20_000_000, stops: Some(*law), witnesses: &[] };
        let explored = run(&name, &model, *start, *bounds, &limits);
        let shortest =
            explored.broken.iter().filter(|((broken, _), _)| broken == law).map(|(_, path)| path.len()).min();
        println!("{name} breaks {law:?} after {shortest:?} steps");
        if !explored.breaks(*law) {
            missing.push(format!("{name} does not break {law:?}"));
        }
    }
    let unbroken = Law::ALL.iter().filter(|law| !flawed.iter().any(|(.., broken)| broken == *law));
    missing.extend(unbroken.map(|law| format!("no flaw breaks {law:?}")));
    assert!(missing.is_empty(), "{missing:?}");
}
