//! The work of the runners: calls arrive or are lost, jobs end or hang, reports arrive late or twice.

use crate::{
    fleet::{By, Event, Fleet, Heard},
    invariants::Invariant,
    mistakes::Mistake,
    random::{HOUR, MILLISECOND, MINUTE, SECOND},
    runner::{Copy, Taken},
    store::{Id, RunnerId, Write, time},
};
use sandbox_lifecycle::{
    DesiredState, Lifecycle, Report, Retry, SandboxState,
    controller::{Image, Observed},
    rules::{Answer, BackupOf, Call, Job, Outcome, Task},
    vocabulary::{BackupState, Fault},
};

impl Fleet {
    /// A call arrives at a runner.
    pub fn called(&mut self, id: Id, runner: RunnerId, call: Call, from: Option<SandboxState>) {
        let record = &self.store.records[id];
        let (life, own, previous) = (record.life, record.runner, record.previous);
        let over = own.is_none() && previous == Some(runner);
        self.tally.calls += 1;
        if !self.runners[runner].ready || self.fails(30) {
            return;
        }
        if self.fails(20) {
            let after = self.random.between(SECOND, 20 * MINUTE);
            return self.plan(after, Event::Call { id, runner, call, from }); // The call is delayed.
        }
        let heard = |report| Heard { id, runner, report, epoch: Some(call.epoch), backup: None, tries: 0 };
        let answered = |answer| heard(Report::Answered { task: call.task, answer, from, epoch: Some(call.epoch) });
        if self.fails(20) {
            let refused = Answer::Refused { fault: Fault::Refused, recoverable: self.random.happens(500) };
            return self.tell(answered(refused));
        }
        if call.task == Task::Create && !over {
            let empty = self.runners[runner].state(id).is_none();
            let record = &self.store.records[id];
            let loses = empty && record.lived && !record.lost && call.epoch == life.epoch();
            self.store
                .verdict
                .hold(Invariant::DataIsKept, !loses, || format!("sandbox {id} is created again: {life:?}"));
        }
        match self.runners[runner].take(id, call, self.store.mistake) {
            Taken::TooOld => self.tally.old_reports += 1,
            Taken::Again { well } => {
                self.tell(answered(Answer::Accepted));
                self.tell_end(id, runner, call, well);
            }
            Taken::Begun { attempt } => {
                let within = from.filter(|_| self.random.happens(300));
                if call.task == Task::Build {
                    self.runners[runner].images.insert(id, Image::Building);
                    let well = !self.fails(30);
                    let after = if self.fails(50) { 2 * HOUR } else { 2 * MINUTE };
                    self.plan(after, Event::Image { id, runner, well });
                }
                if within.is_none() || self.fails(100) {
                    self.tell(answered(Answer::Accepted));
                }
                if self.fails(20) {
                    return; // The job hangs.
                }
                let well = !self.fails(30);
                let after = if self.fails(30) { 3 * HOUR } else { 20 * SECOND };
                let after = self.random.between(MILLISECOND, after);
                self.plan(after, Event::Work { id, runner, attempt, well, within });
            }
        }
    }

    /// A runner ends a job, unless a newer call replaced it.
    pub fn worked(&mut self, id: Id, runner: RunnerId, attempt: u64, well: bool, within: Option<SandboxState>) {
        let before = self.runners[runner].copies.get(&id).cloned();
        let backup = self.store.records[id].backup_version;
        let Some((call, well)) = self.runners[runner].end(id, attempt, well, backup) else { return };
        self.judge_disk(id, runner, call.task, well, before);
        let record = &mut self.store.records[id];
        record.lived |= self.runners[runner].state(id) == Some(SandboxState::Started);
        if call.task == Task::Fork
            && let Some(child) = record.children.last().copied()
        {
            let version = self.runners[runner].copies[&id].version;
            if well {
                self.runners[runner].place(child, SandboxState::Started, version, call.epoch);
            }
            let report = Report::Ended { job: Job::ForkChild, outcome: outcome(well), epoch: Some(call.epoch) };
            self.tell(Heard { id: child, runner, report, epoch: Some(call.epoch), backup: None, tries: 0 });
        }
        match within.filter(|_| well && !matches!(call.task, Task::Recover { .. })) {
            Some(from) => {
                let (task, epoch) = (call.task, Some(call.epoch));
                let report = Report::Answered { task, answer: Answer::Done, from: Some(from), epoch };
                self.tell(Heard { id, runner, report, epoch, backup: None, tries: 0 });
            }
            None => self.tell_end(id, runner, call, well),
        }
    }

