//! The store, each test on SQLite and on PostgreSQL.

use crate::databases::{Folder, each};
use chrono::{DateTime, TimeDelta, Utc};
use sandbox_lifecycle::{
    Columns, Command, DesiredState, Policy, RunnerView, Sandbox, SandboxClass, SandboxState,
    controller::{Finding, RunnerStanding},
    record::{CreateSandbox, Message, OutboxKey, RecordEdit, ServerChoices, ServerTexts, TextMap},
    rules::TaskKind,
};
use sandbox_server::{
    metrics::Metrics,
    runner::wire::Hello,
    store::{Loaded, NotOpened, NotWritten, Store, Undecided, With},
};

/// Opens each database, empty.
pub async fn stores() -> Vec<(Store, crate::databases::TestDatabase)> {
    let mut stores = Vec::new();
    for database in each().await {
        stores.push((open(&database.url).await, database));
    }
    stores
}

async fn open(url: &str) -> Store {
    Store::open(url, Policy::default(), None, Metrics::default()).await.unwrap_or_else(|error| panic!("{url}: {error}"))
}

fn named(name: &str) -> CreateSandbox {
    let mut request = CreateSandbox::default();
    request.name = name.to_owned().into();
    request
}

/// Stores a new sandbox with this name, on runner `r1`.
async fn created(store: &Store, name: &str) -> Loaded {
    let request = named(name);
    let choices = ServerChoices {
        runner_id: Some("r1".into()),
        ..ServerChoices::new(name, "local", "eu", SandboxClass::Container, "http://127.0.0.1/toolbox")
    };
    let now = store.now().await.expect("a clock");
    let sandbox = Sandbox::create(request, choices, store.policy(), now).expect("a sound request");
    store.create(&sandbox, now).await.expect("a free name");
    loaded(store, name).await
}

/// Stores a running sandbox with this name.
pub async fn started(store: &Store, name: &str) -> Loaded {
    let created = created(store, &format!("{name}-created")).await;
    let now = created.now;
    let columns = Columns { created_at: now, last_activity_at: now, state_since: now, ..Columns::default() };
    let mut record = created.sandbox.dto().clone();
    record.id = name.into();
    record.name = name.into();
    let sandbox = Sandbox::from_row(record, columns.into(), ServerTexts::default());
    store.create(&sandbox, now).await.expect("a free name");
    loaded(store, name).await
}

pub async fn loaded(store: &Store, id: &str) -> Loaded {
    store.load(id).await.expect("an answer").unwrap_or_else(|| panic!("{id} is there"))
}

pub async fn command(store: &Store, id: &str, command: Command) -> Result<Sandbox, Undecided> {
    let row = loaded(store, id).await;
    let decided =
        store.decide(row, With::default(), |row| row.sandbox.decide(command, store.policy(), row.context, row.now));
    decided.await.map(|written| written.sandbox)
}

/// Returns the keys of what is to be sent.
async fn outgoing(store: &Store) -> Vec<String> {
    let now = store.real_now().await.expect("a clock");
    let taken = store.take_outgoing(now + TimeDelta::days(1), now + TimeDelta::days(2), 100).await.expect("an answer");
    let mut keys: Vec<String> = taken.iter().map(|outgoing| outgoing.entry.key.to_string()).collect();
    keys.sort();
    keys
}

async fn hello(store: &Store, runner_id: &str, instance: &str) -> Option<u64> {
    let hello =
        Hello { runner_id: runner_id.into(), url: "http://127.0.0.1:1".into(), instance: instance.into(), capacity: 2 };
    store.hello(&hello).await.expect("an answer").map(|runner| runner.session)
}

#[tokio::test]
async fn a_sandbox_is_read_as_it_was_stored_and_found_by_its_id_and_its_name() {
    for (store, _database) in stores().await {
        let row = created(&store, "s1").await;
        assert_eq!(row.sandbox.runner_id(), Some("r1"));
        assert_eq!(row.standing, RunnerStanding::NotReady, "it has never said hello");
        let by_name = store.find("local", "s1").await.expect("an answer").expect("it is there");
        assert_eq!(by_name.sandbox, row.sandbox);
        assert!(store.find("another", "s1").await.expect("an answer").is_none(), "another organization");
        assert_eq!(outgoing(&store).await, ["event-0-0"], "its creation is an event");
    }
}

