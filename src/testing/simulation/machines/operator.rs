//! The operator and the heartbeat: which runners the platform takes for ready, not ready or gone.

use crate::{
    controller::RunnerStanding,
    testing::simulation::{
        fleet::{Event, Flaw, Fleet, HOUR, MINUTE, SECOND, count},
        names::RunnerId,
        verdict::Fact,
    },
};
use alloc::vec::Vec;

impl Fleet {
    /// The runner can be reached again.
    pub fn reach(&mut self, runner: RunnerId) {
        self.runner(runner).reachable = true;
    }

    /// The operator fences a runner that does not answer for long, and declares it gone.
    pub fn operate(&mut self, runner: RunnerId) {
        if self.runner(runner).answers() || self.is_gone(runner) {
            return;
        }
        if !self.has_flaw(Flaw::NoFencing) && self.runner(runner).powered {
            self.switch_off(runner);
        }
        self.runner(runner).standing = RunnerStanding::Gone;
        count(&mut self.tally.gone);
        let sandboxes: Vec<_> = self.runner(runner).slots.keys().copied().collect();
        for sandbox in sandboxes {
            self.note(sandbox, Fact::RunnerIsGone { runner });
        }
        if self.runner(runner).wrecked {
            // An empty machine takes its place, with another name.
            self.add_runner();
        } else {
            let back = self.random.between(HOUR, 20 * HOUR);
            self.plan(back, Event::Boot { runner });
        }
    }

    /// A runner that was declared gone is back.
    pub fn take_back_runner(&mut self, runner: RunnerId) {
        if self.is_gone(runner) {
            self.runner(runner).standing = RunnerStanding::Ready;
        }
        self.connect(runner);
    }

    /// Plans that the host hears of a connected runner.
    fn connect(&mut self, runner: RunnerId) {
        let it = self.runner(runner);
        it.unlisted = true;
        if !core::mem::replace(&mut it.connects, true) {
            self.plan(SECOND, Event::Connect { runner });
        }
    }

    /// Whether the host still hears that this runner is connected. If so, it hears it again soon.
    pub fn still_connects(&mut self, runner: RunnerId) -> bool {
        let it = self.runner(runner);
        it.connects = it.unlisted && it.standing == RunnerStanding::Ready;
        let connects = it.connects;
        if connects {
            self.plan(15 * SECOND, Event::Connect { runner });
        }
        connects
    }

    /// Notices whether a runner answers. Its inventory is due when it is back and from time to time.
    pub fn heartbeat(&mut self, runner: RunnerId) {
        let (period, one_in) = if self.faulty { (MINUTE, 60) } else { (5 * MINUTE, 12) };
        let answers = self.runner(runner).answers();
        match (self.standing(runner), answers) {
            (RunnerStanding::Ready, false) => self.runner(runner).standing = RunnerStanding::NotReady,
            (RunnerStanding::NotReady, true) => {
                self.runner(runner).standing = RunnerStanding::Ready;
                self.connect(runner);
            }
            (RunnerStanding::Ready, true) => {
                if self.random.below(one_in) == 0 {
                    self.connect(runner);
                }
            }
            // Only the return of the runner ends that.
            (RunnerStanding::Gone, _) | (RunnerStanding::NotReady, false) => {}
        }
        self.plan(period, Event::Heartbeat { runner });
    }

    /// Faults stop: everything that is not gone works again.
    pub fn heal(&mut self) {
        self.faulty = false;
        self.note_for_all(Fact::FaultsStop);
        let runners: Vec<_> = self.runners.keys().copied().collect();
        for runner in runners {
            let gone = self.is_gone(runner);
            let it = self.runner(runner);
            it.reachable = true;
            match (it.powered || gone, it.wrecked) {
                (true, _) => {}
                (false, true) => self.plan(MINUTE, Event::Operate { runner }),
                (false, false) => self.plan(MINUTE, Event::Boot { runner }),
            }
        }
        let down = self.processes.iter().filter(|(_, process)| !process.up).map(|(process, _)| *process);
        for process in down.collect::<Vec<_>>() {
            self.plan(SECOND, Event::Restart { process });
        }
    }
}
