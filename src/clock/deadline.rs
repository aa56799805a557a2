//! The deadline of every timer of a sandbox, and why a timer has none.

use super::schedule::Clock;
use crate::lifecycle::{Lifecycle, instants::NEVER};
use crate::policy::Policy;
use crate::rules::{Context, Timer};
use crate::vocabulary::{AutoPause, AutoStop, Micros};
use chrono::{DateTime, Utc};
use core::fmt;
use serde::Serialize;

/// A timer of a sandbox and its standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deadline {
    /// The timer.
    pub timer: Timer,
    /// Whether and when it acts.
    #[serde(flatten)]
    pub standing: Standing,
}

/// Whether and when a timer acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "standing", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Standing {
    /// It acts strictly after this time, unless an input moves the deadline. While [`reconcile`](Lifecycle::reconcile)
    /// follows a change, the first pass after this time applies the time limit.
    Armed {
        /// The deadline.
        at: DateTime<Utc>,
    },
    /// It is set, but another timer always acts first.
    Masked {
        /// The timer that acts first.
        by: Timer,
    },
    /// It is set, but its deadline is beyond the last instant that a time can have, so it never acts.
    Beyond,
    /// It is set, but nothing shows the time from which it counts: a record may omit its times.
    Unknown,
    /// It is turned off.
    Off,
    /// It does not act in this state or on this kind of sandbox.
    NotHere,
}

impl Deadline {
    /// Returns what moves this deadline to a later time, in words.
    pub const fn moved_by(&self) -> &'static str {
        match self.timer {
            Timer::AutoStop | Timer::AutoPause | Timer::AutoArchive | Timer::AutoDelete => {
                "any use of the sandbox, a change of its state, or another interval"
            }
            Timer::Ttl => "a new time to live, which counts from the time it is set",
            Timer::QueueTimeout => "nothing; it is turned off when a runner takes the sandbox",
            Timer::TimeLimit => "nothing; it is turned off when the change ends",
            Timer::BackupLimit => "nothing; it is turned off when the backup ends",
            Timer::Retention => "nothing",
            Timer::SpotEviction => "nothing; the platform decides when it acts",
        }
    }
}

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.timer, self.standing)
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Armed { at } => write!(f, "acts after {}", Micros::from(*at)),
            Self::Masked { by } => write!(f, "never acts: {by} always acts first"),
            Self::Beyond => f.write_str("never acts: its deadline is beyond the last instant"),
            Self::Unknown => f.write_str("acts at an unknown time"),
            Self::Off => f.write_str("is off"),
            Self::NotHere => f.write_str("does not act on this sandbox in this state"),
        }
    }
}

impl Lifecycle {
    /// Returns the timer that acts next and its deadline, if no column changes before. It acts strictly after the
    /// deadline.
    ///
    /// [`due`](Self::due) returns the step of this timer after the deadline. While [`reconcile`](Self::reconcile)
    /// follows a change, `due` ignores its time limit, and so does this method: see [`deadlines`](Self::deadlines) and
    /// [`Next::Wait`](crate::Next::Wait).
    pub fn next_deadline(&self, policy: &Policy, context: Context) -> Option<(Timer, DateTime<Utc>)> {
        // `min_by_key` keeps the first of equals, and the timers are in the order in which they act.
        let (timer, at) = Clock::new(policy).due_timers(self, context).min_by_key(|(_, at)| *at)?;
        Clock::passes_at(at).map(|at| (timer, at.into()))
    }

    /// Returns every timer of this sandbox and its standing.
    pub fn deadlines(&self, policy: &Policy, context: Context) -> impl Iterator<Item = Deadline> + use<> {
        let (row, clock) = (*self, Clock::new(policy));
        let boundaries = clock.boundaries(&row, context);
        Timer::TIMED.iter().copied().zip(boundaries).map(move |(timer, at)| {
            let standing =
                Clock::passes_at(at).map_or_else(|| row.never_acts(timer, at), |at| Standing::Armed { at: at.into() });
            // Both count from the last activity, and auto-delete does not act on an archived sandbox.
            let masked = timer == Timer::AutoDelete && row.archive_comes_first() && !context.warm_pool();
            let masked = masked && !matches!(standing, Standing::Beyond | Standing::Unknown);
            Deadline { timer, standing: if masked { Standing::Masked { by: Timer::AutoArchive } } else { standing } }
        })
    }

    /// Returns the standing of a timer whose boundary cannot pass.
    fn never_acts(&self, timer: Timer, boundary: i64) -> Standing {
        let is_set = match timer {
            Timer::AutoStop => self.auto_stop != AutoStop::Never,
            Timer::AutoPause => self.auto_pause != AutoPause::Never,
            Timer::AutoDelete => self.auto_delete >= 0,
            Timer::Ttl => self.destroy_at != NEVER,
            Timer::QueueTimeout => self.queue_timeout.is_some(),
            Timer::AutoArchive | Timer::TimeLimit | Timer::BackupLimit | Timer::Retention | Timer::SpotEviction => true,
        };
        match (is_set, Clock::is_armed(boundary)) {
            (false, _) => Standing::Off,
            (true, true) if self.counts_from(timer) == NEVER => Standing::Unknown,
            (true, true) => Standing::Beyond,
            (true, false) => Standing::NotHere,
        }
    }

    /// Returns the instant from which a timer counts, or its deadline if that is stored.
    const fn counts_from(&self, timer: Timer) -> Micros {
        match timer {
            Timer::AutoStop | Timer::AutoPause | Timer::AutoArchive | Timer::AutoDelete => self.last_activity,
            Timer::TimeLimit | Timer::Retention => self.since,
            Timer::QueueTimeout => self.created,
            Timer::BackupLimit => self.backup_since,
            Timer::Ttl | Timer::SpotEviction => self.destroy_at,
        }
    }

    /// Whether auto-archive always acts before auto-delete. Both count from the last activity.
    pub(super) fn archive_comes_first(&self) -> bool {
        self.auto_delete > self.auto_archive.as_minutes()
    }
}
