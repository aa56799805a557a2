//! A small search for rows and steps: every input on a few first rows, on the rows after it, and so on.

use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Effect, Input, Lifecycle, Next, Policy, Report, RunnerView, SandboxClass,
    SandboxState, Step, Timer,
    chrono::{DateTime, TimeDelta, Utc},
    clock::Standing,
    controller::{Finding, Image, ListedBy, Observed, Placement, RunnerStanding, Stored},
    rules::{Answer, Job, Outcome, ReasonText, Task},
    runner::Listed,
    vocabulary::{
        AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, CopyState, Fault, GpuType, QueueTimeout, Size,
        SizeChange, Ttl,
    },
};
use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    num::NonZeroU32,
    sync::LazyLock,
};

/// What the search found.
pub struct Found {
    /// Sound rows, each in another situation. Their times and counters do not count as a situation.
    pub rows: Vec<Lifecycle>,
    /// One step for each kind: the cause, the changed columns and the effects.
    pub steps: Vec<Step>,
}

/// Returns what one search found. Tests share it.
pub fn found() -> &'static Found {
    static FOUND: LazyLock<Found> = LazyLock::new(search);
    &FOUND
}

/// The search ends here. It has long found every kind of step then.
const ENOUGH: usize = 3_000;

fn search() -> Found {
    let mut queue: VecDeque<Lifecycle> = first_rows().into();
    let (mut seen, mut rows, mut steps) = (HashSet::new(), Vec::new(), BTreeMap::new());
    while let Some(row) = queue.pop_front().filter(|_| rows.len() < ENOUGH) {
        if !seen.insert(situation(row)) {
            continue;
        }
        rows.push(row);
        for step in steps_on(&row) {
            let after = step.apply(row).expect("it was decided on this row");
            let has_row = step.effects().all(|effect| effect != Effect::Purge);
            if has_row && after.violations().is_empty() && !seen.contains(&situation(after)) {
                queue.push_back(after);
            }
            steps.entry(kind(&step)).or_insert(step);
        }
    }
    Found { rows, steps: steps.into_values().collect() }
}

fn situation(row: Lifecycle) -> Lifecycle {
    let at = DateTime::UNIX_EPOCH;
    let columns = row.columns();
    let times = Columns { created_at: at, last_activity_at: at, state_since: at, ..columns };
    let ends = columns.auto_destroy_at.map(|_| at);
    let numbers = Columns { revision: 0, epoch: 0, backup_attempt: columns.backup_attempt.min(2), ..times };
    Columns { auto_destroy_at: ends, backup_since: columns.backup_since.map(|_| at), last_recovery: None, ..numbers }
        .into()
}

fn kind(step: &Step) -> (String, Vec<&'static str>, Vec<String>) {
    let columns = step.changes().iter().map(|(column, _)| column.name).collect();
    (step.cause().to_string(), columns, step.effects().map(effect).collect())
}

/// Returns an effect without what differs from row to row.
pub fn effect(effect: Effect) -> String {
    match effect {
        Effect::Call(call) => format!("call {}", call.task),
        Effect::Emit(event) => format!("emit {}", event.name()),
        Effect::Reason(ReasonText::Ours(_)) => "set our error reason".to_owned(),
        Effect::Reason(ReasonText::Kept | ReasonText::Cleared | ReasonText::Reported) => effect.to_string(),
        Effect::GiveUpName | Effect::RotateToken | Effect::Runner(_) | Effect::Stamp(_) => effect.to_string(),
        Effect::StoreChild | Effect::Purge | Effect::RaiseParent => effect.to_string(),
        Effect::Remove { .. } => "remove the copy on the runner left".to_owned(),
        Effect::Release { .. } => "release the copy on the runner left".to_owned(),
        Effect::DiscardBackups { .. } => "discard older backups".to_owned(),
    }
}

