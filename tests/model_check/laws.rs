//! The laws: what no step may do, and where every fair run must be able to come to rest.

use crate::actions::{Action, Model};
use crate::world::{Copy, NOW, RUNNERS, Runner, Work, World};
use sandbox_lifecycle::{Command, Context, DesiredState, Lifecycle, SandboxState};

/// The copy that a settled row promises.
fn promised(row: &Lifecycle) -> Option<Copy> {
    if !row.is_settled() {
        return None;
    }
    match row.state() {
        SandboxState::Started => Some(Copy::Running),
        SandboxState::Stopped => Some(Copy::AtRest),
        SandboxState::Paused => Some(Copy::Paused),
        _ => None,
    }
}

fn is_to_go(world: &World) -> bool {
    world.row.is_none_or(|row| row.desired_state() == DesiredState::Destroyed)
}

/// Checks one step of the system. `after` is not normalised yet.
pub fn check_edge(before: &World, after: &World, action: Action, broken: &mut Vec<String>) {
    let gives_up = matches!(action, Action::Command(Command::Recover { .. }));
    if before.newest_disk() > after.newest_disk() && !gives_up && !is_to_go(before) && !is_to_go(after) {
        broken.push("L1: the newest disk is lost, and nobody asked for it".into());
    }
}

/// Checks one state of the system.
pub fn check_state(world: &World, broken: &mut Vec<String>) {
    if (0..RUNNERS).filter(|id| world.runs_on(*id)).count() > 1 {
        broken.push("L2: two runners run the sandbox".into());
    }
    let Some(row) = world.row else { return };
    if row.state() == SandboxState::Destroyed && world.host.leaves.is_empty() {
        let runs = (0..RUNNERS).any(|id| world.runs_on(id));
        // A released copy at rest waits for its runner's inventory, after which it is removed.
        let is_left = |runner: &Runner| runner.copy != Copy::None && runner.memory.departure.is_none();
        if runs || world.runners.iter().any(is_left) {
            broken.push("L3: the row is destroyed, nothing is owed, and a copy is left".into());
        }
        if world.host.discard.is_none() && world.host.attempts.iter().any(|made| made.whole) {
            broken.push("L3: the row is destroyed, nothing is owed, and a backup is left".into());
        }
    }
    if let (Some(promised), Some(own), false) = (promised(&row), world.own(), row.must_ask()) {
        // A late call of the epoch of the last ask may do again what is done.
        let works = own.job.is_some()
            && !matches!(
                (promised, own.memory.work),
                (Copy::Running, Some((Work::Start | Work::Resume, _, _)))
                    | (Copy::AtRest, Some((Work::Stop { .. }, _, _)))
                    | (Copy::Paused, Some((Work::Pause, _, _)))
            );
        if !own.odd && !own.gone && (own.copy != promised || works) {
            let copy = own.copy;
            broken.push(format!("L6: the row is {} and its copy is {copy:?}, and nobody asks", row.state()));
        }
    }
}

/// Whether the sandbox has come to rest where its row says, or where a command reaches its data.
pub fn is_good(world: &World, model: &Model) -> bool {
    let Some(row) = world.row else { return true };
    let host = &world.host;
    let owes = host.leaves.iter().any(|leave| !world.runner(leave.to).gone);
    if owes || host.discard.is_some() || host.held.is_some() {
        return false;
    }
    if row.must_ask_store() || host.attempts.iter().any(|made| made.uploader.is_some()) {
        return false;
    }
    if row.state() == SandboxState::Destroyed {
        return world.runners.iter().all(|runner| runner.gone || runner.copy == Copy::None);
    }
    let waits =
        [sandbox_lifecycle::vocabulary::BackupState::Pending, sandbox_lifecycle::vocabulary::BackupState::InProgress];
    if row.desired_state() == DesiredState::Destroyed || waits.contains(&row.backup_state()) {
        return false;
    }
    let elsewhere = (0..RUNNERS).filter(|id| host.own != Some(*id) && !world.runner(*id).gone);
    if elsewhere.clone().any(|id| world.runs_on(id)) {
        return false;
    }
    match row.state() {
        SandboxState::Archived => row.is_settled() && world.referenced_disk().is_some(),
        SandboxState::Error => is_recoverable(world, &row, model),
        _ => match (promised(&row), world.own()) {
            (Some(promised), Some(own)) => {
                let left = elsewhere.clone().any(|id| world.runner(id).copy != Copy::None);
                !own.gone && own.copy == promised && own.job.is_none() && !row.must_ask() && !left
            }
            // It has given up its copy, and any start restores its backup.
            (Some(Copy::AtRest | Copy::Paused), None) => world.referenced_disk().is_some(),
            _ => false,
        },
    }
}

/// Whether an error that stays lets a command reach the data that there is, or whether there is none to reach.
fn is_recoverable(world: &World, row: &Lifecycle, model: &Model) -> bool {
    let own = world.own();
    if row.repair().is_some() || own.is_some_and(|own| own.gone) {
        return false;
    }
    if row.must_ask() && own.is_some() {
        return false;
    }
    let accepts = [true, false].into_iter().any(|start| {
        row.decide(Command::Recover { start }, &model.policy, Context::of(row), NOW).is_ok_and(|step| !step.is_noop())
    });
    let in_place = own.is_some_and(|own| own.copy != Copy::None);
    let from_backup = world.referenced_disk().is_some();
    if accepts {
        return in_place || (own.is_none() && from_backup);
    }
    // A copy on a runner that is gone waits for the runner's return.
    let reachable = world.runners.iter().any(|runner| !runner.gone && runner.copy != Copy::None && runner.disk > 0);
    !reachable && !from_backup
}
