//! Leaving a runner that was declared gone, and asking the backup store (contracts 7, 9 and 13 of `docs/PROTOCOL.md`).

use super::next::{Next, Question};
use super::pass::Pass;
use super::view::Stored;
use crate::rules::{Owed, RunnerChange};
use crate::vocabulary::{DesiredState as D, Fault, SandboxState as S};

impl Pass<'_> {
    /// Asks the store about a backup attempt that ended without a report: a whole object is a completed backup.
    pub(super) fn ask_store(&self) -> Option<Next> {
        let status = self.row.status;
        if !status.must_ask_store() {
            return None;
        }
        match self.view.stored {
            Stored::NotAsked => Some(Next::Ask(Question::Store { attempt: self.row.backup_attempt })),
            // The store is asked again in the next pass, and what does not depend on the backup goes on.
            Stored::NoAnswer => None,
            Stored::Whole => self.apply(self.draft().complete_backup()),
            Stored::Missing => self.apply(self.draft().fail_backup()),
        }
    }

    /// Leaves a runner that the operator has declared gone, after fencing it.
    ///
    /// A sandbox at rest with a current backup only gives up its copy. Where a call may have run, or the disk is newer than
    /// its backup, it is an error, from which the kept backup or the runner's return brings it back.
    pub(super) fn leave_gone_runner(&self) -> Option<Next> {
        let status = self.row.status;
        let leaves = || self.draft().runner(RunnerChange::Released);
        if status.desired() == D::Destroyed {
            return self.apply(self.draft().state(S::Destroyed).owes(Owed::Removal));
        }
        // The runner made the last attempt; the store may have all of it.
        if status.awaits_backup() || self.may_have_backup() {
            return self.look_for_backup();
        }
        let usable = status.has_usable_backup();
        // Forks read the disk until they end, so it is kept for them (difference D30).
        let forked = self.view.live_fork_children > 0;
        let owed = if forked { Owed::Release } else { Owed::Removal };
        match status.state() {
            S::Archiving | S::Stopped if usable && status.desired() == D::Archived && !forked => {
                self.apply(self.draft().state(S::Archived).owes(Owed::Removal))
            }
            S::Archiving | S::Stopped | S::Paused if usable => self.apply(leaves().owes(owed)),
            // Nothing of it has run yet, so it begins again on another runner.
            S::Unknown | S::PullingSnapshot if status.desired() == D::Started => {
                self.apply(leaves().state(S::PullingSnapshot).owes(Owed::Release))
            }
            S::BuildingSnapshot if status.desired() == D::Started => {
                self.apply(leaves().state(S::PendingBuild).owes(Owed::Release))
            }
            S::BuildFailed => self.apply(leaves().owes(Owed::Release)),
            // An error that nobody has looked into may hide a restore that ran.
            S::Error if usable && !status.must_ask() => self.apply(leaves().owes(owed).recoverable(true).repair(None)),
            S::Creating
            | S::Restoring
            | S::Destroyed
            | S::Destroying
            | S::Started
            | S::Stopped
            | S::Starting
            | S::Stopping
            | S::Error
            | S::PendingBuild
            | S::BuildingSnapshot
            | S::Unknown
            | S::PullingSnapshot
            | S::Archived
            | S::Archiving
            | S::Resizing
            | S::Snapshotting
            | S::Forking
            | S::Pausing
            | S::Paused
            | S::Resuming => {
                // The runner may have run it since the backup was made.
                let draft = leaves().owes(Owed::Release).disk_changes().ours(Fault::RunnerGone).fails();
                self.apply(draft)
            }
        }
    }
}
