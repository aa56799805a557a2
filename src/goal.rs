//! Waiting: has a sandbox arrived where a caller wants it, and can it still?
//!
//! What the official clients do and where they go wrong is section 11: a wait here ends at every state from which the
//! goal cannot be reached any more, and a success is the state that was asked for and no other.

use crate::{
    lifecycle::Lifecycle,
    policy::TimeLimits,
    vocabulary::{DesiredState, Micros, Open, SandboxState},
};
use chrono::{DateTime, Utc};
use core::fmt;

/// Where a caller waits for a sandbox to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Goal {
    /// It runs: after a create, start, resume or recover.
    Started,
    /// It is stopped, or destroyed where it is ephemeral.
    Stopped,
    /// It is paused.
    Paused,
    /// It is archived.
    Archived,
    /// It is gone.
    Destroyed,
    /// It is back where its desired state names: after a resize, a snapshot or a fork.
    Settled,
}

/// How a wait stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assessment {
    /// It has arrived.
    Reached,
    /// It is on its way.
    Pending {
        /// The state it is in, where this crate knows the word.
        state: Option<SandboxState>,
    },
    /// It does not arrive any more without another command. A recovery in place is under way in error, and nothing on
    /// the record says so: who has asked for one waits out the error, up to its own limit.
    Unreachable {
        /// Why not.
        reason: UnreachableReason,
    },
    /// It is on its way, and its time is over: nobody has ended the change.
    Stuck {
        /// When it came into this state, as far as the record tells.
        since: DateTime<Utc>,
    },
}

/// Why a goal is not reached any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnreachableReason {
    /// It is in error, or its build failed: recover it, or destroy it.
    Failed(SandboxState),
    /// It is gone, or going.
    Gone,
    /// It is meant to go elsewhere.
    DifferentDesiredState(DesiredState),
}

impl fmt::Display for UnreachableReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(state) => write!(f, "the sandbox is in {state}"),
            Self::Gone => f.write_str("the sandbox is gone"),
            Self::DifferentDesiredState(desired) => write!(f, "the sandbox is meant to be {desired}"),
        }
    }
}

/// What a client sees of a sandbox. Words it does not know are nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// The reported state.
    pub state: Option<SandboxState>,
    /// The desired state. Nothing where the record shows none: the reported state is then believed, but for
    /// [`Goal::Settled`], which is where the desired state names and is not reached without one.
    pub desired: Option<DesiredState>,
    /// A stop deletes it.
    pub ephemeral: bool,
    /// When it came into this state, as far as the record tells. Where that is not known, no wait is stuck.
    pub since: Option<Micros>,
}

impl Observation {
    /// A glimpse from open words as they came.
    #[must_use]
    pub const fn of(state: Option<&Open<SandboxState>>, desired: Option<&Open<DesiredState>>) -> Self {
        let state = match state {
            Some(state) => state.known(),
            None => None,
        };
        let desired = match desired {
            Some(desired) => desired.known(),
            None => None,
        };
        Self { state, desired, ephemeral: false, since: None }
    }
}

/// A change that was asked for and has not begun is reported already, and the row does not say when it was asked for:
/// the time of the state that it still is in is not the change's. A new row, which is unknown, was asked for as it began.
impl From<&Lifecycle> for Observation {
    fn from(row: &Lifecycle) -> Self {
        let reported = row.reported_state();
        Self {
            state: Some(reported),
            desired: Some(row.desired_state()),
            ephemeral: row.is_ephemeral(),
            since: (reported == row.state() || row.state() == SandboxState::Unknown).then_some(row.since),
        }
    }
}

