//! The fleet's database: rows written by compare-and-swap, and an outbox that is written with them.

use crate::{
    compare_and_swap::{holds, with_changes},
    invariants::{Invariant, Verdict, may_destroy},
    mistakes::Mistake,
};
use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    Columns, Context, DesiredState, Effect, Lifecycle, Policy, Step, Timer, Verb,
    rules::{Cause, RunnerChange},
    vocabulary::BackupState,
};

/// A sandbox's number.
pub type Id = usize;
/// A runner's number.
pub type RunnerId = usize;

/// A record: the lifecycle, and the identities that it leaves to the host.
#[derive(Clone)]
pub struct Record {
    pub life: Lifecycle,
    pub runner: Option<RunnerId>,
    pub previous: Option<RunnerId>,
    pub parent: Option<Id>,
    pub children: Vec<Id>,
    /// The backup that the backup columns of the row describe.
    pub backup: Option<u64>,
    /// The backup that was requested last.
    pub asked: Option<u64>,
    /// The disk version of that backup.
    pub backup_version: Option<u64>,
    pub archive_attempts: u32,
    pub last_recovery: Option<DateTime<Utc>>,
    pub suspended: bool,
    pub purged: bool,
    /// The sandbox has run, so its disk has data.
    pub lived: bool,
    /// The disk version when the sandbox was last reported started, stopped or paused.
    pub shown: u64,
    /// The runner lost its copy.
    pub lost: bool,
    /// The next visit of the controller. It replaces older planned visits.
    pub look_at: i64,
}

impl Record {
    pub fn new(life: Lifecycle, runner: Option<RunnerId>) -> Self {
        Self {
            life,
            runner,
            previous: None,
            parent: None,
            children: Vec::new(),
            backup: None,
            asked: None,
            backup_version: None,
            archive_attempts: 0,
            last_recovery: None,
            suspended: false,
            purged: false,
            lived: false,
            shown: 0,
            lost: false,
            look_at: i64::MAX,
        }
    }
}

/// A step on its way to the store.
#[derive(Clone)]
pub struct Write {
    pub id: Id,
    pub step: Step,
    /// The row it was decided on.
    pub read: Lifecycle,
    /// The runner that placement found, for a step that assigns one.
    pub placed: Option<RunnerId>,
}

/// Another writer was first.
#[derive(Debug)]
pub struct Conflict;

pub struct Store {
    pub records: Vec<Record>,
    pub policy: Policy,
    pub mistake: Option<Mistake>,
    pub verdict: Verdict,
    pub conflicts: u64,
    pub commits: u64,
    /// The sandbox whose writes are printed.
    pub traced: Option<Id>,
}

impl Store {
    pub fn new(policy: Policy, mistake: Option<Mistake>) -> Self {
        Self {
            records: Vec::new(),
            policy,
            mistake,
            verdict: Verdict::default(),
            conflicts: 0,
            commits: 0,
            traced: None,
        }
    }

    pub fn context(&self, id: Id) -> Context {
        let record = &self.records[id];
        let alive = |child: &&Id| self.records[**child].life.desired_state() != DesiredState::Destroyed;
        Context::of(&record.life)
            .with_live_fork_children(record.children.iter().filter(alive).count() as u32)
            .with_organization_suspended(record.suspended)
            .with_last_recovery(record.last_recovery)
    }

