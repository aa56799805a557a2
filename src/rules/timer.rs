//! What the clock does: which timers there are, in which order they act, and what each writes.

use super::{Cause, Context, Draft, Step, bare::bare, clock::Clock, effect::Stamp};
use crate::{
    lifecycle::{Lifecycle, facts},
    policy::Policy,
    vocabulary::{BackupState, DesiredState, Fault, Instant, SandboxState},
};
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
#[non_exhaustive]
pub enum Timer {
    /// A spot sandbox gives way, at any time and without notice: destroyed. (spec: GPU only.) It has no time of its
    /// own; the platform says when.
    #[serde(deserialize_with = "bare")]
    SpotEviction,
    /// Its time to live is over: destroyed, whatever is under way. (spec)
    #[serde(deserialize_with = "bare")]
    Ttl,
    /// It has waited too long for a runner: destroyed. (spec)
    #[serde(deserialize_with = "bare")]
    QueueTimeout,
    /// Its change takes too long: ended, in error or where the desired state names.
    #[serde(deserialize_with = "bare")]
    TimeLimit,
    /// Its backup takes too long: failed.
    #[serde(deserialize_with = "bare")]
    BackupLimit,
    /// Stopped and idle for longer than its auto-delete interval: soft-deleted.
    #[serde(deserialize_with = "bare")]
    AutoDelete,
    /// Stopped and idle for longer than its auto-archive interval: to be archived.
    #[serde(deserialize_with = "bare")]
    AutoArchive,
    /// Running and idle for longer than its auto-pause interval: paused. (spec)
    #[serde(deserialize_with = "bare")]
    AutoPause,
    /// Running and idle for longer than its auto-stop interval: stopped, or soft-deleted when ephemeral.
    #[serde(deserialize_with = "bare")]
    AutoStop,
    /// Its record has been kept long enough: purged.
    #[serde(deserialize_with = "bare")]
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
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The instant after which it acts on this row, if it is armed and that can pass.
    pub(crate) fn boundary(self, row: &Lifecycle, clock: &Clock, context: Context) -> Option<Instant> {
        let boundaries = clock.boundaries(row, context);
        let found = Self::TIMED.iter().zip(boundaries).find(|(timer, _)| **timer == self);
        found.and_then(|(_, at)| Clock::passes_at(at))
    }
}

impl core::fmt::Display for Timer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.as_str())
    }
}

pub(crate) fn decide(row: &Lifecycle, timer: Timer, policy: &Policy, context: Context, now: Instant) -> Step {
    let draft = Draft::new(row, Cause::Timer(timer), now);
    // Only a spot sandbox with a GPU is evicted, and only once; it has no time of its own.
    let evicted = timer == Timer::SpotEviction && row.gpus > 0 && row.status().desired != DesiredState::Destroyed;
    let acts = evicted || timer.boundary(row, &Clock::new(policy), context).is_some_and(|at| now > at);
    if !acts {
        return draft.untouched();
    }
    let draft = match timer {
        Timer::SpotEviction => draft.supersede().stamp(Stamp::SpotEvicted),
        Timer::Ttl => draft.supersede(),
        Timer::QueueTimeout => draft.supersede().stamp(Stamp::QueueTimedOut),
        Timer::TimeLimit => over(row, draft),
        Timer::BackupLimit => draft.backup(BackupState::Error, row.status().has_backup_ref),
        Timer::AutoDelete => draft.soft_delete(),
        Timer::AutoArchive => draft.desired(DesiredState::Archived),
        Timer::AutoPause => draft.state(SandboxState::Pausing).desired(DesiredState::Paused).calls(),
        Timer::AutoStop if row.is_ephemeral() => draft.soft_delete(),
        Timer::AutoStop => draft.desired(DesiredState::Stopped).force_stop(false),
        Timer::Retention => return draft.stamp(Stamp::Purge).untouched(),
    };
    draft.finish_or_drop(row, now)
}

/// A change whose time is over: in error, or back to where the desired state names (section 9).
pub(crate) fn over(row: &Lifecycle, draft: Draft) -> Draft {
    let in_place = facts::Resizing | facts::Snapshotting | facts::Forking;
    let rests = facts::WantsStarted | facts::WantsStopped;
    if row.facts() & in_place != 0
        && row.facts() & rests != 0
        && let Some(named) = row.status().desired.fulfilled_by()
    {
        return draft.state(named);
    }
    // Every row can end in error. A broken one may be built toward a pause, beside which no failed build can stand: it
    // would be building for ever.
    let builds = row.status().state == SandboxState::BuildingSnapshot
        && facts::may_stand(SandboxState::BuildFailed, row.status().desired);
    draft.state(if builds { SandboxState::BuildFailed } else { SandboxState::Error }).ours(Fault::Timeout)
}
