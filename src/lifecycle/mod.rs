//! The value on which every rule is decided: small, `Copy`, and able to hold whatever a stored row holds.

mod check;
mod child;
mod columns;
mod create;
pub(crate) mod facts;
pub(crate) mod guards;
mod holds;
pub(crate) mod packed;
mod recovery;
mod stored;
pub(crate) mod words;

pub use check::{Violation, Violations};
pub use columns::Columns;
pub use create::{CreateError, Link, NewSandbox, Origin};
pub use holds::HeldResources;
pub use recovery::Recovery;

use crate::vocabulary::{
    AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, DesiredState, Fault, GpuType, Micros, Minutes,
    QueueTimeout, SandboxClass, SandboxState, Size,
};
use chrono::{DateTime, Utc};
use facts::Mask;
use guards::Guards;
use packed::Packed;

/// The lifecycle of one sandbox: where it is, where it is meant to go, and what the rules need to know of it.
///
/// It is a plain value. Build it from an embedder's own row with [`Columns`], from an API record with
/// [`SandboxDto`](crate::record::SandboxDto), or with [`Lifecycle::create`]; ask it with
/// [`decide`](Lifecycle::decide). It can hold any combination of known words, for a stored row may be broken:
/// [`check`](Lifecycle::violations) says what is wrong, and only a write is refused.
///
/// ```
/// use sandbox_lifecycle::{Columns, DesiredState, Lifecycle, SandboxState};
/// let row = Lifecycle::from(Columns {
///     state: SandboxState::Started,
///     desired_state: DesiredState::Stopped,
///     pending: true,
///     ..Columns::default()
/// });
/// assert_eq!(row.reported_state(), SandboxState::Stopping);
/// assert!(row.violations().is_empty());
/// ```
///
/// Its fields are private: a state is written by a [`Step`](crate::Step) and by nothing else.
///
/// ```compile_fail,E0616
/// # use sandbox_lifecycle::{Columns, Lifecycle};
/// let mut row = Lifecycle::from(Columns::default());
/// row.epoch = 7;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct Lifecycle {
    pub(crate) held: Guards,
    pub(crate) created: Micros,
    pub(crate) last_activity: Micros,
    pub(crate) since: Micros,
    pub(crate) destroy_at: Micros,
    pub(crate) backup_since: Micros,
    pub(crate) epoch: u32,
    pub(crate) size: Size,
    pub(crate) auto_stop: AutoStop,
    pub(crate) auto_pause: AutoPause,
    pub(crate) auto_archive: AutoArchive,
    pub(crate) auto_delete: i32,
    pub(crate) queue_timeout: Option<QueueTimeout>,
    pub(crate) packed: Packed,
    pub(crate) class: SandboxClass,
    pub(crate) gpu_type: Option<GpuType>,
    pub(crate) gpus: u8,
}

const _: () = assert!(size_of::<Lifecycle>() <= 96, "a lifecycle is copied for every decision; keep it small");

/// The columns that a step of the rules may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    pub(crate) state: SandboxState,
    pub(crate) desired: DesiredState,
    pub(crate) backup: BackupState,
    pub(crate) fault: Option<Fault>,
    pub(crate) pending: bool,
    pub(crate) has_runner: bool,
    pub(crate) has_backup_ref: bool,
    pub(crate) recoverable: bool,
    pub(crate) force_stop: bool,
}

/// Stands for "no such time" in a stored instant: the last one there is, so that it is later than any other.
pub(crate) const NEVER: Micros = Micros::MAX;

/// The last instant that does not stand for never.
pub(crate) const JUST_BEFORE_NEVER: Micros = NEVER.saturating_add_micros(-1);

/// When a life of so many minutes from now ends. An end beyond the last instant is still one, but for a life that begins
/// there, which has no end: it would lie in the past.
pub(crate) fn ends_after(now: Micros, minutes: Minutes) -> Option<Micros> {
    let end = now.saturating_add_minutes(i64::from(minutes.get())).min(JUST_BEFORE_NEVER);
    (end >= now).then_some(end)
}

impl Lifecycle {
    /// The value with its guards recomputed; every way to change a column ends here.
    pub(crate) fn sealed(mut self) -> Self {
        self.held = Guards::held_by(self.facts());
        self
    }

    /// The columns that rules change.
    #[inline]
    pub(crate) const fn status(&self) -> Status {
        self.packed.open()
    }

    /// All that its columns say, as facts.
    #[inline]
    pub(crate) fn facts(&self) -> Mask {
        facts::of(self)
    }

    /// The state as stored. A client is shown [`reported_state`](Self::reported_state).
    #[must_use]
    pub const fn state(&self) -> SandboxState {
        self.status().state
    }

