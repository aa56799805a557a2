//! A write on its way: columns are changed one by one, and `finish` holds the result against the invariants.

use super::{
    effect::{Call, Notice, ReasonText, RunnerChange, Stamp, Task},
    report::ReportKind,
    step::{Cause, Edit, Ignored, Step},
};
use crate::{
    lifecycle::{Lifecycle, facts},
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
    #[inline]
    pub(crate) const fn new(row: &Lifecycle, cause: Cause, now: Instant) -> Self {
        Self { step: Step::nothing(row, cause, now), ephemeral: row.is_ephemeral(), brings_reason: false }
    }

    #[inline]
    pub(crate) const fn state(mut self, state: SandboxState) -> Self {
        self.step.after.state = state;
        self
    }

    #[inline]
    pub(crate) const fn desired(mut self, desired: DesiredState) -> Self {
        self.step.after.desired = desired;
        self
    }

    /// Give the name and the backup up, to be destroyed (section 2). The state stays, and so does the reference: whoever
    /// removes the backup has to find it.
    #[inline]
    pub(crate) const fn soft_delete(self) -> Self {
        self.soft_delete_if(true)
    }

    /// The same, where the table says so: three choices of a value and no branch.
    #[inline]
    pub(crate) const fn soft_delete_if(mut self, deleted: bool) -> Self {
        let after = &mut self.step.after;
        after.desired = if deleted { DesiredState::Destroyed } else { after.desired };
        after.backup = if deleted { BackupState::None } else { after.backup };
        self.step.soft_delete |= deleted;
        self
    }

    /// Destroy whatever is under way: state and desired state together, so that rule 4 holds from every state.
    #[inline]
    pub(crate) const fn supersede(self) -> Self {
        let gone = !self.step.before.has_runner || matches!(self.step.before.state, SandboxState::Destroyed);
        let state = if gone { SandboxState::Destroyed } else { SandboxState::Destroying };
        self.soft_delete().state(state)
    }

    /// An error that a runner reported, with its text.
    #[inline]
    pub(crate) const fn reported(mut self, fault: Fault, recoverable: bool) -> Self {
        self.step.after.fault = Some(fault);
        self.step.after.recoverable = recoverable;
        self.step.reason = ReasonText::Reported;
        self.brings_reason = true;
        self
    }

    /// An error that we found ourselves.
    #[inline]
    pub(crate) const fn ours(mut self, fault: Fault) -> Self {
        self.step.after.fault = Some(fault);
        self.step.after.recoverable = false;
        self.step.reason = ReasonText::Ours(fault);
        self.brings_reason = true;
        self
    }

    #[inline]
    pub(crate) const fn clear_reason(mut self) -> Self {
        self.step.after.fault = None;
        self.step.reason = ReasonText::Cleared;
        self
    }

    #[inline]
    pub(crate) const fn recoverable(mut self, recoverable: bool) -> Self {
        self.step.after.recoverable = recoverable;
        self
    }

    #[inline]
    pub(crate) const fn backup(mut self, backup: BackupState, has_ref: bool) -> Self {
        self.step.after.backup = backup;
        self.step.after.has_backup_ref = has_ref;
        self
    }

    /// A backup of what has changed since is of no use; one under way goes on.
    #[inline]
    pub(crate) const fn drop_finished_backup(self) -> Self {
        match self.step.after.backup {
            BackupState::Completed | BackupState::Error => self.backup(BackupState::None, false),
            BackupState::None | BackupState::Pending | BackupState::InProgress => self,
        }
    }

    #[inline]
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

    #[inline]
    pub(crate) const fn force_stop(mut self, force: bool) -> Self {
        self.step.after.force_stop = force;
        self
    }

    #[inline]
    pub(crate) const fn rotate_token_if(mut self, rotated: bool) -> Self {
        self.step.token |= rotated;
        self
    }

    #[inline]
    pub(crate) const fn notice(mut self, notice: Option<Notice>) -> Self {
        self.step.notice = notice;
        self
    }

    #[inline]
    pub(crate) const fn stamp(mut self, stamp: Stamp) -> Self {
        self.step.stamp = Some(stamp);
        self
    }

    #[inline]
    pub(crate) const fn child(mut self, child: bool) -> Self {
        self.step.child = child;
        self
    }

    #[inline]
    pub(crate) const fn edit(mut self, edit: Edit) -> Self {
        self.step.edit = edit;
        self
    }

    #[inline]
    pub(crate) const fn call(mut self, task: Option<Task>) -> Self {
        self.step.call = match task {
            Some(task) => Some(Call { task, epoch: self.step.epoch }),
            None => None,
        };
        self
    }

    /// The step was decided by the clock: a sandbox used meanwhile, or whose timer was set anew, makes it stale.
    #[inline]
    pub(crate) const fn by_the_clock(mut self, row: &Lifecycle, setting: Edit) -> Self {
        self.step.read_activity = Some(row.last_activity);
        self.having_read(setting)
    }

    /// The decision went by this setting of the row.
    #[inline]
    pub(crate) const fn having_read(mut self, setting: Edit) -> Self {
        self.step.read_setting = setting;
        self
    }

    /// The step as it is, for a write that leaves the row's invariants alone.
    #[inline]
    pub(crate) const fn untouched(self) -> Step {
        self.step
    }

    /// The step, if rule 4 holds after it; rule 5 is enforced here and nowhere else.
    #[inline]
    pub(crate) fn finish(mut self) -> Result<Step, Incoherent> {
        self.clean_rest();
        self = self.leave_ephemeral_rest();
        let step = &mut self.step;
        step.after = step.after.tidied();
        if step.before.has_runner & !step.after.has_runner & (step.runner == RunnerChange::Kept) {
            step.runner = RunnerChange::Released;
        }
        step.next_epoch = step.epoch.saturating_add(u32::from(begins_work(step)));
        if let Some(call) = &mut step.call {
            call.epoch = step.next_epoch;
        }
        if step.after.is_coherent() { Ok(self.step) } else { Err(Incoherent) }
    }

    /// The step; a write that would break rule 4 is dropped, as the recorded server drops what nobody asked for.
    pub(crate) fn finish_or_drop(self, row: &Lifecycle, now: Instant) -> Step {
        self.finish().unwrap_or_else(|Incoherent| Step::ignored(row, Ignored::BreaksRule4, now))
    }

    /// Difference D9: what reaches a rest carries no older error with it.
    #[inline]
    fn clean_rest(&mut self) {
        let step = &mut self.step;
        let rests = matches!(step.after.state, SandboxState::Started | SandboxState::Stopped | SandboxState::Paused);
        if rests & (step.before.state != step.after.state) & !self.brings_reason {
            if step.after.fault.take().is_some() {
                step.reason = ReasonText::Cleared;
            }
            step.after.recoverable = false;
        }
    }

    /// Difference D8: an ephemeral sandbox does not rest in stopped, it is soft-deleted in the same write.
    #[inline]
    const fn leave_ephemeral_rest(self) -> Self {
        let Step { before, after, .. } = &self.step;
        let comes_to_rest = !matches!(before.state, SandboxState::Stopped)
            & matches!(after.state, SandboxState::Stopped)
            & matches!(after.desired, DesiredState::Stopped);
        let leaves = comes_to_rest & self.ephemeral;
        self.soft_delete_if(leaves)
    }
}

/// A new piece of work for a runner: a call of its own, or a new debt of the controller. Late answers to the work
/// before it no longer bear on the row. The answer to a call is part of the work that the call began, also where a
/// row in error owes nothing until its destroy is accepted.
#[inline]
fn begins_work(step: &Step) -> bool {
    // `|` and `&` here and above: what a row holds cannot be foreseen, and each of these is one instruction.
    let answered = matches!(step.cause, Cause::Report(ReportKind::Answer));
    let newly_wanted =
        (step.before.desired != step.after.desired) & !facts::is_fulfilled(step.after.state, step.after.desired);
    let newly_owed = step.after.pending & !step.before.pending & !answered;
    step.call.is_some() | newly_wanted | newly_owed | step.soft_delete
}
