//! A walk: one row, and a sequence of commands, reports, timers, passes, inventories and edits, each decided on the row that
//! the one before has left. Every step is judged by the laws that the property tests judge.

use crate::{
    bytes::Bytes,
    enforced::ENFORCED,
    values::{self, NOON},
};
use sandbox_lifecycle::{
    Context, Effect, Lifecycle, Next, Policy, Sandbox, SandboxDto, Step, Verb,
    chrono::{DateTime, TimeDelta, Utc},
    controller::Finding,
    record::{BackupRef, NetworkSettings, RecordEdit, ServerTexts, StepDetails},
    rules::{Cause, RunnerChange, Task},
};

/// Where the row of a walk is kept.
pub trait Store {
    /// Returns the row.
    fn row(&self) -> Lifecycle;

    /// Writes a step that was decided on the row.
    fn write(&mut self, step: &Step);

    /// Edits what no rule reads, if the store has it.
    fn edit(&mut self, bytes: &mut impl Bytes, now: DateTime<Utc>);
}

impl Store for Lifecycle {
    fn row(&self) -> Lifecycle {
        *self
    }

    fn write(&mut self, step: &Step) {
        *self = step.apply(*self).expect("it was decided on this row");
    }

    fn edit(&mut self, _bytes: &mut impl Bytes, _now: DateTime<Utc>) {}
}

/// A whole record, which must show the lifecycle after each write.
impl Store for Sandbox {
    fn row(&self) -> Lifecycle {
        *self.lifecycle()
    }

    fn write(&mut self, step: &Step) {
        let other = if self.runner_id() == Some("r1") { "r2" } else { "r1" };
        let backup = BackupRef { snapshot: "b2".into(), registry: "eu".into() };
        let expected = step.apply(*self.lifecycle()).expect("it was decided on this row");
        let details = StepDetails { reason: None, runner: Some(other), backup: Some(&backup) };
        drop(self.apply(step, details).expect("it has all details"));
        assert_eq!(*self.lifecycle(), expected);
        assert_eq!(self.runner_id().is_some(), expected.has_runner());
        assert_eq!(self.dto().state.value().and_then(|state| state.known()), Some(expected.reported_state()));
    }

