//! Measures how fast this crate and SQLite find the next deadline of a fleet of a million sandboxes, in the same run.
//!
//! SQLite holds the same columns in memory, with words as small numbers and times as integers. It answers with one
//! prepared statement: the minimum over the rows of the minimum over the nine timers, without the time limits on which the
//! controller's pass acts. The bench checks that both answers are equal.

use criterion::{Criterion, Throughput};
use rusqlite::{Connection, params};
use sandbox_lifecycle::{
    Clock, Columns, DesiredState, Lifecycle, Policy, SandboxClass, SandboxState,
    chrono::{DateTime, TimeDelta},
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, QueueTimeout},
};
use std::{hint::black_box, time::Duration};

const FLEET: usize = 1_000_000;
/// The targets: at most this many ns a sandbox, and at least this many times faster than SQLite.
const AIM: (f64, f64) = (8.0, 15.0);
/// The number of measurements of each for the table of ratios, in turns.
const ROUNDS: usize = 15;

/// A small random generator (splitmix64) with a fixed seed, so that every run measures the same fleet.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[usize::try_from(self.below(items.len() as u64)).expect("a small index")]
    }
}

/// Returns a sandbox that was used within the last month, in any coherent pair of states.
fn sandbox(chance: &mut Chance) -> Lifecycle {
    loop {
        let micros = 1_760_000_000_000_000 - i64::try_from(chance.below(2_592_000_000_000)).expect("a month");
        let used = DateTime::from_timestamp_micros(micros).expect("a time in chrono's range");
        let row = Lifecycle::from(Columns {
            state: chance.of(SandboxState::ALL),
            desired_state: chance.of(DesiredState::ALL),
            class: chance.of(SandboxClass::ALL),
            has_runner: chance.below(8) > 0,
            backup_state: chance.of(BackupState::ALL),
            auto_stop: AutoStop::try_from(chance.of(&[0, 15, 60])).expect("minutes"),
            auto_pause: AutoPause::try_from(chance.of(&[0, 0, 60])).expect("minutes"),
            auto_archive: AutoArchive::try_from(chance.of(&[60, 10_080, 43_200])).expect("minutes"),
            auto_delete: AutoDelete::from(chance.of(&[-1, -1, 0, 20_000])),
            auto_destroy_at: (chance.below(4) == 0).then(|| used + TimeDelta::minutes(50_000)),
            queue_timeout: (chance.below(4) == 0).then(|| QueueTimeout::try_from(30).expect("minutes")),
            backup_since: Some(used),
            created_at: used,
            last_activity_at: used,
            state_since: used,
            ..Columns::default()
        })
        .repaired();
        if !row.violations().contains(sandbox_lifecycle::lifecycle::Violation::IncoherentStates) {
            return row;
        }
    }
}

fn code<T: PartialEq>(all: &[T], word: &T) -> i64 {
    all.iter().position(|found| found == word).and_then(|index| i64::try_from(index).ok()).expect("a word of the list")
}

/// Returns the same fleet in SQLite.
fn store(fleet: &[Lifecycle]) -> Connection {
    let mut store = Connection::open_in_memory().expect("an empty store");
    store
        .execute_batch(
            "CREATE TABLE sandbox (id INTEGER PRIMARY KEY, state INTEGER, desired INTEGER, pending INTEGER, vm INTEGER, \
             runner INTEGER, backup INTEGER, stop INTEGER, pause INTEGER, archive INTEGER, del INTEGER, ends INTEGER, \
             queue INTEGER, created INTEGER, used INTEGER, since INTEGER, backup_since INTEGER)",
        )
        .expect("a table");
    let all = store.transaction().expect("a transaction");
    {
        let mut insert =
            all.prepare("INSERT INTO sandbox VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)").expect("a statement");
        for row in fleet {
            let columns = row.columns();
            insert
                .execute(params![
                    code(SandboxState::ALL, &columns.state),
                    code(DesiredState::ALL, &columns.desired_state),
                    columns.pending,
                    columns.class.is_vm(),
                    columns.has_runner,
                    code(BackupState::ALL, &columns.backup_state),
                    columns.auto_stop.as_minutes(),
                    columns.auto_pause.as_minutes(),
                    columns.auto_archive.as_minutes(),
                    columns.auto_delete.as_minutes(),
                    columns.auto_destroy_at.map(|at| at.timestamp_micros()),
                    columns.queue_timeout.map_or(0, QueueTimeout::as_minutes),
                    columns.created_at.timestamp_micros(),
                    columns.last_activity_at.timestamp_micros(),
                    columns.state_since.timestamp_micros(),
                    columns.backup_since.map(|at| at.timestamp_micros()),
                ])
                .expect("a row");
        }
    }
    all.commit().expect("a fleet");
    store
}

/// The states whose time limit, with desired started, the controller's pass ends itself.
const FOLLOWED: [SandboxState; 6] = [
    SandboxState::Creating,
    SandboxState::Restoring,
    SandboxState::Starting,
    SandboxState::Resuming,
    SandboxState::BuildingSnapshot,
    SandboxState::PullingSnapshot,
];

