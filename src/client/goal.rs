//! Waiting for a sandbox: whether a goal is reached, and whether it still can be.
//!
//! A wait ends at every state from which the goal cannot be reached, and only the requested state is a success. The
//! waits of the official clients differ in both; `docs/LIFECYCLE.md` describes them.

use super::assessment::{Assessment, UnreachableReason};
use super::observation::Observation;
use crate::policy::TimeLimits;
use crate::vocabulary::{DesiredState, Micros, Minutes, SandboxState, word_list};
use chrono::{DateTime, Utc};

word_list! {
    /// The goal of a wait.
    #[strum(serialize_all = "snake_case")]
    #[non_exhaustive]
    pub enum Goal is "goal" {
        /// The sandbox runs: after a create, start, resume or recover.
        Started,
        /// The sandbox is stopped, or destroyed if it is ephemeral.
        Stopped,
        /// The sandbox is paused.
        Paused,
        /// The sandbox is archived.
        Archived,
        /// The sandbox is destroyed.
        Destroyed,
        /// The sandbox is in its desired state: after a resize, a snapshot or a fork.
        Settled,
    }
}

impl Goal {
    /// Assesses the wait for this goal, with the default time limits.
    ///
    /// ```
    /// use sandbox_lifecycle::{Assessment, Columns, DesiredState, Goal, Lifecycle, SandboxState, client::UnreachableReason};
    /// let row = Lifecycle::from(Columns {
    ///     state: SandboxState::BuildFailed,
    ///     desired_state: DesiredState::Started,
    ///     ..Columns::default()
    /// });
    /// let assessment = Goal::Started.assess(&row, chrono::DateTime::UNIX_EPOCH);
    /// assert_eq!(assessment, Assessment::Unreachable { reason: UnreachableReason::Failed(SandboxState::BuildFailed) });
    /// ```
    pub fn assess(self, observed: impl Into<Observation>, now: DateTime<Utc>) -> Assessment {
        self.assess_with_limits(observed, &TimeLimits::default(), now)
    }

    /// Assesses the wait for this goal, with the platform's own time limits.
    pub fn assess_with_limits(
        self,
        observed: impl Into<Observation>,
        limits: &TimeLimits,
        now: DateTime<Utc>,
    ) -> Assessment {
        let observed = observed.into();
        let Some(state) = observed.state else {
            let pending = Assessment::Pending { state: None };
            return self.different_desired_state(observed).map_or(pending, |reason| Assessment::Unreachable { reason });
        };
        if self.is_reached(state, observed) {
            return Assessment::Reached;
        }
        if let Some(reason) = self.obstacle(state, observed) {
            return Assessment::Unreachable { reason };
        }
        let is_over = |since: &DateTime<Utc>| {
            let end = |limit: Minutes| Micros::from(*since).saturating_add_minutes(limit.get().into());
            limits.of_state(state).is_some_and(|limit| Micros::from(now) > end(limit))
        };
        match observed.since.filter(is_over) {
            Some(since) => Assessment::Stuck { since },
            None => Assessment::Pending { state: Some(state) },
        }
    }

    /// Assesses the wait if the record is not found. The server removes the record of a destroyed sandbox after a day.
    pub const fn assess_not_found(self) -> Assessment {
        match self {
            Self::Destroyed => Assessment::Reached,
            Self::Started | Self::Stopped | Self::Paused | Self::Archived | Self::Settled => {
                Assessment::Unreachable { reason: UnreachableReason::Gone }
            }
        }
    }

    /// Returns the desired state of this goal. `Settled` accepts each one.
    const fn desired_state(self) -> Option<DesiredState> {
        match self {
            Self::Started => Some(DesiredState::Started),
            Self::Stopped => Some(DesiredState::Stopped),
            Self::Paused => Some(DesiredState::Paused),
            Self::Archived => Some(DesiredState::Archived),
            Self::Destroyed => Some(DesiredState::Destroyed),
            Self::Settled => None,
        }
    }

    fn is_reached(self, state: SandboxState, observed: Observation) -> bool {
        let is_in = |desired: DesiredState| desired.fulfilled_by() == Some(state);
        match (self, self.desired_state()) {
            (Self::Stopped, _) if state == SandboxState::Destroyed => observed.ephemeral,
            (Self::Destroyed, _) => state == SandboxState::Destroyed,
            // The reported state can be older than the desired state: the goal is reached only if both agree.
            (_, Some(desired)) => is_in(desired) && observed.desired.is_none_or(|found| found == desired),
            (_, None) => observed.desired.is_some_and(is_in) && !state.is_terminal(),
        }
    }

    fn obstacle(self, state: SandboxState, observed: Observation) -> Option<UnreachableReason> {
        let ends_destroyed = matches!(self, Self::Destroyed) || (matches!(self, Self::Stopped) && observed.ephemeral);
        // The controller still destroys a failed sandbox (difference D2).
        if state.is_failed() && !(ends_destroyed && observed.desired == Some(DesiredState::Destroyed)) {
            return Some(UnreachableReason::Failed(state));
        }
        if matches!(state, SandboxState::Destroyed | SandboxState::Destroying) && !ends_destroyed {
            return Some(UnreachableReason::Gone);
        }
        self.different_desired_state(observed)
    }

    /// Returns the reason if the desired state is not the one of this goal.
    fn different_desired_state(self, observed: Observation) -> Option<UnreachableReason> {
        let own = self.desired_state().filter(|_| !(matches!(self, Self::Stopped) && observed.ephemeral))?;
        observed.desired.filter(|desired| *desired != own).map(UnreachableReason::DifferentDesiredState)
    }
}
