//! One pass of the naive model: what is looked at first, and what every part shares.

use super::super::{
    clock,
    decide::{Model, read},
    effects::Taken,
    row::{at, awaited, awaits_backup, has_any_backup, limited, settled},
    write::Write,
};
use crate::{
    controller::{Observed, Question, RunnerStanding, RunnerView, Stored},
    lifecycle::{Columns, Lifecycle},
    policy::Policy,
    rules::{Task, TaskKind, Timer},
    vocabulary::{BackupState, DesiredState, Micros, SandboxState as S},
};
use chrono::{DateTime, Utc};

/// What the model's controller does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Decided {
    /// It asks this question.
    Ask(Question),
    /// It writes this row, with these effects.
    Apply(Taken),
    /// It sends a call again.
    Resend {
        /// The task of the call.
        task: TaskKind,
        /// The epoch of the call.
        epoch: u32,
    },
    /// It looks again at this time.
    Wait {
        /// The time.
        until: DateTime<Utc>,
    },
    /// It has nothing to do.
    Nothing,
}

/// One pass. `None` as a result means that the controller waits.
pub(super) struct Pass<'a> {
    pub(super) row: &'a Columns,
    pub(super) view: &'a RunnerView,
    pub(super) policy: &'a Policy,
    pub(super) now: DateTime<Utc>,
}

pub(super) type Next = Option<Decided>;

impl Model {
    /// Returns what the controller does next.
    pub fn reconcile(&self, row: &Columns, view: &RunnerView, now: DateTime<Utc>) -> Decided {
        let row = &read(row);
        let view = &as_of(*view, row);
        let pass = Pass { row, view, policy: &self.policy, now: Micros::from(now).into() };
        pass.next().unwrap_or_else(|| pass.wait())
    }
}

/// Contract 15: a view of another revision neither answers, nor places, nor counts live forks.
fn as_of(view: RunnerView, row: &Columns) -> RunnerView {
    if view.revision == row.revision {
        return view;
    }
    let ready = view.runner == RunnerStanding::Ready;
    let runner = if ready { RunnerStanding::Ready } else { RunnerStanding::NotReady };
    let fresh = RunnerView::of(&Lifecycle::from(*row));
    RunnerView { runner, live_fork_children: u32::MAX, warm_pool: view.warm_pool, ..fresh }
}

