//! What a step was decided on: the columns that another writer may not have changed meanwhile.

use super::Step;
use crate::{
    lifecycle::{Lifecycle, facts},
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, DesiredState, Instant, SandboxState},
};
use serde::{Deserialize, Serialize};

/// The columns that must still hold for a step to be written: the `where` of a compare-and-swap.
///
/// They are all that a decision reads and another writer could have changed meanwhile. Those that are not there do not
/// matter to the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
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
    /// Whether a runner is assigned.
    pub has_runner: bool,
    /// Whether it is ephemeral: auto-delete 0.
    pub ephemeral: bool,
    /// The last activity, for a step of the clock: a sandbox used meanwhile is not stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_activity_at: Option<Instant>,
    /// Auto-stop, for its own timer and for a new auto-pause: at most one of the two is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_stop: Option<AutoStop>,
    /// Auto-pause, for its own timer and for a new auto-stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_pause: Option<AutoPause>,
    /// Auto-archive, for its own timer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_archive: Option<AutoArchive>,
    /// Auto-delete, for its own timer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_delete: Option<AutoDelete>,
    /// When its time to live ends, for that timer: a sandbox that was given more time lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_destroy_at: Option<Instant>,
    /// When the backup under way was begun, for its time limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_since: Option<Instant>,
}

impl Expects {
    pub(crate) const fn of(step: &Step) -> Self {
        let mut expects = Self {
            state: step.before.state,
            desired_state: step.before.desired,
            pending: step.before.pending,
            epoch: step.epoch,
            backup_state: step.before.backup,
            has_runner: step.before.has_runner,
            ephemeral: step.read & facts::Ephemeral != 0,
            last_activity_at: step.read_activity,
            auto_stop: None,
            auto_pause: None,
            auto_archive: None,
            auto_delete: None,
            auto_destroy_at: None,
            backup_since: None,
        };
        match step.read_also {
            ReadAlso::Nothing => {}
            ReadAlso::AutoStop(minutes) => expects.auto_stop = Some(minutes),
            ReadAlso::AutoPause(minutes) => expects.auto_pause = Some(minutes),
            ReadAlso::AutoArchive(minutes) => expects.auto_archive = Some(minutes),
            ReadAlso::AutoDelete(minutes) => expects.auto_delete = Some(minutes),
            ReadAlso::DestroyAt(at) => expects.auto_destroy_at = Some(at),
            ReadAlso::BackupSince(at) => expects.backup_since = Some(at),
        }
        expects
    }
}

/// A column that a decision read and that only some decisions read: what changed it meanwhile makes them stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ReadAlso {
    #[default]
    Nothing,
    AutoStop(AutoStop),
    AutoPause(AutoPause),
    AutoArchive(AutoArchive),
    AutoDelete(AutoDelete),
    DestroyAt(Instant),
    BackupSince(Instant),
}

impl ReadAlso {
    pub(crate) fn still_holds(self, row: &Lifecycle) -> bool {
        match self {
            Self::Nothing => true,
            Self::AutoStop(minutes) => minutes == row.auto_stop,
            Self::AutoPause(minutes) => minutes == row.auto_pause,
            Self::AutoArchive(minutes) => minutes == row.auto_archive,
            Self::AutoDelete(minutes) => minutes == row.auto_delete(),
            Self::DestroyAt(at) => at == row.destroy_at,
            Self::BackupSince(at) => at == row.backup_since,
        }
    }
}
