//! When the next timer of a sandbox or of a fleet acts.
//!
//! A controller computes this for every sandbox of its fleet, so it is branchless for speed (`clock/armed.rs`).

use super::armed::{self, Armed, Demands, Limits, TIMED, UNARMED};
use crate::lifecycle::Lifecycle;
use crate::policy::Policy;
use crate::rules::{Context, Timer};
use crate::vocabulary::{Micros, Minutes};
use chrono::{DateTime, Utc};

/// The time limits of a policy in a form that is fast to read. Make it once and use it for every sandbox.
///
/// A store keeps one instant for each row, in an indexed column: [`next`](Self::next), computed from the row as it is
/// written, in the same write. At that instant the host looks: it calls [`due`](Lifecycle::due). If nothing is due, for
/// example because the runner is not ready, it stores [`next_look`](Self::next_look), which is later, and does not raise
/// the revision. A touch leaves the instant as it is: the look then finds nothing due. When the policy changes, the host
/// computes `next` again for every row, because the instants come from the policy's limits (`docs/COLUMNS.md`).
///
/// While [`reconcile`](Lifecycle::reconcile) follows a change on the runner, `due` ignores the time limit of the change,
/// and so does the clock: [`needs_reconcile`](Lifecycle::needs_reconcile) holds for such a row, and the pass returns
/// until when to wait.
///
/// ```
/// use sandbox_lifecycle::{Clock, Columns, Lifecycle, Policy};
/// let clock = Clock::new(&Policy::default());
/// let row = Lifecycle::from(Columns::default());
/// let next = clock.next(&row).expect("auto-stop is on by default");
/// assert_eq!(next.to_rfc3339(), "1970-01-01T00:15:00.000001+00:00");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    limits: Limits,
    look_again: Minutes,
}

impl Clock {
    /// Returns the clock for the time limits of `policy`.
    pub fn new(policy: &Policy) -> Self {
        Self { limits: Limits::of(&policy.time_limits), look_again: policy.look_again }
    }

    /// Returns the first instant at which a timer could act on this sandbox, in any [`Context`], if none of its columns
    /// changes before. In some contexts the timer does not act then.
    ///
    /// A timer acts strictly later than its deadline, so this is one microsecond after the earliest deadline. It is
    /// `None` if no deadline can pass: a deadline beyond the last instant never does.
    pub fn next(&self, row: &Lifecycle) -> Option<DateTime<Utc>> {
        right_after(self.earliest(row))
    }

    /// Returns the first instant at which a timer could act on any of these sandboxes. A host waits until then.
    pub fn first(&self, fleet: &[Lifecycle]) -> Option<DateTime<Utc>> {
        let of = |row| self.earliest(row);
        // Speed dictated the form; the plain one is the minimum over one iterator. In a loop over single rows the compiler
        // branches where a row is unpredictable, and in one over four rows it does not.
        let (fours, rest) = fleet.as_chunks();
        let first = fours.iter().fold(UNARMED, |first, [a, b, c, d]| first.min(of(a).min(of(b))).min(of(c).min(of(d))));
        right_after(rest.iter().map(of).fold(first, i64::min))
    }

    /// Returns when to look again at a sandbox for which [`due`](Lifecycle::due) returned nothing at `now`, or `None` if
    /// no timer is armed. A store keeps it in place of [`next`](Self::next) and does not raise the revision.
    ///
    /// It is later than `now`. If a timer is over that does not act in the context of now, it is
    /// [`Policy::look_again`] after `now`, because no input announces that the context has changed.
    pub fn next_look(&self, row: &Lifecycle, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let boundaries = Armed::of(row, &self.limits, &Demands::ANYWHERE).boundaries();
        self.look_at(Self::without_followed(row, boundaries).map(|(_, at)| at), now.into())
    }

    /// Returns when a controller looks again in this view: as [`next_look`](Self::next_look), but also at a time limit that
    /// its pass ends.
    pub(crate) fn next_of_pass(
        &self,
        row: &Lifecycle,
        warm_pool: bool,
        runner_unready: bool,
        now: Micros,
    ) -> Option<DateTime<Utc>> {
        let demands = Demands::with(warm_pool, runner_unready);
        self.look_at(Armed::of(row, &self.limits, &demands).boundaries().into_iter(), now)
    }

    /// Returns the first instant after `now` at which one of these boundaries is over. One that is over already has not
    /// acted, because something outside the row holds the timer back, so it is looked at again later.
    fn look_at(&self, boundaries: impl Iterator<Item = i64>, now: Micros) -> Option<DateTime<Utc>> {
        let again = now.saturating_add_minutes(i64::from(self.look_again.get()));
        let looks =
            boundaries.filter_map(Self::passes_at).map(|at| if at < now { again } else { at.saturating_add_micros(1) });
        looks.min().filter(|look| *look > now).map(Into::into)
    }

    /// Returns the boundary of every timer, in the order of [`Timer::TIMED`]. A timer acts strictly later.
    pub(crate) fn boundaries(&self, row: &Lifecycle, context: Context) -> [i64; TIMED] {
        let mut boundaries = Armed::of(row, &self.limits, &Demands::of(context)).boundaries();
        for (timer, boundary) in Timer::TIMED.iter().zip(&mut boundaries) {
            if waits(*timer, context) {
                *boundary = UNARMED;
            }
        }
        boundaries
    }

    /// Returns the timers that `due` applies, with their boundaries.
    pub(crate) fn due_timers(&self, row: &Lifecycle, context: Context) -> impl Iterator<Item = (Timer, i64)> + use<> {
        Self::without_followed(row, self.boundaries(row, context))
    }

    /// Returns each timer with its boundary, but not a time limit that the controller's pass applies.
    fn without_followed(row: &Lifecycle, boundaries: [i64; TIMED]) -> impl Iterator<Item = (Timer, i64)> + use<> {
        let followed = armed::is_followed(row);
        let boundaries = Timer::TIMED.iter().copied().zip(boundaries);
        boundaries.filter(move |(timer, _)| !(*timer == Timer::TimeLimit && followed))
    }

    /// Whether the timer of this boundary is armed, even if the boundary can never pass.
    pub(super) const fn is_armed(boundary: i64) -> bool {
        boundary != UNARMED
    }

    /// Returns the instant of a boundary, or `None` if the timer is not armed or the boundary can never pass.
    pub(crate) fn passes_at(boundary: i64) -> Option<Micros> {
        (boundary < Micros::MAX.as_micros()).then(|| Micros::from_micros(boundary))
    }

    #[inline]
    fn earliest(&self, row: &Lifecycle) -> i64 {
        Armed::of(row, &self.limits, &Demands::ANYWHERE).earliest()
    }
}

/// Whether a timer waits in this context: what removes a disk, for the forks that read it (difference D30), and the retention
/// for the runners that still have a copy.
const fn waits(timer: Timer, context: Context) -> bool {
    match timer {
        Timer::Ttl | Timer::AutoDelete | Timer::AutoArchive => context.live_fork_children() > 0,
        Timer::Retention => context.owed_departures() > 0,
        Timer::SpotEviction | Timer::QueueTimeout | Timer::TimeLimit | Timer::BackupLimit => false,
        Timer::AutoPause | Timer::AutoStop => false,
    }
}

/// Returns the first instant at which a timer with this boundary acts.
fn right_after(boundary: i64) -> Option<DateTime<Utc>> {
    Clock::passes_at(boundary).map(|at| at.saturating_add_micros(1).into())
}
