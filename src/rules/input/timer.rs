//! The timers of a sandbox, in the order in which they act.

use crate::vocabulary::{Word, word_list};
use alloc::{collections::BTreeMap, string::String};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, IgnoredAny},
};

word_list! {
    /// A timer of a sandbox, in the order in which timers of one instant act.
    ///
    /// What ends a sandbox comes before what limits a change, and that comes before what stops an idle sandbox: with deletion
    /// and archiving set to the same minute, the sandbox is deleted, and nothing is archived first.
    #[derive(PartialOrd, Ord)]
    #[strum(serialize_all = "camelCase")]
    pub enum Timer is "timer" {
        /// Spot eviction: destroys a GPU sandbox at any time and without notice. (Published API.) It has no time of its own;
        /// the platform decides when.
        SpotEviction,
        /// The time to live: destroys the sandbox, whatever is under way. (Published API.)
        Ttl,
        /// The wait for a runner: destroys the sandbox. (Published API.)
        QueueTimeout,
        /// The limit of a change: ends it, in error or in the desired state.
        TimeLimit,
        /// The limit of a backup: the backup has failed.
        BackupLimit,
        /// Auto-delete: soft-deletes a sandbox that was stopped and idle for longer than its interval.
        AutoDelete,
        /// Auto-archive: archives a sandbox that was stopped and idle for longer than its interval.
        AutoArchive,
        /// Auto-pause: pauses a sandbox that ran idle for longer than its interval. (Published API.)
        AutoPause,
        /// Auto-stop: stops a sandbox that ran idle for longer than its interval; deletes an ephemeral one.
        AutoStop,
        /// Retention: removes the record. A destroyed sandbox and a failed build with desired state destroyed are kept for 24
        /// hours; a failed build with desired state started and an error with desired state destroyed for 7 days. A failed
        /// sandbox with desired state destroyed is kept while it has a runner. (Published API; the exception is ours.)
        Retention,
    }
}

impl Timer {
    /// Every timer with a time of its own, in the order in which they act.
    pub const TIMED: &'static [Self] = match Self::ALL {
        [Self::SpotEviction, timed @ ..] => timed,
        all => all,
    };
}

/// A timer as an input: `{"timer": "ttl"}`.
#[derive(Serialize, Deserialize)]
pub(super) struct TimerInput {
    pub(super) timer: Timer,
    #[serde(flatten, skip_serializing, deserialize_with = "no_other_field")]
    _others: (),
}

/// Accepts the fields next to the timer if there are none. An input is read as each of its kinds at once, and there serde
/// ignores `deny_unknown_fields`.
fn no_other_field<'de, D: Deserializer<'de>>(others: D) -> Result<(), D::Error> {
    match BTreeMap::<String, IgnoredAny>::deserialize(others)?.into_keys().next() {
        Some(other) => Err(Error::unknown_field(&other, &[Timer::KIND])),
        None => Ok(()),
    }
}

impl TimerInput {
    pub(super) fn serialize<S: Serializer>(timer: &Timer, serializer: S) -> Result<S::Ok, S::Error> {
        Serialize::serialize(&Self { timer: *timer, _others: () }, serializer)
    }
}
