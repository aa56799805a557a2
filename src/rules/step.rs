//! The answer to an accepted input: a small difference between two rows, with everything that goes with it.

use super::{
    Event, Verb,
    effect::{Call, Effect, Notice, ReasonText, RunnerChange, Stamp},
    report::ReportKind,
    swap::{Changes, Expects},
    timer::Timer,
};
use crate::{
    lifecycle::{Lifecycle, NEVER, Status},
    vocabulary::{
        AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, DesiredState, Instant, SandboxState, Size,
    },
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

/// A column that a step sets beside the two states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Edit {
    None,
    AutoStop(AutoStop),
    AutoPause(AutoPause),
    AutoArchive(AutoArchive),
    AutoDelete(AutoDelete),
    DestroyAt(Option<Instant>),
    Size(Size),
    Touch(Instant),
    BackupSince(Option<Instant>),
}

impl Edit {
    /// The row has this setting still.
    fn stands_in(self, row: &Lifecycle) -> bool {
        match self {
            Self::None => true,
            Self::AutoStop(minutes) => minutes == row.auto_stop,
            Self::AutoPause(minutes) => minutes == row.auto_pause,
            Self::AutoArchive(minutes) => minutes == row.auto_archive,
            Self::AutoDelete(minutes) => minutes.wire() == row.auto_delete,
            Self::DestroyAt(at) => at.unwrap_or(NEVER) == row.destroy_at,
            Self::Size(size) => size == row.size,
            Self::Touch(at) => at == row.last_activity,
            Self::BackupSince(at) => at.unwrap_or(NEVER) == row.backup_since,
        }
    }
}

