//! A step as a store carries it out: the two halves of a compare-and-swap.

use crate::{
    lifecycle::{Lifecycle, Status},
    vocabulary::{
        AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, DesiredState, Fault, Micros, SandboxState, Size,
    },
};
use serde::{Deserialize, Deserializer, Serialize};

/// The columns that must still hold for a step to be written: the `where` of a compare-and-swap.
///
/// They are all that a decision reads and another writer could have changed meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expects {
    /// The state.
    pub state: SandboxState,
    /// The desired state.
    pub desired_state: DesiredState,
    /// Pending.
    pub pending: bool,
    /// The epoch.
    pub epoch: u32,
    /// The backup state.
    pub backup_state: BackupState,
    /// Whether the backup's reference is held.
    pub has_backup_ref: bool,
    /// Whether a runner is assigned.
    pub has_runner: bool,
    /// The fault; nothing where there is none, which a store has to compare too.
    pub fault: Option<Fault>,
    /// The recoverable flag.
    pub recoverable: bool,
    /// Whether the stop under way is with force.
    pub force_stop: bool,
    /// Whether it is ephemeral: auto-delete 0.
    pub ephemeral: bool,
    /// Auto-stop, for a step that goes by it: the timer's own, and one that sets auto-pause.
    #[serde(rename = "autoStopInterval", skip_serializing_if = "Option::is_none")]
    pub auto_stop: Option<AutoStop>,
    /// Auto-pause, for a step that goes by it: the timer's own, and one that sets auto-stop.
    #[serde(rename = "autoPauseInterval", skip_serializing_if = "Option::is_none")]
    pub auto_pause: Option<AutoPause>,
    /// Auto-archive, for the timer's own step.
    #[serde(rename = "autoArchiveInterval", skip_serializing_if = "Option::is_none")]
    pub auto_archive: Option<AutoArchive>,
    /// Auto-delete, for the timer's own step.
    #[serde(rename = "autoDeleteInterval", skip_serializing_if = "Option::is_none")]
    pub auto_delete: Option<AutoDelete>,
    /// When its time to live ends, for the timer's own step: whoever prolonged it meanwhile keeps the sandbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_destroy_at: Option<Micros>,
    /// When the backup under way was begun, for the timer's own step: another one has its own time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_since: Option<Micros>,
    /// The last activity, for a step of the clock (a sandbox used meanwhile is not stopped) and for a touch (the earlier
    /// is not written over the later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_activity_at: Option<Micros>,
}

impl Expects {
    /// The row is still as it was when the step was decided.
    #[must_use]
    pub fn are_met_by(&self, row: &Lifecycle) -> bool {
        fn is<T: PartialEq>(expected: Option<T>, found: T) -> bool {
            expected.is_none_or(|expected| expected == found)
        }
        let status = Status {
            state: self.state,
            desired: self.desired_state,
            backup: self.backup_state,
            fault: self.fault,
            pending: self.pending,
            has_runner: self.has_runner,
            has_backup_ref: self.has_backup_ref,
            recoverable: self.recoverable,
            force_stop: self.force_stop,
        };
        row.status() == status
            && row.epoch == self.epoch
            && row.is_ephemeral() == self.ephemeral
            && is(self.auto_stop, row.auto_stop)
            && is(self.auto_pause, row.auto_pause)
            && is(self.auto_archive, row.auto_archive)
            && is(self.auto_delete, row.auto_delete())
            && is(self.auto_destroy_at, row.destroy_at)
            && is(self.backup_since, row.backup_since)
            && is(self.last_activity_at, row.last_activity)
    }
}

/// The columns that a step writes; nothing for those it leaves alone: the `set` of a compare-and-swap.
///
/// Stored, they have the names of the stored row's columns, so a row in JSON takes them one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Changes {
    /// The state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<SandboxState>,
    /// The desired state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_state: Option<DesiredState>,
    /// Pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<bool>,
    /// The epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u32>,
    /// The backup state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_state: Option<BackupState>,
    /// Whether the backup's reference is held; false removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_backup_ref: Option<bool>,
    /// Whether a runner is assigned; which one is an effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_runner: Option<bool>,
    /// The fault; `Some(None)` removes it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "named")]
    pub fault: Option<Option<Fault>>,
    /// The recoverable flag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recoverable: Option<bool>,
    /// Whether the stop under way is with force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force_stop: Option<bool>,
    /// The size.
    #[serde(flatten)]
    pub size: Option<Size>,
    /// Auto-stop.
    #[serde(rename = "autoStopInterval", skip_serializing_if = "Option::is_none")]
    pub auto_stop: Option<AutoStop>,
    /// Auto-pause.
    #[serde(rename = "autoPauseInterval", skip_serializing_if = "Option::is_none")]
    pub auto_pause: Option<AutoPause>,
    /// Auto-archive.
    #[serde(rename = "autoArchiveInterval", skip_serializing_if = "Option::is_none")]
    pub auto_archive: Option<AutoArchive>,
    /// Auto-delete.
    #[serde(rename = "autoDeleteInterval", skip_serializing_if = "Option::is_none")]
    pub auto_delete: Option<AutoDelete>,
    /// When its time to live ends; `Some(None)` removes it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "named")]
    pub auto_destroy_at: Option<Option<Micros>>,
    /// The last activity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_activity_at: Option<Micros>,
    /// When the state last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_since: Option<Micros>,
    /// When the backup under way was begun; `Some(None)` removes it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "named")]
    pub backup_since: Option<Option<Micros>>,
}

/// A column that is named is written, also where it is emptied: `null` is a value, and only what is missing is left alone.
fn named<'de, D: Deserializer<'de>, T: Deserialize<'de>>(column: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(column).map(Some)
}
