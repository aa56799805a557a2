//! What a platform may choose: limits, time limits and which published API it speaks, each default with its reason.

use crate::vocabulary::{Minutes, SandboxState};
use serde::{Deserialize, Serialize};

/// The published API whose rules apply where they moved on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ApiProfile {
    /// 0.190.0, the last server whose decisions are recorded. Conformance is measured under it.
    #[serde(rename = "0.190")]
    V0_190,
    /// 0.226, as published. What a new embedder wants.
    #[default]
    #[serde(rename = "0.226")]
    V0_226,
}

/// Everything a platform may choose. Start from [`Policy::default`] and change a field.
///
/// ```
/// use sandbox_lifecycle::{ApiProfile, Policy};
/// let mut policy = Policy::default();
/// policy.profile = ApiProfile::V0_190;
/// ```
///
/// A stored one may lack any field, which is then the default. A field that is unknown is refused: a limit with a slip
/// in its name would hold nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Policy {
    /// Which published rules apply.
    pub profile: ApiProfile,
    /// The longest auto-archive interval a command can set; 0 asks for it (recorded: 43,200 minutes, 30 days).
    pub max_auto_archive: Minutes,
    /// Minutes between two recoveries from a backup (recorded: 60).
    pub recovery_cooldown: Minutes,
    /// How many failed archive attempts end in error: more than this (recorded: 3).
    pub max_archive_attempts: u32,
    /// How long a controller waits before it looks again at a sandbox that owes work (ours: 1 minute, well within the
    /// shortest time limit).
    pub look_again: Minutes,
    /// How long each change may take.
    pub time_limits: TimeLimits,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            profile: ApiProfile::default(),
            max_auto_archive: minutes(43_200),
            recovery_cooldown: minutes(60),
            max_archive_attempts: 3,
            look_again: minutes(1),
            time_limits: TimeLimits::default(),
        }
    }
}

impl Policy {
    /// The rules as recorded from the 0.190 server. What it did not know (auto-pause, time to live, the queue timeout) is
    /// taken all the same.
    #[must_use]
    pub fn recorded() -> Self {
        Self { profile: ApiProfile::V0_190, ..Self::default() }
    }
}

/// The longest a change may take, in minutes, before the clock ends it.
///
/// Recorded: starting 5, creating 15, restoring, pulling_snapshot 30, building_snapshot and snapshotting 60, a backup
/// 120. The other defaults are ours, since the recorded server waits for ever there; each says why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct TimeLimits {
    /// Recorded: 15.
    pub creating: Minutes,
    /// Recorded: 30.
    pub restoring: Minutes,
    /// Recorded: 5.
    pub starting: Minutes,
    /// Recorded: 30.
    pub pulling_snapshot: Minutes,
    /// Recorded: 60, ending in build_failed.
    pub building_snapshot: Minutes,
    /// Recorded: 60, ending where the desired state names.
    pub snapshotting: Minutes,
    /// Ours: 15. A stop with SIGTERM waits for its processes, so three times a start.
    pub stopping: Minutes,
    /// Ours: 30. Removing a large disk takes as long as restoring one.
    pub destroying: Minutes,
    /// Ours: 30. Memory is written to disk, at the pace of a restore.
    pub pausing: Minutes,
    /// Ours: 30. Memory is read back from disk.
    pub resuming: Minutes,
    /// Ours: 30. A disk grows in seconds; a runner that needs half an hour is lost.
    pub resizing: Minutes,
    /// Ours: 60. A fork copies memory and disk, as a snapshot does.
    pub forking: Minutes,
    /// Ours: 1,440. A backup may be asked for four times, at two hours each, and a queue stands before it.
    pub archiving: Minutes,
    /// Recorded: 120.
    pub backup: Minutes,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self {
            creating: minutes(15),
            restoring: minutes(30),
            starting: minutes(5),
            pulling_snapshot: minutes(30),
            building_snapshot: minutes(60),
            snapshotting: minutes(60),
            stopping: minutes(15),
            destroying: minutes(30),
            pausing: minutes(30),
            resuming: minutes(30),
            resizing: minutes(30),
            forking: minutes(60),
            archiving: minutes(1_440),
            backup: minutes(120),
        }
    }
}

impl TimeLimits {
    /// The limit of a state, where it has one. States at rest have none; unknown is left at the next look, and
    /// pending_build has the queue timeout.
    #[must_use]
    pub const fn of(&self, state: SandboxState) -> Option<Minutes> {
        Some(match state {
            SandboxState::Creating => self.creating,
            SandboxState::Restoring => self.restoring,
            SandboxState::Starting => self.starting,
            SandboxState::PullingSnapshot => self.pulling_snapshot,
            SandboxState::BuildingSnapshot => self.building_snapshot,
            SandboxState::Snapshotting => self.snapshotting,
            SandboxState::Stopping => self.stopping,
            SandboxState::Destroying => self.destroying,
            SandboxState::Pausing => self.pausing,
            SandboxState::Resuming => self.resuming,
            SandboxState::Resizing => self.resizing,
            SandboxState::Forking => self.forking,
            SandboxState::Archiving => self.archiving,
            SandboxState::Destroyed | SandboxState::Started | SandboxState::Stopped | SandboxState::Error => {
                return None;
            }
            SandboxState::BuildFailed | SandboxState::PendingBuild | SandboxState::Unknown => return None,
            SandboxState::Archived | SandboxState::Paused => return None,
        })
    }
}

/// A default, which is never 0 and far below the maximum.
const fn minutes(count: u32) -> Minutes {
    match Minutes::new(count) {
        Some(minutes) => minutes,
        None => Minutes::MAX,
    }
}