impl Pass<'_> {
    fn next(&self) -> Next {
        if let Some(next) = self.ask_store() {
            return Some(next);
        }
        let row = self.row;
        if self.view.runner == RunnerStanding::Gone && row.has_runner {
            return self.leave_gone_runner();
        }
        let goes = row.desired_state == DesiredState::Destroyed;
        if row.state == S::Error && (row.must_ask || row.repair.is_some()) && !goes {
            return self.look_into_error();
        }
        if settled(row) {
            return if row.must_ask { self.look_at_rest() } else { None };
        }
        match row.desired_state.as_str() {
            "started" => self.toward_started(),
            "stopped" => self.toward_stopped(),
            "paused" => self.toward_paused(),
            "archived" => self.toward_archived(),
            "destroyed" => self.toward_destroyed(),
            _legacy => None,
        }
    }

    /// Contract 9: the store is asked about an attempt that ended without a report.
    fn ask_store(&self) -> Next {
        if !self.row.must_ask_store {
            return None;
        }
        let mut write = self.change();
        if self.view.revision != self.row.revision {
            return self.ask_about_attempt();
        }
        match self.view.stored {
            Stored::NotAsked => return self.ask_about_attempt(),
            Stored::NoAnswer => return None,
            Stored::Whole => write.complete_backup(),
            Stored::Missing => write.fail_backup(),
        }
        self.apply(write)
    }

    fn ask_about_attempt(&self) -> Next {
        Some(Decided::Ask(Question::Store { attempt: self.row.backup_attempt }))
    }

    /// Contract 9: before anything is given up for want of a backup, the store says what it has of the last attempt.
    pub(super) fn may_have_backup(&self) -> bool {
        let row = self.row;
        let gave_up = row.backup_state == BackupState::None && !has_any_backup(row);
        let is_numbered = row.backup_attempt > 0;
        (is_numbered && (gave_up || awaits_backup(row))) || row.must_ask_store
    }

    pub(super) fn look_for_backup(&self) -> Next {
        if self.row.must_ask_store && !awaits_backup(self.row) {
            return None;
        }
        let mut write = self.change();
        if awaits_backup(self.row) {
            write.lose_backup_report();
        }
        write.row.must_ask_store = true;
        self.apply(write)
    }

    pub(super) fn is_ready(&self) -> bool {
        self.view.runner == RunnerStanding::Ready
    }

    /// Contract 5: an answer for another revision does not count.
    pub(super) fn answer(&self) -> Observed {
        if self.view.revision == self.row.revision { self.view.observed } else { Observed::NotAsked }
    }

    pub(super) fn ask(&self) -> Next {
        Some(Decided::Ask(Question::Runner { epoch: self.row.epoch }))
    }

    pub(super) fn change(&self) -> Write {
        let mut write = Write::to(self.row, self.now);
        write.is_forked = self.view.live_fork_children > 0;
        write
    }

    /// Writes the state that the runner shows. A late report must not undo it, so it begins an epoch.
    pub(super) fn change_to_shown(&self, state: S) -> Write {
        let mut write = self.change();
        write.row.state = state;
        write.row.must_ask = false;
        write.new_epoch = true;
        if let Some(size) = self.view.observed_size {
            write.set_size(size);
        }
        write
    }

    /// Returns the write, unless it is dropped or changes nothing.
    pub(super) fn apply(&self, write: Write) -> Next {
        let taken = write.written_or_dropped().raise_revision(self.row);
        (taken.row != *self.row || !taken.effects.is_empty()).then_some(Decided::Apply(taken))
    }

    pub(super) fn if_pending(&self, next: Next) -> Next {
        if self.row.pending { next } else { None }
    }

    pub(super) fn write(&self, write: Write) -> Next {
        self.if_pending(self.apply(write))
    }

    /// Contract 3: the state is written before the call.
    pub(super) fn begin(&self, state: S, task: Task) -> Next {
        let mut write = self.change();
        write.row.state = state;
        write.effects.task = Some(task);
        self.write(write)
    }

    pub(super) fn resend(&self) -> Next {
        awaited(self.row).map(|task| Decided::Resend { task, epoch: self.row.epoch })
    }

    pub(super) fn fail(&self, fault: crate::vocabulary::Fault) -> Next {
        let mut write = self.change();
        write.fails_ourselves(fault);
        self.apply(write)
    }

    /// Ends the change if the time limit of its state is over.
    pub(super) fn time_out(&self) -> Next {
        let limit = self.policy.time_limits.of_state(limited(self.row))?;
        let lasted = micros(self.now).saturating_sub(micros(self.row.state_since));
        if lasted <= minutes(limit.get()) {
            return None;
        }
        let mut write = self.change();
        write.time_limit();
        self.apply(write)
    }

    pub(super) fn resend_or_time_out(&self) -> Next {
        self.time_out().or_else(|| self.if_pending(self.resend()))
    }

    /// Waits for the next timer, the limit of a followed change, or the time to look again.
    fn wait(&self) -> Decided {
        let row = self.row;
        let now = micros(self.now);
        let last = i128::from(Micros::MAX.as_micros());
        let again = now.saturating_add(minutes(self.policy.look_again.get())).min(last);
        let unready = !self.is_ready();
        let timers = Timer::TIMED.iter().filter_map(|timer| {
            let at = clock::deadline(row, *timer, self.policy, self.view.warm_pool, unready)?;
            // A timer that is over has not acted, because something outside the row holds it back.
            (at < last).then_some(if at < now { again } else { at.saturating_add(1) })
        });
        let looks_again = needs_controller(row).then_some(again);
        let until = timers.chain(looks_again).filter(|until| *until > now).min();
        let until = until.and_then(|until| i64::try_from(until).ok()).map(Micros::from_micros);
        until.map_or(Decided::Nothing, |until| Decided::Wait { until: until.into() })
    }
}

/// Returns whether a controller may have something to do for the row.
fn needs_controller(row: &Columns) -> bool {
    let archives = row.desired_state == DesiredState::Archived && at(row, &[S::Archiving, S::Stopped, S::Error]);
    let failed = row.desired_state == DesiredState::Destroyed && at(row, &[S::Error, S::BuildFailed]);
    row.pending || row.must_ask || row.must_ask_store || row.repair.is_some() || archives || failed
}

pub(super) fn micros(at: DateTime<Utc>) -> i128 {
    i128::from(at.timestamp_micros())
}

pub(super) fn minutes(count: u32) -> i128 {
    i128::from(count).saturating_mul(60_000_000)
}
