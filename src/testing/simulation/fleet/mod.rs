//! The fleet around a host: its clock, its network, its runners, its backup store, and what is true of each sandbox.

mod backups;
mod event;
mod queue;
mod random;
mod runner;
mod tally;
mod truth;

use super::{
    names::{ProcessId, RunnerId, SandboxId},
    row::Row,
    verdict::{Fact, Law, Verdict},
};
use crate::{
    controller::RunnerStanding,
    policy::Policy,
    rules::{Context, Step},
    vocabulary::Micros,
};
use alloc::{collections::BTreeMap, string::String, vec::Vec};
use chrono::{DateTime, Utc};

pub use backups::{Backups, Upload};
pub use event::{Asker, Event, Message, ToRunner};
pub use queue::Queue;
pub use random::{HOUR, MILLISECOND, MINUTE, Random, SECOND};
pub use runner::{Disk, Job, Runner, Slot};
pub use tally::{Tally, count};
pub use truth::{Place, Truth};

/// When every simulation begins, in microseconds.
const BEGINNING: i64 = 1_760_000_000 * SECOND;
/// How often in a thousand a message is lost, and how often it arrives twice.
const LOST: u64 = 250;
const REPEATED: u64 = 250;

/// A duty that a runner, the backup store or the operator skips. A sound fleet skips none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// A runner deletes the ledger together with the copy.
    NoTombstone,
    /// A runner keeps the answer of its last call under the newest epoch, and repeats it to a new call of the same task.
    AnswersUnderNewestEpoch,
    /// The backup store takes uploads of attempts that were discarded.
    TakesLateUploads,
    /// An operator declares runners gone that are only cut off, and does not fence them.
    NoFencing,
}

/// The size of a simulation, and its flaw.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub seed: u64,
    /// How many sandboxes callers use at a time.
    pub sandboxes: usize,
    /// How many events happen before faults stop.
    pub events: u64,
    pub flaw: Option<Flaw>,
    /// The sandbox whose whole story is kept.
    pub traced: Option<SandboxId>,
}

/// A process of the host.
#[derive(Debug, Default, Clone, Copy)]
pub struct Process {
    pub up: bool,
    pub boot: u64,
}

/// The fleet. Nothing sleeps; time jumps to the next event.
#[derive(Debug)]
pub struct Fleet {
    pub plan: Plan,
    pub now: i64,
    pub queue: Queue<Event>,
    pub random: Random,
    pub policy: Policy,
    pub processes: BTreeMap<ProcessId, Process>,
    pub runners: BTreeMap<RunnerId, Runner>,
    pub backups: Backups,
    pub truths: BTreeMap<SandboxId, Truth>,
    /// The rows that the host showed last.
    pub shown: BTreeMap<SandboxId, Row>,
    /// The steps that the host wrote since then.
    pub written: Vec<(SandboxId, Step)>,
    pub verdict: Verdict,
    pub tally: Tally,
    /// Whether anything fails at all.
    pub faulty: bool,
    /// The last number that was given to a job, an upload, a question or a piece of work.
    numbers: u64,
    next_sandbox: u32,
}

impl Fleet {
    pub fn new(plan: Plan, policy: Policy) -> Self {
        let mut fleet = Self {
            plan,
            now: BEGINNING,
            queue: Queue::new(),
            random: Random::seeded(plan.seed),
            policy,
            processes: BTreeMap::new(),
            runners: BTreeMap::new(),
            backups: Backups::default(),
            truths: BTreeMap::new(),
            shown: BTreeMap::new(),
            written: Vec::new(),
            verdict: Verdict::new(plan.seed, plan.traced),
            tally: Tally { seeds: 1, ..Tally::default() },
            faulty: true,
            numbers: 0,
            next_sandbox: 0,
        };
        for number in 0..3 {
            fleet.add_runner();
            let process = ProcessId(number);
            fleet.processes.insert(process, Process::default());
            fleet.plan(0, Event::Restart { process });
        }
        fleet.plan(SECOND, Event::Caller);
        fleet.plan(MINUTE, Event::Mishap);
        fleet
    }

    pub fn add_runner(&mut self) {
        let next = self.runners.last_key_value().map_or(0, |(last, _)| last.0.saturating_add(1));
        let runner = RunnerId(next);
        self.runners.insert(runner, Runner::new());
        self.plan(MINUTE, Event::Heartbeat { runner });
    }

