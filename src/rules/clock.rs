//! When each timer of a sandbox acts: one array of instants, computed without a branch.
//!
//! A controller asks this of every sandbox it holds, so it is the one place where speed decided the form: each timer
//! is a set of facts that must all hold and a time, and a timer that is not armed stands at the end of time. The rules
//! are section 9's; `timers` records auto-stop, auto-archive and auto-delete.

use super::{Context, timer::Timer};
use crate::{
    lifecycle::{
        Lifecycle, NEVER,
        facts::{self, Mask},
    },
    policy::Policy,
    vocabulary::{BackupState, Instant, MICROS_PER_MINUTE, Minutes, SandboxState},
};

/// A policy's times in the form the clock reads: made once, asked for every sandbox.
///
/// ```
/// use sandbox_lifecycle::{Clock, Columns, Context, Lifecycle, Policy};
/// let clock = Clock::new(&Policy::default());
/// let row = Lifecycle::from(Columns::default());
/// let next = clock.next(&row, Context::default()).expect("auto-stop is on by default");
/// assert_eq!(next.to_rfc3339(), "1970-01-01T00:15:00.000001+00:00");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    limits: [i64; STATES],
    backup: i64,
}

const STATES: usize = <SandboxState as strum::EnumCount>::COUNT;
/// How many timers have a time of their own.
pub(crate) const TIMED: usize = Timer::TIMED.len();
/// Not armed. No sum of an instant and an interval comes near it.
const UNARMED: i64 = i64::MAX;
/// Retention of a destroyed record, and of a failed build that is to be destroyed: 24 hours (section 9).
const A_DAY: i64 = 24 * 60 * MICROS_PER_MINUTE;
/// Retention of a failed build, and of an error that is to be destroyed: 7 days (section 9).
const A_WEEK: i64 = 7 * A_DAY;

impl Clock {
    /// The times of `policy`.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        let mut limits = [UNARMED; STATES];
        for (limit, state) in limits.iter_mut().zip(SandboxState::ALL) {
            if let Some(minutes) = policy.time_limits.of(*state) {
                *limit = micros(minutes);
            }
        }
        Self { limits, backup: micros(policy.time_limits.backup) }
    }

    /// The first instant at which a timer acts on this sandbox, if none of its columns changes before.
    ///
    /// A timer acts strictly later than its time, so this is a microsecond after the earliest.
    #[must_use]
    pub fn next(&self, row: &Lifecycle, context: Context) -> Option<chrono::DateTime<chrono::Utc>> {
        self.first([row], context)
    }

    /// The first instant at which a timer acts on any of these sandboxes: when a controller has to wake.
    pub fn first<'a>(
        &self,
        fleet: impl IntoIterator<Item = &'a Lifecycle>,
        context: Context,
    ) -> Option<chrono::DateTime<chrono::Utc>> {
        let earliest = fleet.into_iter().fold(UNARMED, |earliest, row| earliest.min(self.earliest(row, context)));
        (earliest != UNARMED).then(|| Instant::from_micros(earliest.saturating_add(1)).into())
    }

    /// The instant of a boundary, where it is armed.
    pub(crate) fn armed_at(boundary: i64) -> Option<Instant> {
        (boundary != UNARMED).then(|| Instant::from_micros(boundary))
    }

    /// The earliest boundary in microseconds, or the end of time.
    #[inline]
    fn earliest(&self, row: &Lifecycle, context: Context) -> i64 {
        let [a, b, c, d, e, f, g, h, i] = self.boundaries(row, context);
        a.min(b).min(c).min(d).min(e.min(f)).min(g.min(h)).min(i)
    }

    /// The boundary of every timer, in the order of [`Timer::TIMED`]. A timer acts strictly later.
    #[inline]
    pub(crate) fn boundaries(&self, row: &Lifecycle, context: Context) -> [i64; TIMED] {
        let facts = row.facts();
        let idle_since = row.last_activity.as_micros();
        let since = row.since.as_micros();
        let claimed = !context.warm_pool;
        let reachable = claimed & !context.runner_unready & (facts & facts::HasRunner != 0);
        let runs = all(facts, facts::Started | facts::WantsStarted | facts::Idle) & reachable;
        let rests = all(facts, facts::Stopped | facts::WantsStopped | facts::Idle) & claimed;
        let (stop, pause) = (row.auto_stop.wire(), row.auto_pause.wire());
        let (archive, delete) = (row.auto_archive.wire(), row.auto_delete);
        let alive = facts & facts::WantsDestroyed == 0;
        let queued = any(facts, facts::PendingBuild | facts::PullingSnapshot)
            & (facts & facts::WantsStarted != 0)
            & (facts & facts::HasRunner == 0);
        let queue = row.queue_timeout.map_or(0, |minutes| minutes.wire());
        let backing_up = matches!(row.status().backup, BackupState::InProgress);
        let limit = self.limit(row.status().state);
        // Where a queue timeout is set, an unassigned pull waits as long as that says.
        let limited = (limit != UNARMED) & !(queued & (queue > 0));
        // How long a dead record is kept.
        let unwanted = !alive;
        let wanted = any(facts, facts::WantsStarted);
        let a_day = any(facts, facts::Destroyed) | (any(facts, facts::BuildFailed) & unwanted);
        let a_week = (any(facts, facts::BuildFailed) & wanted) | (any(facts, facts::Error) & unwanted);
        [
            armed(alive & (row.destroy_at != NEVER), row.destroy_at.as_micros(), 0),
            armed(queued & (queue > 0), row.created.as_micros(), after(queue)),
            armed(limited, since, limit),
            armed(backing_up & (row.backup_since != NEVER), row.backup_since.as_micros(), self.backup),
            armed(rests & reachable & (delete >= 0), idle_since, after(delete)),
            armed(rests & (facts & facts::Durable != 0), idle_since, after(archive)),
            armed(runs & (pause > 0) & all(facts, facts::Vm | facts::Durable), idle_since, after(pause)),
            armed(runs & (stop > 0), idle_since, after(stop)),
            armed(a_day, since, A_DAY).min(armed(a_week & !a_day, since, A_WEEK)),
        ]
    }

    #[inline]
    #[expect(clippy::as_conversions, clippy::indexing_slicing, reason = "one entry for each state, in order")]
    fn limit(&self, state: SandboxState) -> i64 {
        self.limits[state as usize]
    }
}

#[inline]
const fn all(facts: Mask, wanted: Mask) -> bool {
    facts & wanted == wanted
}

#[inline]
const fn any(facts: Mask, wanted: Mask) -> bool {
    facts & wanted != 0
}

/// The instant, where the timer is armed. Instants keep to chrono's range, which leaves room for the longest interval on
/// either side, so the sum cannot wrap where it is used.
#[inline]
fn armed(armed: bool, from: i64, after: i64) -> i64 {
    // A mask and no `if`: what a fleet holds cannot be foreseen, and a branch that is missed costs more than the rest.
    let chosen = i64::from(armed).wrapping_neg();
    (from.wrapping_add(after) & chosen) | (UNARMED & !chosen)
}

#[inline]
fn after(minutes: i32) -> i64 {
    i64::from(minutes).wrapping_mul(MICROS_PER_MINUTE)
}

fn micros(minutes: Minutes) -> i64 {
    i64::from(minutes.get()).saturating_mul(MICROS_PER_MINUTE)
}
