//! Rows, inputs, contexts, views and inventories that are made of bytes.

use crate::bytes::Bytes;
use sandbox_lifecycle::{
    ApiProfile, Columns, Command, Context, DesiredState, Input, Lifecycle, Policy, Report, RunnerView, SandboxClass,
    SandboxState, Timer,
    chrono::{DateTime, TimeDelta, Utc},
    controller::{Image, ListedBy, Observed, Placement, RunnerStanding, Stored},
    rules::{Answer, Job, Outcome, Task},
    runner::Listed,
    vocabulary::{
        AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, CopyState, Fault, GpuType, Minutes, QueueTimeout,
        Repair, Size, SizeChange, Ttl,
    },
};
use std::num::NonZeroU32;

/// The time around which all times of a row are.
pub const NOON: DateTime<Utc> = DateTime::from_timestamp(1_760_000_000, 0).expect("a time");

fn time(bytes: &mut impl Bytes) -> DateTime<Utc> {
    match bytes.byte() {
        0 => DateTime::<Utc>::MIN_UTC,
        1 => DateTime::<Utc>::MAX_UTC,
        minutes => NOON - TimeDelta::minutes(i64::from(minutes) * 7),
    }
}

/// Returns how far the clock goes on: an instant, some minutes, or some days.
pub fn pause(bytes: &mut impl Bytes) -> TimeDelta {
    match (bytes.byte() % 4, i64::from(bytes.byte())) {
        (0, count) => TimeDelta::microseconds(count),
        (1, count) => TimeDelta::minutes(count),
        (2, count) => TimeDelta::hours(count),
        (_, count) => TimeDelta::seconds(count),
    }
}

fn size(bytes: &mut impl Bytes) -> Size {
    Size { cpu: bytes.number(), memory: bytes.number(), disk: bytes.number() }
}

fn minutes(bytes: &mut impl Bytes) -> i64 {
    match bytes.byte() {
        0..64 => 0,
        64..70 => -1,
        70..72 => i64::from(Minutes::MAX.get()),
        count => i64::from(count),
    }
}

fn auto_stop(bytes: &mut impl Bytes) -> AutoStop {
    AutoStop::try_from(minutes(bytes)).unwrap_or(AutoStop::Never)
}

fn auto_pause(bytes: &mut impl Bytes) -> AutoPause {
    AutoPause::try_from(minutes(bytes)).unwrap_or(AutoPause::Never)
}

fn auto_archive(bytes: &mut impl Bytes) -> AutoArchive {
    AutoArchive::try_from(minutes(bytes)).unwrap_or_default()
}

fn auto_delete(bytes: &mut impl Bytes) -> AutoDelete {
    AutoDelete::from(i32::try_from(minutes(bytes)).unwrap_or(i32::MAX))
}

/// Returns columns with any known words, coherent or not.
pub fn columns(bytes: &mut impl Bytes) -> Columns {
    let size = size(bytes);
    Columns {
        state: bytes.one_of(SandboxState::ALL),
        desired_state: bytes.one_of(DesiredState::ALL),
        pending: bytes.flag(),
        class: bytes.one_of(SandboxClass::ALL),
        gpu: if bytes.seldom() { bytes.byte() } else { 0 },
        gpu_type: if bytes.seldom() { Some(bytes.one_of(GpuType::ALL)) } else { None },
        cpu: size.cpu,
        memory: size.memory,
        disk: size.disk,
        backup_state: bytes.one_of(BackupState::ALL),
        has_backup_ref: bytes.flag(),
        has_runner: !bytes.seldom(),
        fault: bytes.flag().then(|| bytes.one_of(Fault::ALL)),
        recoverable: bytes.flag(),
        force_stop: bytes.flag(),
        revision: bytes.number(),
        epoch: bytes.number(),
        must_ask: bytes.flag(),
        must_ask_store: bytes.seldom(),
        repair: if bytes.seldom() { Some(bytes.one_of(Repair::ALL)) } else { None },
        backup_attempt: bytes.number(),
        changed_since_backup: bytes.flag(),
        kept_backup: bytes.flag(),
        is_fork_child: bytes.seldom(),
        archive_attempts: bytes.byte() % 8,
        restore_attempts: bytes.byte() % 8,
        last_recovery: bytes.seldom().then(|| time(bytes)),
        auto_stop: auto_stop(bytes),
        auto_pause: auto_pause(bytes),
        auto_archive: auto_archive(bytes),
        auto_delete: auto_delete(bytes),
        auto_destroy_at: bytes.seldom().then(|| time(bytes)),
        queue_timeout: QueueTimeout::try_from(minutes(bytes)).ok(),
        created_at: time(bytes),
        last_activity_at: time(bytes),
        state_since: time(bytes),
        backup_since: bytes.flag().then(|| time(bytes)),
    }
}

