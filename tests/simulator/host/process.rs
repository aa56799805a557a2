//! A host process: its tasks, which a crash ends, and its sweeps.

use super::{Attempt, Desk, Platform, outbox, store::runner_of};
use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    Command, RunnerView, Sandbox,
    controller::RunnerStanding,
    record::OutboxKey,
    testing::simulation::{Crash, Heard, RunnerId, SandboxId},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// What a process knows. A crash loses all of it.
#[derive(Default)]
pub struct Process {
    /// The rows that it works on.
    pub busy: BTreeSet<SandboxId>,
    /// Until when it leaves a row of this revision alone. Without a time, until the row changes.
    pub asleep: BTreeMap<SandboxId, (u32, Option<DateTime<Utc>>)>,
    /// Questions without an answer.
    pub questions: BTreeMap<u64, Question>,
}

/// A question, with everything that was read before asking.
pub struct Question {
    pub id: SandboxId,
    pub read: Rc<Sandbox>,
    pub view: RunnerView,
    pub placed: Option<RunnerId>,
    pub of_runner: bool,
}

/// What a process does next.
pub enum Task {
    /// Look at a row.
    Pass(SandboxId),
    /// Stop waiting for the answer to a question.
    Silence(u64),
    /// Write a step.
    Commit(Box<Attempt>),
    /// Send what a step brought to the outbox.
    Relay { id: SandboxId, keys: Vec<OutboxKey>, then: Option<Box<Task>> },
    /// Decide on a command.
    Act { id: SandboxId, command: Command, tries: u8 },
    /// Take a message.
    Hear(Box<Heard>),
}

impl Platform {
    pub fn process(&mut self, desk: &Desk<'_>) -> &mut Process {
        self.processes.entry(desk.process()).or_default()
    }

    /// Looks for rows to visit and entries to send.
    pub fn sweep(&mut self, desk: &mut Desk<'_>) -> Result<(), Crash> {
        let now = desk.now();
        let process = self.processes.entry(desk.process()).or_default();
        let is_due = |(id, row): &(&SandboxId, &super::store::Row)| {
            let lifecycle = row.sandbox.lifecycle();
            let gone = runner_of(&row.sandbox).is_some_and(|it| desk.standing(it) == RunnerStanding::Gone);
            let asleep = process.asleep.get(id).is_some_and(|(revision, until)| {
                *revision == lifecycle.revision() && until.is_none_or(|until| until > now)
            });
            let timer = row.deadline.is_some_and(|at| at <= now);
            !process.busy.contains(id) && (timer || gone || (lifecycle.needs_reconcile() && !asleep))
        };
        let due: Vec<_> = self.store.rows.iter().filter(is_due).map(|(id, _)| *id).collect();
        for id in due {
            self.process(desk).busy.insert(id);
            desk.go_on(Task::Pass(id))?;
        }
        self.destroy_bereaved(desk)?;
        self.send_due_entries(desk)
    }

    /// Does the next thing of a task.
    pub fn work_on(&mut self, task: Task, desk: &mut Desk<'_>) -> Result<(), Crash> {
        match task {
            Task::Pass(id) => self.pass(id, desk),
            Task::Silence(number) => self.answered(number, None, desk),
            Task::Commit(attempt) => self.commit(*attempt, desk),
            Task::Relay { id, keys, then } => {
                for key in keys {
                    self.relay(id, &key, desk)?;
                }
                then.map_or(Ok(()), |then| desk.go_on(*then))
            }
            Task::Act { id, command, tries } => self.act(id, command, tries, desk),
            Task::Hear(heard) => self.take(*heard, desk),
        }
    }

    /// Sends the entries whose time has come.
    fn send_due_entries(&mut self, desk: &mut Desk<'_>) -> Result<(), Crash> {
        let mut of_sandbox = BTreeMap::<SandboxId, Vec<OutboxKey>>::new();
        for (id, key) in outbox::due(&self.store, desk.now()) {
            of_sandbox.entry(id).or_default().push(key);
        }
        for (id, keys) in of_sandbox {
            desk.go_on(Task::Relay { id, keys, then: None })?;
        }
        Ok(())
    }
}
