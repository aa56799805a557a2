//! The laws about what a host stores for its receivers: events once, and what runners owe.

use crate::{
    record::{Message, OutboxEntry, Target},
    rules::Task,
    testing::simulation::{
        fleet::{Fleet, Place},
        messages::Heard,
        names::{RunnerId, SandboxId},
        verdict::{Fact, Law},
    },
};
use alloc::format;

impl Fleet {
    /// The host has stored an entry, in the transaction that owes it.
    pub fn stored(&mut self, sandbox: SandboxId, entry: &OutboxEntry) {
        if let Message::Event(_) = entry.message {
            let is_new = self.truth(sandbox).committed.insert(entry.key.clone());
            return self.hold(Law::EventsAreSeen, sandbox, is_new, || format!("{} is stored twice", entry.key));
        }
        self.truth(sandbox).noted.insert(entry.key.clone());
        self.note_end(sandbox, entry);
        if entry.message.is_departure() {
            let truth = self.truth(sandbox);
            // It may be owed a second time.
            truth.acknowledged.remove(&entry.key);
            truth.owed.insert(entry.key.clone());
        }
    }

    /// The host sends an entry. If it never said that it had stored it, the entry counts from now.
    pub fn sent(&mut self, sandbox: SandboxId, entry: &OutboxEntry) {
        let truth = self.truth(sandbox);
        if let Message::Event(_) = entry.message {
            truth.committed.insert(entry.key.clone());
            return;
        }
        if entry.message.is_departure() && !truth.acknowledged.contains(&entry.key) {
            truth.owed.insert(entry.key.clone());
        }
        if truth.noted.insert(entry.key.clone()) {
            self.note_end(sandbox, entry);
        }
    }

    /// The host hears a message.
    pub fn heard(&mut self, heard: &Heard) {
        match heard {
            Heard::Report { sandbox, runner, report } => {
                self.note(*sandbox, Fact::Reported { runner: *runner, report: *report });
            }
            Heard::Acknowledged { sandbox, key } => {
                let truth = self.truth(*sandbox);
                truth.owed.remove(key);
                truth.acknowledged.insert(key.clone());
            }
            Heard::Connected { .. } | Heard::Inventory { .. } | Heard::Answer { .. } => {}
        }
    }

    /// Notes which disk an entry makes dispensable.
    fn note_end(&mut self, sandbox: SandboxId, entry: &OutboxEntry) {
        let runner = match &entry.target {
            Target::Runner(name) => name.parse::<RunnerId>().ok(),
            Target::BackupMaker { .. } | Target::BackupStore | Target::Subscribers => None,
        };
        match (entry.message, runner) {
            (Message::Remove { .. }, Some(runner)) => self.decide_end(sandbox, Place::Runner(runner), false),
            (Message::Call(call), Some(runner)) if call.task == Task::Restore => {
                self.decide_end(sandbox, Place::Runner(runner), false);
            }
            (Message::DiscardBackups { before }, _) => {
                self.decide_end(sandbox, Place::Backup(before.wrapping_sub(1)), true);
            }
            (
                Message::Call(_) | Message::Remove { .. } | Message::Release { .. } | Message::Event(_),
                Some(_) | None,
            ) => {}
        }
    }

    /// Judges that a record may be removed.
    pub fn judge_purge(&mut self, sandbox: SandboxId) {
        let truth = self.truth(sandbox);
        truth.deleted = true;
        let owed = truth.owed.len();
        self.hold(Law::PurgesWait, sandbox, owed == 0, || {
            format!("the record is removed, and {owed} removals or releases are owed")
        });
    }
}