#[tokio::test]
async fn of_two_writers_of_one_row_the_second_one_decides_again() {
    for (store, _database) in stores().await {
        let row = created(&store, "s1").await;
        let destroy = row.sandbox.decide(Command::Destroy { force: true }, store.policy(), row.context, row.now);
        let destroy = destroy.expect("a forced destroy is always accepted");
        let mut labels = TextMap::default();
        labels.insert("team", "a");
        let edited = store.edit(&row, RecordEdit::Labels(labels.clone())).await.expect("the first writer");
        let second = store.write(&row, &destroy, With::default()).await;
        assert!(matches!(second, Err(NotWritten::Stale)));
        assert_eq!(loaded(&store, "s1").await.sandbox, edited);
        let written = command(&store, "s1", Command::Destroy { force: true }).await.expect("decided again");
        assert_eq!(written.lifecycle().desired_state(), DesiredState::Destroyed);
        assert_eq!(written.dto().labels, labels, "neither write is lost");
    }
}

#[tokio::test]
async fn of_racing_commands_one_wins() {
    for (store, database) in stores().await {
        let second = open(&database.url).await;
        for round in 0..20 {
            let id = format!("s{round}");
            started(&store, &id).await;
            let (stop, destroy) = (Command::Stop { force: false }, Command::Destroy { force: false });
            let (stopped, destroyed) = tokio::join!(command(&store, &id, stop), command(&second, &id, destroy));
            // The loser decides again, and the row that it reads then refuses it.
            let won = match (&stopped, &destroyed) {
                (Ok(won), Err(Undecided::Refused(_))) | (Err(Undecided::Refused(_)), Ok(won)) => won,
                both => panic!("{both:?}"),
            };
            assert_eq!(loaded(&store, &id).await.sandbox, *won);
            assert_eq!(won.lifecycle().revision(), 1);
        }
    }
}

#[tokio::test]
async fn the_effects_of_a_step_are_stored_with_it_and_sent_by_one_sender() {
    for (store, _database) in stores().await {
        hello(&store, "r1", "a").await;
        let row = created(&store, "s1").await;
        let next = row.sandbox.reconcile(&row.view(), store.policy(), row.now);
        let sandbox_lifecycle::Next::Apply(step) = next else { panic!("{next}") };
        store.write(&row, &step, With::default()).await.expect("no other writer");
        let now = store.real_now().await.expect("a clock");
        let until = now + TimeDelta::seconds(30);
        let taken = store.take_outgoing(now + TimeDelta::seconds(1), until, 100).await.expect("an answer");
        let call = taken.iter().find(|outgoing| matches!(outgoing.entry.message, Message::Call(_))).expect("a call");
        assert_eq!((call.details.size.cpu, call.details.class), (2, SandboxClass::Container));
        let again = store.take_outgoing(now + TimeDelta::seconds(1), until, 100).await.expect("an answer");
        assert!(again.is_empty(), "another sender leaves them alone");
        assert_eq!(
            store.take_outgoing(until, until, 100).await.expect("an answer").len(),
            taken.len(),
            "but not for ever"
        );
        let key = OutboxKey::Call { epoch: row.sandbox.lifecycle().epoch().wrapping_add(1), task: TaskKind::Create };
        assert_eq!(call.entry.key, key);
        store.sent(&call.entry).await.expect("an answer");
        let call_is_there = outgoing(&store).await.contains(&key.to_string());
        assert!(!call_is_there, "what is done is not sent again");
    }
}

#[tokio::test]
async fn rows_that_need_a_pass_are_taken_by_one_controller_at_a_time() {
    for (store, database) in stores().await {
        let second = open(&database.url).await;
        for number in 0..30 {
            created(&store, &format!("s{number}")).await;
        }
        let now = store.now().await.expect("a clock") + TimeDelta::seconds(1);
        let until = now + TimeDelta::minutes(1);
        let (one, two) = tokio::join!(store.take_passes(now, until, 20), second.take_passes(now, until, 20));
        let mut taken = [one.expect("an answer"), two.expect("an answer")].concat();
        taken.sort();
        let all = taken.len();
        taken.dedup();
        assert_eq!(taken.len(), all, "nobody was taken twice");
        let rest = store.take_passes(now, until, 100).await.expect("an answer");
        assert_eq!(taken.len() + rest.len(), 30);
        assert_eq!(
            store.take_passes(until, until, 100).await.expect("an answer").len(),
            30,
            "a controller may have died"
        );
    }
}

#[tokio::test]
async fn a_row_is_due_at_its_deadline_and_a_look_that_finds_nothing_moves_it() {
    for (store, _database) in stores().await {
        let row = started(&store, "s1").await;
        let deadline = sandbox_lifecycle::Clock::new(store.policy()).next(row.sandbox.lifecycle());
        let deadline: DateTime<Utc> = deadline.expect("a running sandbox has an idle timer");
        assert!(store.due(deadline - TimeDelta::microseconds(1), 10).await.expect("an answer").is_empty());
        assert_eq!(store.due(deadline, 10).await.expect("an answer"), ["s1"]);
        let later = Loaded { now: deadline, ..row };
        store.look_later(&later).await.expect("an answer");
        assert!(store.due(deadline, 10).await.expect("an answer").is_empty());
    }
}

