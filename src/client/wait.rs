//! A wait for a goal: it ignores what was seen before the command, and says when to look again.

use super::assessment::Assessment;
use super::evidence::Evidence;
use super::goal::{Goal, Judgement, Known};
use super::observation::Observation;
use crate::policy::Policy;
use crate::vocabulary::{Micros, SandboxState, object_form};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

object_form! {
    /// A wait for a goal, after a command.
    ///
    /// It keeps what was seen, ignores what is older than the command, ends at every state from which the goal cannot be
    /// reached, and says when to look again. A correct wait of a client is this loop:
    ///
    /// ```
    /// use sandbox_lifecycle::{Assessment, Goal, Observation, Policy, SandboxDto, client::Wait};
    /// use sandbox_lifecycle::chrono::{DateTime, TimeDelta, Utc};
    /// # trait Api {
    /// #     fn now(&self) -> DateTime<Utc>;
    /// #     fn sleep_until(&mut self, at: DateTime<Utc>);
    /// #     fn stop(&mut self, id: &str) -> SandboxDto;
    /// #     fn get(&mut self, id: &str) -> Option<SandboxDto>;
    /// # }
    /// fn stop(api: &mut impl Api, id: &str, timeout: TimeDelta) -> Result<(), Assessment> {
    ///     let answer = api.stop(id);
    ///     let mut wait = Wait::after(Goal::Stopped, Observation::new(&answer, api.now()), Some(timeout));
    ///     loop {
    ///         let assessment = wait.assess(&Policy::default(), api.now());
    ///         let Some(next_look) = assessment.next_look() else {
    ///             return if assessment == Assessment::Reached { Ok(()) } else { Err(assessment) };
    ///         };
    ///         api.sleep_until(next_look);
    ///         let asked_at = api.now();
    ///         wait.observe(Observation::new(api.get(id).as_ref(), asked_at)); // `None` is a 404.
    ///     }
    /// }
    /// # use sandbox_lifecycle::{Columns, DesiredState, Lifecycle, Sandbox, SandboxState, vocabulary::{AutoDelete, Size}};
    /// # struct Fake(DateTime<Utc>, Vec<Option<SandboxDto>>);
    /// # impl Api for Fake {
    /// #     fn now(&self) -> DateTime<Utc> { self.0 }
    /// #     fn sleep_until(&mut self, at: DateTime<Utc>) { assert!(at > self.0); self.0 = at }
    /// #     fn stop(&mut self, _id: &str) -> SandboxDto { self.1.pop().unwrap().unwrap() }
    /// #     fn get(&mut self, _id: &str) -> Option<SandboxDto> { self.1.pop().unwrap() }
    /// # }
    /// # let record = |state, auto_delete| {
    /// #     let dto = SandboxDto::new("s1", "o1", "n", "daytona", "eu", "", Size::default());
    /// #     let desired_state = DesiredState::Stopped;
    /// #     let row = Lifecycle::from(Columns { state, desired_state, auto_delete, ..Columns::default() });
    /// #     Some(Sandbox::from_row(dto, row, Default::default()).dto().clone())
    /// # };
    /// # let (now, timeout) = (DateTime::UNIX_EPOCH, TimeDelta::minutes(5));
    /// # for (auto_delete, expected) in [(AutoDelete::AtOnce, true), (AutoDelete::NEVER, false)] {
    /// #     let seen = vec![None, record(SandboxState::Stopping, auto_delete), record(SandboxState::Stopping, auto_delete)];
    /// #     assert_eq!(stop(&mut Fake(now, seen), "s1", timeout).is_ok(), expected);
    /// # }
    /// ```
    ///
    /// A wait begins with the answer of its command, and its timeout is a parameter, so that neither is forgotten. A read that
    /// fails (no answer, 401, 403, 429, 5xx) is no observation: assess again without it.
    #[derive(Debug, Clone, Copy, PartialEq, Serialize)]
    form: #[serde(rename_all = "camelCase")]
    pub struct Wait {
        goal: Goal,
        began_at: DateTime<Utc>,
        /// Whether a command of the caller began the wait, so that nothing counts from before.
        is_asked: bool,
        answer: Option<Observation>,
        /// Microseconds.
        timeout: Option<i64>,
        evidence: Evidence,
        snapshot: Option<bool>,
    }
}

/// The shortest and the longest time between two looks, in microseconds: 1 and 30 seconds.
const PACE: (i64, i64) = (1_000_000, 30_000_000);

impl Wait {
    /// Begins a wait after a command that was answered with this record.
    ///
    /// Observations that are older than the answer do not count: a read may show what was true before the command. `timeout` is
    /// the caller's own and counts from the answer; `None` waits until the time limit of a state.
    pub fn after(goal: Goal, answer: Observation, timeout: Option<TimeDelta>) -> Self {
        Self { answer: Some(answer), evidence: answer.into(), ..Self::accepted(goal, answer.observed_at(), timeout) }
    }

