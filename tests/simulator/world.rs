//! The fleet with its clock. Nothing sleeps; time jumps to the next event.

use crate::{
    host::{Host, Store},
    laws::{Truth, Verdict},
    machines::{Backups, Runner},
    mistakes::Mistake,
    network::{Event, Id, RunnerId},
    queue::Queue,
    random::{HOUR, MINUTE, Random, SECOND},
};
use chrono::{DateTime, Utc};
use sandbox_lifecycle::{Clock, Policy, controller::RunnerStanding};
use std::{collections::BTreeMap, fmt, ops::AddAssign};

/// When every run begins, in microseconds.
const BEGINNING: i64 = 1_760_000_000 * SECOND;
/// How long the fleet has to come to rest: longer than the longest time limit and the retention together.
const PATIENCE: i64 = 72 * HOUR;

/// The size of a run, and its mistake.
#[derive(Clone, Copy)]
pub struct Plan {
    pub seed: u64,
    pub sandboxes: usize,
    /// How many events happen before faults stop.
    pub events: u64,
    pub mistake: Option<Mistake>,
    /// The sandbox whose story is printed.
    pub traced: Option<Id>,
}

/// What happened, in numbers.
#[derive(Default, Clone, Copy)]
pub struct Tally {
    pub seeds: u64,
    pub events: u64,
    pub hours: i64,
    pub crashes: u64,
    pub runner_crashes: u64,
    pub gone: u64,
    pub messages: u64,
    pub lost: u64,
    pub repeated: u64,
    pub created: u64,
    pub forks: u64,
    pub claims: u64,
    pub evictions: u64,
    pub limits: u64,
    pub purges: u64,
    pub commands: u64,
    pub refused: u64,
    pub writes: u64,
    pub conflicts: u64,
    pub calls: u64,
    pub asks: u64,
    pub resends: u64,
    pub removals: u64,
    pub releases: u64,
    pub takebacks: u64,
    pub inventories: u64,
    pub most_late_writes: u32,
}

pub struct World {
    pub plan: Plan,
    pub now: i64,
    pub queue: Queue<Event>,
    pub random: Random,
    pub policy: Policy,
    pub clock: Clock,
    pub store: Store,
    pub hosts: Vec<Host>,
    pub runners: Vec<Runner>,
    pub backups: Backups,
    pub truth: BTreeMap<Id, Truth>,
    pub verdict: Verdict,
    pub tally: Tally,
    /// Whether anything fails at all.
    pub faulty: bool,
    pub questions: u64,
    pub numbers: u64,
}

impl World {
    pub fn new(plan: Plan) -> Self {
        let policy = Policy::default();
        let mut world = Self {
            plan,
            now: BEGINNING,
            queue: Queue::new(),
            random: Random::seeded(plan.seed),
            clock: Clock::new(&policy),
            policy,
            store: Store::default(),
            hosts: Vec::new(),
            runners: Vec::new(),
            backups: Backups::default(),
            truth: BTreeMap::new(),
            verdict: Verdict::default(),
            tally: Tally { seeds: 1, ..Tally::default() },
            faulty: true,
            questions: 0,
            numbers: 0,
        };
        for _ in 0..3 {
            world.add_runner();
        }
        for host in 0..3 {
            world.hosts.push(Host::default());
            world.restart(host);
        }
        world.plan(SECOND, Event::Caller);
        world.plan(MINUTE, Event::Mishap);
        world
    }

    pub fn add_runner(&mut self) {
        let runner: RunnerId = self.runners.len();
        self.runners.push(Runner { powered: true, reachable: true, ..Runner::default() });
        self.store.standings.push(RunnerStanding::Ready);
        self.plan(MINUTE, Event::Heartbeat { runner });
    }

    pub fn plan(&mut self, after: i64, event: Event) {
        self.queue.plan(self.now + after, event);
    }

    /// Returns true this many times in a thousand, while there are faults.
    pub fn fails(&mut self, per_mille: u64) -> bool {
        self.faulty && self.random.happens(per_mille)
    }