    fn edit(&mut self, bytes: &mut impl Bytes, now: DateTime<Utc>) {
        let before = self.lifecycle().columns();
        let edit = match bytes.byte() % 3 {
            0 => RecordEdit::Public(bytes.flag()),
            1 => RecordEdit::Labels(serde_json::from_str(r#"{"team":"a"}"#).expect("labels")),
            _network => {
                RecordEdit::Network(NetworkSettings { block_all: Some(bytes.flag()), ..NetworkSettings::default() })
            }
        };
        drop(self.edit(edit, now));
        let mut expected = before;
        expected.revision = before.revision.wrapping_add(1);
        assert_eq!(self.lifecycle().columns(), expected);
    }
}

/// Returns the record of a row, of which the walk changes only what a step or an edit changes.
pub fn record(row: Lifecycle) -> Sandbox {
    let fields = r#"{"id":"s1","organizationId":"o1","name":"n","user":"daytona","env":{},"labels":{},"public":false,
        "networkBlockAll":false,"target":"eu","cpu":1,"gpu":0,"memory":1,"disk":3,"toolboxProxyUrl":"u"}"#;
    let mut record: SandboxDto = serde_json::from_str(fields).expect("a record");
    record.runner_id = row.has_runner().then(|| "r1".to_owned()).into();
    let backup = BackupRef { snapshot: "b1".into(), registry: "eu".into() };
    Sandbox::from_row(record, row, ServerTexts { backup: Some(backup), ..ServerTexts::default() })
}

/// Returns the row on which a walk begins: a sound one, or seldom any one.
pub fn first_row(bytes: &mut impl Bytes) -> Lifecycle {
    if bytes.seldom() {
        Lifecycle::from(values::columns(bytes))
    } else {
        Lifecycle::from(values::sound_columns(bytes)).repaired()
    }
}

/// Walks until the bytes end or this many turns are over. Returns how many decisions were made.
///
/// # Panics
/// A law is broken, or the crate panics.
pub fn walk(bytes: &mut impl Bytes, store: &mut impl Store, turns: u32) -> u64 {
    let policy = values::policy(bytes);
    let (mut now, mut decisions) = (NOON, 0);
    for _ in 0..turns {
        if bytes.is_empty() {
            break;
        }
        let row = store.row();
        let context = values::context(bytes, &row);
        let step = match bytes.byte() % 16 {
            0 => {
                now = soon_after_a_deadline(&row, &policy, context, now);
                row.due(&policy, context, now)
            }
            1..4 => passed(&row, bytes, &policy, now),
            4 => found(&row, bytes, context, now),
            5 => {
                store.edit(bytes, now);
                continue;
            }
            _input => decided(&row, bytes, &policy, context, now),
        };
        decisions += 1;
        if let Some(step) = step {
            judge(&row, &step);
            if step.effects().any(|effect| effect == Effect::Purge) {
                break;
            }
            store.write(&step);
        }
        now = now.checked_add_signed(values::pause(bytes)).unwrap_or(now);
    }
    decisions
}

/// The clock goes on to the next timer, so that walks meet timers more often than by chance.
fn soon_after_a_deadline(row: &Lifecycle, policy: &Policy, context: Context, now: DateTime<Utc>) -> DateTime<Utc> {
    let next = row.next_deadline(policy, context).map(|(_, at)| at);
    let after = next.and_then(|at| at.checked_add_signed(TimeDelta::microseconds(1)));
    after.map_or(now, |after| after.max(now))
}

fn decided(
    row: &Lifecycle,
    bytes: &mut impl Bytes,
    policy: &Policy,
    context: Context,
    now: DateTime<Utc>,
) -> Option<Step> {
    let input = values::input(bytes, row);
    match row.decide(input, policy, context, now) {
        Ok(step) => Some(step),
        Err(refusal) => {
            assert!((400..500).contains(&refusal.http_status()), "{input:?}: {refusal}");
            None
        }
    }
}

fn passed(row: &Lifecycle, bytes: &mut impl Bytes, policy: &Policy, now: DateTime<Utc>) -> Option<Step> {
    match row.reconcile(&values::view(bytes, row), policy, now) {
        Next::Apply(step) => {
            assert!(step.writes(), "a pass writes something: {step}");
            Some(step)
        }
        Next::Ask(_) | Next::Resend { .. } | Next::Wait { .. } | Next::Nothing => None,
    }
}

fn found(row: &Lifecycle, bytes: &mut impl Bytes, context: Context, now: DateTime<Utc>) -> Option<Step> {
    let (by, copy) = values::listed(bytes, row);
    match row.compare(by, copy.as_ref(), context, now) {
        Finding::Apply(step) => Some(step),
        Finding::Agrees | Finding::Remove { .. } | Finding::Release { .. } => None,
    }
}

/// Judges a step by the laws that hold for every row, and for a sound one by those of sound rows.
fn judge(row: &Lifecycle, step: &Step) {
    let after = step.apply(*row).expect("it was decided on this row");
    let is_touch = step.cause() == Cause::Command(Verb::Touch);
    if step.is_noop() {
        assert_eq!(after, *row, "{step}");
    } else if !is_touch {
        assert_eq!(after.revision(), row.revision().wrapping_add(1), "{step}");
    }
    let new_epochs = after.epoch().wrapping_sub(row.epoch());
    assert!(new_epochs <= 1, "{step}");
    for effect in step.effects() {
        let begins_work = match effect {
            Effect::Call(call) => !matches!(call.task, Task::Backup { .. }),
            Effect::Runner(change) => change != RunnerChange::Kept,
            Effect::Remove { .. } | Effect::Release { .. } => true,
            _no_work_of_a_runner => false,
        };
        assert!(!begins_work || new_epochs == 1, "no epoch begins with {step}");
    }
    let mut broken = after.violations().iter();
    if row.violations().is_empty() {
        assert_eq!(broken.next(), None, "{step} breaks {row:?}");
    } else if step.writes() && !is_touch {
        assert_eq!(broken.find(|found| ENFORCED.contains(found)), None, "{step} leaves {after:?}");
    }
}
