//! One look of the controller at one sandbox: what every part of it shares.

use super::next::{Next, Question};
use super::view::{Observed, RunnerStanding, RunnerView};
use crate::lifecycle::Lifecycle;
use crate::policy::Policy;
use crate::rules::step::draft::Draft;
use crate::rules::{Cause, step::payload::OwnTask};
use crate::vocabulary::{BackupState, Fault, Micros, SandboxState as S};

/// A write of the controller.
pub(super) const fn draft_of(row: &Lifecycle, now: Micros) -> Draft {
    Draft::new(row, Cause::Controller, now)
}

/// One look at one sandbox.
pub(super) struct Pass<'a> {
    pub(super) row: &'a Lifecycle,
    pub(super) view: &'a RunnerView,
    pub(super) policy: &'a Policy,
    pub(super) now: Micros,
}

impl Pass<'_> {
    pub(super) fn is_ready(&self) -> bool {
        self.view.runner == RunnerStanding::Ready
    }

    pub(super) const fn observed(&self) -> Observed {
        self.view.observed
    }

    pub(super) fn ask(&self) -> Option<Next> {
        Some(Next::Ask(Question::Runner { epoch: self.row.epoch }))
    }

    pub(super) fn draft(&self) -> Draft {
        draft_of(self.row, self.now).with_fork_children(self.view.live_fork_children)
    }

    pub(super) fn apply(&self, draft: Draft) -> Option<Next> {
        let step = draft.finish_or_drop();
        (!step.is_noop()).then_some(Next::Apply(step))
    }

    /// Applies a write that the recorded server makes only where a change is pending.
    pub(super) fn write(&self, draft: Draft) -> Option<Next> {
        self.if_pending(self.apply(draft))
    }

    pub(super) fn if_pending(&self, next: Option<Next>) -> Option<Next> {
        next.filter(|_| self.row.status.pending())
    }

    /// Writes the state that a call leads to, and calls. The row is stored before the runner hears of it (contract 3 of
    /// `docs/PROTOCOL.md`), so a call is made only where its state can be written.
    pub(super) fn begin(&self, state: S, task: OwnTask) -> Option<Next> {
        self.write(self.draft().state(state).call(task))
    }

    /// Sends the call again whose end the row awaits.
    pub(super) fn resend(&self) -> Option<Next> {
        self.row.awaited_task().map(|task| Next::Resend { task, epoch: self.row.epoch })
    }

    /// Whether the store may have a newer backup than the row knows: the last attempt is open, was given up without its end,
    /// or is still to be asked about. Nothing is given up for want of a backup before that is known.
    pub(super) fn may_have_backup(&self) -> bool {
        let status = self.row.status;
        let given_up = status.backup() == BackupState::None && !status.has_any_backup();
        // A host that does not number its backups has no store that could be asked about one of them.
        let unknown = self.row.backup_attempt > 0 && (given_up || status.awaits_backup());
        unknown || status.must_ask_store()
    }

    /// Ends an open attempt, and notes that the store must be asked about it. While it does not answer, the controller waits.
    pub(super) fn look_for_backup(&self) -> Option<Next> {
        let status = self.row.status;
        if status.must_ask_store() && !status.awaits_backup() {
            return None;
        }
        self.apply(self.draft().must_ask_store(true).end_unreported_backup())
    }

    pub(super) fn fail(&self, fault: Fault) -> Option<Next> {
        self.apply(self.draft().ours(fault).fails())
    }

    /// Writes a state that the runner shows. It counts only because the runner was asked, so a late call or report of the old
    /// epoch must not undo it.
    pub(super) fn shown(&self, state: S) -> Draft {
        self.answered().state(state).raises_epoch()
    }

    /// Writes that the runner was asked, and the size that its copy shows.
    pub(super) fn answered(&self) -> Draft {
        let draft = self.draft().must_ask(false);
        match self.view.observed_size {
            Some(size) if size != self.row.size => draft.size(size),
            Some(_) | None => draft,
        }
    }

    /// Whether the time limit of the state is over. The limit itself is still in time.
    pub(super) fn is_over(&self) -> bool {
        let limit = self.policy.time_limits.of_state(self.row.status.limited_state());
        limit.is_some_and(|limit| self.now > self.row.since.saturating_add_minutes(i64::from(limit.get())))
    }

    /// Returns the error of the time limit if it is over, or `None` to wait.
    pub(super) fn time_out(&self) -> Option<Next> {
        if self.is_over() { self.apply(self.draft().time_limit_over()) } else { None }
    }

    /// Sends the call again, or ends the change if its time limit is over.
    pub(super) fn resend_or_time_out(&self) -> Option<Next> {
        self.time_out().or_else(|| self.if_pending(self.resend()))
    }
}
