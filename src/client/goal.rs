//! The goals of a wait, and what the evidence says about each: reached, on its way, out of reach, or not shown.
//!
//! Only the requested state is a success, and every state from which the goal cannot be reached is a failure. The waits of
//! the official clients differ in both; `docs/CLIENTS.md` compares them.

use super::assessment::{Assessment, Missing, UnreachableReason};
use super::evidence::Evidence;
use super::observation::Observation;
use super::seen::Seen;
use crate::policy::{ApiProfile, Policy, TimeLimits};
use crate::vocabulary::{DesiredState, Minutes, SandboxState, SizeChange};
use serde::{Deserialize, Serialize};

/// The goal of a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum Goal {
    /// The sandbox runs: after a create, a start or a resume.
    Started,
    /// The sandbox is stopped, or destroyed if it is ephemeral.
    Stopped,
    /// The sandbox is paused.
    Paused,
    /// The sandbox is archived.
    Archived,
    /// The sandbox is destroyed.
    Destroyed,
    /// The sandbox is in its desired state, whichever that is, and not destroyed.
    Settled,
    /// The sandbox has the quantities that a resize requested. A failed resize leaves the old ones.
    Resized(SizeChange),
    /// The snapshot of the sandbox is taken. The sandbox itself does not show it.
    SnapshotTaken,
    /// The sandbox has left its error, and is started or stopped as the recovery requested.
    Recovered,
    /// The child that a fork made runs. Observe the child: its record is the answer to the fork.
    Forked,
}

/// What the evidence says about a goal, without the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    /// No further look changes it.
    Over(Assessment),
    /// On its way, in this state.
    Moving(SandboxState),
    /// Not shown. Another look may show it.
    NotSeen(Missing),
}

impl Judgement {
    const REACHED: Self = Self::Over(Assessment::Reached);

    const fn lost(reason: UnreachableReason) -> Self {
        Self::Over(Assessment::Unreachable { reason })
    }

    /// Not shown, and no look at the sandbox will show it.
    const fn never_seen(missing: Missing) -> Self {
        Self::Over(Assessment::Unknown { missing, next_look: None })
    }
}

/// What a wait knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) evidence: &'a Evidence,
    /// The answer to the command.
    pub(super) answer: Option<&'a Observation>,
    /// Whether the snapshot was found, if it was looked for.
    pub(super) snapshot: Option<bool>,
}

impl Goal {
    pub(super) fn judge(self, known: Known<'_>, policy: &Policy) -> Judgement {
        let evidence = known.evidence;
        if matches!((self, known.snapshot), (Self::SnapshotTaken, Some(true))) {
            return Judgement::REACHED;
        }
        if evidence.best().is_none() {
            return Judgement::NotSeen(Missing::Record);
        }
        let ends_destroyed = self.ends_destroyed(evidence);
        let has_failed = evidence.state().known().is_some_and(SandboxState::is_failed);
        // The snapshot may have been taken before.
        let is_open = self == Self::SnapshotTaken && known.snapshot.is_none() && !has_failed;
        let gone = || if is_open { Judgement::never_seen(Missing::Snapshot) } else { Judgement::lost(gone(evidence)) };
        if evidence.is_gone() {
            return match ends_destroyed {
                Some(true) => Judgement::REACHED,
                Some(false) => gone(),
                None if evidence.is_not_found() => Judgement::never_seen(Missing::AutoDelete),
                None => Judgement::NotSeen(Missing::AutoDelete),
            };
        }
        let (state, desired) = (evidence.state().known(), evidence.desired_state());
        let leaves = is_leaving(evidence);
        if leaves && ends_destroyed == Some(false) {
            return gone();
        }
        let Some(state) = state else {
            return self.desired_elsewhere(desired).map_or(Judgement::NotSeen(Missing::State), Judgement::lost);
        };
        if state.is_failed() {
            return self.judge_failure(state, known, policy);
        }
        if leaves {
            return Judgement::Moving(state);
        }
        self.desired_elsewhere(desired).map_or_else(|| self.judge_state(state, desired, known), Judgement::lost)
    }

