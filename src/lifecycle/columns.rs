//! A lifecycle as an embedder's columns: the border where a row becomes a value, and its stored form.

use super::{Lifecycle, NEVER, Status, guards::Guards};
use crate::vocabulary::{
    AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, DesiredState, Fault, GpuType, Micros, QueueTimeout,
    SandboxClass, SandboxState, Size,
};
use serde::Serialize;

/// Every column of a [`Lifecycle`], open to read and to build from.
///
/// The serde form is what [`Lifecycle`] is stored as: the API's own names, plus the columns that only a server has.
/// `state` and `desiredState` must be there. Everything else has a default, so that a row written before a column
/// existed is still read: that of [`Columns::default`], but `hasRunner` is false; `pending`, when it is not there, is
/// what rule 5 makes of the two states, and the times, when they are not there, are those of the column before:
/// `createdAt` (1970), `lastActivityAt`, `stateSince`. A column that this crate does not know is passed over, a value
/// that it does not know is an error that names the column.
///
/// Intervals are in minutes; 0 and negative numbers mean what each type says. The last instant there is,
/// [`Micros::MAX`], stands for none where a time may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Columns {
    /// The state as stored, not as shown.
    pub state: SandboxState,
    /// Where it is meant to go.
    pub desired_state: DesiredState,
    /// The controller owes work.
    pub pending: bool,
    /// The class of the sandbox.
    #[serde(rename = "sandboxClass")]
    pub class: SandboxClass,
    /// How many GPUs it holds when it runs.
    pub gpu: u8,
    /// The GPU model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu_type: Option<GpuType>,
    /// cpu (cores), memory and disk (GB).
    #[serde(flatten)]
    pub size: Size,
    /// How far the backup is.
    pub backup_state: BackupState,
    /// The backup's snapshot and registry are both known.
    pub has_backup_ref: bool,
    /// A runner is assigned.
    pub has_runner: bool,
    /// What went wrong, where the record holds an error reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// The recover command is open to it.
    pub recoverable: bool,
    /// The stop under way was asked for with force.
    pub force_stop: bool,
    /// Which piece of work this is: calls carry it, reports echo it, every new piece raises it.
    pub epoch: u32,
    /// After how many idle minutes a running sandbox is stopped.
    #[serde(rename = "autoStopInterval")]
    pub auto_stop: AutoStop,
    /// After how many idle minutes a running VM is paused.
    #[serde(rename = "autoPauseInterval")]
    pub auto_pause: AutoPause,
    /// After how many idle minutes a stopped sandbox is archived.
    #[serde(rename = "autoArchiveInterval")]
    pub auto_archive: AutoArchive,
    /// After how many idle minutes a stopped sandbox is deleted.
    #[serde(rename = "autoDeleteInterval")]
    pub auto_delete: AutoDelete,
    /// When its time to live ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_destroy_at: Option<Micros>,
    /// How many minutes it may wait for a runner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_timeout: Option<QueueTimeout>,
    /// When it was made.
    pub created_at: Micros,
    /// When it was last used or changed its state.
    pub last_activity_at: Micros,
    /// When its state last changed.
    pub state_since: Micros,
    /// When the backup under way was begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_since: Option<Micros>,
}

/// A container that runs and owes nothing, with the server's default sizes and intervals, made in 1970.
impl Default for Columns {
    fn default() -> Self {
        Self {
            state: SandboxState::Started,
            desired_state: DesiredState::Started,
            pending: false,
            class: SandboxClass::default(),
            gpu: 0,
            gpu_type: None,
            size: Size::default(),
            backup_state: BackupState::None,
            has_backup_ref: false,
            has_runner: true,
            fault: None,
            recoverable: false,
            force_stop: false,
            epoch: 0,
            auto_stop: AutoStop::default(),
            auto_pause: AutoPause::default(),
            auto_archive: AutoArchive::default(),
            auto_delete: AutoDelete::default(),
            auto_destroy_at: None,
            queue_timeout: None,
            created_at: Micros::EPOCH,
            last_activity_at: Micros::EPOCH,
            state_since: Micros::EPOCH,
            backup_since: None,
        }
    }
}

impl From<Columns> for Lifecycle {
    fn from(columns: Columns) -> Self {
        Self {
            held: Guards::NONE,
            created: columns.created_at,
            last_activity: columns.last_activity_at,
            since: columns.state_since,
            destroy_at: columns.auto_destroy_at.unwrap_or(NEVER),
            backup_since: columns.backup_since.unwrap_or(NEVER),
            epoch: columns.epoch,
            size: columns.size,
            auto_stop: columns.auto_stop,
            auto_pause: columns.auto_pause,
            auto_archive: columns.auto_archive,
            auto_delete: columns.auto_delete.as_minutes(),
            queue_timeout: columns.queue_timeout,
            packed: Status {
                state: columns.state,
                desired: columns.desired_state,
                backup: columns.backup_state,
                fault: columns.fault,
                pending: columns.pending,
                has_runner: columns.has_runner,
                has_backup_ref: columns.has_backup_ref,
                recoverable: columns.recoverable,
                force_stop: columns.force_stop,
            }
            .packed(),
            class: columns.class,
            gpu_type: columns.gpu_type,
            gpus: columns.gpu,
        }
        .sealed()
    }
}

impl From<Lifecycle> for Columns {
    fn from(row: Lifecycle) -> Self {
        let status = row.status();
        Self {
            state: status.state,
            desired_state: status.desired,
            pending: status.pending,
            class: row.class,
            gpu: row.gpus,
            gpu_type: row.gpu_type,
            size: row.size,
            backup_state: status.backup,
            has_backup_ref: status.has_backup_ref,
            has_runner: status.has_runner,
            fault: status.fault,
            recoverable: status.recoverable,
            force_stop: status.force_stop,
            epoch: row.epoch,
            auto_stop: row.auto_stop,
            auto_pause: row.auto_pause,
            auto_archive: row.auto_archive,
            auto_delete: row.auto_delete(),
            auto_destroy_at: (row.destroy_at != NEVER).then_some(row.destroy_at),
            queue_timeout: row.queue_timeout,
            created_at: row.created,
            last_activity_at: row.last_activity,
            state_since: row.since,
            backup_since: (row.backup_since != NEVER).then_some(row.backup_since),
        }
    }
}

impl Lifecycle {
    /// The value as columns, to change one and build it again.
    #[must_use]
    pub fn columns(&self) -> Columns {
        (*self).into()
    }
}
