//! The controller of the fleet: it visits rows, asks runners, calls and writes, and may crash between any two of these.

use crate::{
    fleet::{By, DOWN, Event, Fleet, PERIOD},
    invariants::Invariant,
    mistakes::Mistake,
    random::{MILLISECOND, SECOND, mixed},
    store::{Id, RunnerId, Write, time},
};
use sandbox_lifecycle::{
    Context, DesiredState, Lifecycle, Next, RunnerView, SandboxState,
    controller::{Image, Observed, Placement},
    rules::Task,
    vocabulary::BackupState,
};

impl Fleet {
    /// Visits one sandbox: first the timers that are due, then a pass.
    pub fn look(&mut self, id: Id) {
        if !self.controller_up || self.store.records[id].purged {
            return;
        }
        let row = self.store.records[id].life;
        let context = self.surroundings(id);
        if self.store.mistake != Some(Mistake::IgnoresDue)
            && let Some(step) = row.due(&self.store.policy, context, time(self.now))
        {
            let by = By::Controller { generation: self.generation };
            self.attempt(Write { id, step, read: row, placed: None }, by, 0);
            return self.appoint(id, PERIOD / 2);
        }
        if self.store.mistake == Some(Mistake::SelectsByPending) && row.needs_reconcile() && !row.pending() {
            return;
        }
        self.mind_backup(id);
        self.reconcile(id, &row, Observed::NotAsked);
        if self.fails(20) {
            self.reconcile(id, &row, Observed::NotAsked); // Another controller visits the row at the same time.
        }
    }

    /// Continues a pass with the answer of a runner.
    pub fn looked(&mut self, id: Id, read: &Lifecycle, observed: Option<Observed>, generation: u64) {
        if generation != self.generation {
            return; // The controller that asked has crashed.
        }
        match observed {
            Some(observed) => self.reconcile(id, read, observed),
            None => self.reconcile(id, read, Observed::NoAnswer),
        }
    }

    fn reconcile(&mut self, id: Id, row: &Lifecycle, observed: Observed) {
        let (view, placed) = self.view(id, row, observed);
        let generation = self.generation;
        match row.reconcile(&view, &self.store.policy, time(self.now)) {
            Next::Ask => {
                let runner = self.store.records[id].runner;
                let observed = runner.and_then(|runner| self.answer(id, runner));
                let after = self.random.between(MILLISECOND, 300 * MILLISECOND);
                self.plan(after, Event::Looked { id, read: Box::new(*row), observed, generation });
                self.look_again(id, PERIOD);
            }
            Next::Call(call) => {
                let record = &self.store.records[id];
                let found = matches!(call.task, Task::Restore | Task::Build);
                let mut runner = if found { placed } else { record.runner };
                if self.store.mistake == Some(Mistake::CallsPrevious) {
                    runner = record.previous.or(runner);
                }
                let own = if found { placed } else { record.runner };
                self.store.verdict.hold(Invariant::OwnRunnerOnly, runner == own, || {
                    format!("sandbox {id}: {call:?} goes to runner {runner:?}, it is on {own:?}")
                });
                let committed = call.epoch <= record.life.epoch();
                self.store
                    .verdict
                    .hold(Invariant::EffectsAreCommitted, committed, || format!("sandbox {id}: {call:?}"));
                if let Some(runner) = runner {
                    let after = self.random.between(MILLISECOND, 50 * MILLISECOND);
                    self.plan(after, Event::Call { id, runner, call, from: None });
                }
                self.look_again(id, PERIOD);
            }
            Next::Apply(step) => {
                let write = Write { id, step, read: *row, placed };
                if step.is_noop() {
                    self.tally.spins += 1;
                }
                self.attempt(write, By::Controller { generation }, 0);
                self.look_again(id, PERIOD);
            }
            Next::Wait { until } => {
                let after = (until - time(self.now)).num_microseconds().unwrap_or(i64::MAX / 4);
                self.tally.spins += u64::from(after <= 0);
                self.look_again(id, if after > 0 { after } else { PERIOD });
            }
            Next::Nothing => {}
        }
    }

    fn look_again(&mut self, id: Id, after: i64) {
        if self.store.mistake != Some(Mistake::NeverLooksAgain) {
            self.appoint(id, after);
        }
    }

    /// Returns the context of a decision.
    pub fn surroundings(&self, id: Id) -> Context {
        let runner = self.store.records[id].runner.map(|runner| &self.runners[runner]);
        self.store
            .context(id)
            .with_runner_unready(runner.is_some_and(|runner| !runner.ready))
            .with_runner_draining(runner.is_some_and(|runner| runner.draining))
    }

    /// Returns the view of the controller, and the runner that placement chose.
    fn view(&self, id: Id, row: &Lifecycle, observed: Observed) -> (RunnerView, Option<RunnerId>) {
        let record = &self.store.records[id];
        let own = record.runner;
        let placed = self.placed(id, row, own);
        let image = |runner: RunnerId| self.runners[runner].images.get(&id).copied();
        let placement = match placed {
            None => Placement::NoRoom,
            Some(runner) => match image(runner) {
                Some(image) => Placement::InFlight(image),
                None if row.state() == SandboxState::PendingBuild => Placement::Cold,
                None if mixed(id as u64).is_multiple_of(2) => Placement::Warm,
                None => Placement::Cold,
            },
        };
        let mut view = RunnerView {
            ready: own.is_some_and(|runner| self.runners[runner].ready),
            observed,
            placement,
            image: own.and_then(image).unwrap_or(Image::Missing),
            archive_attempts: record.archive_attempts,
            warm_pool: false,
        };
        // An image that was built on another runner does not delay a backup.
        if record.backup_version.is_some() && placed.is_some() {
            view.placement = Placement::Warm;
        }
        (view, placed)
    }

    /// Returns the same runner for the same sandbox, as long as the runners do not change.
    fn placed(&self, id: Id, row: &Lifecycle, own: Option<RunnerId>) -> Option<RunnerId> {
        let first = mixed(id as u64 ^ u64::from(row.epoch()) << 32) as usize;
        let count = self.runners.len();
        let usable =
            |runner: &RunnerId| self.runners[*runner].ready && !self.runners[*runner].draining && Some(*runner) != own;
        (0..count).map(|next| (first % count + next) % count).find(usable)
    }

    /// Host duty: starts a backup of a sandbox that waits for one to be archived.
    fn mind_backup(&mut self, id: Id) {
        let row = &self.store.records[id].life;
        let archives = row.desired_state() == DesiredState::Archived && row.state() != SandboxState::Archived;
        if archives && matches!(row.backup_state(), BackupState::None | BackupState::Pending) {
            self.begin_backup(id);
        }
    }

    pub fn crash(&mut self) {
        self.generation += 1;
        self.tally.crashes += 1;
        self.controller_up = false;
        let down = self.random.between(SECOND, DOWN);
        self.plan(down, Event::Restart);
    }

    /// The controller restarts without memory: it plans a visit of every row.
    pub fn restart(&mut self) {
        self.controller_up = true;
        for id in 0..self.store.records.len() {
            self.store.records[id].look_at = i64::MAX;
            let row = self.store.records[id].life;
            if self.store.records[id].purged {
                continue;
            }
            if row.needs_reconcile() {
                let after = self.random.between(0, DOWN);
                self.appoint(id, after);
            } else if let Some(at) = self.clock.next(&row) {
                let after = (at - time(self.now)).num_microseconds().unwrap_or(i64::MAX / 4);
                self.appoint(id, after.max(0));
            }
        }
        let next = self.random.between(600 * SECOND, 7200 * SECOND);
        self.plan(next, Event::Crash);
    }
}