#[tokio::test]
async fn the_children_of_a_fork_and_what_runners_owe_are_counted_in_the_context() {
    for (store, _database) in stores().await {
        let parent = created(&store, "s1").await;
        let child = parent.sandbox.fork_child("s2", "child", parent.now);
        store.create(&child, parent.now).await.expect("a free name");
        assert_eq!(loaded(&store, "s1").await.context.live_fork_children(), 1);
        let finding = Finding::Release { epoch: 7 };
        store.store_departure("s1", "r1", &finding).await.expect("an answer");
        store.store_departure("s1", "r1", &finding).await.expect("an answer");
        assert_eq!(loaded(&store, "s1").await.context.owed_departures(), 1, "an inventory finds the same twice");
        let owed = store.owed_to("r1").await.expect("an answer");
        assert_eq!(owed.len(), 1);
        store.sent(&owed[0].entry).await.expect("an answer");
        assert_eq!(loaded(&store, "s1").await.context.owed_departures(), 0);
        hello(&store, "r1", "a").await;
        hello(&store, "r2", "b").await;
        let since = store.real_now().await.expect("a clock") - TimeDelta::seconds(5);
        let room = store.placement("s1", None, since).await.expect("an answer");
        assert_eq!(room.as_deref(), Some("r2"), "r1 has a released copy of it");
        assert_eq!(
            store.placement("s1", Some("r2"), since).await.expect("an answer"),
            None,
            "r2 is the one that it leaves"
        );
        let full = created(&store, "s3").await;
        assert_eq!(full.context.live_fork_children(), 0);
        assert_eq!(store.placement("s4", Some("r2"), since).await.expect("an answer"), None, "r1 has no room");
    }
}

/// An inventory lists a copy that the runner is about to remove, so a release of it is stored too.
#[tokio::test]
async fn a_removed_copy_is_no_released_one_whatever_an_older_inventory_has_found() {
    for (store, _database) in stores().await {
        created(&store, "s1").await;
        hello(&store, "r1", "a").await;
        let since = store.real_now().await.expect("a clock") - TimeDelta::seconds(5);
        let room = async || store.placement("s1", None, since).await.expect("an answer");

        let [remove, release] = [Finding::Remove { epoch: 8 }, Finding::Release { epoch: 7 }];
        store.store_departure("s1", "r1", &remove).await.expect("an answer");
        let removal = store.owed_to("r1").await.expect("an answer").remove(0).entry;
        store.store_departure("s1", "r1", &release).await.expect("an answer");
        assert_eq!(room().await, None, "r1 owes both");
        store.sent(&removal).await.expect("an answer");
        assert_eq!(room().await.as_deref(), Some("r1"), "the removal is newer than the release");

        store.store_departure("s1", "r1", &release).await.expect("an answer");
        let late = store.owed_to("r1").await.expect("an answer").remove(0).entry;
        store.outdated(&late).await.expect("an answer");
        assert_eq!(room().await.as_deref(), Some("r1"), "r1 knows the removal, so the release has no effect");
    }
}

