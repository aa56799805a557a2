//! The jobs of a runner: how long they take, what they do, and how they end.

use super::runner::Disk;
use crate::{
    network::{Event, Heard, Id, RunnerId},
    random::{MINUTE, SECOND},
    world::World,
};
use sandbox_lifecycle::{
    Report,
    rules::{Call, Job as JobKind, Outcome, Task},
    runner::{End, FinishVerdict},
    vocabulary::{Fault, Size},
};

/// The work on a call.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    pub call: Call,
    /// Unique, so that the end of a job that was given up is not mistaken for another.
    pub number: u64,
    pub restores: Option<u32>,
    pub child: Option<Id>,
}

impl World {
    /// Begins a job.
    pub fn begin(&mut self, runner: RunnerId, id: Id, job: Job) {
        self.tally.calls += 1;
        self.numbers += 1;
        let job = Job { number: self.numbers, ..job };
        // Processes begin to run before the job is done.
        let runs = matches!(job.call.task, Task::Start | Task::Resume | Task::Recover { .. });
        if runs && self.random.happens(500) {
            self.raise(runner, id);
        }
        self.runners[runner].jobs.insert(id, job);
        let slow = self.fails(80);
        let lasts =
            if slow { self.random.between(5 * MINUTE, 70 * MINUTE) } else { self.random.between(SECOND, 40 * SECOND) };
        let boot = self.runners[runner].boot;
        self.plan(lasts, Event::Work { runner, boot, id, number: job.number });
    }

    fn raise(&mut self, runner: RunnerId, id: Id) {
        if self.slot(runner, id).disk.is_some() {
            let version = self.next_version(id);
            if let Some(disk) = &mut self.slot(runner, id).disk {
                disk.version = version;
            }
        }
    }

    /// A job ends, if it was not given up.
    pub fn work_ends(&mut self, runner: RunnerId, boot: u64, id: Id, number: u64) {
        let current = self.runners[runner].jobs.get(&id).copied();
        let Some(job) = current.filter(|job| job.number == number && self.runners[runner].boot == boot) else { return };
        self.runners[runner].jobs.remove(&id);
        let fails = self.fails(110) || !self.can(runner, id, job);
        let end = if fails {
            self.fail_job(runner, id, job.call.task);
            let recoverable = self.random.happens(500);
            End::Failed { fault: Fault::Runner, recoverable }
        } else {
            self.complete(runner, id, job);
            End::Completed
        };
        self.end(runner, id, job.call.epoch, end);
    }

    /// Records the end of a job, and sends it.
    pub fn end(&mut self, runner: RunnerId, id: Id, epoch: u32, end: End) {
        let slot = self.slot(runner, id);
        let call = slot.ledger.call_under_way();
        let entry = slot.ledger.finish(epoch, end);
        slot.ledger = entry.ledger();
        slot.last = call.map(|call| (call.task.into(), end));
        let verdict = entry.stored();
        self.trace(id, || format!("runner {runner}, end of epoch {epoch}, {end}: {verdict}"));
        match verdict {
            FinishVerdict::Send(report) => self.send(Event::Hear(Heard::Report { id, runner, report })),
            FinishVerdict::Superseded { .. } | FinishVerdict::NotUnderWay => {}
        }
    }

    /// Whether the job can be done with what the runner has.
    fn can(&self, runner: RunnerId, id: Id, job: Job) -> bool {
        let disk = self.runners[runner].slots.get(&id).and_then(|slot| slot.disk);
        let runs = self.runners[runner].slots.get(&id).is_some_and(|slot| slot.runs);
        match job.call.task {
            // A create that meets a copy may have met the only one.
            Task::Create => disk.is_none(),
            Task::Restore => job.restores.is_some_and(|attempt| self.backups.version(id, attempt).is_some()),
            Task::Start | Task::Recover { .. } | Task::Resize { .. } | Task::Snapshot { .. } | Task::Stop { .. } => {
                disk.is_some()
            }
            Task::Resume => disk.is_some_and(|disk| disk.paused) || runs,
            Task::Pause | Task::Fork => runs,
            Task::Destroy | Task::Build | Task::Pull => true,
            Task::Backup { .. } => false,
        }
    }

    fn fail_job(&mut self, runner: RunnerId, id: Id, task: Task) {
        match task {
            Task::Recover { .. } => self.slot(runner, id).runs = false,
            Task::Create | Task::Restore | Task::Start | Task::Resume | Task::Stop { .. } | Task::Pause => {}
            Task::Destroy | Task::Resize { .. } | Task::Snapshot { .. } | Task::Fork | Task::Build | Task::Pull => {}
            Task::Backup { .. } => {}
        }
    }

    fn complete(&mut self, runner: RunnerId, id: Id, job: Job) {
        match job.call.task {
            Task::Create => {
                self.slot(runner, id).disk = Some(Disk { version: 0, size: Size::default(), paused: false });
                self.execute(runner, id);
            }
            Task::Restore => {
                let version = job.restores.and_then(|attempt| self.backups.version(id, attempt)).unwrap_or_default();
                let size = self.store.rows.get(&id).map_or(Size::default(), |row| row.sandbox.lifecycle().size());
                self.slot(runner, id).disk = Some(Disk { version, size, paused: false });
                self.execute(runner, id);
            }
            Task::Start | Task::Resume => self.execute(runner, id),
            Task::Stop { .. } => self.halt(runner, id, false),
            Task::Pause => self.halt(runner, id, true),
            Task::Recover { .. } => {
                self.raise(runner, id);
                self.halt(runner, id, false);
            }
            Task::Destroy => self.delete_copy(runner, id, "a destroy"),
            Task::Resize { to } => {
                if let Some(disk) = &mut self.slot(runner, id).disk {
                    disk.size = to;
                }
            }
            Task::Fork => self.make_child(runner, id, job),
            Task::Build | Task::Pull => self.slot(runner, id).image = true,
            Task::Snapshot { .. } | Task::Backup { .. } => {}
        }
    }

    fn execute(&mut self, runner: RunnerId, id: Id) {
        self.judge_run(id, runner);
        self.raise(runner, id);
        self.truth.entry(id).or_default().changed_by_itself.remove(&runner);
        let slot = self.slot(runner, id);
        slot.runs = true;
        if let Some(disk) = &mut slot.disk {
            disk.paused = false;
        }
    }

    fn halt(&mut self, runner: RunnerId, id: Id, paused: bool) {
        if self.slot(runner, id).runs {
            self.raise(runner, id);
        }
        self.truth.entry(id).or_default().changed_by_itself.remove(&runner);
        let slot = self.slot(runner, id);
        slot.runs = false;
        if let Some(disk) = &mut slot.disk {
            disk.paused = paused;
        }
    }

    /// Makes the child of a fork, and reports it.
    fn make_child(&mut self, runner: RunnerId, id: Id, job: Job) {
        let Some(child) = job.child else { return };
        let size = self.slot(runner, id).disk.map_or(Size::default(), |disk| disk.size);
        if self.may_make(runner, child, job.call.epoch) {
            self.slot(runner, child).disk = Some(Disk { version: 0, size, paused: false });
            self.execute(runner, child);
            let epoch = Some(job.call.epoch);
            let report = Report::Ended { job: JobKind::ForkChild, outcome: Outcome::Completed, epoch };
            self.send(Event::Hear(Heard::Report { id: child, runner, report }));
        }
    }
}
