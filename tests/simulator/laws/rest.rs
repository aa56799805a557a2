//! The laws about the end: faults have stopped, time has passed.

use super::{Law, Place, writes::copy_of};
use crate::{host::number_of, network::Id, world::World};
use sandbox_lifecycle::{
    DesiredState as D, Sandbox, SandboxState as S,
    controller::RunnerStanding,
    vocabulary::{BackupState, CopyState},
};
use std::rc::Rc;

/// The most writes that a row needs to come to rest, and to be archived and removed afterwards.
const FEW: u32 = 60;

impl World {
    /// Judges the fleet after faults have stopped and time has passed.
    pub fn judge_end(&mut self) {
        let rows: Vec<(Id, Rc<Sandbox>)> =
            self.store.rows.iter().map(|(id, row)| (*id, Rc::clone(&row.sandbox))).collect();
        for (id, sandbox) in rows {
            self.judge_rest(id, &sandbox);
            self.judge_stranded(id, &sandbox);
        }
        self.judge_leftovers();
        for id in self.bereaved() {
            let forks = self.store.live_children(id);
            let story = self.story(id);
            self.verdict.hold(Law::LinkedFollow, forks > 0, || format!("{story}: its owner is destroyed"));
        }
        let unseen: Vec<_> = self.store.committed.difference(&self.store.seen).cloned().collect();
        self.verdict.hold(Law::EventsAreSeen, unseen.is_empty(), || format!("never seen: {unseen:?}"));
        let truths: Vec<_> = self.truth.iter().map(|(id, truth)| (*id, truth.late_writes)).collect();
        for (id, writes) in truths {
            self.tally.most_late_writes = self.tally.most_late_writes.max(writes);
            let story = self.story(id);
            self.verdict.hold(Law::RestIsReached, writes <= FEW, || format!("{story}: {writes} writes without faults"));
        }
    }

    fn judge_rest(&mut self, id: Id, sandbox: &Sandbox) {
        let row = sandbox.lifecycle();
        let context = self.context(id, sandbox);
        let attempted = matches!(row.backup_state(), BackupState::Pending | BackupState::InProgress);
        let backs_up = attempted && row.state() != S::Destroyed;
        let arrived = row.is_settled() || row.state().is_failed();
        let deleted = row.desired_state() == D::Destroyed && row.state() != S::Destroyed;
        // A destroyed sandbox may owe a removal to a runner that never comes back.
        let timers = row.due(&self.policy, context, self.time()).is_some();
        let busy = row.needs_reconcile() || backs_up || timers;
        let rests = arrived && !deleted && !busy;
        let story = self.story(id);
        self.verdict.hold(Law::RestIsReached, rests, || format!("{story}: due {timers}, {row:?}"));
        self.verdict.hold(Law::GrantsAreKept, !deleted, || format!("{story}: not destroyed, {row:?}"));
        let (Some(runner), Some(expected)) = (sandbox.runner_id().map(number_of), copy_of(row.state())) else { return };
        let shown = self.runners[runner].slots.get(&id).map_or(CopyState::None, |slot| slot.seen().state);
        let holds = shown == expected || !row.is_settled();
        self.verdict.hold(Law::RowsTellTheTruth, holds, || format!("{story}: its copy is {shown} at the end, {row:?}"));
    }

    /// A sandbox in error can be recovered if its own runner, the runner that it left last, or its backup reference has a
    /// disk of it.
    ///
    /// The law is not about any disk that survives somewhere. The row does not take back a runner that it left earlier
    /// (contract 13), because the runner that it left last may return with a newer disk. And an upload that arrives after
    /// the row has written off the attempt is no backup (contract 9: a report counts only for the awaited attempt).
    fn judge_stranded(&mut self, id: Id, sandbox: &Sandbox) {
        let row = sandbox.lifecycle();
        if row.state() != S::Error || row.desired_state() == D::Destroyed {
            return;
        }
        let own = sandbox.runner_id().map(number_of);
        let reference = sandbox.backup().map(|backup| backup.snapshot.clone());
        let disks = self.disks(id);
        let survives = disks.iter().any(|(place, _)| match place {
            Place::Runner(runner) => {
                let left_last = self.runners[*runner].slots[&id].ledger.newest_epoch() == Some(row.epoch());
                let gone = self.store.standings[*runner] == RunnerStanding::Gone;
                !gone && (own == Some(*runner) || (own.is_none() && left_last))
            }
            Place::Backup(attempt) => own.is_none() && reference.as_ref() == Some(&attempt.to_string()),
        });
        let story = self.story(id);
        self.verdict.hold(Law::NothingIsStranded, row.recoverable() || !survives, || {
            format!("{story}: own runner {own:?}, {disks:?}, {row:?}")
        });
    }

    /// Returns every surviving disk of a sandbox.
    fn disks(&self, id: Id) -> Vec<(Place, u64)> {
        let copies = self.runners.iter().enumerate().filter_map(|(number, runner)| {
            let disk = runner.slots.get(&id).and_then(|slot| slot.disk)?;
            Some((Place::Runner(number), disk.version))
        });
        let objects = self.backups.objects.get(&id).into_iter().flatten();
        copies.chain(objects.map(|(attempt, version)| (Place::Backup(*attempt), *version))).collect()
    }

    /// Nothing is left of a destroyed sandbox, except on a runner that is still gone.
    fn judge_leftovers(&mut self) {
        let destroyed: Vec<Id> = self
            .truth
            .keys()
            .copied()
            .filter(|id| self.store.rows.get(id).is_none_or(|row| row.sandbox.lifecycle().state() == S::Destroyed))
            .collect();
        for id in destroyed {
            let mut left = self.disks(id);
            left.retain(|(place, _)| match place {
                Place::Runner(runner) => self.store.standings[*runner] != RunnerStanding::Gone,
                Place::Backup(_) => true,
            });
            let story = self.story(id);
            self.verdict.hold(Law::NothingIsLeft, left.is_empty(), || format!("{story}: {left:?} are left"));
        }
    }
}
