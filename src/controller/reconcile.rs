//! Reconcile: what the controller does next for one sandbox, given what it knows of the runner.
//!
//! Level-triggered: given the same row and view it says the same, so a controller that crashed asks again and goes on.
//! A call that was already made is asked for again with the same epoch; hosts pace and de-duplicate by it. The rules
//! are section 7's (tables `actions` and `placement`), with the differences D2 to D5, D13, D14, D19, D20 and D22.

use super::view::{Image, Observed, Placement, RunnerView};
use crate::{
    clock::Clock,
    lifecycle::Lifecycle,
    policy::Policy,
    rules::{Call, Cause, Context, EventName, RunnerChange, Step, Task, step::draft::Draft},
    vocabulary::{BackupState, DesiredState, Fault, Micros, SandboxState as S},
};
use chrono::{DateTime, Utc};

/// What the controller does next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Next {
    /// Ask the runner what it has, and reconcile again with [`RunnerView::observed`] set.
    Ask,
    /// Call the runner; its answer comes back as [`Report::Answered`](crate::Report::Answered).
    Call(Call),
    /// Write this step and carry out its effects. One that writes nothing (a backup that an archive waits for is asked for
    /// anew) ends the pass: the same row gets the same answer until the backup, or the count of its attempts, has moved.
    Apply(Step),
    /// Look again when something is reported, or at this time.
    Wait {
        /// When a timer acts, when the time of a change that a pass ends is over or, for a row that owes work, after
        /// [`Policy::look_again`], whichever is first.
        until: DateTime<Utc>,
    },
    /// There is nothing to do, and no time at which there will be.
    Nothing,
}

impl Lifecycle {
    /// The controller may have something to do for this sandbox: what a store selects by (`docs/COLUMNS.md`).
    ///
    /// Pending alone is not it: an errored sandbox that is to be destroyed is never pending (difference D2), nor is
    /// one that is to be archived (rule 5).
    pub const fn needs_reconcile(&self) -> bool {
        let (state, desired) = (self.status.state(), self.status.desired());
        let archives = matches!(state, S::Archiving | S::Stopped | S::Error);
        self.status.pending()
            || (matches!(desired, DesiredState::Archived) && archives)
            || (matches!(desired, DesiredState::Destroyed) && state.is_failed())
    }

    /// What to do next for this sandbox.
    ///
    /// Reports and timers are not its business: hand a report to [`decide`](Self::decide) as it comes, and what
    /// [`due`](Self::due) says before a pass.
    pub fn reconcile(&self, view: &RunnerView, policy: &Policy, now: DateTime<Utc>) -> Next {
        let pass = Pass { row: self, view, policy, now: now.into() };
        pass.next().unwrap_or_else(|| {
            let context = Context::default().with_warm_pool(view.warm_pool).with_runner_unready(!view.ready);
            let timer = Clock::new(policy).next_with_followed(self, context);
            // Nobody tells of a report that was lost, a runner that became ready or a place that became free.
            let again = Micros::from(now).saturating_add_minutes(i64::from(policy.look_again.get()));
            // At the last instant there is no later one.
            let looks = self.needs_reconcile() && !pass.has_given_up() && again > pass.now;
            let again = looks.then(|| again.into());
            let until = timer.into_iter().chain(again).min();
            until.map_or(Next::Nothing, |until| Next::Wait { until })
        })
    }
}

/// A runner's copy of a sandbox: by whichever word it says that it has none, it has none.
enum OnRunner {
    Unasked,
    Silent,
    Gone,
    In(S),
}

/// One look at one sandbox.
struct Pass<'a> {
    row: &'a Lifecycle,
    view: &'a RunnerView,
    policy: &'a Policy,
    now: Micros,
}