    /// Whether the goal ends with the sandbox destroyed. It is `None` if that was not shown.
    fn ends_destroyed(self, evidence: &Evidence) -> Option<bool> {
        match self {
            Self::Destroyed => Some(true),
            Self::Stopped => evidence.is_ephemeral(),
            Self::Started | Self::Paused | Self::Archived | Self::Settled | Self::Resized(_) => Some(false),
            Self::SnapshotTaken | Self::Recovered | Self::Forked => Some(false),
        }
    }

    /// Returns the state of this goal, if it is one.
    const fn state(self) -> Option<SandboxState> {
        match self {
            Self::Started | Self::Forked => Some(SandboxState::Started),
            Self::Stopped => Some(SandboxState::Stopped),
            Self::Paused => Some(SandboxState::Paused),
            Self::Archived => Some(SandboxState::Archived),
            Self::Destroyed => Some(SandboxState::Destroyed),
            Self::Settled | Self::Resized(_) | Self::SnapshotTaken | Self::Recovered => None,
        }
    }

    /// Returns the reason if the desired state is known and does not lead to this goal. The legacy `resized` leads to no known
    /// state.
    fn desired_elsewhere(self, desired: Seen<DesiredState>) -> Option<UnreachableReason> {
        let desired = desired.known().filter(|desired| *desired != DesiredState::Resized)?;
        let leads = match (self, self.state()) {
            (Self::Stopped, _) if desired == DesiredState::Destroyed => true,
            (Self::Recovered, _) => matches!(desired, DesiredState::Started | DesiredState::Stopped),
            (_, Some(state)) => desired.fulfilled_by() == Some(state),
            (_, None) => true,
        };
        (!leads).then_some(UnreachableReason::DifferentDesiredState(desired))
    }

    fn judge_failure(self, state: SandboxState, known: Known<'_>, policy: &Policy) -> Judgement {
        let failed = Judgement::lost(UnreachableReason::Failed(state));
        let may_end_destroyed = self.ends_destroyed(known.evidence) != Some(false);
        match known.evidence.desired_state() {
            Seen::Known(DesiredState::Destroyed) if may_end_destroyed => match policy.profile {
                // The recorded server leaves such a sandbox where it is (difference D2).
                ApiProfile::V0_190 => failed,
                ApiProfile::V0_226 => Judgement::Moving(state),
            },
            Seen::NotShown | Seen::Unknown if may_end_destroyed => Judgement::NotSeen(Missing::DesiredState),
            desired @ (Seen::NotShown | Seen::Unknown | Seen::Known(_)) => {
                let may_recover = self == Self::Recovered && self.desired_elsewhere(desired).is_none();
                if may_recover && recovers(state, known) { Judgement::Moving(state) } else { failed }
            }
        }
    }

    /// Judges a state that has not failed, with a desired state that may lead to the goal.
    fn judge_state(self, state: SandboxState, desired: Seen<DesiredState>, known: Known<'_>) -> Judgement {
        let settled = match desired {
            Seen::Known(desired) => Ok(desired.fulfilled_by() == Some(state)),
            Seen::NotShown | Seen::Unknown => Err(Judgement::NotSeen(Missing::DesiredState)),
        };
        let reached_if = |settled| if settled { Judgement::REACHED } else { Judgement::Moving(state) };
        match self {
            Self::Started | Self::Stopped | Self::Paused | Self::Archived | Self::Destroyed | Self::Forked => {
                let arrived = self.state() == Some(state);
                match desired {
                    // The reported state can be older than the desired state: both must agree. A desired state that is
                    // not known here may be another one.
                    Seen::Known(_) => settled.map_or_else(|unknown| unknown, reached_if),
                    Seen::NotShown => reached_if(arrived),
                    Seen::Unknown if arrived => Judgement::NotSeen(Missing::DesiredState),
                    Seen::Unknown => Judgement::Moving(state),
                }
            }
            Self::Settled => settled.map_or_else(|unknown| unknown, reached_if),
            Self::Recovered => match (state, settled) {
                (_, Ok(settled)) => reached_if(settled),
                // Stopped may be on the way to started.
                (SandboxState::Started, Err(_)) if desired == Seen::NotShown => Judgement::REACHED,
                (SandboxState::Started | SandboxState::Stopped, Err(unknown)) => unknown,
                (_, Err(_)) => Judgement::Moving(state),
            },
            Self::Resized(_) if state.is_transient() => Judgement::Moving(state),
            Self::Resized(change) => match (settled, known.evidence.size_with_state()) {
                // It may be about to be destroyed.
                (Err(unknown), _) if desired == Seen::Unknown || !is_between_resizes(state) => unknown,
                (_, None) => Judgement::NotSeen(Missing::Size),
                (_, Some(size)) if change.applied_to(size) == size => Judgement::REACHED,
                (_, Some(_)) => Judgement::lost(UnreachableReason::NotDone(state)),
            },
            Self::SnapshotTaken => match (state, known.snapshot) {
                (SandboxState::Snapshotting, _) => Judgement::Moving(state),
                (_, Some(true)) => Judgement::REACHED,
                (_, Some(false)) => Judgement::lost(UnreachableReason::NotDone(state)),
                (_, None) => Judgement::never_seen(Missing::Snapshot),
            },
        }
    }

