//! The configurations that are explored: what may happen, and in which states a run begins.

use crate::system::actions::Model;
use crate::system::forks::{ForkWork, Kin};
use crate::system::world::{Attempt, Copy, Host, LONG, Memory, NOW, Runner, World};
use sandbox_lifecycle::vocabulary::{AutoDelete, AutoPause, AutoStop, BackupState};
use sandbox_lifecycle::{Columns, Command, DesiredState, Lifecycle, Policy, SandboxClass, SandboxState, Timer};

fn policy() -> Policy {
    let mut policy = Policy::default();
    policy.max_archive_attempts = 1;
    policy.max_restore_attempts = 2;
    policy
}

pub fn core() -> Model {
    Model {
        policy: policy(),
        commands: vec![
            Command::Start,
            Command::Stop { force: false },
            Command::Destroy { force: false },
            Command::Destroy { force: true },
        ],
        timers: Vec::new(),
        runners: 2,
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
pub fn settled(running: bool, vm: bool, commands: u8, faults: u8) -> World {
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
        kin: None,
        commands,
        faults,
    };
    World { row: Some(row.into()), runners: [first, Runner::default(), Runner::default()], host, bag: Vec::new() }
}

/// A sandbox that rests with a current backup: on the first runner, or archived.
pub fn backed_up(archived: bool, vm: bool, commands: u8, faults: u8) -> World {
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

pub fn full() -> Model {
    let mut model = core();
    model.commands.extend([
        Command::Archive,
        Command::Backup,
        Command::Recover { start: true },
        Command::Recover { start: false },
    ]);
    Model { backups: true, gone: true, ..model }
}

pub fn pausing() -> Model {
    let mut model = core();
    model.commands.extend([Command::Pause, Command::Recover { start: true }, Command::Recover { start: false }]);
    model
}

/// Forks of a VM that is idle or old, with everything that may remove its disk.
pub fn parent() -> Model {
    let model = full();
    let commands = model.commands.iter().copied().filter(|command| *command != Command::Backup);
    let commands = [Command::Fork, Command::Pause].into_iter().chain(commands).collect();
    let timers = vec![Timer::AutoStop, Timer::AutoArchive, Timer::AutoDelete, Timer::Ttl];
    Model { commands, timers, unready: true, ..model }
}

/// A parent: without a child, or with one that reads its disk; running, at rest with a current backup, or ephemeral.
pub fn parents(commands: u8, faults: u8) -> Vec<World> {
    let with_child = |mut world: World| {
        world.host.kin = Some(Kin::Child { epoch: 0, reads: Some(0) });
        world
    };
    let ephemeral = |mut world: World| {
        let columns = world.row.expect("a row").columns();
        world.row = Some(Columns { auto_delete: AutoDelete::AtOnce, ..columns }.into());
        world
    };
    let running = idle_or_old(settled(true, true, commands, faults));
    let resting = idle_or_old(settled(false, true, commands, faults));
    let safe = idle_or_old(backed_up(false, true, commands, faults));
    vec![
        running.clone(),
        with_child(running.clone()),
        with_child(resting.clone()),
        with_child(safe),
        with_child(ephemeral(running)),
        with_child(ephemeral(resting)),
    ]
}

/// Sets every idle timer, and a time to live.
fn idle_or_old(mut world: World) -> World {
    let columns = world.row.expect("a row").columns();
    let unset = Columns::default();
    let row = Columns {
        auto_stop: unset.auto_stop,
        auto_archive: unset.auto_archive,
        auto_delete: AutoDelete::from(60_i32),
        auto_destroy_at: Some(NOW + LONG),
        ..columns
    };
    world.row = Some(row.into());
    world
}

/// A fork's child.
pub fn child() -> Model {
    Model { gone: true, unready: true, ..pausing() }
}

/// A fork's child that its source is about to make.
pub fn children(commands: u8, faults: u8) -> Vec<World> {
    let mut world = settled(true, true, commands, faults);
    let source = world.row.expect("a row").columns();
    let source = Lifecycle::from(Columns { state: SandboxState::Forking, ..source });
    world.row = Some(source.fork_child(NOW));
    world.runners[0] = Runner::default();
    let epoch = source.epoch();
    world.host.kin = Some(Kin::Source { on: 0, epoch, awaits: true, work: ForkWork::NotBegun });
    vec![world]
}

/// Archived sandboxes that move over three runners, which are lost and return.
pub fn moving() -> Model {
    let commands = vec![Command::Start, Command::Recover { start: true }, Command::Destroy { force: false }];
    Model { commands, runners: 3, backups: true, gone: true, crashes: false, failures: false, stalls: false, ..core() }
}
