//! Reconcile: what the controller does next for one sandbox, from its row and a view of its runner.
//!
//! It is level-triggered: the same row and view give the same result, so a controller that crashed runs the pass again
//! and continues. A repeated call has the same epoch. Hosts pace the calls and recognize repeats by it. The rules are
//! recorded (tables `actions` and `placement`); `docs/DIFFERENCES.md` lists what differs on purpose.

use super::view::{Image, Observed, Placement, RunnerView};
use crate::clock::Clock;
use crate::lifecycle::{Lifecycle, pairs};
use crate::policy::Policy;
use crate::rules::step::draft::Draft;
use crate::rules::{Call, Cause, EventName, RunnerChange, Step, Task};
use crate::vocabulary::{BackupState, DesiredState, Fault, Micros, SandboxState as S};
use chrono::{DateTime, Utc};
use core::fmt;
use serde::Serialize;

/// What the controller does next.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Next {
    /// Ask the runner for the state of its copy, and reconcile again with [`RunnerView::observed`] set.
    Ask,
    /// Call the runner. Its answer comes back as [`Report::Answered`](crate::Report::Answered).
    Call(Call),
    /// Write this step and carry out its effects.
    ///
    /// A step that writes nothing requests the backup of an archiving sandbox again, and ends the pass. The same row
    /// gets the same step until the backup state or the number of attempts changes.
    Apply(Step),
    /// Reconcile again after the next report, or at this time.
    Wait {
        /// The earliest of these: a timer acts; the time limit of a change that a pass ends is over; for a row that a
        /// controller must visit, [`Policy::look_again`] is over.
        until: DateTime<Utc>,
    },
    /// There is nothing to do, and no timer is armed.
    Nothing,
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ask => f.write_str("ask the runner"),
            Self::Call(call) => write!(f, "call {call}"),
            Self::Apply(step) => write!(f, "apply {step}"),
            Self::Wait { until } => write!(f, "wait until {}", Micros::from(*until)),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

impl Lifecycle {
    /// Whether the controller may have something to do for this sandbox. A store selects rows by the same condition
    /// (`docs/COLUMNS.md`).
    ///
    /// `pending` alone is not enough. It is false for a sandbox in error with desired state destroyed, whose copy the
    /// runner must still remove, and for every sandbox with desired state archived.
    pub const fn needs_reconcile(&self) -> bool {
        let (state, desired) = (self.status.state(), self.status.desired());
        let archives = matches!(state, S::Archiving | S::Stopped | S::Error);
        self.status.pending()
            || (matches!(desired, DesiredState::Archived) && archives)
            || (matches!(desired, DesiredState::Destroyed) && state.is_failed())
    }

    /// Returns what to do next for this sandbox.
    ///
    /// It handles neither reports nor timers: pass each report to [`decide`](Self::decide) when it arrives, and apply
    /// the steps of [`due`](Self::due) before a pass.
    pub fn reconcile(&self, view: &RunnerView, policy: &Policy, now: DateTime<Utc>) -> Next {
        let pass = Pass { row: self, view, policy, now: now.into() };
        pass.next().unwrap_or_else(|| {
            let timer = Clock::new(policy).next_of_pass(self, view.warm_pool, !view.ready);
            // No input announces a lost report, a runner that became ready or a runner that has room again.
            let again = pass.now.saturating_add_minutes(i64::from(policy.look_again.get()));
            // The sum does not go beyond the last instant.
            let looks_again = self.needs_reconcile() && !pass.has_given_up() && again > pass.now;
            let until = timer.into_iter().chain(looks_again.then(|| again.into())).min();
            until.map_or(Next::Nothing, |until| Next::Wait { until })
        })
    }
}

/// One look at one sandbox.
struct Pass<'a> {
    row: &'a Lifecycle,
    view: &'a RunnerView,
    policy: &'a Policy,
    now: Micros,
}