    /// Checks that the end of a job does not replace a newer disk by an older one or by none.
    fn judge_disk(&mut self, id: Id, runner: RunnerId, task: Task, well: bool, before: Option<Copy>) {
        let record = &self.store.records[id];
        let life = record.life;
        let had = before.filter(|copy| copy.state.is_some());
        let free = !record.lived || record.lost || record.purged || life.desired_state() == DesiredState::Destroyed;
        let kept = record.last_recovery.is_some() || record.backup_version.is_some_and(|kept| kept >= record.shown);
        let keeps = match (task, &had) {
            (Task::Destroy, Some(_)) if well && record.runner == Some(runner) => {
                life.backup_state() == BackupState::Completed && kept
            }
            // The end of a repeated restore is ignored if the sandbox has run since.
            (Task::Restore, _) if well && record.runner == Some(runner) => {
                kept || life.state() != SandboxState::Restoring
            }
            _ => true,
        };
        self.store.verdict.hold(Invariant::DataIsKept, keeps || free, || {
            format!(
                "sandbox {id}: {task:?} on {had:?}, shown {}, backup {:?}: {life:?}",
                record.shown, record.backup_version
            )
        });
    }

    fn tell_end(&mut self, id: Id, runner: RunnerId, call: Call, well: bool) {
        if let Some(job) = call.task.job() {
            let report = Report::Ended { job, outcome: outcome(well), epoch: Some(call.epoch) };
            self.tell(Heard { id, runner, report, epoch: Some(call.epoch), backup: None, tries: 0 });
        }
    }

    /// Sends a report, which may be lost, late or repeated.
    pub fn tell(&mut self, heard: Heard) {
        if self.fails(30) {
            return;
        }
        let copies = 1 + u8::from(self.fails(30));
        for _ in 0..copies {
            let after = if self.fails(30) { HOUR } else { 2 * SECOND };
            let after = self.random.between(MILLISECOND, after);
            self.plan(after, Event::Hear(Box::new(heard.clone())));
        }
    }

    /// A report arrives.
    pub fn hear(&mut self, mut heard: Heard) {
        let Heard { id, runner, .. } = heard;
        let record = &self.store.records[id];
        let row = record.life;
        let takes_it_in = matches!(
            heard.report,
            Report::Answered { task: Task::Restore | Task::Build, answer: Answer::Accepted, .. }
        );
        if record.purged || !(record.runner == Some(runner) || takes_it_in) {
            return; // Host duty: only reports of the own runner count.
        }
        // Host duty: a backup report counts only for the backup of the row or the one that was requested last.
        if let Some((backup, _)) = heard.backup {
            let awaited = record.backup.or(record.asked) == Some(backup);
            match &mut heard.report {
                Report::Ended { job: Job::Backup { of }, .. } if !awaited => *of = BackupOf::Other,
                Report::BackupUnderWay { .. } if record.asked != Some(backup) || record.backup_version.is_some() => {
                    return;
                }
                _ => {}
            }
        }
        if self.store.mistake == Some(Mistake::EchoesNewEpoch) {
            heard.report = with_epoch(heard.report, row.epoch());
        }
        let old = heard.epoch.is_some_and(|epoch| epoch < row.epoch());
        self.tally.old_reports += u64::from(old);
        match row.decide(heard.report, &self.store.policy, self.surroundings(id), time(self.now)) {
            Ok(step) => {
                self.store.verdict.hold(Invariant::OldReportsAreVoid, !old || step.is_noop(), || {
                    format!(
                        "sandbox {id}: {heard_report:?} of epoch {epoch:?} on {row:?}",
                        heard_report = heard.report,
                        epoch = heard.epoch
                    )
                });
                if !step.is_noop() {
                    let write = Write { id, step, read: row, placed: Some(runner) };
                    self.attempt(write, By::Runner(heard), 0);
                }
            }
            Err(refusal) if refusal.retry() == Retry::ReadAgain && heard.tries < 3 => {
                heard.tries += 1;
                self.plan(5 * SECOND, Event::Hear(Box::new(heard)));
            }
            Err(_) => {}
        }
    }

    /// Returns the observation of a runner, or `None` when it does not answer.
    pub fn answer(&mut self, id: Id, runner: RunnerId) -> Option<Observed> {
        if !self.runners[runner].ready || self.fails(30) {
            return None;
        }
        Some(match self.runners[runner].state(id) {
            Some(_) if self.fails(5) => Observed::State(SandboxState::Unknown), // The runner has just restarted.
            Some(state) => Observed::State(state),
            None => Observed::NotFound,
        })
    }

