//! A step while a report, a timer or a pass builds it: columns change one by one, and the end enforces the invariants.
//! The rule table has what a command writes.

use super::cause::{Cause, Ignored};
use super::payload::Payload;
use super::side_effects::{ReasonText, RunnerChange, Stamp, TimerMark};
use super::value::{Step, next_epoch};
use crate::lifecycle::state_set::states;
use crate::lifecycle::{Lifecycle, pairs};
use crate::rules::{event::EventName, input::command::Command};
use crate::vocabulary::{BackupState, DesiredState as D, Fault, Micros, SandboxState as S};

/// A step while it is built.
pub(crate) struct Draft {
    step: Step,
    goes_on: bool,
}

impl Draft {
    pub(crate) const fn new(row: &Lifecycle, cause: Cause, now: Micros) -> Self {
        Self { step: Step::nothing(row, cause, now), goes_on: false }
    }

    pub(crate) const fn state(mut self, state: S) -> Self {
        self.step.after = self.step.after.with_state(state);
        self
    }

    pub(crate) const fn desired(mut self, desired: D) -> Self {
        self.step.after = self.step.after.with_desired(desired);
        self
    }

    /// Gives up name and backup, and sets desired state destroyed. The state stays. The backup reference stays too: it
    /// is needed to find and remove the backup.
    pub(crate) const fn soft_delete(mut self) -> Self {
        self.step.after = self.step.after.with_desired(D::Destroyed).with_backup(BackupState::None);
        self.step.effects.soft_delete = true;
        self
    }

    /// Destroys the sandbox and supersedes the change under way: it sets both states, so that they are coherent.
    pub(crate) const fn supersede(self) -> Self {
        let has_copy = self.step.after.has_runner() && !matches!(self.step.after.state(), S::Destroyed);
        self.soft_delete().state(if has_copy { S::Destroying } else { S::Destroyed })
    }

    /// Records an error that a runner reported, with its text.
    pub(crate) const fn reported(self, fault: Fault, recoverable: bool) -> Self {
        self.failed(fault, recoverable, ReasonText::Reported)
    }

    /// Records an error that we found, with our text.
    pub(crate) const fn ours(self, fault: Fault) -> Self {
        self.failed(fault, false, ReasonText::Ours(fault))
    }

    const fn failed(mut self, fault: Fault, recoverable: bool, reason: ReasonText) -> Self {
        self.step.after = self.step.after.with_fault(Some(fault)).with_recoverable(recoverable);
        self.step.effects.reason = reason;
        self
    }

    pub(crate) const fn clear_reason(mut self) -> Self {
        self.step.after = self.step.after.with_fault(None);
        self.step.effects.reason = ReasonText::Cleared;
        self
    }

    pub(crate) const fn recoverable(mut self, recoverable: bool) -> Self {
        self.step.after = self.step.after.with_recoverable(recoverable);
        self
    }

    pub(crate) const fn backup(mut self, backup: BackupState, has_ref: bool) -> Self {
        self.step.after = self.step.after.with_backup(backup).with_backup_ref(has_ref);
        self
    }

    /// Drops a backup that has ended, because the disk changes from now on. A backup under way continues.
    pub(crate) const fn drop_finished_backup(self) -> Self {
        match self.step.after.backup() {
            BackupState::Completed | BackupState::Error => self.backup(BackupState::None, false),
            BackupState::None | BackupState::Pending | BackupState::InProgress => self,
        }
    }

    pub(crate) const fn runner(mut self, change: RunnerChange) -> Self {
        self.step.after = self.step.after.with_runner(match change {
            RunnerChange::Kept => self.step.after.has_runner(),
            RunnerChange::Released | RunnerChange::ReleasedAsPrevious => false,
            RunnerChange::Assigned | RunnerChange::AssignedKeepingPrevious => true,
        });
        self.step.effects.runner = change;
        self
    }

    pub(crate) const fn force_stop(mut self, force: bool) -> Self {
        self.step.after = self.step.after.with_force_stop(force);
        self
    }

    pub(crate) const fn emits(mut self, event: EventName) -> Self {
        self.step.effects.event = Some(event);
        self
    }

    /// Keeps an ephemeral sandbox that stops: another command follows.
    pub(crate) const fn goes_on(mut self) -> Self {
        self.goes_on = true;
        self
    }

    pub(crate) const fn stamp(mut self, stamp: Stamp) -> Self {
        self.step.effects.timer = Some(TimerMark::Stamp(stamp));
        self
    }

    /// Removes the record. It writes no column.
    pub(crate) const fn purge(mut self) -> Step {
        self.step.effects.timer = Some(TimerMark::Purge);
        self.step
    }

    /// Sets what the input brings.
    pub(crate) const fn payload(mut self, payload: Payload) -> Self {
        self.step.payload = payload;
        self
    }

    /// Calls the runner at once, as for this command.
    pub(crate) const fn calls(mut self, command: Command) -> Self {
        self.step.effects.calls = true;
        self.payload(Payload::Command(command))
    }

    /// Returns a step that writes no column, so that it does not enforce the invariants.
    pub(crate) const fn untouched(self) -> Step {
        self.step
    }

    /// Returns the step with the invariants enforced. It drops a write that would leave incoherent states, as the
    /// recorded server does.
    pub(crate) fn finish_or_drop(self) -> Step {
        let Self { mut step, .. } = self.clear_older_error().delete_stopped_ephemeral();
        if !step.after.is_coherent() {
            return Step::ignored(&step.row, Ignored::Incoherent, step.now);
        }
        step.after = step.after.repaired();
        step.next_epoch = next_epoch(&step.row, step.after, step.cause, step.effects);
        step
    }

    /// Clears an older error when the sandbox reaches started, stopped or paused (difference D9).
    fn clear_older_error(self) -> Self {
        let after = self.step.after;
        let reaches_rest =
            states![Started Stopped Paused].contains(after.state()) && self.step.row.status.state() != after.state();
        if !reaches_rest || matches!(self.step.effects.reason, ReasonText::Reported | ReasonText::Ours(_)) {
            return self;
        }
        let cleared = if after.fault().is_some() { self.clear_reason() } else { self };
        cleared.recoverable(false)
    }

    /// Soft-deletes an ephemeral sandbox in the write that stops it (difference D8).
    const fn delete_stopped_ephemeral(self) -> Self {
        let (row, after) = (&self.step.row, self.step.after);
        let stops = !matches!(row.status.state(), S::Stopped)
            && matches!((after.state(), after.desired()), (S::Stopped, D::Stopped));
        if stops && !self.goes_on && row.is_ephemeral() { self.soft_delete() } else { self }
    }

    /// Writes the end of a time limit: the state of the desired state for a change made in place, otherwise an error.
    pub(crate) const fn time_limit_over(self) -> Self {
        let (state, desired) = (self.step.row.status.state(), self.step.row.status.desired());
        if let (true, D::Started | D::Stopped, Some(goal)) =
            (pairs::IN_PLACE.contains(state), desired, desired.fulfilled_by())
        {
            return self.state(goal);
        }
        // A row with incoherent states may build with desired state paused, next to which build_failed may not stand.
        // Every row can end in error, so this row does not build forever.
        let fails_build = matches!(state, S::BuildingSnapshot) && pairs::is_coherent(S::BuildFailed, desired);
        self.state(if fails_build { S::BuildFailed } else { S::Error }).ours(Fault::Timeout)
    }
}
