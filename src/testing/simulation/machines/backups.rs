//! The backup maker and the backup store: what they do with each message.

use crate::{
    controller::Stored,
    record::OutboxKey,
    rules::{Job, Outcome, Report},
    testing::simulation::{
        fleet::{Asker, Event, Flaw, Fleet, HOUR, MINUTE, Message, Place, SECOND, Upload},
        messages::{Answer, Heard},
        names::{RunnerId, SandboxId},
        verdict::Fact,
    },
    vocabulary::Fault,
};

impl Fleet {
    /// The maker is asked for a backup.
    pub fn back_up(&mut self, sandbox: SandboxId, runner: RunnerId, attempt: u32) {
        let newest = self.backups.newest.entry(sandbox).or_default();
        if attempt < *newest {
            return;
        }
        *newest = attempt;
        if let Some(outcome) = self.backups.ended.get(&(sandbox, attempt)).copied() {
            return self.report_backup(sandbox, runner, attempt, outcome);
        }
        if !self.backups.uploads.contains_key(&(sandbox, attempt)) {
            let it = self.runners.get(&runner).filter(|it| it.answers());
            // The request is repeated, and the disk may be there then.
            let Some((version, boot)) = it.and_then(|it| Some((it.disk(sandbox)?.version, it.boot))) else { return };
            let number = self.next_number();
            let slow = self.fails(60);
            let lasts =
                if slow { self.random.between(HOUR, 4 * HOUR) } else { self.random.between(5 * SECOND, 8 * MINUTE) };
            self.plan(lasts, Event::UploadEnds { sandbox, attempt, number });
            self.note(sandbox, Fact::UploadBegins { attempt, version });
            self.backups.uploads.insert((sandbox, attempt), Upload { number, runner, boot, version });
        }
        let report = Report::BackupUnderWay { begun: true, attempt: Some(attempt) };
        self.send(Message::ToHost(Heard::Report { sandbox, runner, report }));
    }

    /// An upload ends: all of it is on its way, or it failed.
    pub fn upload_ends(&mut self, sandbox: SandboxId, attempt: u32, number: u64) {
        let key = (sandbox, attempt);
        let known = self.backups.uploads.get(&key).is_some_and(|upload| upload.number == number);
        let upload = if known { self.backups.uploads.remove(&key) } else { None };
        let Some(Upload { runner, boot, version, .. }) = upload else { return };
        let alive = self.runners.get(&runner).is_some_and(|it| it.powered && it.boot == boot);
        if !alive || self.fails(150) {
            let outcome = Outcome::Failed { fault: Fault::Runner, recoverable: false };
            self.backups.ended.insert(key, outcome);
            if !self.fails(300) {
                self.report_backup(sandbox, runner, attempt, outcome);
            }
            return;
        }
        let late = self.fails(100);
        let after = if late { self.random.between(10 * MINUTE, 2 * HOUR) } else { SECOND };
        self.plan(after, Event::Put { sandbox, runner, attempt, version });
    }

    fn report_backup(&mut self, sandbox: SandboxId, runner: RunnerId, attempt: u32, outcome: Outcome) {
        let report = Report::Ended { job: Job::Backup { attempt: Some(attempt) }, outcome, epoch: None };
        self.send(Message::ToHost(Heard::Report { sandbox, runner, report }));
    }

    /// The whole object reaches the store.
    pub fn put(&mut self, sandbox: SandboxId, runner: RunnerId, attempt: u32, version: u64) {
        let discarded = self.backups.discarded.get(&sandbox).is_some_and(|before| attempt < *before);
        if discarded && !self.has_flaw(Flaw::TakesLateUploads) {
            return;
        }
        self.note(sandbox, Fact::Uploaded { attempt, version });
        self.backups.objects.entry(sandbox).or_default().insert(attempt, version);
        self.backups.ended.insert((sandbox, attempt), Outcome::Completed);
        self.report_backup(sandbox, runner, attempt, Outcome::Completed);
    }

    /// The store discards the attempts before this one, and remembers it.
    pub fn discard(&mut self, sandbox: SandboxId, before: u32, key: OutboxKey) {
        let first = self.backups.discarded.entry(sandbox).or_default();
        *first = before.max(*first);
        let objects = self.backups.objects.entry(sandbox).or_default();
        let kept = objects.split_off(&before);
        let gone = core::mem::replace(objects, kept);
        for (attempt, version) in gone {
            self.judge_loss(sandbox, Place::Backup(attempt), version, "an order to discard");
        }
        self.send(Message::ToHost(Heard::Acknowledged { sandbox, key }));
    }

    /// The store is asked for an attempt.
    pub fn ask_store(&mut self, sandbox: SandboxId, attempt: u32, asker: Asker) {
        let is_there = self.backups.version(sandbox, attempt).is_some();
        let stored = if is_there { Stored::Whole } else { Stored::Missing };
        self.send(Message::Answer { asker, answer: Answer::Store(stored) });
    }
}
