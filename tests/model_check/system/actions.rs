//! The model: what can happen next in a state of the system, and which of it is progress.

use super::world::{Copy, Leave, Message, View, World};
use crate::laws::{Broken, Law};
use sandbox_lifecycle::{Command, Policy, Timer};

/// A rule of the protocol that a variant of the system breaks, to show that a law notices it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Runners carry out every call.
    NoLedger,
    /// The outbox sends each entry once.
    NoRepeat,
    /// Releases are dropped.
    NoRelease,
    /// Removals are dropped.
    NoRemoval,
    /// An answer counts at any revision.
    AnyRevision,
    /// The controller calls before it writes, and may fail to write.
    CallFirst,
    /// A runner is declared gone although its sandboxes still run.
    NoFence,
    /// Placement chooses a runner that has a released copy.
    PlacesOnReleased,
    /// A runner that returns takes calls before what it is owed.
    CallsBeforeOwed,
    /// A runner that returns raises no revision.
    ReturnsUnnoticed,
    /// An inventory is never sent.
    NoInventory,
    /// The store takes a part of a backup for the whole.
    PartIsWhole,
    /// The store accepts the late upload of a discarded attempt.
    ForgetfulStore,
    /// The host counts no live forks when it decides.
    CountsNoForks,
    /// It counts none in its passes.
    PassesCountNoForks,
    /// It counts none when it compares an inventory.
    InventoriesCountNoForks,
    /// The host stores a fork's child as any new sandbox.
    ForgetsChild,
    /// The host passes reports on without their epochs.
    NoEpochs,
    /// A runner that has seen no epoch reports without one.
    NamesNoEpoch,
    /// The host writes a state without what must change with it.
    HalfStep,
    /// The host asks about a sandbox after each inventory, whatever it shows.
    AsksEachTime,
}

/// What a configuration explores.
#[derive(Debug, Clone)]
pub struct Model {
    pub policy: Policy,
    pub commands: Vec<Command>,
    /// The idle timers and the time to live: each counts as a command.
    pub timers: Vec<Timer>,
    /// How many runners placement may choose from.
    pub runners: u8,
    pub flaw: Option<Flaw>,
    /// How many messages are under way at most.
    pub bag: usize,
    /// Backups are made, and the store is asked.
    pub backups: bool,
    /// Runners may be declared gone, and return.
    pub gone: bool,
    /// Runners restart, and copies stop by themselves.
    pub crashes: bool,
    /// Work may end badly.
    pub failures: bool,
    /// A pass may be held between its decision and its write.
    pub stalls: bool,
    /// Controllers may take a runner for not ready.
    pub unready: bool,
    /// Runners send inventories.
    pub inventories: bool,
}

impl Model {
    /// Whether a message of an older epoch may still do something.
    pub fn hears_old_calls(&self) -> bool {
        self.flaw == Some(Flaw::NoLedger)
    }

    pub fn hears_old_ends(&self) -> bool {
        self.flaw == Some(Flaw::NoEpochs)
    }
}

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Action {
    Begin,
    Command(Command),
    Timer { over: bool, backup_over: bool },
    IdleTimer(Timer),
    Pass(View),
    SlowAsk(View),
    PassWithoutAnswer,
    Hold(View),
    WriteHeld,
    CallAndCrash(View),
    SendCall,
    RequestBackup,
    Deliver(Message),
    DeliverAndRepeat(Message),
    Lose(Message),
    BeginIsNotReported(Message),
    Leaves(Leave),
    LeavesAckLost(Leave),
    LeaveIsLost(Leave),
    LeavesAndRepeat(Leave),
    JobEnds { on: u8, well: bool },
    JobFailsDone { on: u8 },
    UsesDisk { on: u8 },
    StopsByItself { on: u8 },
    Reports { from: u8 },
    Restarts { on: u8 },
    DeclaredGone { on: u8 },
    Returns { on: u8 },
    Lists { from: u8 },
    ListsLate { from: u8 },
    UploadEnds { number: u32, well: bool },
    Discards,
    ChildEnds,
    CallFork,
    SourceGivesUp,
    ForkEnds { well: bool },
}

/// A step of the system.
pub struct Edge {
    pub action: Action,
    pub after: World,
    /// It happens in a fair run without further faults and commands.
    pub progress: bool,
    /// It writes the row.
    pub writes: bool,
    pub broken: Broken,
}

