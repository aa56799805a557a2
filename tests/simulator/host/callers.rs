//! Callers: how a host decides on what they want.

use super::{Attempt, By, Desk, Platform, process::Task, store::Row};
use sandbox_lifecycle::{
    Command,
    record::{OutboxEntries, RecordEdit},
    testing::simulation::{Crash, Creation, SandboxId},
};
use std::rc::Rc;

impl Platform {
    /// Decides on a command.
    pub fn act(&mut self, id: SandboxId, command: Command, tries: u8, desk: &mut Desk<'_>) -> Result<(), Crash> {
        let Some(row) = self.store.rows.get(&id) else { return Ok(()) };
        let read = Rc::clone(&row.sandbox);
        let context = self.context(id, &read, desk);
        match read.decide(command, &self.policy, context, desk.now()) {
            Ok(step) if step.is_noop() => Ok(()),
            Ok(step) => {
                let attempt = Attempt { id, read, step, runner: None, backup: None, by: By::Caller(command), tries };
                desk.go_on(Task::Commit(Box::new(attempt)))
            }
            Err(_) => {
                self.counts.refused += 1;
                Ok(())
            }
        }
    }

    pub fn edit(&mut self, id: SandboxId, desk: &Desk<'_>) {
        if let Some(row) = self.store.rows.get_mut(&id) {
            let mut sandbox = (*row.sandbox).clone();
            // The flag does not change, so there is no event to send.
            let event = sandbox.edit(RecordEdit::Public(sandbox.dto().public), desk.now());
            assert_eq!(event, OutboxEntries::default(), "nothing changed");
            *row = Row::new(sandbox, row.deadline);
        }
    }

    /// Stores a new sandbox, with a runner or without.
    pub fn create(&mut self, creation: &Creation, desk: &mut Desk<'_>) {
        let ready = desk.ready_runners();
        let placed = if desk.random().happens(700) { desk.random().one_of(&ready) } else { None };
        let sandbox = creation.sandbox(placed, &self.policy, desk.now()).expect("a sound request");
        let deadline = self.clock.next(sandbox.lifecycle());
        self.store.rows.insert(creation.sandbox, Row::new(sandbox, deadline));
        if let Some(owner) = creation.owner {
            self.store.owners.insert(creation.sandbox, owner);
        }
        if creation.pooled {
            self.store.pool.insert(creation.sandbox);
        }
    }
}
