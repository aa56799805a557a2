//! The step of an accepted input: what it expects, what it changes, and its effects.

use super::cause::{Cause, Ignored};
use super::side_effects::{ReasonText, RunnerChange, SideEffects, TimerMark};
use super::{effect::Effect, payload::Payload};
use crate::lifecycle::{Changes, Expects, Lifecycle, Status};
use crate::rules::input::{report::ReportKind, timer::Timer, verb::Verb};
use crate::rules::{call::Call, event::Event};
use crate::vocabulary::{BackupState, DesiredState, Micros, Minutes, SandboxState};
use chrono::{DateTime, Utc};
use core::fmt;
use serde::{Deserialize, Serialize};

/// The accepted result of [`decide`](Lifecycle::decide): what to write, and what to do in the same transaction.
///
/// Write [`changes`](Step::changes) if the row still has the values of [`expects`](Step::expects), and carry out
/// [`effects`](Step::effects) in the same transaction. [`apply`](Step::apply) makes the same changes to a value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "a step does nothing until it is written and its effects are carried out"]
pub struct Step {
    pub(crate) cause: Cause,
    pub(crate) row: Lifecycle,
    pub(crate) after: Status,
    pub(crate) next_epoch: u32,
    pub(crate) now: Micros,
    pub(crate) payload: Payload,
    /// The longest auto-archive interval that a command can set. The payload has the requested interval.
    pub(crate) longest_auto_archive: Minutes,
    #[serde(flatten)]
    pub(crate) effects: SideEffects,
}

/// The error for a row that has changed since the step was decided. Read the row and decide again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox has changed since this was decided (its state was {was} and is {is}): read it and decide again")]
pub struct Stale {
    /// The state on which the step was decided.
    pub was: SandboxState,
    /// The state that the row has now.
    pub is: SandboxState,
}

impl Step {
    /// Returns a step that writes nothing.
    #[inline]
    pub(crate) const fn nothing(row: &Lifecycle, cause: Cause, now: Micros) -> Self {
        Self {
            cause,
            row: *row,
            after: row.status,
            next_epoch: row.epoch,
            now,
            payload: Payload::Nothing,
            longest_auto_archive: Minutes::MAX,
            effects: SideEffects::NONE,
        }
    }

    /// Returns a step that writes nothing, because the report is ignored.
    pub(crate) const fn ignored(row: &Lifecycle, why: Ignored, now: Micros) -> Self {
        Self::nothing(row, Cause::Ignored(why), now)
    }

    /// Which rule made it.
    pub const fn cause(&self) -> Cause {
        self.cause
    }

    /// Returns the row on which it was decided.
    pub const fn before(&self) -> &Lifecycle {
        &self.row
    }

    /// Returns when it was decided.
    pub fn decided_at(&self) -> DateTime<Utc> {
        self.now.into()
    }

    /// Whether the step has neither changes nor effects.
    pub fn is_noop(&self) -> bool {
        !self.writes() && self.effects().next().is_none()
    }

    /// Whether the step changes a column.
    pub fn writes(&self) -> bool {
        self.changes() != Changes::default()
    }

    /// Whether the step gives up name and backup and sets desired state destroyed. This happens only once: a destroy
    /// with force does not give up the name again if the desired state is already destroyed.
    pub const fn is_soft_delete(&self) -> bool {
        self.effects.soft_delete && !matches!(self.row.status.desired(), DesiredState::Destroyed)
    }

    /// Returns the state after the step.
    pub const fn state(&self) -> SandboxState {
        self.after.state()
    }

    /// Returns the desired state after the step.
    pub const fn desired_state(&self) -> DesiredState {
        self.after.desired()
    }

    /// Returns the call of the runner that is an effect of the step, with the epoch that the step begins.
    pub(crate) fn call(&self) -> Option<Call> {
        let task = if self.effects.calls { self.payload.task(self.row.size) } else { None };
        task.map(|task| Call { task, epoch: self.next_epoch })
    }

    /// Returns what happens to the runner column. A row without a runner releases none.
    const fn runner_change(&self) -> RunnerChange {
        let (had, has) = (self.row.status.has_runner(), self.after.has_runner());
        match self.effects.runner {
            RunnerChange::Kept if had && !has => RunnerChange::Released,
            RunnerChange::Released | RunnerChange::ReleasedAsPrevious if !had => RunnerChange::Kept,
            RunnerChange::Kept | RunnerChange::Released | RunnerChange::ReleasedAsPrevious => self.effects.runner,
            RunnerChange::Assigned | RunnerChange::AssignedKeepingPrevious => self.effects.runner,
        }
    }

