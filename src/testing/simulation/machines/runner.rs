//! A runner, built on the ledger: what it does with each message.

use crate::{
    record::OutboxKey,
    rules::{Call, TaskKind},
    runner::{AskVerdict, CallVerdict, LeaveVerdict, Ledger, Listed},
    testing::simulation::{
        fleet::{Asker, Flaw, Fleet, Job, MILLISECOND, Message, Place, ToRunner},
        messages::{Answer, Heard, Payload},
        names::{RunnerId, SandboxId},
        verdict::Fact,
    },
    vocabulary::is_older,
};
use alloc::vec::Vec;

impl Fleet {
    /// A message reaches a runner, if it can be reached.
    pub fn reach_runner(&mut self, runner: RunnerId, message: ToRunner) {
        if !self.runners.get(&runner).is_some_and(|it| it.answers()) {
            return;
        }
        match message {
            ToRunner::Call { sandbox, call, payload } => self.called(runner, sandbox, call, payload),
            ToRunner::Ask { sandbox, epoch, asker } => self.asked(runner, sandbox, epoch, asker),
            ToRunner::Leave { sandbox, removes, epoch, key } => self.leave(runner, sandbox, removes, epoch, key),
            ToRunner::List => self.list(runner),
        }
    }

    fn called(&mut self, runner: RunnerId, sandbox: SandboxId, call: Call, payload: Payload) {
        let entry = self.slot(runner, sandbox).ledger.call(call);
        self.slot(runner, sandbox).ledger = entry.ledger();
        if self.dies_between(runner) {
            return;
        }
        let verdict = entry.stored();
        self.note(sandbox, Fact::Called { runner, call, verdict });
        match verdict {
            CallVerdict::CarryOut { replaces_copy, supersedes } => {
                if supersedes.is_some() {
                    self.runner(runner).jobs.remove(&sandbox);
                }
                if replaces_copy {
                    self.delete_copy(runner, sandbox, "a restore");
                }
                let last = self.slot(runner, sandbox).last.filter(|(task, _)| *task == TaskKind::from(call.task));
                match last.filter(|_| self.has_flaw(Flaw::AnswersUnderNewestEpoch)) {
                    Some((_, end)) => self.end(runner, sandbox, call.epoch, end),
                    None => self.begin(runner, sandbox, Job { call, number: 0, payload }),
                }
            }
            CallVerdict::Repeat(report) => self.send(Message::ToHost(Heard::Report { sandbox, runner, report })),
            CallVerdict::UnderWay | CallVerdict::Refuse(_) => {}
        }
    }

    fn asked(&mut self, runner: RunnerId, sandbox: SandboxId, epoch: u32, asker: Asker) {
        let slot = self.slot(runner, sandbox);
        let entry = slot.ledger.ask(epoch, slot.seen());
        slot.ledger = entry.ledger();
        if self.dies_between(runner) {
            return;
        }
        let verdict = entry.stored();
        self.note(sandbox, Fact::Asked { runner, epoch, verdict });
        match verdict {
            AskVerdict::Answer(answer) => self.send(Message::Answer { asker, answer: Answer::Copy(answer) }),
            AskVerdict::Refuse(_) => {}
        }
    }

    fn leave(&mut self, runner: RunnerId, sandbox: SandboxId, removes: bool, epoch: u32, key: OutboxKey) {
        let ledger = self.slot(runner, sandbox).ledger;
        let entry = if removes { ledger.remove(epoch) } else { ledger.release(epoch) };
        self.slot(runner, sandbox).ledger = entry.ledger();
        if self.dies_between(runner) {
            return;
        }
        let verdict = entry.stored();
        self.note(sandbox, Fact::Left { runner, removes, epoch, verdict });
        match verdict {
            LeaveVerdict::CarryOut { supersedes } => {
                if supersedes.is_some() {
                    self.runner(runner).jobs.remove(&sandbox);
                }
                self.slot(runner, sandbox).runs = false;
                if removes {
                    self.delete_copy(runner, sandbox, "a removal");
                }
            }
            LeaveVerdict::WithoutEffect { .. } => {}
        }
        if removes && self.has_flaw(Flaw::NoTombstone) {
            self.slot(runner, sandbox).ledger = Ledger::default();
        }
        self.send(Message::ToHost(Heard::Acknowledged { sandbox, key }));
    }

    fn list(&mut self, runner: RunnerId) {
        let slots = self.runner(runner).slots.iter();
        let copies: Vec<(SandboxId, Listed)> =
            slots.filter_map(|(sandbox, slot)| Some((*sandbox, slot.ledger.list(slot.seen())?))).collect();
        self.send(Message::ToHost(Heard::Inventory { runner, copies }));
    }

    /// Deletes what a runner has of a sandbox.
    pub fn delete_copy(&mut self, runner: RunnerId, sandbox: SandboxId, why: &'static str) {
        let slot = self.slot(runner, sandbox);
        slot.runs = false;
        if let Some(disk) = slot.disk.take() {
            self.note(sandbox, Fact::CopyDeleted { runner, why });
            self.judge_loss(sandbox, Place::Runner(runner), disk.version, why);
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
    pub fn may_make(&self, runner: RunnerId, child: SandboxId, epoch: u32) -> bool {
        let slot = self.runners.get(&runner).and_then(|it| it.slots.get(&child));
        slot.is_none_or(|slot| {
            let newer = slot.ledger.newest_epoch().is_some_and(|newest| is_older(epoch, newest));
            slot.disk.is_none() && slot.ledger.departure().is_none() && !newer
        })
    }
}
