//! How a step is applied to the stored record: to the lifecycle and to the texts around it.

use super::{
    columns::show_changes,
    outbox::{OutboxEntries, Runners, entry},
    sandbox::Sandbox,
    server_fields::BackupRef,
};
use crate::record::form::{Maybe, Timestamp};
use crate::rules::{Cause, Effect, ReasonText, RunnerChange, Stale, Stamp, Step};
use crate::{
    lifecycle::{Changes, Lifecycle},
    vocabulary::BackupState,
    vocabulary::Fault,
};
use alloc::{format, string::String, vec::Vec};
use chrono::{DateTime, Utc};

/// The values that a step may need and does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StepDetails<'a> {
    /// The error reason of the report. If it is `None` and the step needs it, the text of the fault replaces it.
    pub reason: Option<&'a str>,
    /// The runner that the step assigns. Ignored by a step that assigns none.
    pub runner: Option<&'a str>,
    /// Where the completed backup is stored. Ignored by a step that completes no backup attempt.
    pub backup: Option<&'a BackupRef>,
}

/// The reason why a step was not applied. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The sandbox changed after the decision.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The step assigns a runner.
    #[error("cannot apply a step that assigns a runner without the runner: set `StepDetails::runner`")]
    MissingRunner,
    /// The step removes or releases the copy on the runner that it leaves, and assigns the same runner.
    #[error("cannot apply a step that leaves a runner with the same runner: place the sandbox on another one")]
    SameRunner,
    /// The step completes a backup.
    #[error("cannot apply a step that completes a backup without its snapshot and registry: set `StepDetails::backup`")]
    MissingBackup,
}

/// The prefix of the name of a deleted sandbox.
const DELETED_PREFIX: &str = "DESTROYED_";

impl<X> Sandbox<X> {
    /// Applies a step to the lifecycle, the name, the error reason, the runner and the backup reference, and returns what the
    /// step sends. If the step writes anything, `updatedAt` becomes the time of the decision, and a record without
    /// `lastActivityAt` gets it, because it can no longer be read from `updatedAt`.
    ///
    /// In the same transaction the caller stores the entries in its outbox and carries out the effects that are no text of
    /// this record: a new auth token, a fork's child ([`fork_child`](Self::fork_child)), the parent's revision, a purge.
    ///
    /// # Errors
    /// [`ApplyError`]. The sandbox is then unchanged.
    pub fn apply(&mut self, step: &Step, details: StepDetails<'_>) -> Result<OutboxEntries, ApplyError> {
        let before = self.lifecycle;
        let (after, changes) = step.applied(before)?;
        let effects: Vec<Effect> = step.effects().collect();
        self.check_details(step, &effects, &after, details)?;
        let now = Maybe::Value(Timestamp::from(step.now));
        let mut left = None;
        for effect in &effects {
            match *effect {
                Effect::Runner(change) => left = self.change_runner(change, details.runner),
                Effect::GiveUpName => self.record.name = deleted_name(&self.record.name, step.decided_at()),
                Effect::Reason(text) => self.change_reason(text, after.fault(), details.reason),
                Effect::Stamp(Stamp::QueueTimedOut) => self.record.queue_timed_out_at = now.clone(),
                Effect::Stamp(Stamp::SpotEvicted) => self.record.spot_evicted_at = now.clone(),
                Effect::RotateToken | Effect::StoreChild | Effect::Call(_) | Effect::Emit(_) | Effect::Purge => {}
                Effect::Remove { .. }
                | Effect::Release { .. }
                | Effect::DiscardBackups { .. }
                | Effect::RaiseParent => {}
            }
        }
        let new = details.backup.filter(|_| completes_attempt(step, &before, &after));
        let backup = new.cloned().or_else(|| self.backup.take());
        self.backup = backup.filter(|_| after.has_backup_ref() || after.kept_backup());
        if completes_backup(&before, &after) {
            self.record.backup_created_at = now.clone();
        }
        self.lifecycle = after;
        self.show_state();
        show_changes(&mut self.record, &changes, &before);
        if !(Changes { revision: None, ..changes }).is_empty() {
            self.stamp(step.now.into());
        }
        let before = left.as_ref().map_or(self.runner_id(), Option::as_deref);
        let runners = Runners { before, after: self.runner_id() };
        let numbered = effects.into_iter().zip(0..);
        let sent = numbered.filter_map(|(effect, n)| entry(&self.record.id, effect, n, after.revision(), &runners));
        Ok(OutboxEntries(sent.collect()))
    }