/// Returns the steps of all inputs and passes on a row.
fn steps_on(row: &Lifecycle) -> Vec<Step> {
    let (policy, context) = (Policy::default(), Context::of(row));
    let soon = later(row);
    let decided = |input: Input, now| row.decide(input, &policy, context, now).ok();
    let mut steps: Vec<Step> = commands().into_iter().filter_map(|command| decided(command.into(), soon)).collect();
    steps.extend(reports().into_iter().filter_map(|report| decided(report.into(), soon)));
    steps.extend(decided(Timer::SpotEviction.into(), soon));
    for deadline in row.deadlines(&policy, context) {
        if let Standing::Armed { at } = deadline.standing {
            let after = at + TimeDelta::microseconds(1);
            steps.extend(decided(deadline.timer.into(), after));
            steps.extend(row.due(&policy, context, after));
        }
    }
    let long_after = soon + TimeDelta::days(2);
    for view in views(row) {
        for now in [soon, long_after] {
            match row.reconcile(&view, &policy, now) {
                Next::Apply(step) => steps.push(step),
                Next::Ask(_) | Next::Resend { .. } | Next::Wait { .. } | Next::Nothing => {}
            }
        }
    }
    for by in [ListedBy::OwnRunner, ListedBy::OtherRunner, ListedBy::NewestSurvivor] {
        match row.compare(by, Some(&COPY), context, soon) {
            Finding::Apply(step) => steps.push(step),
            Finding::Agrees | Finding::Remove { .. } | Finding::Release { .. } => {}
        }
    }
    steps.retain(|step| !step.is_noop());
    steps
}

/// A released copy that a runner lists.
const COPY: Listed = Listed { epoch: Some(1), state: CopyState::AtRest, size: None, released: true };

/// Returns a minute after all that has happened to a row.
pub fn later(row: &Lifecycle) -> DateTime<Utc> {
    row.last_activity_at().max(row.state_since()) + TimeDelta::minutes(1)
}

fn first_rows() -> Vec<Lifecycle> {
    let at = "2025-10-09T08:00:00Z".parse().expect("a time");
    let container = Columns { created_at: at, last_activity_at: at, state_since: at, ..Columns::default() };
    let vm = Columns { class: SandboxClass::LinuxVm, ..container };
    let building = Columns { state: SandboxState::PendingBuild, has_runner: false, pending: true, ..container };
    let rows = [
        container,
        vm,
        Columns { auto_stop: AutoStop::Never, ..vm },
        Columns { auto_delete: AutoDelete::AtOnce, ..container },
        Columns { auto_delete: AutoDelete::from(10), ..vm },
        Columns { gpu: 1, gpu_type: Some(GpuType::H100), auto_delete: AutoDelete::AtOnce, ..container },
        Columns { auto_destroy_at: Some(at + TimeDelta::hours(1)), ..container },
        Columns { state: SandboxState::Unknown, pending: true, has_runner: false, ..container },
        building,
        Columns { queue_timeout: QueueTimeout::try_from(5).ok(), ..building },
        Columns { backup_state: BackupState::Completed, has_backup_ref: true, ..container },
        Columns { state: SandboxState::Creating, pending: true, ..vm },
        Columns { is_fork_child: true, kept_backup: true, ..vm },
        Columns {
            state: SandboxState::Stopped,
            desired_state: DesiredState::Stopped,
            backup_state: BackupState::Completed,
            has_backup_ref: true,
            ..container
        },
        Columns {
            state: SandboxState::Error,
            fault: Some(Fault::Timeout),
            backup_state: BackupState::Completed,
            has_backup_ref: true,
            ..container
        },
        Columns {
            state: SandboxState::Error,
            fault: Some(Fault::RunnerGone),
            has_runner: false,
            kept_backup: true,
            recoverable: true,
            ..container
        },
        Columns { desired_state: DesiredState::Resized, state: SandboxState::Resizing, pending: true, ..vm },
    ];
    rows.map(|row| Lifecycle::from(row).repaired()).into()
}

