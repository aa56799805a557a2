//! Smaller cases: columns at their default, an ordinary context, times near 1970, and inputs with plain arguments.

use super::plan::Pass;
use crate::{
    controller::RunnerView,
    lifecycle::{Columns, Lifecycle},
    rules::{Answer, Command, Context, Input, Job, Outcome, Report, Task},
    testing::case::Case,
    vocabulary::{Fault, Micros, Size, SizeChange, names},
};
use alloc::vec::Vec;
use chrono::{DateTime, Utc};

/// Returns cases that are simpler than this one, the simplest first.
pub(crate) fn smaller(case: &Case) -> Vec<Case> {
    let ordinary = Context::of(&case.row);
    let mut found = Vec::new();
    if case.context != ordinary {
        found.push(Case { context: ordinary, ..*case });
        let plain = case.context.with_live_fork_children(0).with_owed_departures(0);
        found.push(Case { context: plain, ..*case });
        let flags = [
            case.context.with_organization_suspended(false),
            case.context.with_runner_unready(false).with_runner_draining(false),
            case.context.with_linked(false).with_warm_pool(false),
        ];
        found.extend(flags.map(|context| Case { context, ..*case }));
        found.retain(|smaller| smaller.context != case.context);
    }
    found.extend(plainer(case.input).into_iter().map(|input| Case { input, ..*case }));
    found.extend(smaller_rows(&case.row, case.now).into_iter().map(|(row, now)| {
        let revision = moved_with(case.context.revision(), &case.row, &row);
        Case { row, now, context: case.context.with_revision(revision), ..*case }
    }));
    found
}

