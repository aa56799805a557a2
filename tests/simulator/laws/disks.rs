//! What really exists of each sandbox, which only the simulator sees: the versions of its disk.

use super::Law;
use crate::{
    network::{Id, RunnerId},
    world::World,
};
use sandbox_lifecycle::controller::RunnerStanding;
use std::collections::{BTreeMap, BTreeSet};

/// A place that holds a disk of a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Runner(RunnerId),
    /// The backup store, under this attempt.
    Backup(u32),
}

/// What the simulator knows of one sandbox, also after its record is removed.
#[derive(Default, Clone)]
pub struct Truth {
    /// The newest version that its disk ever had. Each run raises it.
    pub newest: u64,
    /// A caller, or a setting that a caller chose, asked for its end.
    pub deleted: bool,
    /// A caller recovered it from a backup while this was the newest version: what ran before may be lost.
    pub given_up: u64,
    /// What each place may lose, because something at least as new was elsewhere when its end was decided.
    pub dispensable: BTreeMap<Place, u64>,
    /// The runners whose copy changed since its last call, because the runner or the process died. A row cannot know it yet.
    pub changed_by_itself: BTreeSet<RunnerId>,
    /// How often its row was written since faults stopped.
    pub late_writes: u32,
}

impl World {
    /// Raises the version of the disk: the sandbox ran.
    pub fn next_version(&mut self, id: Id) -> u64 {
        let truth = self.truth.entry(id).or_default();
        truth.newest += 1;
        truth.newest
    }

    /// Returns the newest version of the disk that survives elsewhere than at these places. What a runner has that was
    /// declared gone does not count.
    pub fn newest_elsewhere(&self, id: Id, but: impl Fn(Place) -> bool) -> Option<u64> {
        let of_runners = self.runners.iter().enumerate().filter_map(|(number, runner)| {
            let counts = self.store.standings[number] != RunnerStanding::Gone && !but(Place::Runner(number));
            runner.slots.get(&id).and_then(|slot| slot.disk).filter(|_| counts).map(|disk| disk.version)
        });
        let of_store = self.backups.objects.get(&id).into_iter().flatten();
        let of_store = of_store.filter(|(attempt, _)| !but(Place::Backup(**attempt))).map(|(_, version)| *version);
        of_runners.chain(of_store).max()
    }

    /// Notes that the end of what is at this place is decided now: it may be lost if something as new is elsewhere.
    ///
    /// The law is judged when the end is decided and not when the message arrives. What makes the copy precious again
    /// between the two, such as the death of the other runner, no protocol can foresee.
    pub fn decide_end(&mut self, id: Id, place: Place, and_before: bool) {
        let goes = |other: Place| match (place, other) {
            (Place::Backup(last), Place::Backup(attempt)) => attempt == last || (and_before && attempt < last),
            (place, other) => place == other,
        };
        let Some(newest) = self.newest_elsewhere(id, goes) else { return };
        let attempts = self.backups.objects.get(&id).into_iter().flatten().map(|(attempt, _)| Place::Backup(*attempt));
        let places: Vec<_> = attempts.filter(|place| goes(*place)).chain([place]).collect();
        let truth = self.truth.entry(id).or_default();
        for place in places {
            let may_go = truth.dispensable.entry(place).or_default();
            *may_go = newest.max(*may_go);
        }
    }

    /// Judges that a disk of this version is gone from a place.
    pub fn judge_loss(&mut self, id: Id, place: Place, version: u64, why: &str) {
        let truth = self.truth.entry(id).or_default();
        let dispensable = truth.dispensable.get(&place).copied().unwrap_or_default();
        let asked_for = truth.deleted || version <= truth.given_up.max(dispensable);
        let survives = self.newest_elsewhere(id, |other| other == place).is_some_and(|newest| newest >= version);
        let story = self.story(id);
        self.verdict.hold(Law::NewestDiskIsKept, asked_for || survives, || {
            format!("{story}: {why} lost version {version} at {place:?}")
        });
    }

    /// Judges that a process of the sandbox starts on this runner.
    pub fn judge_run(&mut self, id: Id, runner: RunnerId) {
        let others = self.runners.iter().enumerate().filter(|(number, other)| *number != runner && other.powered);
        let elsewhere = others.filter(|(_, other)| other.slots.get(&id).is_some_and(|slot| slot.runs)).count();
        let story = self.story(id);
        self.verdict.hold(Law::OneRuns, elsewhere == 0, || format!("{story}: a second copy starts on {runner}"));
        let rests = self.store.rows.get(&id).is_some_and(|row| {
            let row = row.sandbox.lifecycle();
            row.is_settled() && row.state() != sandbox_lifecycle::SandboxState::Started
        });
        self.verdict.hold(Law::GrantsAreKept, !rests, || format!("{story}: it runs on {runner}"));
    }
}
