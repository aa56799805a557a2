//! The fleet: its clock, its planned events and its parts. Nothing sleeps; time jumps to the next event.

use crate::{
    events::EventQueue,
    invariants::{Invariant, rests},
    mistakes::Mistake,
    random::{HOUR, MINUTE, Random, SECOND},
    runner::Runner,
    store::{Id, Record, RunnerId, Store, Write, time},
};
use sandbox_lifecycle::{
    Clock, Command, Effect, Lifecycle, Policy, Report, SandboxState, controller::Observed, rules::Call,
};
use std::collections::{BTreeMap, HashSet};

/// The period of the controller, and how long it may be down.
pub const PERIOD: i64 = MINUTE;
pub const DOWN: i64 = 30 * SECOND;

/// The size of a run, and its mistake.
#[derive(Clone, Copy)]
pub struct Plan {
    pub seed: u64,
    pub sandboxes: usize,
    pub events: u64,
    pub mistake: Option<Mistake>,
}

pub enum Event {
    /// A caller sends a command.
    Act(Id),
    /// A step reaches the store.
    Commit(Box<Attempt>),
    /// The controller visits a row, if this is the planned visit.
    Look {
        id: Id,
        at: i64,
    },
    /// The answer of a runner that was asked for its copy.
    Looked {
        id: Id,
        read: Box<Lifecycle>,
        observed: Option<Observed>,
        generation: u64,
    },
    /// The outbox sends an effect of a written step.
    Relay {
        attempt: u64,
        id: Id,
        effect: Effect,
        runner: Option<RunnerId>,
        from: SandboxState,
    },
    /// A call reaches a runner.
    Call {
        id: Id,
        runner: RunnerId,
        call: Call,
        from: Option<SandboxState>,
    },
    /// A runner ends a job.
    Work {
        id: Id,
        runner: RunnerId,
        attempt: u64,
        well: bool,
        within: Option<SandboxState>,
    },
    /// An image is fetched or built.
    Image {
        id: Id,
        runner: RunnerId,
        well: bool,
    },
    /// A report arrives.
    Hear(Box<Heard>),
    /// A spontaneous fault happens.
    Mishap,
    /// The controller crashes or restarts.
    Crash,
    Restart,
    /// The time limits of every row are checked.
    Sweep,
}

/// A step on its way to the store, and its sender.
pub struct Attempt {
    pub number: u64,
    pub write: Write,
    pub by: By,
    pub tries: u8,
}

#[derive(Clone)]
pub enum By {
    Caller(Command),
    Runner(Heard),
    Controller { generation: u64 },
}

/// A report of a runner, with what only the host knows of it.
#[derive(Clone)]
pub struct Heard {
    pub id: Id,
    pub runner: RunnerId,
    pub report: Report,
    /// The epoch of the call that it reports on.
    pub epoch: Option<u32>,
    /// The backup that it reports on, and the version of its disk.
    pub backup: Option<(u64, u64)>,
    pub tries: u8,
}

#[derive(Default)]
pub struct Tally {
    pub events: u64,
    pub accepted: u64,
    pub refused: u64,
    pub calls: u64,
    pub old_reports: u64,
    pub faults: u64,
    pub crashes: u64,
    pub spins: u64,
}

pub struct Fleet {
    pub plan: Plan,
    pub now: i64,
    pub queue: EventQueue<Event>,
    pub random: Random,
    pub clock: Clock,
    pub store: Store,
    pub runners: Vec<Runner>,
    pub committed: HashSet<u64>,
    pub attempts: u64,
    pub backups: u64,
    pub generation: u64,
    pub controller_up: bool,
    pub faulty: bool,
    pub tally: Tally,
}

impl Fleet {
    pub fn new(plan: Plan) -> Self {
        let policy = Policy::default();
        let runners = (0..(plan.sandboxes / 200).max(4)).map(|_| Runner::new()).collect();
        let mut fleet = Self {
            plan,
            now: 1_700_000_000 * SECOND,
            queue: EventQueue::new(),
            random: Random::seeded(plan.seed),
            clock: Clock::new(&policy),
            store: Store::new(policy, plan.mistake),
            runners,
            committed: HashSet::new(),
            attempts: 0,
            backups: 0,
            generation: 0,
            controller_up: true,
            faulty: true,
            tally: Tally::default(),
        };
        for _ in 0..plan.sandboxes {
            fleet.create();
        }
        fleet.plan(SECOND, Event::Mishap);
        fleet.plan(HOUR, Event::Crash);
        fleet.plan(6 * HOUR, Event::Sweep);
        fleet
    }

    pub fn plan(&mut self, after: i64, event: Event) {
        self.queue.plan(self.now + after, event);
    }

    /// Returns true this many times in a thousand, while faults are switched on.
    pub fn fails(&mut self, per_mille: u64) -> bool {
        let fails = self.faulty && self.random.happens(per_mille);
        self.tally.faults += u64::from(fails);
        fails
    }

    /// Runs this many events, then lets the fleet come to rest without faults.
    pub fn run(mut self) -> Self {
        while self.tally.events < self.plan.events && self.step() {}
        self.faulty = false;
        for runner in 0..self.runners.len() {
            (self.runners[runner].ready, self.runners[runner].draining) = (true, false);
            for (id, attempt) in self.runners[runner].unfinished() {
                self.plan(MINUTE, Event::Work { id, runner, attempt, well: true, within: None });
            }
        }
        // A fleet that does not rest within ten times the time limit never rests.
        let patience = self.plan.events * 10;
        while self.tally.events < patience && self.step() {}
        self.sweep();
        self.judge_rest();
        self
    }

