//! What a platform adds to its sandboxes: a warm pool, owners with linked sandboxes, and evictions.

use super::{Attempt, By, process::Task};
use crate::{
    mistakes::Mistake,
    network::{HostId, Id},
    world::World,
};
use sandbox_lifecycle::{Columns, Command, DesiredState, Timer};
use std::rc::Rc;

/// How often an eviction that lost a race is decided again.
const TRIES: u8 = 6;

impl World {
    /// Whether the host knows that a sandbox waits unclaimed in its warm pool.
    pub fn is_pooled(&self, id: Id) -> bool {
        self.plan.mistake != Some(Mistake::ForgetsThePool) && self.store.pool.contains(&id)
    }

    /// A caller claims a sandbox of the warm pool: it is as new, and its intervals count from now.
    pub fn claim(&mut self, id: Id) {
        let now = self.time();
        let Some(row) = self.store.rows.get_mut(&id) else { return };
        let columns = row.sandbox.lifecycle().columns();
        let revision = columns.revision.wrapping_add(1);
        let claimed = Columns { created_at: now, last_activity_at: now, revision, ..columns }.into();
        row.sandbox = Rc::new(super::write::with_lifecycle(&row.sandbox, claimed));
        row.deadline = self.clock.next(&claimed);
        self.store.pool.remove(&id);
        self.tally.claims += 1;
        self.trace(id, || "claimed".to_owned());
    }

    /// Returns the linked sandboxes whose owner is destroyed or has desired state destroyed.
    pub fn bereaved(&self) -> Vec<Id> {
        let leaves = |id: &Id| {
            let row = self.store.rows.get(id);
            row.is_none_or(|row| row.sandbox.lifecycle().desired_state() == DesiredState::Destroyed)
        };
        let of = self.store.owners.iter().filter(|(linked, owner)| leaves(owner) && !leaves(linked));
        of.map(|(linked, _)| *linked).collect()
    }

    /// Destroys what is linked to an owner together with it. Where that is refused, the next sweep asks again.
    pub fn destroy_bereaved(&mut self, host: HostId) {
        if self.plan.mistake == Some(Mistake::ForgetsLinked) {
            return;
        }
        for id in self.bereaved() {
            let command = Command::Destroy { force: false };
            self.go_on(host, Task::Act { id, command, tries: 0 });
        }
    }

    /// The platform needs a GPU that a spot sandbox has.
    pub fn evict_one(&mut self) {
        let spots: Vec<Id> =
            self.store.rows.iter().filter(|(_, row)| row.sandbox.lifecycle().gpu() > 0).map(|(id, _)| *id).collect();
        if let (false, Some(host)) = (spots.is_empty(), self.any_host()) {
            let id = self.random.one_of(&spots);
            self.evict(host, id, 0);
        }
    }

    /// Decides on an eviction.
    pub fn evict(&mut self, host: HostId, id: Id, tries: u8) {
        let Some(row) = self.store.rows.get(&id).filter(|_| tries < TRIES) else { return };
        let read = Rc::clone(&row.sandbox);
        let context = self.context(id, &read);
        let decided = read.decide(Timer::SpotEviction, &self.policy, context, self.time());
        if let Some(step) = decided.ok().filter(|step| !step.is_noop()) {
            let attempt = Attempt { id, read, step, runner: None, backup: None, by: By::Eviction, tries };
            self.go_on(host, Task::Commit(Box::new(attempt)));
        }
    }
}
