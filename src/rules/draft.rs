//! The write of a report, a timer or a pass on its way: columns are changed one by one, and the end holds the result
//! against the invariants. What a command writes stands in the rule table.

use super::{
    Command,
    effect::{Notice, ReasonText, RunnerChange, Stamp},
    own::Own,
    step::{Cause, Ignored, Step, next_epoch},
};
use crate::{
    lifecycle::{Lifecycle, Status},
    vocabulary::{BackupState, DesiredState, Fault, Micros, SandboxState},
};

/// A step that is being made.
pub(crate) struct Draft {
    step: Step,
    after: Status,
    brings_reason: bool,
    goes_on: bool,
}

impl Draft {
    pub(crate) const fn new(row: &Lifecycle, cause: Cause, now: Micros) -> Self {
        Self { step: Step::nothing(row, cause, now), after: row.status(), brings_reason: false, goes_on: false }
    }

    pub(crate) const fn state(mut self, state: SandboxState) -> Self {
        self.after.state = state;
        self
    }

    pub(crate) const fn desired(mut self, desired: DesiredState) -> Self {
        self.after.desired = desired;
        self
    }

    /// Give the name and the backup up, to be destroyed (section 2). The state stays, and so does the reference: whoever
    /// removes the backup has to find it.
    pub(crate) const fn soft_delete(mut self) -> Self {
        self.after.desired = DesiredState::Destroyed;
        self.after.backup = BackupState::None;
        self.step.beside.soft_delete = true;
        self
    }

    /// Destroy whatever is under way: state and desired state together, so that rule 4 holds from every state.
    pub(crate) const fn supersede(self) -> Self {
        let gone = !self.after.has_runner || matches!(self.after.state, SandboxState::Destroyed);
        let state = if gone { SandboxState::Destroyed } else { SandboxState::Destroying };
        self.soft_delete().state(state)
    }

    /// An error that a runner reported, with its text.
    pub(crate) const fn reported(self, fault: Fault, recoverable: bool) -> Self {
        self.failed(fault, recoverable, ReasonText::Reported)
    }

    /// An error that we found ourselves.
    pub(crate) const fn ours(self, fault: Fault) -> Self {
        self.failed(fault, false, ReasonText::Ours(fault))
    }

    const fn failed(mut self, fault: Fault, recoverable: bool, reason: ReasonText) -> Self {
        self.after.fault = Some(fault);
        self.after.recoverable = recoverable;
        self.step.beside.reason = reason;
        self.brings_reason = true;
        self
    }

    pub(crate) const fn clear_reason(mut self) -> Self {
        self.after.fault = None;
        self.step.beside.reason = ReasonText::Cleared;
        self
    }

    pub(crate) const fn recoverable(mut self, recoverable: bool) -> Self {
        self.after.recoverable = recoverable;
        self
    }

    pub(crate) const fn backup(mut self, backup: BackupState, has_ref: bool) -> Self {
        self.after.backup = backup;
        self.after.has_backup_ref = has_ref;
        self
    }

    /// A backup of what has changed since is of no use; one under way goes on.
    pub(crate) const fn drop_finished_backup(self) -> Self {
        match self.after.backup {
            BackupState::Completed | BackupState::Error => self.backup(BackupState::None, false),
            BackupState::None | BackupState::Pending | BackupState::InProgress => self,
        }
    }

    pub(crate) const fn runner(mut self, change: RunnerChange) -> Self {
        self.after.has_runner = match change {
            RunnerChange::Kept => self.after.has_runner,
            RunnerChange::Released | RunnerChange::ReleasedAsPrevious => false,
            RunnerChange::Assigned | RunnerChange::AssignedKeepingPrevious => true,
        };
        self.step.beside.runner = change;
        self
    }

    pub(crate) const fn force_stop(mut self, force: bool) -> Self {
        self.after.force_stop = force;
        self
    }

    pub(crate) const fn notice(mut self, notice: Option<Notice>) -> Self {
        self.step.beside.notice = notice;
        self
    }

    /// It does not come to rest, whatever state it is in: more was asked for than this.
    pub(crate) const fn goes_on(mut self) -> Self {
        self.goes_on = true;
        self
    }

    pub(crate) const fn stamp(mut self, stamp: Stamp) -> Self {
        self.step.beside.stamp = Some(stamp);
        self
    }

    /// What the input brings of its own.
    pub(crate) const fn own(mut self, own: Own) -> Self {
        self.step.own = own;
        self
    }

    /// The runner is called at once, as for this command.
    pub(crate) const fn calls(mut self, command: Command) -> Self {
        self.step.beside.calls = true;
        self.own(Own::Command(command))
    }

    /// The step as it is, for a write that leaves the row's invariants alone.
    pub(crate) const fn untouched(self) -> Step {
        self.step
    }

    /// The step, as rule 5 leaves it; a write that would break rule 4 is dropped, as the recorded server drops what
    /// nobody asked for.
    pub(crate) fn finish_or_drop(mut self, row: &Lifecycle, now: Micros) -> Step {
        self.clean_rest();
        self = self.leave_ephemeral_rest();
        if !self.after.is_coherent() {
            return Step::ignored(row, Ignored::BreaksRule4, now);
        }
        let Self { mut step, after, .. } = self;
        step.after = after.packed().repaired();
        step.next_epoch = next_epoch(row, step.after, step.cause, step.beside);
        step
    }

    /// Difference D9: what reaches a rest carries no older error with it.
    fn clean_rest(&mut self) {
        let rests = matches!(self.after.state, SandboxState::Started | SandboxState::Stopped | SandboxState::Paused);
        if rests && self.step.row.status().state != self.after.state && !self.brings_reason {
            if self.after.fault.take().is_some() {
                self.step.beside.reason = ReasonText::Cleared;
            }
            self.after.recoverable = false;
        }
    }

    /// Difference D8: an ephemeral sandbox does not rest in stopped, it is soft-deleted in the same write.
    const fn leave_ephemeral_rest(self) -> Self {
        let comes_to_rest = !matches!(self.step.row.status().state, SandboxState::Stopped)
            && matches!(self.after.state, SandboxState::Stopped)
            && matches!(self.after.desired, DesiredState::Stopped);
        if comes_to_rest && !self.goes_on && self.step.row.is_ephemeral() { self.soft_delete() } else { self }
    }
}
