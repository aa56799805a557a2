//! The laws about the end: faults have stopped, time has passed.

use super::rows::copy_of;
use crate::{
    testing::simulation::{
        fleet::{Fleet, Place},
        names::{RunnerId, SandboxId},
        row::Row,
        verdict::Law,
    },
    vocabulary::{BackupState, SandboxState},
};
use alloc::{format, string::String, vec::Vec};

/// The most writes that a row needs to come to rest, and to be archived and removed afterwards.
const FEW: u64 = 60;

impl Fleet {
    /// Judges the fleet after faults have stopped and time has passed.
    pub fn judge_end(&mut self) {
        let rows: Vec<_> = self.shown.iter().map(|(sandbox, row)| (*sandbox, *row)).collect();
        for (sandbox, row) in rows {
            self.judge_rest(sandbox, &row);
            self.judge_copy(sandbox, &row);
            self.judge_stranded(sandbox, &row);
            self.judge_linked(sandbox, &row);
        }
        let sandboxes: Vec<_> = self.truths.keys().copied().collect();
        for sandbox in sandboxes {
            self.judge_leftovers(sandbox);
            let truth = self.truth(sandbox);
            let (writes, unseen) = (truth.late_writes, truth.committed.difference(&truth.seen).count());
            self.hold(Law::EventsAreSeen, sandbox, unseen == 0, || format!("{unseen} events are never seen"));
            self.hold(Law::RestIsReached, sandbox, writes <= FEW, || format!("{writes} writes without faults"));
            self.tally.most_late_writes = self.tally.most_late_writes.max(writes);
        }
    }

    fn judge_rest(&mut self, sandbox: SandboxId, shown: &Row) {
        let row = &shown.lifecycle;
        let attempted = matches!(row.backup_state(), BackupState::Pending | BackupState::InProgress);
        let backs_up = attempted && row.state() != SandboxState::Destroyed;
        let arrived = row.is_settled() || row.state().is_failed();
        let deleted = shown.is_to_be_destroyed() && row.state() != SandboxState::Destroyed;
        // A destroyed sandbox may owe a removal to a runner that never comes back.
        let timer = row.due(&self.policy, self.context(sandbox, shown), self.time()).map(|step| step.cause());
        let rests = arrived && !deleted && !row.needs_reconcile() && !backs_up && timer.is_none();
        self.hold(Law::RestIsReached, sandbox, rests, || {
            let due = timer.map_or_else(String::new, |cause| format!("{cause} is due, "));
            format!("{due}{shown}")
        });
        self.hold(Law::GrantsAreKept, sandbox, !deleted, || format!("it is never destroyed: {shown}"));
    }

    fn judge_copy(&mut self, sandbox: SandboxId, shown: &Row) {
        let row = &shown.lifecycle;
        let (Some(runner), Some(expected)) = (shown.runner, copy_of(row.state())) else { return };
        let copy = self.runner(runner).seen(sandbox).state;
        let holds = copy == expected || !row.is_settled();
        self.hold(Law::RowsTellTheTruth, sandbox, holds, || format!("its copy on {runner} is {copy}: {shown}"));
    }

    /// A sandbox in error can be recovered if its own runner, the runner that it left last, or its backup reference has a
    /// disk of it.
    ///
    /// The law is not about any disk that survives somewhere. The row does not take back a runner that it left earlier
    /// (contract 13), because the runner that it left last may return with a newer disk. And an upload that arrives after
    /// the row has written off the attempt is no backup (contract 9: a report counts only for the awaited attempt).
    fn judge_stranded(&mut self, sandbox: SandboxId, shown: &Row) {
        let row = &shown.lifecycle;
        if row.state() != SandboxState::Error || shown.is_to_be_destroyed() {
            return;
        }
        let own = shown.runner;
        let left_last = |runner: RunnerId| {
            let slot = self.runners.get(&runner).and_then(|it| it.slots.get(&sandbox));
            slot.is_some_and(|slot| slot.ledger.newest_epoch() == Some(row.epoch()))
        };
        let survivor = self.disks(sandbox).map(|(place, _)| place).find(|place| match *place {
            Place::Runner(runner) => {
                self.is_at_hand(*place) && (own == Some(runner) || (own.is_none() && left_last(runner)))
            }
            Place::Backup(attempt) => own.is_none() && shown.backup == Some(attempt),
        });
        let lost = survivor.filter(|_| !row.recoverable());
        self.hold(Law::NothingIsStranded, sandbox, lost.is_none(), || match lost {
            Some(place) => format!("a disk survives at {place}: {shown}"),
            None => String::new(),
        });
    }

    /// When the owner of a sandbox is destroyed, the sandbox is destroyed too, unless live forks read its disk.
    fn judge_linked(&mut self, sandbox: SandboxId, shown: &Row) {
        let Some(owner) = self.truth(sandbox).owner else { return };
        let bereaved = self.shown.get(&owner).is_none_or(Row::is_to_be_destroyed);
        let follows = !bereaved || shown.is_to_be_destroyed() || self.live_children(sandbox) > 0;
        self.hold(Law::LinkedFollow, sandbox, follows, || format!("its owner {owner} is destroyed: {shown}"));
    }

    /// Nothing is left of a destroyed sandbox, except on a runner that is still gone.
    fn judge_leftovers(&mut self, sandbox: SandboxId) {
        let lives = |row: &Row| row.lifecycle.state() != SandboxState::Destroyed;
        if self.shown.get(&sandbox).is_some_and(lives) {
            return;
        }
        let left: Vec<_> =
            self.disks(sandbox).map(|(place, _)| place).filter(|place| self.is_at_hand(*place)).collect();
        self.hold(Law::NothingIsLeft, sandbox, left.is_empty(), || {
            let places: Vec<_> = left.iter().map(|place| format!("{place}")).collect();
            format!("what is left: {}", places.join(", "))
        });
    }
}
