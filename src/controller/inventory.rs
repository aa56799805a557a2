//! Comparing a runner's inventory with the rows (contract 12 of `docs/PROTOCOL.md`).

use super::pass::draft_of;
use crate::lifecycle::{Lifecycle, pairs};
use crate::rules::{Context, RunnerChange, Step};
use crate::runner::Listed;
use crate::vocabulary::{CopyState, DesiredState as D, Micros, SandboxState as S};
use chrono::{DateTime, Utc};
use core::fmt;
use serde::{Deserialize, Serialize};

/// Who lists a copy, or does not list it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ListedBy {
    /// The row's own runner.
    OwnRunner,
    /// Another runner, or any runner if the row has none.
    OtherRunner,
    /// Another runner, whose copy an operator has declared to be the newest that is left: the runner that the row left last is
    /// scrapped. Only an operator knows that, so no inventory says it by itself.
    NewestSurvivor,
}

/// What to do about an entry of an inventory, or about a row that its runner does not list.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "a copy that does not belong there is removed only if somebody says so"]
pub enum Finding {
    /// Row and copy agree, or a pass asks about the row anyway.
    Agrees,
    /// Write this step: the runner must be asked, or the row takes its runner back. In the second case the step assigns the
    /// runner that lists the copy.
    Apply(Step),
    /// Tell this runner to remove its copy, and repeat it until the runner acknowledges it.
    Remove {
        /// The epoch of the removal.
        epoch: u32,
    },
    /// Tell this runner to release its copy, and repeat it until the runner acknowledges it.
    Release {
        /// The epoch of the release.
        epoch: u32,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agrees => f.write_str("agrees"),
            Self::Apply(step) => write!(f, "apply {step}"),
            Self::Remove { epoch } => write!(f, "remove the copy (epoch {epoch})"),
            Self::Release { epoch } => write!(f, "release the copy (epoch {epoch})"),
        }
    }
}

impl Finding {
    /// Returns what to do about a copy of an id that no row has: it is removed.
    pub fn of_unknown(copy: &Listed) -> Self {
        Self::Remove { epoch: copy.epoch.unwrap_or_default() }
    }
}

impl Lifecycle {
    /// Compares this row with what a runner lists of it; `None` if the runner does not list it.
    ///
    /// An inventory never moves the row towards what the runner shows. Where they disagree, the runner is asked, because the
    /// inventory may be old. No copy is removed while live forks read its disk. A context of another revision finds nothing:
    /// gather it again, or wait for the next inventory.
    pub fn compare(&self, by: ListedBy, copy: Option<&Listed>, context: Context, now: DateTime<Utc>) -> Finding {
        if context.revision() != self.revision {
            return Finding::Agrees;
        }
        match (by, copy) {
            (ListedBy::OwnRunner, copy) => self.compare_own(copy, now.into()),
            (ListedBy::OtherRunner, Some(copy)) => {
                // The row's epoch is that of the release which the runner that it left last has taken. A runner that it left
                // before has an older disk.
                self.compare_other(copy, copy.epoch == Some(self.epoch), context, now.into())
            }
            (ListedBy::NewestSurvivor, Some(copy)) => self.compare_other(copy, true, context, now.into()),
            (ListedBy::OtherRunner | ListedBy::NewestSurvivor, None) => Finding::Agrees,
        }
    }

    fn compare_own(&self, copy: Option<&Listed>, now: Micros) -> Finding {
        let status = self.status;
        let expected = match status.state() {
            S::Started => CopyState::Running,
            S::Stopped => CopyState::AtRest,
            S::Paused => CopyState::Paused,
            // Nobody knows what a runner has of a sandbox in error, so only an ask tells.
            S::Error => CopyState::None,
            // A pass asks about a change, and no runner has a copy of the others.
            S::Creating | S::Restoring | S::Destroyed | S::Destroying | S::Starting | S::Stopping | S::BuildFailed => {
                return Finding::Agrees;
            }
            S::PendingBuild | S::BuildingSnapshot | S::Unknown | S::PullingSnapshot | S::Archived | S::Archiving => {
                return Finding::Agrees;
            }
            S::Resizing | S::Snapshotting | S::Forking | S::Pausing | S::Resuming => return Finding::Agrees,
        };
        let agrees = copy.is_some_and(|copy| {
            copy.state == expected && !copy.released && copy.size.is_none_or(|size| size == self.size)
        });
        let asked_anyway = status.must_ask() || status.pending() || !status.has_runner();
        let looked_into = status.state() == S::Error && copy.is_some_and(|copy| self.was_looked_into(copy));
        if agrees || asked_anyway || looked_into || status.desired() == D::Destroyed {
            return Finding::Agrees;
        }
        let runs = copy.is_some_and(|copy| copy.state == CopyState::Running && !copy.released);
        apply(draft_of(self, now).must_ask_about_copy(runs).finish_or_drop())
    }

    /// Whether another ask about a sandbox in error would change nothing: it is recoverable, and its copy neither shows the
    /// desired state nor runs where it should be stopped.
    fn was_looked_into(&self, copy: &Listed) -> bool {
        let desired = self.status.desired();
        let waits = match copy.state {
            CopyState::Running => !matches!(desired, D::Started | D::Stopped),
            CopyState::Paused => !matches!(desired, D::Paused | D::Stopped),
            CopyState::AtRest => desired != D::Stopped,
            CopyState::None | CopyState::Busy => false,
        };
        waits && !copy.released && self.status.recoverable()
    }

    fn compare_other(&self, copy: &Listed, is_newest: bool, context: Context, now: Micros) -> Finding {
        let status = self.status;
        let epoch = self.epoch;
        let rests = pairs::is_settled(status.state(), status.desired());
        if status.state() == S::Destroyed || (status.desired() == D::Destroyed && !status.has_runner()) {
            return Finding::Remove { epoch };
        }
        let is_lost = status.state() == S::Error && !status.has_runner() && !status.has_usable_backup();
        if is_lost && is_newest && status.desired() != D::Destroyed {
            // What was lost with the runner is recoverable again. The ask that follows undoes the release.
            let draft = draft_of(self, now).runner(RunnerChange::Assigned).must_ask(true);
            return apply(draft.finish_or_drop());
        }
        // The disk has a newer life elsewhere once the row rests there.
        let lives_elsewhere = rests && (status.has_runner() || status.has_usable_backup());
        if lives_elsewhere && context.live_fork_children() == 0 {
            Finding::Remove { epoch }
        } else if copy.released {
            Finding::Agrees
        } else {
            // With its own epoch, so that it does not pass for the runner that the row left last.
            Finding::Release { epoch: copy.epoch.unwrap_or_default() }
        }
    }
}

fn apply(step: Step) -> Finding {
    if step.is_noop() { Finding::Agrees } else { Finding::Apply(step) }
}
