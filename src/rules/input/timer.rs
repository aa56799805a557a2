//! The timers of a sandbox, in the order in which they act.

use crate::rules::no_fields::no_fields;
use serde::{Deserialize, Serialize};

/// A timer of a sandbox, in the order in which timers of one instant act.
///
/// What ends a sandbox comes before what limits a change, and that before what rests an idle one: whoever asked for
/// deletion and archiving at the same minute asked for the deletion, and needs no archive of what is deleted.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::EnumString,
)]
#[strum(serialize_all = "camelCase")]
#[serde(tag = "timer", rename_all = "camelCase", deny_unknown_fields)]
pub enum Timer {
    /// A spot sandbox gives way, at any time and without notice: destroyed. (spec: GPU only.) It has no time of its
    /// own; the platform says when.
    #[serde(deserialize_with = "no_fields")]
    SpotEviction,
    /// Its time to live is over: destroyed, whatever is under way. (spec)
    #[serde(deserialize_with = "no_fields")]
    Ttl,
    /// It has waited too long for a runner: destroyed. (spec)
    #[serde(deserialize_with = "no_fields")]
    QueueTimeout,
    /// Its change takes too long: ended, in error or where the desired state names.
    #[serde(deserialize_with = "no_fields")]
    TimeLimit,
    /// Its backup takes too long: failed.
    #[serde(deserialize_with = "no_fields")]
    BackupLimit,
    /// Stopped and idle for longer than its auto-delete interval: soft-deleted.
    #[serde(deserialize_with = "no_fields")]
    AutoDelete,
    /// Stopped and idle for longer than its auto-archive interval: to be archived.
    #[serde(deserialize_with = "no_fields")]
    AutoArchive,
    /// Running and idle for longer than its auto-pause interval: paused. (spec)
    #[serde(deserialize_with = "no_fields")]
    AutoPause,
    /// Running and idle for longer than its auto-stop interval: stopped, or soft-deleted when ephemeral.
    #[serde(deserialize_with = "no_fields")]
    AutoStop,
    /// Its record has been kept long enough: purged.
    #[serde(deserialize_with = "no_fields")]
    Retention,
}

impl Timer {
    /// The timers with a time of their own, in the order in which they act.
    pub const TIMED: [Self; 9] = [
        Self::Ttl,
        Self::QueueTimeout,
        Self::TimeLimit,
        Self::BackupLimit,
        Self::AutoDelete,
        Self::AutoArchive,
        Self::AutoPause,
        Self::AutoStop,
        Self::Retention,
    ];

    /// The name of the timer.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl core::fmt::Display for Timer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.as_str())
    }
}
