//! What the timers of a sandbox will do to it, for people: what happens, when, and what prevents it.

use super::assumed::with_hidden_columns;
use crate::clock::Standing;
use crate::lifecycle::{Columns, Lifecycle, instants::NEVER};
use crate::policy::Policy;
use crate::record::{SandboxDto, SandboxListItem};
use crate::rules::{Context, Timer};
use crate::vocabulary::{DesiredState, FieldErrors, MICROS_PER_MINUTE, Micros, SandboxState};
use alloc::vec::Vec;
use chrono::{DateTime, Utc};
use core::fmt;
use serde::Serialize;

/// What a timer will do to a sandbox, if no input comes before.
///
/// ```
/// use sandbox_lifecycle::{Columns, Context, Lifecycle, Policy, client::Forecast, vocabulary::AutoDelete};
/// let row = Lifecycle::from(Columns { auto_delete: AutoDelete::AtOnce, ..Columns::default() });
/// let now = chrono::DateTime::from_timestamp(180, 0).unwrap();
/// let forecasts = Forecast::of(&row, &Policy::default(), Context::of(&row));
/// assert_eq!(forecasts[0].in_words(now).to_string(), "will be deleted in 12 min unless it is used");
/// // A page that counts the time itself takes the parts.
/// assert_eq!((forecasts[0].outcome.to_string(), forecasts[0].exception()), ("will be deleted".into(), Some("it is used")));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Forecast {
    /// The timer.
    pub timer: Timer,
    /// What happens.
    pub outcome: Outcome,
    /// The deadline: it happens strictly after this time. `None` means that nothing shows from when the timer counts.
    pub at: Option<DateTime<Utc>>,
}

/// What a timer does to a sandbox. It displays as a sentence without its subject: `will be stopped`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Outcome {
    /// It ends in this state.
    Becomes(SandboxState),
    /// It is deleted, with its disk and its backup.
    Deleted,
    /// The backup under way has failed. The sandbox stays as it is.
    BackupFails,
    /// The record of the sandbox is removed.
    RecordRemoved,
}

impl Forecast {
    /// Returns what the armed timers of a row will do, the first one first; those at an unknown time come last.
    pub fn of(row: &Lifecycle, policy: &Policy, context: Context) -> Vec<Self> {
        let mut forecasts: Vec<_> = row
            .deadlines(policy, context)
            .filter_map(|deadline| {
                let at = match deadline.standing {
                    Standing::Armed { at } => Some(at),
                    Standing::Unknown => None,
                    Standing::Masked { .. } | Standing::Beyond | Standing::Off | Standing::NotHere => return None,
                };
                let outcome = outcome(row, deadline.timer, policy, context)?;
                Some(Self { timer: deadline.timer, outcome, at })
            })
            .collect();
        forecasts.sort_by_key(|forecast| (forecast.at.is_none(), forecast.at));
        forecasts
    }

    /// Returns what the armed timers of a record's sandbox will do. In a warm pool the automatic timers do nothing. A record
    /// often hides the runner, so a sandbox whose state needs one counts as on it.
    ///
    /// # Errors
    /// All faulty fields of the record.
    pub fn of_record(record: &impl ShowsWarmPool, policy: &Policy) -> Result<Vec<Self>, FieldErrors> {
        let row = with_hidden_columns(&record.lifecycle()?);
        let context = Context::of(&row).with_warm_pool(record.is_in_warm_pool());
        Ok(Self::of(&row, policy, context))
    }

    /// Returns the forecast as a sentence without its subject: `will be stopped in 12 min unless it is used`.
    pub const fn in_words(&self, now: DateTime<Utc>) -> impl fmt::Display + use<> {
        InWords { forecast: *self, now }
    }

    /// Returns what prevents it, if something does, as it follows "unless": `it is used`.
    pub const fn exception(&self) -> Option<&'static str> {
        match self.timer {
            Timer::AutoStop | Timer::AutoPause | Timer::AutoArchive | Timer::AutoDelete => Some("it is used"),
            Timer::Ttl => Some("it gets a new time to live"),
            Timer::QueueTimeout => Some("a runner takes it"),
            Timer::TimeLimit => Some("its change ends"),
            Timer::BackupLimit => Some("the backup ends"),
            Timer::Retention | Timer::SpotEviction => None,
        }
    }
}

