//! What the runner has of a sandbox in error, or of one at rest that it reported about unasked (contracts 4 and 6 of
//! `docs/PROTOCOL.md`).

use super::next::Next;
use super::pass::Pass;
use super::view::Observed;
use crate::rules::{Owed, RunnerChange, step::draft::Draft, step::payload::OwnTask};
use crate::vocabulary::{DesiredState as D, Fault, Repair, SandboxState as S};

impl Pass<'_> {
    /// Asks about an error. The error stays visible until the runner shows the desired state, and the answer decides how
    /// the sandbox can be recovered.
    pub(super) fn look_into_error(&self) -> Option<Next> {
        let status = self.row.status;
        let Some(shown) = self.shown_copy() else {
            return self.ask_about_copy();
        };
        let mends = status.repair().is_some();
        // A copy that is found although the backup is current comes from a restore, and may have run since.
        let found = if status.has_usable_backup() { self.draft().disk_changes() } else { self.draft() };
        // Only the end of a recovery is its arrival: an ask refuses only older calls, and a late call would change the disk after
        // the row has moved on.
        let recovers = status.repair() == Some(Repair::Recover);
        let arrives = |shown| !recovers && status.desired().fulfilled_by() == Some(shown);
        match shown {
            S::Destroyed => self.copy_is_lost(),
            S::Started | S::Stopped | S::Paused if arrives(shown) => {
                self.apply(self.taken_as_shown(shown).repair(None))
            }
            // The call that mends it was lost, or has not ended.
            S::Started | S::Stopped | S::Paused if mends => self.resend(),
            // What should be stopped and runs is stopped, and the error stays until it is (contract 6).
            S::Started | S::Paused if status.desired() == D::Stopped => {
                let spaced = self.row.since.saturating_add_minutes(i64::from(self.policy.look_again.get()));
                if self.now <= spaced {
                    return None;
                }
                let stop = OwnTask::Stop { force: status.force_stop() };
                self.apply(found.repair(Some(Repair::Stop)).recoverable(true).disk_changes().call(stop))
            }
            S::Stopped => self.apply(found.recoverable(true).must_ask(false)),
            // It runs, or has run, so its backup is older than the disk.
            S::Started | S::Paused => self.apply(found.recoverable(true).must_ask(false).disk_changes()),
            S::Error | S::BuildFailed if !mends => self.apply(self.draft().must_ask(false)),
            S::Error | S::BuildFailed => None,
            // The runner does not know its copy yet.
            S::Unknown => None,
            // The runner works on the copy.
            S::Creating | S::Restoring | S::Destroying | S::Starting | S::Stopping | S::PendingBuild => None,
            S::BuildingSnapshot | S::PullingSnapshot | S::Archived | S::Archiving | S::Resizing => None,
            S::Snapshotting | S::Forking | S::Pausing | S::Resuming => None,
        }
    }

    /// The runner has no copy: the sandbox leaves it, and only a backup brings it back. Otherwise it is lost.
    fn copy_is_lost(&self) -> Option<Next> {
        if self.may_have_backup() {
            return self.look_for_backup();
        }
        let has_backup = self.row.status.has_any_backup();
        // The call of a recovery may still arrive, and an ask does not refuse it.
        let owed = if self.row.status.repair().is_some() { Owed::Release } else { Owed::Nothing };
        let draft = self.draft().runner(RunnerChange::Released).owes(owed).repair(None).must_ask(false);
        self.apply(if has_backup { draft.recoverable(true) } else { draft.ours(Fault::Lost) })
    }

    /// Looks at a sandbox at rest that its runner reported about, or that an inventory disagrees with.
    pub(super) fn look_at_rest(&self) -> Option<Next> {
        let status = self.row.status;
        let Some(shown) = self.shown_copy() else {
            return self.ask_about_copy();
        };
        if shown == status.state() {
            return self.apply(self.answered());
        }
        let desired = match shown {
            S::Started => D::Started,
            S::Stopped => D::Stopped,
            S::Paused if self.row.class.is_vm() => D::Paused,
            S::Destroyed => return self.copy_of_settled_is_lost(),
            S::Error => return self.fail(Fault::Runner),
            S::Creating | S::Restoring | S::Destroying | S::Starting | S::Stopping | S::PendingBuild => return None,
            S::BuildingSnapshot | S::PullingSnapshot | S::Archived | S::Archiving | S::Resizing => return None,
            S::Snapshotting | S::Forking | S::Pausing | S::Resuming => return None,
            // The runner does not know its copy yet.
            S::Unknown => return None,
            S::BuildFailed | S::Paused => return self.apply(self.draft().must_ask(false)),
        };
        self.apply(self.taken_as_shown(shown).desired(desired))
    }

    /// Returns the state that the runner shows of its copy, `destroyed` if it has none, and nothing as long as it has not
    /// answered.
    fn shown_copy(&self) -> Option<S> {
        if !self.can_answer() {
            return None;
        }
        match self.observed() {
            Observed::NotAsked | Observed::NoAnswer | Observed::Busy => None,
            Observed::NotFound => Some(S::Destroyed),
            Observed::State(shown) => Some(shown),
        }
    }

    /// Asks a runner that can answer, once in a pass.
    fn ask_about_copy(&self) -> Option<Next> {
        if self.can_answer() && matches!(self.observed(), Observed::NotAsked) { self.ask() } else { None }
    }

    fn can_answer(&self) -> bool {
        self.row.status.has_runner() && self.is_ready()
    }

    /// Writes the state that the runner shows without having been called for it: the disk may have changed.
    fn taken_as_shown(&self, shown: S) -> Draft {
        let draft = self.shown(shown);
        if shown == S::Started { draft.drop_finished_backup() } else { draft.disk_changes() }
    }

    /// A sandbox at rest has no copy any more. It is not deleted, because nobody asked for that: it is an error, from
    /// which its backup brings it back if it has one.
    fn copy_of_settled_is_lost(&self) -> Option<Next> {
        if self.may_have_backup() {
            return self.look_for_backup();
        }
        self.apply(self.draft().ours(Fault::Lost).fails().runner(RunnerChange::Released))
    }
}
