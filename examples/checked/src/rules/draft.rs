//! A write under construction: the service changes the record step by step, and the end makes it consistent.

use crate::model::{Goal, Phase, Record};
use chrono::{DateTime, Utc};
use sandbox_lifecycle::vocabulary::{BackupState, Fault};

/// A write under construction.
pub struct Draft {
    before: Record,
    pub record: Record,
    now: DateTime<Utc>,
    /// Live forks read the disk, so that a stop does not delete it.
    has_forks: bool,
    /// A piece of work begins or ends badly: late reports are stale.
    new_epoch: bool,
    /// The record gets a reason, its own or a reported one.
    reason: Reason,
    /// Something is sent, even if no column changes.
    sends: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    Kept,
    Cleared,
    Reported,
    Ours,
}

impl Draft {
    pub fn of(record: &Record, now: DateTime<Utc>, live_forks: u32) -> Self {
        Self {
            before: *record,
            record: *record,
            now,
            has_forks: live_forks > 0,
            new_epoch: false,
            reason: Reason::Kept,
            sends: false,
        }
    }

    /// A runner is called. The call has an epoch of its own.
    pub fn calls(&mut self) {
        (self.new_epoch, self.sends) = (true, true);
    }

    pub fn sends_event(&mut self) {
        self.sends = true;
    }

    pub fn assigns_runner(&mut self) {
        self.record.rest.has_runner = true;
        self.calls();
    }

    pub fn soft_deletes(&mut self) {
        self.record.goal = Goal::Delete;
        self.record.rest.backup_state = BackupState::None;
    }

    /// Destroys it whatever is under way. A runner that has a copy is called.
    pub fn supersedes(&mut self) {
        self.soft_deletes();
        if self.before.phase == Phase::Deleted || !self.before.rest.has_runner {
            self.record.phase = Phase::Deleted;
        } else {
            self.record.phase = Phase::Deleting;
            self.calls();
        }
    }

    /// A runner reports a failure, or the service finds one.
    pub fn fails(&mut self, fault: Fault, recoverable: bool, is_reported: bool) {
        let rest = &mut self.record.rest;
        self.record.phase = Phase::Broken;
        (rest.repair, rest.must_ask) = (None, true);
        (rest.fault, rest.recoverable) = (Some(fault), recoverable);
        self.new_epoch = true;
        self.reason = if is_reported { Reason::Reported } else { Reason::Ours };
    }

    pub fn clears_reason(&mut self) {
        self.record.rest.fault = None;
        self.reason = Reason::Cleared;
    }

    /// The disk changes from now on. A current backup is kept as the last resort.
    pub fn disk_changes(&mut self) {
        self.record.rest.kept_backup = self.record.has_any_backup();
        self.record.rest.changed_since_backup = true;
    }

    /// Gives up the backup, because the sandbox has run since.
    pub fn drops_backup(&mut self) {
        let rest = &mut self.record.rest;
        rest.kept_backup |= rest.backup_state == BackupState::Completed && rest.has_backup_ref;
        (rest.backup_state, rest.has_backup_ref) = (BackupState::None, false);
        self.disk_changes();
    }

    pub fn drops_finished_backup(&mut self) {
        if matches!(self.record.rest.backup_state, BackupState::Completed | BackupState::Error) {
            self.drops_backup();
        } else {
            self.disk_changes();
        }
    }

    /// Ends the write of a report, a timer or a pass. One that does not fit the record is dropped.
    pub fn written_or_dropped(self) -> Record {
        let before = self.before;
        self.finished().unwrap_or(before)
    }

    fn finished(mut self) -> Option<Record> {
        let moved = self.record.phase != self.before.phase;
        let rests = matches!(self.record.phase, Phase::Running | Phase::Halted | Phase::Suspended);
        if moved && rests && !matches!(self.reason, Reason::Reported | Reason::Ours) {
            self.record.rest.recoverable = false;
            self.record.rest.fault = None;
        }
        let comes_to_rest = moved && self.record.phase == Phase::Halted && self.record.is_settled();
        if comes_to_rest && self.before.is_ephemeral() && !self.has_forks {
            self.soft_deletes();
        }
        let rest = &mut self.record.rest;
        if self.record.phase == Phase::Running {
            (rest.archive_attempts, rest.restore_attempts) = (0, 0);
        }
        if !rest.has_runner {
            rest.must_ask = false;
            let can_be_restored = self.record.has_any_backup();
            let ours = self.record.phase == Phase::Broken && self.reason == Reason::Ours;
            self.record.rest.recoverable |= ours && can_be_restored;
        }
        self.written()
    }

    /// Ends the write of a command. It is refused if it does not fit the record.
    pub fn written(mut self) -> Option<Record> {
        if !self.record.goal.fits(self.record.phase) {
            return None;
        }
        self.makes_consistent();
        let (old, new) = (self.before, &mut self.record);
        if old.phase != new.phase {
            (new.rest.state_since, new.rest.last_activity_at) = (self.now, self.now);
        }
        if old.rest.repair != new.rest.repair || new.rest.restore_attempts > old.rest.restore_attempts {
            new.rest.state_since = self.now;
        }
        if old.rest.backup_state != new.rest.backup_state {
            let awaits = matches!(new.rest.backup_state, BackupState::Pending | BackupState::InProgress);
            new.rest.backup_since = awaits.then_some(self.now);
        }
        if self.new_epoch || (old.rest.has_runner && !new.rest.has_runner) {
            new.rest.epoch = old.rest.epoch.wrapping_add(1);
        }
        let writes = self.sends || self.reason != Reason::Kept || *new != old;
        if writes {
            new.rest.revision = old.rest.revision.wrapping_add(1);
        }
        Some(*new)
    }

    fn makes_consistent(&mut self) {
        let record = &mut self.record;
        let is_failed = matches!(record.phase, Phase::Broken | Phase::BuildBroken);
        record.rest.pending = !record.is_settled() && !is_failed && record.goal != Goal::Store;
        record.rest.recoverable |= record.phase == Phase::Broken && record.is_restorable();
        let is_stale = record.rest.backup_state == BackupState::Completed && record.rest.has_backup_ref;
        record.rest.kept_backup |= is_stale && !record.has_current_backup();
        if record.phase != Phase::Broken {
            record.rest.repair = None;
        }
        if matches!(record.phase, Phase::Deleted | Phase::Stored) {
            (record.rest.has_runner, record.rest.must_ask) = (false, false);
        }
        if record.phase == Phase::Deleted {
            record.rest.backup_state = BackupState::None;
            (record.rest.kept_backup, record.rest.must_ask_store) = (false, false);
        }
    }
}
