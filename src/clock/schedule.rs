//! When the next timer of a sandbox or of a fleet acts.
//!
//! A controller computes this for every sandbox of its fleet, so it is branchless for speed (`clock/armed.rs`).

use super::armed::{self, Armed, Demands, Limits, TIMED, UNARMED};
use crate::lifecycle::Lifecycle;
use crate::policy::Policy;
use crate::rules::{Context, Timer};
use crate::vocabulary::Micros;
use chrono::{DateTime, Utc};

/// The time limits of a policy in a form that is fast to read. Make it once and use it for every sandbox.
///
/// It returns the first instant at which [`due`](Lifecycle::due) returns a step. While
/// [`reconcile`](Lifecycle::reconcile) follows a change on the runner, `due` ignores the time limit of the change, and
/// so does the clock: [`needs_reconcile`](Lifecycle::needs_reconcile) holds for such a row, and the pass returns until
/// when to wait.
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
    limits: Limits,
}

impl Clock {
    /// Returns the clock for the time limits of `policy`.
    pub fn new(policy: &Policy) -> Self {
        Self { limits: Limits::of(&policy.time_limits) }
    }

    /// Returns the first instant at which a timer acts on this sandbox, if none of its columns changes before.
    ///
    /// A timer acts strictly later than its deadline, so this is one microsecond after the earliest deadline. It is
    /// `None` if no deadline can pass: a deadline beyond the last instant never does.
    pub fn next(&self, row: &Lifecycle, context: Context) -> Option<DateTime<Utc>> {
        right_after(self.earliest(row, &Demands::of(context)))
    }

    /// Returns the first instant at which a timer acts on any of these sandboxes. A host waits until then.
    ///
    /// All sandboxes have the same context. For different contexts, or for rows that are not in one slice, call
    /// [`next`](Self::next) for each sandbox.
    pub fn first(&self, fleet: &[Lifecycle], context: Context) -> Option<DateTime<Utc>> {
        let demands = &Demands::of(context);
        let of = |row| self.earliest(row, demands);
        // Speed dictated the form; the plain one is the minimum over one iterator. In a loop over single rows the compiler
        // branches where a row is unpredictable, and in one over four rows it does not.
        let (fours, rest) = fleet.as_chunks();
        let first = fours.iter().fold(UNARMED, |first, [a, b, c, d]| first.min(of(a).min(of(b))).min(of(c).min(of(d))));
        right_after(rest.iter().map(of).fold(first, i64::min))
    }

    /// Returns the same as [`next`](Self::next), but includes the time limit of a change that the controller's pass
    /// ends.
    pub(crate) fn next_with_followed(&self, row: &Lifecycle, context: Context) -> Option<DateTime<Utc>> {
        self.boundaries(row, context).into_iter().min().and_then(right_after)
    }

    /// Returns the boundary of every timer, in the order of [`Timer::TIMED`]. A timer acts strictly later.
    pub(crate) fn boundaries(&self, row: &Lifecycle, context: Context) -> [i64; TIMED] {
        Armed::of(row, &self.limits, &Demands::of(context)).boundaries()
    }

    /// Returns the timers that `due` applies, with their boundaries: all but a time limit that the controller's pass
    /// applies.
    pub(crate) fn due_timers(&self, row: &Lifecycle, context: Context) -> impl Iterator<Item = (Timer, i64)> + use<> {
        let followed = armed::is_followed(row);
        let boundaries = Timer::TIMED.iter().copied().zip(self.boundaries(row, context));
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
    fn earliest(&self, row: &Lifecycle, demands: &Demands) -> i64 {
        Armed::of(row, &self.limits, demands).earliest()
    }
}

/// Returns the first instant at which a timer with this boundary acts.
fn right_after(boundary: i64) -> Option<DateTime<Utc>> {
    Clock::passes_at(boundary).map(|at| at.saturating_add_micros(1).into())
}
