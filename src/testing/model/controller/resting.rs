//! Towards stopped, paused, archived and destroyed.

use super::super::row::{awaits_backup, changes_in_place, has_current_backup};
use super::pass::{Next, Pass};
use crate::{
    controller::Observed,
    rules::{Owed, Task},
    vocabulary::{BackupState, Fault, SandboxState as S},
};

impl Pass<'_> {
    pub(super) fn toward_stopped(&self) -> Next {
        let row = self.row;
        match row.state.as_str() {
            "started" | "paused" if !row.has_runner => self.if_pending(self.fail(Fault::Lost)),
            "started" | "paused" | "stopping" if !self.is_ready() => None,
            "started" | "paused" => {
                let mut write = self.change();
                write.row.state = S::Stopping;
                write.disk_changes();
                write.effects.task = Some(Task::Stop { force: row.force_stop });
                self.write(write)
            }
            "stopping" => match self.answer() {
                Observed::NotAsked => self.ask(),
                Observed::NoAnswer | Observed::Busy => None,
                Observed::NotFound => self.fail(Fault::Lost),
                Observed::State(shown) => match shown.as_str() {
                    "destroyed" => self.fail(Fault::Lost), // D4
                    "stopped" => {
                        let mut write = self.change_to_shown(S::Stopped);
                        write.drop_backup();
                        self.write(write)
                    }
                    "error" => self.if_pending(self.fail(Fault::Runner)),
                    "started" | "paused" => self.resend(), // D4
                    _works_on_it => None,
                },
            },
            _nothing_leads_to_stopped => None,
        }
    }

    pub(super) fn toward_paused(&self) -> Next {
        if self.row.state != S::Pausing || !self.row.has_runner || !self.is_ready() {
            return None;
        }
        match self.answer() {
            Observed::NotAsked => self.ask(),
            Observed::NoAnswer | Observed::Busy => None,
            Observed::NotFound => self.fail(Fault::Lost),
            Observed::State(shown) => match shown.as_str() {
                "paused" => self.write(self.change_to_shown(S::Paused)),
                "started" => self.resend(),
                "destroyed" => self.fail(Fault::Lost),
                "error" => self.fail(Fault::Runner),
                _works_on_it => None,
            },
        }
    }

    /// Contract 8, and differences D3 and D38.
    pub(super) fn toward_archived(&self) -> Next {
        let row = self.row;
        if !["archiving", "stopped", "error"].contains(&row.state.as_str()) {
            return None;
        }
        let mut write = self.change();
        if has_current_backup(row) {
            if self.view.live_fork_children > 0 {
                return None; // Contract 14: the forks read the disk.
            }
            write.row.state = S::Archived;
            write.effects.owed = Owed::Removal;
            return self.apply(write);
        }
        if awaits_backup(row) || row.must_ask_store {
            return None;
        }
        let failed = row.backup_state == BackupState::Error;
        let gives_up = failed && u32::from(row.archive_attempts) > self.policy.max_archive_attempts;
        if gives_up || row.state == S::Error || !row.has_runner {
            write.give_up_archive(Fault::Other);
        } else {
            write.request_backup();
        }
        self.apply(write)
    }

    pub(super) fn toward_destroyed(&self) -> Next {
        let row = self.row;
        if changes_in_place(row) {
            return None;
        }
        let has_no_copy = row.state == S::Archived || row.state == S::PendingBuild;
        if has_no_copy || !row.has_runner {
            return self.is_destroyed(Owed::Removal);
        }
        if !self.is_ready() {
            return None;
        }
        let is_called = row.state == S::Destroying;
        match self.answer() {
            Observed::NotAsked => self.ask(),
            Observed::NoAnswer => None,
            Observed::NotFound | Observed::State(S::Destroyed) => self.is_destroyed(Owed::Nothing),
            Observed::Busy | Observed::State(S::Destroying) if is_called => None,
            Observed::State(_) if is_called => self.resend(), // D4
            Observed::Busy | Observed::State(_) => {
                let mut write = self.change();
                write.row.state = S::Destroying;
                write.effects.task = Some(Task::Destroy);
                let next = self.apply(write);
                self.also_in_error(next)
            }
        }
    }

    fn is_destroyed(&self, owed: Owed) -> Next {
        let mut write = self.change();
        write.row.state = S::Destroyed;
        write.effects.owed = owed;
        let next = self.apply(write);
        self.also_in_error(next)
    }

    /// D2: a failed sandbox is never pending, and its runner must still remove the copy.
    fn also_in_error(&self, next: Next) -> Next {
        if ["error", "build_failed"].contains(&self.row.state.as_str()) { next } else { self.if_pending(next) }
    }
}