    /// Returns how long the wait may stay in this state. A state without a limit of its own, and a state that is not known
    /// here, has the limit of the change that leads to the goal.
    pub(super) fn limit(self, evidence: &Evidence, limits: &TimeLimits) -> Minutes {
        let state = evidence.state().known();
        let to_goal = match self {
            // The longest changes that end in started.
            Self::Started => limits.building_snapshot.max(limits.restoring),
            Self::Stopped => limits.stopping,
            Self::Paused => limits.pausing,
            Self::Archived => limits.archiving,
            Self::Destroyed => limits.destroying,
            Self::Settled => limits.archiving.max(limits.building_snapshot),
            Self::Resized(_) => limits.resizing,
            Self::SnapshotTaken => limits.snapshotting,
            Self::Recovered => limits.recovering,
            Self::Forked => limits.forking,
        };
        let own = match (self, state) {
            // A child is created for as long as the fork may take.
            (Self::Forked, Some(SandboxState::Creating)) => Some(limits.forking),
            (_, Some(state)) => limits.of_state(state),
            (_, None) => None,
        };
        let limit = own.unwrap_or(if is_leaving(evidence) { limits.destroying } else { to_goal });
        let queues = matches!(state, Some(SandboxState::PendingBuild | SandboxState::PullingSnapshot));
        let queue_timeout = evidence.queue_timeout().filter(|_| queues).and_then(Minutes::new);
        queue_timeout.map_or(limit, |timeout| timeout.max(limit))
    }
}

/// Whether the sandbox is destroying, or has desired state destroyed.
fn is_leaving(evidence: &Evidence) -> bool {
    evidence.state().known() == Some(SandboxState::Destroying)
        || evidence.desired_state().known() == Some(DesiredState::Destroyed)
}

/// Whether a resize begins and ends in this state. Such a state shows that nothing else is desired: the API would report it.
const fn is_between_resizes(state: SandboxState) -> bool {
    matches!(state, SandboxState::Started | SandboxState::Stopped)
}

/// Returns why the sandbox is gone.
fn gone(evidence: &Evidence) -> UnreachableReason {
    match (evidence.queue_timed_out_at(), evidence.spot_evicted_at()) {
        (Some(_), _) => UnreachableReason::TimedOutInQueue,
        (None, Some(_)) => UnreachableReason::Evicted,
        (None, None) => UnreachableReason::Gone,
    }
}

/// Whether an error that is seen after a recover command may be the one that is being recovered.
///
/// The recorded server leaves a sandbox in error until its runner has recovered it. This crate shows it as starting or
/// stopping, so that an error after that is a new one. A recovery that failed may also show as not recoverable.
fn recovers(state: SandboxState, known: Known<'_>) -> bool {
    let best = known.evidence.best().map(|best| best.shown);
    let answered_in_error = known.answer.is_none_or(|answer| answer.shown.state == Seen::Known(SandboxState::Error));
    state == SandboxState::Error && answered_in_error && best.and_then(|best| best.recoverable) != Some(false)
}