/// Returns columns that are sound up to the pair of states: what a platform's own writes leave.
pub fn sound_columns(bytes: &mut impl Bytes) -> Columns {
    let mut columns = columns(bytes);
    if columns.gpu > 0 {
        columns.auto_delete = AutoDelete::AtOnce;
    }
    if columns.auto_stop != AutoStop::Never {
        columns.auto_pause = AutoPause::Never;
    }
    if columns.state == SandboxState::Started {
        (columns.archive_attempts, columns.restore_attempts) = (0, 0);
    }
    // Where the sandbox runs, its disk changes, so that no backup is current.
    let runs = ["started", "starting", "stopping", "pausing", "resuming", "resizing", "forking"];
    let snapshots_running =
        (columns.state, columns.desired_state) == (SandboxState::Snapshotting, DesiredState::Started);
    columns.changed_since_backup |= runs.contains(&columns.state.as_str()) || snapshots_running;
    // The store is asked about an attempt that ended without a report.
    columns.must_ask_store &= [BackupState::None, BackupState::Error].contains(&columns.backup_state);
    if !columns.has_runner {
        (columns.must_ask, columns.repair) = (false, None);
    }
    columns
}

fn sizes(bytes: &mut impl Bytes) -> SizeChange {
    let mut quantity = || NonZeroU32::new(bytes.number());
    SizeChange { cpu: quantity(), memory: quantity(), disk: quantity() }
}

fn command(bytes: &mut impl Bytes) -> Command {
    match bytes.byte() % 16 {
        0 => Command::Start,
        1 => Command::Stop { force: bytes.flag() },
        2 => Command::Destroy { force: bytes.flag() },
        3 => Command::Pause,
        4 => Command::Archive,
        5 => Command::Resize(sizes(bytes)),
        6 => Command::Fork,
        7 => Command::Snapshot { include_memory: bytes.flag() },
        8 => Command::Recover { start: bytes.flag() },
        9 => Command::Backup,
        10 => Command::AutoStop { interval: auto_stop(bytes) },
        11 => Command::AutoPause { interval: auto_pause(bytes) },
        12 => Command::AutoArchive { interval: auto_archive(bytes) },
        13 => Command::AutoDelete { interval: auto_delete(bytes) },
        14 => Command::Ttl { interval: Ttl::try_from(minutes(bytes)).unwrap_or(Ttl::Never) },
        _touch => Command::Touch,
    }
}

fn job(bytes: &mut impl Bytes, row: &Lifecycle) -> Job {
    match bytes.byte() % 11 {
        0 => Job::Create,
        1 => Job::Start,
        2 => Job::Stop,
        3 => Job::Destroy,
        4 => Job::Pause,
        5 => Job::Snapshot,
        6 => Job::ForkSource,
        7 => Job::ForkChild,
        8 => Job::Resize { to: size(bytes) },
        9 => Job::Recover { start: bytes.flag() },
        _backup => Job::Backup { attempt: near(bytes, row.backup_attempt()) },
    }
}

fn task(bytes: &mut impl Bytes, row: &Lifecycle) -> Task {
    match bytes.byte() % 14 {
        0 => Task::Create,
        1 => Task::Restore,
        2 => Task::Start,
        3 => Task::Resume,
        4 => Task::Stop { force: bytes.flag() },
        5 => Task::Pause,
        6 => Task::Destroy,
        7 => Task::Resize { to: size(bytes) },
        8 => Task::Snapshot { include_memory: bytes.flag() },
        9 => Task::Fork,
        10 => Task::Recover { start: bytes.flag() },
        11 => Task::Build,
        12 => Task::Pull,
        _backup => Task::Backup { attempt: row.backup_attempt() },
    }
}

/// Returns mostly this number, seldom another one or none.
fn near(bytes: &mut impl Bytes, number: u32) -> Option<u32> {
    match bytes.byte() % 8 {
        0 => None,
        1 => Some(bytes.number()),
        _same => Some(number),
    }
}

