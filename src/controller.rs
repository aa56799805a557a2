//! Reconcile: what the controller does next for one sandbox, given what it knows of the runner.
//!
//! Level-triggered: given the same row and view it says the same, so a controller that crashed asks again and goes on.
//! A call that was already made is asked for again with the same epoch; hosts pace and de-duplicate by it. The rules
//! are section 7's (tables `actions` and `placement`), with the differences D2 to D5, D13, D14, D19, D20 and D22.

use crate::{
    lifecycle::{Lifecycle, facts},
    policy::Policy,
    rules::{Call, Cause, Clock, Context, Draft, Notice, RunnerChange, Step, Task, finished, over},
    vocabulary::{BackupState, DesiredState, Fault, Instant, SandboxState},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What the controller knows beside the row. The default is a ready runner that has not been asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct RunnerView {
    /// The sandbox's runner is ready to work.
    pub ready: bool,
    /// What the runner says of its copy.
    pub observed: Observed,
    /// Which runner could take the sandbox in, for one that has none or must leave its own.
    pub placement: Placement,
    /// How far the image is on the sandbox's own runner, for one that is being built.
    pub image: Image,
    /// How many attempts to archive it have failed so far.
    pub archive_attempts: u32,
    /// The sandbox waits unclaimed in a warm pool; only the time until which to wait depends on it.
    pub warm_pool: bool,
}

impl Default for RunnerView {
    fn default() -> Self {
        Self {
            ready: true,
            observed: Observed::NotAsked,
            placement: Placement::None,
            image: Image::Missing,
            archive_attempts: 0,
            warm_pool: false,
        }
    }
}

/// What a runner says of its copy of a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Observed {
    /// It has not been asked in this pass.
    #[default]
    NotAsked,
    /// It has no such sandbox.
    NotFound,
    /// It has, in this state.
    State(SandboxState),
}

/// Where a sandbox without a usable runner could go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Placement {
    /// No runner has room.
    #[default]
    None,
    /// A runner has room and the image.
    Warm,
    /// A runner has room and not the image.
    Cold,
    /// A runner is fetching or building the image.
    InFlight(Image),
}

/// How far an image is on a runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Image {
    /// Nothing is known of it.
    #[default]
    Missing,
    /// It is being fetched.
    Pulling,
    /// It is being built.
    Building,
    /// It can be used.
    Ready,
    /// Fetching or building it failed.
    Failed,
    /// It is being removed.
    Removing,
}

/// What the controller does next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Next {
    /// Ask the runner what it has, and reconcile again with [`RunnerView::observed`] set.
    Ask,
    /// Call the runner; its answer comes back as [`Report::Answered`](crate::Report::Answered).
    Call(Call),
    /// Write this step and carry out its effects.
    Apply(Step),
    /// Look again when something is reported, or at this time.
    Wait {
        /// When a time limit or a timer acts at the latest.
        until: DateTime<Utc>,
    },
    /// There is nothing to do, and no time at which there will be.
    Nothing,
}

impl Lifecycle {
    /// What to do next for this sandbox.
    ///
    /// Reports and timers are not its business: hand a report to [`decide`](Self::decide) as it comes, and what
    /// [`due`](Self::due) says before a pass.
    #[must_use]
    pub fn reconcile(&self, view: &RunnerView, policy: &Policy, now: DateTime<Utc>) -> Next {
        let pass = Pass { row: self, view, policy, now: now.into() };
        pass.next().unwrap_or_else(|| {
            let context = Context { warm_pool: view.warm_pool, runner_unready: !view.ready, ..Context::default() };
            Clock::new(policy).next(self, context).map_or(Next::Nothing, |until| Next::Wait { until })
        })
    }
}

/// One look at one sandbox.
struct Pass<'a> {
    row: &'a Lifecycle,
    view: &'a RunnerView,
    policy: &'a Policy,
    now: Instant,
}

