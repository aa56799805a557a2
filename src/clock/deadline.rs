//! Every timer of a sandbox: which acts next and when, and which never will.

use super::schedule::Clock;
use crate::{
    lifecycle::Lifecycle,
    policy::Policy,
    rules::{Context, Timer},
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, Micros, Minutes},
};
use chrono::{DateTime, Utc};
use core::fmt;
use serde::Serialize;

/// A timer of a sandbox and how it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deadline {
    /// Which timer.
    pub timer: Timer,
    /// How it stands.
    #[serde(flatten)]
    pub standing: Standing,
}

/// How a timer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "standing", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Standing {
    /// It acts strictly after this time, unless something moves it. A time limit that is left to
    /// [`reconcile`](Lifecycle::reconcile) acts in the first pass after it.
    Armed {
        /// The boundary.
        at: DateTime<Utc>,
    },
    /// It is set, and another timer acts first whatever happens.
    Masked {
        /// The timer that acts first.
        by: Timer,
    },
    /// It is set and would act here, but its time lies beyond the last instant there is: it never acts.
    Beyond,
    /// It is turned off.
    Off,
    /// It does not act in this state, or not for this kind of sandbox.
    NotHere,
}

impl Deadline {
    /// What moves this timer to a later time, in words.
    pub const fn moved_by(&self) -> &'static str {
        match self.timer {
            Timer::AutoStop | Timer::AutoPause | Timer::AutoArchive | Timer::AutoDelete => {
                "any use of the sandbox, a change of its state, or another interval"
            }
            Timer::Ttl => "setting the time to live again, which counts from then",
            Timer::QueueTimeout => "nothing; a runner that takes the sandbox turns it off",
            Timer::TimeLimit => "nothing; the end of the change turns it off",
            Timer::BackupLimit => "nothing; the end of the backup turns it off",
            Timer::Retention => "nothing",
            Timer::SpotEviction => "nothing; the platform says when",
        }
    }
}

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.standing {
            Standing::Armed { at } => write!(f, "{} acts after {}", self.timer, Micros::from(at)),
            Standing::Masked { by } => write!(f, "{} never acts: {by} comes first", self.timer),
            Standing::Beyond => write!(f, "{} never acts: its time lies beyond the last instant", self.timer),
            Standing::Off => write!(f, "{} is off", self.timer),
            Standing::NotHere => write!(f, "{} does not act here", self.timer),
        }
    }
}

impl Lifecycle {
    /// The timer that acts next and when, if no column changes before. It acts strictly later than its time.
    ///
    /// It is a timer that [`due`](Self::due) acts on, at a time that can pass: whoever waits for it finds a step there.
    /// A time limit that is left to [`reconcile`](Self::reconcile) is not named here but among the
    /// [`deadlines`](Self::deadlines), and the pass says itself until when to wait.
    pub fn next_deadline(&self, policy: &Policy, context: Context) -> Option<(Timer, DateTime<Utc>)> {
        // `min_by_key` keeps the first of equals, and the timers stand in the order in which they act.
        let (timer, at) = Clock::new(policy).timers_of_due(self, context).min_by_key(|(_, at)| *at)?;
        Clock::passes_at(at).map(|at| (timer, at.into()))
    }

    /// Every timer of this sandbox and how it stands.
    pub fn deadlines(&self, policy: &Policy, context: Context) -> impl Iterator<Item = Deadline> + use<> {
        let (row, clock) = (*self, Clock::new(policy));
        let boundaries = clock.boundaries(&row, context);
        Timer::TIMED.iter().copied().zip(boundaries).map(move |(timer, at)| {
            let standing =
                Clock::passes_at(at).map_or_else(|| row.never_acts(timer, at), |at| Standing::Armed { at: at.into() });
            // Both count from one clock, and archived rows have no timer but the time to live.
            let masked = timer == Timer::AutoDelete && row.archive_comes_first() && !context.warm_pool();
            let masked = masked && standing != Standing::Beyond;
            Deadline { timer, standing: if masked { Standing::Masked { by: Timer::AutoArchive } } else { standing } }
        })
    }

    /// How a timer stands whose boundary cannot pass.
    fn never_acts(&self, timer: Timer, boundary: i64) -> Standing {
        let off = match timer {
            Timer::AutoStop => self.auto_stop == AutoStop::Never,
            Timer::AutoPause => self.auto_pause == AutoPause::Never,
            Timer::AutoDelete => matches!(self.auto_delete(), AutoDelete::Never(_)),
            Timer::Ttl => self.auto_destroy_at().is_none(),
            Timer::QueueTimeout => self.queue_timeout.is_none(),
            Timer::AutoArchive | Timer::TimeLimit | Timer::BackupLimit | Timer::Retention | Timer::SpotEviction => {
                false
            }
        };
        let unbegun = timer == Timer::BackupLimit && self.backup_since().is_none();
        match (off, Clock::is_armed(boundary) && !unbegun) {
            (true, _) => Standing::Off,
            (false, true) => Standing::Beyond,
            (false, false) => Standing::NotHere,
        }
    }

    /// Auto-archive acts before auto-delete could (section 9).
    pub(crate) fn archive_comes_first(&self) -> bool {
        let archive = match self.auto_archive {
            AutoArchive::AtOnce => 0,
            AutoArchive::After(minutes) => minutes.get(),
        };
        match self.auto_delete() {
            AutoDelete::After(minutes) => Minutes::get(minutes) > archive,
            AutoDelete::AtOnce | AutoDelete::Never(_) => false,
        }
    }
}
