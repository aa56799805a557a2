//! The answer to an accepted input: a small difference between two rows, with everything that goes with it.

use super::{
    Event, Verb,
    effect::{Call, Effect, Notice, ReasonText, RunnerChange, Stamp},
    own::{Edit, Own, edit_of, task_of},
    report::ReportKind,
    swap::{Changes, Expects},
    timer::Timer,
};
use crate::{
    lifecycle::{Lifecycle, NEVER, packed::Packed},
    vocabulary::{BackupState, DesiredState, Micros, Minutes, SandboxState},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Which rule made a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Cause {
    /// A row of the command table.
    Command(Verb),
    /// It was so already: nothing is written.
    Already(Verb),
    /// What a runner said.
    Report(ReportKind),
    /// What a runner said does not bear on this row: nothing is written.
    Ignored(Ignored),
    /// A timer.
    Timer(Timer),
    /// A pass of the controller.
    Controller,
}

/// Why a report changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Ignored {
    /// It tells of an older piece of work: its epoch is not the row's.
    OlderEpoch,
    /// It says what the row says.
    SameState,
    /// The sandbox is to be destroyed: nothing else matters any more.
    ToBeDestroyed,
    /// The sandbox is meant to go elsewhere: the job is void. A fork's child is told only when its source is not.
    NotWanted,
    /// The row does not wait for this job: its state is another, or it is where it was to go.
    NotAwaited,
    /// The write would break rule 4.
    BreaksRule4,
    /// The backup it tells of is not the sandbox's.
    OtherBackup,
}

/// What is to be written, and what goes with it.
///
/// A step is a difference: the row it was decided on and the columns that change. Write [`changes`](Step::changes) where
/// [`expects`](Step::expects) still holds, and carry out [`effects`](Step::effects) in the same transaction.
/// [`apply`](Step::apply) does the same to a value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    pub(crate) cause: Cause,
    pub(crate) row: Lifecycle,
    pub(crate) after: Packed,
    pub(crate) next_epoch: u32,
    pub(crate) now: Micros,
    pub(crate) own: Own,
    /// What an auto-archive interval is cut to: the command carries what was asked.
    pub(crate) longest_auto_archive: Minutes,
    #[serde(flatten)]
    pub(crate) beside: Beside,
}

/// What goes with a write and is no column of a lifecycle. The rule table holds it whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[repr(align(8))]
pub(crate) struct Beside {
    /// The runner is called at once; the other inputs leave it to the controller.
    pub(crate) calls: bool,
    pub(crate) notice: Option<Notice>,
    pub(crate) reason: ReasonText,
    pub(crate) runner: RunnerChange,
    pub(crate) stamp: Option<Stamp>,
    /// The auth token is replaced.
    pub(crate) token: bool,
    /// The name and the backup are given up.
    pub(crate) soft_delete: bool,
    /// A fork's child is stored.
    pub(crate) child: bool,
}

impl Beside {
    pub(crate) const NOTHING: Self = Self {
        calls: false,
        notice: None,
        reason: ReasonText::Kept,
        runner: RunnerChange::Kept,
        stamp: None,
        token: false,
        soft_delete: false,
        child: false,
    };
}

/// The row has moved since the step was decided. Read it and decide again: a lost race is no failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox has changed since this was decided: it was {was}, it is {is}; read it and decide again")]
pub struct Stale {
    /// The state the step was decided on.
    pub was: SandboxState,
    /// The state that was found.
    pub is: SandboxState,
}

impl Step {
    /// A step that writes nothing.
    #[inline]
    pub(crate) const fn nothing(row: &Lifecycle, cause: Cause, now: Micros) -> Self {
        Self {
            cause,
            row: *row,
            after: row.packed,
            next_epoch: row.epoch,
            now,
            own: Own::Nothing,
            longest_auto_archive: Minutes::MAX,
            beside: Beside::NOTHING,
        }
    }

    /// A step that writes nothing, for what a runner said does not bear on the row.
    pub(crate) const fn ignored(row: &Lifecycle, why: Ignored, now: Micros) -> Self {
        Self::nothing(row, Cause::Ignored(why), now)
    }

