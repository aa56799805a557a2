//! Variations of a cell's case: some change only numbers and times, others one fact.

use super::{
    fitting::{Fit, fitting, moment_of_timer},
    inputs, storable, words,
};
use crate::{
    lifecycle::{Columns, Lifecycle},
    policy::Policy,
    rules::{Command, Context, Input, Job, Report, Task, Timer},
    testing::case::Case,
    vocabulary::{BackupState, Fault, Micros, Size},
};
use chrono::{DateTime, Utc};
use core::fmt;
use proptest::prelude::*;

/// Other numbers and times, which change no rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shift {
    /// Every time is so many microseconds later.
    time: i64,
    revision: u32,
    epoch: u32,
    attempt: u32,
    size: Option<Size>,
}

/// A change that may lead to another cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variation {
    shift: Shift,
    change: Change,
    fit: Fit,
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Nothing,
    Input(Input),
    Context(Context),
    Fault(Option<Fault>),
    Backup(BackupState),
    Flag(Flag),
    /// The decision is so many microseconds later.
    Now(i64),
    At(Micros),
}

/// A column that says yes or no, which the variation turns over.
#[derive(Clone, Copy)]
struct Flag(fn(&mut Columns) -> &mut bool);

impl fmt::Debug for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another flag")
    }
}

const FLAGS: [fn(&mut Columns) -> &mut bool; 9] = [
    |columns| &mut columns.recoverable,
    |columns| &mut columns.must_ask,
    |columns| &mut columns.must_ask_store,
    |columns| &mut columns.kept_backup,
    |columns| &mut columns.has_backup_ref,
    |columns| &mut columns.has_runner,
    |columns| &mut columns.force_stop,
    |columns| &mut columns.changed_since_backup,
    |columns| &mut columns.is_fork_child,
];

/// A year, in microseconds.
const A_YEAR: i64 = 365 * 24 * 60 * 60 * 1_000_000;

/// Generates other times, most within a year, and other numbers.
pub(super) fn shift() -> impl Strategy<Value = Shift> + Clone {
    let time = prop_oneof![2 => Just(0), 6 => -A_YEAR..A_YEAR, 1 => -1_500 * A_YEAR..7_000 * A_YEAR];
    let number = || prop_oneof![3 => Just(0u32), 2 => 1u32..4, 1 => 0u32..2_000_000_000];
    let size = prop::option::weighted(0.3, words::storable_size());
    (time, number(), number(), number(), size).prop_map(|(time, revision, epoch, attempt, size)| Shift {
        time,
        revision,
        epoch,
        attempt,
        size,
    })
}

/// Generates a change of one fact.
pub(super) fn variation(inputs: BoxedStrategy<Input>) -> impl Strategy<Value = Variation> + Clone {
    let change = prop_oneof![
        2 => Just(Change::Nothing),
        3 => inputs.prop_map(Change::Input),
        2 => inputs::context().prop_map(Change::Context),
        1 => prop::option::of(words::fault()).prop_map(Change::Fault),
        1 => words::backup_state().prop_map(Change::Backup),
        2 => prop::sample::select(&FLAGS[..]).prop_map(|flag| Change::Flag(Flag(flag))),
        1 => (-1i64..=1).prop_map(Change::Now),
        1 => words::storable_micros().prop_map(Change::At),
    ];
    let fit = (prop::bool::weighted(0.8), any::<prop::sample::Index>()).prop_map(|(fits, which)| Fit { fits, which });
    (shift(), change, fit).prop_map(|(shift, change, fit)| Variation { shift, change, fit })
}