/// Returns what a timer does, as its step says. A time that is unknown does not change it.
fn outcome(row: &Lifecycle, timer: Timer, policy: &Policy, context: Context) -> Option<Outcome> {
    match timer {
        Timer::Retention => return Some(Outcome::RecordRemoved),
        Timer::BackupLimit => return Some(Outcome::BackupFails),
        Timer::SpotEviction | Timer::Ttl | Timer::QueueTimeout | Timer::TimeLimit => {}
        Timer::AutoDelete | Timer::AutoArchive | Timer::AutoPause | Timer::AutoStop => {}
    }
    let known = |time: DateTime<Utc>| if Micros::from(time) == NEVER { DateTime::UNIX_EPOCH } else { time };
    let columns = row.columns();
    let dated = Lifecycle::from(Columns {
        created_at: known(columns.created_at),
        last_activity_at: known(columns.last_activity_at),
        state_since: known(columns.state_since),
        ..columns
    });
    let step = dated.decide(timer, policy, context, Micros::MAX.into()).ok().filter(|step| !step.is_noop())?;
    Some(match (step.state(), step.desired_state()) {
        (_, DesiredState::Destroyed) => Outcome::Deleted,
        (state, _) if state.is_failed() => Outcome::Becomes(state),
        (state, desired) => Outcome::Becomes(desired.fulfilled_by().unwrap_or(state)),
    })
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Becomes(state) if state.is_failed() => f.write_str("will fail"),
            Self::Becomes(state) => write!(f, "will be {state}"),
            Self::Deleted => f.write_str("will be deleted"),
            Self::BackupFails => f.write_str("will lose the backup under way"),
            Self::RecordRemoved => f.write_str("will lose its record"),
        }
    }
}

struct InWords {
    forecast: Forecast,
    now: DateTime<Utc>,
}

impl fmt::Display for InWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.forecast.outcome.fmt(f)?;
        match self.forecast.at {
            Some(at) => write_distance(f, Micros::from(at), Micros::from(self.now)),
            None => f.write_str(" at an unknown time"),
        }?;
        self.forecast.exception().map_or(Ok(()), |exception| write!(f, " unless {exception}"))
    }
}

/// Writes how long it takes: minutes, from 2 hours on hours, from 2 days on days, rounded up.
fn write_distance(f: &mut fmt::Formatter<'_>, at: Micros, now: Micros) -> fmt::Result {
    let left = at.as_micros().saturating_sub(now.as_micros());
    if left <= 0 {
        return f.write_str(" now");
    }
    let minutes = left.saturating_add(MICROS_PER_MINUTE - 1) / MICROS_PER_MINUTE;
    match minutes {
        ..120 => write!(f, " in {minutes} min"),
        120..2_880 => write!(f, " in {} h", minutes.saturating_add(59) / 60),
        2_880.. => write!(f, " in {} days", minutes.saturating_add(1_439) / 1_440),
    }
}

/// A record that shows whether a sandbox waits unclaimed in a warm pool.
pub trait ShowsWarmPool {
    /// Returns the lifecycle of the record.
    ///
    /// # Errors
    /// All faulty fields.
    fn lifecycle(&self) -> Result<Lifecycle, FieldErrors>;

    /// Whether the sandbox waits unclaimed in a warm pool: it names its pool, or its organization is all zeros.
    fn is_in_warm_pool(&self) -> bool;
}

/// The organization of an unclaimed member of a warm pool (published API).
fn is_nobody(organization_id: &str) -> bool {
    !organization_id.is_empty() && organization_id.chars().all(|letter| matches!(letter, '0' | '-'))
}

macro_rules! shows_warm_pool {
    ($($record:ident)+) => {$(
        impl<X> ShowsWarmPool for $record<X> {
            fn lifecycle(&self) -> Result<Lifecycle, FieldErrors> {
                self.try_into()
            }
            fn is_in_warm_pool(&self) -> bool {
                self.warm_pool_id.value().is_some_and(|pool| !pool.is_empty()) || is_nobody(&self.organization_id)
            }
        }
    )+};
}
shows_warm_pool! { SandboxDto SandboxListItem }