    /// Which rule made it.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        self.cause
    }

    /// When it was decided.
    #[must_use]
    pub fn decided_at(&self) -> DateTime<Utc> {
        self.now.into()
    }

    /// Nothing is written and nothing is to be done.
    #[must_use]
    pub fn is_noop(&self) -> bool {
        !self.writes() && self.effects().next().is_none()
    }

    /// A column changes.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.row.packed != self.after
            || self.edit() != Edit::None
            || self.row.epoch != self.next_epoch
            || self.is_soft_delete()
    }

    /// The name and the backup are given up and the sandbox is to be destroyed. Once: a destroy with force of one that
    /// is to be destroyed already does not give its name up again.
    #[must_use]
    pub const fn is_soft_delete(&self) -> bool {
        self.beside.soft_delete && !matches!(self.row.status().desired, DesiredState::Destroyed)
    }

    /// The state after.
    #[must_use]
    pub const fn state(&self) -> SandboxState {
        self.after.open().state
    }

    /// The desired state after.
    #[must_use]
    pub const fn desired_state(&self) -> DesiredState {
        self.after.open().desired
    }

    /// The column that is set beside the states.
    pub(crate) fn edit(&self) -> Edit {
        match self.own {
            Own::Nothing => Edit::None,
            Own::Resized(size) => Edit::Size(size),
            Own::Command(command) => edit_of(command, &self.row, self.longest_auto_archive, self.now),
        }
    }

    /// The call that goes out with the step. Its epoch is the one that the step begins.
    pub(crate) fn call(&self) -> Option<Call> {
        let task = match self.own {
            Own::Command(command) if self.beside.calls => task_of(command, self.row.size),
            Own::Command(_) | Own::Nothing | Own::Resized(_) => None,
        };
        task.map(|task| Call { task, epoch: self.next_epoch })
    }

    /// What becomes of the runner column: nobody is released who was not held.
    const fn runner_change(&self) -> RunnerChange {
        let (had, has) = (self.row.status().has_runner, self.after.open().has_runner);
        match self.beside.runner {
            RunnerChange::Kept if had && !has => RunnerChange::Released,
            RunnerChange::Released | RunnerChange::ReleasedAsPrevious if !had => RunnerChange::Kept,
            RunnerChange::Kept | RunnerChange::Released | RunnerChange::ReleasedAsPrevious => self.beside.runner,
            RunnerChange::Assigned | RunnerChange::AssignedKeepingPrevious => self.beside.runner,
        }
    }

    /// The columns that must still hold.
    #[must_use]
    pub fn expects(&self) -> Expects {
        let (row, status) = (&self.row, self.row.status());
        let mut expects = Expects {
            state: status.state,
            desired_state: status.desired,
            pending: status.pending,
            epoch: row.epoch,
            backup_state: status.backup,
            has_backup_ref: status.has_backup_ref,
            has_runner: status.has_runner,
            fault: status.fault,
            recoverable: status.recoverable,
            force_stop: status.force_stop,
            ephemeral: row.is_ephemeral(),
            auto_stop: None,
            auto_pause: None,
            auto_archive: None,
            auto_delete: None,
            auto_destroy_at: None,
            backup_since: None,
            last_activity_at: None,
        };
        match self.cause {
            Cause::Timer(timer) => {
                expects.last_activity_at = Some(row.last_activity);
                match timer {
                    Timer::Ttl => expects.auto_destroy_at = (row.destroy_at != NEVER).then_some(row.destroy_at),
                    Timer::AutoDelete => expects.auto_delete = Some(row.auto_delete()),
                    Timer::AutoArchive => expects.auto_archive = Some(row.auto_archive),
                    Timer::AutoPause => expects.auto_pause = Some(row.auto_pause),
                    Timer::AutoStop => expects.auto_stop = Some(row.auto_stop),
                    Timer::BackupLimit => {
                        expects.backup_since = (row.backup_since != NEVER).then_some(row.backup_since)
                    }
                    Timer::SpotEviction | Timer::QueueTimeout | Timer::TimeLimit | Timer::Retention => {}
                }
            }
            // Setting one idle timer goes by the other: both set at once must not both be written.
            Cause::Command(Verb::AutoStop) => expects.auto_pause = Some(row.auto_pause),
            Cause::Command(Verb::AutoPause) => expects.auto_stop = Some(row.auto_stop),
            // Two touches at once: the earlier is not written over the later.
            Cause::Command(Verb::Touch) => expects.last_activity_at = Some(row.last_activity),
            Cause::Command(_) | Cause::Already(_) | Cause::Report(_) | Cause::Ignored(_) | Cause::Controller => {}
        }
        expects
    }

    /// The columns to write.
    #[must_use]
    pub fn changes(&self) -> Changes {
        fn changed<T: PartialEq>(old: T, new: T) -> Option<T> {
            (old != new).then_some(new)
        }
        let (old, new) = (self.row.status(), self.after.open());
        let moved = (old.state != new.state).then_some(self.now);
        let mut changes = Changes {
            state: changed(old.state, new.state),
            desired_state: changed(old.desired, new.desired),
            pending: changed(old.pending, new.pending),
            epoch: changed(self.row.epoch, self.next_epoch),
            backup_state: changed(old.backup, new.backup),
            has_backup_ref: changed(old.has_backup_ref, new.has_backup_ref),
            has_runner: changed(old.has_runner, new.has_runner),
            fault: changed(old.fault, new.fault),
            recoverable: changed(old.recoverable, new.recoverable),
            force_stop: changed(old.force_stop, new.force_stop),
            last_activity_at: moved,
            state_since: moved,
            backup_since: (old.backup != new.backup).then(|| backup_since(new.backup, self.now)),
            ..Changes::default()
        };
        match self.edit() {
            Edit::None => {}
            Edit::AutoStop(minutes) => changes.auto_stop = Some(minutes),
            Edit::AutoPause(minutes) => changes.auto_pause = Some(minutes),
            Edit::AutoArchive(minutes) => changes.auto_archive = Some(minutes),
            Edit::AutoDelete(minutes) => changes.auto_delete = Some(minutes),
            Edit::DestroyAt(at) => changes.auto_destroy_at = Some(at),
            Edit::Size(size) => changes.size = Some(size),
            Edit::Touch(at) => changes.last_activity_at = Some(at),
        }
        changes
    }

    /// What is to be done with the write, in this order.
    pub fn effects(&self) -> impl Iterator<Item = Effect> + use<> {
        let (before, after, beside) = (self.row.status(), self.after.open(), self.beside);
        let runner = self.runner_change();
        let state = (before.state != after.state)
            .then_some(Event::StateUpdated { old_state: before.state, new_state: after.state });
        let desired = (before.desired != after.desired).then_some(Event::DesiredStateUpdated {
            old_desired_state: before.desired,
            new_desired_state: after.desired,
        });
        [
            self.is_soft_delete().then_some(Effect::GiveUpName),
            beside.token.then_some(Effect::RotateToken),
            (beside.reason != ReasonText::Kept).then_some(Effect::Reason(beside.reason)),
            (runner != RunnerChange::Kept).then_some(Effect::Runner(runner)),
            beside.stamp.map(Effect::Stamp),
            beside.child.then_some(Effect::StoreChild),
            self.call().map(Effect::Call),
            state.map(Effect::Tell),
            desired.map(Effect::Tell),
            beside.notice.map(|notice| Effect::Tell(notice.into())),
        ]
        .into_iter()
        .flatten()
    }

    /// The row after this step, whatever it was before: the caller has checked.
    pub(crate) fn written_to(&self, row: Lifecycle) -> Lifecycle {
        let (before, after, mut next) = (self.row.status(), self.after.open(), row);
        next.packed = self.after;
        next.epoch = self.next_epoch;
        if before.state != after.state {
            // Section 5: a new state restarts the clocks.
            next.since = self.now;
            next.last_activity = self.now;
        }
        if before.backup != after.backup {
            next.backup_since = backup_since(after.backup, self.now).unwrap_or(NEVER);
        }
        match self.edit() {
            Edit::None => {}
            Edit::AutoStop(minutes) => next.auto_stop = minutes,
            Edit::AutoPause(minutes) => next.auto_pause = minutes,
            Edit::AutoArchive(minutes) => next.auto_archive = minutes,
            Edit::AutoDelete(minutes) => next.auto_delete = minutes.as_minutes(),
            Edit::DestroyAt(at) => next.destroy_at = at.unwrap_or(NEVER),
            Edit::Size(size) => next.size = size,
            Edit::Touch(at) => next.last_activity = at,
        }
        next.sealed()
    }

    /// The row after this step.
    ///
    /// # Errors
    /// [`Stale`] when the row is not the one the step was decided on: read again, decide again.
    pub fn apply(&self, row: Lifecycle) -> Result<Lifecycle, Stale> {
        if self.expects().are_met_by(&row) {
            Ok(self.written_to(row))
        } else {
            Err(Stale { was: self.row.status().state, is: row.status().state })
        }
    }
}

/// When a backup in this state was begun, if it is under way.
const fn backup_since(backup: BackupState, now: Micros) -> Option<Micros> {
    match backup {
        BackupState::Pending | BackupState::InProgress => Some(now),
        BackupState::None | BackupState::Completed | BackupState::Error => None,
    }
}

/// The epoch after a write: a new piece of work for a runner raises it. That is a call of its own, or a new debt of the
/// controller. Late answers to the work before it no longer bear on the row. The answer to a call is part of the work
/// that the call began, also where a row in error owes nothing until its destroy is accepted.
#[inline]
pub(crate) fn next_epoch(row: &Lifecycle, after: Packed, cause: Cause, beside: Beside) -> u32 {
    let before = row.packed;
    // `|` and `&`: what a row holds cannot be foreseen, and each of these is one instruction.
    let owes_anew = after.owes_anew(before) & !matches!(cause, Cause::Report(ReportKind::Answer));
    let begins = beside.calls | beside.soft_delete | owes_anew | after.wants_anew(before);
    row.epoch.saturating_add(u32::from(begins))
}