/// Returns rows that are simpler than this one, each with its time. A sound row stays sound.
pub(crate) fn smaller_rows(row: &Lifecycle, now: DateTime<Utc>) -> Vec<(Lifecycle, DateTime<Utc>)> {
    let columns = row.columns();
    let default = Columns::default();
    let names: Vec<&'static str> = other_than_default(&columns).collect();
    let reset = |names: &[&'static str]| of_default(&columns, |name| names.contains(&name));
    let kept = |names: &[&'static str]| of_default(&columns, |name| !names.contains(&name));
    let ages = [columns.created_at, columns.last_activity_at, columns.state_since, DateTime::UNIX_EPOCH];
    let mut found: Vec<_> = ages.iter().map(|now| (columns, *now)).collect();
    found.extend([DateTime::UNIX_EPOCH, now].map(|now| (default, now)));
    found.push((of_default(&columns, is_time), now));
    for start in [columns.created_at, columns.last_activity_at, columns.state_since] {
        let rests = Columns { created_at: start, last_activity_at: start, state_since: start, ..columns };
        found.extend([shifted(&rests, now, start), shifted(&columns, now, start)]);
    }
    found.extend(names.iter().map(|name| (kept(&[*name]), now)));
    let mut size = names.len().div_ceil(2);
    while size > 1 {
        found.extend(names.chunks(size).map(|chunk| (reset(chunk), now)));
        size = size.div_euclid(2);
    }
    found.extend(TOGETHER.iter().map(|group| (reset(group), now)));
    found.extend(names.iter().map(|name| (reset(&[*name]), now)));
    let is_sound = row.violations().is_empty();
    let rows = found.into_iter().map(|(columns, now)| (Lifecycle::from(columns), now));
    let most = size_of(&columns, now);
    let is_smaller = |smaller: &Lifecycle, now| size_of(&smaller.columns(), now) < most;
    rows.filter(|(smaller, now)| is_smaller(smaller, *now) && (!is_sound || smaller.violations().is_empty())).collect()
}

/// Returns how many columns differ from the default row, and how far the time is from 1970.
fn size_of(columns: &Columns, now: DateTime<Utc>) -> (usize, u8) {
    let century = Micros::EPOCH..=Micros::EPOCH.saturating_add_minutes(100 * 366 * 24 * 60);
    let now = Micros::from(now);
    let time = if century.contains(&now) { u8::from(now != Micros::EPOCH) } else { 2 };
    (other_than_default(columns).count(), time)
}

/// Columns that a sound row changes together.
const TOGETHER: [&[&str]; 6] = [
    &[names::state, names::desired_state, names::pending],
    &[names::state, names::desired_state, names::pending, names::has_runner, names::changed_since_backup],
    &[names::gpu, names::gpu_type, names::auto_delete_interval],
    &[names::auto_stop_interval, names::auto_pause_interval],
    &[names::backup_state, names::has_backup_ref, names::backup_since, names::backup_attempt],
    &[names::fault, names::recoverable, names::must_ask, names::repair],
];

fn is_time(name: &str) -> bool {
    let times = [
        names::auto_destroy_at,
        names::created_at,
        names::last_activity_at,
        names::state_since,
        names::backup_since,
        names::last_recovery,
    ];
    times.contains(&name)
}

/// Returns the names of the columns that differ from the default row.
fn other_than_default(columns: &Columns) -> impl Iterator<Item = &'static str> + use<> {
    let pairs = columns.iter().zip(Columns::default().iter());
    pairs.filter(|((_, value), (_, default))| value != default).map(|((column, _), _)| column.name)
}

/// Returns the row with the default in these columns.
fn of_default(columns: &Columns, names: impl Fn(&str) -> bool) -> Columns {
    let default = Columns::default();
    let pairs = columns.iter().zip(default.iter());
    let values =
        pairs.map(|((column, value), (_, default))| (column.name, if names(column.name) { default } else { value }));
    // Every column has a value of its own type.
    Columns::from_values(values.collect::<Vec<_>>()).unwrap_or(*columns)
}

/// Moves every time so that `start` becomes the beginning of 1970.
fn shifted(columns: &Columns, now: DateTime<Utc>, start: DateTime<Utc>) -> (Columns, DateTime<Utc>) {
    let start = Micros::from(start).as_micros();
    let moved =
        |time: DateTime<Utc>| DateTime::from(Micros::from_micros(Micros::from(time).as_micros().saturating_sub(start)));
    let columns = Columns {
        created_at: moved(columns.created_at),
        last_activity_at: moved(columns.last_activity_at),
        state_since: moved(columns.state_since),
        auto_destroy_at: columns.auto_destroy_at.map(moved),
        backup_since: columns.backup_since.map(moved),
        last_recovery: columns.last_recovery.map(moved),
        ..*columns
    };
    (columns, moved(now))
}

/// Returns inputs of the same kind with plainer arguments.
pub(crate) fn plainer(input: Input) -> Vec<Input> {
    let found: Vec<Input> = match input {
        Input::Command(Command::Resize(change)) => {
            let SizeChange { cpu, memory, disk } = change;
            let without = [
                SizeChange { cpu: None, ..change },
                SizeChange { memory: None, ..change },
                SizeChange { disk: None, ..change },
            ];
            let one = core::num::NonZeroU32::new(1);
            let least = SizeChange { cpu: cpu.and(one), memory: memory.and(one), disk: disk.and(one) };
            without.into_iter().chain([least]).map(|change| Command::Resize(change).into()).collect()
        }
        Input::Command(Command::Stop { force: true }) => Vec::from([Command::Stop { force: false }.into()]),
        Input::Command(_) | Input::Timer(_) => Vec::new(),
        Input::Report(report) => plainer_reports(report).into_iter().map(Input::from).collect(),
    };
    found.into_iter().filter(|plainer| *plainer != input).collect()
}

fn plainer_reports(report: Report) -> Vec<Report> {
    let small = Size::default();
    match report {
        Report::State { state, fault, recoverable, epoch } => Vec::from([
            Report::State { state, fault: None, recoverable: false, epoch },
            Report::State { state, fault, recoverable, epoch: None },
        ]),
        Report::Ended { job, outcome, epoch } => {
            let failed = Outcome::Failed { fault: Fault::Other, recoverable: false };
            let plain = if outcome == Outcome::Completed { outcome } else { failed };
            let job_of_default = if let Job::Resize { .. } = job { Job::Resize { to: small } } else { job };
            Vec::from([
                Report::Ended { job, outcome, epoch: None },
                Report::Ended { job, outcome: plain, epoch },
                Report::Ended { job: job_of_default, outcome, epoch },
            ])
        }
        Report::Answered { task, answer, from, epoch } => {
            let refused = Answer::Refused { fault: Fault::Other, recoverable: false };
            let plain = if let Answer::Refused { .. } = answer { refused } else { answer };
            let task_of_default = if let Task::Resize { .. } = task { Task::Resize { to: small } } else { task };
            Vec::from([
                Report::Answered { task, answer, from: None, epoch },
                Report::Answered { task, answer, from, epoch: None },
                Report::Answered { task, answer: plain, from, epoch },
                Report::Answered { task: task_of_default, answer, from, epoch },
            ])
        }
        Report::BackupUnderWay { begun, .. } => Vec::from([Report::BackupUnderWay { begun, attempt: None }]),
    }
}

/// Returns passes that are simpler than this one.
pub(crate) fn smaller_passes(pass: &Pass) -> Vec<Pass> {
    let Pass { row, view, now } = *pass;
    let plain = RunnerView::of(&row);
    let views = [
        plain,
        RunnerView { runner: plain.runner, ..view },
        RunnerView { observed_size: None, ..view },
        RunnerView { observed: plain.observed, observed_size: None, ..view },
        RunnerView { stored: plain.stored, ..view },
        RunnerView { placement: plain.placement, ..view },
        RunnerView { image: plain.image, ..view },
        RunnerView { live_fork_children: 0, warm_pool: false, ..view },
    ];
    let views = views.into_iter().filter(|smaller| *smaller != view).map(|view| Pass { view, ..*pass });
    let rows = smaller_rows(&row, now).into_iter().map(|(smaller, now)| {
        let revision = moved_with(view.revision, &row, &smaller);
        Pass { row: smaller, view: RunnerView { revision, ..view }, now }
    });
    views.chain(rows).collect()
}

/// Returns the revision for which something was gathered, when the row is replaced by another one: that of the other row, or
/// still an older one.
pub(super) fn moved_with(gathered_for: u32, row: &Lifecycle, other: &Lifecycle) -> u32 {
    if gathered_for == row.revision() { other.revision() } else { other.revision().wrapping_sub(1) }
}
