//! What breaks: runners crash, are cut off or die, processes end, the backup maker forgets.

use crate::{
    rules::{Report, Task},
    runner::{Departure, End},
    testing::simulation::{
        fleet::{Event, Fleet, HOUR, MINUTE, Message, SECOND, count},
        messages::{Heard, Request},
        names::{RunnerId, SandboxId},
        verdict::Fact,
    },
    vocabulary::SandboxState,
};
use alloc::vec::Vec;

impl Fleet {
    /// Something breaks.
    pub fn mishap(&mut self) {
        if !self.faulty {
            return;
        }
        let runners: Vec<_> = self.runners.keys().copied().collect();
        let drawn = self.random.one_of(&runners);
        let healthy = drawn.filter(|runner| self.runner(*runner).answers());
        match (self.random.below(100), healthy) {
            (0..35, Some(runner)) => {
                let down = self.random.between(5 * SECOND, 6 * MINUTE);
                self.crash_runner(runner, down);
            }
            (35..60, Some(runner)) => {
                self.runner(runner).reachable = false;
                let away = self.random.between(MINUTE, HOUR);
                self.plan(away, Event::Reach { runner });
                self.plan(20 * MINUTE, Event::Operate { runner });
            }
            (60..66, Some(runner)) if self.most_are_up() => {
                self.switch_off(runner);
                self.runner(runner).wrecked = self.random.happens(400);
                self.plan(15 * MINUTE, Event::Operate { runner });
            }
            (66..90, Some(runner)) => self.end_process(runner),
            (90..95, _) => self.backups.forget_uploads(),
            (95..100, _) => self.evict_one(),
            // It would hit a runner that is already ill, or switch off one of too few.
            _ => {}
        }
        let after = self.random.between(MINUTE, 20 * MINUTE);
        self.plan(after, Event::Mishap);
    }

    fn most_are_up(&self) -> bool {
        let up = self.runners.values().filter(|runner| runner.powered).count();
        up > self.runners.len().saturating_sub(up)
    }

    /// The power goes off: processes and jobs end, disks and ledgers stay.
    pub fn switch_off(&mut self, runner: RunnerId) {
        let it = self.runner(runner);
        it.powered = false;
        it.boot = it.boot.wrapping_add(1);
        it.jobs.clear();
        let mut ran = Vec::new();
        let mut all = Vec::new();
        for (sandbox, slot) in &mut it.slots {
            all.push(*sandbox);
            if core::mem::take(&mut slot.runs) {
                ran.push(*sandbox);
            }
        }
        for sandbox in ran {
            self.truth(sandbox).changed_by_itself.insert(runner);
        }
        for sandbox in all {
            self.note(sandbox, Fact::RunnerIsOff { runner });
        }
        count(&mut self.tally.runner_crashes);
    }

    pub fn crash_runner(&mut self, runner: RunnerId, down: i64) {
        self.switch_off(runner);
        self.plan(down, Event::Boot { runner });
    }

    /// The runner restarts. It checks each call that was under way, and each copy that it has released or removed.
    pub fn boot(&mut self, runner: RunnerId) {
        let it = self.runner(runner);
        if it.powered || it.wrecked {
            return;
        }
        it.powered = true;
        it.reachable = true;
        let sandboxes: Vec<_> = it.slots.keys().copied().collect();
        for sandbox in sandboxes {
            self.note(sandbox, Fact::RunnerIsUp { runner });
            self.look_after_boot(runner, sandbox);
        }
        self.take_back_runner(runner);
    }

    fn look_after_boot(&mut self, runner: RunnerId, sandbox: SandboxId) {
        let slot = self.slot(runner, sandbox).clone();
        if let Some(Departure::Removed { .. }) = slot.ledger.departure() {
            self.delete_copy(runner, sandbox, "the end of a removal");
        }
        let Some(call) = slot.ledger.call_under_way() else { return };
        let stops = matches!(call.task, Task::Stop { .. });
        let stopped = slot.disk.is_some_and(|disk| !disk.paused);
        if stops && stopped && self.random.happens(500) {
            // The copy shows that the work is complete.
            self.truth(sandbox).changed_by_itself.remove(&runner);
            self.end(runner, sandbox, call.epoch, End::Completed);
        } else {
            if call.task == Task::Destroy && self.random.happens(500) {
                self.delete_copy(runner, sandbox, "an interrupted destroy");
            }
            self.slot(runner, sandbox).ledger = slot.ledger.interrupted();
        }
    }

    /// A process ends by itself, and the runner reports it.
    fn end_process(&mut self, runner: RunnerId) {
        let slots = self.runner(runner).slots.iter().filter(|(_, slot)| slot.runs);
        let running: Vec<_> = slots.map(|(sandbox, _)| *sandbox).collect();
        let Some(sandbox) = self.random.one_of(&running) else { return };
        self.truth(sandbox).changed_by_itself.insert(runner);
        self.note(sandbox, Fact::ProcessEnded { runner });
        let slot = self.slot(runner, sandbox);
        slot.runs = false;
        let epoch = Some(slot.ledger.newest_epoch().unwrap_or_default());
        let report = Report::State { state: SandboxState::Stopped, fault: None, recoverable: false, epoch };
        self.send(Message::ToHost(Heard::Report { sandbox, runner, report }));
    }

    /// The platform needs a GPU that a spot sandbox has.
    fn evict_one(&mut self) {
        let spots: Vec<_> =
            self.shown.iter().filter(|(_, row)| row.lifecycle.gpu() > 0).map(|(sandbox, _)| *sandbox).collect();
        if let Some(sandbox) = self.random.one_of(&spots) {
            self.truth(sandbox).end_was_asked = true;
            self.plan(0, Event::Request(Request::Evict { sandbox }));
        }
    }
}