/// Returns the statement, with the codes of the words and the limits of the policy.
fn statement(policy: &Policy) -> String {
    let state = |state| code(SandboxState::ALL, &state);
    let desired = |desired| code(DesiredState::ALL, &desired);
    let (minute, never) = (60_000_000_i64, i64::MAX);
    let limits: Vec<String> = SandboxState::ALL
        .iter()
        .filter_map(|of| policy.time_limits.of_state(*of).map(|limit| (code(SandboxState::ALL, of), limit)))
        .map(|(code, limit)| format!("WHEN {code} THEN since + {}", i64::from(limit.get()) * minute))
        .collect();
    let (started, stopped) = (state(SandboxState::Started), state(SandboxState::Stopped));
    let (desired_started, desired_stopped) = (desired(DesiredState::Started), desired(DesiredState::Stopped));
    let desired_destroyed = desired(DesiredState::Destroyed);
    let (destroyed, failed) = (state(SandboxState::Destroyed), state(SandboxState::BuildFailed));
    let error = state(SandboxState::Error);
    let queued = format!(
        "(state IN ({}, {}) AND desired = {desired_started} AND NOT runner AND queue > 0)",
        state(SandboxState::PendingBuild),
        state(SandboxState::PullingSnapshot)
    );
    let followed = format!(
        "(state IN ({}) AND desired = {desired_started} AND pending AND (runner OR state <> {}))",
        FOLLOWED.map(|followed| state(followed).to_string()).join(", "),
        state(SandboxState::PullingSnapshot)
    );
    let runs = format!("state = {started} AND desired = {desired_started} AND NOT pending AND runner");
    let rests = format!("state = {stopped} AND desired = {desired_stopped} AND NOT pending");
    let begun = code(BackupState::ALL, &BackupState::InProgress);
    format!(
        "SELECT MIN(MIN(
            CASE WHEN desired <> {desired_destroyed} THEN ifnull(ends, {never}) ELSE {never} END,
            CASE WHEN {queued} THEN created + queue * {minute} ELSE {never} END,
            CASE WHEN {queued} OR {followed} THEN {never} ELSE CASE state {limits} ELSE {never} END END,
            CASE WHEN backup = {begun} THEN backup_since + {backup} ELSE {never} END,
            CASE WHEN {rests} AND runner AND del >= 0 THEN used + del * {minute} ELSE {never} END,
            CASE WHEN {rests} AND del <> 0 THEN used + archive * {minute} ELSE {never} END,
            CASE WHEN {runs} AND pause > 0 AND vm AND del <> 0 THEN used + pause * {minute} ELSE {never} END,
            CASE WHEN {runs} AND stop > 0 THEN used + stop * {minute} ELSE {never} END,
            CASE WHEN state = {destroyed} OR (state = {failed} AND desired = {desired_destroyed}) THEN since + {day}
                 WHEN (state = {failed} AND desired = {desired_started}) OR (state = {error} AND desired = {desired_destroyed})
                 THEN since + {week} ELSE {never} END
        )) FROM sandbox",
        limits = limits.join(" "),
        backup = i64::from(policy.time_limits.backup.get()) * minute,
        day = 24 * 60 * minute,
        week = 7 * 24 * 60 * minute,
    )
}

fn ours(fleet: &[Lifecycle], clock: &Clock) -> Option<DateTime<sandbox_lifecycle::chrono::Utc>> {
    clock.first(fleet)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() {
    let policy = Policy::default();
    let clock = Clock::new(&policy);
    let mut chance = Chance(0x5eed);
    let fleet: Vec<Lifecycle> = (0..FLEET).map(|_| sandbox(&mut chance)).collect();
    let store = store(&fleet);
    let sql = statement(&policy);
    let mut select = store.prepare(&sql).expect("a statement");
    let mut theirs = || select.query_row([], |row| row.get::<_, i64>(0)).expect("an answer");

    let first = ours(&fleet, &clock).expect("a timer is armed").timestamp_micros();
    assert_eq!(first, theirs() + 1, "both find the same instant; a timer acts strictly later than its time");

    let mut criterion = Criterion::default().configure_from_args().sample_size(10);
    let mut group = criterion.benchmark_group("next deadline of a fleet");
    group.throughput(Throughput::Elements(FLEET as u64));
    group.bench_function("ours", |bencher| bencher.iter(|| ours(black_box(&fleet), &clock)));
    group.bench_function("sqlite", |bencher| bencher.iter(&mut theirs));
    group.finish();

    let (mut mine, mut other) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = std::time::Instant::now();
        black_box(ours(black_box(&fleet), &clock));
        mine.push(begun.elapsed());
        let begun = std::time::Instant::now();
        black_box(theirs());
        other.push(begun.elapsed());
    }
    let each = |time: Duration| time.as_secs_f64() * 1e9 / FLEET as f64;
    let (mine, other) = (each(median(mine)), each(median(other)));
    println!("\n| next deadline of {FLEET} sandboxes | ns a sandbox | ours is faster by |\n|---|---|---|");
    println!("| ours | {mine:.1} | |\n| SQLite, in memory | {other:.1} | {:.0} times |", other / mine);
    println!("| the target | at most {:.0} | at least {:.0} times |", AIM.0, AIM.1);
}