    /// Plans an event, this many microseconds from now.
    pub fn plan(&mut self, after: i64, event: Event) {
        self.queue.plan(self.now.saturating_add(after), event);
    }

    /// Returns true this many times in a thousand, while there are faults.
    pub fn fails(&mut self, per_mille: u64) -> bool {
        self.faulty && self.random.happens(per_mille)
    }

    pub fn time(&self) -> DateTime<Utc> {
        Micros::from_micros(self.now).into()
    }

    /// Returns how long the simulation has lasted, in microseconds.
    pub const fn elapsed(&self) -> i64 {
        self.now.saturating_sub(BEGINNING)
    }

    pub const fn next_number(&mut self) -> u64 {
        self.numbers = self.numbers.wrapping_add(1);
        self.numbers
    }

    pub const fn next_sandbox(&mut self) -> SandboxId {
        let sandbox = SandboxId(self.next_sandbox);
        self.next_sandbox = self.next_sandbox.wrapping_add(1);
        sandbox
    }

    pub fn runner(&mut self, runner: RunnerId) -> &mut Runner {
        self.runners.entry(runner).or_default()
    }

    pub fn slot(&mut self, runner: RunnerId, sandbox: SandboxId) -> &mut Slot {
        self.runner(runner).slot(sandbox)
    }

    pub fn truth(&mut self, sandbox: SandboxId) -> &mut Truth {
        self.truths.entry(sandbox).or_default()
    }

    pub fn standing(&self, runner: RunnerId) -> RunnerStanding {
        self.runners.get(&runner).map_or(RunnerStanding::Gone, |runner| runner.standing)
    }

    pub fn is_gone(&self, runner: RunnerId) -> bool {
        self.standing(runner) == RunnerStanding::Gone
    }

    pub fn has_flaw(&self, flaw: Flaw) -> bool {
        self.plan.flaw == Some(flaw)
    }

    /// Notes an event in the story of a sandbox.
    pub fn note(&mut self, sandbox: SandboxId, fact: Fact) {
        let at = self.elapsed().div_euclid(MILLISECOND);
        self.verdict.note(sandbox, at, fact);
    }

    /// Notes an event in the story of every sandbox.
    pub fn note_for_all(&mut self, fact: Fact) {
        let at = self.elapsed().div_euclid(MILLISECOND);
        self.verdict.note_for_all(at, fact);
    }

    /// Judges that a law holds for a sandbox.
    pub fn hold(&mut self, law: Law, sandbox: SandboxId, holds: bool, what: impl FnOnce() -> String) {
        self.verdict.hold(law, sandbox, holds, what);
    }

    /// Sends a message over the network, which loses, repeats and delays it.
    pub fn send(&mut self, message: Message) {
        count(&mut self.tally.messages);
        if self.fails(LOST) {
            return count(&mut self.tally.lost);
        }
        if self.fails(REPEATED) {
            count(&mut self.tally.repeated);
            let again = self.delay();
            self.plan(again, Event::Message(message.clone()));
        }
        let delay = self.delay();
        self.plan(delay, Event::Message(message));
    }

    /// Returns how long a message takes. Some are overtaken by many others.
    fn delay(&mut self) -> i64 {
        let late = self.fails(40);
        if late { self.random.between(MINUTE, 20 * MINUTE) } else { self.random.between(5 * MILLISECOND, 3 * SECOND) }
    }

    /// Returns how many live children the forks of a sandbox have.
    pub fn live_children(&self, sandbox: SandboxId) -> u32 {
        let children = self.shown.values().filter(|row| row.is_child_of(sandbox)).count();
        u32::try_from(children).unwrap_or(u32::MAX)
    }

    /// Gathers the context of a row for its revision.
    pub fn context(&self, sandbox: SandboxId, row: &Row) -> Context {
        let truth = self.truths.get(&sandbox);
        let owed = truth.map_or(0, |truth| u32::try_from(truth.owed.len()).unwrap_or(u32::MAX));
        Context::of(&row.lifecycle)
            .with_live_fork_children(self.live_children(sandbox))
            .with_owed_departures(owed)
            .with_runner_unready(row.runner.is_some_and(|runner| self.standing(runner) != RunnerStanding::Ready))
            .with_warm_pool(truth.is_some_and(|truth| truth.pooled))
            .with_linked(truth.is_some_and(|truth| truth.owner.is_some()))
    }
}
