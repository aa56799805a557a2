//! What a platform adds to its sandboxes: a warm pool, owners with linked sandboxes, and evictions.

use super::{Attempt, By, Desk, Platform, process::Task, store::Row, write::with_lifecycle};
use crate::mistakes::Mistake;
use sandbox_lifecycle::{
    Columns, Command, DesiredState, Timer,
    testing::simulation::{Crash, SandboxId},
};
use std::rc::Rc;

/// How often an eviction that lost a race is decided again.
const TRIES: u8 = 6;

impl Platform {
    /// Whether the host knows that a sandbox waits unclaimed in its warm pool.
    pub fn is_pooled(&self, id: SandboxId) -> bool {
        !self.makes(Mistake::ForgetsThePool) && self.store.pool.contains(&id)
    }

    /// A caller claims a sandbox of the warm pool: it is as new, and its intervals count from now.
    pub fn claim(&mut self, id: SandboxId, desk: &Desk<'_>) {
        let now = desk.now();
        let Some(row) = self.store.rows.get_mut(&id) else { return };
        let columns = row.sandbox.lifecycle().columns();
        let revision = columns.revision.wrapping_add(1);
        let claimed = Columns { created_at: now, last_activity_at: now, revision, ..columns }.into();
        *row = Row::new(with_lifecycle(&row.sandbox, claimed), self.clock.next(&claimed));
        self.store.pool.remove(&id);
    }

    /// Returns the linked sandboxes whose owner is destroyed or has desired state destroyed.
    fn bereaved(&self) -> Vec<SandboxId> {
        let leaves = |id: &SandboxId| {
            let row = self.store.rows.get(id);
            row.is_none_or(|row| row.sandbox.lifecycle().desired_state() == DesiredState::Destroyed)
        };
        let of = self.store.owners.iter().filter(|(linked, owner)| leaves(owner) && !leaves(linked));
        of.map(|(linked, _)| *linked).collect()
    }

    /// Destroys what is linked to an owner together with it. Where that is refused, the next sweep asks again.
    pub fn destroy_bereaved(&mut self, desk: &mut Desk<'_>) -> Result<(), Crash> {
        if self.makes(Mistake::ForgetsLinked) {
            return Ok(());
        }
        for id in self.bereaved() {
            let command = Command::Destroy { force: false };
            desk.go_on(Task::Act { id, command, tries: 0 })?;
        }
        Ok(())
    }

    /// Decides on an eviction.
    pub fn evict(&mut self, id: SandboxId, tries: u8, desk: &mut Desk<'_>) -> Result<(), Crash> {
        let Some(row) = self.store.rows.get(&id).filter(|_| tries < TRIES) else { return Ok(()) };
        let read = Rc::clone(&row.sandbox);
        let context = self.context(id, &read, desk);
        let decided = read.decide(Timer::SpotEviction, &self.policy, context, desk.now());
        match decided.ok().filter(|step| !step.is_noop()) {
            Some(step) => {
                let attempt = Attempt { id, read, step, runner: None, backup: None, by: By::Eviction, tries };
                desk.go_on(Task::Commit(Box::new(attempt)))
            }
            None => Ok(()),
        }
    }
}
