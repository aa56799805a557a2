//! The lifecycle of one sandbox as a value.

use super::{fact_set::Facts, instants::NEVER, pairs, status::Status};
use crate::vocabulary::{
    AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, DesiredState, Fault, GpuType, Micros, QueueTimeout,
    SandboxClass, SandboxState, Size,
};
use chrono::{DateTime, Utc};

/// The lifecycle of one sandbox: its state, its desired state, and everything else that a rule reads.
///
/// It is a plain value. Build it from your own row with [`Columns`](crate::Columns), from an API record with
/// [`SandboxDto`](crate::record::SandboxDto), or with [`Lifecycle::create`], and call [`decide`](Lifecycle::decide) on it.
/// It can hold any combination of known words, since a stored row may be broken:
/// [`violations`](Lifecycle::violations) lists what is wrong.
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
/// Its fields are private: only a [`Step`](crate::Step) writes a state.
///
/// ```compile_fail,E0616
/// # use sandbox_lifecycle::{Columns, Lifecycle};
/// let mut row = Lifecycle::from(Columns::default());
/// row.epoch = 7;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lifecycle {
    pub(crate) facts: Facts,
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
    pub(crate) status: Status,
    pub(crate) class: SandboxClass,
    pub(crate) gpu_type: Option<GpuType>,
    pub(crate) gpus: u8,
}

const _: () = assert!(size_of::<Lifecycle>() <= 104, "a lifecycle is copied for every decision; keep it small");

impl Lifecycle {
    /// Every column empty or zero, to be filled from [`Columns`].
    pub(super) const BLANK: Self = Self {
        facts: Facts::NONE,
        created: NEVER,
        last_activity: NEVER,
        since: NEVER,
        destroy_at: NEVER,
        backup_since: NEVER,
        epoch: 0,
        size: Size { cpu: 0, memory: 0, disk: 0 },
        auto_stop: AutoStop::Never,
        auto_pause: AutoPause::Never,
        auto_archive: AutoArchive::AtOnce,
        auto_delete: 0,
        queue_timeout: None,
        status: Status::BLANK,
        class: SandboxClass::Container,
        gpu_type: None,
        gpus: 0,
    };

    /// Returns the state as stored. The API shows [`reported_state`](Self::reported_state).
    #[must_use]
    pub const fn state(&self) -> SandboxState {
        self.status.state()
    }

    /// Returns where the sandbox should go.
    #[must_use]
    pub const fn desired_state(&self) -> DesiredState {
        self.status.desired()
    }

    /// Whether the controller has work to do: a change was requested and is not done. Never on the wire.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        self.status.pending()
    }

    /// Whether the sandbox is where it should go.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        self.status.is_settled()
    }

    /// Whether it is deleted when it stops: auto-delete 0.
    #[must_use]
    pub const fn is_ephemeral(&self) -> bool {
        self.auto_delete == 0
    }

    /// Returns the class of the sandbox.
    #[must_use]
    pub const fn class(&self) -> SandboxClass {
        self.class
    }

    /// Returns how many GPUs it holds when it runs.
    #[must_use]
    pub const fn gpus(&self) -> u8 {
        self.gpus
    }

    /// Returns the GPU model, if one is named.
    #[must_use]
    pub const fn gpu_type(&self) -> Option<GpuType> {
        self.gpu_type
    }

    /// Returns CPU (cores), memory (GB) and disk (GB).
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// Returns the state of its backup.
    #[must_use]
    pub const fn backup_state(&self) -> BackupState {
        self.status.backup()
    }

    /// Whether the backup's snapshot and registry are known. Without them a completed backup cannot be restored.
    #[must_use]
    pub const fn has_backup_ref(&self) -> bool {
        self.status.has_backup_ref()
    }

    /// Whether a runner is assigned.
    #[must_use]
    pub const fn has_runner(&self) -> bool {
        self.status.has_runner()
    }

    /// Returns what went wrong, if the record has an error reason.
    #[must_use]
    pub const fn fault(&self) -> Option<Fault> {
        self.status.fault()
    }

    /// Whether the recover command can bring it back.
    #[must_use]
    pub const fn is_recoverable(&self) -> bool {
        self.status.recoverable()
    }

    /// Whether the stop under way uses force (SIGKILL instead of SIGTERM).
    #[must_use]
    pub const fn is_force_stop(&self) -> bool {
        self.status.force_stop()
    }

    /// Returns the number of the current piece of work: calls carry it, reports echo it, each new piece raises it.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Returns when an idle running sandbox is stopped.
    #[must_use]
    pub const fn auto_stop(&self) -> AutoStop {
        self.auto_stop
    }

    /// Returns when an idle running VM is paused.
    #[must_use]
    pub const fn auto_pause(&self) -> AutoPause {
        self.auto_pause
    }

    /// Returns when a stopped sandbox is archived.
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
        pairs::reported(self.status.state(), self.status.desired())
    }
}

/// A stored instant as a time, or nothing where it stands for never.
fn time(instant: Micros) -> Option<DateTime<Utc>> {
    (instant != NEVER).then(|| instant.into())
}