    pub fn time(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.now).expect("a time in chrono's range")
    }

    /// Runs the faulty part, then lets the fleet come to rest, and judges it.
    pub fn run(mut self) -> Self {
        while self.tally.events < self.plan.events && self.step() {}
        self.heal();
        let end = self.now + PATIENCE;
        while self.now < end && self.step() {}
        self.judge_end();
        self.tally.hours = (self.now - BEGINNING) / HOUR;
        self
    }

    fn step(&mut self) -> bool {
        let Some((at, event)) = self.queue.pop() else { return false };
        self.now = at.max(self.now);
        self.tally.events += 1;
        match event {
            Event::Host { host, boot, task } => self.work_on(host, boot, *task),
            Event::Sweep { host, boot } => self.sweep(host, boot),
            Event::Restart { host } => self.restart(host),
            Event::Hear(heard) => {
                if let Some(host) = self.any_host() {
                    self.go_on(host, crate::host::Task::Hear(heard, 0));
                }
            }
            Event::Runner { runner, message } => self.reach_runner(runner, message),
            Event::Work { runner, boot, id, number } => self.work_ends(runner, boot, id, number),
            Event::Boot { runner } => self.boot(runner),
            Event::Reach { runner } => self.reach(runner),
            Event::Operate { runner } => self.operate(runner),
            Event::Heartbeat { runner } => self.heartbeat(runner),
            Event::Inventory { runner } => self.take_inventory(runner),
            Event::Back { id, runner, attempt } => self.back_up(id, runner, attempt),
            Event::Uploaded { id, attempt, number } => self.uploaded(id, attempt, number),
            Event::Put { id, runner, attempt, version } => self.put(id, runner, attempt, version),
            Event::Discard { id, before, key } => self.discard(id, before, key),
            Event::AskStore { id, attempt, asker } => self.ask_store(id, attempt, asker),
            Event::See { id, key } => {
                self.store.seen.insert((id, key.clone()));
                self.send(Event::Hear(crate::network::Heard::Acknowledged { id, key }));
            }
            Event::Caller if self.faulty => self.call_in(),
            Event::Wish { id } if self.faulty => self.wish(id),
            Event::Caller | Event::Wish { .. } => {}
            Event::Mishap => self.mishap(),
        }
        true
    }

    /// Returns where a sandbox stands in this run, for the story of a broken law.
    pub fn story(&self, id: Id) -> String {
        format!("seed {}, {} s, sandbox {id}", self.plan.seed, (self.now - BEGINNING) / SECOND)
    }

    /// Prints what happens to the sandbox whose story is told.
    pub fn trace(&self, id: Id, what: impl FnOnce() -> String) {
        if self.plan.traced == Some(id) {
            println!("{:>9.1} {}", (self.now - BEGINNING) as f64 / SECOND as f64, what());
        }
    }
}

pub fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.events += other.events;
        self.hours += other.hours;
        self.crashes += other.crashes;
        self.runner_crashes += other.runner_crashes;
        self.gone += other.gone;
        self.messages += other.messages;
        self.lost += other.lost;
        self.repeated += other.repeated;
        self.created += other.created;
        self.forks += other.forks;
        self.claims += other.claims;
        self.evictions += other.evictions;
        self.limits += other.limits;
        self.purges += other.purges;
        self.commands += other.commands;
        self.refused += other.refused;
        self.writes += other.writes;
        self.conflicts += other.conflicts;
        self.calls += other.calls;
        self.asks += other.asks;
        self.resends += other.resends;
        self.removals += other.removals;
        self.releases += other.releases;
        self.takebacks += other.takebacks;
        self.inventories += other.inventories;
        self.most_late_writes = self.most_late_writes.max(other.most_late_writes);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seeds, events, hours, crashes, runner_crashes, gone, messages, lost, repeated, .. } = self;
        let Self {
            created,
            forks,
            claims,
            evictions,
            limits,
            purges,
            commands,
            refused,
            writes,
            conflicts,
            calls,
            asks,
            ..
        } = self;
        let Self { resends, removals, releases, takebacks, inventories, most_late_writes, .. } = self;
        write!(
            f,
            "{seeds} seeds, {events} events in {hours} h; {crashes} crashes of hosts, {runner_crashes} of runners, \
             {gone} gone; {messages} messages, {lost} lost, {repeated} repeated; {created} created, {forks} forked, \
             {claims} claimed, {evictions} evicted, {purges} purged, {limits} time limits over; {commands} commands, {refused} refused; {writes} writes, {conflicts} conflicts; \
             {calls} calls, {asks} asks, {resends} resends, {removals} removals, {releases} releases, \
             {takebacks} takebacks, {inventories} inventories; at most {most_late_writes} writes to rest"
        )
    }
}
