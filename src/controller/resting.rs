//! Towards stopped, paused, archived and destroyed.

use super::next::Next;
use super::pass::Pass;
use super::view::Observed;
use crate::lifecycle::pairs;
use crate::rules::{
    Owed,
    step::{draft::Draft, payload::OwnTask},
};
use crate::vocabulary::{BackupState, Fault, SandboxState as S};

impl Pass<'_> {
    pub(super) fn toward_stopped(&self) -> Option<Next> {
        let status = self.row.status;
        let is_called = status.state() == S::Stopping;
        if !is_called && !matches!(status.state(), S::Started | S::Paused) {
            return None;
        }
        if !is_called && !status.has_runner() {
            return self.if_pending(self.fail(Fault::Lost));
        }
        if !self.is_ready() {
            return None;
        }
        if !is_called {
            // A paused sandbox has its memory written back.
            let stop = OwnTask::Stop { force: status.force_stop() };
            return self.write(self.draft().state(S::Stopping).disk_changes().call(stop));
        }
        match self.observed() {
            Observed::NotAsked => self.ask(),
            Observed::NoAnswer | Observed::Busy => None,
            // A runner reports a missing copy in either way (difference D4).
            Observed::NotFound | Observed::State(S::Destroyed) => self.fail(Fault::Lost),
            Observed::State(S::Stopped) => self.write(self.shown(S::Stopped).drop_backup()),
            Observed::State(S::Error) => self.if_pending(self.fail(Fault::Runner)),
            // The call was lost (difference D4).
            Observed::State(S::Started | S::Paused) => self.resend(),
            Observed::State(_) => None,
        }
    }

    /// Follows a pause (difference D23). The clock ends it at its time limit.
    pub(super) fn toward_paused(&self) -> Option<Next> {
        let status = self.row.status;
        if status.state() != S::Pausing || !status.has_runner() || !self.is_ready() {
            return None;
        }
        match self.observed() {
            Observed::NotAsked => self.ask(),
            Observed::NoAnswer | Observed::Busy => None,
            Observed::State(S::Paused) => self.write(self.shown(S::Paused)),
            Observed::State(S::Started) => self.resend(),
            Observed::NotFound | Observed::State(S::Destroyed) => self.fail(Fault::Lost),
            Observed::State(S::Error) => self.fail(Fault::Runner),
            Observed::State(_) => None,
        }
    }

    /// Requests the backup, and archives as soon as it is complete (difference D38).
    pub(super) fn toward_archived(&self) -> Option<Next> {
        let status = self.row.status;
        if !matches!(status.state(), S::Archiving | S::Stopped | S::Error) {
            return None;
        }
        if status.has_usable_backup() {
            if self.view.live_fork_children > 0 {
                return None; // Its forks read the disk that an archive removes (difference D30).
            }
            return self.apply(self.draft().state(S::Archived).owes(Owed::Removal));
        }
        if status.awaits_backup() || status.must_ask_store() {
            return None;
        }
        // Nobody knows whether a disk in error rests, so no backup of it would be current.
        let errored = status.state() == S::Error;
        let used_up = u32::from(status.archive_attempts()) > self.policy.max_archive_attempts;
        let failed = status.backup() == BackupState::Error && used_up;
        if failed || errored || !status.has_runner() {
            return self.apply(self.draft().give_up_archive(Fault::Other));
        }
        self.apply(self.draft().request_backup())
    }

    pub(super) fn toward_destroyed(&self) -> Option<Next> {
        let status = self.row.status;
        if pairs::IN_PLACE.contains(status.state()) {
            return None;
        }
        // Without a runner there is no copy to remove (difference D2), and a runner that was not asked is owed the removal.
        if matches!(status.state(), S::Archived | S::PendingBuild) || !status.has_runner() {
            return self.destroy(self.draft().state(S::Destroyed).owes(Owed::Removal));
        }
        if !self.is_ready() {
            return None;
        }
        match self.observed() {
            Observed::NotAsked => self.ask(),
            Observed::NoAnswer => None,
            Observed::NotFound | Observed::State(S::Destroyed) => self.destroy(self.draft().state(S::Destroyed)),
            Observed::State(S::Destroying) | Observed::Busy if status.state() == S::Destroying => None,
            // The runner does not work on the destroy: the call was lost (difference D4).
            Observed::State(_) | Observed::Busy if status.state() == S::Destroying => self.resend(),
            Observed::State(_) | Observed::Busy => {
                self.destroy(self.draft().state(S::Destroying).call(OwnTask::Destroy))
            }
        }
    }

    /// A row in error is never pending, and the runner must still remove its copy (difference D2).
    fn destroy(&self, draft: Draft) -> Option<Next> {
        let next = self.apply(draft);
        if self.row.status.state().is_failed() { next } else { self.if_pending(next) }
    }
}