#[tokio::test]
async fn a_runner_that_is_back_gets_a_new_session_and_its_rows_a_new_revision() {
    for (store, _database) in stores().await {
        assert_eq!(hello(&store, "r1", "a").await, Some(1));
        assert_eq!(hello(&store, "r1", "a").await, Some(1), "the same process");
        assert_eq!(hello(&store, "r1", "b").await, Some(2), "a new process");
        let row = created(&store, "s1").await;
        assert_eq!(row.standing, RunnerStanding::Ready);
        assert!(store.declare_gone("r1", row.now).await.expect("an answer"));
        assert_eq!(loaded(&store, "s1").await.standing, RunnerStanding::Gone);
        assert_eq!(hello(&store, "r1", "b").await, None, "it stays gone until an operator takes that back");
        assert!(store.take_back_gone("r1").await.expect("an answer"));
        assert!(!store.take_back_gone("r1").await.expect("an answer"), "it is back already");
        assert_eq!(hello(&store, "r1", "b").await, Some(3));
        let back = loaded(&store, "s1").await;
        assert_eq!(back.sandbox.lifecycle().revision(), 1);
        let view = RunnerView { runner: RunnerStanding::Gone, ..RunnerView::of(row.sandbox.lifecycle()) };
        assert_ne!(view.revision, back.view().revision, "a pass that saw it gone is not written");
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap_in_every_order() {
    for (store, _database) in stores().await {
        for number in 0..25 {
            created(&store, &format!("s{number:02}")).await;
        }
        for column in ["created_at", "name", "cpu", "last_activity_at"] {
            for descending in [false, true] {
                let mut found = Vec::new();
                let mut after = None;
                loop {
                    let page = store.page("local", column, descending, after, 7).await.expect("an answer");
                    found.extend(page.rows.iter().map(|row| row.id().to_owned()));
                    match page.next {
                        Some(next) => after = Some(next),
                        None => break,
                    }
                }
                let mut expected: Vec<String> = (0..25).map(|number| format!("s{number:02}")).collect();
                if descending {
                    expected.reverse();
                }
                if column != "created_at" && column != "last_activity_at" {
                    assert_eq!(found, expected, "{column}");
                }
                found.sort();
                expected.sort();
                assert_eq!(found, expected, "{column}");
            }
        }
    }
}

#[tokio::test]
async fn a_purged_record_leaves_its_events_and_its_name_is_free() {
    for (store, _database) in stores().await {
        created(&store, "s1").await;
        let destroyed = command(&store, "s1", Command::Destroy { force: true }).await.expect("accepted");
        assert_eq!(destroyed.lifecycle().state(), SandboxState::Destroying);
        assert!(destroyed.name().starts_with("DESTROYED_s1_"), "{}", destroyed.name());
        let request = named("s1");
        let choices = ServerChoices::new("s9", "local", "eu", SandboxClass::Container, "http://127.0.0.1/toolbox");
        let now = store.now().await.expect("a clock");
        let again = Sandbox::create(request, choices, store.policy(), now).expect("a sound request");
        store.create(&again, now).await.expect("the name is free");
        assert!(store.create(&again, now).await.is_err(), "and now it is not");
    }
}

#[tokio::test]
async fn a_store_is_opened_again_with_its_rows_and_its_time() {
    for database in each().await {
        let scaled =
            Store::open(&database.url, Policy::default(), Some(60), Metrics::default()).await.expect("a new store");
        created(&scaled, "s1").await;
        let before = scaled.now().await.expect("a clock");
        drop(scaled);
        let again = open(&database.url).await;
        assert_eq!(again.time().scale, 60, "the pace is that of the database");
        assert!(again.now().await.expect("a clock") >= before, "time does not jump back");
        loaded(&again, "s1").await;
        let slow =
            Store::open(&database.url, Policy::default(), Some(1), Metrics::default()).await.expect("a new pace");
        assert!(slow.now().await.expect("a clock") >= before, "time does not jump back");
    }
}

/// Each reads the real time for itself, so the clock that one of them stores is not that of another.
#[tokio::test]
async fn stores_that_are_opened_at_once_have_one_clock() {
    for database in each().await {
        drop(open(&database.url).await);
        // The tables are made, and nobody has stored the time yet.
        execute(&database.url, "DELETE FROM setting WHERE name = 'time'").await;
        let opened = (0..6).map(|_| Store::open(&database.url, Policy::default(), Some(1000), Metrics::default()));
        let stores = futures_util::future::join_all(opened).await;
        let times: Vec<_> = stores.iter().map(|store| *store.as_ref().expect("a store").time()).collect();
        assert!(times.iter().all(|time| *time == times[0]), "{times:?}");
    }
}

#[tokio::test]
async fn a_database_that_is_none_or_newer_is_refused_and_not_changed() {
    let folder = Folder::new();
    let file = folder.join("notes.txt");
    std::fs::write(&file, "These are notes and no database. ".repeat(200)).expect("a file");
    let before = std::fs::read(&file).expect("the file");
    let url = format!("sqlite:{}", file.display());
    let refused =
        Store::open(&url, Policy::default(), None, Metrics::default()).await.err().expect("it is no database");
    assert!(refused.to_string().contains("file is not a database"), "{refused}");
    assert_eq!(std::fs::read(&file).expect("the file"), before);
    let unknown =
        Store::open("mysql://x", Policy::default(), None, Metrics::default()).await.err().expect("an unknown kind");
    assert_eq!(unknown.to_string(), "`mysql://x` names no database: use sqlite:PATH or postgres://USER@HOST:PORT/NAME");
    let away = "postgres://me:secret@127.0.0.1:1/x";
    let away = Store::open(away, Policy::default(), None, Metrics::default()).await.err().expect("nobody listens");
    assert!(!away.to_string().contains("secret"), "{away}");
    for database in each().await {
        drop(open(&database.url).await);
        execute(&database.url, "UPDATE setting SET value = '999' WHERE name = 'version'").await;
        let newer =
            Store::open(&database.url, Policy::default(), None, Metrics::default()).await.err().expect("it is newer");
        assert!(matches!(newer, NotOpened::Newer { found: 999, .. }), "{newer}");
    }
}

async fn execute(url: &str, sql: &str) {
    match url.strip_prefix("sqlite:") {
        Some(path) => rusqlite::Connection::open(path).expect("the file").execute_batch(sql).expect("a statement"),
        None => {
            let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("a connection");
            tokio::spawn(connection);
            client.batch_execute(sql).await.expect("a statement");
        }
    }
}
