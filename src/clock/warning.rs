//! Settings that are allowed and surprise: what a person should be told about a sandbox's timers.

use crate::{
    lifecycle::{Lifecycle, instants::NEVER},
    vocabulary::{AutoArchive, AutoPause, AutoStop, Micros},
};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// A setting that does not do what it seems to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Warning {
    /// Auto-delete is longer than auto-archive: an archived sandbox is never deleted by itself.
    #[strum(to_string = "auto-delete never acts: auto-archive comes first, and an archive is not deleted")]
    DeleteNeverActs,
    /// Neither auto-stop nor auto-pause nor a time to live is set: it is billed until somebody stops it.
    #[strum(to_string = "nothing stops it when it is idle: it holds compute until somebody stops it")]
    NothingStopsIt,
    /// The time to live is over before it has been idle for long enough to be stopped or paused.
    #[strum(to_string = "its time to live ends before it could be stopped for being idle")]
    TtlComesFirst,
    /// Auto-pause is set on a class that cannot pause, or on an ephemeral sandbox.
    #[strum(to_string = "auto-pause never acts on this sandbox: only a VM that is not ephemeral is paused")]
    PauseNeverActs,
    /// Auto-stop and auto-pause are both set: the shorter one acts, and a tie is auto-pause's.
    #[strum(to_string = "auto-stop and auto-pause are both set: only the shorter acts")]
    TwoIdleTimers,
    /// The stored auto-archive interval is 0: it is archived as soon as it is stopped.
    #[strum(to_string = "it is archived as soon as it is stopped")]
    ArchivedAtOnce,
    /// It is ephemeral: stopping it deletes it.
    #[strum(to_string = "it is ephemeral: stopping it deletes it")]
    StopDeletes,
    /// Its last activity is in the future: no idle timer acts before that time.
    #[strum(to_string = "its last activity is in the future: no idle timer acts before that")]
    UsedInTheFuture,
}

impl Lifecycle {
    /// What a person should be told about this sandbox's settings, looked at now.
    pub fn warnings(&self, now: DateTime<Utc>) -> impl Iterator<Item = Warning> + use<> {
        let (stops, pauses) = (self.auto_stop != AutoStop::Never, self.auto_pause != AutoPause::Never);
        let can_pause = self.class.is_vm() && !self.is_ephemeral();
        let limited = self.destroy_at != NEVER;
        let idle = match (self.auto_stop, self.auto_pause) {
            (AutoStop::After(minutes), AutoPause::Never) => Some(minutes),
            (AutoStop::Never, AutoPause::After(minutes)) => Some(minutes),
            (AutoStop::After(stop), AutoPause::After(pause)) => Some(stop.min(pause)),
            (AutoStop::Never, AutoPause::Never) => None,
        };
        let outlived = idle.is_some_and(|minutes| {
            limited && self.destroy_at <= self.created.saturating_add_minutes(i64::from(minutes.get()))
        });
        [
            (self.archive_comes_first(), Warning::DeleteNeverActs),
            (!(stops || limited || (pauses && can_pause)), Warning::NothingStopsIt),
            (outlived, Warning::TtlComesFirst),
            (pauses && !can_pause, Warning::PauseNeverActs),
            (stops && pauses, Warning::TwoIdleTimers),
            (self.auto_archive == AutoArchive::AtOnce && !self.is_ephemeral(), Warning::ArchivedAtOnce),
            (self.is_ephemeral(), Warning::StopDeletes),
            (self.last_activity > Micros::from(now), Warning::UsedInTheFuture),
        ]
        .into_iter()
        .filter_map(|(holds, warning)| holds.then_some(warning))
    }
}