    /// A runner fetches the image of a sandbox that was placed on it.
    pub fn fetch(&mut self, id: Id, runner: RunnerId) {
        self.runners[runner].place(id, SandboxState::PullingSnapshot, 0, 0);
        let well = !self.fails(30);
        let after = if self.fails(30) { HOUR } else { MINUTE };
        self.plan(after, Event::Image { id, runner, well });
    }

    pub fn imaged(&mut self, id: Id, runner: RunnerId, well: bool) {
        let runner = &mut self.runners[runner];
        if let Some(image) = runner.images.get_mut(&id) {
            *image = if well { Image::Ready } else { Image::Failed };
        } else if let Some(copy) =
            runner.copies.get_mut(&id).filter(|it| it.state == Some(SandboxState::PullingSnapshot))
        {
            copy.state = well.then_some(SandboxState::Unknown);
        }
    }

    /// A runner copies the disk as it is now.
    ///
    /// The rules drop a completed backup when a sandbox starts, but a backup under way continues, and a report or a
    /// recovery may stop the sandbox without dropping it. So this host backs up only sandboxes at rest, and ignores a
    /// backup that began before the sandbox last ran.
    pub fn begin_backup(&mut self, id: Id) {
        let record = &self.store.records[id];
        if !disk_rests(&record.life) {
            return;
        }
        let Some(runner) = record.runner.filter(|runner| self.runners[*runner].ready) else { return };
        let Some(version) = self.copy_version(record, id) else { return };
        self.backups += 1;
        let backup = self.backups;
        self.store.records[id].asked = Some(backup);
        let heard = |report| Heard { id, runner, report, epoch: None, backup: Some((backup, version)), tries: 0 };
        self.tell(heard(Report::BackupUnderWay { begun: true }));
        if self.fails(30) {
            return;
        }
        let job = Job::Backup { of: BackupOf::Current };
        let report = Report::Ended { job, outcome: outcome(!self.fails(100)), epoch: None };
        let after = self.random.between(10 * SECOND, 5 * MINUTE);
        self.plan(after, Event::Hear(Box::new(heard(report))));
    }

    /// A spontaneous fault: a runner leaves, returns or is drained, or a sandbox ends by itself.
    pub fn mishap(&mut self) {
        let runner = self.random.below(self.runners.len() as u64) as RunnerId;
        self.tally.faults += 1;
        match self.random.below(10) {
            0 => self.runners[runner].ready = false,
            1 => self.runners[runner].draining = !self.runners[runner].draining,
            2..6 => self.runners[runner].ready = true,
            _ => self.dies(runner),
        }
        let next = self.random.between(SECOND, 15 * MINUTE / self.runners.len() as i64);
        self.plan(next, Event::Mishap);
    }

    /// A running sandbox ends by itself, and its runner reports that unasked.
    fn dies(&mut self, runner: RunnerId) {
        let id = self.random.below(self.store.records.len() as u64) as Id;
        let ready = self.runners[runner].ready;
        let Some(copy) = self.runners[runner].copies.get_mut(&id) else { return };
        if copy.state != Some(SandboxState::Started) || !ready {
            return;
        }
        copy.version += 1;
        let state = self.random.one_of(&[SandboxState::Destroyed, SandboxState::Error, SandboxState::Stopped]);
        copy.state = (state != SandboxState::Destroyed).then_some(state);
        let epoch = Some(copy.seen);
        if state == SandboxState::Destroyed {
            self.store.records[id].lost = true;
        }
        let fault = (state == SandboxState::Error).then_some(Fault::Runner);
        let report = Report::State { state, fault, recoverable: self.random.happens(500), epoch };
        self.tell(Heard { id, runner, report, epoch, backup: None, tries: 0 });
    }
}

fn outcome(well: bool) -> Outcome {
    if well { Outcome::Completed } else { Outcome::Failed { fault: Fault::Other, recoverable: false } }
}

/// Returns whether the disk does not change in this state.
pub fn disk_rests(row: &Lifecycle) -> bool {
    let archives = row.desired_state() == DesiredState::Archived;
    matches!(row.state(), SandboxState::Stopped | SandboxState::Archiving | SandboxState::Archived) || archives
}

/// Returns the report with another epoch, if it carries one.
fn with_epoch(report: Report, newer: u32) -> Report {
    let newer = Some(newer);
    match report {
        Report::State { state, fault, recoverable, .. } => Report::State { state, fault, recoverable, epoch: newer },
        Report::Ended { job, outcome, .. } => Report::Ended { job, outcome, epoch: newer },
        Report::Answered { task, answer, from, .. } => Report::Answered { task, answer, from, epoch: newer },
        other => other,
    }
}