    /// Begins a wait after a command that was accepted at this time and answered without a record.
    ///
    /// Reads that were sent before do not count. Use [`after`](Self::after) where there is an answer: only its `updatedAt`
    /// shows that a read that was sent later is an old one, from a replica or a cache. If no answer came, the command may
    /// still be accepted later: read the sandbox, and send the command again if the read does not show it. A fork does not
    /// show in its source once it has ended: look for the child by its name before you send a fork again.
    pub fn accepted(goal: Goal, at: DateTime<Utc>, timeout: Option<TimeDelta>) -> Self {
        Self {
            goal,
            began_at: at,
            is_asked: true,
            answer: None,
            timeout: timeout.map(|timeout| timeout.num_microseconds().unwrap_or(i64::MAX)),
            evidence: Evidence::default(),
            snapshot: None,
        }
    }

    /// Begins a wait without a command: someone else's change is watched. Time limits count from the begin of the state, as far
    /// as it is shown.
    pub fn watching(goal: Goal, first: Observation, timeout: Option<TimeDelta>) -> Self {
        Self { is_asked: false, ..Self::after(goal, first, timeout) }
    }

    /// Adds what was seen of this sandbox, in any order. What is older than the answer of the command is ignored. The caller
    /// leaves out what belongs to other sandboxes, because an observation has no identifier.
    pub fn observe(&mut self, observation: Observation) {
        let is_older = match &self.answer {
            Some(answer) => observation.is_older_than(answer),
            None => observation.observed_at() < self.began_at,
        };
        if !is_older {
            self.evidence.add(observation);
        }
    }

    /// Adds whether the snapshot was found, active, under its name, by a look that was sent at this time. A look that found
    /// nothing counts only if the sandbox had been seen out of snapshotting before, or gone. It ends the wait, so while the
    /// snapshot exists and is not active yet, do not call this: look again. A snapshot that was found once stays found: looks
    /// may arrive late.
    ///
    /// The assessment asks for this look: it is [`Unknown`](Assessment::Unknown) with
    /// [`Missing::Snapshot`](super::Missing::Snapshot) and without a next look. The loop above would end there, so a wait for a
    /// snapshot handles this case before it reads `next_look`.
    pub fn observe_snapshot(&mut self, found: bool, at: DateTime<Utc>) {
        let ended = self.evidence.best().is_some_and(|best| {
            let shown = best.shown();
            let left = shown.state().known().is_some_and(|state| state != SandboxState::Snapshotting);
            best.observed_at() <= at && (left || shown.is_gone())
        });
        if at >= self.began_at && (found || ended) {
            self.snapshot = Some(found || self.snapshot == Some(true));
        }
    }

    /// Returns everything that was seen since the command.
    pub const fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Assesses the wait at `now`, with the time limits of the platform.
    ///
    /// What is found first counts: reached, unreachable, stuck, timed out. The profile of the policy decides about a failed sandbox
    /// with desired state destroyed: the recorded server (0.190) leaves it as it is, and a platform on this crate destroys it.
    ///
    /// The next look is after a tenth of the time that the wait has lasted, at least 1 second and at most 30 seconds, and never
    /// later than the timeout or the time limit.
    pub fn assess(&self, policy: &Policy, now: DateTime<Utc>) -> Assessment {
        let known = Known { evidence: &self.evidence, answer: self.answer.as_ref(), snapshot: self.snapshot };
        let shown = match self.goal.judge(known, policy) {
            Judgement::Over(assessment) => return assessment,
            Judgement::Moving(state) => Ok(state),
            Judgement::NotSeen(missing) => Err(missing),
        };
        let (began, at_now) = (Micros::from(self.began_at), Micros::from(now));
        let (state, since) = (self.evidence.state().known(), self.since());
        let limit = self.goal.limit(&self.evidence, &policy.time_limits);
        let stuck_after = Micros::from(since).saturating_add_minutes(limit.get().into());
        if at_now > stuck_after {
            return Assessment::Stuck { state, since };
        }
        let times_out_at = self.timeout.map_or(Micros::MAX, |timeout| began.saturating_add_micros(timeout));
        if at_now >= times_out_at {
            return Assessment::TimedOut { state };
        }
        let waited = at_now.as_micros().saturating_sub(began.as_micros());
        let pause = (waited / 10).clamp(PACE.0, PACE.1);
        let end = times_out_at.min(stuck_after.saturating_add_micros(1));
        let next_look = DateTime::from(at_now.saturating_add_micros(pause).min(end));
        match shown {
            Ok(state) => Assessment::Pending { state, next_look },
            Err(missing) => Assessment::Unknown { missing, next_look: Some(next_look) },
        }
    }

    /// Returns from when the time limit counts: the begin of the state, and not before the command.
    fn since(&self) -> DateTime<Utc> {
        match self.evidence.since() {
            Some(since) if self.is_asked => since.max(self.began_at),
            Some(since) => since,
            None => self.began_at,
        }
    }
}
