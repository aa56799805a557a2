//! A step while a report, a timer or a pass builds it: columns change one by one, and the end enforces the invariants.
//! The rule table has what a command writes.

use super::cause::{Cause, Ignored};
use super::payload::{OwnTask, Payload};
use super::side_effects::{Owed, ReasonText, RunnerChange, Stamp, TimerMark};
use super::value::{Step, next_epoch};
use crate::lifecycle::state_set::states;
use crate::lifecycle::{Lifecycle, MOST_ATTEMPTS, pairs};
use crate::rules::{event::EventName, input::command::Command};
use crate::vocabulary::{BackupState, DesiredState as D, Fault, Micros, Repair, SandboxState as S, Size};

/// A step while it is built.
pub(crate) struct Draft {
    step: Step,
    goes_on: bool,
    raises_epoch: bool,
    has_fork_children: bool,
}

impl Draft {
    pub(crate) const fn new(row: &Lifecycle, cause: Cause, now: Micros) -> Self {
        Self { step: Step::nothing(row, cause, now), goes_on: false, raises_epoch: false, has_fork_children: false }
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

    /// Destroys the sandbox and supersedes the change under way: it sets both states, so that they are coherent, and
    /// calls the runner that has a copy.
    pub(crate) const fn supersede(self) -> Self {
        let has_copy = self.step.after.has_runner() && !matches!(self.step.after.state(), S::Destroyed);
        let draft = self.soft_delete();
        if has_copy { draft.state(S::Destroying).call(OwnTask::Destroy) } else { draft.state(S::Destroyed) }
    }

    /// Records an error that a runner reported, with its text.
    pub(crate) const fn reported(self, fault: Fault, recoverable: bool) -> Self {
        self.because(fault, recoverable, ReasonText::Reported)
    }

    /// Records an error that we found, with our text.
    pub(crate) const fn ours(self, fault: Fault) -> Self {
        self.because(fault, false, ReasonText::Ours(fault))
    }

    const fn because(mut self, fault: Fault, recoverable: bool, reason: ReasonText) -> Self {
        self.step.after = self.step.after.with_fault(Some(fault)).with_recoverable(recoverable);
        self.step.effects.reason = reason;
        self
    }

    /// Ends the piece of work in error: its late reports are stale from now on, and the runner is asked what it has.
    pub(crate) const fn fails(self) -> Self {
        self.state(S::Error).ends_badly()
    }

    /// Ends the piece of work badly, whatever the state is then.
    pub(crate) const fn ends_badly(self) -> Self {
        self.repair(None).raises_epoch().must_ask(true)
    }

    pub(crate) const fn raises_epoch(mut self) -> Self {
        self.raises_epoch = true;
        self
    }

    pub(crate) const fn must_ask(mut self, must_ask: bool) -> Self {
        self.step.after = self.step.after.with_must_ask(must_ask);
        self
    }

    /// Notes that the runner must be asked about its copy. If the copy may run, no backup is current any more, whatever the ask
    /// shows.
    pub(crate) const fn must_ask_about_copy(self, may_run: bool) -> Self {
        let asks = self.must_ask(true);
        if may_run { asks.disk_changes() } else { asks }
    }

    pub(crate) const fn must_ask_store(mut self, must_ask: bool) -> Self {
        self.step.after = self.step.after.with_must_ask_store(must_ask);
        self
    }

    pub(crate) const fn repair(mut self, repair: Option<Repair>) -> Self {
        self.step.after = self.step.after.with_repair(repair);
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

    /// Records that the store has the backup of the last attempt. Older ones are discarded.
    pub(crate) const fn complete_backup(mut self) -> Self {
        let after = self.step.after.with_kept_backup(false).with_must_ask_store(false);
        // Without a runner, an error is recovered from any backup that there is.
        let recovers = matches!(after.state(), S::Error) & !after.has_runner();
        self.step.after = after.with_recoverable(after.recoverable() | recovers);
        self.backup(BackupState::Completed, true)
    }

    /// Records that the last attempt has failed. Where it was made for an archive, it counts once; the highest count is that of
    /// an archive that was given up.
    pub(crate) const fn fail_backup(mut self) -> Self {
        let after = self.step.after;
        let is_open = after.awaits_backup() | after.must_ask_store();
        let archives =
            matches!(after.desired(), D::Archived) & (after.archive_attempts() < MOST_ATTEMPTS - 1) & is_open;
        let count = if archives { after.archive_attempts().saturating_add(1) } else { after.archive_attempts() };
        self.step.after = after.with_archive_attempts(count).with_must_ask_store(false);
        self.backup(BackupState::Error, after.has_backup_ref())
    }

    /// Ends an open backup attempt without its report, which may be lost: the store is asked whether it has the backup.
    pub(crate) const fn end_unreported_backup(self) -> Self {
        let after = self.step.after;
        if !after.awaits_backup() {
            return self;
        }
        self.backup(BackupState::Error, after.has_backup_ref()).must_ask_store(true)
    }

    /// Requests a new backup attempt.
    pub(crate) const fn request_backup(mut self) -> Self {
        let disk_changes = !pairs::DISK_RESTS.contains(self.step.after.state());
        self.step.after = self.step.after.with_requested_backup(disk_changes);
        self.step.effects.event = Some(EventName::BackupCreated);
        self
    }

    /// Records that the disk may change from now on, so that no backup is current. One that is completed is kept as the
    /// last resort.
    pub(crate) const fn disk_changes(mut self) -> Self {
        let after = self.step.after;
        let kept = after.has_any_backup();
        self.step.after = after.with_changed_since_backup(true).with_kept_backup(kept);
        self
    }

    pub(crate) const fn changed_since_backup(mut self, changed: bool) -> Self {
        self.step.after = self.step.after.with_changed_since_backup(changed);
        self
    }

    /// Drops a backup that has ended, because the sandbox runs. A backup under way continues.
    pub(crate) const fn drop_finished_backup(self) -> Self {
        match self.step.after.backup() {
            BackupState::Completed | BackupState::Error => self.drop_backup(),
            BackupState::None | BackupState::Pending | BackupState::InProgress => self.disk_changes(),
        }
    }

    /// Drops any backup, because the disk has changed. One that is completed is kept as the last resort.
    pub(crate) const fn drop_backup(mut self) -> Self {
        let after = self.step.after;
        let completed = matches!(after.backup(), BackupState::Completed) & after.has_backup_ref();
        self.step.after = after.with_kept_backup(after.kept_backup() | completed);
        self.backup(BackupState::None, false).disk_changes()
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

    /// What the runner that the row leaves is owed.
    pub(crate) const fn owes(mut self, owed: Owed) -> Self {
        self.step.effects.owed = owed;
        self
    }

    pub(crate) const fn force_stop(mut self, force: bool) -> Self {
        self.step.after = self.step.after.with_force_stop(force);
        self
    }

    pub(crate) const fn archive_attempts(mut self, count: u8) -> Self {
        self.step.after = self.step.after.with_archive_attempts(count);
        self
    }

    pub(crate) const fn restore_attempts(mut self, count: u8) -> Self {
        self.step.after = self.step.after.with_restore_attempts(count);
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

    /// Keeps the disk of an ephemeral sandbox that stops while live forks read it (difference D30).
    pub(crate) const fn with_fork_children(mut self, count: u32) -> Self {
        self.has_fork_children = count > 0;
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

    /// Writes the size that a job ended with, or that the runner shows.
    pub(crate) const fn size(mut self, size: Size) -> Self {
        self.step.payload = Payload::Resized(size);
        self
    }

    /// Calls the runner. The call begins a new piece of work.
    pub(crate) const fn call(mut self, task: OwnTask) -> Self {
        self.step.effects.calls = true;
        self.step.payload = Payload::Task(task);
        self
    }

    /// Calls the runner at once, as for this command.
    pub(crate) const fn calls(mut self, command: Command) -> Self {
        self.step.effects.calls = true;
        self.step.payload = Payload::Command(command);
        self
    }

    /// Returns a step that writes no column, so that it does not enforce the invariants.
    pub(crate) const fn untouched(self) -> Step {
        self.step
    }

    /// Returns a step that writes nothing, because the report is ignored.
    pub(crate) const fn ignored(self, why: Ignored) -> Step {
        Step::ignored(&self.step.row, why, self.step.now)
    }

    /// Returns the step with the invariants enforced. It drops a write that would leave incoherent states, as the
    /// recorded server does.
    pub(crate) fn finish_or_drop(self) -> Step {
        let Self { mut step, raises_epoch, .. } =
            self.clear_older_error().delete_stopped_ephemeral().reset_attempts().without_a_runner();
        if !step.after.is_coherent() {
            return Step::ignored(&step.row, Ignored::Incoherent, step.now);
        }
        step.after = step.after.repaired();
        step.next_epoch = next_epoch(&step.row, step.after, step.effects.begin_work() | raises_epoch);
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
        if stops && !self.goes_on && !self.has_fork_children && row.is_ephemeral() { self.soft_delete() } else { self }
    }

    /// A sandbox that runs has been used: what failed before no longer counts.
    const fn reset_attempts(self) -> Self {
        match self.step.after.state() {
            S::Started => self.archive_attempts(0).restore_attempts(0),
            S::Creating | S::Restoring | S::Destroyed | S::Destroying | S::Stopped | S::Starting | S::Stopping => self,
            S::Error | S::BuildFailed | S::PendingBuild | S::BuildingSnapshot | S::Unknown | S::Archived => self,
            S::PullingSnapshot | S::Archiving | S::Resizing | S::Snapshotting | S::Forking | S::Pausing => self,
            S::Paused | S::Resuming => self,
        }
    }

    /// Without a runner nobody can be asked, and an error of ours can be recovered from any backup that there is.
    const fn without_a_runner(self) -> Self {
        let after = self.step.after;
        if after.has_runner() {
            return self;
        }
        let ours = matches!((after.state(), self.step.effects.reason), (S::Error, ReasonText::Ours(_)));
        let recoverable = after.recoverable() | (ours & after.has_any_backup());
        self.must_ask(false).recoverable(recoverable)
    }

    /// Writes the end of a time limit.
    ///
    /// A change made in place ends in its desired state, an archive is given up, a destroy is done and owes the removal,
    /// and anything else ends in error. What the runner has is asked afterwards.
    pub(crate) fn time_limit_over(self) -> Self {
        let (state, desired) = (self.step.row.status.state(), self.step.row.status.desired());
        if let (true, D::Started | D::Stopped, Some(goal)) =
            (pairs::IN_PLACE.contains(state), desired, desired.fulfilled_by())
        {
            return self.state(goal).ends_badly();
        }
        if matches!((state, desired), (S::Destroying, D::Destroyed)) {
            return self.state(S::Destroyed).owes(Owed::Removal).raises_epoch();
        }
        if matches!((state, desired), (S::Archiving, D::Archived)) {
            return self.give_up_archive(Fault::TimeLimit);
        }
        // A row with incoherent states may build with desired state paused, next to which build_failed may not stand.
        // Every row can end in error, so this row does not build forever.
        let fails_build = matches!(state, S::BuildingSnapshot) && pairs::is_coherent(S::BuildFailed, desired);
        let draft = self.ours(Fault::TimeLimit);
        if fails_build { draft.state(S::BuildFailed).raises_epoch() } else { draft.fails() }
    }

    /// Gives up an archive: the sandbox stays stopped, with the reason on its record (difference D3).
    ///
    /// Auto-archive does not act on it again until it has been used. A backup under way is looked up in the store.
    pub(crate) fn give_up_archive(self, fault: Fault) -> Self {
        let status = self.step.after;
        let draft = self.desired(D::Stopped).archive_attempts(MOST_ATTEMPTS).end_unreported_backup();
        // Without a runner there is no call to supersede, and the epoch names the release that the lost runner is owed.
        let draft = if status.has_runner() { draft.raises_epoch() } else { draft };
        // An error is asked about: where the disk rests, the sandbox is stopped then.
        if matches!(status.state(), S::Error) {
            draft.must_ask(true)
        } else {
            draft.state(S::Stopped).ours(fault).recoverable(false)
        }
    }
}
