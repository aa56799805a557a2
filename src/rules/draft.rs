//! A write on its way: columns are changed one by one, and `finish` holds the result against the invariants.

use super::{
    effect::{Call, Notice, ReasonText, RunnerChange, Stamp, Task},
    expects::ReadAlso,
    step::{Cause, Edit, Step},
    timer::Timer,
};
use crate::{
    lifecycle::Lifecycle,
    vocabulary::{BackupState, DesiredState, Fault, Instant, SandboxState},
};

/// A step that is being made.
pub(crate) struct Draft {
    step: Step,
    ephemeral: bool,
    brings_reason: bool,
}

/// The write would leave a desired state beside a state that it may not stand beside (rule 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Incoherent;

impl Draft {
    pub(crate) const fn new(row: &Lifecycle, cause: Cause, now: Instant) -> Self {
        Self { step: Step::nothing(row, cause, now), ephemeral: row.is_ephemeral(), brings_reason: false }
    }

    pub(crate) const fn state(mut self, state: SandboxState) -> Self {
        self.step.after.state = state;
        self
    }

    pub(crate) const fn desired(mut self, desired: DesiredState) -> Self {
        self.step.after.desired = desired;
        self
    }

    /// Give the name and the backup up, to be destroyed (section 2). The state stays.
    pub(crate) const fn soft_delete(mut self) -> Self {
        self.step.after.desired = DesiredState::Destroyed;
        self.step.after.backup = BackupState::None;
        self.step.soft_delete = true;
        self
    }

    /// Destroy whatever is under way: state and desired state together, so that rule 4 holds from every state.
    pub(crate) const fn supersede(self) -> Self {
        let gone = !self.step.before.has_runner || matches!(self.step.before.state, SandboxState::Destroyed);
        let state = if gone { SandboxState::Destroyed } else { SandboxState::Destroying };
        self.soft_delete().state(state)
    }

    /// An error that a runner reported, with its text.
    pub(crate) const fn reported(mut self, fault: Fault, recoverable: bool) -> Self {
        self.step.after.fault = Some(fault);
        self.step.after.recoverable = recoverable;
        self.step.reason = ReasonText::Reported;
        self.brings_reason = true;
        self
    }

    /// An error that we found ourselves.
    pub(crate) const fn ours(mut self, fault: Fault) -> Self {
        self.step.after.fault = Some(fault);
        self.step.after.recoverable = false;
        self.step.reason = ReasonText::Ours(fault);
        self.brings_reason = true;
        self
    }

    pub(crate) const fn clear_reason(mut self) -> Self {
        self.step.after.fault = None;
        self.step.reason = ReasonText::Cleared;
        self
    }

    pub(crate) const fn recoverable(mut self, recoverable: bool) -> Self {
        self.step.after.recoverable = recoverable;
        self
    }

    pub(crate) const fn backup(mut self, backup: BackupState, has_ref: bool) -> Self {
        self.step.after.backup = backup;
        self.step.after.has_backup_ref = has_ref;
        self
    }

    /// A backup of what has changed since is of no use; one under way goes on.
    pub(crate) const fn drop_finished_backup(self) -> Self {
        match self.step.after.backup {
            BackupState::Completed | BackupState::Error => self.backup(BackupState::None, false),
            BackupState::None | BackupState::Pending | BackupState::InProgress => self,
        }
    }

    pub(crate) const fn runner(mut self, change: RunnerChange) -> Self {
        let had_one = self.step.after.has_runner;
        (self.step.after.has_runner, self.step.runner) = match change {
            RunnerChange::Kept => return self,
            RunnerChange::Released | RunnerChange::ReleasedAsPrevious if !had_one => return self,
            RunnerChange::Released | RunnerChange::ReleasedAsPrevious => (false, change),
            RunnerChange::Assigned | RunnerChange::AssignedKeepingPrevious => (true, change),
        };
        self
    }

    pub(crate) const fn force_stop(mut self, force: bool) -> Self {
        self.step.after.force_stop = force;
        self
    }

    pub(crate) const fn rotate_token(mut self) -> Self {
        self.step.token = true;
        self
    }

    pub(crate) const fn notice(mut self, notice: Option<Notice>) -> Self {
        self.step.notice = notice;
        self
    }

