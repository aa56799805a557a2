//! One write of the naive model: columns changed in place, then the invariants that every write enforces.

use super::row::{coherent, is_ephemeral, restorable, settled};
use crate::{
    lifecycle::Columns,
    rules::{Call, Effect, Event, ReasonText, RunnerChange, Stamp, Task},
    vocabulary::{BackupState, DesiredState, Fault, SandboxState},
};
use alloc::vec::Vec;
use chrono::{DateTime, Utc};

/// The model's result of an input, or the code of its refusal.
pub(super) type Answered = Result<Taken, &'static str>;

/// The model's result of an accepted input.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The row after.
    pub row: Columns,
    /// The effects, in order.
    pub effects: Vec<Effect>,
}

/// A write under construction.
pub(super) struct Write {
    before: Columns,
    pub(super) row: Columns,
    now: DateTime<Utc>,
    pub(super) name_given_up: bool,
    /// The sandbox does not stay stopped: the same recovery asked for a start.
    pub(super) starts_next: bool,
    pub(super) new_token: bool,
    pub(super) reason: ReasonText,
    pub(super) runner: RunnerChange,
    pub(super) stamp: Option<Stamp>,
    pub(super) child: bool,
    pub(super) purge: bool,
    pub(super) task: Option<Task>,
    pub(super) event: Option<Event>,
    /// The input is a runner's answer, so that the write belongs to the epoch of the call.
    pub(super) is_answer: bool,
}

/// The error for a write that would make the states incoherent.
pub(super) struct Forbidden;

impl Write {
    pub(super) fn to(row: &Columns, now: DateTime<Utc>) -> Self {
        Self {
            before: *row,
            row: *row,
            now,
            name_given_up: false,
            starts_next: false,
            new_token: false,
            reason: ReasonText::Kept,
            runner: RunnerChange::Kept,
            stamp: None,
            child: false,
            purge: false,
            task: None,
            event: None,
            is_answer: false,
        }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub(super) fn soft_delete(&mut self) {
        self.row.desired_state = DesiredState::Destroyed;
        self.row.backup_state = BackupState::None;
        self.name_given_up = true;
    }

    /// Destroys the sandbox and supersedes any change under way: it writes both states at once.
    pub(super) fn supersede(&mut self) {
        self.soft_delete();
        let gone = self.before.state == SandboxState::Destroyed || !self.before.has_runner;
        self.row.state = if gone { SandboxState::Destroyed } else { SandboxState::Destroying };
    }

    pub(super) fn fails(&mut self, fault: Fault, recoverable: bool, reason: ReasonText) {
        self.row.state = SandboxState::Error;
        self.because(fault, recoverable, reason);
    }

    pub(super) fn because(&mut self, fault: Fault, recoverable: bool, reason: ReasonText) {
        self.row.fault = Some(fault);
        self.row.recoverable = recoverable;
        self.reason = reason;
    }

    pub(super) fn clear_reason(&mut self) {
        self.row.fault = None;
        self.reason = ReasonText::Cleared;
    }

    pub(super) fn drop_backup(&mut self) {
        self.row.backup_state = BackupState::None;
        self.row.has_backup_ref = false;
    }

    /// Returns the unchanged row with the effects.
    pub(super) fn unwritten(self) -> Taken {
        let row = self.before;
        Taken { row, effects: self.effects(row.epoch) }
    }

    /// Finishes the write.
    ///
    /// # Errors
    /// [`Forbidden`] if the states would be incoherent.
    pub(super) fn finish(mut self) -> Result<Taken, Forbidden> {
        let moved = self.row.state != self.before.state;
        let new_reason = matches!(self.reason, ReasonText::Reported | ReasonText::Ours(_));
        if moved && ["started", "stopped", "paused"].contains(&self.row.state.as_str()) && !new_reason {
            // D9: a clean start.
            if self.row.fault.is_some() {
                self.clear_reason();
            }
            self.row.recoverable = false;
        }
        if moved
            && self.row.state == SandboxState::Stopped
            && settled(&self.row)
            && is_ephemeral(&self.before)
            && !self.starts_next
        {
            self.soft_delete(); // D8: an ephemeral sandbox does not stay stopped.
        }
        self.enforce_invariants();
        if moved {
            self.row.state_since = self.now;
            self.row.last_activity_at = self.now;
        }
        if self.row.backup_state != self.before.backup_state {
            let under_way = ["Pending", "InProgress"].contains(&self.row.backup_state.as_str());
            self.row.backup_since = if under_way { Some(self.now) } else { None };
        }
        let newly_pending = self.row.pending && !self.before.pending && !self.is_answer;
        let newly_desired = self.row.desired_state != self.before.desired_state && !settled(&self.row);
        if newly_pending || newly_desired || self.name_given_up || self.task.is_some() {
            self.row.epoch = self.before.epoch.saturating_add(1);
        }
        if coherent(self.row.state, self.row.desired_state) {
            Ok(Taken { row: self.row, effects: self.effects(self.row.epoch) })
        } else {
            Err(Forbidden)
        }
    }

    fn enforce_invariants(&mut self) {
        let state = self.row.state.as_str();
        let failed = state == "error" || state == "build_failed";
        let to_be_archived = self.row.desired_state == DesiredState::Archived;
        self.row.pending = !settled(&self.row) && !failed && !to_be_archived;
        if state == "destroyed" || state == "archived" {
            if self.row.has_runner && self.runner == RunnerChange::Kept {
                self.runner = RunnerChange::Released;
            }
            self.row.has_runner = false;
        }
        if state == "destroyed" {
            self.row.backup_state = BackupState::None;
        }
        if state == "error" && restorable(&self.row) {
            self.row.recoverable = true;
        }
    }

    fn effects(&self, epoch: u32) -> Vec<Effect> {
        let (old, new) = (&self.before, &self.row);
        let mut effects = Vec::new();
        if self.name_given_up && old.desired_state != DesiredState::Destroyed {
            effects.push(Effect::GiveUpName);
        }
        if self.new_token {
            effects.push(Effect::RotateToken);
        }
        if self.reason != ReasonText::Kept {
            effects.push(Effect::Reason(self.reason));
        }
        if self.runner != RunnerChange::Kept {
            effects.push(Effect::Runner(self.runner));
        }
        effects.extend(self.stamp.map(Effect::Stamp));
        if self.child {
            effects.push(Effect::StoreChild);
        }
        effects.extend(self.task.map(|task| Effect::Call(Call { task, epoch })));
        if old.state != new.state {
            effects.push(Effect::Emit(Event::StateUpdated { old_state: old.state, new_state: new.state }));
        }
        if old.desired_state != new.desired_state {
            effects.push(Effect::Emit(Event::DesiredStateUpdated {
                old_desired_state: old.desired_state,
                new_desired_state: new.desired_state,
            }));
        }
        effects.extend(self.event.map(Effect::Emit));
        if self.purge {
            effects.push(Effect::Purge);
        }
        effects
    }
}
