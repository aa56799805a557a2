//! Timers: how a host finds the sandboxes that are due, and what it stores after a look.

use crate::{
    database::{Connection, Stored, on_each_database},
    page::{self, Kind},
    search::found,
    table::{self, Row, time},
};
use sandbox_lifecycle::{
    Clock, Columns, Command, Context, Lifecycle, Policy,
    chrono::{DateTime, TimeDelta, Utc},
    lifecycle::ColumnValue,
    vocabulary::Minutes,
};

/// Returns the sandboxes that are due.
fn due(store: &mut dyn Connection, now: DateTime<Utc>) -> Vec<String> {
    let query = page::statement("Sandboxes that are due");
    let rows = store.query(query, &[time(Some(now)), ColumnValue::Integer(10_000)]);
    rows.iter().map(|row| id(row)).collect()
}

fn id(row: &[Stored]) -> String {
    match row {
        [Stored::Text(id)] => id.clone(),
        other => panic!("{other:?} is no identity"),
    }
}

/// Stores when to look again at a row for which nothing was due. Returns how many rows it wrote.
fn look(store: &mut dyn Connection, id: &str, row: &Lifecycle, policy: &Policy, now: DateTime<Utc>) -> u64 {
    let again = time(Clock::new(policy).next_look(row, now));
    let values = [ColumnValue::Text(id), row.revision().into(), again];
    store.execute(page::statement("A look that found nothing due"), &values)
}

/// Does what a host does: it looks at every sandbox that is due, until none is. Returns how many looks that took.
fn looks(store: &mut dyn Connection, policy: &Policy, now: DateTime<Utc>, unready: bool) -> usize {
    let mut count = 0;
    loop {
        let found = due(store, now);
        if found.is_empty() {
            return count;
        }
        for id in found {
            count += 1;
            assert!(count < 100_000, "the looks do not end");
            let row = table::read(store, &id).expect("the row that was selected").lifecycle;
            let wrote = match row.due(policy, Context::of(&row).with_runner_unready(unready), now) {
                Some(step) => table::write(store, &id, &step, policy),
                None => look(store, &id, &row, policy, now),
            };
            assert_eq!(wrote, 1, "there is no other writer");
        }
    }
}

/// Inserts the rows of the search. Returns the identities.
fn filled(store: &mut dyn Connection, policy: &Policy) -> Vec<String> {
    let rows = found().rows.iter().take(400).zip(0..);
    let insert = |(row, number): (&Lifecycle, usize)| {
        let id = format!("s{number}");
        table::insert(store, &id, &Row::of(*row, policy));
        id
    };
    rows.map(insert).collect()
}

/// Asserts that every row has the deadline that a look now would store.
fn assert_deadlines(store: &mut dyn Connection, ids: &[String], policy: &Policy, now: DateTime<Utc>) {
    for id in ids {
        if let Some(Row { lifecycle, next_deadline }) = table::read(store, id) {
            assert_eq!(next_deadline, Clock::new(policy).next_look(&lifecycle, now), "{lifecycle:?}");
        }
    }
}

fn noon() -> DateTime<Utc> {
    "2025-10-09T12:00:00Z".parse().expect("a time")
}

/// A running sandbox that stops after 15 idle minutes.
fn running() -> Lifecycle {
    Columns { created_at: noon(), last_activity_at: noon(), state_since: noon(), ..Columns::default() }.into()
}

fn right_after(minutes: i64) -> DateTime<Utc> {
    noon() + TimeDelta::minutes(minutes) + TimeDelta::microseconds(1)
}

#[test]
fn a_sandbox_that_was_used_is_looked_at_once_and_then_at_its_new_deadline() {
    let (policy, row) = (Policy::default(), running());
    on_each_database(|database| {
        let mut store = database.connect();
        table::insert(&mut *store, "s1", &Row::of(row, &policy));
        let touch = row.decide(Command::Touch, &policy, Context::of(&row), noon() + TimeDelta::minutes(10));
        table::write(&mut *store, "s1", &touch.expect("a touch is accepted"), &policy);
        assert_eq!(due(&mut *store, noon() + TimeDelta::minutes(15)), [""; 0]);

        let now = right_after(15);
        assert_eq!(due(&mut *store, now), ["s1"]);
        assert_eq!(looks(&mut *store, &policy, now, false), 1);
        let used = Columns { last_activity_at: noon() + TimeDelta::minutes(10), ..row.columns() };
        let expected = Row { lifecycle: used.into(), next_deadline: Some(right_after(25)) };
        assert_eq!(table::read(&mut *store, "s1"), Some(expected));
    });
}

