//! Reconcile: what the controller does next for one sandbox, from its row and a view of its runner.
//!
//! It is level-triggered: the same row and view give the same result, so a controller that crashed runs the pass again
//! and continues. The rules are recorded (tables `actions` and `placement`); `docs/DIFFERENCES.md` lists what differs on
//! purpose, and `docs/PROTOCOL.md` has the contracts.

use super::next::Next;
use super::pass::Pass;
use super::view::{RunnerStanding, RunnerView};
use crate::clock::Clock;
use crate::lifecycle::Lifecycle;
use crate::policy::Policy;
use crate::vocabulary::{DesiredState, SandboxState as S};
use chrono::{DateTime, Utc};

impl Lifecycle {
    /// Whether the controller may have something to do for this sandbox. A store selects rows by the same condition
    /// (`docs/COLUMNS.md`).
    ///
    /// `pending` alone is not enough. It is false for a sandbox in error with desired state destroyed, whose copy the
    /// runner must still remove, for every sandbox with desired state archived, and where the runner or the backup store
    /// must be asked.
    pub const fn needs_reconcile(&self) -> bool {
        let (state, desired) = (self.status.state(), self.status.desired());
        let archives = matches!(state, S::Archiving | S::Stopped | S::Error);
        self.status.pending()
            || self.status.must_ask()
            || self.status.must_ask_store()
            || self.status.repair().is_some()
            || (matches!(desired, DesiredState::Archived) && archives)
            || (matches!(desired, DesiredState::Destroyed) && state.is_failed())
    }

    /// Whether the next pass may place this sandbox on a runner: find one that has room, and say so in
    /// [`RunnerView::placement`]. Otherwise no pass reads the placement.
    ///
    /// A sandbox without a usable runner is placed, and so is a restore that its runner could not do.
    pub const fn needs_placement(&self, runner: RunnerStanding) -> bool {
        let status = self.status;
        let is_ready = matches!(runner, RunnerStanding::Ready);
        let fails_to_restore = matches!(status.state(), S::Restoring) && status.must_ask();
        !status.has_runner() || !is_ready || fails_to_restore || matches!(status.state(), S::PendingBuild)
    }

    /// Returns what to do next for this sandbox.
    ///
    /// It handles neither reports nor timers: pass each report to [`decide`](Self::decide) when it arrives, and apply
    /// the steps of [`due`](Self::due) before a pass. A runner that is declared gone concerns all its rows, whether or
    /// not they need reconciling.
    pub fn reconcile(&self, view: &RunnerView, policy: &Policy, now: DateTime<Utc>) -> Next {
        let view = &view.for_row(self);
        let pass = Pass { row: self, view, policy, now: now.into() };
        pass.next().unwrap_or_else(|| {
            let timer =
                Clock::new(policy).next_of_pass(self, view.warm_pool, view.runner != RunnerStanding::Ready, pass.now);
            // No input announces a lost report, a runner that became ready or a runner that has room again.
            let again = pass.now.saturating_add_minutes(i64::from(policy.look_again.get()));
            // The sum does not go beyond the last instant.
            let looks_again = self.needs_reconcile() && again > pass.now;
            let until = timer.into_iter().chain(looks_again.then(|| again.into())).min();
            until.map_or(Next::Nothing, |until| Next::Wait { until })
        })
    }
}

impl Pass<'_> {
    /// Returns what there is to do, or `None` if the controller must wait.
    fn next(&self) -> Option<Next> {
        let status = self.row.status;
        if let Some(next) = self.ask_store() {
            return Some(next);
        }
        if self.view.runner == RunnerStanding::Gone && status.has_runner() {
            return self.leave_gone_runner();
        }
        let looks_into_error = matches!(status.state(), S::Error) && (status.must_ask() || status.repair().is_some());
        if looks_into_error && status.desired() != DesiredState::Destroyed {
            return self.look_into_error();
        }
        if self.row.is_settled() {
            return if status.must_ask() { self.look_at_rest() } else { None };
        }
        match status.desired() {
            DesiredState::Started => self.toward_started(),
            DesiredState::Stopped => self.toward_stopped(),
            DesiredState::Archived => self.toward_archived(),
            DesiredState::Destroyed => self.toward_destroyed(),
            DesiredState::Paused => self.toward_paused(),
            // No rule sets the legacy word `resized`.
            DesiredState::Resized => None,
        }
    }
}
