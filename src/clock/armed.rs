//! Which timers of a row are armed, from which instant they count, and for how many minutes.
//!
//! A timer is armed if the row has all the facts that it demands; the duration of any other timer is longer than every
//! interval. The nine boundaries add each duration to its instant. The earliest boundary adds only the shortest
//! duration to each instant.
//!
//! The code is branchless for speed: a controller computes the next deadline of every row of a fleet, and the rows are
//! unpredictable. The plain form is the naive model of the test kit; property tests compare the two.

use crate::{
    lifecycle::{
        Lifecycle, PLACES, REPAIR_PLACE, STATE_PLACES, Status,
        fact_set::Facts,
        facts,
        state_set::{StateSet, states},
    },
    policy::TimeLimits,
    rules::{Context, Timer},
    vocabulary::{DesiredState, MICROS_PER_MINUTE, Minutes, SandboxState},
};
use core::hint::select_unpredictable as choose;

/// How many timers have a deadline.
pub(super) const TIMED: usize = Timer::TIMED.len();
/// The boundary of a timer that is not armed, later than any sum of an instant and an interval.
pub(super) const UNARMED: i64 = i64::MAX;
/// The minutes of a timer that is not armed: one bit, which no interval has.
const NOT: u32 = 1 << 31;
/// The retention of a destroyed record, and of a failed build with desired state destroyed: 24 hours (published API).
const A_DAY: u32 = 24 * 60;
/// The retention of a failed build, and of an error with desired state destroyed: 7 days (published API).
const A_WEEK: u32 = 7 * A_DAY;

/// The facts that each automatic timer demands of a row in a context. They are computed once for a fleet.
#[derive(Clone, Copy)]
pub(super) struct Demands {
    delete: Facts,
    archive: Facts,
    pause: Facts,
    stop: Facts,
}

impl Demands {
    /// The demands where the runner is ready and the sandbox is claimed: what each timer demands at least.
    pub(super) const ANYWHERE: Self = Self::with(false, false);

    #[inline]
    pub(super) const fn of(context: Context) -> Self {
        Self::with(context.warm_pool(), context.runner_unready())
    }

    #[inline]
    pub(super) const fn with(warm_pool: bool, runner_unready: bool) -> Self {
        const SETTLED: Facts = facts::settled.and(facts::idle);
        const RUNS: Facts = SETTLED.and(facts::started).and(facts::on_a_runner);
        const RESTS: Facts = SETTLED.and(facts::stopped);
        // No row has all facts, so a timer that demands all of them is never armed.
        let claimed = if warm_pool { Facts::ALL } else { Facts::NONE };
        let reached = if runner_unready { Facts::ALL } else { claimed };
        Self {
            delete: reached.and(RESTS).and(facts::on_a_runner),
            archive: claimed.and(RESTS).and(facts::durable).and(facts::archivable),
            pause: reached.and(RUNS).and(facts::vm).and(facts::durable),
            stop: reached.and(RUNS),
        }
    }
}

/// The time limits of a policy, in the form that the clock reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Limits {
    /// Minutes, or `NOT` if a state has no limit.
    states: [u32; STATE_PLACES],
    /// Microseconds, of a backup under way.
    backup: i64,
    /// Microseconds, of a backup that has not begun.
    queued_backup: i64,
}

impl Limits {
    pub(super) fn of(limits: &TimeLimits) -> Self {
        let mut states = [NOT; STATE_PLACES];
        for (limit, state) in states.iter_mut().zip(SandboxState::ALL) {
            *limit = limits.of_state(*state).map_or(NOT, Minutes::get);
        }
        if let Some(limit) = states.get_mut(REPAIR_PLACE) {
            *limit = limits.recovering.get();
        }
        let micros = |limit: Minutes| i64::from(limit.get()).saturating_mul(MICROS_PER_MINUTE);
        Self { states, backup: micros(limits.backup), queued_backup: micros(limits.queued_backup) }
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "one entry for each place of a state, in order")]
    const fn of_state(&self, row: &Lifecycle) -> u32 {
        self.states[row.status.limit_place()]
    }
}

