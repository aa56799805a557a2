//! One write of the naive model: columns changed in place, then the invariants that every write enforces.

use super::effects::{Effects, Taken};
use super::row::{
    awaits_backup, changes_in_place, coherent, disk_rests, has_any_backup, has_current_backup, is_ephemeral,
    restorable, settled,
};
use crate::{
    lifecycle::Columns,
    rules::{Event, Owed, ReasonText, RunnerChange, Task},
    vocabulary::{BackupState, DesiredState, Fault, SandboxState, Size},
};
use chrono::{DateTime, Utc};

/// The model's result of an input, or the code of its refusal.
pub(super) type Answered = Result<Taken, &'static str>;

/// Whether the row of a command is written, or the code of its refusal.
pub(super) type Step = Result<Writes, &'static str>;

/// Whether the row is written.
pub(super) enum Writes {
    Row,
    Nothing,
}

/// A write under construction.
pub(super) struct Write {
    pub(super) before: Columns,
    pub(super) row: Columns,
    now: DateTime<Utc>,
    /// The sandbox does not stay stopped: the same recovery asked for a start.
    pub(super) starts_next: bool,
    /// Live forks read the disk, so that coming to rest does not delete the sandbox (D30).
    pub(super) is_forked: bool,
    /// A piece of work ended or began, apart from a call and a change of the runner.
    pub(super) new_epoch: bool,
    pub(super) effects: Effects,
}

/// The error for a write that would make the states incoherent.
pub(super) struct Forbidden;

