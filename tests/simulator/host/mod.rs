//! The crate's own host: processes that serve callers and control sandboxes, and the store that they share.

mod callers;
mod inventory;
mod outbox;
mod pass;
mod platform;
mod process;
mod store;
mod write;

use crate::mistakes::Mistake;
use process::{Process, Task};
use sandbox_lifecycle::{
    Clock, Command, Policy, Report, Sandbox, Step,
    testing::simulation::{Crash, Heard, Host, ProcessId, Request, Row as Shown, RunnerId, SandboxId, Site},
};
use std::{collections::BTreeMap, rc::Rc};
use store::Store;

/// A process at work.
pub type Desk<'a> = Site<'a, Task>;

/// The host, with the duty that it skips.
pub struct Platform {
    policy: Policy,
    clock: Clock,
    mistake: Option<Mistake>,
    store: Store,
    processes: BTreeMap<ProcessId, Process>,
    pub counts: Counts,
}

/// What only the host sees, in numbers.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    pub refused: u64,
    pub conflicts: u64,
    pub resends: u64,
    pub takebacks: u64,
}

/// A step on its way to the store.
#[derive(Clone)]
pub struct Attempt {
    id: SandboxId,
    /// The record on which it was decided.
    read: Rc<Sandbox>,
    step: Step,
    /// The runner that the step assigns, if it does.
    runner: Option<RunnerId>,
    /// The backup attempt that the step completes, if it does.
    backup: Option<u32>,
    by: By,
    tries: u8,
}

/// Who decides again if another write was first.
#[derive(Clone)]
pub enum By {
    Caller(Command),
    Report(RunnerId, Report),
    Pass,
    /// An inventory, which comes again.
    Inventory,
    /// The platform, which needs the GPU.
    Eviction,
}

impl Platform {
    pub fn new(mistake: Option<Mistake>) -> Self {
        let policy = Policy::default();
        Self {
            clock: Clock::new(&policy),
            policy,
            mistake,
            store: Store::default(),
            processes: BTreeMap::new(),
            counts: Counts::default(),
        }
    }

    fn makes(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }
}

impl Host for Platform {
    type Work = Task;

    fn policy(&self) -> Policy {
        self.policy.clone()
    }

    fn rows(&self) -> impl Iterator<Item = (SandboxId, Shown)> {
        self.store.rows.iter().map(|(id, row)| (*id, row.shown))
    }

    fn request(&mut self, request: Request, desk: &mut Desk<'_>) -> Result<(), Crash> {
        match request {
            Request::Create(creation) => self.create(&creation, desk),
            Request::Command { sandbox, command } => {
                return desk.go_on(Task::Act { id: sandbox, command, tries: 0 });
            }
            Request::Edit { sandbox } => self.edit(sandbox, desk),
            Request::Claim { sandbox } => self.claim(sandbox, desk),
            Request::Evict { sandbox } => return self.evict(sandbox, 0, desk),
        }
        Ok(())
    }

    fn hear(&mut self, heard: Heard, desk: &mut Desk<'_>) -> Result<(), Crash> {
        match heard {
            Heard::Answer { question, answer } => self.answered(question, Some(answer), desk),
            Heard::Connected { runner } => self.take_inventory(runner, desk),
            Heard::Report { .. } | Heard::Acknowledged { .. } | Heard::Inventory { .. } => {
                desk.go_on(Task::Hear(Box::new(heard)))
            }
        }
    }

    fn tick(&mut self, desk: &mut Desk<'_>) -> Result<(), Crash> {
        self.sweep(desk)
    }

    fn go_on(&mut self, task: Task, desk: &mut Desk<'_>) -> Result<(), Crash> {
        self.work_on(task, desk)
    }

    fn crash(&mut self, process: ProcessId) {
        self.processes.remove(&process);
    }
}