/// What changes the time limit of a state: a queue timeout or a retention replaces it, or the controller applies it.
#[derive(Clone, Copy)]
struct Watched {
    /// The bits to flip in the minutes of the limit. `NOT` alone turns the limit off, because the controller's pass
    /// ends the change. `NOT` with a retention sets it for a state without a limit.
    turned: u32,
    /// The bits to keep of the minutes of the queue timeout: all bits if it replaces the limit, otherwise none.
    queued: u32,
}

impl Watched {
    const fn of(status: Status) -> Self {
        const UNASSIGNED: StateSet = states![PendingBuild PullingSnapshot];
        const FOLLOWED: StateSet = states![Creating Restoring Starting Resuming BuildingSnapshot PullingSnapshot];
        let (state, desired, has_runner) = (status.state(), status.desired(), status.has_runner());
        let starts = matches!(desired, DesiredState::Started);
        let goes = matches!(desired, DesiredState::Destroyed);
        let failed_build = matches!(state, SandboxState::BuildFailed);
        let errored = matches!(state, SandboxState::Error);
        let queued = UNASSIGNED.contains(state) && starts && !has_runner;
        // The pass drops its write if nothing is pending, so the clock ends the change in this case.
        let followed = FOLLOWED.contains(state) && starts && status.pending() && !queued;
        let turned = if goes && has_runner && state.is_failed() {
            // The runner must still remove its copy (difference D2). Without the record, the copy would stay forever.
            0
        } else if matches!(state, SandboxState::Destroyed) || (failed_build && goes) {
            NOT | A_DAY
        } else if (failed_build && starts) || (errored && goes) {
            NOT | A_WEEK
        } else if followed {
            NOT
        } else {
            0
        };
        Self { turned, queued: if queued { u32::MAX } else { 0 } }
    }

    #[inline]
    #[expect(
        clippy::indexing_slicing,
        reason = "every place is below the number of places, which the `&` shows to the compiler"
    )]
    const fn over(row: &Lifecycle) -> Self {
        WATCHED[row.status.place()]
    }
}

/// What changes the limit at each place of a status. A look-up is faster than the comparisons.
static WATCHED: [Watched; PLACES] = watched();

const fn watched() -> [Watched; PLACES] {
    let mut all = [Watched { turned: 0, queued: 0 }; PLACES];
    let (mut to, mut place): (&mut [Watched], usize) = (&mut all, 0);
    while let [watched, more @ ..] = to {
        *watched = Watched::of(Status::at_place(place));
        place = place.wrapping_add(1);
        to = more;
    }
    all
}

/// Whether the controller's pass follows this change and applies its time limit.
pub(super) fn is_followed(row: &Lifecycle) -> bool {
    Watched::over(row).turned == NOT
}

/// The armed timers of a row, each as minutes from an instant or as the instant itself.
#[derive(Clone, Copy)]
pub(super) struct Armed {
    ttl: i64,
    backup: i64,
    /// The start of the queue timeout if there is one, otherwise the start of the state.
    watched_since: i64,
    queue: u32,
    limit: u32,
    limit_turned: u32,
    idle_since: i64,
    delete: u32,
    archive: u32,
    pause: u32,
    stop: u32,
}

impl Armed {
    #[inline]
    pub(super) fn of(row: &Lifecycle, limits: &Limits, demands: &Demands) -> Self {
        let facts = row.facts;
        let watched = Watched::over(row);
        let queue = row.queue_timeout.map_or(0, |timeout| timeout.0.get()) & watched.queued;
        let limit = limits.of_state(row);
        // The write of this timer is dropped for a row with incoherent states, so the timer is not armed for it.
        let awaits_backup = row.status.awaits_backup() & facts.contain(facts::coherent);
        let backup_limit = choose(row.status.backs_up(), limits.backup, limits.queued_backup);
        Self {
            // An instant that is not set is the last instant, after which no timer acts.
            ttl: choose(facts.contain(facts::to_be_destroyed), UNARMED, row.destroy_at.as_micros()),
            backup: choose(awaits_backup, row.backup_since.as_micros().wrapping_add(backup_limit), UNARMED),
            watched_since: choose(queue == 0, row.since.as_micros(), row.created.as_micros()),
            queue,
            limit,
            limit_turned: limit ^ watched.turned,
            idle_since: row.last_activity.as_micros(),
            // A negative interval means never. It has the bit of `NOT`.
            delete: armed(facts, demands.delete, row.auto_delete.cast_unsigned()),
            archive: armed(facts, demands.archive, row.auto_archive.minutes().map_or(0, Minutes::get)),
            pause: armed(facts, demands.pause, row.auto_pause.minutes().map_or(NOT, Minutes::get)),
            stop: armed(facts, demands.stop, row.auto_stop.minutes().map_or(NOT, Minutes::get)),
        }
    }

