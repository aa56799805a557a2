//! The laws: what no step may do, and where every fair run must come to rest.

use crate::system::actions::{Action, Model};
use crate::system::forks::Kin;
use crate::system::world::{Copy, Message, NOW, Runner, View, Work, World};
use sandbox_lifecycle::rules::TaskKind;
use sandbox_lifecycle::vocabulary::{BackupState, Repair};
use sandbox_lifecycle::{Command, DesiredState, Lifecycle, SandboxState};

macro_rules! laws {
    ($($(#[doc = $text:literal])+ $law:ident)+) => {
        /// A law of the system.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Law {
            $($(#[doc = $text])+ $law,)+
        }

        impl Law {
            pub const ALL: &[Self] = &[$(Self::$law),+];

            /// What the law says.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$law => concat!($($text),+),)+
                }
            }
        }
    };
}

laws! {
    /// The newest disk is never lost unasked, and no work begins on an older one.
    NewestDiskIsKept
    /// No two runners run the sandbox.
    OneRuns
    /// Once a sandbox is destroyed and nothing is owed, no copy and no backup is left, except a released copy at rest, which
    /// its runner's inventory removes.
    NothingIsLeft
    /// A message that the row does not await changes neither state nor desired state, and ends no recovery. The desired state
    /// changes only by a command, a timer or a pass with an answer. Destroyed is never left. Nothing begins while the row
    /// rests.
    GrantsAreKept
    /// Every step can be written and carried out: it leaves no violation, no write is dropped, and a forced destroy is refused
    /// only for a live fork.
    RowsAreSound
    /// A settled row has the copy that it promises, or somebody asks, unless the copy changed by itself.
    RowsTellTheTruth
    /// Nothing removes a disk that a live child of a fork reads.
    ForksKeepTheirParent
    /// A fork's child is never created from an image.
    NoImageForChildren
    /// No run without further commands and faults ends, or goes round for ever, where it can no longer rest.
    RestIsReached
    /// A run that can go round for ever only visits states at rest, and no longer writes the row: there is no livelock.
    RestIsKept
}

/// What is broken, with the law.
pub type Broken = Vec<(Law, String)>;

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
pub fn check_edge(before: &World, after: &World, action: Action, broken: &mut Broken) {
    let gives_up = matches!(action, Action::Command(Command::Recover { .. }));
    if before.newest_disk() > after.newest_disk() && !gives_up && !is_to_go(before) && !is_to_go(after) {
        broken.push((Law::NewestDiskIsKept, "the newest disk is lost, and nobody asked for it".into()));
    }
    if let Some(Kin::Child { reads: Some(disk_on), .. }) = before.host.kin
        && before.runner(disk_on).copy != Copy::None
        && after.runner(disk_on).copy == Copy::None
    {
        broken.push((Law::ForksKeepTheirParent, "a disk is removed that a live fork reads".into()));
    }
    if let (Some(old), Some(new)) = (before.row, after.row) {
        check_grant(before, &old, &new, action, broken);
    }
}

/// Who writes the row in a step of the system.
enum Writer {
    /// A command or a timer.
    Asked,
    /// A pass, and whether it has an answer.
    Pass { answered: bool },
    /// The end that the row awaits from its own runner.
    AwaitedEnd,
    /// Anything else that arrives.
    Late,
}

fn writer(before: &World, row: &Lifecycle, action: Action) -> Writer {
    let pass = |view: &View| Writer::Pass { answered: view.shows.is_some() || view.stored.is_some() };
    match action {
        Action::Command(_) | Action::Timer { .. } | Action::IdleTimer(_) => Writer::Asked,
        Action::Pass(view) | Action::SlowAsk(view) | Action::Hold(view) => pass(&view),
        Action::WriteHeld => before.host.held.as_ref().map_or(Writer::Late, pass),
        Action::PassWithoutAnswer => Writer::Pass { answered: false },
        Action::Deliver(message) | Action::DeliverAndRepeat(message) if awaits(before, row, message) => {
            Writer::AwaitedEnd
        }
        _ => Writer::Late,
    }
}

/// Whether the row awaits this message, which then may move it.
fn awaits(before: &World, row: &Lifecycle, message: Message) -> bool {
    let of_row = |from, epoch| before.host.own == Some(from) && row.epoch() == epoch;
    match message {
        Message::End { from, work, epoch, .. } => {
            of_row(from, epoch) && row.awaited_task() == Some(TaskKind::from(work.task()))
        }
        Message::ChildEnd { from, epoch, .. } => {
            of_row(from, epoch) && row.state() == SandboxState::Creating && row.is_fork_child()
        }
        _ => false,
    }
}

/// Checks that what a caller was granted is undone only by those who may.
fn check_grant(before: &World, old: &Lifecycle, new: &Lifecycle, action: Action, broken: &mut Broken) {
    let mut breaks = |text: &str| broken.push((Law::GrantsAreKept, format!("{text}: {action:?}")));
    let turns = old.desired_state() != new.desired_state();
    if old.desired_state() == DesiredState::Destroyed && turns {
        breaks("a granted destroy is undone");
    }
    let moves = turns || old.state() != new.state();
    let ends_recovery = old.repair() == Some(Repair::Recover) && new.repair().is_none();
    match writer(before, old, action) {
        Writer::Asked | Writer::Pass { answered: true } => {}
        Writer::Pass { answered: false } => {
            // An archive that cannot succeed is given up, and the sandbox stays stopped (difference D3).
            let gives_up_archive =
                (old.desired_state(), new.desired_state()) == (DesiredState::Archived, DesiredState::Stopped);
            if turns && !gives_up_archive {
                breaks("a pass without an answer changes the desired state");
            }
        }
        Writer::AwaitedEnd => {
            // An ephemeral sandbox that comes to rest is deleted (difference D8).
            let deletes = new.desired_state() == DesiredState::Destroyed && new.is_ephemeral();
            if turns && !deletes {
                breaks("an end changes the desired state");
            }
        }
        Writer::Late if moves => breaks("a late message moves the row"),
        Writer::Late if ends_recovery => breaks("a late message ends a recovery"),
        Writer::Late => {}
    }
}

/// Checks one state of the system.
pub fn check_state(world: &World, broken: &mut Broken) {
    if world.runner_ids().filter(|id| world.runs_on(*id)).count() > 1 {
        broken.push((Law::OneRuns, "two runners run the sandbox".into()));
    }
    let Some(row) = world.row else { return };
    if row.state() == SandboxState::Destroyed && world.host.leaves.is_empty() {
        let runs = world.runner_ids().any(|id| world.runs_on(id));
        // A released copy at rest waits for its runner's inventory, after which it is removed.
        let is_left = |runner: &Runner| runner.copy != Copy::None && runner.memory.departure.is_none();
        if runs || world.runners.iter().any(is_left) {
            broken.push((Law::NothingIsLeft, "the row is destroyed, nothing is owed, and a copy is left".into()));
        }
        if world.host.discard.is_none() && world.host.attempts.iter().any(|made| made.whole) {
            broken.push((Law::NothingIsLeft, "the row is destroyed, nothing is owed, and a backup is left".into()));
        }
    }
    if let (Some(promised), Some(own), false) = (promised(&row), world.own(), row.must_ask()) {
        // A late call of the epoch of the last ask may do again what is done.
        let works = own.job.is_some()
            && !matches!(
                (promised, own.memory.work),
                (Copy::Running, Some((Work::Start | Work::Resume | Work::Fork, _, _)))
                    | (Copy::AtRest, Some((Work::Stop { .. }, _, _)))
                    | (Copy::Paused, Some((Work::Pause, _, _)))
            );
        if !own.odd && !own.gone && (own.copy != promised || works) {
            let (state, copy) = (row.state(), own.copy);
            let text = format!("the row is {state} and its copy is {copy:?}, and nobody asks");
            broken.push((Law::RowsTellTheTruth, text));
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
    let waits = [BackupState::Pending, BackupState::InProgress];
    if row.desired_state() == DesiredState::Destroyed || waits.contains(&row.backup_state()) {
        return false;
    }
    let elsewhere = || world.runner_ids().filter(|id| host.own != Some(*id) && !world.runner(*id).gone);
    if elsewhere().any(|id| world.runs_on(id)) {
        return false;
    }
    let waits_for_room = row.desired_state() == DesiredState::Started && host.own.is_none();
    if waits_for_room && row.pending() && world.candidates(model).next().is_none() {
        return world.referenced_disk().is_some();
    }
    match row.state() {
        SandboxState::Archived => row.is_settled() && world.referenced_disk().is_some(),
        SandboxState::Error => is_recoverable(world, &row, model),
        SandboxState::Stopped if row.is_ephemeral() && world.live_children() == 0 => false,
        _ => match (promised(&row), world.own()) {
            (Some(promised), Some(own)) => {
                // What a fork's child reads stays until the child ends.
                let left = world.live_children() == 0 && elsewhere().any(|id| world.runner(id).copy != Copy::None);
                !own.gone && own.copy == promised && own.job.is_none() && !row.must_ask() && !left
            }
            // It has given up its copy, and any start restores its backup.
            (Some(Copy::AtRest | Copy::Paused), None) => world.referenced_disk().is_some(),
            _ => false,
        },
    }
}

/// Whether an error that stays lets a command reach the data that there is, or whether there is none to reach. A destroy leads
/// out of every error, unless a live fork reads the disk.
fn is_recoverable(world: &World, row: &Lifecycle, model: &Model) -> bool {
    let own = world.own();
    if row.repair().is_some() || own.is_some_and(|own| own.gone) {
        return false;
    }
    if row.must_ask() && own.is_some() {
        return false;
    }
    let context = world.context(row);
    let accepts = |command: Command| row.decide(command, &model.policy, context, NOW).is_ok_and(|step| !step.is_noop());
    if !accepts(Command::Destroy { force: false }) && world.live_children() == 0 {
        return false;
    }
    let in_place = own.is_some_and(|own| own.copy != Copy::None);
    let from_backup = world.referenced_disk().is_some();
    if [true, false].into_iter().any(|start| accepts(Command::Recover { start })) {
        return in_place || (own.is_none() && from_backup);
    }
    // A copy on a runner that is gone waits for the runner's return.
    let reachable = world.runners.iter().any(|runner| !runner.gone && runner.copy != Copy::None && runner.disk > 0);
    !reachable && !from_backup
}
