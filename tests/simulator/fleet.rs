//! The fleet: its clock, what is planned, and who takes part. Nothing sleeps; time jumps to whatever happens next.

use crate::{
    broken::Mistake,
    chance::{Agenda, Chance, HOUR, MINUTE, SECOND},
    laws::{Law, rests},
    runner::Runner,
    store::{Id, Record, RunnerId, Store, Write, time},
};
use sandbox_lifecycle::{Call, Clock, Command, Effect, Lifecycle, Observed, Policy, Report, SandboxState};
use std::collections::{BTreeMap, HashSet};

/// How often the controller looks at what owes work, and how long it may be down.
pub const PERIOD: i64 = MINUTE;
pub const DOWN: i64 = 30 * SECOND;

/// How large a run is and what is wrong with it.
#[derive(Clone, Copy)]
pub struct Plan {
    pub seed: u64,
    pub sandboxes: usize,
    pub events: u64,
    pub mistake: Option<Mistake>,
}

pub enum Event {
    /// A caller does something with a sandbox.
    Act(Id),
    /// A step reaches the store.
    Commit(Box<Attempt>),
    /// The controller looks, if this is its appointment.
    Look {
        id: Id,
        at: i64,
    },
    /// A runner's answer to the question what it has.
    Looked {
        id: Id,
        read: Box<Lifecycle>,
        observed: Option<Observed>,
        generation: u64,
    },
    /// The outbox lets an effect of a written step out.
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
    /// A runner ends what it was asked.
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
    /// Something goes wrong.
    Mishap,
    /// The controller is gone, and then comes back.
    Crash,
    Restart,
    /// Every row is looked over.
    Sweep,
}

/// A step on its way, and who sends it.
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

/// Something a runner says, with what only its host knows of it.
#[derive(Clone)]
pub struct Heard {
    pub id: Id,
    pub runner: RunnerId,
    pub report: Report,
    /// The epoch of the work it tells of.
    pub epoch: Option<u32>,
    /// The backup it tells of, and how new the disk in it is.
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
    pub agenda: Agenda<Event>,
    pub chance: Chance,
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
            agenda: Agenda::new(),
            chance: Chance::seeded(plan.seed),
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
        self.agenda.plan(self.now + after, event);
    }

    /// Something fails, while things may fail.
    pub fn fails(&mut self, per_mille: u64) -> bool {
        let fails = self.faulty && self.chance.happens(per_mille);
        self.tally.faults += u64::from(fails);
        fails
    }

    /// Runs until so many events have happened, then lets everything come to rest.
    pub fn run(mut self) -> Self {
        while self.tally.events < self.plan.events && self.step() {}
        self.faulty = false;
        for runner in 0..self.runners.len() {
            (self.runners[runner].ready, self.runners[runner].draining) = (true, false);
            for (id, attempt) in self.runners[runner].unfinished() {
                self.plan(MINUTE, Event::Work { id, runner, attempt, well: true, within: None });
            }
        }
        // A system that never rests would go on for ever; ten times the time it was given is long enough to say so.
        let patience = self.plan.events * 10;
        while self.tally.events < patience && self.step() {}
        self.sweep();
        self.judge_rest();
        self
    }

    fn step(&mut self) -> bool {
        let Some((at, event)) = self.agenda.pop() else { return false };
        self.now = at.max(self.now);
        self.tally.events += 1;
        match event {
            Event::Act(id) => self.act(id),
            Event::Commit(attempt) => self.commit(*attempt),
            Event::Look { id, at } => {
                // A void appointment is no event.
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

    /// The controller's next look at a sandbox; an earlier appointment is kept.
    pub fn appoint(&mut self, id: Id, after: i64) {
        let at = self.now + after;
        let record = &mut self.store.records[id];
        if at < record.look_at {
            record.look_at = at;
            self.agenda.plan(at, Event::Look { id, at });
        }
    }

    /// No change has lasted longer than it may.
    pub fn judge_time(&mut self, id: Id, row: &Lifecycle) {
        let Some(limit) = self.store.policy.time_limits.of(row.state()) else { return };
        let lasted = time(self.now) - row.state_since();
        let allowed = i64::from(limit.get()) * MINUTE + PERIOD + DOWN + SECOND;
        self.store.verdict.hold(Law::ChangesEnd, lasted.num_microseconds().is_some_and(|it| it <= allowed), || {
            format!("sandbox {id}: {lasted} in {row:?}")
        });
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
                .hold(Law::RestIsReached, rests(&row, given_up), || format!("sandbox {id}: {row:?}, {copy:?}"));
            let deleted = row.desired_state() == sandbox_lifecycle::DesiredState::Destroyed;
            let gone = !deleted || row.state() == SandboxState::Destroyed;
            self.store.verdict.hold(Law::DeletedIsGone, gone, || format!("sandbox {id}: {row:?}"));
            let kept = self.copy_version(&record, id).is_some() || record.backup_version.is_some();
            let needs = record.lived && !record.lost && !deleted;
            self.store.verdict.hold(Law::DataIsKept, kept || !needs, || format!("sandbox {id} has no disk: {row:?}"));
        }
    }

    /// How new the disk is that its runner holds.
    pub fn copy_version(&self, record: &Record, id: Id) -> Option<u64> {
        let copy = record.runner.and_then(|runner| self.runners[runner].copies.get(&id));
        copy.filter(|copy| copy.state.is_some()).map(|copy| copy.version)
    }

    /// The run in a line.
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
