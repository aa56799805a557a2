//! The API server of the fleet: callers, writes to the store, and the outbox.

use crate::{
    fleet::{Attempt, By, Event, Fleet, Heard, PERIOD},
    invariants::Invariant,
    mistakes::Mistake,
    random::{HOUR, MILLISECOND, MINUTE, SECOND},
    runner_work::disk_rests,
    store::{Id, Record, RunnerId, Write, time},
};
use sandbox_lifecycle::{
    Columns, Command, DesiredState, Effect, Lifecycle, Report, SandboxClass, SandboxState,
    rules::{BackupOf, Cause, Event as Emitted, Job, Outcome},
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, GpuType, QueueTimeout, SizeChange, Ttl},
};
use std::num::NonZeroU32;

impl Fleet {
    /// Creates a sandbox. Most are started already, some wait for a runner or an image.
    pub fn create(&mut self) {
        let id = self.store.records.len();
        let runner = self.random.below(self.runners.len() as u64) as RunnerId;
        let class = self.random.one_of(&[SandboxClass::Container, SandboxClass::LinuxVm, SandboxClass::Windows]);
        let now = time(self.now);
        let state = match self.random.below(10) {
            0 => SandboxState::PendingBuild,
            1 => SandboxState::PullingSnapshot,
            2 | 3 => SandboxState::Unknown,
            4 | 5 => SandboxState::Stopped,
            _ => SandboxState::Started,
        };
        let desired_state = if state == SandboxState::Stopped { DesiredState::Stopped } else { DesiredState::Started };
        let waits = matches!(state, SandboxState::PendingBuild | SandboxState::PullingSnapshot);
        let gpu = self.random.happens(50);
        let pauses = class.is_vm() && !gpu && self.random.happens(300);
        let ttl = self.random.happens(150).then(|| self.random.between(HOUR, 100 * HOUR));
        let delete = self.random.one_of(&[-1, -1, -1, 0, 60, 1440, 20_000]);
        let life = Lifecycle::from(Columns {
            state,
            desired_state,
            pending: !matches!(state, SandboxState::Stopped | SandboxState::Started),
            class,
            gpu: u8::from(gpu),
            gpu_type: gpu.then_some(GpuType::H100),
            has_runner: !waits,
            epoch: 1,
            auto_stop: if pauses { AutoStop::Never } else { self.stop_interval() },
            auto_pause: if pauses { minutes(AutoPause::try_from, 30) } else { AutoPause::Never },
            auto_archive: minutes(AutoArchive::try_from, self.random.one_of(&[0, 1, 30, 120, 1440])),
            auto_delete: minutes(AutoDelete::try_from, if gpu { 0 } else { delete }),
            auto_destroy_at: ttl.map(|ttl| time(self.now + ttl)),
            queue_timeout: self.random.happens(500).then(|| minutes(QueueTimeout::try_from, 45)),
            created_at: now,
            last_activity_at: now,
            state_since: now,
            ..Columns::default()
        });
        let mut record = Record::new(life, (!waits).then_some(runner));
        record.suspended = self.random.happens(10);
        if matches!(state, SandboxState::Started | SandboxState::Stopped) {
            (record.lived, record.shown) = (true, 1);
            self.runners[runner].place(id, state, 1, 1);
        }
        self.store.records.push(record);
        let (look, act) = (self.random.between(0, PERIOD), self.random.between(0, 2 * HOUR));
        self.appoint(id, look);
        self.plan(act, Event::Act(id));
    }

    fn stop_interval(&mut self) -> AutoStop {
        minutes(AutoStop::try_from, self.random.one_of(&[0, 1, 15, 60]))
    }

    /// A caller reads a sandbox and sends a command. Sometimes two callers do so at the same instant.
    pub fn act(&mut self, id: Id) {
        if !self.faulty {
            return;
        }
        let row = self.store.records[id].life;
        if row.state() == SandboxState::Destroyed {
            return self.create(); // The caller creates another one.
        }
        let callers = 1 + u8::from(self.random.happens(300));
        for _ in 0..callers {
            let command = self.command(&row);
            self.ask(id, command, 0);
        }
        let pause = self.random.between(SECOND, HOUR);
        self.plan(pause, Event::Act(id));
    }

