//! Golden files of the stored forms, with one value per line.
//!
//! A difference means that the stored form has changed, and with it every store that holds such values. To rewrite the
//! files, run `UPDATE_GOLDEN=1 cargo test --test storage`.

use crate::time::minutes;
use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Changes, Columns, Command, Context, DesiredState, Input, Lifecycle, Next, Policy, Report, RunnerView, SandboxClass,
    SandboxState, Step, Timer,
    controller::{Observed, Placement, RunnerStanding},
    rules::{Answer, Job, Outcome, Task},
    vocabulary::{
        AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, Fault, GpuType, Minutes, Negative, QueueTimeout,
        Repair, Size, SizeChange, Ttl,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeSet, fmt::Debug, num::NonZeroU32, path::PathBuf};

/// Compares the values with the golden file and returns its text. With `UPDATE_GOLDEN` set it rewrites the file first.
fn kept<T: Serialize>(name: &str, values: &[T]) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/storage/golden").join(name);
    let lines: Vec<String> = values.iter().map(|value| serde_json::to_string(value).expect("it is written")).collect();
    let written = lines.join("\n") + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &written).expect("the golden file can be written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(written, golden, "{name} has changed: see the head of this file");
    golden
}

/// Compares the values with the golden file, and asserts that every line is read back equal.
fn keep<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, values: &[T]) {
    let golden = kept(name, values);
    for (line, value) in golden.lines().zip(values) {
        assert_eq!(&serde_json::from_str::<T>(line).expect(line), value);
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn count(count: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(count)
}

const NOW: &str = "2025-10-09T08:53:20.000001Z";

/// A row without a default in any column.
fn full() -> Columns {
    Columns {
        state: SandboxState::Error,
        desired_state: DesiredState::Archived,
        pending: true,
        class: SandboxClass::LinuxVm,
        gpu: 255,
        gpu_type: Some(GpuType::RtxPro6000),
        cpu: 16,
        memory: 64,
        disk: u32::MAX,
        backup_state: BackupState::InProgress,
        has_backup_ref: true,
        has_runner: true,
        fault: Some(Fault::Timeout),
        recoverable: true,
        force_stop: true,
        revision: u32::MAX,
        epoch: u32::MAX,
        must_ask: true,
        must_ask_store: true,
        repair: Some(Repair::Recover),
        backup_attempt: u32::MAX,
        changed_since_backup: true,
        kept_backup: true,
        is_fork_child: true,
        archive_attempts: 7,
        restore_attempts: 7,
        last_recovery: Some(at("2025-01-01T00:00:00Z")),
        auto_stop: AutoStop::After(minutes(60)),
        auto_pause: AutoPause::After(Minutes::MAX),
        auto_archive: AutoArchive::After(minutes(10_080)),
        auto_delete: AutoDelete::Never(Negative::new(i32::MIN).expect("a negative number")),
        auto_destroy_at: Some(at("2026-01-01T00:00:00Z")),
        queue_timeout: Some(QueueTimeout(minutes(1))),
        created_at: DateTime::<Utc>::MIN_UTC,
        last_activity_at: at("2024-10-01T16:45:00.5Z"),
        state_since: DateTime::<Utc>::MAX_UTC,
        backup_since: Some(at(NOW)),
    }
}

fn rows() -> Vec<Lifecycle> {
    let ephemeral =
        Columns { auto_delete: AutoDelete::AtOnce, auto_archive: AutoArchive::AtOnce, ..Columns::default() };
    [full(), Columns::default(), ephemeral].map(Lifecycle::from).to_vec()
}

fn commands() -> Vec<Command> {
    vec![
        Command::Start,
        Command::Stop { force: true },
        Command::Destroy { force: false },
        Command::Pause,
        Command::Archive,
        Command::Resize(SizeChange { cpu: count(1), memory: count(2), disk: count(u32::MAX) }),
        Command::Resize(SizeChange::default()),
        Command::Fork,
        Command::Snapshot { include_memory: true },
        Command::Recover { start: false },
        Command::Backup,
        Command::AutoStop { interval: AutoStop::Never },
        Command::AutoPause { interval: AutoPause::After(minutes(60)) },
        Command::AutoArchive { interval: AutoArchive::AtOnce },
        Command::AutoDelete { interval: AutoDelete::NEVER },
        Command::Ttl { interval: Ttl::After(Minutes::MAX) },
        Command::Touch,
    ]
}

fn reports() -> Vec<Report> {
    let size = Size { cpu: 3, memory: 5, disk: 11 };
    let failed = Outcome::Failed { fault: Fault::Runner, recoverable: true };
    let refused = Answer::Refused { fault: Fault::Refused, recoverable: true };
    let ended = |job, outcome| Report::Ended { job, outcome, epoch: None };
    let answered = |task, answer| Report::Answered { task, answer, from: None, epoch: Some(7) };
    vec![
        Report::State { state: SandboxState::Paused, fault: Some(Fault::Lost), recoverable: true, epoch: Some(1) },
        Report::State { state: SandboxState::Stopped, fault: None, recoverable: false, epoch: None },
        ended(Job::Create, Outcome::Completed),
        ended(Job::Start, failed),
        ended(Job::Stop, Outcome::Completed),
        ended(Job::Destroy, Outcome::Completed),
        ended(Job::Pause, Outcome::Completed),
        ended(Job::Resize { to: size }, Outcome::Completed),
        ended(Job::Snapshot, Outcome::Completed),
        ended(Job::ForkSource, Outcome::Completed),
        ended(Job::ForkChild, Outcome::Completed),
        ended(Job::Recover { start: true }, Outcome::Completed),
        ended(Job::Backup { attempt: None }, Outcome::Completed),
        ended(Job::Backup { attempt: Some(7) }, Outcome::Completed),
        answered(Task::Create, Answer::Accepted),
        answered(Task::Restore, Answer::Done),
        answered(Task::Start, refused),
        answered(Task::Resume, Answer::Accepted),
        answered(Task::Stop { force: true }, Answer::Accepted),
        answered(Task::Pause, Answer::Accepted),
        answered(Task::Destroy, Answer::Accepted),
        answered(Task::Resize { to: size }, Answer::Accepted),
        answered(Task::Snapshot { include_memory: true }, Answer::Accepted),
        answered(Task::Fork, Answer::Accepted),
        answered(Task::Recover { start: true }, Answer::Accepted),
        answered(Task::Build, Answer::Accepted),
        answered(Task::Pull, Answer::Done),
        answered(Task::Backup { attempt: 7 }, Answer::Accepted),
        Report::Answered { task: Task::Fork, answer: Answer::Done, from: Some(SandboxState::Started), epoch: None },
        Report::BackupUnderWay { begun: true, attempt: None },
        Report::BackupUnderWay { begun: false, attempt: Some(7) },
    ]
}

/// Steps that together have every effect and every edit.
fn steps() -> Vec<Step> {
    let now = at(NOW);
    let decide = |columns: Columns, input: Input| {
        let row = Lifecycle::from(columns);
        let decided = row.decide(input, &Policy::default(), Context::of(&row), now);
        decided.unwrap_or_else(|refusal| panic!("{input:?}: {refusal}"))
    };
    let pass = |columns: Columns, known: fn(&mut RunnerView)| {
        let row = Lifecycle::from(columns);
        let mut view = RunnerView::of(&row);
        known(&mut view);
        match row.reconcile(&view, &Policy::default(), now) {
            Next::Apply(step) => step,
            other => panic!("{columns:?}: {other}"),
        }
    };
    let vm = Columns { class: SandboxClass::LinuxVm, ..Columns::default() };
    let stopped = Columns { state: SandboxState::Stopped, desired_state: DesiredState::Stopped, ..vm };
    let archived = Columns { state: SandboxState::Archived, desired_state: DesiredState::Archived, ..vm };
    let paused = Columns { state: SandboxState::Paused, desired_state: DesiredState::Paused, ..vm };
    let timed_out = Columns {
        state: SandboxState::Error,
        fault: Some(Fault::Timeout),
        recoverable: true,
        backup_state: BackupState::Completed,
        has_backup_ref: true,
        ..vm
    };
    let building =
        Columns { state: SandboxState::PendingBuild, has_runner: false, pending: true, ..Columns::default() };
    let waits = Columns { queue_timeout: Some(QueueTimeout(minutes(1))), ..building };
    let restored = Columns {
        desired_state: DesiredState::Started,
        pending: true,
        backup_state: BackupState::Completed,
        has_backup_ref: true,
        has_runner: false,
        ..archived
    };
    let moved = Columns { state: SandboxState::Stopped, has_runner: true, ..restored };
    let archiving = Columns { state: SandboxState::Archiving, desired_state: DesiredState::Archived, ..vm };
    let archiving = Columns { backup_state: BackupState::Completed, has_backup_ref: true, ..archiving };
    let fails = Columns {
        state: SandboxState::Error,
        desired_state: DesiredState::Stopped,
        fault: Some(Fault::Runner),
        must_ask: true,
        ..vm
    };
    let running = Columns { kept_backup: true, has_backup_ref: true, backup_attempt: 1, ..vm };
    let backing_up = Columns {
        backup_state: BackupState::InProgress,
        backup_since: Some(now - Duration::hours(3)),
        backup_attempt: 2,
        ..stopped
    };
    let with_gpu = Columns { gpu: 1, auto_delete: AutoDelete::AtOnce, ..Columns::default() };
    let accepted = |task| Report::Answered { task, answer: Answer::Accepted, from: None, epoch: None };
    let starting = Columns { state: SandboxState::Starting, pending: true, ..vm };
    let failed = Report::Ended {
        job: Job::Start,
        outcome: Outcome::Failed { fault: Fault::Runner, recoverable: false },
        epoch: Some(0),
    };
    let snapshotting = Columns { state: SandboxState::Snapshotting, pending: true, ..vm };
    let going =
        Columns { state: SandboxState::Destroying, desired_state: DesiredState::Destroyed, pending: true, ..vm };
    let resizing = Columns { state: SandboxState::Resizing, pending: true, ..vm };
    let completed = |job| Report::Ended { job, outcome: Outcome::Completed, epoch: None };
    let resized = Job::Resize { to: Size { cpu: 3, memory: 5, disk: 11 } };
    let mut steps: Vec<Step> = commands()
        .into_iter()
        .filter_map(|command| {
            let rows = [vm, stopped, paused, archived, timed_out, Columns { auto_stop: AutoStop::Never, ..vm }];
            let decided = |row: Lifecycle| row.decide(command, &Policy::default(), Context::of(&row), now);
            rows.into_iter().find_map(|columns| decided(columns.into()).ok().filter(|step| !step.is_noop()))
        })
        .collect();
    steps.extend([
        decide(vm, Command::Start.into()),
        decide(vm, Command::Destroy { force: true }.into()),
        decide(vm, Command::Ttl { interval: Ttl::Never }.into()),
        decide(timed_out, Command::Recover { start: true }.into()),
        decide(Columns { auto_delete: AutoDelete::AtOnce, ..vm }, Command::Stop { force: true }.into()),
        decide(starting, failed.into()),
        decide(starting, Timer::TimeLimit.into()),
        decide(snapshotting, completed(Job::Snapshot).into()),
        decide(resizing, completed(resized).into()),
        decide(going, completed(Job::Destroy).into()),
        decide(Columns { state: SandboxState::Forking, pending: true, ..vm }, accepted(Task::Fork).into()),
        pass(building, |view| view.placement = Placement::Cold),
        pass(restored, |view| view.placement = Placement::Warm),
        pass(moved, |view| (view.runner, view.placement) = (RunnerStanding::NotReady, Placement::Warm)),
        pass(archiving, |_| {}),
        pass(timed_out, |view| view.runner = RunnerStanding::Gone),
        pass(fails, |view| view.observed = Observed::State(SandboxState::Started)),
        pass(running, |view| view.runner = RunnerStanding::Gone),
        decide(Columns { is_fork_child: true, ..vm }, Command::Destroy { force: false }.into()),
        decide(backing_up, completed(Job::Backup { attempt: Some(2) }).into()),
        decide(backing_up, Timer::BackupLimit.into()),
        decide(waits, Timer::QueueTimeout.into()),
        decide(with_gpu, Timer::SpotEviction.into()),
        decide(vm, Timer::AutoStop.into()),
        decide(
            Columns { state: SandboxState::Destroyed, desired_state: DesiredState::Destroyed, ..vm },
            Timer::Retention.into(),
        ),
        decide(
            Columns { state: SandboxState::Destroyed, desired_state: DesiredState::Destroyed, ..vm },
            Command::Touch.into(),
        ),
        decide(vm, Report::BackupUnderWay { begun: true, attempt: None }.into()),
        decide(
            vm,
            Report::State { state: SandboxState::Started, fault: None, recoverable: false, epoch: Some(9) }.into(),
        ),
    ]);
    steps
}

#[test]
fn the_stored_form_of_a_row_is_unchanged() {
    keep("lifecycle.jsonl", &rows());
}

#[test]
fn the_stored_form_of_a_command_is_unchanged() {
    keep("command.jsonl", &commands());
    keep("command.jsonl", &commands().into_iter().map(Input::from).collect::<Vec<_>>());
}

#[test]
fn the_stored_form_of_a_report_is_unchanged() {
    keep("report.jsonl", &reports());
    keep("report.jsonl", &reports().into_iter().map(Input::from).collect::<Vec<_>>());
}

#[test]
fn the_stored_form_of_a_timer_is_unchanged() {
    let timers: Vec<Timer> = Timer::TIMED.iter().copied().chain([Timer::SpotEviction]).collect();
    keep("timer.jsonl", &timers.into_iter().map(Input::from).collect::<Vec<_>>());
}

#[test]
fn the_stored_form_of_a_step_is_unchanged() {
    keep("step.jsonl", &steps());
}

#[test]
fn the_stored_form_of_expectations_is_unchanged() {
    keep("expects.jsonl", &steps().iter().map(Step::expects).collect::<Vec<_>>());
}

#[test]
fn the_stored_form_of_changes_includes_cleared_columns() {
    let backed_up = Report::Ended { job: Job::Backup { attempt: None }, outcome: Outcome::Completed, epoch: None };
    let backing_up = Lifecycle::from(Columns { backup_state: BackupState::InProgress, ..Columns::default() });
    let ends_backup = backing_up
        .decide(backed_up, &Policy::default(), Context::of(&backing_up), at(NOW))
        .expect("a job's end is never refused");
    let changes: Vec<Changes> = steps().iter().chain([&ends_backup]).map(Step::changes).collect();
    keep("changes.jsonl", &changes);
    assert!(changes.iter().any(|changes| changes.fault == Some(None)));
    assert!(changes.iter().any(|changes| changes.auto_destroy_at == Some(None)));
    assert!(changes.iter().any(|changes| changes.backup_since == Some(None)));
    assert_eq!(serde_json::from_str::<Changes>("{}").expect("no column"), Changes::default());
}

#[test]
fn the_stored_form_of_an_effect_is_unchanged() {
    let mut seen = BTreeSet::new();
    let effects: Vec<_> = steps()
        .iter()
        .flat_map(Step::effects)
        .filter(|effect| seen.insert(serde_json::to_string(effect).expect("it is written")))
        .collect();
    keep("effect.jsonl", &effects);
    // The file has at least one effect of each kind, event, stamp and runner change.
    let text: String = seen.into_iter().collect::<Vec<_>>().join("\n");
    for word in [
        "giveUpName",
        "rotateToken",
        "storeChild",
        "call",
        "backup",
        "remove",
        "release",
        "discardBackups",
        "raiseParent",
        "emit",
        "cleared",
        "reported",
        "ours",
        "released",
        "releasedAsPrevious",
        "assigned",
        "assignedKeepingPrevious",
        "queueTimedOut",
        "spotEvicted",
        "purge",
        "sandbox.state.updated",
        "sandbox.desired-state.updated",
        "sandbox.started",
        "sandbox.stopped",
        "sandbox.archived",
        "sandbox.destroyed",
        "sandbox.created",
        "sandbox.backup.created",
        "sandbox.snapshot.created",
    ] {
        assert!(text.contains(&format!("\"{word}\"")), "no effect has the word {word}");
    }
}

#[test]
fn the_written_form_of_a_refusal_is_unchanged() {
    let row = rows()[0];
    let now = at(NOW);
    let refused = |command| row.decide(command, &Policy::default(), Context::of(&row), now).err();
    let report = Report::State { state: SandboxState::Started, fault: None, recoverable: false, epoch: None };
    let mut refusals: Vec<_> = commands().into_iter().filter_map(refused).collect();
    refusals.extend(row.decide(report, &Policy::default(), Context::of(&row), now).err());
    assert!(refusals.len() > 5);
    kept("refusal.jsonl", &refusals);
}
