//! What a process of the host can use while it works: the time, the network, and work for later.

use super::{
    fleet::{Asker, Event, Fleet, MILLISECOND, Message, Random, SECOND, ToRunner, count},
    messages::Payload,
    names::{ProcessId, RunnerId, SandboxId},
    verdict::Fact,
};
use crate::{
    controller::{Image, RunnerStanding},
    record::{Message as Content, OutboxEntry, OutboxKey, Target},
    rules::Step,
};
use alloc::{collections::BTreeMap, vec::Vec};
use chrono::{DateTime, TimeDelta, Utc};

/// How often in a thousand a process crashes between two actions.
const CRASHES: u64 = 12;

/// The process has crashed: it does nothing more. Return this at once, with `?`.
///
/// What the host has stored until then stays stored. What it wanted to do next is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the process has crashed")]
pub struct Crash;

/// One process of the host at work: the time, the network, the standing of the runners, and work for later.
///
/// A process may crash at every action that returns a [`Crash`].
#[derive(Debug)]
pub struct Site<'a, W> {
    fleet: &'a mut Fleet,
    works: &'a mut BTreeMap<u64, W>,
    process: ProcessId,
    crashed: bool,
}

impl<'a, W> Site<'a, W> {
    pub(super) const fn new(fleet: &'a mut Fleet, works: &'a mut BTreeMap<u64, W>, process: ProcessId) -> Self {
        Self { fleet, works, process, crashed: false }
    }

    pub(super) const fn has_crashed(&self) -> bool {
        self.crashed
    }

    /// Returns the time, in UTC.
    pub fn now(&self) -> DateTime<Utc> {
        self.fleet.time()
    }

    /// Returns the process that works.
    pub const fn process(&self) -> ProcessId {
        self.process
    }

    /// Whether things still fail. In the last part of a simulation nothing fails, and the host comes to rest.
    pub const fn is_faulty(&self) -> bool {
        self.fleet.faulty
    }

    /// Returns the random source of the simulation, so that the seed determines the choices of the host too.
    pub const fn random(&mut self) -> &mut Random {
        &mut self.fleet.random
    }

    /// Returns the runners that take calls.
    pub fn ready_runners(&self) -> Vec<RunnerId> {
        let ready = self.fleet.runners.iter().filter(|(_, it)| it.standing == RunnerStanding::Ready);
        ready.map(|(runner, _)| *runner).collect()
    }

    /// Returns whether a runner can work, as the heartbeat and the operator say.
    pub fn standing(&self, runner: RunnerId) -> RunnerStanding {
        self.fleet.standing(runner)
    }

    /// Returns whether a runner has the image of a sandbox.
    pub fn image(&self, runner: RunnerId, sandbox: SandboxId) -> Image {
        let slot = self.fleet.runners.get(&runner).and_then(|it| it.slots.get(&sandbox));
        if slot.is_some_and(|slot| slot.image) { Image::Ready } else { Image::Missing }
    }

    /// Returns an id that no sandbox has, for the child of a fork.
    pub const fn new_sandbox(&mut self) -> SandboxId {
        self.fleet.next_sandbox()
    }

    /// Says that this step was written now. The laws about causes and effects are judged by it; without it, only the laws
    /// about rows, disks and messages are judged. Say it once, in the call in which the row changes, and say which entries were
    /// stored with it ([`stored`](Self::stored)).
    pub fn wrote(&mut self, sandbox: SandboxId, step: &Step) {
        self.fleet.written.push((sandbox, *step));
    }

    /// Says that this entry of the outbox was stored now. Say it once, in the call in which it is stored.
    pub fn stored(&mut self, sandbox: SandboxId, entry: &OutboxEntry) {
        self.fleet.stored(sandbox, entry);
    }

    /// Sends an entry of the outbox. Repeat it until it is done. An entry to an unknown runner reaches nobody.
    ///
    /// # Errors
    /// [`Crash`], if the process crashes: the entry is not sent.
    pub fn send(&mut self, sandbox: SandboxId, entry: &OutboxEntry, payload: Payload) -> Result<(), Crash> {
        self.act_for(sandbox)?;
        self.fleet.sent(sandbox, entry);
        let key = entry.key.clone();
        let message = match (&entry.target, entry.message) {
            (Target::Runner(name), Content::Call(call)) => to_runner(name, ToRunner::Call { sandbox, call, payload }),
            (Target::Runner(name), Content::Remove { epoch }) => {
                count(&mut self.fleet.tally.removals);
                to_runner(name, ToRunner::Leave { sandbox, removes: true, epoch, key })
            }
            (Target::Runner(name), Content::Release { epoch }) => {
                count(&mut self.fleet.tally.releases);
                to_runner(name, ToRunner::Leave { sandbox, removes: false, epoch, key })
            }
            (Target::BackupMaker { runner }, Content::Call(_)) => back_up(sandbox, runner, &key),
            (Target::BackupStore, Content::DiscardBackups { before }) => {
                Some(Message::Discard { sandbox, before, key })
            }
            (Target::Subscribers, Content::Event(_)) => Some(Message::See { sandbox, key }),
            // No step sends such a message to such a target, so nobody takes it.
            (Target::Runner(_), Content::DiscardBackups { .. } | Content::Event(_))
            | (
                Target::BackupMaker { .. } | Target::BackupStore | Target::Subscribers,
                Content::Remove { .. } | Content::Release { .. },
            )
            | (Target::BackupStore | Target::Subscribers, Content::Call(_))
            | (Target::BackupMaker { .. } | Target::Subscribers, Content::DiscardBackups { .. })
            | (Target::BackupMaker { .. } | Target::BackupStore, Content::Event(_)) => None,
        };
        if let Some(message) = message {
            self.fleet.send(message);
        }
        Ok(())
    }