    fn ask(&mut self, id: Id, command: Command, tries: u8) {
        let row = self.store.records[id].life;
        if self.store.mistake == Some(Mistake::WritesByHand) && command == Command::Start {
            let by_hand = Columns { desired_state: DesiredState::Started, ..row.columns() };
            return self.store.write_by_hand(id, by_hand);
        }
        // The rules of recover check for a recoverable error, but not whether the sandbox is deleted.
        let deleted = row.desired_state() == DesiredState::Destroyed;
        let recovers = matches!(command, Command::Recover { .. });
        if recovers && deleted && self.store.mistake != Some(Mistake::RecoversDeleted) {
            self.tally.refused += 1;
            return;
        }
        match row.decide(command, &self.store.policy, self.store.context(id), time(self.now)) {
            Ok(step) => {
                self.tally.accepted += u64::from(tries == 0);
                if !step.is_noop() {
                    self.attempt(Write { id, step, read: row, placed: None }, By::Caller(command), tries);
                }
            }
            Err(_) => self.tally.refused += 1,
        }
    }

    fn command(&mut self, row: &Lifecycle) -> Command {
        let flip = self.random.happens(500);
        // A sandbox in error or archived is recovered or started more often than not.
        if row.state() == SandboxState::Error && self.random.happens(500) {
            return if self.random.happens(700) {
                Command::Recover { start: flip }
            } else {
                Command::Destroy { force: flip }
            };
        }
        if matches!(row.state(), SandboxState::Archived | SandboxState::Archiving) && self.random.happens(400) {
            return Command::Start;
        }
        match self.random.below(36) {
            0..6 => Command::Start,
            6..11 => Command::Stop { force: flip },
            11 => Command::Destroy { force: flip },
            12..15 => Command::Pause,
            15..18 => Command::Archive,
            18 | 19 => {
                let (cpu, disk) =
                    (NonZeroU32::new(row.size().cpu + 1), NonZeroU32::new(row.size().disk + 1).filter(|_| flip));
                Command::Resize(SizeChange { cpu, disk, ..SizeChange::default() })
            }
            20 if row.is_ephemeral() || self.store.records.len() > 3 * self.plan.sandboxes => Command::Touch,
            20 => Command::Fork,
            21 | 22 => Command::Snapshot { include_memory: flip },
            23 | 24 => Command::Recover { start: flip },
            25..28 => Command::Backup,
            28 => Command::AutoStop { interval: self.stop_interval() },
            29 => Command::AutoPause { interval: minutes(AutoPause::try_from, if flip { 0 } else { 20 }) },
            30 => Command::AutoArchive { interval: minutes(AutoArchive::try_from, if flip { 1 } else { 90 }) },
            31 => Command::AutoDelete { interval: minutes(AutoDelete::try_from, if flip { -1 } else { 600 }) },
            32 => Command::Ttl { interval: minutes(Ttl::try_from, if flip { 0 } else { 6000 }) },
            _ => Command::Touch,
        }
    }

    /// Sends a step to the store. It may be stale when it arrives.
    pub fn attempt(&mut self, write: Write, by: By, tries: u8) {
        self.attempts += 1;
        let number = self.attempts;
        if self.store.mistake == Some(Mistake::OutboxOutside) {
            self.let_out(number, &write, write.step.effects().collect());
        }
        let after = if self.fails(20) { 40 * SECOND } else { 20 * MILLISECOND };
        let after = self.random.between(MILLISECOND, after);
        self.plan(after, Event::Commit(Box::new(Attempt { number, write, by, tries })));
    }

