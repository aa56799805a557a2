//! The backup store and the uploads.

use super::actions::{Action, Flaw, Kind, Try, Ways};
use super::forks::{ForkWork, Kin};
use super::world::{Attempt, Copy, Message, World};
use sandbox_lifecycle::rules::Report;

impl Try<'_> {
    pub fn begin_upload(&mut self, from: u8, number: u32, reports_begin: bool) {
        let runner = self.world.runner(from);
        let refused = number < self.world.host.discarded && self.model.flaw != Some(Flaw::ForgetfulStore);
        if runner.copy == Copy::None || refused {
            return self.world.send(Message::BackupEnd { from, attempt: number, well: false });
        }
        let disk = runner.disk;
        self.world.host.attempts.push(Attempt { number, disk, whole: false, uploader: Some(from) });
        if reports_begin {
            let begun = Report::BackupUnderWay { begun: true, attempt: Some(number) };
            self.report(from, begun);
        }
    }

    /// The uploads of this runner end, and what they wrote stays a part.
    pub fn end_uploads(&mut self, on: u8) {
        self.world.host.attempts.retain(|made| made.whole || made.uploader != Some(on));
    }

    pub fn upload_ends(&mut self, number: u32, well: bool) {
        let Some(made) = self.world.host.attempts.iter_mut().find(|made| made.number == number) else { return };
        let Some(from) = made.uploader.take() else { return };
        let accepted = number >= self.world.host.discarded || self.model.flaw == Some(Flaw::ForgetfulStore);
        let whole = well && accepted;
        made.whole = whole;
        self.world.host.attempts.retain(|made| made.whole || made.uploader.is_some());
        self.world.send(Message::BackupEnd { from, attempt: number, well: whole });
    }

    pub fn discard(&mut self) {
        let host = &mut self.world.host;
        if let Some(before) = host.discard.take() {
            host.discarded = host.discarded.max(before);
            let mark = host.discarded;
            // An upload under way is refused when it ends.
            host.attempts.retain(|made| made.number >= mark || !made.whole);
        }
    }
}

impl World {
    /// Whether a runner uploads a backup or makes the child of a fork: a restart ends it.
    pub fn works_unseen_on(&self, id: u8) -> bool {
        let forks = matches!(self.host.kin, Some(Kin::Source { on, work: ForkWork::UnderWay, .. }) if on == id);
        forks || self.host.attempts.iter().any(|made| made.uploader == Some(id))
    }
}

impl Ways<'_> {
    pub fn store(&mut self) {
        for made in &self.before.host.attempts {
            let number = made.number;
            if made.uploader.is_none() {
                continue;
            }
            self.add(Action::UploadEnds { number, well: true }, Kind::Progress, |tried| {
                tried.upload_ends(number, true)
            });
            if self.model.failures {
                self.add(Action::UploadEnds { number, well: false }, Kind::Fault, |tried| {
                    tried.upload_ends(number, false);
                });
            }
        }
    }
}
