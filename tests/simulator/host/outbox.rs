//! The outbox: what is sent, how often, and until when.

use super::{
    Desk, Platform,
    store::{Entry, Store},
};
use crate::mistakes::Mistake;
use chrono::{DateTime, TimeDelta, Utc};
use sandbox_lifecycle::{
    record::{Message, OutboxEntry, OutboxKey},
    testing::simulation::{Crash, Payload, SandboxId},
};

/// Returns the entries whose time has come.
pub fn due(store: &Store, now: DateTime<Utc>) -> Vec<(SandboxId, OutboxKey)> {
    store.outbox.iter().filter(|(_, entry)| entry.again <= now).map(|(key, _)| key.clone()).collect()
}

impl Platform {
    /// Stores an entry, in the transaction that owes it.
    pub fn owe(&mut self, id: SandboxId, entry: OutboxEntry, payload: Payload, desk: &mut Desk<'_>) -> OutboxKey {
        desk.stored(id, &entry);
        let key = entry.key.clone();
        let entry = Entry { entry, payload, again: desk.now(), sent: 0 };
        self.store.outbox.entry((id, key.clone())).or_insert(entry);
        key
    }

    /// Sends an entry if it is still owed.
    pub fn relay(&mut self, id: SandboxId, key: &OutboxKey, desk: &mut Desk<'_>) -> Result<(), Crash> {
        let Some(Entry { entry, payload, sent, .. }) = self.store.outbox.get(&(id, key.clone())).cloned() else {
            return Ok(());
        };
        let row = self.store.rows.get(&id);
        if !entry.message.is_still_owed(row.map(|row| row.sandbox.lifecycle())) {
            self.store.outbox.remove(&(id, key.clone()));
            return Ok(());
        }
        desk.send(id, &entry, payload)?;
        if self.makes(Mistake::OutboxForgetsCalls) && matches!(entry.message, Message::Call(_)) {
            self.store.outbox.remove(&(id, key.clone()));
            return Ok(());
        }
        let pause = TimeDelta::seconds((20 << sent.min(6)).min(600));
        let again = desk.now() + pause;
        self.store.outbox.entry((id, key.clone())).and_modify(|entry| {
            entry.sent += 1;
            entry.again = again;
        });
        Ok(())
    }
}
