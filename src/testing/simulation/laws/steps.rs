//! The laws about the steps that a host tells: what caused them, and what they owe.

use crate::{
    lifecycle::Lifecycle,
    record::OutboxKey,
    rules::{Call, Cause, Effect, RunnerChange, Step, Task, Timer},
    testing::simulation::{
        fleet::{Fleet, count},
        names::SandboxId,
        row::Row,
        verdict::Law,
    },
    vocabulary::{DesiredState, Fault},
};
use alloc::{format, string::String};

impl Fleet {
    /// Judges a step that was written.
    pub fn judge_step(&mut self, sandbox: SandboxId, old: &Row, row: &Row, step: &Step) {
        let over = step.changes().fault == Some(Some(Fault::TimeLimit));
        if over || step.cause() == Cause::Timer(Timer::BackupLimit) {
            count(&mut self.tally.limits);
        }
        if step.cause() == Cause::Timer(Timer::SpotEviction) {
            count(&mut self.tally.evictions);
        }
        self.judge_grant(sandbox, &old.lifecycle, &row.lifecycle, step.cause());
        self.judge_forks(sandbox, old, step);
        self.judge_pool(sandbox, step.cause());
        self.judge_previous(sandbox, old, row, step);
        self.judge_emitted(sandbox, row, step);
    }

    /// Only a command, or a setting that a caller chose, changes where a sandbox should go.
    fn judge_grant(&mut self, sandbox: SandboxId, old: &Lifecycle, new: &Lifecycle, cause: Cause) {
        let (from, to) = (old.desired_state(), new.desired_state());
        if from == to {
            return;
        }
        let asked = matches!(cause, Cause::Command(_) | Cause::Timer(_));
        // The copy stopped by itself, and an ask has shown it.
        let stopped = to == DesiredState::Stopped && !self.truth(sandbox).changed_by_itself.is_empty();
        // `docs/DIFFERENCES.md`: D3 gives up an archive, D8 deletes an ephemeral sandbox that stops.
        let archive_given_up = (from, to) == (DesiredState::Archived, DesiredState::Stopped);
        let documented = archive_given_up || (to == DesiredState::Destroyed && old.is_ephemeral());
        let kept = from != DesiredState::Destroyed && (asked || stopped || documented);
        self.hold(Law::GrantsAreKept, sandbox, kept, || format!("{cause} made desired {from} desired {to}"));
    }

    /// A step that ends the disk waits for live forks.
    ///
    /// The disk on a runner that was declared gone is not judged: leaving such a runner with a current backup owes a removal
    /// whether or not there are forks, and so does an inventory, which knows no forks.
    fn judge_forks(&mut self, sandbox: SandboxId, old: &Row, step: &Step) {
        let ends = step.effects().any(|effect| match effect {
            Effect::Remove { .. } | Effect::Call(Call { task: Task::Destroy, .. }) => true,
            Effect::Call(_) | Effect::Release { .. } | Effect::DiscardBackups { .. } | Effect::Emit(_) => false,
            Effect::GiveUpName | Effect::RotateToken | Effect::Reason(_) | Effect::Runner(_) | Effect::Stamp(_) => {
                false
            }
            Effect::StoreChild | Effect::RaiseParent | Effect::Purge => false,
        });
        let children = if ends && self.has_runner_at_hand(old) { self.live_children(sandbox) } else { 0 };
        self.hold(Law::ForksKeepTheirParent, sandbox, children == 0, || format!("{step}, {children} live forks"));
    }

    /// No idle timer acts on what nobody has claimed.
    fn judge_pool(&mut self, sandbox: SandboxId, cause: Cause) {
        let idle = [Timer::AutoStop, Timer::AutoPause, Timer::AutoArchive, Timer::AutoDelete];
        let acts = self.truth(sandbox).pooled && idle.iter().any(|timer| cause == Cause::Timer(*timer));
        self.hold(Law::PoolIsLeftAlone, sandbox, !acts, || format!("{cause} in the warm pool"));
    }

    /// A runner that is left as the previous one is named by the record.
    fn judge_previous(&mut self, sandbox: SandboxId, old: &Row, row: &Row, step: &Step) {
        let leaves = step.effects().any(|effect| match effect {
            Effect::Runner(change) => match change {
                RunnerChange::ReleasedAsPrevious | RunnerChange::AssignedKeepingPrevious => true,
                RunnerChange::Kept | RunnerChange::Released | RunnerChange::Assigned => false,
            },
            Effect::Call(_) | Effect::Remove { .. } | Effect::Release { .. } | Effect::DiscardBackups { .. } => false,
            Effect::Emit(_) | Effect::GiveUpName | Effect::RotateToken | Effect::Reason(_) | Effect::Stamp(_) => false,
            Effect::StoreChild | Effect::RaiseParent | Effect::Purge => false,
        });
        let named = !leaves || old.runner == row.previous_runner;
        self.hold(Law::PreviousIsKnown, sandbox, named, || {
            let name = |runner: Option<_>| runner.map_or_else(|| String::from("none"), |runner| format!("{runner}"));
            format!("it leaves {}, the record names {}", name(old.runner), name(row.previous_runner))
        });
    }

    /// Each event of a step is stored together with it.
    fn judge_emitted(&mut self, sandbox: SandboxId, row: &Row, step: &Step) {
        let emitted = step.effects().filter(|effect| matches!(effect, Effect::Emit(_))).count();
        let revision = row.lifecycle.revision();
        let key = |number| OutboxKey::Event { revision, number };
        let stored = self.truth(sandbox).committed.range(key(0)..=key(u32::MAX)).count();
        self.hold(Law::EventsAreSeen, sandbox, stored >= emitted, || {
            format!("revision {revision} has {emitted} events, {stored} are stored")
        });
    }
}