/// Every command, with arguments that are suitable somewhere.
pub fn commands() -> Vec<Command> {
    let change = |cpu, disk| {
        let [cpu, disk] = [cpu, disk].map(NonZeroU32::new);
        Command::Resize(SizeChange { cpu, memory: None, disk })
    };
    let mut commands = vec![
        Command::Start,
        Command::Pause,
        Command::Archive,
        Command::Fork,
        Command::Backup,
        Command::Touch,
        change(3, 0),
        change(3, 11),
        Command::AutoStop { interval: AutoStop::try_from(60).expect("minutes") },
        Command::AutoStop { interval: AutoStop::Never },
        Command::AutoPause { interval: AutoPause::try_from(60).expect("minutes") },
        Command::AutoArchive { interval: AutoArchive::try_from(60).expect("minutes") },
        Command::AutoDelete { interval: AutoDelete::from(60) },
        Command::Ttl { interval: Ttl::try_from(60).expect("minutes") },
        Command::Ttl { interval: Ttl::Never },
    ];
    for yes in [false, true] {
        commands.extend([Command::Stop { force: yes }, Command::Destroy { force: yes }]);
        commands.extend([Command::Snapshot { include_memory: yes }, Command::Recover { start: yes }]);
    }
    commands
}

/// Every report that a runner can make, without an epoch, so that it is about the current work.
fn reports() -> Vec<Report> {
    let to = Size { cpu: 3, memory: 5, disk: 11 };
    let jobs = [
        Job::Create,
        Job::Start,
        Job::Stop,
        Job::Destroy,
        Job::Pause,
        Job::Resize { to },
        Job::Snapshot,
        Job::ForkSource,
        Job::ForkChild,
        Job::Recover { start: false },
        Job::Recover { start: true },
        Job::Backup { attempt: None },
    ];
    let tasks = [
        Task::Create,
        Task::Restore,
        Task::Start,
        Task::Resume,
        Task::Stop { force: false },
        Task::Pause,
        Task::Destroy,
        Task::Resize { to },
        Task::Snapshot { include_memory: false },
        Task::Fork,
        Task::Recover { start: true },
        Task::Build,
        Task::Pull,
    ];
    let mut reports = [false, true].map(|begun| Report::BackupUnderWay { begun, attempt: None }).to_vec();
    for state in SandboxState::ALL {
        for fault in [None, Some(Fault::Other)] {
            for epoch in [None, Some(0)] {
                reports.push(Report::State { state: *state, fault, recoverable: fault.is_some(), epoch });
            }
        }
    }
    for recoverable in [false, true] {
        let failed = Outcome::Failed { fault: Fault::Runner, recoverable };
        let refused = Answer::Refused { fault: Fault::Refused, recoverable };
        for job in jobs {
            reports.extend([Outcome::Completed, failed].map(|outcome| Report::Ended { job, outcome, epoch: None }));
        }
        for task in tasks {
            let answers = [Answer::Accepted, Answer::Done, refused];
            reports.extend(answers.map(|answer| Report::Answered { task, answer, from: None, epoch: None }));
        }
    }
    reports
}

/// What a controller can find.
fn views(row: &Lifecycle) -> Vec<RunnerView> {
    let copies = [SandboxState::Started, SandboxState::Stopped, SandboxState::Paused, SandboxState::Error];
    let observed = copies.map(Observed::State).into_iter().chain([Observed::NoAnswer, Observed::NotFound]);
    let mut views = Vec::new();
    for observed in observed {
        for placement in [Placement::NoRoom, Placement::Warm, Placement::Cold, Placement::InFlight(Image::Ready)] {
            for image in [Image::Missing, Image::Ready, Image::Failed] {
                for runner in [RunnerStanding::Ready, RunnerStanding::NotReady, RunnerStanding::Gone] {
                    views.push(RunnerView { runner, observed, placement, image, ..RunnerView::of(row) });
                }
            }
        }
    }
    let stored = [Stored::Whole, Stored::Missing].map(|stored| RunnerView { stored, ..RunnerView::of(row) });
    views.extend(stored);
    views
}
