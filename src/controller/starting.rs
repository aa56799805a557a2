//! Towards started: placement, builds, creates, starts, resumes and restores.

use super::next::Next;
use super::pass::Pass;
use super::view::{Image, Observed, Placement};
use crate::rules::{
    Owed, RunnerChange,
    step::{draft::Draft, payload::OwnTask},
};
use crate::vocabulary::{Fault, SandboxState as S};

impl Pass<'_> {
    pub(super) fn toward_started(&self) -> Option<Next> {
        let status = self.row.status;
        let has_runner = status.has_runner();
        match status.state() {
            // A fork's child has no image (contract 14). Its runner is asked, which may have the copy.
            S::PendingBuild | S::BuildingSnapshot | S::PullingSnapshot | S::Unknown if status.is_fork_child() => {
                self.if_pending(self.fail(Fault::Lost))
            }
            S::PendingBuild => self.place(),
            S::PullingSnapshot if !has_runner => self.place(),
            S::BuildingSnapshot => self.build(),
            S::Unknown if !has_runner => self.fail(Fault::Lost),
            S::Unknown if self.is_ready() => self.begin(S::Creating, OwnTask::Create),
            S::Unknown => None,
            S::Stopped | S::Archived | S::Archiving => self.wake(OwnTask::Start),
            S::Paused if has_runner && !self.is_ready() => None,
            S::Paused => self.wake(OwnTask::Resume),
            // No runner works on it, so only the time limit ends it (difference D19).
            S::Creating | S::Starting | S::Restoring | S::Resuming if !has_runner => self.time_out(),
            S::Restoring if status.must_ask() => self.place_restore_again(),
            S::Creating | S::Starting | S::Restoring | S::PullingSnapshot | S::Resuming => self.follow(),
            S::Destroyed | S::Destroying | S::Started | S::Stopping | S::Error | S::BuildFailed => None,
            S::Resizing | S::Snapshotting | S::Forking | S::Pausing => None,
        }
    }

    /// Wakes a resting sandbox on its own runner, or restores its backup on another one.
    ///
    /// The memory of a paused sandbox is lost with its runner, and its disk is restored (difference D22).
    fn wake(&self, task: OwnTask) -> Option<Next> {
        let status = self.row.status;
        if status.has_runner() && self.is_ready() {
            let state = if task == OwnTask::Resume { S::Resuming } else { S::Starting };
            return self.write(self.draft().state(state).disk_changes().call(task));
        }
        if status.has_runner() && self.view.live_fork_children > 0 {
            return None; // Its forks read the disk that leaving the runner removes (difference D30).
        }
        match (status.has_usable_backup(), self.view.placement) {
            (true, Placement::Warm | Placement::Cold) => self.write(self.restore(1).owes(Owed::Removal)),
            (true, Placement::NoRoom | Placement::InFlight(_)) => None,
            // The runner may come back, and the store may have the backup.
            (false, _) if status.has_runner() || status.must_ask_store() => None,
            (false, _) if self.may_have_backup() => self.if_pending(self.look_for_backup()),
            (false, _) => self.if_pending(self.fail(Fault::Lost)),
        }
    }

    /// Places the restore of a current backup on the runner that placement found.
    fn restore(&self, attempt: u8) -> Draft {
        let assigned = if self.row.status.has_runner() && attempt == 1 {
            RunnerChange::AssignedKeepingPrevious
        } else {
            RunnerChange::Assigned
        };
        let draft = self.draft().state(S::Restoring).runner(assigned).must_ask(false);
        draft.restore_attempts(attempt).call(OwnTask::Restore)
    }

    /// Follows a job that the runner was called for: asks for the state of its copy, and writes the result.
    fn follow(&self) -> Option<Next> {
        let status = self.row.status;
        let state = status.state();
        let resumes = state == S::Resuming;
        let observed = match self.observed() {
            Observed::NotAsked => return self.ask(),
            Observed::NoAnswer | Observed::Busy => return self.time_out(),
            Observed::NotFound if state == S::PullingSnapshot && !status.is_fork_child() => return self.pulled(),
            // The parent repeats the call of a fork's child. Any other call is sent again (difference D33).
            Observed::NotFound => return self.resend_or_time_out(),
            Observed::State(observed) => observed,
        };
        // A sandbox that had a disk may still have it (difference D14), and a fork's child has no image (D33).
        let may_have_disk = matches!(state, S::Starting | S::Restoring) || resumes || status.is_fork_child();
        match observed {
            S::Started => self.write(self.shown(S::Started).drop_finished_backup()),
            S::Unknown if may_have_disk => self.time_out(),
            // Back to unknown would begin the creation and its time limit anew, without an end.
            S::Unknown if state == S::Creating => self.resend_or_time_out(),
            S::PullingSnapshot if status.is_fork_child() => self.time_out(),
            S::Unknown => self.write(self.draft().state(S::Unknown).raises_epoch()),
            S::PullingSnapshot if state != S::PullingSnapshot => {
                self.time_out().or_else(|| self.write(self.draft().state(S::PullingSnapshot).raises_epoch()))
            }
            S::Creating | S::Starting | S::Restoring | S::PullingSnapshot | S::Destroyed => self.time_out(),
            S::Resuming if resumes => self.time_out(),
            // The runner has not begun: the call was lost (differences D5 and D20).
            S::Paused if resumes => self.resend_or_time_out(),
            S::Stopped if state == S::Starting => self.resend_or_time_out(),
            // An ask that overtakes the restore shows an older copy, which the restore replaces.
            S::Stopped | S::Paused if state == S::Restoring && status.has_usable_backup() => {
                self.if_pending(self.resend_or_time_out())
            }
            S::Paused | S::Resuming | S::Stopped | S::Destroying | S::Stopping | S::Error | S::BuildFailed => {
                self.start_failed()
            }
            S::PendingBuild | S::BuildingSnapshot | S::Archived | S::Archiving | S::Pausing => self.start_failed(),
            S::Resizing | S::Snapshotting | S::Forking => self.start_failed(),
        }
    }

    /// The runner has no copy while it fetches the image. The copy is created as soon as the image is there.
    fn pulled(&self) -> Option<Next> {
        match self.view.image {
            Image::Ready => self.write(self.draft().state(S::Unknown).raises_epoch()).or_else(|| self.time_out()),
            Image::Failed => self.if_pending(self.fail(Fault::Other)).or_else(|| self.time_out()),
            Image::Pulling | Image::Building => self.time_out(),
            Image::Missing | Image::Removing => self.resend_or_time_out(),
        }
    }

    /// The runner shows something from which the change does not end. A restore is asked about once more before it is
    /// placed again (difference D27).
    fn start_failed(&self) -> Option<Next> {
        let restores = self.row.status.state() == S::Restoring && self.row.status.has_usable_backup();
        if restores { self.write(self.draft().ends_badly()) } else { self.if_pending(self.fail(Fault::Runner)) }
    }

    /// A restore has failed: it is placed again once its runner says that it has no copy.
    fn place_restore_again(&self) -> Option<Next> {
        let status = self.row.status;
        match self.observed() {
            Observed::NotAsked if self.is_ready() => self.ask(),
            Observed::NotAsked | Observed::NoAnswer | Observed::Busy => self.time_out(),
            Observed::State(S::Started) => self.write(self.shown(S::Started).drop_finished_backup()),
            Observed::NotFound | Observed::State(S::Destroyed) => {
                let attempts = status.restore_attempts();
                let more = attempts < self.policy.max_restore_attempts && status.has_usable_backup();
                match self.view.placement {
                    Placement::Warm | Placement::Cold if more => {
                        self.write(self.restore(attempts.saturating_add(1).max(2)))
                    }
                    Placement::NoRoom | Placement::InFlight(_) if more => self.time_out(),
                    Placement::Warm | Placement::Cold | Placement::NoRoom | Placement::InFlight(_) => {
                        self.apply(self.draft().ours(Fault::Runner).fails().runner(RunnerChange::Released))
                    }
                }
            }
            // The restored copy may have run before it came to rest, so its disk may be newer than the backup.
            Observed::State(_) => self.apply(self.draft().disk_changes().ours(Fault::Runner).fails()),
        }
    }

    /// Assigns a runner to a sandbox that has none (recorded: table `placement`).
    fn place(&self) -> Option<Next> {
        let builds = self.row.status.state() == S::PendingBuild;
        let assigned = self.draft().runner(RunnerChange::Assigned).owes(Owed::Release);
        self.write(match self.view.placement {
            Placement::Warm => assigned.state(S::Unknown),
            Placement::Cold if builds => assigned.state(S::BuildingSnapshot).call(OwnTask::Build),
            Placement::Cold => assigned.call(OwnTask::Pull),
            Placement::InFlight(Image::Failed) if builds => assigned.state(S::BuildFailed).ours(Fault::Other),
            Placement::InFlight(Image::Failed) => assigned.ours(Fault::Other).fails(),
            Placement::InFlight(Image::Pulling) if !builds => assigned.call(OwnTask::Pull),
            Placement::InFlight(Image::Building) if builds => assigned.state(S::BuildingSnapshot).call(OwnTask::Build),
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
}