    /// Writes a step with its effects, or has a stale one decided again.
    pub fn commit(&mut self, attempt: Attempt) {
        let Attempt { number, write, by, tries } = attempt;
        if matches!(by, By::Controller { generation } if generation != self.generation) {
            return; // The controller crashed before it wrote.
        }
        let id = write.id;
        let before = self.store.records[id].life;
        match self.store.commit(&write) {
            Ok(effects) => {
                self.committed.insert(number);
                if before.state() != write.step.state() {
                    self.judge_time(id, &before);
                }
                self.follow_up(&write, &by);
                if self.store.mistake != Some(Mistake::OutboxOutside) {
                    self.let_out(number, &write, effects);
                }
                // The controller is notified of a write, or finds it in its next period.
                let after = if self.fails(50) { PERIOD } else { self.random.between(MILLISECOND, SECOND) };
                if write.step.writes() {
                    self.appoint(id, after);
                }
            }
            Err(_) => match by {
                By::Caller(command) => self.ask(id, command, tries + 1),
                By::Runner(heard) => self.hear(heard),
                By::Controller { .. } => self.appoint(id, SECOND),
            },
        }
    }

    /// Does the duties of a host in the same transaction: child record, backup reference, image to fetch.
    fn follow_up(&mut self, write: &Write, by: &By) {
        let Write { id, step, placed, .. } = write;
        if step.effects().any(|effect| effect == Effect::StoreChild) {
            let child = self.store.records.len();
            let mut record = Record::new(self.store.records[*id].life.fork_child(time(self.now)), None);
            record.runner = self.store.records[*id].runner;
            record.parent = Some(*id);
            self.store.records.push(record);
            self.store.records[*id].children.push(child);
            let act = self.random.between(MINUTE, 3 * HOUR);
            self.plan(act, Event::Act(child));
            self.appoint(child, PERIOD);
        }
        if disk_rests(&write.read) && !disk_rests(&self.store.records[*id].life) {
            let record = &mut self.store.records[*id];
            (record.asked, record.backup) = (None, None);
        }
        let settles = |state| matches!(state, SandboxState::Started | SandboxState::Stopped | SandboxState::Paused);
        if step.before().state() != step.state() && (settles(step.before().state()) || settles(step.state())) {
            let version = self.copy_version(&self.store.records[*id], *id);
            let record = &mut self.store.records[*id];
            record.shown = record.shown.max(version.unwrap_or(0));
        }
        if let By::Runner(Heard { report: Report::BackupUnderWay { .. }, backup: Some((backup, _)), .. }) = by {
            (self.store.records[*id].backup, self.store.records[*id].backup_version) = (Some(*backup), None);
        }
        if let By::Runner(heard) = by
            && let Report::Ended { job: Job::Backup { of: BackupOf::Current }, outcome, .. } = heard.report
        {
            let record = &mut self.store.records[*id];
            match outcome {
                Outcome::Completed => {
                    (record.backup, record.backup_version) =
                        heard.backup.map(|(id, version)| (Some(id), Some(version))).unwrap_or_default();
                }
                Outcome::Failed { .. } => record.archive_attempts += 1,
            }
        }
        if step.state() == SandboxState::PullingSnapshot
            && step.cause() == Cause::Controller
            && let Some(runner) = *placed
        {
            self.fetch(*id, runner);
        }
    }

    fn let_out(&mut self, attempt: u64, write: &Write, effects: Vec<Effect>) {
        let runner = self.store.records[write.id].runner;
        for effect in effects {
            let after = self.random.between(0, 200 * MILLISECOND);
            let from = write.step.before().state();
            self.plan(after, Event::Relay { attempt, id: write.id, effect, runner, from });
        }
    }

    /// Sends effects from the outbox, each at least once.
    pub fn relay(&mut self, attempt: u64, id: Id, effect: Effect, runner: Option<RunnerId>, from: SandboxState) {
        let committed = self.committed.contains(&attempt);
        self.store.verdict.hold(Invariant::EffectsAreCommitted, committed, || format!("sandbox {id}: {effect:?}"));
        match effect {
            Effect::Call(call) => {
                let Some(runner) = runner else { return };
                self.plan(MILLISECOND, Event::Call { id, runner, call, from: Some(from) });
                if self.fails(50) {
                    self.plan(30 * SECOND, Event::Call { id, runner, call, from: Some(from) });
                }
            }
            Effect::Emit(Emitted::BackupCreated) => self.begin_backup(id),
            _ => {}
        }
    }
}

fn minutes<T>(of: impl Fn(i64) -> Result<T, sandbox_lifecycle::vocabulary::IntervalError>, count: i64) -> T {
    of(count).expect("an interval within its range")
}
