//! The jobs of a runner: how long they take, what they do, and how they end.

use crate::{
    rules::{Job as JobKind, Outcome, Report, Task},
    runner::{End, FinishVerdict},
    testing::simulation::{
        fleet::{Disk, Event, Fleet, Job, MINUTE, Message, SECOND, count},
        messages::Heard,
        names::{RunnerId, SandboxId},
        verdict::Fact,
    },
    vocabulary::{Fault, Size},
};

impl Fleet {
    /// Begins a job.
    pub fn begin(&mut self, runner: RunnerId, sandbox: SandboxId, job: Job) {
        count(&mut self.tally.calls);
        let job = Job { number: self.next_number(), ..job };
        // Processes begin to run before the job is done.
        let runs = matches!(job.call.task, Task::Start | Task::Resume | Task::Recover { .. });
        if runs && self.random.happens(500) {
            self.raise(runner, sandbox);
        }
        self.runner(runner).jobs.insert(sandbox, job);
        let slow = self.fails(80);
        let lasts =
            if slow { self.random.between(5 * MINUTE, 70 * MINUTE) } else { self.random.between(SECOND, 40 * SECOND) };
        let boot = self.runner(runner).boot;
        self.plan(lasts, Event::JobEnds { runner, boot, sandbox, number: job.number });
    }

    /// Raises the version of the disk on this runner: the sandbox runs.
    fn raise(&mut self, runner: RunnerId, sandbox: SandboxId) {
        if self.runner(runner).disk(sandbox).is_some() {
            let version = self.next_version(sandbox);
            if let Some(disk) = &mut self.slot(runner, sandbox).disk {
                disk.version = version;
            }
        }
    }

    /// A job ends, if it was not given up.
    pub fn job_ends(&mut self, runner: RunnerId, boot: u64, sandbox: SandboxId, number: u64) {
        let it = self.runner(runner);
        let same_boot = it.boot == boot;
        let current = it.jobs.get(&sandbox).copied();
        let Some(job) = current.filter(|job| job.number == number && same_boot) else { return };
        it.jobs.remove(&sandbox);
        let fails = self.fails(110) || !self.can(runner, sandbox, job);
        let end = if fails {
            if let Task::Recover { .. } = job.call.task {
                self.slot(runner, sandbox).runs = false;
            }
            let recoverable = self.random.happens(500);
            End::Failed { fault: Fault::Runner, recoverable }
        } else {
            self.complete(runner, sandbox, job);
            End::Completed
        };
        self.end(runner, sandbox, job.call.epoch, end);
    }

    /// Records the end of a job, and sends it.
    pub fn end(&mut self, runner: RunnerId, sandbox: SandboxId, epoch: u32, end: End) {
        let slot = self.slot(runner, sandbox);
        let call = slot.ledger.call_under_way();
        let entry = slot.ledger.finish(epoch, end);
        slot.ledger = entry.ledger();
        slot.last = call.map(|call| (call.task.into(), end));
        let verdict = entry.stored();
        self.note(sandbox, Fact::Ended { runner, epoch, end, verdict });
        match verdict {
            FinishVerdict::Send(report) => self.send(Message::ToHost(Heard::Report { sandbox, runner, report })),
            FinishVerdict::Superseded { .. } | FinishVerdict::NotUnderWay => {}
        }
    }

    /// Whether the job can be done with what the runner has.
    fn can(&mut self, runner: RunnerId, sandbox: SandboxId, job: Job) -> bool {
        let (disk, runs) = (self.runner(runner).disk(sandbox), self.runner(runner).runs(sandbox));
        match job.call.task {
            // A create that meets a copy may have met the only one.
            Task::Create => disk.is_none(),
            Task::Restore => self.restored(sandbox, job).is_some(),
            Task::Start | Task::Recover { .. } | Task::Resize { .. } | Task::Snapshot { .. } | Task::Stop { .. } => {
                disk.is_some()
            }
            Task::Resume => disk.is_some_and(|disk| disk.paused) || runs,
            Task::Pause | Task::Fork => runs,
            Task::Destroy | Task::Build | Task::Pull => true,
            Task::Backup { .. } => false,
        }
    }

    /// Returns the version of the disk that a restore reads.
    fn restored(&self, sandbox: SandboxId, job: Job) -> Option<u64> {
        job.payload.restores.and_then(|attempt| self.backups.version(sandbox, attempt))
    }

    fn complete(&mut self, runner: RunnerId, sandbox: SandboxId, job: Job) {
        match job.call.task {
            Task::Create => self.make(runner, sandbox, Disk { version: 0, size: Size::default(), paused: false }),
            Task::Restore => {
                let version = self.restored(sandbox, job).unwrap_or_default();
                let size = self.shown.get(&sandbox).map_or(Size::default(), |row| row.lifecycle.size());
                self.make(runner, sandbox, Disk { version, size, paused: false });
            }
            Task::Start | Task::Resume => self.execute(runner, sandbox),
            Task::Stop { .. } => self.halt(runner, sandbox, false),
            Task::Pause => self.halt(runner, sandbox, true),
            Task::Recover { .. } => {
                self.raise(runner, sandbox);
                self.halt(runner, sandbox, false);
            }
            Task::Destroy => self.delete_copy(runner, sandbox, "a destroy"),
            Task::Resize { to } => {
                if let Some(disk) = &mut self.slot(runner, sandbox).disk {
                    disk.size = to;
                }
            }
            Task::Fork => self.make_child(runner, sandbox, job),
            Task::Build | Task::Pull => self.slot(runner, sandbox).image = true,
            Task::Snapshot { .. } | Task::Backup { .. } => {}
        }
    }

    /// Makes a copy with this disk, and runs it.
    fn make(&mut self, runner: RunnerId, sandbox: SandboxId, disk: Disk) {
        self.slot(runner, sandbox).disk = Some(disk);
        self.execute(runner, sandbox);
    }

    fn execute(&mut self, runner: RunnerId, sandbox: SandboxId) {
        self.judge_run(sandbox, runner);
        self.raise(runner, sandbox);
        self.truth(sandbox).changed_by_itself.remove(&runner);
        let slot = self.slot(runner, sandbox);
        slot.runs = true;
        if let Some(disk) = &mut slot.disk {
            disk.paused = false;
        }
    }

    fn halt(&mut self, runner: RunnerId, sandbox: SandboxId, paused: bool) {
        if self.slot(runner, sandbox).runs {
            self.raise(runner, sandbox);
        }
        self.truth(sandbox).changed_by_itself.remove(&runner);
        let slot = self.slot(runner, sandbox);
        slot.runs = false;
        if let Some(disk) = &mut slot.disk {
            disk.paused = paused;
        }
    }

    /// Makes the child of a fork, and reports it.
    fn make_child(&mut self, runner: RunnerId, sandbox: SandboxId, job: Job) {
        let Some(child) = job.payload.child else { return };
        let size = self.runner(runner).disk(sandbox).map_or(Size::default(), |disk| disk.size);
        if self.may_make(runner, child, job.call.epoch) {
            self.make(runner, child, Disk { version: 0, size, paused: false });
            let epoch = Some(job.call.epoch);
            let report = Report::Ended { job: JobKind::ForkChild, outcome: Outcome::Completed, epoch };
            self.send(Message::ToHost(Heard::Report { sandbox: child, runner, report }));
        }
    }
}