impl Goal {
    /// How the wait for this goal stands, by the default time limits.
    ///
    /// ```
    /// use sandbox_lifecycle::{Assessment, Columns, DesiredState, Goal, Lifecycle, SandboxState, Why};
    /// let row = Lifecycle::from(Columns {
    ///     state: SandboxState::BuildFailed,
    ///     desired_state: DesiredState::Started,
    ///     ..Columns::default()
    /// });
    /// let assessment = Goal::Started.assess(&row, chrono::DateTime::UNIX_EPOCH);
    /// assert_eq!(assessment, Assessment::Unreachable { reason: UnreachableReason::Failed(SandboxState::BuildFailed) });
    /// ```
    #[must_use]
    pub fn assess(self, seen: impl Into<Observation>, now: DateTime<Utc>) -> Assessment {
        self.assess_with_limits(seen, &TimeLimits::default(), now)
    }

    /// How the wait for this goal stands, by the platform's own time limits.
    #[must_use]
    pub fn assess_with_limits(
        self,
        seen: impl Into<Observation>,
        limits: &TimeLimits,
        now: DateTime<Utc>,
    ) -> Assessment {
        let seen = seen.into();
        let Some(state) = seen.state else {
            let pending = Assessment::Pending { state: None };
            return self.elsewhere(seen).map_or(pending, |reason| Assessment::Unreachable { reason });
        };
        if self.is_reached(state, seen) {
            return Assessment::Reached;
        }
        if let Some(reason) = self.obstacle(state, seen) {
            return Assessment::Unreachable { reason };
        }
        match (limits.of(state), seen.since) {
            (Some(limit), Some(since)) if Micros::from(now) > since.saturating_add_minutes(i64::from(limit.get())) => {
                Assessment::Stuck { since: since.into() }
            }
            (Some(_) | None, _) => Assessment::Pending { state: Some(state) },
        }
    }

    /// How the wait stands when the record is not found any more: a destroyed one is forgotten after a day.
    #[must_use]
    pub const fn assess_not_found(self) -> Assessment {
        match self {
            Self::Destroyed => Assessment::Reached,
            Self::Started | Self::Stopped | Self::Paused | Self::Archived | Self::Settled => {
                Assessment::Unreachable { reason: UnreachableReason::Gone }
            }
        }
    }

    fn is_reached(self, state: SandboxState, seen: Observation) -> bool {
        // The reported state may run behind the desired one: it has arrived when both say so.
        let meant = |desired: DesiredState| seen.desired.is_none_or(|found| found == desired);
        match self {
            Self::Started => state == SandboxState::Started && meant(DesiredState::Started),
            Self::Stopped if state == SandboxState::Destroyed => seen.ephemeral,
            Self::Stopped => state == SandboxState::Stopped && meant(DesiredState::Stopped),
            Self::Paused => state == SandboxState::Paused && meant(DesiredState::Paused),
            Self::Archived => state == SandboxState::Archived && meant(DesiredState::Archived),
            Self::Destroyed => state == SandboxState::Destroyed,
            Self::Settled => {
                seen.desired.is_some_and(|desired| desired.fulfilled_by() == Some(state)) && !state.is_terminal()
            }
        }
    }

    fn obstacle(self, state: SandboxState, seen: Observation) -> Option<UnreachableReason> {
        let goes = matches!(self, Self::Destroyed) || (matches!(self, Self::Stopped) && seen.ephemeral);
        // What failed and is to go is still driven there (difference D2).
        if state.is_failed() && !(goes && seen.desired == Some(DesiredState::Destroyed)) {
            return Some(UnreachableReason::Failed(state));
        }
        if matches!(state, SandboxState::Destroyed | SandboxState::Destroying) && !goes {
            return Some(UnreachableReason::Gone);
        }
        self.elsewhere(seen)
    }

    /// It is meant to be somewhere else than this goal is.
    fn elsewhere(self, seen: Observation) -> Option<UnreachableReason> {
        let wanted = match self {
            Self::Started => DesiredState::Started,
            Self::Stopped if seen.ephemeral => return None,
            Self::Stopped => DesiredState::Stopped,
            Self::Paused => DesiredState::Paused,
            Self::Archived => DesiredState::Archived,
            Self::Destroyed => DesiredState::Destroyed,
            Self::Settled => return None,
        };
        seen.desired.filter(|desired| *desired != wanted).map(UnreachableReason::DifferentDesiredState)
    }
}