    /// Returns the columns that must still have these values: the decision read them, and another writer may have
    /// changed them.
    pub fn expects(&self) -> Expects {
        let row = self.row.columns();
        let mut expects = Expects {
            state: Some(row.state),
            desired_state: Some(row.desired_state),
            pending: Some(row.pending),
            epoch: Some(row.epoch),
            backup_state: Some(row.backup_state),
            has_backup_ref: Some(row.has_backup_ref),
            has_runner: Some(row.has_runner),
            fault: Some(row.fault),
            recoverable: Some(row.recoverable),
            force_stop: Some(row.force_stop),
            // A stop deletes an ephemeral sandbox.
            auto_delete: Some(row.auto_delete),
            ..Expects::default()
        };
        // An idle timer does not act after a touch, and the earlier of two touches does not overwrite the later one.
        if matches!(self.cause, Cause::Timer(_) | Cause::Command(Verb::Touch)) {
            expects.last_activity_at = Some(row.last_activity_at);
        }
        match self.cause {
            Cause::Timer(Timer::Ttl) => expects.auto_destroy_at = Some(row.auto_destroy_at),
            Cause::Timer(Timer::AutoArchive) => expects.auto_archive = Some(row.auto_archive),
            Cause::Timer(Timer::BackupLimit) => expects.backup_since = Some(row.backup_since),
            // Each idle timer can only be set while the other one is off.
            Cause::Timer(Timer::AutoPause) | Cause::Command(Verb::AutoStop) => {
                expects.auto_pause = Some(row.auto_pause)
            }
            Cause::Timer(Timer::AutoStop) | Cause::Command(Verb::AutoPause) => expects.auto_stop = Some(row.auto_stop),
            Cause::Timer(Timer::AutoDelete | Timer::SpotEviction | Timer::QueueTimeout) => {}
            Cause::Timer(Timer::TimeLimit | Timer::Retention) | Cause::Command(_) | Cause::Already(_) => {}
            Cause::Report(_) | Cause::Ignored(_) | Cause::Controller => {}
        }
        expects
    }

    /// Returns the columns to write.
    pub fn changes(&self) -> Changes {
        fn changed<T: PartialEq>(old: T, new: T) -> Option<T> {
            (old != new).then_some(new)
        }
        let (old, new) = (self.row.status, self.after);
        let own = self.payload.changes(&self.row, self.longest_auto_archive, self.now);
        let moved = (old.state() != new.state()).then(|| self.decided_at());
        Changes {
            state: changed(old.state(), new.state()),
            desired_state: changed(old.desired(), new.desired()),
            pending: changed(old.pending(), new.pending()),
            epoch: changed(self.row.epoch, self.next_epoch),
            backup_state: changed(old.backup(), new.backup()),
            has_backup_ref: changed(old.has_backup_ref(), new.has_backup_ref()),
            has_runner: changed(old.has_runner(), new.has_runner()),
            fault: changed(old.fault(), new.fault()),
            recoverable: changed(old.recoverable(), new.recoverable()),
            force_stop: changed(old.force_stop(), new.force_stop()),
            // A new state restarts the timers.
            last_activity_at: moved.or(own.last_activity_at),
            state_since: moved,
            backup_since: (old.backup() != new.backup()).then(|| match new.backup() {
                BackupState::Pending | BackupState::InProgress => Some(self.decided_at()),
                BackupState::None | BackupState::Completed | BackupState::Error => None,
            }),
            ..own
        }
    }

    /// Returns what to do in the transaction of the write, in this order.
    pub fn effects(&self) -> impl Iterator<Item = Effect> + use<> {
        let (before, after, effects) = (self.row.status, self.after, self.effects);
        let runner = self.runner_change();
        let (stamp, purge) = match effects.timer {
            Some(TimerMark::Stamp(stamp)) => (Some(Effect::Stamp(stamp)), None),
            Some(TimerMark::Purge) => (None, Some(Effect::Purge)),
            None => (None, None),
        };
        let state = (before.state() != after.state())
            .then_some(Event::StateUpdated { old_state: before.state(), new_state: after.state() });
        let desired = (before.desired() != after.desired()).then_some(Event::DesiredStateUpdated {
            old_desired_state: before.desired(),
            new_desired_state: after.desired(),
        });
        [
            self.is_soft_delete().then_some(Effect::GiveUpName),
            effects.token.then_some(Effect::RotateToken),
            (effects.reason != ReasonText::Kept).then_some(Effect::Reason(effects.reason)),
            (runner != RunnerChange::Kept).then_some(Effect::Runner(runner)),
            stamp,
            effects.child.then_some(Effect::StoreChild),
            self.call().map(Effect::Call),
            state.map(Effect::Emit),
            desired.map(Effect::Emit),
            effects.event.and_then(Event::without_fields).map(Effect::Emit),
            purge,
        ]
        .into_iter()
        .flatten()
    }

    /// Returns the row after this step.
    ///
    /// # Errors
    /// [`Stale`] if the row has changed since the step was decided: read it and decide again.
    pub fn apply(&self, row: Lifecycle) -> Result<Lifecycle, Stale> {
        if self.expects().are_met_by(&row) {
            Ok(row.columns().changed_by(&self.changes()).into())
        } else {
            Err(Stale { was: self.row.status.state(), is: row.status.state() })
        }
    }
}

/// The cause and the changes: `command stop: desiredState stopped, pending true, epoch 1`.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)?;
        for (index, (column, value)) in self.changes().iter().enumerate() {
            write!(f, "{}{column} {value}", if index == 0 { ": " } else { ", " })?;
        }
        Ok(())
    }
}

/// Returns the epoch after a write. A new piece of work raises it: a call, a soft delete, a new desired state that is
/// not reached, or pending work that the controller did not have before. Reports of earlier work are stale then.
///
/// The answer to a call raises nothing, because it belongs to the work of the call. This matters for a row in error,
/// which has no pending work until its destroy is accepted.
#[inline]
#[expect(clippy::as_conversions, reason = "true is 1; const code has only `as`")]
pub(crate) const fn next_epoch(row: &Lifecycle, after: Status, cause: Cause, effects: SideEffects) -> u32 {
    let before = row.status;
    let has_new_work = after.pending() & !before.pending() & !matches!(cause, Cause::Report(ReportKind::Answer));
    let has_new_goal = after.desires_otherwise_than(before) & !after.is_settled();
    let begins = effects.calls | effects.soft_delete | has_new_work | has_new_goal;
    row.epoch.saturating_add(begins as u32)
}