impl Pass<'_> {
    /// Returns what there is to do, or `None` if the controller must wait.
    fn next(&self) -> Option<Next> {
        if self.row.is_settled() {
            return None;
        }
        match self.row.status.desired() {
            DesiredState::Started => self.toward_started(),
            DesiredState::Stopped => self.toward_stopped(),
            DesiredState::Archived => self.toward_archived(),
            DesiredState::Destroyed => self.toward_destroyed(),
            // The command itself calls the runner to pause, and no rule sets the legacy word `resized`.
            DesiredState::Paused | DesiredState::Resized => None,
        }
    }

    fn toward_started(&self) -> Option<Next> {
        let has_runner = self.row.status.has_runner();
        match self.row.status.state() {
            S::PendingBuild => self.place(),
            S::PullingSnapshot if !has_runner => self.place(),
            S::BuildingSnapshot => self.build(),
            S::Unknown if !has_runner => self.fail(Fault::Lost),
            S::Unknown if self.view.ready => self.call(Task::Create),
            S::Unknown => None,
            S::Stopped | S::Archived | S::Archiving => self.wake(),
            // Its memory is lost with its runner (difference D22).
            S::Paused if !has_runner => self.if_pending(self.fail(Fault::Lost)),
            S::Paused if self.view.ready => self.call(Task::Resume),
            S::Paused => None,
            // No runner works on it, so only the time limit ends it (difference D19).
            S::Creating | S::Starting | S::Restoring | S::Resuming if !has_runner => self.time_out(),
            S::Creating | S::Starting | S::Restoring | S::PullingSnapshot | S::Resuming => self.follow(),
            S::Destroyed | S::Destroying | S::Started | S::Stopping | S::Error | S::BuildFailed => None,
            S::Resizing | S::Snapshotting | S::Forking | S::Pausing => None,
        }
    }

    /// Starts a stopped sandbox on its own runner, or restores its backup on another one.
    fn wake(&self) -> Option<Next> {
        let status = self.row.status;
        if status.has_runner() && self.view.ready {
            return self.call(Task::Start);
        }
        match (status.has_usable_backup(), self.view.placement) {
            (true, Placement::Warm | Placement::Cold) => self.call(Task::Restore),
            (true, Placement::NoRoom | Placement::InFlight(_)) => None,
            (false, _) if status.has_runner() => None,
            (false, _) => self.if_pending(self.fail(Fault::Lost)),
        }
    }

    /// Follows a job that the runner has accepted: asks for the state of its copy, and writes the result.
    fn follow(&self) -> Option<Next> {
        let state = self.row.status.state();
        let observed = match self.view.observed {
            Observed::NotAsked => return Some(Next::Ask),
            Observed::NoAnswer => return self.time_out(),
            Observed::NotFound => return self.fail(Fault::Lost),
            Observed::State(observed) => observed,
        };
        let resumes = state == S::Resuming;
        // A sandbox that had a disk may still have it (difference D14).
        let had_a_disk = matches!(state, S::Starting | S::Restoring) || resumes;
        let failed = || self.if_pending(self.fail(Fault::Runner));
        match observed {
            S::Started => self.write(self.draft().state(S::Started).drop_finished_backup()),
            S::Unknown if had_a_disk => self.time_out(),
            S::Unknown => self.write(self.draft().state(S::Unknown)),
            S::PullingSnapshot if state != S::PullingSnapshot => {
                self.time_out().or_else(|| self.write(self.draft().state(S::PullingSnapshot)))
            }
            S::Creating | S::Starting | S::Restoring | S::PullingSnapshot | S::Destroyed => self.time_out(),
            // The runner has not begun or is still at work (differences D5 and D20).
            S::Paused | S::Resuming if resumes => self.time_out(),
            S::Stopped if state == S::Starting => self.time_out(),
            S::Paused | S::Resuming | S::Stopped | S::Destroying | S::Stopping | S::Error | S::BuildFailed => failed(),
            S::PendingBuild | S::BuildingSnapshot | S::Archived | S::Archiving | S::Pausing => failed(),
            S::Resizing | S::Snapshotting | S::Forking => failed(),
        }
    }

    /// Assigns a runner to a sandbox that has none (recorded: table `placement`).
    fn place(&self) -> Option<Next> {
        let builds = self.row.status.state() == S::PendingBuild;
        let assigned = self.draft().runner(RunnerChange::Assigned);
        self.write(match self.view.placement {
            Placement::Warm => assigned.state(S::Unknown),
            Placement::Cold if builds => return self.call(Task::Build),
            Placement::Cold => assigned,
            Placement::InFlight(Image::Failed) if builds => assigned.state(S::BuildFailed).ours(Fault::Other),
            Placement::InFlight(Image::Failed) => assigned.state(S::Error).ours(Fault::Other),
            Placement::InFlight(Image::Pulling) if !builds => assigned,
            Placement::InFlight(Image::Building) if builds => assigned.state(S::BuildingSnapshot),
            Placement::InFlight(Image::Pulling | Image::Building | Image::Missing) => return None,
            Placement::InFlight(Image::Ready | Image::Removing) | Placement::NoRoom => return None,
        })
    }

    /// Follows the build of the image on the sandbox's runner.
    fn build(&self) -> Option<Next> {
        match self.view.image {
            // A build that is ready is used even after its time limit (difference D13).
            Image::Ready if self.row.status.has_runner() => self.write(self.draft().state(S::Unknown)),
            Image::Failed if !self.is_over() => self.write(self.draft().state(S::BuildFailed).ours(Fault::Other)),
            Image::Ready | Image::Failed | Image::Missing => self.if_pending(self.time_out()),
            Image::Pulling | Image::Building | Image::Removing => self.if_pending(self.time_out()),
        }
    }

    fn toward_stopped(&self) -> Option<Next> {
        let status = self.row.status;
        let stop = Task::Stop { force: status.force_stop() };
        let is_accepted = status.state() == S::Stopping;
        if !is_accepted && !matches!(status.state(), S::Started | S::Paused) {
            return None;
        }
        if !is_accepted && !status.has_runner() {
            return self.if_pending(self.fail(Fault::Lost));
        }
        if !self.view.ready {
            return None;
        }
        if !is_accepted {
            return self.call(stop);
        }
        match self.view.observed {
            Observed::NotAsked => Some(Next::Ask),
            Observed::NoAnswer => None,
            // A runner reports a missing copy in either way (difference D4).
            Observed::NotFound | Observed::State(S::Destroyed) => self.fail(Fault::Lost),
            Observed::State(S::Stopped) => self.write(self.draft().state(S::Stopped).backup(BackupState::None, false)),
            Observed::State(S::Error) => self.if_pending(self.fail(Fault::Runner)),
            // The call was lost. It is sent again with the same epoch (difference D4).
            Observed::State(S::Started | S::Paused) => self.call(stop),
            Observed::State(_) => None,
        }
    }

    fn toward_archived(&self) -> Option<Next> {
        let status = self.row.status;
        if !matches!(status.state(), S::Archiving | S::Stopped | S::Error) {
            return None;
        }
        match status.backup() {
            BackupState::None | BackupState::Pending | BackupState::InProgress => None,
            BackupState::Completed => match self.view.observed {
                Observed::NotAsked if status.has_runner() => Some(Next::Ask),
                Observed::NotAsked | Observed::NotFound | Observed::State(S::Destroyed) => {
                    self.apply(self.draft().state(S::Archived))
                }
                Observed::NoAnswer | Observed::State(S::Destroying) => None,
                Observed::State(_) => self.call(Task::Destroy),
            },
            BackupState::Error if !self.attempts_are_used_up() => {
                Some(Next::Apply(self.draft().emits(EventName::BackupCreated).untouched()))
            }
            BackupState::Error if status.state() == S::Error => None,
            // The error is written even where nothing is pending (difference D3).
            BackupState::Error => self.fail(Fault::Other),
        }
    }

    fn toward_destroyed(&self) -> Option<Next> {
        let status = self.row.status;
        let destroyed = || {
            // A row in error is never pending, and the runner must still remove its copy (difference D2).
            let next = self.apply(self.draft().state(S::Destroyed));
            if status.state().is_failed() { next } else { self.if_pending(next) }
        };
        if pairs::IN_PLACE.contains(status.state()) {
            return None;
        }
        // Without a runner there is no copy to remove (difference D2).
        if matches!(status.state(), S::Archived | S::PendingBuild) || !status.has_runner() {
            return destroyed();
        }
        if !self.view.ready {
            return None;
        }
        match self.view.observed {
            Observed::NotAsked => Some(Next::Ask),
            Observed::NoAnswer => None,
            Observed::NotFound | Observed::State(S::Destroyed) => destroyed(),
            Observed::State(S::Destroying) if status.state() == S::Destroying => None,
            // The runner does not work on the destroy: the call was lost and is sent again (difference D4).
            Observed::State(_) => self.call(Task::Destroy),
        }
    }

    /// Whether archiving stays in error: its backup failed too often, and only a new command changes that.
    fn has_given_up(&self) -> bool {
        let status = self.row.status;
        (status.state(), status.desired(), status.backup()) == (S::Error, DesiredState::Archived, BackupState::Error)
            && self.attempts_are_used_up()
    }

    const fn attempts_are_used_up(&self) -> bool {
        self.view.archive_attempts > self.policy.max_archive_attempts
    }

    fn draft(&self) -> Draft {
        Draft::new(self.row, Cause::Controller, self.now)
    }

    fn apply(&self, draft: Draft) -> Option<Next> {
        let step = draft.finish_or_drop();
        step.writes().then_some(Next::Apply(step))
    }

    /// Applies a write that the recorded server makes only where a change is pending.
    fn write(&self, draft: Draft) -> Option<Next> {
        self.if_pending(self.apply(draft))
    }

    fn if_pending(&self, next: Option<Next>) -> Option<Next> {
        next.filter(|_| self.row.status.pending())
    }

    fn fail(&self, fault: Fault) -> Option<Next> {
        self.apply(self.draft().state(S::Error).ours(fault))
    }

    fn call(&self, task: Task) -> Option<Next> {
        Some(Next::Call(Call { task, epoch: self.row.epoch }))
    }

    /// Whether the time limit of the state is over. The limit itself is still in time.
    fn is_over(&self) -> bool {
        let limit = self.policy.time_limits.of_state(self.row.status.state());
        limit.is_some_and(|limit| self.now > self.row.since.saturating_add_minutes(i64::from(limit.get())))
    }

    /// Returns the timeout error if the time limit is over, or `None` to wait.
    fn time_out(&self) -> Option<Next> {
        if self.is_over() { self.apply(self.draft().time_limit_over()) } else { None }
    }
}
