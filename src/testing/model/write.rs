//! One write of the naive model: columns changed in place, then the rules that every write enforces.

use super::{is_ephemeral, may_stand, restorable, settled};
use crate::{
    lifecycle::Columns,
    rules::{Call, Effect, Event, ReasonText, RunnerChange, Stamp, Task},
    vocabulary::{BackupState, DesiredState, Fault, SandboxState},
};
use alloc::vec::Vec;
use chrono::{DateTime, Utc};

/// What the model wrote and what goes with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The row after.
    pub row: Columns,
    /// What is to be done, in order.
    pub effects: Vec<Effect>,
}

/// A write that is being made.
pub(super) struct Write {
    before: Columns,
    pub(super) row: Columns,
    now: DateTime<Utc>,
    pub(super) name_given_up: bool,
    /// It stops in passing: its start was asked for with what stopped it.
    pub(super) on_its_way: bool,
    pub(super) new_token: bool,
    pub(super) reason: ReasonText,
    pub(super) runner: RunnerChange,
    pub(super) stamp: Option<Stamp>,
    pub(super) child: bool,
    pub(super) purge: bool,
    pub(super) task: Option<Task>,
    pub(super) told: Option<Event>,
    /// The runner answers a call: what follows belongs to the work that the call began.
    pub(super) answers: bool,
}

/// The write would break rule 4.
pub(super) struct Forbidden;

impl Write {
    pub(super) fn to(row: &Columns, now: DateTime<Utc>) -> Self {
        Self {
            before: *row,
            row: *row,
            now,
            name_given_up: false,
            on_its_way: false,
            new_token: false,
            reason: ReasonText::Kept,
            runner: RunnerChange::Kept,
            stamp: None,
            child: false,
            purge: false,
            task: None,
            told: None,
            answers: false,
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

    /// Destroy it whatever is under way: both states at once.
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

    /// The row is not written, only told about.
    pub(super) fn unwritten(self) -> Taken {
        let row = self.before;
        Taken { row, effects: self.effects(row.epoch) }
    }

    /// The write, unless it breaks rule 4.
    pub(super) fn finish(mut self) -> Result<Taken, Forbidden> {
        let moved = self.row.state != self.before.state;
        let brought = matches!(self.reason, ReasonText::Reported | ReasonText::Ours(_));
        if moved && ["started", "stopped", "paused"].contains(&self.row.state.as_str()) && !brought {
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
            && !self.on_its_way
        {
            self.soft_delete(); // D8: an ephemeral sandbox does not rest.
        }
        self.rule_5();
        if moved {
            self.row.state_since = self.now;
            self.row.last_activity_at = self.now;
        }
        if self.row.backup_state != self.before.backup_state {
            let under_way = ["Pending", "InProgress"].contains(&self.row.backup_state.as_str());
            self.row.backup_since = if under_way { Some(self.now) } else { None };
        }
        let owes_anew = self.row.pending && !self.before.pending && !self.answers;
        let aims_anew = self.row.desired_state != self.before.desired_state && !settled(&self.row);
        if owes_anew || aims_anew || self.name_given_up || self.task.is_some() {
            self.row.epoch = self.before.epoch.saturating_add(1);
        }
        if may_stand(self.row.state, self.row.desired_state) {
            Ok(Taken { row: self.row, effects: self.effects(self.row.epoch) })
        } else {
            Err(Forbidden)
        }
    }

    fn rule_5(&mut self) {
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
        effects.extend(self.told.map(Effect::Emit));
        if self.purge {
            effects.push(Effect::Purge);
        }
        effects
    }
}
