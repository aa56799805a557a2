//! The effects of a write of the naive model, and their order.

use super::row::is_alive;
use crate::{
    lifecycle::Columns,
    rules::{Call, Effect, Event, Owed, ReasonText, RunnerChange, Stamp, Task},
    vocabulary::{BackupState, DesiredState, SandboxState},
};
use alloc::vec::Vec;

/// What a write does besides changing columns.
#[derive(Debug, Default)]
pub(super) struct Effects {
    pub(super) name_given_up: bool,
    pub(super) new_token: bool,
    pub(super) reason: ReasonText,
    pub(super) runner: RunnerChange,
    pub(super) owed: Owed,
    pub(super) stamp: Option<Stamp>,
    pub(super) child: bool,
    pub(super) purge: bool,
    pub(super) task: Option<Task>,
    /// The number of the backup attempt that the write requests.
    pub(super) backup_attempt: Option<u32>,
    pub(super) event: Option<Event>,
    /// A caller brings the sandbox back from a backup, which discards none.
    pub(super) recovers: bool,
}

impl Effects {
    /// Returns the effects of a write that leads from one row to the other, in order.
    pub(super) fn list(&self, old: &Columns, new: &Columns) -> Vec<Effect> {
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
        effects.extend(self.runner_change(old, new).map(Effect::Runner));
        effects.extend(self.stamp.map(Effect::Stamp));
        if self.child {
            effects.push(Effect::StoreChild);
        }
        if old.is_fork_child && is_alive(old) && !is_alive(new) {
            effects.push(Effect::RaiseParent); // Contract 14.
        }
        effects.extend(self.discarded(old, new));
        if old.has_runner {
            match self.owed {
                Owed::Nothing => {}
                Owed::Removal => effects.push(Effect::Remove { epoch: new.epoch }),
                Owed::Release => effects.push(Effect::Release { epoch: new.epoch }),
            }
        }
        let backup = self.backup_attempt.map(|attempt| Task::Backup { attempt });
        let calls = self.task.into_iter().chain(backup);
        effects.extend(calls.map(|task| Effect::Call(Call { task, epoch: new.epoch })));
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

    fn runner_change(&self, old: &Columns, new: &Columns) -> Option<RunnerChange> {
        match self.runner {
            RunnerChange::Kept => (old.has_runner && !new.has_runner).then_some(RunnerChange::Released),
            RunnerChange::Released | RunnerChange::ReleasedAsPrevious => old.has_runner.then_some(self.runner),
            RunnerChange::Assigned | RunnerChange::AssignedKeepingPrevious => Some(self.runner),
        }
    }

    /// Contract 9: backups are discarded when a newer one completes or the sandbox is destroyed.
    fn discarded(&self, old: &Columns, new: &Columns) -> Option<Effect> {
        let has_backups = old.backup_attempt > 0 || old.has_backup_ref || old.kept_backup;
        if new.state == SandboxState::Destroyed && old.state != SandboxState::Destroyed && has_backups {
            return Some(Effect::DiscardBackups { before: old.backup_attempt.wrapping_add(1) });
        }
        let completes = new.backup_state == BackupState::Completed && old.backup_state != BackupState::Completed;
        let has_older = old.kept_backup || old.backup_attempt > 1;
        (completes && has_older && !self.recovers).then_some(Effect::DiscardBackups { before: old.backup_attempt })
    }
}

/// The model's result of an accepted input.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The row after.
    pub row: Columns,
    /// The effects, in order.
    pub effects: Vec<Effect>,
}

impl Taken {
    /// The revision counts every write that changes a column or has an effect (contract 1).
    pub(super) fn raise_revision(mut self, before: &Columns) -> Self {
        if self.row != *before || !self.effects.is_empty() {
            self.row.revision = before.revision.wrapping_add(1);
        }
        self
    }
}
