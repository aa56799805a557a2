//! Which timers of a sandbox are armed and for how long: minutes, beside the instant they count from.
//!
//! This is the one statement of section 9's times (`timers` records auto-stop, auto-archive and auto-delete). A timer
//! is armed where all the guards it demands hold, and one that is not lasts longer than any interval. Every answer of
//! the clock is read off an [`Armed`]: the nine boundaries add each duration to its instant, the earliest adds to each
//! instant the shortest duration that counts from it.

use crate::{
    lifecycle::{
        Lifecycle, Status,
        facts::{self, Mask},
        guards::{self, Guards},
        packed::{Packed, STANDINGS, STATES},
    },
    policy::TimeLimits,
    rules::{Context, timer::Timer},
    vocabulary::{AutoArchive, AutoPause, AutoStop, DesiredState, MICROS_PER_MINUTE, Minutes, SandboxState},
};
// A choice that cannot be foreseen: what a fleet holds is any mixture, and a branch that is missed costs more than all
// the rest of a row.
use core::hint::select_unpredictable as choose;

/// How many timers have a time of their own.
pub(crate) const TIMED: usize = Timer::TIMED.len();
/// The boundary of a timer that is not armed. No sum of an instant and an interval comes near it.
pub(super) const UNARMED: i64 = i64::MAX;
/// The minutes of a timer that is not armed: the bit that no interval has.
const NOT: u32 = 1 << 31;
/// Retention of a destroyed record, and of a failed build that is to be destroyed: 24 hours (section 9).
const A_DAY: u32 = 24 * 60;
/// Retention of a failed build, and of an error that is to be destroyed: 7 days (section 9).
const A_WEEK: u32 = 7 * A_DAY;

/// Guards that are demanded not to hold: they are missing where they do.
const UNWANTED: Guards = guards::no_auto_stop.and(guards::no_auto_pause).and(guards::to_be_destroyed);

/// What each automatic timer demands of a row in some surroundings: made once for a fleet.
#[derive(Clone, Copy)]
pub(super) struct Demands {
    delete: Guards,
    archive: Guards,
    pause: Guards,
    stop: Guards,
}

impl Demands {
    #[inline]
    pub(super) const fn of(context: Context) -> Self {
        const SETTLED: Guards = guards::settled.and(guards::nothing_pending);
        const RUNS: Guards = SETTLED.and(guards::runs).and(guards::on_a_runner);
        const RESTS: Guards = SETTLED.and(guards::rests);
        // All guards at once are more than a row can have.
        let claimed = if context.warm_pool() { Guards::ANY } else { Guards::NONE };
        let reached = if context.runner_unready() { Guards::ANY } else { claimed };
        Self {
            delete: reached.and(RESTS).and(guards::on_a_runner),
            archive: claimed.and(RESTS).and(guards::durable),
            pause: reached.and(RUNS).and(guards::can_pause).and(guards::durable).and(guards::no_auto_pause),
            stop: reached.and(RUNS).and(guards::no_auto_stop),
        }
    }
}

/// A policy's time limits in the form the clock reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Limits {
    /// Minutes, `NOT` where a state has no limit.
    states: [u32; STATES],
    /// Microseconds.
    backup: i64,
}

impl Limits {
    pub(super) fn of(limits: &TimeLimits) -> Self {
        let mut states = [NOT; STATES];
        for (limit, state) in states.iter_mut().zip(SandboxState::ALL) {
            *limit = limits.of(*state).map_or(NOT, Minutes::get);
        }
        Self { states, backup: i64::from(limits.backup.get()).saturating_mul(MICROS_PER_MINUTE) }
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "one entry for each place of a state, in order")]
    const fn of_state(&self, row: &Lifecycle) -> u32 {
        self.states[row.packed.state_place()]
    }
}

/// What watches over a state beside its time limit. Of queue timeout, time limit and retention at most one does.
#[derive(Clone, Copy)]
struct Watched {
    /// Bits that change in the minutes of the limit: `NOT` alone turns the limit off, since the controller's pass ends
    /// that change; `NOT` and a retention turn a state without a limit into one that is kept for so long.
    turned: u32,
    /// Bits that stay of the minutes of the queue timeout: all where it may take the place of the limit.
    queued: u32,
}

impl Watched {
    const fn of(state: SandboxState, desired: DesiredState, pending: bool, has_runner: bool) -> Self {
        const UNASSIGNED: Mask = facts::PendingBuild | facts::PullingSnapshot;
        const FOLLOWED: Mask = facts::Creating
            | facts::Restoring
            | facts::Starting
            | facts::Resuming
            | facts::BuildingSnapshot
            | facts::PullingSnapshot;
        let at = facts::state(state);
        let starts = matches!(desired, DesiredState::Started);
        let goes = matches!(desired, DesiredState::Destroyed);
        let failed_build = at & facts::BuildFailed != 0;
        // What failed and is to go is driven there while a runner holds it (difference D2): its record is not removed
        // from under the pass, for the copy would be nobody's.
        let goes_from_a_runner = goes && has_runner && at & (facts::Error | facts::BuildFailed) != 0;
        let queued = at & UNASSIGNED != 0 && starts && !has_runner;
        // A pass drops what it finds where nothing is pending, so there the clock ends the change.
        let followed = at & FOLLOWED != 0 && starts && pending && !queued;
        let turned = if goes_from_a_runner {
            0
        } else if at & facts::Destroyed != 0 || (failed_build && goes) {
            NOT | A_DAY
        } else if (failed_build && starts) || (at & facts::Error != 0 && goes) {
            NOT | A_WEEK
        } else if followed {
            NOT
        } else {
            0
        };
        Self { turned, queued: if queued { u32::MAX } else { 0 } }
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "one entry for each place")]
    fn over(row: &Lifecycle) -> Self {
        WATCHED[row.packed.standing()]
    }
}

