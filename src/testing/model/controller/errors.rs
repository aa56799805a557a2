//! Asking about an error, and about a sandbox at rest (contracts 4 and 6).

use super::super::row::{has_any_backup, has_current_backup, is_vm};
use super::super::write::Write;
use super::pass::{Next, Pass, micros, minutes};
use crate::{
    controller::Observed,
    rules::{Owed, ReasonText, Task},
    vocabulary::{DesiredState, Fault, Repair, SandboxState as S},
};

impl Pass<'_> {
    pub(super) fn look_into_error(&self) -> Next {
        let Some(shown) = self.shown()? else { return self.ask() };
        let row = self.row;
        let is_calm = ["started", "stopped", "paused"].contains(&shown.as_str());
        let mends = row.repair.is_some();
        if shown == S::Destroyed {
            return self.copy_is_lost();
        }
        let recovers = row.repair == Some(Repair::Recover);
        if is_calm && !recovers && shown.as_str() == row.desired_state.as_str() {
            let mut write = self.change_to_shown(shown);
            write.row.repair = None;
            show_calm(&mut write, shown);
            return self.apply(write);
        }
        if is_calm && mends {
            return self.resend(); // The call that mends it was lost, or has not ended.
        }
        let mut write = self.change();
        if is_calm && (shown != S::Stopped || has_current_backup(row)) {
            write.disk_changes(); // It runs, or has run since the restore.
        }
        if is_calm && shown != S::Stopped && row.desired_state == DesiredState::Stopped {
            let lasted = micros(self.now).saturating_sub(micros(row.state_since));
            if lasted <= minutes(self.policy.look_again.get()) {
                return None;
            }
            write.row.repair = Some(Repair::Stop);
            write.row.recoverable = true;
            write.effects.task = Some(Task::Stop { force: row.force_stop });
        } else if is_calm {
            write.row.recoverable = true;
            write.row.must_ask = false;
        } else if ["error", "build_failed"].contains(&shown.as_str()) && !mends {
            write.row.must_ask = false;
        } else {
            return None; // The runner works on the copy.
        }
        self.apply(write)
    }

    /// Returns what a ready runner shows: the outer `None` where the controller waits, the inner one where it must ask.
    fn shown(&self) -> Option<Option<S>> {
        if !self.row.has_runner || !self.is_ready() {
            return None;
        }
        match self.answer() {
            Observed::NotAsked => Some(None),
            Observed::NoAnswer | Observed::Busy => None,
            Observed::NotFound => Some(Some(S::Destroyed)),
            Observed::State(shown) => Some(Some(shown)),
        }
    }

    /// The row leaves its runner only now. Any backup brings it back, otherwise it is lost.
    fn copy_is_lost(&self) -> Next {
        if self.may_have_backup() {
            return self.look_for_backup();
        }
        let mut write = self.change();
        // A recovery of the same epoch may still arrive.
        write.leave_runner(if self.row.repair.is_some() { Owed::Release } else { Owed::Nothing });
        write.row.repair = None;
        if has_any_backup(self.row) {
            write.row.recoverable = true;
        } else {
            write.because(Fault::Lost, false, ReasonText::Ours(Fault::Lost));
        }
        self.apply(write)
    }

    pub(super) fn look_at_rest(&self) -> Next {
        let Some(shown) = self.shown()? else { return self.ask() };
        let mut write = self.change();
        write.row.must_ask = false;
        if shown == self.row.state {
            if let Some(size) = self.view.observed_size {
                write.set_size(size);
            }
            return self.apply(write);
        }
        match shown.as_str() {
            "paused" if !is_vm(self.row) => self.apply(write),
            "started" | "stopped" | "paused" => {
                let mut write = self.change_to_shown(shown);
                write.row.desired_state = match shown.as_str() {
                    "started" => DesiredState::Started,
                    "stopped" => DesiredState::Stopped,
                    _paused => DesiredState::Paused,
                };
                show_calm(&mut write, shown);
                self.apply(write)
            }
            "destroyed" => {
                if self.may_have_backup() {
                    return self.look_for_backup();
                }
                // Nobody asked for its end, so it is an error and not a deletion.
                let mut write = self.change();
                write.fails_ourselves(Fault::Lost);
                write.leave_runner(Owed::Nothing);
                self.apply(write)
            }
            "error" => self.fail(Fault::Runner),
            "build_failed" => self.apply(write),
            _works_on_it => None,
        }
    }
}

/// The disk of a copy that runs, or that rests after something unexpected, may have changed.
fn show_calm(write: &mut Write, shown: S) {
    if shown == S::Started {
        write.drop_finished_backup();
    } else {
        write.disk_changes();
    }
}
