//! A simulation of one host: the loop over events, and what comes out of it.

use super::{
    fleet::{Event, Flaw, Fleet, HOUR, Message, Plan, SECOND, Tally, count},
    host::Host,
    messages::{Heard, Request},
    names::{ProcessId, SandboxId},
    row::Row,
    site::{Crash, Site},
    verdict::{Broken, Law},
};
use alloc::{collections::BTreeMap, string::String, vec::Vec};
use core::fmt;

/// How long the fleet has to come to rest: longer than the longest time limit and the retention together.
const PATIENCE: i64 = 72 * HOUR;

/// The most events in that time, for a host that never rests.
const MOST_EVENTS: u64 = 1_000_000;

/// How often a process looks for what is due: with faults, and after they have stopped.
const PERIODS: [i64; 2] = [20 * SECOND, 60 * SECOND];

/// A simulation to run: its seed and its size.
#[derive(Debug, Clone, Copy)]
#[must_use = "a simulation does nothing until it runs"]
pub struct Simulation {
    plan: Plan,
}

/// What came out of a simulation.
#[derive(Debug, Clone)]
#[must_use = "it says which laws were broken"]
pub struct Outcome {
    /// What happened, in numbers.
    pub tally: Tally,
    /// The broken laws. A sound host breaks none.
    pub broken: BTreeMap<Law, Broken>,
    /// The whole story of the sandbox that [`Simulation::trace`] names.
    pub trace: Vec<String>,
}

impl Simulation {
    /// Creates the simulation of this seed, with 5 sandboxes at a time and 12,000 events before faults stop.
    pub const fn seeded(seed: u64) -> Self {
        Self { plan: Plan { seed, sandboxes: 5, events: 12_000, flaw: None, traced: None } }
    }

    /// Sets how many sandboxes callers use at a time.
    pub const fn sandboxes(mut self, count: usize) -> Self {
        self.plan.sandboxes = count;
        self
    }

    /// Sets how many events happen before faults stop.
    pub const fn events(mut self, count: u64) -> Self {
        self.plan.events = count;
        self
    }

    /// Lets a runner, the backup store or the operator skip a duty. Some law is broken then, by some seeds.
    pub const fn flaw(mut self, flaw: Flaw) -> Self {
        self.plan.flaw = Some(flaw);
        self
    }

    /// Keeps the whole story of this sandbox.
    pub const fn trace(mut self, sandbox: SandboxId) -> Self {
        self.plan.traced = Some(sandbox);
        self
    }

    /// Runs the host: first with faults, then without, until it has had 72 hours to come to rest, or a million events. Judges
    /// it all the time and at the end.
    pub fn run<H: Host>(self, host: &mut H) -> Outcome {
        let fleet = Fleet::new(self.plan, host.policy());
        let mut world = World { fleet, host, works: BTreeMap::new() };
        while world.fleet.tally.events < self.plan.events && world.step() {}
        world.fleet.heal();
        let end = world.fleet.now.saturating_add(PATIENCE);
        let most = world.fleet.tally.events.saturating_add(MOST_EVENTS);
        while world.fleet.now < end && world.fleet.tally.events < most && world.step() {}
        world.fleet.judge_end();
        let hours = u64::try_from(world.fleet.elapsed().div_euclid(HOUR)).unwrap_or_default();
        let tally = Tally { hours, ..world.fleet.tally };
        let (broken, trace) = world.fleet.verdict.end();
        Outcome { tally, broken, trace }
    }
}

impl Outcome {
    /// Whether every law holds.
    pub fn is_clean(&self) -> bool {
        self.broken.is_empty()
    }
}

/// Each broken law with its story, then what happened in numbers.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for broken in self.broken.values() {
            writeln!(f, "{broken}")?;
        }
        self.tally.fmt(f)
    }
}

/// What a process of the host does.
enum Turn<W> {
    Request(Request),
    Hear(Heard),
    Tick,
    GoOn(W),
}

struct World<'a, H: Host> {
    fleet: Fleet,
    host: &'a mut H,
    /// The work of the processes that is planned for later.
    works: BTreeMap<u64, H::Work>,
}

