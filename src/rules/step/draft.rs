//! The write of a report, a timer or a pass while it is built: columns change one by one, and the end enforces the
//! invariants. What a command writes is in the rule table.

use super::{
    cause::{Cause, Ignored},
    payload::Payload,
    side_effects::{ReasonText, RunnerChange, Stamp, TimerMark},
    value::{Step, next_epoch},
};
use crate::{
    lifecycle::{
        Lifecycle, Status, pairs,
        state_set::{StateSet, states},
    },
    rules::{event::EventName, input::command::Command},
    vocabulary::{BackupState, DesiredState, Fault, Micros, SandboxState},
};

/// A step while it is built.
pub(crate) struct Draft {
    step: Step,
    after: Status,
    brings_reason: bool,
    goes_on: bool,
}

impl Draft {
    pub(crate) const fn new(row: &Lifecycle, cause: Cause, now: Micros) -> Self {
        Self { step: Step::nothing(row, cause, now), after: row.status, brings_reason: false, goes_on: false }
    }

    pub(crate) const fn state(mut self, state: SandboxState) -> Self {
        self.after = self.after.with_state(state);
        self
    }

    pub(crate) const fn desired(mut self, desired: DesiredState) -> Self {
        self.after = self.after.with_desired(desired);
        self
    }

    /// Gives up name and backup, with desired state destroyed. The state stays, and so does the backup reference, with
    /// which the backup can be found and removed.
    pub(crate) const fn soft_delete(mut self) -> Self {
        self.after = self.after.with_desired(DesiredState::Destroyed);
        self.after = self.after.with_backup(BackupState::None);
        self.step.effects.soft_delete = true;
        self
    }

    /// Destroys it and supersedes what is under way: state and desired state together, so that they are coherent.
    pub(crate) const fn supersede(self) -> Self {
        let gone = !self.after.has_runner() || matches!(self.after.state(), SandboxState::Destroyed);
        let state = if gone { SandboxState::Destroyed } else { SandboxState::Destroying };
        self.soft_delete().state(state)
    }

    /// An error that a runner reported, with its text.
    pub(crate) const fn reported(self, fault: Fault, recoverable: bool) -> Self {
        self.failed(fault, recoverable, ReasonText::Reported)
    }

    /// An error that we found, with our text.
    pub(crate) const fn ours(self, fault: Fault) -> Self {
        self.failed(fault, false, ReasonText::Ours(fault))
    }

    const fn failed(mut self, fault: Fault, recoverable: bool, reason: ReasonText) -> Self {
        self.after = self.after.with_fault(Some(fault));
        self.after = self.after.with_recoverable(recoverable);
        self.step.effects.reason = reason;
        self.brings_reason = true;
        self
    }

    pub(crate) const fn clear_reason(mut self) -> Self {
        self.after = self.after.with_fault(None);
        self.step.effects.reason = ReasonText::Cleared;
        self
    }

    pub(crate) const fn recoverable(mut self, recoverable: bool) -> Self {
        self.after = self.after.with_recoverable(recoverable);
        self
    }

    pub(crate) const fn backup(mut self, backup: BackupState, has_ref: bool) -> Self {
        self.after = self.after.with_backup(backup);
        self.after = self.after.with_backup_ref(has_ref);
        self
    }

    /// Drops a backup that has ended, since the disk changes now; one under way goes on.
    pub(crate) const fn drop_finished_backup(self) -> Self {
        match self.after.backup() {
            BackupState::Completed | BackupState::Error => self.backup(BackupState::None, false),
            BackupState::None | BackupState::Pending | BackupState::InProgress => self,
        }
    }

    pub(crate) const fn runner(mut self, change: RunnerChange) -> Self {
        self.after = self.after.with_runner(match change {
            RunnerChange::Kept => self.after.has_runner(),
            RunnerChange::Released | RunnerChange::ReleasedAsPrevious => false,
            RunnerChange::Assigned | RunnerChange::AssignedKeepingPrevious => true,
        });
        self.step.effects.runner = change;
        self
    }

    pub(crate) const fn force_stop(mut self, force: bool) -> Self {
        self.after = self.after.with_force_stop(force);
        self
    }

    pub(crate) const fn emits(mut self, event: EventName) -> Self {
        self.step.effects.event = Some(event);
        self
    }

    /// It does not come to rest, whatever its state: another command follows.
    pub(crate) const fn goes_on(mut self) -> Self {
        self.goes_on = true;
        self
    }

    pub(crate) const fn stamp(mut self, stamp: Stamp) -> Self {
        self.step.effects.timer = Some(TimerMark::Stamp(stamp));
        self
    }

    /// Removes the record. The row is not written.
    pub(crate) const fn purge(mut self) -> Step {
        self.step.effects.timer = Some(TimerMark::Purge);
        self.step
    }

    /// What the input brings.
    pub(crate) const fn payload(mut self, payload: Payload) -> Self {
        self.step.payload = payload;
        self
    }

    /// Calls the runner at once, as for this command.
    pub(crate) const fn calls(mut self, command: Command) -> Self {
        self.step.effects.calls = true;
        self.payload(Payload::Command(command))
    }

    /// The step without a write of the row, so that its invariants are not enforced.
    pub(crate) const fn untouched(self) -> Step {
        self.step
    }

    /// The step with the invariants enforced. A write that would leave incoherent states is dropped, as the recorded server
    /// drops it.
    pub(crate) fn finish_or_drop(self, row: &Lifecycle, now: Micros) -> Step {
        let Self { mut step, after, .. } = self.clear_older_error().leave_ephemeral_rest();
        if !after.is_coherent() {
            return Step::ignored(row, Ignored::Incoherent, now);
        }
        step.after = after.repaired();
        step.next_epoch = next_epoch(row, step.after, step.cause, step.effects);
        step
    }

    /// Difference D9: reaching started, stopped or paused clears an older error.
    fn clear_older_error(self) -> Self {
        let rests = matches!(self.after.state(), SandboxState::Started | SandboxState::Stopped | SandboxState::Paused);
        if !rests || self.step.row.status.state() == self.after.state() || self.brings_reason {
            return self;
        }
        let cleared = if self.after.fault().is_some() { self.clear_reason() } else { self };
        cleared.recoverable(false)
    }

    /// Difference D8: an ephemeral sandbox that stops is soft-deleted in the same write.
    const fn leave_ephemeral_rest(self) -> Self {
        let comes_to_rest = !matches!(self.step.row.status.state(), SandboxState::Stopped)
            && matches!(self.after.state(), SandboxState::Stopped)
            && matches!(self.after.desired(), DesiredState::Stopped);
        if comes_to_rest && !self.goes_on && self.step.row.is_ephemeral() { self.soft_delete() } else { self }
    }

    /// What a time limit writes: an error, or a return to the desired state for a change made in place.
    pub(crate) const fn time_limit_over(self) -> Self {
        const IN_PLACE: StateSet = states![Resizing Snapshotting Forking];
        let (state, desired) = (self.step.row.status.state(), self.step.row.status.desired());
        if let (true, DesiredState::Started | DesiredState::Stopped, Some(goal)) =
            (IN_PLACE.contains(state), desired, desired.fulfilled_by())
        {
            return self.state(goal);
        }
        // Every row can end in error. A row with incoherent states may build with desired paused, next to which build_failed
        // cannot stand; it would build for ever.
        let builds =
            matches!(state, SandboxState::BuildingSnapshot) && pairs::is_coherent(SandboxState::BuildFailed, desired);
        self.state(if builds { SandboxState::BuildFailed } else { SandboxState::Error }).ours(Fault::Timeout)
    }
}
