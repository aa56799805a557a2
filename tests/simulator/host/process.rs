//! A host process: its tasks, which a crash ends, and its sweeps.

use super::{Attempt, outbox, store::runner_of};
use crate::{
    network::{Event, Heard, HostId, Id},
    random::{MILLISECOND, SECOND},
    world::World,
};
use sandbox_lifecycle::{
    Command, RunnerView, Sandbox,
    controller::{RunnerStanding, Stored},
    record::OutboxKey,
    runner::CopyAnswer,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// How often in a thousand a process crashes between two actions.
const CRASHES: u64 = 12;
/// The period of a process, and the one after faults have stopped.
const PERIODS: [i64; 2] = [20 * SECOND, 60 * SECOND];

/// A process. A crash loses all of it.
#[derive(Default)]
pub struct Host {
    pub up: bool,
    pub boot: u64,
    /// The rows that it works on.
    pub busy: BTreeSet<Id>,
    /// Until when it leaves a row of this revision alone.
    pub asleep: BTreeMap<Id, (u32, i64)>,
    /// Questions without an answer.
    pub questions: BTreeMap<u64, Question>,
}

/// A question, with everything that was read before asking.
#[derive(Clone)]
pub struct Question {
    pub id: Id,
    pub read: Rc<Sandbox>,
    pub view: RunnerView,
    pub placed: Option<usize>,
    pub of_runner: bool,
}

/// What a process does next.
#[derive(Clone)]
pub enum Task {
    /// Look at a row.
    Pass(Id),
    /// Take an answer, or give up waiting.
    Answer { number: u64, answer: Reply },
    /// Write a step.
    Commit(Box<Attempt>),
    /// Send what a step brought to the outbox.
    Relay { id: Id, keys: Vec<OutboxKey>, then: Option<Box<Task>> },
    /// Decide on a command.
    Act { id: Id, command: Command, tries: u8 },
    /// Take a message.
    Hear(Heard, u8),
}

/// The answer to a question.
#[derive(Debug, Clone, Copy)]
pub enum Reply {
    Copy(CopyAnswer),
    Store(Stored),
    Silence,
}

impl World {
    /// Goes on with a task after a moment, unless the process crashes before it.
    pub fn go_on(&mut self, host: HostId, task: Task) {
        if self.fails(CRASHES) {
            self.crash(host);
            return;
        }
        let moment = if self.fails(50) {
            self.random.between(SECOND, 90 * SECOND)
        } else {
            self.random.between(MILLISECOND, 300 * MILLISECOND)
        };
        let boot = self.hosts[host].boot;
        self.plan(moment, Event::Host { host, boot, task: Box::new(task) });
    }

    pub fn crash(&mut self, host: HostId) {
        self.tally.crashes += 1;
        let boot = self.hosts[host].boot + 1;
        self.hosts[host] = Host { boot, ..Host::default() };
        let down = self.random.between(SECOND, 120 * SECOND);
        self.plan(down, Event::Restart { host });
    }

    pub fn restart(&mut self, host: HostId) {
        self.hosts[host].up = true;
        let boot = self.hosts[host].boot;
        self.plan(SECOND, Event::Sweep { host, boot });
    }

    /// Returns a process that is up, if the one that a message or a caller meets is.
    pub fn any_host(&mut self) -> Option<HostId> {
        let host = self.random.below(self.hosts.len() as u64) as HostId;
        self.hosts[host].up.then_some(host)
    }

    /// Looks for rows to visit and entries to send.
    pub fn sweep(&mut self, host: HostId, boot: u64) {
        if self.hosts[host].boot != boot {
            return;
        }
        let now = self.time();
        let due: Vec<Id> = self
            .store
            .rows
            .iter()
            .filter(|(id, row)| {
                let lifecycle = row.sandbox.lifecycle();
                let gone = runner_of(&row.sandbox).is_some_and(|it| self.store.standings[it] == RunnerStanding::Gone);
                let process = &self.hosts[host];
                let asleep = process
                    .asleep
                    .get(id)
                    .is_some_and(|(revision, until)| *revision == lifecycle.revision() && *until > self.now);
                let timer = row.deadline.is_some_and(|at| at <= now);
                !process.busy.contains(id) && (timer || gone || (lifecycle.needs_reconcile() && !asleep))
            })
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            self.hosts[host].busy.insert(id);
            self.go_on(host, Task::Pass(id));
        }
        self.destroy_bereaved(host);
        self.send_due_entries(host);
        if self.hosts[host].boot == boot {
            self.plan(PERIODS[usize::from(!self.faulty)], Event::Sweep { host, boot });
        }
    }

    /// Does the next thing of a task.
    pub fn work_on(&mut self, host: HostId, boot: u64, task: Task) {
        if self.hosts[host].boot != boot {
            return;
        }
        match task {
            Task::Pass(id) => self.pass(host, id),
            Task::Answer { number, answer } => self.answered(host, number, answer),
            Task::Commit(attempt) => self.commit(host, *attempt),
            Task::Relay { id, keys, then } => {
                for key in keys {
                    self.relay(id, &key);
                }
                if let Some(then) = then {
                    self.go_on(host, *then);
                }
            }
            Task::Act { id, command, tries } => self.act(host, id, command, tries),
            Task::Hear(heard, tries) => self.hear(host, heard, tries),
        }
    }

    /// Sends the entries whose time has come.
    fn send_due_entries(&mut self, host: HostId) {
        let due = outbox::due(&self.store, self.now);
        let mut of_sandbox = BTreeMap::<Id, Vec<OutboxKey>>::new();
        for (id, key) in due {
            of_sandbox.entry(id).or_default().push(key);
        }
        for (id, keys) in of_sandbox {
            self.go_on(host, Task::Relay { id, keys, then: None });
        }
    }
}