fn report(bytes: &mut impl Bytes, row: &Lifecycle) -> Report {
    let epoch = near(bytes, row.epoch());
    match bytes.byte() % 8 {
        0 | 1 => Report::State {
            state: bytes.one_of(SandboxState::ALL),
            fault: bytes.flag().then(|| bytes.one_of(Fault::ALL)),
            recoverable: bytes.flag(),
            epoch,
        },
        2..5 => {
            let job = job(bytes, row);
            let failed = Outcome::Failed { fault: bytes.one_of(Fault::ALL), recoverable: bytes.flag() };
            Report::Ended { job, outcome: if bytes.flag() { failed } else { Outcome::Completed }, epoch }
        }
        5 | 6 => {
            let task = task(bytes, row);
            let refused = Answer::Refused { fault: bytes.one_of(Fault::ALL), recoverable: bytes.flag() };
            let answer = bytes.one_of(&[Answer::Accepted, Answer::Done, refused]);
            let from = bytes.flag().then(|| bytes.one_of(SandboxState::ALL));
            Report::Answered { task, answer, from, epoch }
        }
        _backup => Report::BackupUnderWay { begun: bytes.flag(), attempt: near(bytes, row.backup_attempt()) },
    }
}

/// Returns any input. The epochs and attempts of its reports are mostly those of the row.
pub fn input(bytes: &mut impl Bytes, row: &Lifecycle) -> Input {
    match bytes.byte() % 8 {
        0..4 => command(bytes).into(),
        4..7 => report(bytes, row).into(),
        _timer => bytes.one_of(Timer::ALL).into(),
    }
}

/// Returns a context of this row, seldom one of another revision.
pub fn context(bytes: &mut impl Bytes, row: &Lifecycle) -> Context {
    let flags = bytes.byte();
    let context = Context::of(row)
        .with_organization_suspended(flags & 7 == 7)
        .with_runner_unready(flags & 56 == 56)
        .with_runner_draining(flags & 64 != 0)
        .with_linked(flags & 192 == 192)
        .with_warm_pool(flags & 15 == 9);
    if bytes.flag() {
        return context;
    }
    let context = context.with_live_fork_children(bytes.number()).with_owed_departures(bytes.number());
    if bytes.seldom() { context.with_revision(row.revision().wrapping_sub(1)) } else { context }
}

/// Returns what a controller may know of a runner.
pub fn view(bytes: &mut impl Bytes, row: &Lifecycle) -> RunnerView {
    let images = [Image::Missing, Image::Pulling, Image::Building, Image::Ready, Image::Failed, Image::Removing];
    let standings = [RunnerStanding::Ready, RunnerStanding::Ready, RunnerStanding::NotReady, RunnerStanding::Gone];
    let answers = [Observed::NotAsked, Observed::NoAnswer, Observed::NotFound, Observed::Busy];
    let stored = [Stored::NotAsked, Stored::NoAnswer, Stored::Whole, Stored::Missing];
    let in_flight = Placement::InFlight(bytes.one_of(&images));
    RunnerView {
        runner: bytes.one_of(&standings),
        observed: if bytes.flag() { bytes.one_of(&answers) } else { Observed::State(bytes.one_of(SandboxState::ALL)) },
        observed_size: if bytes.seldom() { Some(size(bytes)) } else { None },
        stored: bytes.one_of(&stored),
        placement: bytes.one_of(&[Placement::NoRoom, Placement::Warm, Placement::Cold, in_flight]),
        image: bytes.one_of(&images),
        live_fork_children: if bytes.seldom() { bytes.number() } else { 0 },
        warm_pool: bytes.seldom(),
        ..RunnerView::of(row)
    }
}

/// Returns what a runner may list of a sandbox, and which runner lists it.
pub fn listed(bytes: &mut impl Bytes, row: &Lifecycle) -> (ListedBy, Option<Listed>) {
    let by = bytes.one_of(&[ListedBy::OwnRunner, ListedBy::OtherRunner, ListedBy::NewestSurvivor]);
    let copy = bytes.optional(|bytes| Listed {
        epoch: near(bytes, row.epoch()),
        state: bytes.one_of(&[CopyState::Running, CopyState::AtRest, CopyState::Paused, CopyState::Busy]),
        size: if bytes.flag() { Some(row.size()) } else { None },
        released: bytes.flag(),
    });
    (by, copy)
}

/// Returns the policy of one of the profiles.
pub fn policy(bytes: &mut impl Bytes) -> Policy {
    let mut policy = Policy::default();
    policy.profile = bytes.one_of(&[ApiProfile::V0_190, ApiProfile::V0_226]);
    policy
}
