//! What breaks: runners crash, are cut off or die, processes end, the backup maker forgets.

use super::runner::Slot;
use crate::{
    mistakes::Mistake,
    network::{Event, Heard, RunnerId},
    random::{HOUR, MINUTE, SECOND},
    world::World,
};
use sandbox_lifecycle::{Report, SandboxState, controller::RunnerStanding, runner::End};

impl World {
    /// Something breaks.
    pub fn mishap(&mut self) {
        if !self.faulty {
            return;
        }
        let runner = self.random.below(self.runners.len() as u64) as RunnerId;
        let healthy = self.runners[runner].powered && self.runners[runner].reachable;
        match self.random.below(100) {
            0..35 if healthy => {
                let down = self.random.between(5 * SECOND, 6 * MINUTE);
                self.crash_runner(runner, down);
            }
            35..60 if healthy => {
                self.runners[runner].reachable = false;
                let away = self.random.between(MINUTE, 60 * MINUTE);
                self.plan(away, Event::Reach { runner });
                self.plan(20 * MINUTE, Event::Operate { runner });
            }
            60..66 if healthy && self.most_are_up() => {
                self.switch_off(runner);
                self.runners[runner].wrecked = self.random.happens(400);
                self.plan(15 * MINUTE, Event::Operate { runner });
            }
            66..90 if healthy => self.end_process(runner),
            90..95 => self.backups.forget_uploads(),
            95..100 => self.evict_one(),
            _ => {}
        }
        let after = self.random.between(MINUTE, 20 * MINUTE);
        self.plan(after, Event::Mishap);
    }

    fn most_are_up(&self) -> bool {
        let up = self.runners.iter().filter(|runner| runner.powered).count();
        up * 2 > self.runners.len()
    }

    /// The power goes off: processes and jobs end, disks and ledgers stay.
    pub fn switch_off(&mut self, runner: RunnerId) {
        let it = &mut self.runners[runner];
        it.powered = false;
        it.boot += 1;
        it.jobs.clear();
        for (id, slot) in &mut it.slots {
            if slot.runs {
                self.truth.entry(*id).or_default().changed_by_itself.insert(runner);
            }
            slot.runs = false;
        }
        self.tally.runner_crashes += 1;
    }

    pub fn crash_runner(&mut self, runner: RunnerId, down: i64) {
        self.switch_off(runner);
        self.plan(down, Event::Boot { runner });
    }

    /// The runner restarts. It checks each call that was under way, and each copy that it has released or removed.
    pub fn boot(&mut self, runner: RunnerId) {
        if self.runners[runner].powered || self.runners[runner].wrecked {
            return;
        }
        self.runners[runner].powered = true;
        self.runners[runner].reachable = true;
        let ids: Vec<_> = self.runners[runner].slots.keys().copied().collect();
        for id in ids {
            self.look_after_boot(runner, id);
        }
        if self.store.standings[runner] == RunnerStanding::Gone {
            self.store.standings[runner] = RunnerStanding::Ready;
        }
        self.plan_inventory(runner, SECOND);
    }

    fn look_after_boot(&mut self, runner: RunnerId, id: usize) {
        let slot = self.slot(runner, id).clone();
        if let Some(sandbox_lifecycle::runner::Departure::Removed { .. }) = slot.ledger.departure() {
            self.delete_copy(runner, id, "the end of a removal");
        }
        if let Some(call) = slot.ledger.call_under_way() {
            let stops = matches!(call.task, sandbox_lifecycle::rules::Task::Stop { .. });
            let stopped = slot.disk.is_some_and(|disk| !disk.paused);
            if stops && stopped && self.random.happens(500) {
                // The copy shows that the work is complete.
                self.truth.entry(id).or_default().changed_by_itself.remove(&runner);
                self.end(runner, id, call.epoch, End::Completed);
            } else {
                let destroys = matches!(call.task, sandbox_lifecycle::rules::Task::Destroy);
                if destroys && self.random.happens(500) {
                    self.delete_copy(runner, id, "an interrupted destroy");
                }
                self.slot(runner, id).ledger = slot.ledger.interrupted();
            }
        }
    }

    /// The runner can be reached again.
    pub fn reach(&mut self, runner: RunnerId) {
        self.runners[runner].reachable = true;
    }

    /// The operator fences a runner that does not answer for long, and declares it gone.
    pub fn operate(&mut self, runner: RunnerId) {
        let answers = self.runners[runner].powered && self.runners[runner].reachable;
        if answers || self.store.standings[runner] == RunnerStanding::Gone {
            return;
        }
        let fences = self.plan.mistake != Some(Mistake::NoFencing);
        if fences && self.runners[runner].powered {
            self.switch_off(runner);
        }
        self.store.standings[runner] = RunnerStanding::Gone;
        self.tally.gone += 1;
        if self.runners[runner].wrecked {
            // An empty machine takes its place, with another name.
            self.add_runner();
        } else {
            let back = self.random.between(HOUR, 20 * HOUR);
            self.plan(back, Event::Boot { runner });
        }
    }

    /// A process ends by itself, and the runner reports it.
    fn end_process(&mut self, runner: RunnerId) {
        let running: Vec<_> =
            self.runners[runner].slots.iter().filter(|(_, slot)| slot.runs).map(|(id, _)| *id).collect();
        if running.is_empty() {
            return;
        }
        let id = self.random.one_of(&running);
        self.truth.entry(id).or_default().changed_by_itself.insert(runner);
        let slot: &mut Slot = self.slot(runner, id);
        slot.runs = false;
        let epoch = Some(slot.ledger.newest_epoch().unwrap_or_default());
        let report = Report::State { state: SandboxState::Stopped, fault: None, recoverable: false, epoch };
        self.send(Event::Hear(Heard::Report { id, runner, report }));
    }

    /// Faults stop: everything that is not gone works again.
    pub fn heal(&mut self) {
        self.faulty = false;
        for runner in 0..self.runners.len() {
            self.runners[runner].reachable = true;
            if !self.runners[runner].powered && self.store.standings[runner] != RunnerStanding::Gone {
                if self.runners[runner].wrecked {
                    self.plan(MINUTE, Event::Operate { runner });
                } else {
                    self.plan(MINUTE, Event::Boot { runner });
                }
            }
        }
        for host in 0..self.hosts.len() {
            if !self.hosts[host].up {
                self.plan(SECOND, Event::Restart { host });
            }
        }
    }
}
