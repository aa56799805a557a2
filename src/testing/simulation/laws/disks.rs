//! The laws about disks and processes: none is lost, and one runs.

use crate::testing::simulation::{
    fleet::{Fleet, Place},
    names::{RunnerId, SandboxId},
    verdict::Law,
};
use crate::vocabulary::SandboxState;
use alloc::{format, vec::Vec};

impl Fleet {
    /// Raises the version of the disk: the sandbox ran.
    pub fn next_version(&mut self, sandbox: SandboxId) -> u64 {
        let truth = self.truth(sandbox);
        truth.newest = truth.newest.saturating_add(1);
        truth.newest
    }

    /// Returns every surviving disk of a sandbox with its version.
    pub fn disks(&self, sandbox: SandboxId) -> impl Iterator<Item = (Place, u64)> {
        let of_runners = self.runners.iter().filter_map(move |(runner, it)| {
            let disk = it.disk(sandbox)?;
            Some((Place::Runner(*runner), disk.version))
        });
        of_runners.chain(self.backups.of(sandbox).map(|(attempt, version)| (Place::Backup(attempt), version)))
    }

    /// Whether a disk at this place can be used. What a runner has that was declared gone does not count.
    pub fn is_at_hand(&self, place: Place) -> bool {
        match place {
            Place::Runner(runner) => !self.is_gone(runner),
            Place::Backup(_) => true,
        }
    }

    /// Returns the newest version of the disk that survives elsewhere than at these places.
    fn newest_elsewhere(&self, sandbox: SandboxId, but: impl Fn(Place) -> bool) -> Option<u64> {
        let others = self.disks(sandbox).filter(|(place, _)| self.is_at_hand(*place) && !but(*place));
        others.map(|(_, version)| version).max()
    }

    /// Notes that the end of what is at this place is decided now: it may be lost if something as new is elsewhere.
    ///
    /// The law is judged when the end is decided and not when the message arrives. What makes the copy precious again
    /// between the two, such as the death of the other runner, no protocol can foresee.
    pub fn decide_end(&mut self, sandbox: SandboxId, place: Place, and_before: bool) {
        let goes = |other: Place| match (place, other) {
            (Place::Backup(last), Place::Backup(attempt)) => attempt == last || (and_before && attempt < last),
            (place, other) => place == other,
        };
        let Some(newest) = self.newest_elsewhere(sandbox, goes) else { return };
        let attempts = self.backups.of(sandbox).map(|(attempt, _)| Place::Backup(attempt));
        let places: Vec<_> = attempts.filter(|place| goes(*place)).chain([place]).collect();
        let truth = self.truth(sandbox);
        for place in places {
            let may_go = truth.dispensable.entry(place).or_default();
            *may_go = newest.max(*may_go);
        }
    }

    /// Judges that a disk of this version is gone from a place.
    pub fn judge_loss(&mut self, sandbox: SandboxId, place: Place, version: u64, why: &str) {
        let truth = self.truth(sandbox);
        let dispensable = truth.dispensable.get(&place).copied().unwrap_or_default();
        let asked_for = truth.deleted || version <= truth.given_up.max(dispensable);
        let survives = self.newest_elsewhere(sandbox, |other| other == place).is_some_and(|newest| newest >= version);
        self.hold(Law::NewestDiskIsKept, sandbox, asked_for || survives, || {
            format!("{why} lost version {version} of the disk at {place}")
        });
    }

    /// Judges that a process of the sandbox starts on this runner.
    pub fn judge_run(&mut self, sandbox: SandboxId, runner: RunnerId) {
        let others = self.runners.iter().filter(|(other, it)| **other != runner && it.powered);
        let alone = !others.into_iter().any(|(_, it)| it.runs(sandbox));
        self.hold(Law::OneRuns, sandbox, alone, || format!("a second copy starts on {runner}"));
        let over = match self.shown.get(&sandbox) {
            Some(row) => row.lifecycle.is_settled() && row.lifecycle.state() != SandboxState::Started,
            None => self.truth(sandbox).deleted,
        };
        self.hold(Law::GrantsAreKept, sandbox, !over, || format!("it runs on {runner}, but its row has come to rest"));
    }
}