/// What is to be written, and what goes with it.
///
/// A step is a difference, not a row: write [`changes`](Step::changes) where [`expects`](Step::expects) still holds,
/// and carry out [`effects`](Step::effects) in the same transaction. [`apply`](Step::apply) does the same to a value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    pub(crate) cause: Cause,
    pub(crate) ephemeral: bool,
    /// The setting that the decision read, where it read one that another writer may change.
    pub(crate) read_setting: Edit,
    pub(crate) read_activity: Option<Instant>,
    pub(crate) before: Status,
    pub(crate) after: Status,
    pub(crate) epoch: u32,
    pub(crate) next_epoch: u32,
    pub(crate) now: Instant,
    pub(crate) edit: Edit,
    pub(crate) call: Option<Call>,
    pub(crate) notice: Option<Notice>,
    pub(crate) reason: ReasonText,
    pub(crate) runner: RunnerChange,
    pub(crate) stamp: Option<Stamp>,
    pub(crate) token: bool,
    pub(crate) soft_delete: bool,
    pub(crate) child: bool,
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
    pub(crate) const fn nothing(row: &Lifecycle, cause: Cause, now: Instant) -> Self {
        Self {
            cause,
            ephemeral: row.is_ephemeral(),
            read_setting: Edit::None,
            read_activity: None,
            before: row.status,
            after: row.status,
            epoch: row.epoch,
            next_epoch: row.epoch,
            now,
            edit: Edit::None,
            call: None,
            notice: None,
            reason: ReasonText::Kept,
            runner: RunnerChange::Kept,
            stamp: None,
            token: false,
            soft_delete: false,
            child: false,
        }
    }

    /// A step that writes nothing, for what a runner said does not bear on the row.
    pub(crate) const fn ignored(row: &Lifecycle, why: Ignored, now: Instant) -> Self {
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
    pub fn is_nothing(&self) -> bool {
        !self.writes() && self.effects().next().is_none()
    }

    /// A column changes.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.before != self.after || self.edit != Edit::None || self.epoch != self.next_epoch || self.soft_delete
    }

    /// The name and the backup are given up and the sandbox is to be destroyed.
    #[must_use]
    pub const fn is_soft_delete(&self) -> bool {
        self.soft_delete
    }

    /// The state after.
    #[must_use]
    pub const fn state(&self) -> SandboxState {
        self.after.state
    }

    /// The desired state after.
    #[must_use]
    pub const fn desired_state(&self) -> DesiredState {
        self.after.desired
    }

    /// The columns that must still hold.
    #[must_use]
    pub const fn expects(&self) -> Expects {
        let mut expects = Expects {
            state: self.before.state,
            desired_state: self.before.desired,
            pending: self.before.pending,
            epoch: self.epoch,
            backup_state: self.before.backup,
            has_backup_ref: self.before.has_backup_ref,
            has_runner: self.before.has_runner,
            fault: self.before.fault,
            recoverable: self.before.recoverable,
            force_stop: self.before.force_stop,
            ephemeral: self.ephemeral,
            auto_stop: None,
            auto_pause: None,
            auto_archive: None,
            auto_delete: None,
            auto_destroy_at: None,
            backup_since: None,
            last_activity_at: self.read_activity,
        };
        match self.read_setting {
            Edit::AutoStop(minutes) => expects.auto_stop = Some(minutes),
            Edit::AutoPause(minutes) => expects.auto_pause = Some(minutes),
            Edit::AutoArchive(minutes) => expects.auto_archive = Some(minutes),
            Edit::AutoDelete(minutes) => expects.auto_delete = Some(minutes),
            Edit::DestroyAt(at) => expects.auto_destroy_at = at,
            Edit::BackupSince(at) => expects.backup_since = at,
            Edit::None | Edit::Size(_) | Edit::Touch(_) => {}
        }
        expects
    }

    /// The columns to write.
    #[must_use]
    pub fn changes(&self) -> Changes {
        fn changed<T: PartialEq>(old: T, new: T) -> Option<T> {
            (old != new).then_some(new)
        }
        let (old, new) = (self.before, self.after);
        let moved = (old.state != new.state).then_some(self.now);
        let mut changes = Changes {
            state: changed(old.state, new.state),
            desired_state: changed(old.desired, new.desired),
            pending: changed(old.pending, new.pending),
            epoch: changed(self.epoch, self.next_epoch),
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
        match self.edit {
            Edit::None => {}
            Edit::AutoStop(minutes) => changes.auto_stop = Some(minutes),
            Edit::AutoPause(minutes) => changes.auto_pause = Some(minutes),
            Edit::AutoArchive(minutes) => changes.auto_archive = Some(minutes),
            Edit::AutoDelete(minutes) => changes.auto_delete = Some(minutes),
            Edit::DestroyAt(at) => changes.auto_destroy_at = Some(at),
            Edit::Size(size) => changes.size = Some(size),
            Edit::Touch(at) => changes.last_activity_at = Some(at),
            Edit::BackupSince(at) => changes.backup_since = Some(at),
        }
        changes
    }

    /// What is to be done with the write, in this order.
    pub fn effects(&self) -> impl Iterator<Item = Effect> + use<> {
        let (before, after) = (self.before, self.after);
        let state = (before.state != after.state)
            .then_some(Event::StateUpdated { old_state: before.state, new_state: after.state });
        let desired = (before.desired != after.desired).then_some(Event::DesiredStateUpdated {
            old_desired_state: before.desired,
            new_desired_state: after.desired,
        });
        [
            self.soft_delete.then_some(Effect::GiveUpName),
            self.token.then_some(Effect::RotateToken),
            (self.reason != ReasonText::Kept).then_some(Effect::Reason(self.reason)),
            (self.runner != RunnerChange::Kept).then_some(Effect::Runner(self.runner)),
            self.stamp.map(Effect::Stamp),
            self.child.then_some(Effect::StoreChild),
            self.call.map(Effect::Call),
            state.map(Effect::Tell),
            desired.map(Effect::Tell),
            self.notice.map(|notice| Effect::Tell(notice.into())),
        ]
        .into_iter()
        .flatten()
    }

    /// The row after this step, whatever it was before: the caller has checked.
    pub(crate) fn written_to(&self, row: Lifecycle) -> Lifecycle {
        let mut next = row;
        next.status = self.after;
        next.epoch = self.next_epoch;
        if self.before.state != self.after.state {
            // Section 5: a new state restarts the clocks.
            next.since = self.now;
            next.last_activity = self.now;
        }
        if self.before.backup != self.after.backup {
            next.backup_since = backup_since(self.after.backup, self.now).unwrap_or(NEVER);
        }
        match self.edit {
            Edit::None => {}
            Edit::AutoStop(minutes) => next.auto_stop = minutes,
            Edit::AutoPause(minutes) => next.auto_pause = minutes,
            Edit::AutoArchive(minutes) => next.auto_archive = minutes,
            Edit::AutoDelete(minutes) => next.auto_delete = minutes.wire(),
            Edit::DestroyAt(at) => next.destroy_at = at.unwrap_or(NEVER),
            Edit::Size(size) => next.size = size,
            Edit::Touch(at) => next.last_activity = at,
            Edit::BackupSince(at) => next.backup_since = at.unwrap_or(NEVER),
        }
        next.sealed()
    }

    /// The row after this step.
    ///
    /// # Errors
    /// [`Stale`] when the row is not the one the step was decided on: read again, decide again.
    pub fn apply(&self, row: Lifecycle) -> Result<Lifecycle, Stale> {
        let same = row.status == self.before
            && row.epoch == self.epoch
            && row.is_ephemeral() == self.ephemeral
            && self.read_setting.stands_in(&row)
            && self.read_activity.is_none_or(|activity| activity == row.last_activity);
        if same { Ok(self.written_to(row)) } else { Err(Stale { was: self.before.state, is: row.status.state }) }
    }
}

/// When a backup in this state was begun, if it is under way.
const fn backup_since(backup: BackupState, now: Instant) -> Option<Instant> {
    match backup {
        BackupState::Pending | BackupState::InProgress => Some(now),
        BackupState::None | BackupState::Completed | BackupState::Error => None,
    }
}