    /// The state this sandbox is meant to reach.
    #[must_use]
    pub const fn desired_state(&self) -> DesiredState {
        self.status().desired
    }

    /// A change was asked for and the controller owes work. Server-side; never on the wire.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        self.status().pending
    }

    /// State and desired state are the same word.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        facts::is_fulfilled(self.status().state, self.status().desired)
    }

    /// It is deleted instead of resting in stopped: auto-delete 0.
    #[must_use]
    pub const fn is_ephemeral(&self) -> bool {
        self.auto_delete == 0
    }

    /// The class of the sandbox.
    #[must_use]
    pub const fn class(&self) -> SandboxClass {
        self.class
    }

    /// How many GPUs it holds when it runs.
    #[must_use]
    pub const fn gpus(&self) -> u8 {
        self.gpus
    }

    /// The GPU model, where one is named.
    #[must_use]
    pub const fn gpu_type(&self) -> Option<GpuType> {
        self.gpu_type
    }

    /// cpu (cores), memory and disk (GB).
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// How far its backup is.
    #[must_use]
    pub const fn backup_state(&self) -> BackupState {
        self.status().backup
    }

    /// The record holds the backup's snapshot and registry: without them a Completed backup is of no use.
    #[must_use]
    pub const fn has_backup_ref(&self) -> bool {
        self.status().has_backup_ref
    }

    /// A runner is assigned.
    #[must_use]
    pub const fn has_runner(&self) -> bool {
        self.status().has_runner
    }

    /// What went wrong, if the record holds a reason.
    #[must_use]
    pub const fn fault(&self) -> Option<Fault> {
        self.status().fault
    }

    /// The recover command is open to it.
    #[must_use]
    pub const fn is_recoverable(&self) -> bool {
        self.status().recoverable
    }

    /// The stop under way was asked for with force (SIGKILL instead of SIGTERM).
    #[must_use]
    pub const fn is_force_stop(&self) -> bool {
        self.status().force_stop
    }

    /// Which piece of work this is: calls carry it, reports echo it, every new piece raises it.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// When an idle running sandbox is stopped.
    #[must_use]
    pub const fn auto_stop(&self) -> AutoStop {
        self.auto_stop
    }

    /// When an idle running VM is paused.
    #[must_use]
    pub const fn auto_pause(&self) -> AutoPause {
        self.auto_pause
    }

    /// When a stopped sandbox is archived.
    #[must_use]
    pub const fn auto_archive(&self) -> AutoArchive {
        self.auto_archive
    }

    /// When a stopped sandbox is deleted.
    #[must_use]
    pub const fn auto_delete(&self) -> AutoDelete {
        AutoDelete::from_any(self.auto_delete)
    }

    /// How long it may wait for a runner.
    #[must_use]
    pub const fn queue_timeout(&self) -> Option<QueueTimeout> {
        self.queue_timeout
    }

    /// When its time to live ends, if it has one.
    #[must_use]
    pub fn auto_destroy_at(&self) -> Option<DateTime<Utc>> {
        time(self.destroy_at)
    }

    /// When it was made.
    #[must_use]
    pub fn created_at(&self) -> DateTime<Utc> {
        self.created.into()
    }

    /// When it was last used or changed its state: the clock of the four automatic timers.
    #[must_use]
    pub fn last_activity_at(&self) -> DateTime<Utc> {
        self.last_activity.into()
    }

    /// When its state last changed: the clock of the time limits, which use cannot prolong.
    #[must_use]
    pub fn state_since(&self) -> DateTime<Utc> {
        self.since.into()
    }

    /// When the backup under way was begun, if one is.
    #[must_use]
    pub fn backup_since(&self) -> Option<DateTime<Utc>> {
        time(self.backup_since)
    }

    /// The state the API shows: an intent is visible the moment it is taken (`projection`).
    #[must_use]
    pub const fn reported_state(&self) -> SandboxState {
        match (self.status().state, self.status().desired) {
            (SandboxState::Started, DesiredState::Stopped) => SandboxState::Stopping,
            (SandboxState::Started | SandboxState::Stopped, DesiredState::Destroyed) => SandboxState::Destroying,
            (SandboxState::Stopped, DesiredState::Started) => SandboxState::Starting,
            (SandboxState::Stopped, DesiredState::Archived) => SandboxState::Archiving,
            (SandboxState::Unknown, DesiredState::Started) => SandboxState::Creating,
            (stored, _) => stored,
        }
    }
}

/// A stored instant as a time, or nothing where it stands for never.
fn time(instant: Micros) -> Option<DateTime<Utc>> {
    (instant != NEVER).then(|| instant.into())
}

impl core::fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.columns().fmt(f)
    }
}