impl<H: Host> World<'_, H> {
    /// The next event happens.
    fn step(&mut self) -> bool {
        let Some((at, event)) = self.fleet.queue.pop() else { return false };
        self.fleet.now = at.max(self.fleet.now);
        count(&mut self.fleet.tally.events);
        match event {
            Event::Work { process, boot, number } => {
                if let (Some(work), true) = (self.works.remove(&number), self.is_up(process, boot)) {
                    self.take_turn(process, Turn::GoOn(work));
                }
            }
            Event::Tick { process, boot } => self.tick(process, boot),
            Event::Restart { process } => self.restart(process),
            Event::Request(request) => self.request(request),
            Event::Message(message) => self.arrive(message),
            Event::JobEnds { runner, boot, sandbox, number } => self.fleet.job_ends(runner, boot, sandbox, number),
            Event::Boot { runner } => self.fleet.boot(runner),
            Event::Reach { runner } => self.fleet.reach(runner),
            Event::Operate { runner } => self.fleet.operate(runner),
            Event::Heartbeat { runner } => self.fleet.heartbeat(runner),
            Event::Connect { runner } => {
                if self.fleet.still_connects(runner) {
                    self.hear(Heard::Connected { runner });
                }
            }
            Event::UploadEnds { sandbox, attempt, number } => self.fleet.upload_ends(sandbox, attempt, number),
            Event::Put { sandbox, runner, attempt, version } => self.fleet.put(sandbox, runner, attempt, version),
            Event::Caller if self.fleet.faulty => self.fleet.call_in(),
            Event::Wish { sandbox } if self.fleet.faulty => self.fleet.wish(sandbox),
            Event::Caller | Event::Wish { .. } => {}
            Event::Mishap => self.fleet.mishap(),
        }
        true
    }

    /// A message arrives.
    fn arrive(&mut self, message: Message) {
        match message {
            Message::ToHost(heard) => self.hear(heard),
            Message::Answer { asker, answer } => {
                if self.is_up(asker.process, asker.boot) {
                    self.take_turn(asker.process, Turn::Hear(Heard::Answer { question: asker.question, answer }));
                }
            }
            Message::ToRunner { runner, message } => self.fleet.reach_runner(runner, message),
            Message::BackUp { sandbox, runner, attempt } => self.fleet.back_up(sandbox, runner, attempt),
            Message::Discard { sandbox, before, key } => self.fleet.discard(sandbox, before, key),
            Message::AskStore { sandbox, attempt, asker } => self.fleet.ask_store(sandbox, attempt, asker),
            Message::See { sandbox, key } => {
                self.fleet.truth(sandbox).seen.insert(key.clone());
                self.fleet.send(Message::ToHost(Heard::Acknowledged { sandbox, key }));
            }
        }
    }

    /// Some process hears a message, if the one that it meets is up.
    fn hear(&mut self, heard: Heard) {
        let Some(process) = self.any_process() else { return };
        self.fleet.heard(&heard);
        self.take_turn(process, Turn::Hear(heard));
    }

    fn request(&mut self, request: Request) {
        let Some(process) = self.any_process() else { return };
        self.fleet.requested(&request);
        self.take_turn(process, Turn::Request(request));
    }

    fn any_process(&mut self) -> Option<ProcessId> {
        let processes: Vec<_> = self.fleet.processes.keys().copied().collect();
        let process = self.fleet.random.one_of(&processes)?;
        self.fleet.processes.get(&process).is_some_and(|it| it.up).then_some(process)
    }

    fn is_up(&self, process: ProcessId, boot: u64) -> bool {
        self.fleet.processes.get(&process).is_some_and(|it| it.up && it.boot == boot)
    }

    fn restart(&mut self, process: ProcessId) {
        let Some(it) = self.fleet.processes.get_mut(&process).filter(|it| !it.up) else { return };
        it.up = true;
        let boot = it.boot;
        self.fleet.plan(SECOND, Event::Tick { process, boot });
    }

    fn tick(&mut self, process: ProcessId, boot: u64) {
        if !self.is_up(process, boot) {
            return;
        }
        self.take_turn(process, Turn::Tick);
        if self.is_up(process, boot) {
            let [with_faults, without] = PERIODS;
            let period = if self.fleet.faulty { with_faults } else { without };
            self.fleet.plan(period, Event::Tick { process, boot });
        }
    }

    /// A process of the host does something. Then the laws are judged by what the host shows.
    fn take_turn(&mut self, process: ProcessId, turn: Turn<H::Work>) {
        let mut site = Site::new(&mut self.fleet, &mut self.works, process);
        let ended = match turn {
            Turn::Request(request) => self.host.request(request, &mut site),
            Turn::Hear(heard) => self.host.hear(heard, &mut site),
            Turn::Tick => self.host.tick(&mut site),
            Turn::GoOn(work) => self.host.go_on(work, &mut site),
        };
        if site.has_crashed() || ended == Err(Crash) {
            self.crash(process);
        }
        if !self.shows_the_same() {
            let rows: BTreeMap<SandboxId, Row> = self.host.rows().collect();
            self.fleet.look_at(rows);
        }
    }

    /// Whether the host shows the same rows as before. Mostly it does, so this must be fast.
    fn shows_the_same(&self) -> bool {
        let shown = self.fleet.shown.iter().map(|(sandbox, row)| (*sandbox, *row));
        self.fleet.written.is_empty() && self.host.rows().eq(shown)
    }

    fn crash(&mut self, process: ProcessId) {
        count(&mut self.fleet.tally.crashes);
        if let Some(it) = self.fleet.processes.get_mut(&process) {
            it.up = false;
            it.boot = it.boot.wrapping_add(1);
        }
        self.host.crash(process);
        let down = self.fleet.random.between(SECOND, 120 * SECOND);
        self.fleet.plan(down, Event::Restart { process });
    }
}