impl Pass<'_> {
    /// What there is to do, or nothing.
    fn next(&self) -> Option<Next> {
        if self.row.is_settled() {
            return None;
        }
        match self.row.status.desired {
            DesiredState::Started => self.toward_started(),
            DesiredState::Stopped => self.toward_stopped(),
            DesiredState::Archived => self.toward_archived(),
            DesiredState::Destroyed => self.toward_destroyed(),
            // A pause is the runner's alone, and nothing sets the legacy word.
            DesiredState::Paused | DesiredState::Resized => None,
        }
    }

    fn toward_started(&self) -> Option<Next> {
        let has_runner = self.row.status.has_runner;
        match self.row.status.state {
            SandboxState::PendingBuild => self.place(),
            SandboxState::PullingSnapshot if !has_runner => self.place(),
            SandboxState::BuildingSnapshot => self.build(),
            SandboxState::Unknown if !has_runner => self.fails(Fault::Lost),
            SandboxState::Unknown if self.view.ready => self.call(Task::Create),
            SandboxState::Unknown => None,
            SandboxState::Stopped | SandboxState::Archived | SandboxState::Archiving => self.wake(),
            SandboxState::Paused if !has_runner => self.owed(self.fails(Fault::Lost)), // Difference D22.
            SandboxState::Paused if self.view.ready => self.call(Task::Resume),
            SandboxState::Paused => None,
            SandboxState::Creating | SandboxState::Starting | SandboxState::Restoring | SandboxState::Resuming
                if !has_runner =>
            {
                self.times_out() // Difference D19.
            }
            SandboxState::Creating | SandboxState::Starting | SandboxState::Restoring => self.follow(),
            SandboxState::PullingSnapshot | SandboxState::Resuming => self.follow(),
            SandboxState::Destroyed | SandboxState::Destroying | SandboxState::Started => None,
            SandboxState::Stopping | SandboxState::Error | SandboxState::BuildFailed => None,
            SandboxState::Resizing | SandboxState::Snapshotting | SandboxState::Forking => None,
            SandboxState::Pausing => None,
        }
    }

    /// A resting disk starts on its own runner, or comes back from its backup on another.
    fn wake(&self) -> Option<Next> {
        let status = self.row.status;
        let restorable = status.backup == BackupState::Completed && status.has_backup_ref;
        if status.has_runner && self.view.ready {
            return self.call(Task::Start);
        }
        match (restorable, self.view.placement) {
            (true, Placement::Warm | Placement::Cold) => self.call(Task::Restore),
            (true, Placement::None | Placement::InFlight(_)) => None,
            (false, _) if status.has_runner => None,
            (false, _) => self.owed(self.fails(Fault::Lost)),
        }
    }

    /// A change that the runner makes by itself: ask how far it is.
    fn follow(&self) -> Option<Next> {
        let state = self.row.status.state;
        let observed = match self.view.observed {
            Observed::NotAsked => return Some(Next::Ask),
            Observed::NotFound => return self.fails(Fault::Lost),
            Observed::State(observed) => observed,
        };
        let resumes = state == SandboxState::Resuming;
        // Difference D14: what had a disk may have it still.
        let had_a_disk = matches!(state, SandboxState::Starting | SandboxState::Restoring) || resumes;
        match observed {
            SandboxState::Started => {
                self.owed(self.apply(self.draft().state(SandboxState::Started).drop_finished_backup()))
            }
            SandboxState::Unknown if had_a_disk => self.times_out(),
            SandboxState::Unknown => self.owed(self.apply(self.draft().state(SandboxState::Unknown))),
            SandboxState::PullingSnapshot if state != SandboxState::PullingSnapshot => {
                self.times_out().or_else(|| self.owed(self.apply(self.draft().state(SandboxState::PullingSnapshot))))
            }
            SandboxState::Creating | SandboxState::Starting | SandboxState::Restoring => self.times_out(),
            SandboxState::PullingSnapshot | SandboxState::Destroyed => self.times_out(),
            SandboxState::Paused | SandboxState::Resuming if resumes => self.times_out(), // Difference D5.
            SandboxState::Stopped if state == SandboxState::Starting => self.times_out(), // Difference D20.
            SandboxState::Paused | SandboxState::Resuming | SandboxState::Stopped => {
                self.owed(self.fails(Fault::Runner))
            }
            SandboxState::Destroying | SandboxState::Stopping | SandboxState::Error => {
                self.owed(self.fails(Fault::Runner))
            }
            SandboxState::BuildFailed | SandboxState::PendingBuild | SandboxState::BuildingSnapshot => {
                self.owed(self.fails(Fault::Runner))
            }
            SandboxState::Archived | SandboxState::Archiving | SandboxState::Resizing => {
                self.owed(self.fails(Fault::Runner))
            }
            SandboxState::Snapshotting | SandboxState::Forking | SandboxState::Pausing => {
                self.owed(self.fails(Fault::Runner))
            }
        }
    }

    /// A sandbox that no runner holds yet (`placement`).
    fn place(&self) -> Option<Next> {
        let builds = self.row.status.state == SandboxState::PendingBuild;
        let takes_it = || self.draft().runner(RunnerChange::Assigned);
        let step = match self.view.placement {
            Placement::None => return None,
            Placement::Warm => takes_it().state(SandboxState::Unknown),
            Placement::Cold if builds => return self.call(Task::Build),
            Placement::Cold => takes_it(),
            Placement::InFlight(Image::Failed) => {
                let failed = if builds { SandboxState::BuildFailed } else { SandboxState::Error };
                takes_it().state(failed).ours(Fault::Other)
            }
            Placement::InFlight(Image::Pulling) if !builds => takes_it(),
            Placement::InFlight(Image::Building) if builds => takes_it().state(SandboxState::BuildingSnapshot),
            Placement::InFlight(_) => return None,
        };
        self.owed(self.apply(step))
    }

    /// A sandbox whose runner builds its image.
    fn build(&self) -> Option<Next> {
        let ready = self.view.image == Image::Ready && self.row.status.has_runner;
        if self.is_over() && !ready {
            return self.owed(self.times_out()); // Difference D13: a build that is ready is used all the same.
        }
        match self.view.image {
            Image::Ready if ready => self.owed(self.apply(self.draft().state(SandboxState::Unknown))),
            Image::Failed => {
                let failed = self.draft().state(SandboxState::BuildFailed).ours(Fault::Other);
                self.owed(self.apply(failed))
            }
            Image::Ready | Image::Missing | Image::Pulling | Image::Building | Image::Removing => None,
        }
    }

    fn toward_stopped(&self) -> Option<Next> {
        let status = self.row.status;
        let stop = Task::Stop { force: status.force_stop };
        match status.state {
            SandboxState::Started | SandboxState::Paused if !status.has_runner => self.owed(self.fails(Fault::Lost)),
            SandboxState::Started | SandboxState::Paused if self.view.ready => self.call(stop),
            SandboxState::Stopping if self.view.ready => match self.view.observed {
                Observed::NotAsked => Some(Next::Ask),
                // Difference D4: gone is gone, by whichever word.
                Observed::NotFound | Observed::State(SandboxState::Destroyed) => self.fails(Fault::Lost),
                Observed::State(SandboxState::Stopped) => {
                    let stopped = self.draft().state(SandboxState::Stopped).backup(BackupState::None, false);
                    self.owed(self.apply(stopped))
                }
                Observed::State(SandboxState::Error) => self.owed(self.fails(Fault::Runner)),
                // Difference D4: the call was lost; it is the same one, with the same epoch.
                Observed::State(SandboxState::Started | SandboxState::Paused) => self.call(stop),
                Observed::State(_under_way) => None,
            },
            SandboxState::Started | SandboxState::Paused | SandboxState::Stopping => None,
            SandboxState::Creating | SandboxState::Restoring | SandboxState::Destroyed | SandboxState::Destroying => {
                None
            }
            SandboxState::Stopped | SandboxState::Starting | SandboxState::Error | SandboxState::BuildFailed => None,
            SandboxState::PendingBuild | SandboxState::BuildingSnapshot | SandboxState::Unknown => None,
            SandboxState::PullingSnapshot | SandboxState::Archived | SandboxState::Archiving => None,
            SandboxState::Resizing | SandboxState::Snapshotting | SandboxState::Forking => None,
            SandboxState::Pausing | SandboxState::Resuming => None,
        }
    }

    fn toward_archived(&self) -> Option<Next> {
        let status = self.row.status;
        let from = facts::Archiving | facts::Stopped | facts::Error;
        if self.row.facts & from == 0 {
            return None;
        }
        match status.backup {
            BackupState::None | BackupState::Pending | BackupState::InProgress => None,
            BackupState::Completed => match self.view.observed {
                Observed::NotAsked if status.has_runner => Some(Next::Ask),
                Observed::NotAsked | Observed::NotFound | Observed::State(SandboxState::Destroyed) => {
                    self.apply(self.draft().state(SandboxState::Archived))
                }
                Observed::State(SandboxState::Destroying) => None,
                Observed::State(_still_there) => self.call(Task::Destroy),
            },
            BackupState::Error if self.view.archive_attempts <= self.policy.max_archive_attempts => {
                Some(Next::Apply(self.draft().notice(Some(Notice::BackupCreated)).untouched()))
            }
            BackupState::Error if status.state == SandboxState::Error => None,
            BackupState::Error => self.fails(Fault::Other), // Difference D3.
        }
    }

    fn toward_destroyed(&self) -> Option<Next> {
        let status = self.row.status;
        let destroyed = || self.apply(self.draft().state(SandboxState::Destroyed));
        // Difference D2: an error is never pending, and its copy still has to go.
        let errored = status.state.is_failed();
        let owed = |next| if errored { next } else { self.owed(next) };
        match status.state {
            SandboxState::Archived | SandboxState::PendingBuild => return owed(destroyed()),
            SandboxState::Resizing | SandboxState::Snapshotting | SandboxState::Forking => return None,
            SandboxState::Creating | SandboxState::Restoring | SandboxState::Destroyed | SandboxState::Destroying => {}
            SandboxState::Started | SandboxState::Stopped | SandboxState::Starting | SandboxState::Stopping => {}
            SandboxState::Error | SandboxState::BuildFailed | SandboxState::BuildingSnapshot => {}
            SandboxState::Unknown | SandboxState::PullingSnapshot | SandboxState::Archiving => {}
            SandboxState::Pausing | SandboxState::Paused | SandboxState::Resuming => {}
        }
        if !status.has_runner {
            return owed(destroyed()); // No runner holds a copy (difference D2).
        }
        if !self.view.ready {
            return None;
        }
        match self.view.observed {
            Observed::NotAsked => Some(Next::Ask),
            Observed::NotFound | Observed::State(SandboxState::Destroyed) => owed(destroyed()),
            Observed::State(SandboxState::Destroying) if status.state == SandboxState::Destroying => None,
            // Difference D4: a destroy that is not under way on the runner was lost, and is sent again.
            Observed::State(_still_there) => self.call(Task::Destroy),
        }
    }

    fn draft(&self) -> Draft {
        Draft::new(self.row, Cause::Controller, self.now)
    }

    fn apply(&self, draft: Draft) -> Option<Next> {
        let step = finished(self.row, draft, self.now);
        step.writes().then_some(Next::Apply(step))
    }

    /// A write that the recorded server drops where no change is pending.
    fn owed(&self, next: Option<Next>) -> Option<Next> {
        next.filter(|_| self.row.status.pending)
    }

    fn fails(&self, fault: Fault) -> Option<Next> {
        self.apply(self.draft().state(SandboxState::Error).ours(fault))
    }

    fn call(&self, task: Task) -> Option<Next> {
        Some(Next::Call(Call { task, epoch: self.row.epoch }))
    }

    /// The time of the change under way is over, strictly.
    fn is_over(&self) -> bool {
        let limit = self.policy.time_limits.of(self.row.status.state);
        limit.is_some_and(|limit| self.now > self.row.since.saturating_add_minutes(i64::from(limit.get())))
    }

    /// The timeout error where the time is over, else nothing: it is waited for.
    fn times_out(&self) -> Option<Next> {
        if self.is_over() { self.apply(over(self.row, self.draft())) } else { None }
    }
}
