//! When the next timer of a sandbox acts, and when the next one of a fleet does.
//!
//! A controller asks this of every sandbox it holds, so here, as in the verdict on a command, speed decided the form: the
//! durations are found without a branch (`clock/armed.rs`), and a fleet is read as several streams.

use super::armed::{self, Armed, Demands, Limits, TIMED, UNARMED};
use crate::{
    lifecycle::Lifecycle,
    policy::Policy,
    rules::{Context, Timer},
    vocabulary::Micros,
};
use chrono::{DateTime, Utc};

/// A policy's times in the form the clock reads: made once, asked for every sandbox.
///
/// It wakes whoever asks [`due`](Lifecycle::due): at the instant it names, and not before, `due` has a step. The limit
/// of a change that [`reconcile`](Lifecycle::reconcile) follows is not among its times, for `due` leaves that to the
/// pass: such a row [owes work](Lifecycle::needs_reconcile), and the pass says itself until when to wait.
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
    /// The times of `policy`.
    pub fn new(policy: &Policy) -> Self {
        Self { limits: Limits::of(&policy.time_limits) }
    }

    /// The first instant at which a timer acts on this sandbox, if none of its columns changes before.
    ///
    /// A timer acts strictly later than its time, so this is a microsecond after the earliest. A time beyond the last
    /// instant there is never passes, and is none.
    pub fn next(&self, row: &Lifecycle, context: Context) -> Option<DateTime<Utc>> {
        right_after(self.earliest(row, &Demands::of(context)))
    }

    /// Returns the first instant at which a timer acts on any of these sandboxes: when a clock must wake.
    ///
    /// Ask rows with different contexts one by one with [`next`](Self::next).
    pub fn first<'a>(&self, fleet: impl IntoIterator<Item = &'a Lifecycle>, context: Context) -> Option<DateTime<Utc>> {
        let demands = Demands::of(context);
        right_after(fleet.into_iter().map(|row| self.earliest(row, &demands)).fold(UNARMED, i64::min))
    }

    /// As [`next`](Self::next), and beside what `due` acts on the limit of a change that the controller's pass ends.
    pub(crate) fn next_with_followed(&self, row: &Lifecycle, context: Context) -> Option<DateTime<Utc>> {
        self.boundaries(row, context).into_iter().min().and_then(right_after)
    }

    /// The boundary of every timer, in the order of [`Timer::TIMED`]. A timer acts strictly later.
    pub(crate) fn boundaries(&self, row: &Lifecycle, context: Context) -> [i64; TIMED] {
        Armed::of(row, &self.limits, &Demands::of(context)).boundaries()
    }

    /// The boundaries of the timers on which `due` acts: all but a time limit that is left to the controller's pass.
    pub(crate) fn timers_of_due(
        &self,
        row: &Lifecycle,
        context: Context,
    ) -> impl Iterator<Item = (Timer, i64)> + use<> {
        let left = armed::is_followed(row);
        let boundaries = Timer::TIMED.iter().copied().zip(self.boundaries(row, context));
        boundaries.filter(move |(timer, _)| !(*timer == Timer::TimeLimit && left))
    }

    /// The timer of this boundary is armed, whether or not its time can ever pass.
    pub(crate) const fn is_armed(boundary: i64) -> bool {
        boundary != UNARMED
    }

    /// The instant of a boundary that can pass: not that of a timer that is not armed, nor one at the end of time.
    pub(crate) fn passes_at(boundary: i64) -> Option<Micros> {
        (boundary < Micros::MAX.as_micros()).then(|| Micros::from_micros(boundary))
    }

    #[inline]
    fn earliest(&self, row: &Lifecycle, demands: &Demands) -> i64 {
        Armed::of(row, &self.limits, demands).earliest()
    }
}

/// When a timer of this boundary acts.
fn right_after(boundary: i64) -> Option<DateTime<Utc>> {
    Clock::passes_at(boundary).map(|at| at.saturating_add_micros(1).into())
}
