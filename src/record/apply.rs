//! Carrying a step out on the record: the lifecycle, and the texts around it.

use super::{BackupRef, Maybe, Sandbox, Timestamp};
use crate::{
    lifecycle::Lifecycle,
    rules::{Effect, ReasonText, RunnerChange, Stale, Stamp, Step},
    vocabulary::{BackupState, Fault},
};
use alloc::{format, string::String};
use chrono::{DateTime, Utc};

/// The texts that a step speaks of and does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Texts<'a> {
    /// The reason that came with the report. Where a step wants it and none came, the fault's own text stands for it.
    pub reason: Option<&'a str>,
    /// The runner that was found.
    pub runner: Option<&'a str>,
    /// Where the backup that was completed is.
    pub backup: Option<&'a BackupRef>,
}

/// Why a step was not carried out. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The sandbox has moved since.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The step assigns a runner.
    #[error("the step assigns a runner, and none is named")]
    RunnerUnnamed,
    /// The step completes a backup.
    #[error("the step completes a backup, and its snapshot and registry are not named")]
    BackupUnnamed,
}

/// What a name that is given up begins with.
const GIVEN_UP: &str = "DESTROYED_";

impl<X> Sandbox<X> {
    /// Carries a step out: the lifecycle moves, and with it the name, the error reason, the runner and the backup's
    /// reference; `updatedAt` is the time of the decision if anything was written.
    ///
    /// Calls to the runner, events and a new auth token are effects for the caller to carry out.
    ///
    /// # Errors
    /// [`ApplyError`]; the sandbox is then as it was.
    pub fn apply(&mut self, step: &Step, texts: Texts<'_>) -> Result<(), ApplyError> {
        let before = self.lifecycle;
        let after = step.apply(before)?;
        self.demand(step, &after, texts)?;
        for effect in step.effects() {
            match effect {
                Effect::Runner(change) => self.change_runner(change, texts.runner),
                Effect::GiveUpName => self.shown.name = given_up(&self.shown.name, step.decided_at()),
                Effect::Reason(text) => self.change_reason(text, after.fault(), texts.reason),
                Effect::Stamp(stamp) => self.stamp(stamp, step.decided_at()),
                Effect::RotateToken | Effect::StoreChild | Effect::Call(_) | Effect::Emit(_) | Effect::Purge => {}
            }
        }
        if !after.has_backup_ref() {
            self.backup = None;
        } else if let Some(named) = texts.backup {
            self.backup = Some(named.clone());
        }
        if completes_backup(&before, &after) {
            self.shown.backup_created_at = Maybe::Value(step.decided_at().into());
        }
        self.lifecycle = after;
        self.show(Some(&before));
        if step.writes() {
            self.shown.updated_at = Maybe::Value(Timestamp::from(step.decided_at()));
        }
        Ok(())
    }

    /// Everything that the step needs is there; looked at before anything is changed.
    fn demand(&self, step: &Step, after: &Lifecycle, texts: Texts<'_>) -> Result<(), ApplyError> {
        let assigns = |effect| match effect {
            Effect::Runner(RunnerChange::Assigned | RunnerChange::AssignedKeepingPrevious) => true,
            Effect::Runner(RunnerChange::Kept | RunnerChange::Released | RunnerChange::ReleasedAsPrevious) => false,
            Effect::GiveUpName | Effect::RotateToken | Effect::Reason(_) | Effect::StoreChild => false,
            Effect::Stamp(_) | Effect::Call(_) | Effect::Emit(_) | Effect::Purge => false,
        };
        if texts.runner.is_none() && step.effects().any(assigns) {
            return Err(ApplyError::RunnerUnnamed);
        }
        if completes_backup(&self.lifecycle, after) && self.backup.is_none() && texts.backup.is_none() {
            return Err(ApplyError::BackupUnnamed);
        }
        Ok(())
    }

    fn change_runner(&mut self, change: RunnerChange, found: Option<&str>) {
        let (runner, keeps_previous) = match change {
            RunnerChange::Kept => return,
            RunnerChange::Released => (None, false),
            RunnerChange::ReleasedAsPrevious => (None, true),
            RunnerChange::Assigned => (found, false),
            RunnerChange::AssignedKeepingPrevious => (found, true),
        };
        let old = core::mem::replace(&mut self.shown.runner_id, runner.map(String::from).into());
        if keeps_previous {
            self.previous_runner_id = old.into_value();
        }
    }

    fn stamp(&mut self, stamp: Stamp, now: DateTime<Utc>) {
        let now = Maybe::Value(Timestamp::from(now));
        match stamp {
            Stamp::QueueTimedOut => self.shown.queue_timed_out_at = now,
            Stamp::SpotEvicted => self.shown.spot_evicted_at = now,
        }
    }

    fn change_reason(&mut self, text: ReasonText, fault: Option<Fault>, reported: Option<&str>) {
        self.shown.error_reason = match text {
            ReasonText::Kept => return,
            ReasonText::Cleared => Maybe::Absent,
            ReasonText::Reported => reported.or(fault.map(Fault::text)).map(String::from).into(),
            ReasonText::Ours(fault) => Maybe::Value(fault.text().into()),
        };
    }
}

fn completes_backup(before: &Lifecycle, after: &Lifecycle) -> bool {
    before.backup_state() != after.backup_state() && after.backup_state() == BackupState::Completed
}

/// A name that is free to be used again: the prefix, the old name, and the milliseconds of the deletion.
fn given_up(name: &str, now: DateTime<Utc>) -> String {
    format!("{GIVEN_UP}{name}_{}", now.timestamp_millis())
}
