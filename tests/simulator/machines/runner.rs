//! A runner, built on the ledger: what it does with each message.

use super::jobs::Job;
use crate::{
    host::Reply,
    laws::Place,
    mistakes::Mistake,
    network::{Asker, Event, Heard, Id, RunnerId, ToRunner},
    random::MILLISECOND,
    world::World,
};
use sandbox_lifecycle::{
    record::OutboxKey,
    rules::{Call, TaskKind},
    runner::{AskVerdict, CallVerdict, CopyAnswer, End, LeaveVerdict, Ledger, Listed},
    vocabulary::{CopyState, Size, is_older},
};
use std::collections::BTreeMap;

/// A runner. Ledgers and disks survive a crash, processes and jobs do not.
#[derive(Default)]
pub struct Runner {
    pub powered: bool,
    pub reachable: bool,
    /// Its disks are lost, so it never comes back with them.
    pub wrecked: bool,
    pub boot: u64,
    pub slots: BTreeMap<Id, Slot>,
    pub jobs: BTreeMap<Id, Job>,
}

/// What a runner has of one sandbox.
#[derive(Default, Clone)]
pub struct Slot {
    pub ledger: Ledger,
    pub disk: Option<Disk>,
    /// Whether a process runs.
    pub runs: bool,
    /// Whether its image was fetched or built.
    pub image: bool,
    /// The last end, for the runner that keeps it wrongly.
    pub last: Option<(TaskKind, End)>,
}

/// A disk that is whole.
#[derive(Debug, Clone, Copy)]
pub struct Disk {
    pub version: u64,
    pub size: Size,
    /// Its memory is stored with it.
    pub paused: bool,
}

impl Slot {
    /// Returns what the runner sees.
    pub fn seen(&self) -> CopyAnswer {
        let Some(disk) = self.disk else { return CopyAnswer::NONE };
        let state = match (self.runs, disk.paused) {
            (true, _) => CopyState::Running,
            (false, true) => CopyState::Paused,
            (false, false) => CopyState::AtRest,
        };
        CopyAnswer::new(state, disk.size)
    }
}

impl World {
    /// A message reaches a runner, if it can be reached.
    pub fn reach_runner(&mut self, runner: RunnerId, message: ToRunner) {
        if !self.runners[runner].powered || !self.runners[runner].reachable {
            return;
        }
        match message {
            ToRunner::Call { id, call, restores, child } => self.called(runner, id, call, restores, child),
            ToRunner::Ask { id, epoch, asker } => self.asked(runner, id, epoch, asker),
            ToRunner::Remove { id, epoch, key } => self.leave(runner, id, epoch, key, true),
            ToRunner::Release { id, epoch, key } => self.leave(runner, id, epoch, key, false),
            ToRunner::List => self.list(runner),
        }
    }

    pub fn slot(&mut self, runner: RunnerId, id: Id) -> &mut Slot {
        self.runners[runner].slots.entry(id).or_default()
    }

    fn called(&mut self, runner: RunnerId, id: Id, call: Call, restores: Option<u32>, child: Option<Id>) {
        let entry = self.slot(runner, id).ledger.call(call);
        self.slot(runner, id).ledger = entry.ledger();
        if self.dies_between(runner) {
            return;
        }
        let verdict = entry.stored();
        self.trace(id, || format!("runner {runner}, {call}: {verdict}"));
        match verdict {
            CallVerdict::CarryOut { replaces_copy, supersedes } => {
                if supersedes.is_some() {
                    self.runners[runner].jobs.remove(&id);
                }
                if replaces_copy {
                    self.delete_copy(runner, id, "a restore");
                }
                let last = self.slot(runner, id).last.filter(|(task, _)| *task == TaskKind::from(call.task));
                if let (Some(Mistake::AnswersUnderNewestEpoch), Some((_, end))) = (self.plan.mistake, last) {
                    self.end(runner, id, call.epoch, end);
                } else {
                    self.begin(runner, id, Job { call, number: 0, restores, child });
                }
            }
            CallVerdict::Repeat(report) => self.send(Event::Hear(Heard::Report { id, runner, report })),
            CallVerdict::UnderWay | CallVerdict::Refuse(_) => {}
        }
    }

    fn asked(&mut self, runner: RunnerId, id: Id, epoch: u32, asker: Asker) {
        let seen = self.slot(runner, id).seen();
        let entry = self.slot(runner, id).ledger.ask(epoch, seen);
        self.slot(runner, id).ledger = entry.ledger();
        if self.dies_between(runner) {
            return;
        }
        let verdict = entry.stored();
        self.trace(id, || format!("runner {runner}, ask {epoch}: {verdict}"));
        match verdict {
            AskVerdict::Answer(answer) => self.reply(asker, Reply::Copy(answer)),
            AskVerdict::Refuse(_) => {}
        }
    }

    pub fn reply(&mut self, asker: Asker, answer: Reply) {
        let task = crate::host::Task::Answer { number: asker.number, answer };
        self.send(Event::Host { host: asker.host, boot: asker.boot, task: Box::new(task) });
    }

    fn leave(&mut self, runner: RunnerId, id: Id, epoch: u32, key: OutboxKey, removes: bool) {
        let ledger = self.slot(runner, id).ledger;
        let entry = if removes { ledger.remove(epoch) } else { ledger.release(epoch) };
        self.slot(runner, id).ledger = entry.ledger();
        if self.dies_between(runner) {
            return;
        }
        let verdict = entry.stored();
        self.trace(id, || format!("runner {runner}, leave {epoch} (removes {removes}): {verdict}"));
        match verdict {
            LeaveVerdict::CarryOut { supersedes } => {
                if supersedes.is_some() {
                    self.runners[runner].jobs.remove(&id);
                }
                self.slot(runner, id).runs = false;
                if removes {
                    self.delete_copy(runner, id, "a removal");
                }
            }
            LeaveVerdict::WithoutEffect { .. } => {}
        }
        if removes && self.plan.mistake == Some(Mistake::NoTombstone) {
            self.slot(runner, id).ledger = Ledger::default();
        }
        self.send(Event::Hear(Heard::Acknowledged { id, key }));
    }

    fn list(&mut self, runner: RunnerId) {
        let slots = self.runners[runner].slots.iter();
        let copies: Vec<(Id, Listed)> =
            slots.filter_map(|(id, slot)| Some((*id, slot.ledger.list(slot.seen())?))).collect();
        self.send(Event::Hear(Heard::Inventory { runner, copies }));
    }

    /// Deletes what a runner has of a sandbox.
    pub fn delete_copy(&mut self, runner: RunnerId, id: Id, why: &str) {
        let slot = self.slot(runner, id);
        slot.runs = false;
        if let Some(disk) = slot.disk.take() {
            self.judge_loss(id, Place::Runner(runner), disk.version, why);
        }
    }

    /// A crash between storing the ledger and doing what it says.
    fn dies_between(&mut self, runner: RunnerId) -> bool {
        let dies = self.fails(3);
        if dies {
            self.crash_runner(runner, 90 * MILLISECOND);
        }
        dies
    }

    /// Whether a fork of this epoch may make the copy of a child: it was neither left nor called since.
    pub fn may_make(&self, runner: RunnerId, child: Id, epoch: u32) -> bool {
        self.runners[runner].slots.get(&child).is_none_or(|slot| {
            let newer = slot.ledger.newest_epoch().is_some_and(|newest| is_older(epoch, newest));
            slot.disk.is_none() && slot.ledger.departure().is_none() && !newer
        })
    }
}