    fn step(&mut self) -> bool {
        let Some((at, event)) = self.queue.pop() else { return false };
        self.now = at.max(self.now);
        self.tally.events += 1;
        match event {
            Event::Act(id) => self.act(id),
            Event::Commit(attempt) => self.commit(*attempt),
            Event::Look { id, at } => {
                // A cancelled visit does not count as an event.
                let kept = self.store.records[id].look_at == at && self.controller_up;
                if kept {
                    self.store.records[id].look_at = i64::MAX;
                    self.look(id);
                } else {
                    self.tally.events -= 1;
                }
            }
            Event::Looked { id, read, observed, generation } => self.looked(id, &read, observed, generation),
            Event::Relay { attempt, id, effect, runner, from } => self.relay(attempt, id, effect, runner, from),
            Event::Call { id, runner, call, from } => self.called(id, runner, call, from),
            Event::Work { id, runner, attempt, well, within } => self.worked(id, runner, attempt, well, within),
            Event::Image { id, runner, well } => self.imaged(id, runner, well),
            Event::Hear(heard) => self.hear(*heard),
            Event::Mishap if self.faulty => self.mishap(),
            Event::Crash if self.faulty => self.crash(),
            Event::Mishap | Event::Crash => {}
            Event::Restart => self.restart(),
            Event::Sweep => {
                self.sweep();
                if self.faulty {
                    self.plan(6 * HOUR, Event::Sweep);
                }
            }
        }
        true
    }

    /// Plans the next visit of a sandbox. An earlier planned visit is kept.
    pub fn appoint(&mut self, id: Id, after: i64) {
        let at = self.now + after;
        let record = &mut self.store.records[id];
        if at < record.look_at {
            record.look_at = at;
            self.queue.plan(at, Event::Look { id, at });
        }
    }

    /// Checks that no transitional state exceeds its time limit.
    pub fn judge_time(&mut self, id: Id, row: &Lifecycle) {
        let Some(limit) = self.store.policy.time_limits.of_state(row.state()) else { return };
        let lasted = time(self.now) - row.state_since();
        let allowed = i64::from(limit.get()) * MINUTE + PERIOD + DOWN + SECOND;
        self.store.verdict.hold(
            Invariant::ChangesEnd,
            lasted.num_microseconds().is_some_and(|it| it <= allowed),
            || format!("sandbox {id}: {lasted} in {row:?}"),
        );
    }

    fn sweep(&mut self) {
        for id in 0..self.store.records.len() {
            let row = self.store.records[id].life;
            self.judge_time(id, &row);
        }
    }

    fn judge_rest(&mut self) {
        for id in 0..self.store.records.len() {
            let record = self.store.records[id].clone();
            let row = record.life;
            if record.purged {
                continue;
            }
            let copy = record.runner.map(|runner| self.runners[runner].copies.get(&id));
            let given_up = record.archive_attempts > self.store.policy.max_archive_attempts;
            self.store
                .verdict
                .hold(Invariant::RestIsReached, rests(&row, given_up), || format!("sandbox {id}: {row:?}, {copy:?}"));
            let deleted = row.desired_state() == sandbox_lifecycle::DesiredState::Destroyed;
            let gone = !deleted || row.state() == SandboxState::Destroyed;
            self.store.verdict.hold(Invariant::DeletedIsGone, gone, || format!("sandbox {id}: {row:?}"));
            let kept = self.copy_version(&record, id).is_some() || record.backup_version.is_some();
            let needs = record.lived && !record.lost && !deleted;
            self.store
                .verdict
                .hold(Invariant::DataIsKept, kept || !needs, || format!("sandbox {id} has no disk: {row:?}"));
        }
    }

    /// Returns the disk version of the copy on the runner.
    pub fn copy_version(&self, record: &Record, id: Id) -> Option<u64> {
        let copy = record.runner.and_then(|runner| self.runners[runner].copies.get(&id));
        copy.filter(|copy| copy.state.is_some()).map(|copy| copy.version)
    }

    /// Returns a summary of the run in one line.
    pub fn summary(&self) -> String {
        let mut ends = BTreeMap::<&str, u64>::new();
        for record in &self.store.records {
            let end = if record.purged { "purged" } else { record.life.state().as_str() };
            *ends.entry(end).or_default() += 1;
        }
        let ends: Vec<_> = ends.iter().map(|(state, count)| format!("{state} {count}")).collect();
        let Tally { events, accepted, refused, calls, old_reports, faults, crashes, spins } = &self.tally;
        format!(
            "seed {:#x}: {} sandboxes, {events} events in {} days; commands {accepted} accepted, {refused} refused; \
             {} writes, {} conflicts; {calls} calls, {old_reports} old reports, {faults} faults, {crashes} crashes, \
             {spins} idle turns; ends: {}",
            self.plan.seed,
            self.store.records.len(),
            (self.now - 1_700_000_000 * SECOND) / (24 * HOUR),
            self.store.commits,
            self.store.conflicts,
            ends.join(", "),
        )
    }
}