/// Returns the case with other numbers and times.
pub(super) fn shifted(case: Case, by: Shift, policy: &Policy) -> Case {
    let Case { row, input, context, now } = case;
    let later = |time: DateTime<Utc>| storable::within_years(Micros::from(time).saturating_add_micros(by.time));
    let columns = row.columns();
    // The numbers of a report are those of the row, or not.
    let raised = |number: u32, by: u32| number.wrapping_add(by) & MOST;
    let mut shifted = Columns {
        revision: raised(columns.revision, by.revision),
        epoch: raised(columns.epoch, by.epoch),
        created_at: later(columns.created_at),
        last_activity_at: later(columns.last_activity_at),
        state_since: later(columns.state_since),
        backup_since: columns.backup_since.map(later),
        auto_destroy_at: columns.auto_destroy_at.map(later),
        last_recovery: columns.last_recovery.map(later),
        ..columns
    };
    let attempt = if columns.backup_attempt > 0 { by.attempt } else { 0 };
    shifted.backup_attempt = raised(columns.backup_attempt, attempt);
    // A resize is compared with the size.
    let resizes = matches!(input, Input::Command(Command::Resize(_)));
    if let Some(size) = by.size.filter(|_| !resizes) {
        (shifted.cpu, shifted.memory, shifted.disk) = (size.cpu, size.memory, size.disk);
    }
    let epoch = |epoch: Option<u32>| epoch.map(|epoch| raised(epoch, by.epoch));
    let attempted = |number: Option<u32>| number.map(|number| raised(number, attempt));
    let input = match input {
        Input::Report(report) => Input::Report(match report {
            Report::State { state, fault, recoverable, epoch: of } => {
                Report::State { state, fault, recoverable, epoch: epoch(of) }
            }
            Report::Ended { job: Job::Backup { attempt }, outcome, epoch: of } => {
                Report::Ended { job: Job::Backup { attempt: attempted(attempt) }, outcome, epoch: epoch(of) }
            }
            Report::Ended { job, outcome, epoch: of } => Report::Ended { job, outcome, epoch: epoch(of) },
            Report::Answered { task: Task::Backup { attempt }, answer, from, epoch: of } => {
                let task = Task::Backup { attempt: attempted(Some(attempt)).unwrap_or(attempt) };
                Report::Answered { task, answer, from, epoch: epoch(of) }
            }
            Report::Answered { task, answer, from, epoch: of } => {
                Report::Answered { task, answer, from, epoch: epoch(of) }
            }
            Report::BackupUnderWay { begun, attempt } => Report::BackupUnderWay { begun, attempt: attempted(attempt) },
        }),
        Input::Command(_) | Input::Timer(_) => input,
    };
    let moved = Lifecycle::from(shifted);
    let context = context.with_revision(raised(context.revision(), by.revision));
    // The years are bounded, so the times may have moved by less: a timer stays at its boundary.
    let side = moment_of_timer(input, &row, policy, case.context)
        .map(|at| Micros::from(now).as_micros().saturating_sub(at.as_micros()));
    let now = match (side, moment_of_timer(input, &moved, policy, context)) {
        (Some(side), Some(at)) => DateTime::from(at.saturating_add_micros(side)),
        (None, _) | (_, None) => later(now),
    };
    Case { row: moved, input, context, now }
}

/// The largest number of a database's integer column.
const MOST: u32 = i32::MAX.unsigned_abs();

/// Returns the case with other numbers and times and a change of one fact. The row stays storable.
pub(super) fn varied(case: Case, by: Variation, timers: &[Timer], policy: &Policy) -> Case {
    let case = shifted(case, by.shift, policy);
    let mut columns = case.row.columns();
    match by.change {
        Change::Nothing => return case,
        Change::Input(input) => {
            let input = fitting(input, &case.row, timers, policy, by.fit);
            let at = moment_of_timer(input, &case.row, policy, case.context).filter(|_| by.fit.fits);
            let now = at.map_or(case.now, |at| at.saturating_add_micros(1).into());
            return Case { input, now, ..case };
        }
        Change::Context(context) => return Case { context: context.with_revision(case.context.revision()), ..case },
        Change::Now(by) => {
            return Case { now: Micros::from(case.now).saturating_add_micros(by).into(), ..case };
        }
        Change::At(at) => return Case { now: at.into(), ..case },
        Change::Fault(fault) => columns.fault = fault,
        Change::Backup(backup) => columns.backup_state = backup,
        Change::Flag(Flag(flag)) => {
            let flag = flag(&mut columns);
            *flag = !*flag;
        }
    }
    Case { row: storable::made_storable(columns), ..case }
}