impl Pass<'_> {
    /// What there is to do, or nothing.
    fn next(&self) -> Option<Next> {
        if self.row.is_settled() {
            return None;
        }
        match self.row.status.desired() {
            DesiredState::Started => self.toward_started(),
            DesiredState::Stopped => self.toward_stopped(),
            DesiredState::Archived => self.toward_archived(),
            DesiredState::Destroyed => self.toward_destroyed(),
            // A pause is the runner's alone, and nothing sets the legacy word.
            DesiredState::Paused | DesiredState::Resized => None,
        }
    }

    fn toward_started(&self) -> Option<Next> {
        let has_runner = self.row.status.has_runner();
        match self.row.status.state() {
            S::PendingBuild => self.place(),
            S::PullingSnapshot if !has_runner => self.place(),
            S::BuildingSnapshot => self.build(),
            S::Unknown if !has_runner => self.fails(Fault::Lost),
            S::Unknown if self.view.ready => self.call(Task::Create),
            S::Unknown => None,
            S::Stopped | S::Archived | S::Archiving => self.wake(),
            S::Paused if !has_runner => self.owed(self.fails(Fault::Lost)), // Difference D22.
            S::Paused if self.view.ready => self.call(Task::Resume),
            S::Paused => None,
            // Difference D19.
            S::Creating | S::Starting | S::Restoring | S::Resuming if !has_runner => self.times_out(),
            S::Creating | S::Starting | S::Restoring => self.follow(),
            S::PullingSnapshot | S::Resuming => self.follow(),
            S::Destroyed | S::Destroying | S::Started => None,
            S::Stopping | S::Error | S::BuildFailed => None,
            S::Resizing | S::Snapshotting | S::Forking => None,
            S::Pausing => None,
        }
    }

    /// A resting disk starts on its own runner, or comes back from its backup on another.
    fn wake(&self) -> Option<Next> {
        let status = self.row.status;
        let restorable = status.has_usable_backup();
        if status.has_runner() && self.view.ready {
            return self.call(Task::Start);
        }
        match (restorable, self.view.placement) {
            (true, Placement::Warm | Placement::Cold) => self.call(Task::Restore),
            (true, Placement::None | Placement::InFlight(_)) => None,
            (false, _) if status.has_runner() => None,
            (false, _) => self.owed(self.fails(Fault::Lost)),
        }
    }

    /// A change that the runner makes by itself: ask how far it is.
    fn follow(&self) -> Option<Next> {
        let state = self.row.status.state();
        let observed = match self.view.observed {
            Observed::NotAsked => return Some(Next::Ask),
            Observed::NoAnswer => return self.times_out(),
            Observed::NotFound => return self.fails(Fault::Lost),
            Observed::State(observed) => observed,
        };
        let resumes = state == S::Resuming;
        // Difference D14: what had a disk may have it still.
        let had_a_disk = matches!(state, S::Starting | S::Restoring) || resumes;
        match observed {
            S::Started => self.owed(self.apply(self.draft().state(S::Started).drop_finished_backup())),
            S::Unknown if had_a_disk => self.times_out(),
            S::Unknown => self.owed(self.apply(self.draft().state(S::Unknown))),
            S::PullingSnapshot if state != S::PullingSnapshot => {
                self.times_out().or_else(|| self.owed(self.apply(self.draft().state(S::PullingSnapshot))))
            }
            S::Creating | S::Starting | S::Restoring => self.times_out(),
            S::PullingSnapshot | S::Destroyed => self.times_out(),
            S::Paused | S::Resuming if resumes => self.times_out(), // Difference D5.
            S::Stopped if state == S::Starting => self.times_out(), // Difference D20.
            S::Paused
            | S::Resuming
            | S::Stopped
            | S::Destroying
            | S::Stopping
            | S::Error
            | S::BuildFailed
            | S::PendingBuild
            | S::BuildingSnapshot
            | S::Archived
            | S::Archiving
            | S::Resizing
            | S::Snapshotting
            | S::Forking
            | S::Pausing => self.owed(self.fails(Fault::Runner)),
        }
    }

    /// A sandbox that no runner holds yet (`placement`).
    fn place(&self) -> Option<Next> {
        let builds = self.row.status.state() == S::PendingBuild;
        let takes_it = || self.draft().runner(RunnerChange::Assigned);
        let step = match self.view.placement {
            Placement::None => return None,
            Placement::Warm => takes_it().state(S::Unknown),
            Placement::Cold if builds => return self.call(Task::Build),
            Placement::Cold => takes_it(),
            Placement::InFlight(Image::Failed) => {
                let failed = if builds { S::BuildFailed } else { S::Error };
                takes_it().state(failed).ours(Fault::Other)
            }
            Placement::InFlight(Image::Pulling) if !builds => takes_it(),
            Placement::InFlight(Image::Building) if builds => takes_it().state(S::BuildingSnapshot),
            Placement::InFlight(Image::Pulling | Image::Building | Image::Missing | Image::Ready | Image::Removing) => {
                return None;
            }
        };
        self.owed(self.apply(step))
    }

    /// A sandbox whose runner builds its image.
    fn build(&self) -> Option<Next> {
        let ready = self.view.image == Image::Ready && self.row.status.has_runner();
        if self.is_over() && !ready {
            return self.owed(self.times_out()); // Difference D13: a build that is ready is used all the same.
        }
        match self.view.image {
            Image::Ready if ready => self.owed(self.apply(self.draft().state(S::Unknown))),
            Image::Failed => {
                let failed = self.draft().state(S::BuildFailed).ours(Fault::Other);
                self.owed(self.apply(failed))
            }
            Image::Ready | Image::Missing | Image::Pulling | Image::Building | Image::Removing => None,
        }
    }

    fn toward_stopped(&self) -> Option<Next> {
        let status = self.row.status;
        let stop = Task::Stop { force: status.force_stop() };
        if !matches!(status.state(), S::Started | S::Paused | S::Stopping) {
            return None;
        }
        if status.state() != S::Stopping {
            return match (status.has_runner(), self.view.ready) {
                (false, _) => self.owed(self.fails(Fault::Lost)),
                (true, false) => None,
                (true, true) => self.call(stop),
            };
        }
        if !self.view.ready {
            return None;
        }
        match self.on_runner() {
            OnRunner::Unasked => Some(Next::Ask),
            OnRunner::Silent => None,
            // Difference D4: gone is gone, by whichever word.
            OnRunner::Gone => self.fails(Fault::Lost),
            OnRunner::In(S::Stopped) => {
                let stopped = self.draft().state(S::Stopped).backup(BackupState::None, false);
                self.owed(self.apply(stopped))
            }
            OnRunner::In(S::Error) => self.owed(self.fails(Fault::Runner)),
            // Difference D4: the call was lost; it is the same one, with the same epoch.
            OnRunner::In(S::Started | S::Paused) => self.call(stop),
            OnRunner::In(_) => None,
        }
    }

    fn toward_archived(&self) -> Option<Next> {
        let status = self.row.status;
        if !matches!(status.state(), S::Archiving | S::Stopped | S::Error) {
            return None;
        }
        match status.backup() {
            BackupState::None | BackupState::Pending | BackupState::InProgress => None,
            BackupState::Completed => match self.on_runner() {
                OnRunner::Unasked if status.has_runner() => Some(Next::Ask),
                OnRunner::Unasked | OnRunner::Gone => self.apply(self.draft().state(S::Archived)),
                OnRunner::Silent | OnRunner::In(S::Destroying) => None,
                OnRunner::In(_) => self.call(Task::Destroy),
            },
            BackupState::Error if self.view.archive_attempts <= self.policy.max_archive_attempts => {
                Some(Next::Apply(self.draft().emits(EventName::BackupCreated).untouched()))
            }
            BackupState::Error if status.state() == S::Error => None,
            BackupState::Error => self.fails(Fault::Other), // Difference D3.
        }
    }

    fn toward_destroyed(&self) -> Option<Next> {
        let status = self.row.status;
        let destroyed = || self.apply(self.draft().state(S::Destroyed));
        // Difference D2: an error is never pending, and its copy still has to go.
        let errored = status.state().is_failed();
        let owed = |next| if errored { next } else { self.owed(next) };
        if matches!(status.state(), S::Resizing | S::Snapshotting | S::Forking) {
            return None;
        }
        if matches!(status.state(), S::Archived | S::PendingBuild) {
            return owed(destroyed());
        }
        if !status.has_runner() {
            return owed(destroyed()); // No runner holds a copy (difference D2).
        }
        if !self.view.ready {
            return None;
        }
        match self.on_runner() {
            OnRunner::Unasked => Some(Next::Ask),
            OnRunner::Silent => None,
            OnRunner::Gone => owed(destroyed()),
            OnRunner::In(S::Destroying) if status.state() == S::Destroying => None,
            // Difference D4: a destroy that is not under way on the runner was lost, and is sent again.
            OnRunner::In(_) => self.call(Task::Destroy),
        }
    }

    /// The runner's copy, as far as it was asked for.
    const fn on_runner(&self) -> OnRunner {
        match self.view.observed {
            Observed::NotAsked => OnRunner::Unasked,
            Observed::NoAnswer => OnRunner::Silent,
            Observed::NotFound | Observed::State(S::Destroyed) => OnRunner::Gone,
            Observed::State(state) => OnRunner::In(state),
        }
    }

    /// The backup of a sandbox in error has failed too often: there is nothing to look at until somebody asks anew.
    fn has_given_up(&self) -> bool {
        self.row.status.state() == S::Error
            && self.row.status.desired() == DesiredState::Archived
            && self.row.status.backup() == BackupState::Error
            && self.view.archive_attempts > self.policy.max_archive_attempts
    }

    fn draft(&self) -> Draft {
        Draft::new(self.row, Cause::Controller, self.now)
    }

    fn apply(&self, draft: Draft) -> Option<Next> {
        let step = draft.finish_or_drop(self.row, self.now);
        step.writes().then_some(Next::Apply(step))
    }

    /// A write that the recorded server drops where no change is pending.
    fn owed(&self, next: Option<Next>) -> Option<Next> {
        next.filter(|_| self.row.status.pending())
    }

    fn fails(&self, fault: Fault) -> Option<Next> {
        self.apply(self.draft().state(S::Error).ours(fault))
    }

    fn call(&self, task: Task) -> Option<Next> {
        Some(Next::Call(Call { task, epoch: self.row.epoch }))
    }

    /// The time of the change under way is over, strictly.
    fn is_over(&self) -> bool {
        let limit = self.policy.time_limits.of_state(self.row.status.state());
        limit.is_some_and(|limit| self.now > self.row.since.saturating_add_minutes(i64::from(limit.get())))
    }

    /// The timeout error where the time is over, else nothing: it is waited for.
    fn times_out(&self) -> Option<Next> {
        if self.is_over() { self.apply(self.draft().time_limit_over()) } else { None }
    }
}
