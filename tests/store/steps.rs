//! Steps: every kind of step, written with the statement that the page names for it.

use crate::{
    database::{on_each_database, on_postgres},
    page::{self, Kind},
    search::{self, found},
    table::{self, Row},
};
use sandbox_lifecycle::{
    Clock, Columns, Command, Context, Lifecycle, Policy, Step, Timer, Verb,
    chrono::{DateTime, TimeDelta},
    lifecycle::ColumnValue,
    rules::{Cause, ReportKind},
};
use std::collections::BTreeSet;

/// Every cause of a step that is written.
fn causes() -> BTreeSet<String> {
    use ReportKind::{Answer, Backup, Create, Destroy, ForkChild, ForkSource, Pause, Recover, Resize, Snapshot, Start};
    use ReportKind::{State, Stop};
    let reports =
        [Answer, Backup, Create, Destroy, ForkChild, ForkSource, Pause, Recover, Resize, Snapshot, Start, State, Stop];
    let commands = Verb::ALL.iter().copied().map(Cause::Command);
    let inputs = commands.chain(reports.map(Cause::Report)).chain(Timer::ALL.iter().copied().map(Cause::Timer));
    inputs.chain([Cause::Controller]).map(|cause| cause.to_string()).collect()
}

/// Every effect, as [`search::effect`] writes it.
const EFFECTS: &[&str] = &[
    "assign the runner of the placement",
    "assign the runner of the placement and keep the previous one",
    "call backup",
    "call build",
    "call create",
    "call destroy",
    "call fork",
    "call pause",
    "call pull",
    "call recover",
    "call resize",
    "call restore",
    "call resume",
    "call snapshot",
    "call start",
    "call stop",
    "clear the error reason",
    "discard older backups",
    "emit sandbox.archived",
    "emit sandbox.backup.created",
    "emit sandbox.created",
    "emit sandbox.desired-state.updated",
    "emit sandbox.destroyed",
    "emit sandbox.snapshot.created",
    "emit sandbox.started",
    "emit sandbox.state.updated",
    "emit sandbox.stopped",
    "give up the name",
    "raise the revision of the parent",
    "release the copy on the runner left",
    "release the runner",
    "release the runner, which becomes the previous one",
    "remove the copy on the runner left",
    "remove the record",
    "replace the auth token",
    "set our error reason",
    "set queueTimedOutAt",
    "set spotEvictedAt",
    "set the reported error reason",
    "store the fork's child",
];

#[test]
fn the_search_finds_a_step_of_every_cause_and_every_effect() {
    let steps = || found().steps.iter();
    assert_eq!(steps().map(|step| step.cause().to_string()).collect::<BTreeSet<_>>(), causes());
    let effects: BTreeSet<_> = steps().flat_map(Step::effects).map(search::effect).collect();
    assert_eq!(effects, EFFECTS.iter().map(|effect| (*effect).to_owned()).collect());
    let kinds: BTreeSet<_> = steps().map(|step| format!("{:?}", page::kind(step))).collect();
    assert_eq!(kinds, ["Purge", "Step", "Touch"].map(str::to_owned).into());
}

/// Returns what the table has after a step: no row after a purge, and the old deadline after a touch.
fn expected(step: &Step, row: Row, policy: &Policy) -> Option<Row> {
    let after = step.apply(row.lifecycle).expect("it was decided on this row");
    match page::kind(step) {
        Kind::Purge => None,
        Kind::Touch => Some(Row { lifecycle: after, ..row }),
        Kind::Nothing | Kind::Step => Some(Row::of(after, policy)),
    }
}

#[test]
fn every_kind_of_step_is_written_once_and_read_back_as_apply_returns_it() {
    let policy = Policy::default();
    on_each_database(|database| {
        let mut store = database.connect();
        for (step, number) in found().steps.iter().zip(0..) {
            let (id, row) = (format!("s{number}"), Row::of(*step.before(), &policy));
            table::insert(&mut *store, &id, &row);
            assert_eq!(table::write(&mut *store, &id, step, &policy), 1, "{step}");
            assert_eq!(table::read(&mut *store, &id), expected(step, row, &policy), "{step}");
            assert_eq!(table::write(&mut *store, &id, step, &policy), 0, "the second write of {step}");
            assert_eq!(table::read(&mut *store, &id), expected(step, row, &policy), "after two writes of {step}");
        }
    });
}