    pub(crate) const fn stamp(mut self, stamp: Stamp) -> Self {
        self.step.stamp = Some(stamp);
        self
    }

    pub(crate) const fn child(mut self, child: bool) -> Self {
        self.step.child = child;
        self
    }

    pub(crate) const fn edit(mut self, edit: Edit) -> Self {
        self.step.edit = edit;
        self
    }

    pub(crate) const fn call(mut self, task: Option<Task>) -> Self {
        self.step.call = match task {
            Some(task) => Some(Call { task, epoch: self.step.epoch }),
            None => None,
        };
        self
    }

    /// The step was decided by the clock: a sandbox used meanwhile makes it stale, and so does a timer set anew.
    pub(crate) const fn by_the_clock(self, row: &Lifecycle, timer: Timer) -> Self {
        let mut draft = self.read_also(match timer {
            Timer::Ttl => ReadAlso::DestroyAt(row.destroy_at),
            Timer::BackupLimit => ReadAlso::BackupSince(row.backup_since),
            Timer::AutoDelete => ReadAlso::AutoDelete(row.auto_delete()),
            Timer::AutoArchive => ReadAlso::AutoArchive(row.auto_archive),
            Timer::AutoPause => ReadAlso::AutoPause(row.auto_pause),
            Timer::AutoStop => ReadAlso::AutoStop(row.auto_stop),
            // Nobody sets a queue timeout anew, and a state that changes counts as a use.
            Timer::QueueTimeout | Timer::TimeLimit | Timer::Retention | Timer::SpotEviction => ReadAlso::Nothing,
        });
        draft.step.read_activity = Some(row.last_activity);
        draft
    }

    /// The step was decided on this column too.
    pub(crate) const fn read_also(mut self, column: ReadAlso) -> Self {
        self.step.read_also = column;
        self
    }

    /// The step as it is, for a write that leaves the row's invariants alone.
    pub(crate) const fn untouched(self) -> Step {
        self.step
    }

    /// The step, if rule 4 holds after it; rule 5 is enforced here and nowhere else.
    pub(crate) fn finish(mut self) -> Result<Step, Incoherent> {
        self.clean_rest();
        self.leave_ephemeral_rest();
        let step = &mut self.step;
        step.after = step.after.tidied();
        if step.before.has_runner && !step.after.has_runner && step.runner == RunnerChange::Kept {
            step.runner = RunnerChange::Released;
        }
        if begins_work(step) {
            step.next_epoch = step.epoch.saturating_add(1);
            if let Some(call) = &mut step.call {
                call.epoch = step.next_epoch;
            }
        }
        if step.after.is_coherent() { Ok(self.step) } else { Err(Incoherent) }
    }

    /// Difference D9: what reaches a rest carries no older error with it.
    fn clean_rest(&mut self) {
        let step = &mut self.step;
        let rests = matches!(step.after.state, SandboxState::Started | SandboxState::Stopped | SandboxState::Paused);
        if rests && step.before.state != step.after.state && !self.brings_reason {
            if step.after.fault.take().is_some() {
                step.reason = ReasonText::Cleared;
            }
            step.after.recoverable = false;
        }
    }

    /// Difference D8: an ephemeral sandbox does not rest in stopped, it is soft-deleted in the same write.
    fn leave_ephemeral_rest(&mut self) {
        let Step { before, after, .. } = &self.step;
        let comes_to_rest = before.state != SandboxState::Stopped
            && after.state == SandboxState::Stopped
            && after.desired == DesiredState::Stopped;
        if comes_to_rest && self.ephemeral {
            self.step.after.desired = DesiredState::Destroyed;
            self.step.after.backup = BackupState::None;
            self.step.soft_delete = true;
        }
    }
}

/// A new piece of work for a runner: a call of its own, or a new debt of the controller. Late answers to the work
/// before it no longer bear on the row.
fn begins_work(step: &Step) -> bool {
    let newly_wanted =
        step.before.desired != step.after.desired && step.after.desired.fulfilled_by() != Some(step.after.state);
    let newly_owed = step.after.pending && !step.before.pending;
    step.call.is_some() || newly_wanted || newly_owed || step.soft_delete
}