/// Over each state beside each desired state, pending or not, on a runner or not. As data, for a look costs less than
/// the questions.
static WATCHED: [Watched; STANDINGS] = watched();

const fn watched() -> [Watched; STANDINGS] {
    let mut all = [Watched { turned: 0, queued: 0 }; STANDINGS];
    let (mut to, mut standing): (&mut [Watched], usize) = (&mut all, 0);
    while let [place, places @ ..] = to {
        let Status { state, desired, pending, has_runner, .. } = Packed::at_standing(standing);
        *place = Watched::of(state, desired, pending, has_runner);
        standing = standing.wrapping_add(1);
        to = places;
    }
    all
}

/// The controller's pass follows this change and ends it itself when its time is over.
pub(super) fn is_followed(row: &Lifecycle) -> bool {
    Watched::over(row).turned == NOT
}

/// The armed timers of a row: minutes from an instant, or the instant where it needs no sum.
#[derive(Clone, Copy)]
pub(super) struct Armed {
    ttl: i64,
    backup: i64,
    /// Where the wait of a queue timeout begins, else where the state did.
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
        let held = row.held.turned(UNWANTED);
        let watched = Watched::over(row);
        let queue = row.queue_timeout.map_or(0, |timeout| timeout.0.get()) & watched.queued;
        let limit = limits.of_state(row);
        // A row that breaks rule 4 keeps its backup until it is mended: no write that leaves it so is made.
        let backs_up = row.packed.backs_up() & held.meet(guards::coherent);
        Self {
            // An instant that is not set is the last one there is, so no timer acts after it.
            ttl: choose(held.meet(guards::to_be_destroyed), row.destroy_at.as_micros(), UNARMED),
            backup: choose(backs_up, row.backup_since.as_micros().wrapping_add(limits.backup), UNARMED),
            watched_since: choose(queue == 0, row.since.as_micros(), row.created.as_micros()),
            queue,
            limit,
            limit_turned: limit ^ watched.turned,
            idle_since: row.last_activity.as_micros(),
            // A negative interval, which is never, has the bit of `NOT` by itself.
            delete: armed(held, demands.delete, row.auto_delete.cast_unsigned()),
            archive: armed(held, demands.archive, archive_after(row.auto_archive)),
            pause: armed(held, demands.pause, pause_after(row.auto_pause)),
            stop: armed(held, demands.stop, stop_after(row.auto_stop)),
        }
    }

    /// The earliest boundary of those that [`due`](Lifecycle::due) acts on, or the end of time.
    #[inline]
    pub(super) fn earliest(self) -> i64 {
        let watched = boundary(self.watched_since, choose(self.queue == 0, self.limit_turned, self.queue));
        let idle = self.delete.min(self.archive).min(self.pause.min(self.stop));
        boundary(self.idle_since, idle).min(watched).min(self.ttl.min(self.backup))
    }

    /// The boundary of every timer, in the order of [`Timer::TIMED`], the limit of a followed change among them.
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

/// So many minutes, if all that is demanded holds.
#[inline]
fn armed(held: Guards, demands: Guards, minutes: u32) -> u32 {
    choose(demands.without(held).is_empty(), minutes, NOT)
}

/// So many minutes after an instant, or the end of time. Instants keep to chrono's range, which leaves room for the
/// longest interval on either side, so the sum does not wrap.
#[inline]
fn boundary(since: i64, minutes: u32) -> i64 {
    let at = since.wrapping_add(i64::from(minutes).wrapping_mul(MICROS_PER_MINUTE));
    choose(minutes & NOT == 0, at, UNARMED)
}

// The numbers as they lie in the row: whether 0 is never is among the facts.

#[inline]
const fn stop_after(interval: AutoStop) -> u32 {
    match interval {
        AutoStop::Never => 0,
        AutoStop::After(minutes) => minutes.get(),
    }
}

#[inline]
const fn pause_after(interval: AutoPause) -> u32 {
    match interval {
        AutoPause::Never => 0,
        AutoPause::After(minutes) => minutes.get(),
    }
}

#[inline]
const fn archive_after(interval: AutoArchive) -> u32 {
    match interval {
        AutoArchive::AtOnce => 0,
        AutoArchive::After(minutes) => minutes.get(),
    }
}