impl Write {
    pub(super) fn to(row: &Columns, now: DateTime<Utc>) -> Self {
        Self {
            before: *row,
            row: *row,
            now,
            starts_next: false,
            is_forked: false,
            new_epoch: false,
            effects: Effects::default(),
        }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub(super) fn soft_delete(&mut self) {
        self.row.desired_state = DesiredState::Destroyed;
        self.row.backup_state = BackupState::None;
        self.effects.name_given_up = true;
    }

    /// Destroys the sandbox and supersedes any change under way: it writes both states at once, and calls the runner that
    /// has a copy.
    pub(super) fn supersede(&mut self) {
        self.soft_delete();
        if self.before.state == SandboxState::Destroyed || !self.before.has_runner {
            self.row.state = SandboxState::Destroyed;
        } else {
            self.row.state = SandboxState::Destroying;
            self.effects.task = Some(Task::Destroy);
        }
    }

    /// Ends a piece of work badly: its late reports are stale, and the runner is asked (contracts 2 and 6).
    pub(super) fn end_badly(&mut self) {
        self.row.repair = None;
        self.row.must_ask = true;
        self.new_epoch = true;
    }

    pub(super) fn fails(&mut self, fault: Fault, recoverable: bool, reason: ReasonText) {
        self.row.state = SandboxState::Error;
        self.end_badly();
        self.because(fault, recoverable, reason);
    }

    /// Writes an error that we found.
    pub(super) fn fails_ourselves(&mut self, fault: Fault) {
        self.fails(fault, false, ReasonText::Ours(fault));
    }

    pub(super) fn because(&mut self, fault: Fault, recoverable: bool, reason: ReasonText) {
        self.row.fault = Some(fault);
        self.row.recoverable = recoverable;
        self.effects.reason = reason;
    }

    pub(super) fn clear_reason(&mut self) {
        self.row.fault = None;
        self.effects.reason = ReasonText::Cleared;
    }

    /// The disk may change from now on: a current backup becomes one that is kept as the last resort (contract 9).
    pub(super) fn disk_changes(&mut self) {
        self.row.kept_backup = has_any_backup(&self.row);
        self.row.changed_since_backup = true;
    }

    /// Gives up any backup, because the disk has changed. A completed one is kept as the last resort.
    pub(super) fn drop_backup(&mut self) {
        if self.row.backup_state == BackupState::Completed && self.row.has_backup_ref {
            self.row.kept_backup = true;
        }
        self.row.backup_state = BackupState::None;
        self.row.has_backup_ref = false;
        self.disk_changes();
    }

    pub(super) fn drop_finished_backup(&mut self) {
        if ["Completed", "Error"].contains(&self.row.backup_state.as_str()) {
            self.drop_backup();
        } else {
            self.disk_changes();
        }
    }

    /// Requests the next backup attempt. It is of the disk as it is now where the disk rests.
    pub(super) fn request_backup(&mut self) {
        self.row.backup_state = BackupState::Pending;
        self.row.backup_attempt = self.before.backup_attempt.wrapping_add(1);
        self.row.changed_since_backup = !disk_rests(&self.row);
        self.row.must_ask_store = false; // The store is asked only about the last attempt.
        self.effects.backup_attempt = Some(self.row.backup_attempt);
        self.effects.event = Some(Event::BackupCreated);
    }

    /// The store has the last attempt. It discards older ones.
    pub(super) fn complete_backup(&mut self) {
        self.row.backup_state = BackupState::Completed;
        self.row.has_backup_ref = true;
        self.row.kept_backup = false;
        self.row.must_ask_store = false;
        if self.row.state == SandboxState::Error && !self.row.has_runner {
            self.row.recoverable = true; // From this backup.
        }
    }

    /// The last attempt failed. It counts where it was made for an archive; 7 means that the archive was given up.
    pub(super) fn fail_backup(&mut self) {
        let is_open = awaits_backup(&self.row) || self.row.must_ask_store;
        if is_open && self.row.desired_state == DesiredState::Archived && self.row.archive_attempts < 6 {
            self.row.archive_attempts = self.row.archive_attempts.saturating_add(1);
        }
        self.row.backup_state = BackupState::Error;
        self.row.must_ask_store = false;
    }

    /// The attempt under way ends without a report, so the store is asked.
    pub(super) fn lose_backup_report(&mut self) {
        self.row.backup_state = BackupState::Error;
        self.row.must_ask_store = true;
    }

    pub(super) fn leave_runner(&mut self, owed: Owed) {
        self.row.has_runner = false;
        self.effects.runner = RunnerChange::Released;
        self.effects.owed = owed;
    }

    pub(super) fn assign_runner(&mut self) {
        self.row.has_runner = true;
        self.effects.runner = RunnerChange::Assigned;
    }

    pub(super) fn set_size(&mut self, size: Size) {
        (self.row.cpu, self.row.memory, self.row.disk) = (size.cpu, size.memory, size.disk);
    }

    /// Gives up the archive (D3): the disk is whole, so the sandbox is only stopped.
    pub(super) fn give_up_archive(&mut self, fault: Fault) {
        if awaits_backup(&self.row) {
            self.lose_backup_report();
        }
        self.row.desired_state = DesiredState::Stopped;
        self.row.archive_attempts = 7;
        self.row.last_activity_at = self.now;
        // The epoch names the release that a lost runner is owed, so that this runner can be taken back.
        self.new_epoch = self.new_epoch || self.row.has_runner;
        if self.row.state == SandboxState::Error {
            self.row.must_ask = true;
        } else {
            self.row.state = SandboxState::Stopped;
            self.because(fault, false, ReasonText::Ours(fault));
        }
    }

    /// Ends a change whose time limit is over.
    pub(super) fn time_limit(&mut self) {
        let to = self.row.desired_state.as_str();
        // Where an archive is given up without a runner, the epoch stays that of the release that is owed.
        let archives = self.row.state == SandboxState::Archiving && to == "archived";
        self.new_epoch = !archives;
        if changes_in_place(&self.row) && ["started", "stopped"].contains(&to) {
            self.row.state = if to == "started" { SandboxState::Started } else { SandboxState::Stopped };
            return self.end_badly();
        }
        let may_fail_build = coherent(SandboxState::BuildFailed, self.row.desired_state);
        match self.row.state.as_str() {
            "destroying" if to == "destroyed" => {
                self.row.state = SandboxState::Destroyed;
                self.effects.owed = Owed::Removal; // Contract 10.
            }
            "archiving" if to == "archived" => self.give_up_archive(Fault::TimeLimit),
            "building_snapshot" if may_fail_build => {
                self.row.state = SandboxState::BuildFailed;
                self.because(Fault::TimeLimit, false, ReasonText::Ours(Fault::TimeLimit));
            }
            _any_other => self.fails_ourselves(Fault::TimeLimit),
        }
    }

    /// Returns the unchanged row with the effects.
    pub(super) fn unwritten(self) -> Taken {
        let row = self.before;
        let effects = self.effects.list(&row, &row);
        Taken { row, effects }
    }

    /// Returns the write, or an unwritten row if the write would make the states incoherent.
    pub(super) fn written_or_dropped(self) -> Taken {
        let (before, now) = (self.before, self.now);
        self.finish().unwrap_or_else(|_| Self::to(&before, now).unwritten())
    }

    /// Finishes the write of a report, a timer or a pass.
    ///
    /// # Errors
    /// [`Forbidden`] if the states would be incoherent.
    pub(super) fn finish(mut self) -> Result<Taken, Forbidden> {
        let moved = self.row.state != self.before.state;
        let new_reason = matches!(self.effects.reason, ReasonText::Reported | ReasonText::Ours(_));
        if moved && ["started", "stopped", "paused"].contains(&self.row.state.as_str()) && !new_reason {
            // D9: a clean start.
            if self.row.fault.is_some() {
                self.clear_reason();
            }
            self.row.recoverable = false;
        }
        let rests = moved && self.row.state == SandboxState::Stopped && settled(&self.row);
        if rests && is_ephemeral(&self.before) && !self.starts_next && !self.is_forked {
            self.soft_delete(); // D8: an ephemeral sandbox does not stay stopped.
        }
        if self.row.state == SandboxState::Started {
            (self.row.archive_attempts, self.row.restore_attempts) = (0, 0);
        }
        if !self.row.has_runner {
            self.row.must_ask = false; // Nobody can be asked.
            let ours = matches!(self.effects.reason, ReasonText::Ours(_));
            if self.row.state == SandboxState::Error && ours && has_any_backup(&self.row) {
                self.row.recoverable = true; // D40
            }
        }
        self.finish_command()
    }

    /// Finishes the write of a command, which says itself what it clears.
    ///
    /// # Errors
    /// [`Forbidden`] if the states would be incoherent.
    pub(super) fn finish_command(mut self) -> Result<Taken, Forbidden> {
        if !coherent(self.row.state, self.row.desired_state) {
            return Err(Forbidden);
        }
        self.enforce_invariants();
        self.set_times();
        let (old, new) = (&self.before, &self.row);
        let assigned = matches!(self.effects.runner, RunnerChange::Assigned | RunnerChange::AssignedKeepingPrevious);
        let lost = old.has_runner && !new.has_runner;
        if self.new_epoch || self.effects.task.is_some() || assigned || lost {
            self.row.epoch = old.epoch.wrapping_add(1);
        }
        let effects = self.effects.list(&self.before, &self.row);
        Ok(Taken { row: self.row, effects })
    }

    fn set_times(&mut self) {
        let (old, new) = (&self.before, &mut self.row);
        if new.state != old.state {
            new.state_since = self.now;
            new.last_activity_at = self.now;
        }
        // A repair and each placement of a restore have a time limit of their own.
        if new.repair != old.repair || new.restore_attempts > old.restore_attempts {
            new.state_since = self.now;
        }
        if new.backup_state != old.backup_state {
            let under_way = ["Pending", "InProgress"].contains(&new.backup_state.as_str());
            new.backup_since = if under_way { Some(self.now) } else { None };
        }
    }

    fn enforce_invariants(&mut self) {
        let row = &mut self.row;
        let state = row.state.as_str();
        let failed = state == "error" || state == "build_failed";
        let to_be_archived = row.desired_state == DesiredState::Archived;
        row.pending = !settled(row) && !failed && !to_be_archived;
        if state == "error" && restorable(row) {
            row.recoverable = true;
        }
        let has_completed = row.backup_state == BackupState::Completed && row.has_backup_ref;
        if has_completed && !has_current_backup(row) {
            row.kept_backup = true;
        }
        if state != "error" {
            row.repair = None;
        }
        if state == "destroyed" || state == "archived" {
            row.has_runner = false;
            row.must_ask = false;
        }
        if state == "destroyed" {
            row.backup_state = BackupState::None;
            row.kept_backup = false;
            row.must_ask_store = false;
        }
    }
}
