//! Warnings about timer settings that are valid but have surprising effects.

use crate::lifecycle::{Lifecycle, instants::NEVER};
use crate::vocabulary::{AutoArchive, AutoPause, AutoStop, Micros};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// A setting with a surprising effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Warning {
    /// Auto-delete is longer than auto-archive, and no timer deletes an archived sandbox.
    #[strum(to_string = "auto-delete never acts: auto-archive acts first, and auto-delete ignores an archived sandbox")]
    DeleteNeverActs,
    /// No timer stops an idle sandbox: auto-stop and the time to live are off, and auto-pause is off or cannot act. The
    /// sandbox is billed until a caller stops it.
    #[strum(to_string = "no timer stops it when it is idle: it holds compute until a caller stops it")]
    NothingStopsIt,
    /// The time to live ends before auto-stop or auto-pause can act.
    #[strum(to_string = "its time to live ends before its idle timer can act")]
    TtlComesFirst,
    /// Auto-pause is set on a class that cannot pause, or on an ephemeral sandbox.
    #[strum(to_string = "auto-pause never acts on this sandbox: only a VM that is not ephemeral is paused")]
    PauseNeverActs,
    /// Auto-stop and auto-pause are both set. The shorter one acts; auto-pause acts if both are equal.
    #[strum(to_string = "auto-stop and auto-pause are both set: only the shorter acts")]
    TwoIdleTimers,
    /// The stored auto-archive interval is 0: the sandbox is archived as soon as it is stopped.
    #[strum(to_string = "it is archived as soon as it is stopped")]
    ArchivedAtOnce,
    /// The sandbox is ephemeral: a stop deletes it.
    #[strum(to_string = "it is ephemeral: a stop deletes it")]
    StopDeletes,
    /// The last activity is in the future: no idle timer acts before that time.
    #[strum(to_string = "its last activity is in the future: no idle timer acts before that time")]
    UsedInTheFuture,
}

impl Lifecycle {
    /// Returns the warnings about this sandbox's settings at `now`, for people.
    pub fn warnings(&self, now: DateTime<Utc>) -> impl Iterator<Item = Warning> + use<> {
        let (stops, pauses) = (self.auto_stop != AutoStop::Never, self.auto_pause != AutoPause::Never);
        let can_pause = self.class.is_vm() && !self.is_ephemeral();
        let limited = self.destroy_at != NEVER;
        // Where a time is unknown, nothing is said about it.
        let (created, used) = (self.created != NEVER, self.last_activity != NEVER);
        let idle = self.auto_stop.minutes().into_iter().chain(self.auto_pause.minutes()).min();
        let idle_end = idle.map(|minutes| self.created.saturating_add_minutes(i64::from(minutes.get())));
        let outlived = limited && created && idle_end.is_some_and(|end| self.destroy_at <= end);
        [
            (self.archive_comes_first(), Warning::DeleteNeverActs),
            (!(stops || limited || (pauses && can_pause)), Warning::NothingStopsIt),
            (outlived, Warning::TtlComesFirst),
            (pauses && !can_pause, Warning::PauseNeverActs),
            (stops && pauses, Warning::TwoIdleTimers),
            (self.auto_archive == AutoArchive::AtOnce && !self.is_ephemeral(), Warning::ArchivedAtOnce),
            (self.is_ephemeral(), Warning::StopDeletes),
            (used && self.last_activity > Micros::from(now), Warning::UsedInTheFuture),
        ]
        .into_iter()
        .filter_map(|(holds, warning)| holds.then_some(warning))
    }
}