    /// Asks a runner about a sandbox, with the epoch of the row. Returns the number of the question, which comes back with
    /// the answer ([`Heard::Answer`](super::Heard::Answer)).
    ///
    /// # Errors
    /// [`Crash`], if the process crashes: the runner is not asked.
    pub fn ask_runner(&mut self, runner: RunnerId, sandbox: SandboxId, epoch: u32) -> Result<u64, Crash> {
        let asker = self.asker(sandbox)?;
        self.fleet.send(Message::ToRunner { runner, message: ToRunner::Ask { sandbox, epoch, asker } });
        Ok(asker.question)
    }

    /// Asks the backup store about an attempt. Returns the number of the question.
    ///
    /// # Errors
    /// [`Crash`], if the process crashes: the store is not asked.
    pub fn ask_store(&mut self, sandbox: SandboxId, attempt: u32) -> Result<u64, Crash> {
        let asker = self.asker(sandbox)?;
        self.fleet.send(Message::AskStore { sandbox, attempt, asker });
        Ok(asker.question)
    }

    /// Asks a runner for its inventory.
    ///
    /// # Errors
    /// [`Crash`], if the process crashes: the runner is not asked.
    pub fn list(&mut self, runner: RunnerId) -> Result<(), Crash> {
        self.act()?;
        self.fleet.send(Message::ToRunner { runner, message: ToRunner::List });
        Ok(())
    }

    /// Says that the inventory of a runner was compared, so that it is not connected again for it.
    pub fn listed(&mut self, runner: RunnerId) {
        count(&mut self.fleet.tally.inventories);
        self.fleet.runner(runner).unlisted = false;
    }

    /// Goes on with this work after a moment: between the two, other processes work, messages arrive, and this process may
    /// crash. Use it between reading a row and writing it, and between any two actions that are not one transaction.
    ///
    /// # Errors
    /// [`Crash`], if the process crashes: the work is lost.
    pub fn go_on(&mut self, work: W) -> Result<(), Crash> {
        self.act()?;
        let moment = if self.fleet.fails(50) {
            self.fleet.random.between(SECOND, 90 * SECOND)
        } else {
            self.fleet.random.between(MILLISECOND, 300 * MILLISECOND)
        };
        self.plan(moment, work);
        Ok(())
    }

    /// Plans work for later, such as the end of a wait. It is lost if the process crashes until then.
    pub fn later(&mut self, after: TimeDelta, work: W) {
        if !self.crashed {
            self.plan(after.num_microseconds().unwrap_or(i64::MAX), work);
        }
    }

    fn plan(&mut self, after: i64, work: W) {
        let number = self.fleet.next_number();
        self.works.insert(number, work);
        let boot = self.fleet.processes.get(&self.process).map_or(0, |process| process.boot);
        self.fleet.plan(after, Event::Work { process: self.process, boot, number });
    }

    fn asker(&mut self, sandbox: SandboxId) -> Result<Asker, Crash> {
        self.act_for(sandbox)?;
        count(&mut self.fleet.tally.asks);
        let boot = self.fleet.processes.get(&self.process).map_or(0, |process| process.boot);
        Ok(Asker { process: self.process, boot, question: self.fleet.next_number() })
    }

    /// Every action may be the last one.
    fn act(&mut self) -> Result<(), Crash> {
        if !self.crashed && self.fleet.fails(CRASHES) {
            self.crashed = true;
        }
        if self.crashed { Err(Crash) } else { Ok(()) }
    }

    /// An action for a sandbox. Its story shows a crash.
    fn act_for(&mut self, sandbox: SandboxId) -> Result<(), Crash> {
        let acted = self.act();
        if acted.is_err() {
            let process = self.process;
            self.fleet.note(sandbox, Fact::HostCrashed { process });
        }
        acted
    }
}

fn to_runner(name: &str, message: ToRunner) -> Option<Message> {
    let runner = name.parse().ok()?;
    Some(Message::ToRunner { runner, message })
}

fn back_up(sandbox: SandboxId, runner: &str, key: &OutboxKey) -> Option<Message> {
    let runner = runner.parse().ok()?;
    match *key {
        OutboxKey::Backup { attempt } => Some(Message::BackUp { sandbox, runner, attempt }),
        OutboxKey::Event { .. } | OutboxKey::Call { .. } | OutboxKey::Discard { .. } => None,
        OutboxKey::Remove { .. } | OutboxKey::Release { .. } => None,
    }
}
