//! The runners: they take messages through the real ledger, and do their work.

use super::actions::{Flaw, Try};
use super::forks::Kin;
use super::host::reported;
use super::world::{Copy, Leave, Memory, Message, Shows, Work, World, end};
use crate::laws::Law;
use sandbox_lifecycle::rules::{Call, Job, Outcome, Report, Task};
use sandbox_lifecycle::runner::{AskVerdict, CallVerdict, CopyAnswer, FinishVerdict, LeaveVerdict, Ledger};
use sandbox_lifecycle::vocabulary::Fault;
use sandbox_lifecycle::{DesiredState, SandboxState};

impl Try<'_> {
    pub fn deliver(&mut self, message: Message) {
        match message {
            Message::Call { to, work, epoch } => self.call(to, work, epoch),
            Message::End { from, work, epoch, well } => {
                self.report(from, end(well).report(Call { task: work.task(), epoch }));
            }
            Message::Ask { to, epoch, fresh } => self.ask(to, epoch, fresh),
            Message::Leave(leave) => self.leave(leave, false),
            Message::Lists { from, shows, epoch, released } => self.compare(from, shows, epoch, released),
            Message::MakeBackup { to, attempt, epoch } => self.make_backup(to, attempt, epoch, true),
            Message::BackupEnd { from, attempt, well } => {
                let failed = Outcome::Failed { fault: Fault::Other, recoverable: false };
                let outcome = if well { Outcome::Completed } else { failed };
                self.report(from, Report::Ended { job: Job::Backup { attempt: Some(attempt) }, outcome, epoch: None });
            }
            Message::Fork { .. } => self.fork_call(),
            Message::ChildEnd { from, epoch, well } => self.report_child(from, epoch, well),
            Message::Answer { .. } | Message::StoreAnswer { .. } => {}
        }
    }

    /// The runner reports unasked what its copy does.
    pub fn report_copy(&mut self, from: u8) {
        let runner = self.world.runner(from);
        // A runner that has seen no epoch names 0: a report without one would be decided as recorded.
        let epoch = match runner.memory.newest {
            None if self.model.flaw == Some(Flaw::NamesNoEpoch) => None,
            newest => Some(newest.unwrap_or_default()),
        };
        let state = reported(Shows::of(runner.copy.state()));
        self.report(from, Report::State { state, fault: None, recoverable: false, epoch });
    }

    /// Stores a ledger.
    fn store_ledger(&mut self, on: u8, ledger: Ledger, ended: Option<(Work, u32, bool)>) {
        let runner = self.world.runner_mut(on);
        let known = runner.memory.work.and_then(|(work, epoch, well)| Some((work, epoch, well?)));
        runner.memory = Memory::of(ledger, known.into_iter().chain(ended));
    }

    fn call(&mut self, to: u8, work: Work, epoch: u32) {
        let memory = self.world.runner(to).memory;
        let forgetful = self.model.flaw == Some(Flaw::NoLedger);
        let ledger = if forgetful { Ledger::default() } else { memory.ledger() };
        let entry = ledger.call(Call { task: work.task(), epoch });
        self.store_ledger(to, entry.ledger(), None);
        match entry.stored() {
            CallVerdict::CarryOut { replaces_copy, supersedes } => {
                if supersedes.is_some() || forgetful {
                    self.end_job(to);
                }
                self.begin(to, work, epoch, replaces_copy);
            }
            CallVerdict::Repeat(_) => {
                if let Some((work, epoch, Some(well))) = self.world.runner(to).memory.work {
                    self.world.send(Message::End { from: to, work, epoch, well });
                }
            }
            CallVerdict::UnderWay | CallVerdict::Refuse(_) => {}
        }
    }

    /// Begins the work of a call, and compares it with what the row and the disks allow.
    fn begin(&mut self, on: u8, work: Work, epoch: u32, replaces_copy: bool) {
        let disk = match work {
            Work::Restore => self.world.referenced_disk(),
            Work::Create => None,
            Work::Start
            | Work::Resume
            | Work::Stop { .. }
            | Work::Pause
            | Work::Destroy
            | Work::Recover { .. }
            | Work::Fork => Some(self.world.runner(on).disk),
        };
        let wanted = self.world.row.filter(|row| row.desired_state() != DesiredState::Destroyed);
        let newest = self.world.newest_disk();
        let runs = work.may_run() || matches!(work, Work::Recover { start: true });
        if let (true, Some(row)) = (runs, wanted) {
            match disk {
                Some(disk) if disk < newest && self.world.runner(on).copy != Copy::None => {
                    self.breaks(Law::NewestDiskIsKept, format!("{work:?} begins on an older disk than the newest"));
                }
                Some(disk) if disk < newest && work == Work::Restore => {
                    self.breaks(Law::NewestDiskIsKept, "an older backup is restored than the newest disk");
                }
                None if newest > 0 => {
                    self.breaks(Law::NewestDiskIsKept, format!("{work:?} begins although a disk exists elsewhere"));
                }
                Some(_) | None => {}
            }
            let rests = [SandboxState::Stopped, SandboxState::Paused, SandboxState::Archived].contains(&row.state());
            if rests && row.is_settled() {
                self.breaks(Law::GrantsAreKept, format!("{work:?} begins although the row rests"));
            }
        }
        if work == Work::Create && matches!(self.world.host.kin, Some(Kin::Source { .. })) {
            self.breaks(Law::NoImageForChildren, "a fork's child is created from an image");
        }
        let runner = self.world.runner_mut(on);
        if replaces_copy {
            (runner.copy, runner.disk, runner.odd) = (Copy::None, 0, false);
        }
        runner.job = Some((epoch, if work == Work::Restore { disk.unwrap_or(0) } else { 0 }));
    }

    /// Ends a job that is superseded.
    fn end_job(&mut self, on: u8) {
        let runner = self.world.runner_mut(on);
        if let (Some(_), Some((Work::Destroy, _, None))) = (runner.job, runner.memory.work) {
            runner.copy = Copy::None;
        }
        runner.job = None;
    }

    fn ask(&mut self, to: u8, epoch: u32, fresh: bool) {
        let runner = self.world.runner(to);
        let seen = CopyAnswer { state: runner.copy.state(), size: None };
        let entry = runner.memory.ledger().ask(epoch, seen);
        self.store_ledger(to, entry.ledger(), None);
        if let AskVerdict::Answer(answer) = entry.stored() {
            self.world.send(Message::Answer { shows: Shows::of(answer.state), fresh });
        }
    }

    /// Takes a removal or release. `acknowledged`: the outbox hears of it.
    pub fn leave(&mut self, leave: Leave, acknowledged: bool) {
        let ledger = self.world.runner(leave.to).memory.ledger();
        let entry = if leave.removes { ledger.remove(leave.epoch) } else { ledger.release(leave.epoch) };
        self.store_ledger(leave.to, entry.ledger(), None);
        if let LeaveVerdict::CarryOut { .. } = entry.stored() {
            self.end_job(leave.to);
            let runner = self.world.runner_mut(leave.to);
            runner.copy = match runner.copy {
                Copy::None => Copy::None,
                Copy::Running | Copy::AtRest | Copy::Paused if leave.removes => Copy::None,
                Copy::Running | Copy::AtRest | Copy::Paused => Copy::AtRest,
            };
            if leave.removes {
                self.end_uploads(leave.to);
            }
        }
        if acknowledged {
            self.world.host.leaves.retain(|owed| *owed != leave);
        }
    }

    pub fn job_ends(&mut self, on: u8, well: bool, runs: bool) {
        let newest = self.world.newest_disk();
        let runner = self.world.runner_mut(on);
        let Some((epoch, restored)) = runner.job.take() else { return };
        let Some((work, _, _)) = runner.memory.work else { return };
        // A fork leaves the copy as it is.
        runner.odd &= work == Work::Fork;
        match (work, well) {
            (Work::Fork, true) => self.child_is_made(on, epoch),
            (Work::Fork, false) => {}
            (Work::Create, true) => (runner.copy, runner.disk) = (Copy::Running, newest + 1),
            (Work::Restore, true) => (runner.copy, runner.disk) = (Copy::Running, restored),
            (Work::Start | Work::Resume, true) => runner.copy = Copy::Running,
            (Work::Stop { .. }, true) => runner.copy = Copy::AtRest,
            // A repair writes to the disk.
            (Work::Recover { .. }, true) => (runner.copy, runner.disk) = (Copy::AtRest, newest + 1),
            (Work::Pause, true) => runner.copy = Copy::Paused,
            (Work::Destroy, true) => runner.copy = Copy::None,
            (Work::Create | Work::Restore | Work::Destroy, false) => {}
            // A start may fail although the copy runs, and a stop although it rests.
            (Work::Start | Work::Resume | Work::Recover { start: true }, false)
                if runs && runner.copy != Copy::None =>
            {
                runner.copy = Copy::Running;
            }
            (Work::Stop { .. } | Work::Pause | Work::Recover { start: false }, false)
                if runs && runner.copy != Copy::None =>
            {
                runner.copy = Copy::AtRest;
            }
            (Work::Start | Work::Resume | Work::Stop { .. } | Work::Recover { .. } | Work::Pause, false) => {}
        }
        if self.world.runner(on).copy == Copy::None {
            self.end_uploads(on);
        }
        let entry = self.world.runner(on).memory.ledger().finish(epoch, end(well));
        self.store_ledger(on, entry.ledger(), Some((work, epoch, well)));
        if let FinishVerdict::Send(_) = entry.stored() {
            self.world.send(Message::End { from: on, work, epoch, well });
        }
    }

    pub fn use_disk(&mut self, on: u8) {
        let newest = self.world.newest_disk();
        let others = self.world.runners.iter().enumerate().filter(|(id, _)| *id != usize::from(on));
        let shared = others.map(|(_, other)| other.disk).chain(self.world.host.attempts.iter().map(|made| made.disk));
        let alone = !shared.into_iter().any(|disk| disk >= newest);
        let runner = self.world.runner_mut(on);
        if runner.disk < newest || !alone {
            runner.disk = newest + 1;
        }
    }

    /// The runner restarts: its processes end, and what an interrupted creation or removal left is deleted.
    pub fn restart(&mut self, on: u8) {
        self.power_off(on);
        let ledger = self.world.runner(on).memory.ledger().interrupted();
        self.store_ledger(on, ledger, None);
    }

    fn power_off(&mut self, on: u8) {
        let runner = self.world.runner_mut(on);
        let ran = runner.copy == Copy::Running;
        runner.odd |= ran;
        if let (Some(_), Some((Work::Create | Work::Restore | Work::Destroy, _, None))) =
            (runner.job, runner.memory.work)
        {
            runner.copy = Copy::None;
        } else if ran {
            runner.copy = Copy::AtRest;
        }
        runner.job = None;
        self.end_uploads(on);
        self.interrupt_fork(on);
    }

    pub fn declared_gone(&mut self, on: u8) {
        if self.model.flaw != Some(Flaw::NoFence) {
            self.power_off(on);
        }
        self.world.runner_mut(on).gone = true;
    }

    /// The runner returns, and first takes what it is owed: a call from before its fence may still be under way.
    pub fn returns(&mut self, on: u8) {
        self.world.runner_mut(on).gone = false;
        let ledger = self.world.runner(on).memory.ledger().interrupted();
        self.store_ledger(on, ledger, None);
        if self.model.flaw != Some(Flaw::CallsBeforeOwed) {
            let owed: Vec<Leave> = self.world.host.leaves.iter().filter(|leave| leave.to == on).copied().collect();
            owed.into_iter().for_each(|leave| self.leave(leave, true));
        }
        // A pass that has seen it gone may be held. Its write would leave a runner that works again.
        if self.world.host.own == Some(on) && self.model.flaw != Some(Flaw::ReturnsUnnoticed) {
            self.make_stale();
        }
    }

    /// Begins the upload of a backup.
    pub fn make_backup(&mut self, to: u8, attempt: u32, epoch: u32, reports_begin: bool) {
        let call = Call { task: Task::Backup { attempt }, epoch };
        let entry = self.world.runner(to).memory.ledger().call(call);
        self.store_ledger(to, entry.ledger(), None);
        let CallVerdict::CarryOut { .. } = entry.stored() else { return };
        // Who makes backups recognizes a repeat by the number, and answers again.
        if let Some(made) = self.world.host.attempts.iter().find(|made| made.number == attempt) {
            if made.whole {
                self.world.send(Message::BackupEnd { from: to, attempt, well: true });
            } else if reports_begin {
                self.report(to, Report::BackupUnderWay { begun: true, attempt: Some(attempt) });
            }
            return;
        }
        self.begin_upload(to, attempt, reports_begin);
    }
}

impl World {
    /// Whether the job on this runner can end well.
    pub fn can_end_well(&self, on: u8) -> bool {
        let runner = self.runner(on);
        let Some((work, _, None)) = runner.memory.work else { return false };
        match work {
            Work::Create => runner.copy == Copy::None,
            Work::Restore => self.referenced_disk().is_some(),
            Work::Start | Work::Resume | Work::Stop { .. } | Work::Recover { .. } => runner.copy != Copy::None,
            Work::Fork => runner.copy == Copy::Running,
            Work::Pause => runner.copy == Copy::Running || runner.copy == Copy::Paused,
            Work::Destroy => true,
        }
    }
}
