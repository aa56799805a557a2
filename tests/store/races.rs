//! Races: two writers decide on one row, each on a connection of its own, and write at the same time.

use crate::{
    database::{Connection, Database, on_each_database, on_postgres},
    page::{self, Kind},
    search::{self, commands, found},
    table::{self, Row},
};
use sandbox_lifecycle::{Columns, Command, Context, Lifecycle, Policy, Step, Verb, chrono::TimeDelta};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Barrier, LazyLock},
};

/// Two steps that two writers decided on one row.
struct Race {
    row: Lifecycle,
    steps: [Step; 2],
}

type Pair = (Verb, Verb);

/// One race for each pair of commands that some row accepts both.
fn races() -> &'static BTreeMap<Pair, Race> {
    static RACES: LazyLock<BTreeMap<Pair, Race>> = LazyLock::new(|| {
        let mut races = BTreeMap::new();
        for row in &found().rows {
            let now = search::later(row);
            let decided = |command: &Command, now| row.decide(*command, &Policy::default(), Context::of(row), now).ok();
            let steps = |now| -> Vec<(Verb, Step)> {
                let of = |command: &Command| Some((command.verb(), decided(command, now)?));
                commands().iter().filter_map(of).filter(|(_, step)| !step.is_noop()).collect()
            };
            let (firsts, seconds) = (steps(now), steps(now + TimeDelta::seconds(1)));
            for (one, first) in &firsts {
                for (other, second) in &seconds {
                    races.entry((*one, *other)).or_insert(Race { row: *row, steps: [*first, *second] });
                }
            }
        }
        races
    });
    &RACES
}

/// Pairs of commands of which no state accepts both.
fn disjoint() -> BTreeSet<Pair> {
    let states = |verb: Verb| verb.from_states().collect::<BTreeSet<_>>();
    let pairs = Verb::ALL.iter().flat_map(|one| Verb::ALL.iter().map(move |other| (*one, *other)));
    // A sandbox in error has no disk to back up, so the command writes nothing where a recovery does.
    let backup_in_error = [(Verb::Backup, Verb::Recover), (Verb::Recover, Verb::Backup)];
    pairs.filter(|(one, other)| states(*one).is_disjoint(&states(*other))).chain(backup_in_error).collect()
}

#[test]
fn every_pair_of_commands_that_a_state_accepts_has_a_race() {
    let pairs = Verb::ALL.iter().flat_map(|one| Verb::ALL.iter().map(move |other| (*one, *other)));
    let without: BTreeSet<Pair> = pairs.filter(|pair| !races().contains_key(pair)).collect();
    assert_eq!(without, disjoint());
}

/// Writes both steps at the same time. Returns how many rows each of them wrote.
fn raced(writers: &mut [Box<dyn Connection>; 2], id: &str, steps: &[Step; 2]) -> [u64; 2] {
    let (policy, start) = (Policy::default(), Barrier::new(2));
    let [first, second] = writers;
    let write = |store: &mut dyn Connection, step| {
        start.wait();
        table::write(store, id, step, &policy)
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| write(&mut **second, &steps[1]));
        let wrote = write(&mut **first, &steps[0]);
        [wrote, other.join().expect("the other writer")]
    })
}

/// Returns the rows that may be stored after a race, each with how many rows the two steps wrote.
fn outcomes(Race { row, steps: [first, second] }: &Race) -> Vec<([u64; 2], Lifecycle)> {
    let only = |step: &Step| step.apply(*row).expect("it was decided on this row");
    let both = |step: &Step, then: &Step| then.apply(only(step)).expect("a touch is compatible with every step");
    match [first, second].map(|step| page::kind(step) == Kind::Touch) {
        [false, false] => vec![([1, 0], only(first)), ([0, 1], only(second))],
        // If the earlier touch is second, there is nothing left to write.
        [true, true] => vec![([1, 1], only(second)), ([0, 1], only(second))],
        // If the other step sets the last activity to a later time, there is nothing left to write.
        [true, false] => vec![([1, 1], both(first, second)), ([1, 1], both(second, first)), ([0, 1], only(second))],
        [false, true] => vec![([1, 1], both(first, second)), ([1, 1], both(second, first))],
    }
}

#[test]
fn of_two_commands_decided_on_one_row_one_is_written_or_they_are_compatible_touches() {
    on_each_database(|database: &dyn Database| {
        let mut writers = [database.connect(), database.connect()];
        let mut store = database.connect();
        for (pair, race) in races() {
            let id = format!("{pair:?}");
            table::insert(&mut *store, &id, &Row::of(race.row, &Policy::default()));
            let wrote = raced(&mut writers, &id, &race.steps);
            let stored = table::read(&mut *store, &id).expect("no command removes the row").lifecycle;
            let outcomes = outcomes(race);
            assert!(outcomes.contains(&(wrote, stored)), "{id} wrote {wrote:?}: {stored:?}\nexpected {outcomes:?}");
        }
    });
}

#[test]
fn on_postgresql_the_second_writer_waits_for_the_first_and_then_writes_no_row() {
    let policy = Policy::default();
    let row = Lifecycle::from(Columns::default());
    let decided = |command: Command| {
        row.decide(command, &policy, Context::of(&row), search::later(&row)).expect("a running sandbox accepts it")
    };
    let (stop, destroy) = (decided(Command::Stop { force: false }), decided(Command::Destroy { force: false }));
    on_postgres(|database| {
        let [mut first, mut second, mut store] = [(); 3].map(|()| database.connect());
        let waits =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE sandbox%'";
        for (level, expected) in [
            ("READ COMMITTED", Ok(0)),
            ("REPEATABLE READ", Err("ERROR: could not serialize access due to concurrent update".to_owned())),
        ] {
            table::insert(&mut *store, level, &Row::of(row, &policy));
            for writer in [&mut first, &mut second] {
                writer.execute(&format!("BEGIN ISOLATION LEVEL {level}"), &[]);
            }
            assert_eq!(table::write(&mut *first, level, &stop, &policy), 1);
            let wrote = std::thread::scope(|scope| {
                let late = scope.spawn(|| table::try_write(&mut *second, level, &destroy, &policy));
                while store.query(waits, &[])[0][0] == crate::database::Stored::Integer(0) {
                    assert!(!late.is_finished(), "the second writer does not wait");
                }
                first.execute("COMMIT", &[]);
                late.join().expect("the second writer")
            });
            second.execute("ROLLBACK", &[]);
            assert_eq!(wrote, expected, "{level}");
            let stored = table::read(&mut *store, level).map(|row| row.lifecycle);
            assert_eq!(stored, stop.apply(row).ok(), "{level}");
        }
    });
}