    /// Returns the earliest boundary of the timers that [`due`](Lifecycle::due) applies, or `UNARMED`.
    #[inline]
    pub(super) fn earliest(self) -> i64 {
        let watched = boundary(self.watched_since, choose(self.queue == 0, self.limit_turned, self.queue));
        let idle = self.delete.min(self.archive).min(self.pause.min(self.stop));
        boundary(self.idle_since, idle).min(watched).min(self.ttl.min(self.backup))
    }

    /// Returns the boundary of every timer, in the order of [`Timer::TIMED`]. They include the limit of a followed
    /// change.
    pub(super) fn boundaries(self) -> [i64; TIMED] {
        let when = |watches, minutes| if watches { boundary(self.watched_since, minutes) } else { UNARMED };
        let (queues, limited) = (self.queue != 0, self.limit != NOT);
        [
            self.ttl,
            when(queues, self.queue),
            when(!queues && limited, self.limit),
            self.backup,
            boundary(self.idle_since, self.delete),
            boundary(self.idle_since, self.archive),
            boundary(self.idle_since, self.pause),
            boundary(self.idle_since, self.stop),
            when(!queues && !limited, self.limit_turned),
        ]
    }
}

/// Returns `minutes` if the row has all the demanded facts, otherwise `NOT`.
#[inline]
fn armed(facts: Facts, demands: Facts, minutes: u32) -> u32 {
    choose(demands.without(facts).is_empty(), minutes, NOT)
}

/// Returns the instant `minutes` after `since`, or `UNARMED`. The sum does not wrap: instants are within chrono's
/// range, which is smaller than that of `i64` by more than the longest interval.
#[inline]
fn boundary(since: i64, minutes: u32) -> i64 {
    let at = since.wrapping_add(i64::from(minutes).wrapping_mul(MICROS_PER_MINUTE));
    choose(minutes & NOT == 0, at, UNARMED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::Columns;
    use DesiredState as D;
    use SandboxState as S;

    #[test]
    fn the_table_says_what_replaces_the_limit_of_each_change() {
        const QUEUED: (u32, u32) = (0, u32::MAX);
        const FOLLOWED: (u32, u32) = (NOT, 0);
        const LIMITED: (u32, u32) = (0, 0);
        let (a_day, a_week) = ((NOT | A_DAY, 0), (NOT | A_WEEK, 0));
        let cases = [
            (S::Started, D::Started, false, true, LIMITED),
            (S::Stopping, D::Stopped, true, true, LIMITED),
            (S::Starting, D::Started, true, true, FOLLOWED),
            (S::Starting, D::Started, false, true, LIMITED),
            (S::Starting, D::Destroyed, true, true, LIMITED),
            (S::PullingSnapshot, D::Started, true, true, FOLLOWED),
            (S::PullingSnapshot, D::Started, true, false, QUEUED),
            (S::PendingBuild, D::Started, true, false, QUEUED),
            (S::PendingBuild, D::Started, true, true, LIMITED),
            (S::Destroyed, D::Destroyed, false, false, a_day),
            (S::BuildFailed, D::Destroyed, false, false, a_day),
            (S::BuildFailed, D::Destroyed, false, true, LIMITED),
            (S::BuildFailed, D::Started, false, false, a_week),
            (S::Error, D::Destroyed, false, false, a_week),
            (S::Error, D::Destroyed, false, true, LIMITED),
            (S::Error, D::Started, false, false, LIMITED),
        ];
        for (state, desired_state, pending, has_runner, expected) in cases {
            let row = Lifecycle::from(Columns { state, desired_state, pending, has_runner, ..Columns::default() });
            for watched in [Watched::of(row.status), Watched::over(&row)] {
                let found = (watched.turned, watched.queued);
                assert_eq!(found, expected, "{state}, {desired_state}, {pending}, {has_runner}");
            }
        }
    }
}
