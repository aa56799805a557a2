//! Towards started: placement, builds, creates, starts, resumes and restores.

use super::super::{row::has_current_backup, write::Write};
use super::pass::{Next, Pass};
use crate::{
    controller::{Image, Observed, Placement},
    rules::{Owed, ReasonText, RunnerChange, Task},
    vocabulary::{Fault, SandboxState as S},
};

impl Pass<'_> {
    pub(super) fn toward_started(&self) -> Next {
        let (row, ready) = (self.row, self.is_ready());
        match row.state.as_str() {
            // Contract 14: a fork's child is never created from an image.
            "pending_build" | "building_snapshot" | "pulling_snapshot" | "unknown" if row.is_fork_child => {
                self.if_pending(self.fail(Fault::Lost))
            }
            "pending_build" => self.place(),
            "pulling_snapshot" if !row.has_runner => self.place(),
            "building_snapshot" => self.build(),
            "unknown" if !row.has_runner => self.fail(Fault::Lost),
            "unknown" if ready => self.begin(S::Creating, Task::Create),
            "paused" if row.has_runner && ready => self.wake(S::Resuming, Task::Resume),
            "paused" if row.has_runner => None,
            "paused" => self.restore_elsewhere(), // D22
            "stopped" | "archived" | "archiving" if row.has_runner && ready => self.wake(S::Starting, Task::Start),
            "stopped" | "archived" | "archiving" => self.restore_elsewhere(),
            "creating" | "starting" | "restoring" | "resuming" if !row.has_runner => self.time_out(), // D19
            "restoring" if row.must_ask => self.place_again(),
            "creating" | "starting" | "restoring" | "resuming" | "pulling_snapshot" => self.follow(),
            _nothing_leads_to_started => None,
        }
    }

    fn wake(&self, state: S, task: Task) -> Next {
        let mut write = self.change();
        write.row.state = state;
        write.disk_changes();
        write.effects.task = Some(task);
        self.write(write)
    }

    fn restore_elsewhere(&self) -> Next {
        let row = self.row;
        if row.has_runner && self.view.live_fork_children > 0 {
            return None; // Contract 14: the forks read the disk.
        }
        if !has_current_backup(row) {
            // A runner that is not ready may come back, and the store may have the backup.
            let may_come_back = row.has_runner || row.must_ask_store;
            if may_come_back {
                return None;
            }
            if self.may_have_backup() {
                return self.if_pending(self.look_for_backup());
            }
            return self.if_pending(self.fail(Fault::Lost));
        }
        let mut write = self.restored(1)?;
        if row.has_runner {
            write.effects.runner = RunnerChange::AssignedKeepingPrevious;
            write.effects.owed = Owed::Removal; // Its backup is current (contract 7).
        }
        self.write(write)
    }

    /// Returns the write of a restore on the runner that placement found, if it found one.
    fn restored(&self, attempt: u8) -> Option<Write> {
        if !matches!(self.view.placement, Placement::Warm | Placement::Cold) {
            return None;
        }
        let mut write = self.change();
        write.row.state = S::Restoring;
        write.row.must_ask = false;
        write.row.restore_attempts = attempt;
        write.assign_runner();
        write.effects.task = Some(Task::Restore);
        Some(write)
    }

    fn follow(&self) -> Next {
        let state = self.row.state;
        let shown = match self.answer() {
            Observed::NotAsked => return self.ask(),
            Observed::NoAnswer | Observed::Busy => return self.time_out(),
            Observed::NotFound if state == S::PullingSnapshot => return self.pulled(),
            Observed::NotFound => return self.resend_or_time_out(), // D33
            Observed::State(shown) => shown,
        };
        let starts_from_disk = ["starting", "restoring", "resuming"].contains(&state.as_str());
        match (state.as_str(), shown.as_str()) {
            (_, "started") => self.show_started(),
            // D14: it may have its disk. D33: a fork's child has no image.
            (_, "unknown") if starts_from_disk || self.row.is_fork_child => self.time_out(),
            ("creating", "unknown") => self.resend_or_time_out(), // D14: created again, within its limit.
            (_, "pulling_snapshot") if self.row.is_fork_child => self.time_out(),
            (_, "unknown") => self.write(self.change_to_shown_only(S::Unknown)),
            ("pulling_snapshot", "pulling_snapshot") => self.time_out(),
            (_, "pulling_snapshot") => {
                self.time_out().or_else(|| self.write(self.change_to_shown_only(S::PullingSnapshot)))
            }
            (_, "creating" | "starting" | "restoring" | "destroyed") | ("resuming", "resuming") => self.time_out(),
            ("resuming", "paused") | ("starting", "stopped") => self.resend_or_time_out(), // D5, D20
            // An older copy, which the restore replaces.
            ("restoring", "stopped" | "paused") if has_current_backup(self.row) => {
                self.if_pending(self.resend_or_time_out())
            }
            // D27: the runner is asked once more, and then the backup is placed again.
            ("restoring", _) if has_current_backup(self.row) => {
                let mut write = self.change();
                write.end_badly();
                self.write(write)
            }
            _unfit => self.if_pending(self.fail(Fault::Runner)),
        }
    }

    /// A runner that fetches an image has no copy yet, and the copy is created once the image is there.
    fn pulled(&self) -> Next {
        let next = match self.view.image {
            Image::Ready => self.write(self.change_to_shown_only(S::Unknown)),
            Image::Failed => self.if_pending(self.fail(Fault::Other)),
            Image::Pulling | Image::Building => None,
            Image::Missing | Image::Removing => return self.resend_or_time_out(),
        };
        next.or_else(|| self.time_out())
    }

    /// A state in which the change goes on: the runner is followed, and the epoch of the answer begins (contract 2).
    fn change_to_shown_only(&self, state: S) -> Write {
        let mut write = self.change();
        write.row.state = state;
        write.new_epoch = true;
        write
    }

    fn show_started(&self) -> Next {
        let mut write = self.change_to_shown(S::Started);
        write.drop_finished_backup();
        self.write(write)
    }

    /// A restore has failed (D27).
    fn place_again(&self) -> Next {
        let row = self.row;
        match self.answer() {
            Observed::NotAsked if self.is_ready() => return self.ask(),
            Observed::NotAsked | Observed::NoAnswer | Observed::Busy => return self.time_out(),
            Observed::State(S::Started) => return self.show_started(),
            Observed::NotFound | Observed::State(S::Destroyed) => {}
            Observed::State(_) => {
                let mut write = self.change();
                write.disk_changes(); // It may have run before it came to rest.
                write.fails_ourselves(Fault::Runner);
                return self.apply(write);
            }
        }
        if has_current_backup(row) && row.restore_attempts < self.policy.max_restore_attempts {
            let next = row.restore_attempts.saturating_add(1).max(2);
            return self.restored(next).map_or_else(|| self.time_out(), |write| self.write(write));
        }
        let mut write = self.change();
        write.fails_ourselves(Fault::Runner);
        write.leave_runner(Owed::Nothing); // The runner said that it has no copy.
        self.apply(write)
    }

    /// Looks for a runner (recorded: table `placement`).
    fn place(&self) -> Next {
        let builds = self.row.state == S::PendingBuild;
        let mut write = self.change();
        write.assign_runner();
        match self.view.placement {
            Placement::Warm => write.row.state = S::Unknown,
            Placement::InFlight(Image::Failed) if builds => {
                write.row.state = S::BuildFailed;
                write.because(Fault::Other, false, ReasonText::Ours(Fault::Other));
            }
            Placement::InFlight(Image::Failed) => write.fails_ourselves(Fault::Other),
            Placement::InFlight(Image::Building) if !builds => return None,
            Placement::InFlight(Image::Pulling) if builds => return None,
            Placement::Cold | Placement::InFlight(Image::Building | Image::Pulling) => {
                write.effects.task = Some(if builds { Task::Build } else { Task::Pull });
                if builds {
                    write.row.state = S::BuildingSnapshot;
                }
            }
            Placement::NoRoom | Placement::InFlight(Image::Missing | Image::Ready | Image::Removing) => return None,
        }
        if self.row.has_runner {
            write.effects.owed = Owed::Release; // Contract 7: a broken row leaves its runner.
        }
        self.write(write)
    }

    fn build(&self) -> Next {
        let mut write = self.change();
        match self.view.image {
            // D13: a build that is ready is used, also late.
            Image::Ready if self.row.has_runner => write.row.state = S::Unknown,
            Image::Failed if self.time_out().is_none() => {
                write.row.state = S::BuildFailed;
                write.because(Fault::Other, false, ReasonText::Ours(Fault::Other));
            }
            Image::Ready | Image::Failed | Image::Missing | Image::Pulling | Image::Building | Image::Removing => {
                return self.if_pending(self.time_out());
            }
        }
        self.write(write)
    }
}