    /// Writes the step and its effects if its expectations hold.
    pub fn commit(&mut self, write: &Write) -> Result<Vec<Effect>, Conflict> {
        let Write { id, step, read, placed } = write;
        let stored = self.records[*id].life;
        let next = if self.mistake == Some(Mistake::SkipsCompare) {
            step.apply(*read).map_err(|_| Conflict)?
        } else {
            // As in a database: compare the expected columns and set the changed ones, without the whole row.
            let (holds, applied) = (holds(&stored.columns(), step), step.apply(stored));
            self.verdict.hold(Invariant::NoUpdateIsLost, holds || applied.is_err(), || {
                format!("sandbox {id}: the columns are stale and apply takes the row: {step:?} on {stored:?}")
            });
            if !holds {
                self.conflicts += 1;
                return Err(Conflict);
            }
            let set = Lifecycle::from(with_changes(stored.columns(), step));
            self.verdict.hold(Invariant::NoUpdateIsLost, applied.is_err() || applied == Ok(set), || {
                format!("sandbox {id}: {:?} sets {set:?}\n where apply makes {applied:?}", step.cause())
            });
            set
        };
        if self.traced == Some(*id) {
            println!("{} {:?}: {:?}", step.decided_at(), step.cause(), step.changes());
        }
        self.judge(*id, step, &stored, &next);
        self.commits += 1;
        let effects: Vec<Effect> = step.effects().collect();
        let record = &mut self.records[*id];
        record.life = next;
        for effect in &effects {
            match effect {
                Effect::Runner(RunnerChange::Released | RunnerChange::ReleasedAsPrevious) => {
                    record.previous = record.runner.take();
                }
                Effect::Runner(RunnerChange::Assigned | RunnerChange::AssignedKeepingPrevious) => {
                    record.previous = record.runner.or(record.previous);
                    record.runner = Some(placed.expect("placement chose a runner for a step that assigns one"));
                }
                Effect::Purge => record.purged = true,
                _ => {}
            }
        }
        if next.backup_state() == BackupState::None {
            (record.backup, record.asked, record.backup_version) = (None, None, None);
        }
        if next.desired_state() != DesiredState::Archived {
            record.archive_attempts = 0;
        }
        if step.cause() == Cause::Command(Verb::Recover) && stored.has_runner() && !next.has_runner() {
            record.last_recovery = Some(step.decided_at());
        }
        Ok(effects)
    }

    /// Writes a row without a step, which is a mistake.
    pub fn write_by_hand(&mut self, id: Id, columns: Columns) {
        let stored = self.records[id].life;
        self.records[id].life = columns.into();
        self.sound(id, &stored);
    }

    fn judge(&mut self, id: Id, step: &Step, stored: &Lifecycle, next: &Lifecycle) {
        let expected = with_changes(stored.columns(), step);
        self.verdict.hold(Invariant::NoUpdateIsLost, Lifecycle::from(expected) == *next, || {
            format!("sandbox {id}: {:?}\n wrote {next:?}\n but its changes give {expected:?}", step.cause())
        });
        if let Cause::Timer(timer) = step.cause()
            && timer != Timer::SpotEviction
        {
            let again = stored.decide(timer, &self.policy, self.context(id), step.decided_at());
            let due = again.is_ok_and(|again| !again.is_noop());
            self.verdict.hold(Invariant::NoUpdateIsLost, due, || {
                format!("sandbox {id}: {timer} acted on a row that had moved it: {stored:?}")
            });
        }
        self.verdict.hold(Invariant::DataIsKept, may_destroy(stored, step), || {
            format!("sandbox {id}: {:?} destroyed {stored:?}", step.cause())
        });
        let deleted = stored.desired_state() == DesiredState::Destroyed;
        self.verdict.hold(
            Invariant::DeletedIsGone,
            !deleted || next.desired_state() == DesiredState::Destroyed,
            || format!("sandbox {id}: {:?} brought back {stored:?}", step.cause()),
        );
        self.verdict.hold(Invariant::EpochsRise, next.epoch() >= stored.epoch(), || {
            format!("sandbox {id}: {:?} took the epoch from {} to {}", step.cause(), stored.epoch(), next.epoch())
        });
        self.records[id].life = *next;
        self.sound(id, stored);
    }

    fn sound(&mut self, id: Id, before: &Lifecycle) {
        let next = &self.records[id].life;
        let broken = next.violations();
        self.verdict.hold(Invariant::RowsAreSound, broken.is_empty(), || {
            format!("sandbox {id}: {broken:?}\n before {before:?}\n after {next:?}")
        });
    }
}

/// Returns the clock of the fleet as a time.
pub fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).expect("a time in chrono's range")
}
