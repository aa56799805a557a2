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
    pub fn recorded() -> Self {
        Self { profile: ApiProfile::V0_190, ..Self::default() }
    }
}

/// Declares the time limits, each with its default, and the state that it limits.
macro_rules! time_limits {
    ($($(#[doc = $doc:literal])+ $limit:ident: $default:literal $(, $state:ident)?;)+) => {
        /// The longest time that a change may take, in minutes, before the clock ends it.
        ///
        /// A limit is recorded, or it is ours, since the recorded server waits for ever there; each says why.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, rename_all = "camelCase", deny_unknown_fields)]
        #[non_exhaustive]
        pub struct TimeLimits {
            $($(#[doc = $doc])+ pub $limit: Minutes,)+
        }

        impl Default for TimeLimits {
            fn default() -> Self {
                Self { $($limit: minutes($default),)+ }
            }
        }

        impl TimeLimits {
            /// Returns the limit of a state, where it has one.
            ///
            /// States at rest have none. `unknown` is left at the next pass, and `pending_build` has the queue timeout.
            pub const fn of_state(&self, state: SandboxState) -> Option<Minutes> {
                match state {
                    $($(SandboxState::$state => Some(self.$limit),)?)+
                    SandboxState::Destroyed | SandboxState::Started | SandboxState::Stopped => None,
                    SandboxState::Error | SandboxState::BuildFailed | SandboxState::Archived => None,
                    SandboxState::Paused | SandboxState::PendingBuild | SandboxState::Unknown => None,
                }
            }
        }
    };
}
time_limits! {
    /// Recorded: 15.
    creating: 15, Creating;
    /// Recorded: 30.
    restoring: 30, Restoring;
    /// Recorded: 5.
    starting: 5, Starting;
    /// Recorded: 30.
    pulling_snapshot: 30, PullingSnapshot;
    /// Recorded: 60, ending in build_failed.
    building_snapshot: 60, BuildingSnapshot;
    /// Recorded: 60, ending in the desired state.
    snapshotting: 60, Snapshotting;
    /// Ours: 15. A stop with SIGTERM waits for its processes, so three times a start.
    stopping: 15, Stopping;
    /// Ours: 30. Removing a large disk takes as long as restoring one.
    destroying: 30, Destroying;
    /// Ours: 30. Memory is written to disk, at the pace of a restore.
    pausing: 30, Pausing;
    /// Ours: 30. Memory is read back from disk.
    resuming: 30, Resuming;
    /// Ours: 30. A disk grows in seconds; a runner that needs half an hour is lost.
    resizing: 30, Resizing;
    /// Ours: 60. A fork copies memory and disk, as a snapshot does.
    forking: 60, Forking;
    /// Ours: 1,440. A backup is tried up to four times, at two hours each, after waiting in a queue.
    archiving: 1_440, Archiving;
    /// Recorded: 120. It limits a backup under way, in any state.
    backup: 120;
}

/// A default, which is never 0 and far below the maximum.
const fn minutes(count: u32) -> Minutes {
    match Minutes::new(count) {
        Some(minutes) => minutes,
        None => Minutes::MAX,
    }
}