#[test]
fn a_step_on_another_revision_is_not_written() {
    let policy = Policy::default();
    on_each_database(|database| {
        let mut store = database.connect();
        let steps = found().steps.iter().filter(|step| page::kind(step) != Kind::Touch);
        for (step, number) in steps.zip(0..) {
            let revision = step.before().revision().wrapping_add(1);
            let moved = Lifecycle::from(Columns { revision, ..step.before().columns() });
            let (id, row) = (format!("s{number}"), Row::of(moved, &policy));
            table::insert(&mut *store, &id, &row);
            assert_eq!(table::write(&mut *store, &id, step, &policy), 0, "{step}");
            assert_eq!(table::read(&mut *store, &id), Some(row), "{step}");
        }
    });
}

#[test]
fn after_a_touch_the_idle_timers_are_not_written_and_every_other_step_is() {
    let policy = Policy::default();
    let idle = [Timer::AutoDelete, Timer::AutoArchive, Timer::AutoPause, Timer::AutoStop].map(Cause::Timer);
    on_each_database(|database| {
        let mut store = database.connect();
        let steps = found().steps.iter().filter(|step| page::kind(step) != Kind::Touch);
        for (step, number) in steps.zip(0..) {
            let (id, row) = (format!("s{number}"), *step.before());
            table::insert(&mut *store, &id, &Row::of(row, &policy));
            let used_at = row.last_activity_at() + TimeDelta::seconds(1);
            let touch = row.decide(Command::Touch, &policy, Context::of(&row), used_at).expect("a touch is accepted");
            let used = touch.apply(row).expect("it was decided on this row");
            assert_eq!(table::write(&mut *store, &id, &touch, &policy), 1, "a touch before {step}");
            let is_idle = idle.contains(&step.cause());
            assert_eq!(step.apply(used).is_err(), is_idle, "{step}");
            assert_eq!(table::write(&mut *store, &id, step, &policy), u64::from(!is_idle), "{step}");
            let left = table::read(&mut *store, &id).map(|row| row.lifecycle);
            let after = step.apply(used).unwrap_or(used);
            assert_eq!(left, (page::kind(step) != Kind::Purge).then_some(after), "{step}");
        }
    });
}

#[test]
fn of_two_touches_the_later_one_is_stored_in_any_order() {
    let policy = Policy::default();
    let row = Lifecycle::from(Columns::default());
    let touch = |seconds| {
        let at = DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        row.decide(Command::Touch, &policy, Context::of(&row), at).expect("a touch is accepted")
    };
    let later = Columns { last_activity_at: DateTime::UNIX_EPOCH + TimeDelta::seconds(5), ..row.columns() };
    let expected = Row { lifecycle: later.into(), ..Row::of(row, &policy) };
    on_each_database(|database| {
        let mut store = database.connect();
        for (id, order) in [("earlier first", [1, 5]), ("later first", [5, 1])] {
            table::insert(&mut *store, id, &Row::of(row, &policy));
            for seconds in order {
                table::write(&mut *store, id, &touch(seconds), &policy);
            }
            assert_eq!(table::read(&mut *store, id), Some(expected), "{id}");
        }
    });
}

#[test]
fn the_statement_on_the_page_is_that_of_a_stop() {
    let row = Lifecycle::from(Columns::default());
    let stop = row.decide(Command::Stop { force: false }, &Policy::default(), Context::of(&row), search::later(&row));
    let stop = stop.expect("a running sandbox can be stopped");
    assert_eq!(page::kind(&stop), Kind::Step);
    assert_eq!(page::step(&stop.changes()), page::statement("A step"));
}

#[test]
fn the_deadline_is_that_of_the_row_as_it_is_written() {
    let policy = Policy::default();
    let row = Lifecycle::from(Columns::default());
    let now = search::later(&row);
    let ttl = Command::Ttl { interval: sandbox_lifecycle::vocabulary::Ttl::try_from(5).expect("minutes") };
    let step = row.decide(ttl, &policy, Context::of(&row), now).expect("a running sandbox gets a time to live");
    let ends = now + TimeDelta::minutes(5) + TimeDelta::microseconds(1);
    assert!(Clock::new(&policy).next(&row).is_some_and(|before| before > ends), "the old deadline is later");
    on_each_database(|database| {
        let mut store = database.connect();
        table::insert(&mut *store, "s1", &Row::of(row, &policy));
        table::write(&mut *store, "s1", &step, &policy);
        assert_eq!(table::read(&mut *store, "s1").and_then(|row| row.next_deadline), Some(ends));
    });
}

#[test]
fn without_the_cast_postgresql_does_not_prepare_the_statement() {
    let without = page::statement("A step").replace("CAST($3 AS TIMESTAMPTZ)", "$3");
    assert_ne!(without, page::statement("A step"));
    on_postgres(|database| {
        let mut store = database.connect();
        let said = store.try_execute(&without, &[ColumnValue::Null; 8]).expect_err("it is not prepared");
        assert_eq!(said, "ERROR: could not determine data type of parameter $3");
    });
}
