//! Leaving a runner that was declared gone (contract 13).

use super::super::row::{awaits_backup, has_current_backup};
use super::pass::{Next, Pass};
use crate::{
    rules::Owed,
    vocabulary::{DesiredState, Fault, SandboxState as S},
};

impl Pass<'_> {
    pub(super) fn leave_gone_runner(&self) -> Next {
        let row = self.row;
        let mut write = self.change();
        if row.desired_state == DesiredState::Destroyed {
            write.row.state = S::Destroyed;
            write.effects.owed = Owed::Removal; // For the return of the runner.
            return self.apply(write);
        }
        if awaits_backup(row) || self.may_have_backup() {
            return self.look_for_backup();
        }
        let (state, goal) = (row.state.as_str(), row.desired_state.as_str());
        let is_current = has_current_backup(row);
        let forked = self.view.live_fork_children > 0; // Contract 14: the forks read the disk.
        if is_current && goal == "archived" && !forked && ["stopped", "archiving"].contains(&state) {
            write.row.state = S::Archived;
            write.effects.owed = Owed::Removal;
            return self.apply(write);
        }
        write.leave_runner(if is_current && !forked { Owed::Removal } else { Owed::Release });
        match state {
            "archiving" | "stopped" | "paused" if is_current => {}
            "error" if is_current && !row.must_ask => {
                write.row.recoverable = true;
                write.row.repair = None;
            }
            // Nothing of it has run, so it begins again.
            "unknown" | "pulling_snapshot" if goal == "started" => {
                write.row.state = S::PullingSnapshot;
                write.effects.owed = Owed::Release;
            }
            "building_snapshot" if goal == "started" => {
                write.row.state = S::PendingBuild;
                write.effects.owed = Owed::Release;
            }
            "build_failed" => write.effects.owed = Owed::Release,
            _may_have_run => {
                write.disk_changes();
                write.fails_ourselves(Fault::RunnerGone);
                write.effects.owed = Owed::Release;
            }
        }
        self.apply(write)
    }
}
