//! The backup maker, which forgets its uploads when it crashes, and the backup store, which forgets nothing.

use crate::{
    host::Reply,
    laws::Place,
    mistakes::Mistake,
    network::{Asker, Event, Heard, Id, RunnerId},
    random::{HOUR, MINUTE, SECOND},
    world::World,
};
use sandbox_lifecycle::{
    Report,
    controller::Stored,
    record::OutboxKey,
    rules::{Job, Outcome},
    vocabulary::Fault,
};
use std::collections::BTreeMap;

/// The backup maker and the backup store.
#[derive(Default)]
pub struct Backups {
    /// The uploads of the maker, each with its number.
    uploads: BTreeMap<(Id, u32), Upload>,
    /// How attempts ended, as far as the maker remembers.
    ended: BTreeMap<(Id, u32), Outcome>,
    /// The newest attempt that the maker was asked for. It survives a crash: a late repeat of an older request must not begin.
    newest: BTreeMap<Id, u32>,
    /// What the store holds: the version of the disk under each attempt.
    pub objects: BTreeMap<Id, BTreeMap<u32, u64>>,
    /// The first attempt that the store still takes.
    pub discarded: BTreeMap<Id, u32>,
}

struct Upload {
    number: u64,
    runner: RunnerId,
    /// The boot of the runner with which it ends.
    boot: u64,
    version: u64,
}

impl Backups {
    pub fn version(&self, id: Id, attempt: u32) -> Option<u64> {
        self.objects.get(&id).and_then(|objects| objects.get(&attempt)).copied()
    }

    /// The maker crashes.
    pub fn forget_uploads(&mut self) {
        self.uploads.clear();
        self.ended.clear();
    }
}

impl World {
    /// The maker is asked for a backup.
    pub fn back_up(&mut self, id: Id, runner: RunnerId, attempt: u32) {
        let newest = self.backups.newest.entry(id).or_default();
        if attempt < *newest {
            return;
        }
        *newest = attempt;
        if let Some(outcome) = self.backups.ended.get(&(id, attempt)).copied() {
            return self.report_backup(id, runner, attempt, outcome);
        }
        if !self.backups.uploads.contains_key(&(id, attempt)) {
            let it = &self.runners[runner];
            let disk = it.slots.get(&id).and_then(|slot| slot.disk).filter(|_| it.powered && it.reachable);
            // The request is repeated, and the disk may be there then.
            let Some(disk) = disk else { return };
            self.numbers += 1;
            let upload = Upload { number: self.numbers, runner, boot: it.boot, version: disk.version };
            let slow = self.fails(60);
            let lasts =
                if slow { self.random.between(HOUR, 4 * HOUR) } else { self.random.between(5 * SECOND, 8 * MINUTE) };
            self.plan(lasts, Event::Uploaded { id, attempt, number: upload.number });
            self.trace(id, || format!("backup {attempt} of version {} begins", upload.version));
            self.backups.uploads.insert((id, attempt), upload);
        }
        let report = Report::BackupUnderWay { begun: true, attempt: Some(attempt) };
        self.send(Event::Hear(Heard::Report { id, runner, report }));
    }

    /// An upload ends: all of it is on its way, or it failed.
    pub fn uploaded(&mut self, id: Id, attempt: u32, number: u64) {
        let known = self.backups.uploads.get(&(id, attempt)).is_some_and(|upload| upload.number == number);
        let Some(Upload { runner, boot, version, .. }) =
            known.then(|| self.backups.uploads.remove(&(id, attempt))).flatten()
        else {
            return;
        };
        let alive = self.runners[runner].powered && self.runners[runner].boot == boot;
        if !alive || self.fails(150) {
            let outcome = Outcome::Failed { fault: Fault::Runner, recoverable: false };
            self.backups.ended.insert((id, attempt), outcome);
            if !self.fails(300) {
                self.report_backup(id, runner, attempt, outcome);
            }
            return;
        }
        let late = self.fails(100);
        let after = if late { self.random.between(10 * MINUTE, 2 * HOUR) } else { SECOND };
        self.plan(after, Event::Put { id, runner, attempt, version });
    }

    fn report_backup(&mut self, id: Id, runner: RunnerId, attempt: u32, outcome: Outcome) {
        let report = Report::Ended { job: Job::Backup { attempt: Some(attempt) }, outcome, epoch: None };
        self.send(Event::Hear(Heard::Report { id, runner, report }));
    }

    /// The whole object reaches the store.
    pub fn put(&mut self, id: Id, runner: RunnerId, attempt: u32, version: u64) {
        let discarded = self.backups.discarded.get(&id).is_some_and(|before| attempt < *before);
        if discarded && self.plan.mistake != Some(Mistake::TakesLateUploads) {
            return;
        }
        self.trace(id, || format!("the store has backup {attempt} of version {version}"));
        self.backups.objects.entry(id).or_default().insert(attempt, version);
        self.backups.ended.insert((id, attempt), Outcome::Completed);
        self.report_backup(id, runner, attempt, Outcome::Completed);
    }

    /// The store discards the attempts before this one, and remembers it.
    pub fn discard(&mut self, id: Id, before: u32, key: OutboxKey) {
        let first = self.backups.discarded.entry(id).or_default();
        *first = before.max(*first);
        let objects = self.backups.objects.entry(id).or_default();
        let kept = objects.split_off(&before);
        let gone = std::mem::replace(objects, kept);
        for (attempt, version) in gone {
            self.judge_loss(id, Place::Backup(attempt), version, "an order to discard");
        }
        self.send(Event::Hear(Heard::Acknowledged { id, key }));
    }

    /// The store is asked for an attempt.
    pub fn ask_store(&mut self, id: Id, attempt: u32, asker: Asker) {
        let stored = if self.backups.version(id, attempt).is_some() { Stored::Whole } else { Stored::Missing };
        self.reply(asker, Reply::Store(stored));
    }
}
