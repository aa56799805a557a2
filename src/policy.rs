//! The choices of a platform: limits, time limits and the API profile. Each default has a reason.

use crate::vocabulary::{Minutes, SandboxState, object_form};
use serde::{Deserialize, Serialize};

/// The published version of the API whose rules apply where versions differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, strum::Display)]
#[non_exhaustive]
pub enum ApiProfile {
    /// 0.190.0, the last server whose decisions are recorded. Conformance is measured under it.
    #[serde(rename = "0.190")]
    #[strum(to_string = "0.190")]
    V0_190,
    /// 0.226, as published. Use it for a new platform.
    #[default]
    #[serde(rename = "0.226")]
    #[strum(to_string = "0.226")]
    V0_226,
}

object_form! {
    /// All choices of a platform. Start from [`Policy::default`] and change a field.
    ///
    /// ```
    /// use sandbox_lifecycle::{ApiProfile, Policy};
    /// let mut policy = Policy::default();
    /// policy.profile = ApiProfile::V0_190;
    /// ```
    ///
    /// A stored policy may lack fields, which then have their defaults. An unknown field is an error, because a limit
    /// with a misspelled name would limit nothing.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    form: #[serde(default, rename_all = "camelCase", deny_unknown_fields)]
    pub struct Policy {
        /// The version of the API whose rules apply.
        pub profile: ApiProfile,
        /// The longest auto-archive interval that a command can set; an interval of 0 means this one (recorded: 43,200
        /// minutes, 30 days).
        pub max_auto_archive: Minutes,
        /// The least time between two recoveries from a backup, in minutes (recorded: 60).
        pub recovery_cooldown: Minutes,
        /// The number of failed attempts to archive a sandbox after which one more is made; at most 5 count (recorded:
        /// 3). When they are used up, the archive is given up.
        pub max_archive_attempts: u32,
        /// How often a restore is placed before it ends in error, at most 7 (ours: 3, so that one bad runner costs no
        /// sandbox).
        pub max_restore_attempts: u8,
        /// How long a controller waits before it looks again at a sandbox that needs reconciling (ours: 1 minute, well
        /// within the shortest time limit).
        pub look_again: Minutes,
        /// The longest time of each change.
        pub time_limits: TimeLimits,
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            profile: ApiProfile::default(),
            max_auto_archive: minutes(43_200),
            recovery_cooldown: minutes(60),
            max_archive_attempts: 3,
            max_restore_attempts: 3,
            look_again: minutes(1),
            time_limits: TimeLimits::default(),
        }
    }
}

impl Policy {
    /// Returns the policy of the recorded 0.190 server. Features that it did not have (auto-pause, time to live, the
    /// queue timeout) are accepted too.
    pub fn recorded() -> Self {
        Self { profile: ApiProfile::V0_190, ..Self::default() }
    }
}

/// Declares the time limits, each with its default and the state that it limits.
macro_rules! time_limits {
    ($($(#[doc = $doc:literal])+ $limit:ident: $default:literal $(, $state:ident)?;)+) => {
        object_form! {
            /// The time limits: how long a transitional state may last, in minutes.
            ///
            /// [`due`](crate::Lifecycle::due) ends the change, or [`reconcile`](crate::Lifecycle::reconcile) if the
            /// controller follows it. The change ends in error, unless the limit says otherwise.
            ///
            /// A limit is recorded, or it is ours, because the recorded server waits forever there. Each of ours gives
            /// its reason.
            #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
            #[non_exhaustive]
            form: #[serde(default, rename_all = "camelCase", deny_unknown_fields)]
            pub struct TimeLimits {
                $($(#[doc = $doc])+ pub $limit: Minutes,)+
            }
        }

        impl Default for TimeLimits {
            fn default() -> Self {
                Self { $($limit: minutes($default),)+ }
            }
        }

        impl TimeLimits {
            /// Returns the limit of a state, if it has one.
            ///
            /// States without a change under way have none. The next pass leaves `unknown`, and `pending_build` has the
            /// queue timeout.
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
    /// Ours: 30. A disk grows in seconds; a runner that needs half an hour does not finish. It ends in the desired
    /// state.
    resizing: 30, Resizing;
    /// Ours: 60. A fork copies memory and disk, as a snapshot does. It ends in the desired state.
    forking: 60, Forking;
    /// Ours: 1,440. A backup is tried up to four times, at two hours each.
    archiving: 1_440, Archiving;
    /// Ours: 30. A recovery in place, which may copy the disk; the state stays error.
    recovering: 30;
    /// Recorded: 120. It limits a backup under way, in any state.
    backup: 120;
    /// Ours: 1,440. It limits a backup that is requested and has not begun, in any state: a queue may be long, but a request
    /// that nobody takes must not block the next one for ever.
    queued_backup: 1_440;
}

/// Returns the minutes of a default, which is never 0 and far below the maximum.
const fn minutes(count: u32) -> Minutes {
    match Minutes::new(count) {
        Some(minutes) => minutes,
        None => Minutes::MAX,
    }
}
