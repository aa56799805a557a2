//! The outbox: what is sent, how often, and until when.

use super::store::{Store, number_of};
use crate::{
    mistakes::Mistake,
    network::{Event, Id, ToRunner},
    random::{MINUTE, SECOND},
    world::World,
};
use sandbox_lifecycle::record::{Message, OutboxEntry, OutboxKey, Target};

/// Returns the entries whose time has come.
pub fn due(store: &Store, now: i64) -> Vec<(Id, OutboxKey)> {
    store.outbox.iter().filter(|(_, entry)| entry.again <= now).map(|(key, _)| key.clone()).collect()
}

impl World {
    /// Sends an entry if it is still owed.
    pub fn relay(&mut self, id: Id, key: &OutboxKey) {
        let Some(entry) = self.store.outbox.get(&(id, key.clone())) else { return };
        let entry = entry.clone();
        if let Message::Call(call) = entry.entry.message {
            let awaited = self.store.rows.get(&id).is_some_and(|row| row.sandbox.lifecycle().awaits(&call));
            if !awaited {
                self.store.outbox.remove(&(id, key.clone()));
                return;
            }
        }
        self.deliver(id, &entry.entry, entry.restores, entry.child);
        let forgets = self.plan.mistake == Some(Mistake::OutboxForgetsCalls);
        if forgets && matches!(entry.entry.message, Message::Call(_)) {
            self.store.outbox.remove(&(id, key.clone()));
            return;
        }
        let pause = ((20 * SECOND) << entry.sent.min(6)).min(10 * MINUTE);
        let again = self.now + pause;
        self.store.outbox.entry((id, key.clone())).and_modify(|entry| {
            entry.sent += 1;
            entry.again = again;
        });
    }

    /// Sends a message to its target.
    pub fn deliver(&mut self, id: Id, entry: &OutboxEntry, restores: Option<u32>, child: Option<Id>) {
        let key = entry.key.clone();
        let event = match (&entry.target, entry.message) {
            (Target::Runner(name), Message::Call(call)) => {
                let message = ToRunner::Call { id, call, restores, child };
                Event::Runner { runner: number_of(name), message }
            }
            (Target::Runner(name), Message::Remove { epoch }) => {
                self.tally.removals += 1;
                Event::Runner { runner: number_of(name), message: ToRunner::Remove { id, epoch, key } }
            }
            (Target::Runner(name), Message::Release { epoch }) => {
                self.tally.releases += 1;
                Event::Runner { runner: number_of(name), message: ToRunner::Release { id, epoch, key } }
            }
            (Target::BackupMaker { runner }, Message::Call(_)) => match key {
                OutboxKey::Backup { attempt } => Event::Back { id, runner: number_of(runner), attempt },
                OutboxKey::Event { .. } | OutboxKey::Call { .. } => unreachable!("a backup has its own key"),
                OutboxKey::Remove { .. } | OutboxKey::Release { .. } | OutboxKey::Discard { .. } => {
                    unreachable!("a backup has its own key")
                }
            },
            (Target::BackupStore, Message::DiscardBackups { before }) => Event::Discard { id, before, key },
            (Target::Subscribers, Message::Event(_)) => Event::See { id, key },
            (target @ Target::Runner(_), message @ (Message::DiscardBackups { .. } | Message::Event(_)))
            | (
                target @ (Target::BackupMaker { .. } | Target::BackupStore | Target::Subscribers),
                message @ (Message::Remove { .. } | Message::Release { .. }),
            )
            | (target @ (Target::BackupStore | Target::Subscribers), message @ Message::Call(_))
            | (target @ (Target::BackupMaker { .. } | Target::Subscribers), message @ Message::DiscardBackups { .. })
            | (target @ (Target::BackupMaker { .. } | Target::BackupStore), message @ Message::Event(_)) => {
                unreachable!("{message} has no business with {target}")
            }
        };
        self.send(event);
    }
}
