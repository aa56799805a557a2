//! The step of an accepted input: what it expects, what it changes, and its effects.

use super::cause::{Cause, Ignored};
use super::side_effects::{Owed, ReasonText, RunnerChange, SideEffects, TimerMark};
use super::{
    effect::Effect,
    expects::{Expects, Stale},
    payload::{Payload, changed},
};
use crate::lifecycle::{Changes, Lifecycle, Status};
use crate::rules::input::{timer::Timer, verb::Verb};
use crate::rules::{
    call::{Call, Task},
    event::Event,
};
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

    /// Whether the step changes a column other than the revision.
    pub fn writes(&self) -> bool {
        !self.own_changes().is_empty()
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

    /// Returns the number of the backup attempt that the step requests, if it requests one. Only a command and a pass do.
    fn requested_attempt(&self) -> Option<u32> {
        let reports = matches!(self.cause, Cause::Report(_) | Cause::Ignored(_));
        let begins = self.after.backup() == BackupState::Pending && self.row.status.backup() != BackupState::Pending;
        (begins && !reports).then(|| self.row.backup_attempt.wrapping_add(1))
    }

    /// Returns the first backup attempt that is kept, if the step discards older ones: a newer backup is complete, or the
    /// sandbox is destroyed.
    fn discarded_before(&self) -> Option<u32> {
        let (before, after, attempt) = (self.row.status, self.after, self.row.backup_attempt);
        let completes = after.backup() == BackupState::Completed && before.backup() != BackupState::Completed;
        let has_older = before.kept_backup() || attempt > 1;
        let destroyed = after.state() == SandboxState::Destroyed && before.state() != SandboxState::Destroyed;
        let has_any = attempt > 0 || before.has_backup_ref() || before.kept_backup();
        if destroyed && has_any {
            Some(attempt.wrapping_add(1))
        } else {
            (completes && has_older && !matches!(self.cause, Cause::Command(_))).then_some(attempt)
        }
    }

    /// Whether a fork's child is no longer alive after the step: its parent has one live child less.
    fn ends_child(&self) -> bool {
        let lives =
            |status: Status| status.state() != SandboxState::Destroyed && status.desired() != DesiredState::Destroyed;
        self.row.status.is_fork_child() && lives(self.row.status) && !lives(self.after)
    }

    /// Returns the duty towards the runner that the row leaves.
    const fn owed(&self) -> Option<Effect> {
        if !self.row.status.has_runner() {
            return None;
        }
        match self.effects.owed {
            Owed::Nothing => None,
            Owed::Removal => Some(Effect::Remove { epoch: self.next_epoch }),
            Owed::Release => Some(Effect::Release { epoch: self.next_epoch }),
        }
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

    /// Returns what must still hold when the step is written.
    ///
    /// A step without changes and effects is not written, and expects nothing. Neither does a touch: see
    /// [`Command::Touch`](crate::Command::Touch).
    pub fn expects(&self) -> Expects {
        self.expects_before(&self.changes())
    }

    /// Returns what must still hold when these changes of the step are written. Only a step that expects nothing leaves the
    /// revision.
    fn expects_before(&self, changes: &Changes) -> Expects {
        if changes.revision.is_none() {
            return Expects::default();
        }
        let is_idle_timer = match self.cause {
            Cause::Timer(Timer::AutoDelete | Timer::AutoArchive | Timer::AutoPause | Timer::AutoStop) => true,
            Cause::Timer(Timer::SpotEviction | Timer::Ttl | Timer::QueueTimeout | Timer::TimeLimit) => false,
            Cause::Timer(Timer::BackupLimit | Timer::Retention) | Cause::Command(_) | Cause::Already(_) => false,
            Cause::Report(_) | Cause::Ignored(_) | Cause::Controller => false,
        };
        let activity = is_idle_timer.then(|| self.row.last_activity_at());
        Expects { revision: Some(self.row.revision), last_activity_at: activity }
    }

    /// Whether the step only notes that the sandbox was used.
    const fn is_touch(&self) -> bool {
        matches!(self.cause, Cause::Command(Verb::Touch))
    }

    /// Returns the columns to write. A step that changes a column or has an effect raises the revision; a touch does not.
    pub fn changes(&self) -> Changes {
        let changes = self.own_changes();
        let raises = !self.is_touch() && (!changes.is_empty() || self.effects().next().is_some());
        Changes { revision: raises.then(|| self.row.revision.wrapping_add(1)), ..changes }
    }

    /// Returns the columns to write without the revision.
    fn own_changes(&self) -> Changes {
        let (old, new) = (self.row.status, self.after);
        let own = self.payload.changes(&self.row, self.longest_auto_archive, self.now);
        let now = self.decided_at();
        let moved = (old.state() != new.state()).then_some(now);
        // A recovery and another placement of a restore have a time limit of their own.
        let begins = old.repair() != new.repair() || new.restore_attempts() > old.restore_attempts();
        let gives_up = (old.desired(), new.desired()) == (DesiredState::Archived, DesiredState::Stopped)
            && !matches!(self.cause, Cause::Command(_));
        let restored = self.cause == Cause::Command(Verb::Recover) && new.state() == SandboxState::Archived;
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
            must_ask: changed(old.must_ask(), new.must_ask()),
            must_ask_store: changed(old.must_ask_store(), new.must_ask_store()),
            repair: changed(old.repair(), new.repair()),
            changed_since_backup: changed(old.changed_since_backup(), new.changed_since_backup()),
            kept_backup: changed(old.kept_backup(), new.kept_backup()),
            archive_attempts: changed(old.archive_attempts(), new.archive_attempts()),
            restore_attempts: changed(old.restore_attempts(), new.restore_attempts()),
            backup_attempt: self.requested_attempt(),
            last_recovery: restored.then_some(Some(now)),
            // A new state restarts the timers.
            last_activity_at: moved.or(gives_up.then_some(now)).or(own.last_activity_at),
            state_since: moved.or(begins.then_some(now)),
            backup_since: (old.backup() != new.backup()).then(|| match new.backup() {
                BackupState::Pending | BackupState::InProgress => Some(now),
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
            (self.cause == Cause::Command(Verb::Fork)).then_some(Effect::StoreChild),
            self.ends_child().then_some(Effect::RaiseParent),
            self.discarded_before().map(|before| Effect::DiscardBackups { before }),
            self.owed(),
            self.call().map(Effect::Call),
            self.requested_attempt()
                .map(|attempt| Effect::Call(Call { task: Task::Backup { attempt }, epoch: self.next_epoch })),
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
        self.applied(row).map(|(after, _changes)| after)
    }

    /// Returns the row after this step, and what the step changed in it.
    pub(crate) fn applied(&self, row: Lifecycle) -> Result<(Lifecycle, Changes), Stale> {
        let mut changes = self.changes();
        let expects = self.expects_before(&changes);
        if expects.are_met_by(&row) {
            // The one statement for a touch keeps the later time too (`docs/COLUMNS.md`).
            if self.is_touch() {
                changes.last_activity_at = changes.last_activity_at.map(|at| at.max(row.last_activity_at()));
            }
            Ok((row.changed_by(&changes), changes))
        } else if expects.revision == Some(row.revision) {
            Err(Stale::Used)
        } else {
            Err(Stale::Changed { was: self.row.revision, is: row.revision })
        }
    }
}

/// The cause and the changes: `command stop: desiredState stopped, pending true, revision 1`.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)?;
        for (index, (column, value)) in self.changes().iter().enumerate() {
            write!(f, "{}{column} {value}", if index == 0 { ": " } else { ", " })?;
        }
        Ok(())
    }
}

/// Returns the epoch after a write. What begins a piece of work raises it, and so does the loss of the runner (contract 2 of
/// `docs/PROTOCOL.md`). Reports of earlier work are stale then.
#[inline]
#[expect(clippy::as_conversions, reason = "true is 1; const code has only `as`")]
pub(crate) const fn next_epoch(row: &Lifecycle, after: Status, begins_work: bool) -> u32 {
    let loses_runner = row.status.has_runner() & !after.has_runner();
    row.epoch.wrapping_add((begins_work | loses_runner) as u32)
}