    /// Checks that the step has all details that it needs, before anything is changed.
    fn check_details(
        &self,
        step: &Step,
        effects: &[Effect],
        after: &Lifecycle,
        details: StepDetails<'_>,
    ) -> Result<(), ApplyError> {
        let assigns = |effect: &Effect| match effect {
            Effect::Runner(RunnerChange::Assigned | RunnerChange::AssignedKeepingPrevious) => true,
            Effect::Runner(RunnerChange::Kept | RunnerChange::Released | RunnerChange::ReleasedAsPrevious) => false,
            Effect::GiveUpName | Effect::RotateToken | Effect::Reason(_) | Effect::StoreChild => false,
            Effect::Stamp(_) | Effect::Call(_) | Effect::Emit(_) | Effect::Purge => false,
            Effect::Remove { .. } | Effect::Release { .. } | Effect::DiscardBackups { .. } | Effect::RaiseParent => {
                false
            }
        };
        let leaves = |effect: &Effect| matches!(effect, Effect::Remove { .. } | Effect::Release { .. });
        let (assigns, leaves) = (effects.iter().any(assigns), effects.iter().any(leaves));
        if assigns && details.runner.is_none() {
            return Err(ApplyError::MissingRunner);
        }
        if assigns && leaves && self.runner_id() == details.runner {
            return Err(ApplyError::SameRunner);
        }
        if completes_attempt(step, &self.lifecycle, after) && self.lacks_reference(details) {
            return Err(ApplyError::MissingBackup);
        }
        Ok(())
    }

    /// Whether nobody says where a backup that is complete now is stored. The reference at hand may be that of an older one.
    fn lacks_reference(&self, details: StepDetails<'_>) -> bool {
        details.backup.is_none() && (self.backup.is_none() || self.lifecycle.kept_backup())
    }

    /// Changes the runner, and returns the old one, if there was one. `None` means that nothing has changed.
    fn change_runner(&mut self, change: RunnerChange, assigned: Option<&str>) -> Option<Option<String>> {
        let (runner, keeps_previous) = match change {
            RunnerChange::Kept => return None,
            RunnerChange::Released => (None, false),
            RunnerChange::ReleasedAsPrevious => (None, true),
            RunnerChange::Assigned => (assigned, false),
            RunnerChange::AssignedKeepingPrevious => (assigned, true),
        };
        let old = core::mem::replace(&mut self.record.runner_id, runner.map(String::from).into()).into_value();
        if keeps_previous {
            self.previous_runner_id.clone_from(&old);
        }
        Some(old)
    }

    fn change_reason(&mut self, text: ReasonText, fault: Option<Fault>, reported: Option<&str>) {
        self.record.error_reason = match text {
            ReasonText::Kept => return,
            ReasonText::Cleared => Maybe::Absent,
            ReasonText::Reported => reported.or(fault.map(Fault::text)).map(String::from).into(),
            ReasonText::Ours(fault) => Maybe::Value(fault.text().into()),
        };
    }
}

/// Whether the step completes a backup attempt, whose reference is a new one. A recovery uses the one that was kept.
fn completes_attempt(step: &Step, before: &Lifecycle, after: &Lifecycle) -> bool {
    completes_backup(before, after) && !matches!(step.cause(), Cause::Command(_))
}

fn completes_backup(before: &Lifecycle, after: &Lifecycle) -> bool {
    before.backup_state() != after.backup_state() && after.backup_state() == BackupState::Completed
}

/// Returns the name of a deleted sandbox, so that the old name is free again: the prefix, the old name, and the time of
/// the deletion in milliseconds.
fn deleted_name(name: &str, now: DateTime<Utc>) -> String {
    format!("{DELETED_PREFIX}{name}_{}", now.timestamp_millis())
}
