//! The laws about single writes.

use super::Law;
use crate::{host::number_of, network::Id, world::World};
use sandbox_lifecycle::{
    DesiredState as D, Effect, Lifecycle, Sandbox, SandboxState as S, Step, Timer, Verb,
    controller::RunnerStanding,
    lifecycle::Recovery,
    record::OutboxKey,
    rules::{Call, Cause, RunnerChange, Task},
    vocabulary::{CopyState, Fault, is_older},
};

impl World {
    /// Judges a step as it is written.
    pub fn judge_write(&mut self, id: Id, before: &Sandbox, after: &Sandbox, step: &Step) {
        let (old, new) = (before.lifecycle(), after.lifecycle());
        self.judge_soundness(id, old, new);
        self.judge_grant(id, old, new, step.cause());
        self.judge_arrival(id, old, after);
        self.judge_forks(id, before, step);
        self.judge_pool(id, step.cause());
        self.judge_previous(id, before, after, step);
        let calm = !self.faulty;
        let truth = self.truth.entry(id).or_default();
        truth.late_writes += u32::from(calm);
        truth.deleted |= step.is_soft_delete();
        let over = step.changes().fault == Some(Some(Fault::TimeLimit));
        self.tally.limits += u64::from(over || step.cause() == Cause::Timer(Timer::BackupLimit));
        self.tally.evictions += u64::from(step.cause() == Cause::Timer(Timer::SpotEviction));
        let truth = self.truth.entry(id).or_default();
        if step.cause() == Cause::Command(Verb::Recover) && old.recovery() == Some(Recovery::FromBackup) {
            truth.given_up = truth.newest;
        }
    }

    fn judge_soundness(&mut self, id: Id, old: &Lifecycle, new: &Lifecycle) {
        let sound = new.violations().is_empty()
            && !is_older(new.revision(), old.revision())
            && !is_older(new.epoch(), old.epoch())
            && !is_older(new.backup_attempt(), old.backup_attempt());
        let story = self.story(id);
        self.verdict
            .hold(Law::RowsAreSound, sound, || format!("{story}: {} from {old:?} to {new:?}", new.violations()));
    }

    /// Only a command, or a setting that a caller chose, changes where a sandbox should go.
    fn judge_grant(&mut self, id: Id, old: &Lifecycle, new: &Lifecycle, cause: Cause) {
        let (from, to) = (old.desired_state(), new.desired_state());
        if from == to {
            return;
        }
        let asked = matches!(cause, Cause::Command(_) | Cause::Timer(_));
        let by_itself = !self.truth.entry(id).or_default().changed_by_itself.is_empty();
        // The copy stopped by itself, and an ask has shown it.
        let stopped = to == D::Stopped && by_itself;
        // `docs/DIFFERENCES.md`: D3 gives up an archive, D8 deletes an ephemeral sandbox that stops.
        let documented = (from, to) == (D::Archived, D::Stopped) || (to == D::Destroyed && old.is_ephemeral());
        let kept = from != D::Destroyed && (asked || stopped || documented);
        let story = self.story(id);
        self.verdict.hold(Law::GrantsAreKept, kept, || format!("{story}: {cause} made {from} {to} of {old:?}"));
    }

    /// A row that settles says what its own runner has.
    fn judge_arrival(&mut self, id: Id, old: &Lifecycle, after: &Sandbox) {
        let row = after.lifecycle();
        // A change in place that is over its limit comes back to be asked about.
        let arrives = row.is_settled() && row.state() != old.state() && !row.must_ask();
        let expected = copy_of(row.state());
        let (Some(runner), Some(expected)) = (after.runner_id().map(number_of), expected) else { return };
        let by_itself = self.truth.entry(id).or_default().changed_by_itself.contains(&runner);
        let runner = &self.runners[runner];
        let shown = runner.slots.get(&id).map_or(CopyState::None, |slot| slot.seen().state);
        let story = self.story(id);
        let holds = !arrives || by_itself || !runner.powered || shown == expected;
        self.verdict.hold(Law::RowsTellTheTruth, holds, || format!("{story}: its copy is {shown}, {row:?}"));
    }

    /// A step that ends the disk waits for live forks.
    ///
    /// The disk on a runner that was declared gone is not judged: leaving such a runner with a current backup owes a removal
    /// whether or not there are forks, and so does an inventory, which knows no forks.
    fn judge_forks(&mut self, id: Id, before: &Sandbox, step: &Step) {
        let left = before.runner_id().map(number_of);
        if left.is_some_and(|runner| self.store.standings[runner] == RunnerStanding::Gone) {
            return;
        }
        let ends = step.effects().any(|effect| match effect {
            Effect::Remove { .. } | Effect::Call(Call { task: Task::Destroy, .. }) => true,
            Effect::Call(_) | Effect::Release { .. } | Effect::DiscardBackups { .. } | Effect::Emit(_) => false,
            Effect::GiveUpName | Effect::RotateToken | Effect::Reason(_) | Effect::Runner(_) | Effect::Stamp(_) => {
                false
            }
            Effect::StoreChild | Effect::RaiseParent | Effect::Purge => false,
        });
        let children = if ends { self.store.live_children(id) } else { 0 };
        let story = self.story(id);
        self.verdict.hold(Law::ForksKeepTheirParent, children == 0, || format!("{story}: {step}, {children} forks"));
    }

    /// No idle timer acts on what nobody has claimed.
    fn judge_pool(&mut self, id: Id, cause: Cause) {
        let idle = [Timer::AutoStop, Timer::AutoPause, Timer::AutoArchive, Timer::AutoDelete];
        let holds = !self.store.pool.contains(&id) || !idle.iter().any(|timer| cause == Cause::Timer(*timer));
        let story = self.story(id);
        self.verdict.hold(Law::PoolIsLeftAlone, holds, || format!("{story}: {cause} in the warm pool"));
    }

    /// A runner that is left as the previous one is named by the record.
    fn judge_previous(&mut self, id: Id, before: &Sandbox, after: &Sandbox, step: &Step) {
        let leaves = step.effects().any(|effect| match effect {
            Effect::Runner(change) => match change {
                RunnerChange::ReleasedAsPrevious | RunnerChange::AssignedKeepingPrevious => true,
                RunnerChange::Kept | RunnerChange::Released | RunnerChange::Assigned => false,
            },
            Effect::Call(_) | Effect::Remove { .. } | Effect::Release { .. } | Effect::DiscardBackups { .. } => false,
            Effect::Emit(_) | Effect::GiveUpName | Effect::RotateToken | Effect::Reason(_) | Effect::Stamp(_) => false,
            Effect::StoreChild | Effect::RaiseParent | Effect::Purge => false,
        });
        let (left, named) = (before.runner_id(), after.previous_runner_id());
        let story = self.story(id);
        self.verdict.hold(Law::PreviousIsKnown, !leaves || left == named, || {
            format!("{story}: left {left:?}, the record names {named:?}")
        });
    }

    /// An event is committed once.
    pub fn judge_event(&mut self, id: Id, key: &OutboxKey) {
        let is_new = self.store.committed.insert((id, key.clone()));
        let story = self.story(id);
        self.verdict.hold(Law::EventsAreSeen, is_new, || format!("{story}: {key:?} is committed twice"));
    }
}

/// Returns what the runner of a row has that settled in this state.
pub fn copy_of(state: S) -> Option<CopyState> {
    let shown = [(S::Started, CopyState::Running), (S::Stopped, CopyState::AtRest), (S::Paused, CopyState::Paused)];
    shown.into_iter().find(|(settled, _)| *settled == state).map(|(_, copy)| copy)
}