/// One way to go on from a state, while it is built.
pub struct Try<'a> {
    pub model: &'a Model,
    pub world: World,
    pub broken: Broken,
}

impl Try<'_> {
    pub fn breaks(&mut self, law: Law, how: impl Into<String>) {
        self.broken.push((law, how.into()));
    }
}

/// The ways to go on from one state.
pub struct Ways<'a> {
    pub model: &'a Model,
    pub before: &'a World,
    pub edges: Vec<Edge>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Progress,
    Free,
    Fault,
    Command,
}

impl Ways<'_> {
    /// Adds a way, unless it changes nothing or exceeds a bound.
    pub fn add(&mut self, action: Action, kind: Kind, change: impl FnOnce(&mut Try<'_>)) {
        let host = &self.before.host;
        if (kind == Kind::Fault && host.faults == 0) || (kind == Kind::Command && host.commands == 0) {
            return;
        }
        let mut tried = Try { model: self.model, world: self.before.clone(), broken: Vec::new() };
        change(&mut tried);
        let Try { mut world, mut broken, .. } = tried;
        match kind {
            Kind::Fault if world.host.faults != u8::MAX => world.host.faults -= 1,
            Kind::Command if world.host.commands != u8::MAX => world.host.commands -= 1,
            Kind::Fault | Kind::Command | Kind::Progress | Kind::Free => {}
        }
        crate::laws::check_edge(self.before, &world, action, &mut broken);
        // A normalised row has revision 1.
        let writes = world.row.is_some_and(|row| row.revision() != 1);
        world.normalise(self.model);
        // Progress may exceed the bound a little, because messages to a runner that is gone stay under way.
        let bound = self.model.bag + if kind == Kind::Progress { 2 } else { 0 };
        let progress = kind == Kind::Progress;
        // A write that leads back to the same state counts: it could go on for ever.
        let nothing = world == *self.before && broken.is_empty() && !(progress && writes);
        if world.bag.len() > bound.max(self.before.bag.len()) || nothing {
            return;
        }
        crate::laws::check_state(&world, &mut broken);
        self.edges.push(Edge { action, after: world, progress, writes, broken });
    }

    pub fn all(model: &Model, before: &World) -> Vec<Edge> {
        let mut ways = Ways { model, before, edges: Vec::new() };
        ways.commands();
        ways.timers();
        ways.passes();
        ways.outbox();
        ways.messages();
        for on in 0..model.runners {
            ways.runner(on);
        }
        ways.forks();
        if model.backups {
            ways.store();
        }
        ways.edges
    }

    fn commands(&mut self) {
        for command in &self.model.commands {
            if *command == Command::Fork && self.before.host.kin.is_some() {
                continue; // One child at a time.
            }
            self.add(Action::Command(*command), Kind::Command, |tried| tried.command(*command));
        }
    }

    fn timers(&mut self) {
        for (over, backup_over) in [(true, false), (false, true)] {
            let action = Action::Timer { over, backup_over };
            self.add(action, Kind::Progress, |tried| tried.timer(over, backup_over));
        }
        // An ephemeral sandbox at rest is deleted at once, as soon as no fork reads its disk.
        if self.before.row.is_some_and(|row| row.is_ephemeral()) {
            self.add(Action::IdleTimer(Timer::AutoDelete), Kind::Progress, |tried| tried.idle_timer(Timer::AutoDelete));
        }
        for timer in &self.model.timers {
            self.add(Action::IdleTimer(*timer), Kind::Command, |tried| tried.idle_timer(*timer));
        }
    }

    fn outbox(&mut self) {
        let host = &self.before.host;
        if host.call.is_some() {
            self.add(Action::SendCall, Kind::Progress, |tried| tried.send_call());
        }
        if host.backup.is_some() {
            self.add(Action::RequestBackup, Kind::Progress, |tried| {
                if let Some((to, attempt, epoch)) = tried.world.host.backup {
                    tried.world.send(Message::MakeBackup { to, attempt, epoch });
                }
            });
        }
        if host.discard.is_some() {
            self.add(Action::Discards, Kind::Progress, |tried| tried.discard());
        }
        for leave in &host.leaves {
            if self.before.runner(leave.to).gone {
                continue;
            }
            if self.model.flaw == Some(Flaw::NoRepeat) {
                self.add(Action::LeaveIsLost(*leave), Kind::Fault, |tried| {
                    tried.world.host.leaves.retain(|owed| owed != leave);
                });
            }
            self.add(Action::Leaves(*leave), Kind::Progress, |tried| tried.leave(*leave, true));
            self.add(Action::LeavesAckLost(*leave), Kind::Fault, |tried| tried.leave(*leave, false));
            self.add(Action::LeavesAndRepeat(*leave), Kind::Fault, |tried| {
                tried.leave(*leave, true);
                tried.world.send(Message::Leave(*leave));
            });
        }
    }

    fn messages(&mut self) {
        for message in &self.before.bag {
            let message = *message;
            if matches!(message, Message::Answer { .. } | Message::StoreAnswer { .. }) {
                continue; // A pass takes it.
            }
            self.add(Action::Lose(message), Kind::Fault, |tried| tried.world.take(message));
            let to = match message {
                Message::Call { to, .. } | Message::Ask { to, .. } | Message::MakeBackup { to, .. } => Some(to),
                Message::Fork { to } => Some(to),
                Message::Leave(leave) => Some(leave.to),
                Message::End { .. } | Message::Lists { .. } => None,
                Message::BackupEnd { .. } | Message::ChildEnd { .. } => None,
                Message::Answer { .. } | Message::StoreAnswer { .. } => None,
            };
            if to.is_some_and(|to| self.before.runner(to).gone) {
                continue;
            }
            self.add(Action::Deliver(message), Kind::Progress, |tried| {
                tried.world.take(message);
                tried.deliver(message);
            });
            if let Message::MakeBackup { to, attempt, epoch } = message {
                self.add(Action::BeginIsNotReported(message), Kind::Fault, |tried| {
                    tried.world.take(message);
                    tried.make_backup(to, attempt, epoch, false);
                });
            }
            self.add(Action::DeliverAndRepeat(message), Kind::Fault, |tried| tried.deliver(message));
        }
    }

    fn runner(&mut self, on: u8) {
        let runner = *self.before.runner(on);
        if runner.gone {
            self.add(Action::Returns { on }, Kind::Free, |tried| tried.returns(on));
            return;
        }
        if runner.job.is_some() {
            let can = self.before.can_end_well(on);
            if can {
                self.add(Action::JobEnds { on, well: true }, Kind::Progress, |tried| tried.job_ends(on, true, false));
            }
            if self.model.failures || !can {
                let kind = if can { Kind::Fault } else { Kind::Progress };
                self.add(Action::JobEnds { on, well: false }, kind, |tried| tried.job_ends(on, false, false));
                self.add(Action::JobFailsDone { on }, Kind::Fault, |tried| tried.job_ends(on, false, true));
            }
        } else if runner.copy == Copy::Running {
            self.add(Action::UsesDisk { on }, Kind::Free, |tried| tried.use_disk(on));
            if self.model.crashes {
                self.add(Action::StopsByItself { on }, Kind::Fault, |tried| {
                    let runner = tried.world.runner_mut(on);
                    (runner.copy, runner.odd) = (Copy::AtRest, true);
                });
            }
        }
        if runner.odd {
            self.add(Action::Reports { from: on }, Kind::Free, |tried| tried.report_copy(on));
        }
        if self.model.crashes && (runner.job.is_some() || self.before.works_unseen_on(on)) {
            self.add(Action::Restarts { on }, Kind::Fault, |tried| tried.restart(on));
        }
        if self.model.gone && runner.memory.newest.is_some() {
            self.add(Action::DeclaredGone { on }, Kind::Fault, |tried| tried.declared_gone(on));
        }
        let owes = self.before.host.leaves.iter().any(|leave| leave.to == on);
        if self.model.inventories && !owes && self.model.flaw != Some(Flaw::NoInventory) {
            self.add(Action::Lists { from: on }, Kind::Progress, |tried| {
                let list = tried.list(on);
                tried.deliver(list);
            });
            self.add(Action::ListsLate { from: on }, Kind::Fault, |tried| {
                let list = tried.list(on);
                tried.world.send(list);
            });
        }
    }
}