#[test]
fn a_look_does_not_replace_the_deadline_of_a_step_that_was_written_meanwhile() {
    let (policy, row) = (Policy::default(), running());
    let now = noon() + TimeDelta::minutes(15);
    let ttl = Command::Ttl { interval: sandbox_lifecycle::vocabulary::Ttl::try_from(1).expect("minutes") };
    let step = row.decide(ttl, &policy, Context::of(&row), now).expect("a running sandbox gets a time to live");
    on_each_database(|database| {
        let mut store = database.connect();
        table::insert(&mut *store, "s1", &Row::of(row, &policy));
        assert_eq!(table::write(&mut *store, "s1", &step, &policy), 1);
        assert_eq!(look(&mut *store, "s1", &row, &policy, now), 0);
        let after = step.apply(row).expect("it was decided on this row");
        assert_eq!(table::read(&mut *store, "s1"), Some(Row::of(after, &policy)));
    });
}

#[test]
fn a_sandbox_whose_runner_is_not_ready_is_looked_at_again_after_a_minute() {
    let (policy, row) = (Policy::default(), running());
    on_each_database(|database| {
        let mut store = database.connect();
        table::insert(&mut *store, "s1", &Row::of(row, &policy));
        let now = right_after(20);
        assert_eq!(looks(&mut *store, &policy, now, true), 1);
        let expected = Row { lifecycle: row, next_deadline: Some(now + TimeDelta::minutes(1)) };
        assert_eq!(table::read(&mut *store, "s1"), Some(expected));
    });
}

#[test]
fn the_looks_of_a_host_end_and_leave_the_next_deadline_of_every_sandbox() {
    let policy = Policy::default();
    on_each_database(|database| {
        let mut store = database.connect();
        let ids = filled(&mut *store, &policy);
        for days in [0, 1, 40] {
            let now = noon() + TimeDelta::days(days);
            assert!(looks(&mut *store, &policy, now, false) > 0);
            assert_deadlines(&mut *store, &ids, &policy, now);
        }
    });
}

#[test]
fn after_a_new_policy_one_statement_and_the_looks_store_its_deadlines() {
    let old = Policy::default();
    let mut new = old.clone();
    new.time_limits.stopping = Minutes::new(1).expect("an interval");
    new.time_limits.creating = Minutes::new(600).expect("an interval");
    new.time_limits.backup = Minutes::new(3).expect("an interval");
    on_each_database(|database| {
        let mut store = database.connect();
        let ids = filled(&mut *store, &old);
        let now = "2025-10-09T08:00:30Z".parse().expect("a time");
        looks(&mut *store, &old, now, false);
        store.execute(page::statement("A new policy"), &[time(Some(now))]);
        assert_eq!(due(&mut *store, now).len(), ids.len(), "every sandbox is due");
        looks(&mut *store, &new, now, false);
        assert_deadlines(&mut *store, &ids, &new, now);
    });
}

#[test]
fn a_purge_removes_the_row_once() {
    let policy = Policy::default();
    let purges: Vec<_> = found().steps.iter().filter(|step| page::kind(step) == Kind::Purge).collect();
    assert_eq!(purges.len(), 1);
    on_each_database(|database| {
        let mut store = database.connect();
        for step in &purges {
            table::insert(&mut *store, "s1", &Row::of(*step.before(), &policy));
            let now = step.decided_at();
            assert_eq!(due(&mut *store, now), ["s1"]);
            assert_eq!(table::write(&mut *store, "s1", step, &policy), 1);
            assert_eq!((table::read(&mut *store, "s1"), due(&mut *store, now).len()), (None, 0));
        }
    });
}

#[test]
fn the_databases_use_the_indexes() {
    on_each_database(|database| {
        let due = page::statement("Sandboxes that are due").replace("$1", "'2025-10-09'").replace("$2", "10");
        let plan = database.plan(&due);
        assert!(plan.contains("sandbox_next_deadline"), "{plan}");
        let plan = database.plan(page::statement("Rows that a controller must visit"));
        assert!(plan.contains("sandbox_needs_reconcile"), "{plan}");
    });
}
