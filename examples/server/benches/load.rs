//! Load: what a stop costs on each database, how much of it is the crate, and whether clock and controller care for the size of
//! the fleet. `cargo bench -p sandbox-server --bench load`; LOAD_ROWS and LOAD_SECONDS choose the sizes.

#[path = "../tests/platform/databases.rs"]
mod databases;

use chrono::{DateTime, TimeDelta, Utc};
use databases::{Folder, TestDatabase, each};
use futures_util::StreamExt;
use reqwest::Client;
use sandbox_lifecycle::{
    Columns, Command, DesiredState, Policy, Sandbox, SandboxClass, SandboxState,
    lifecycle::Column,
    record::{CreateSandbox, RECORD_COLUMNS, ServerChoices, ServerTexts},
};
use sandbox_server::{
    metrics::{Metrics, Part},
    store::{Loaded, Store, With},
};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

const KEY: &str = "a-key-for-the-bench";

/// How many sandboxes are measured in a fleet of each size.
const SAMPLE: u32 = 1_000;

fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::main]
async fn main() {
    let most: u32 = setting("LOAD_ROWS").unwrap_or(100_000);
    let seconds = setting("LOAD_SECONDS").unwrap_or(5);
    for database in each().await {
        let kind = database.url.split(':').next().unwrap_or_default().to_owned();
        println!("\n{kind}");
        one_stop(&database).await;
        fleets(&database, most).await;
    }
    for database in each().await {
        end_to_end(&database, Duration::from_secs(seconds)).await;
    }
}

async fn open(database: &TestDatabase, metrics: &Metrics) -> Store {
    Store::open(&database.url, Policy::default(), None, metrics.clone()).await.expect("an empty database")
}

/// Builds a sandbox with these columns, without a timer that is due.
fn sandbox(id: String, columns: Columns, policy: &Policy) -> Sandbox {
    let choices = ServerChoices::new(&*id, "local", "eu", SandboxClass::Container, "http://127.0.0.1/toolbox");
    let mut request = CreateSandbox::default();
    request.labels =
        serde_json::from_value::<sandbox_lifecycle::record::TextMap>(json!({"team": "search"})).expect("labels").into();
    let created = Sandbox::create(request, choices, policy, columns.created_at).expect("a sound request");
    let mut record = created.dto().clone();
    record.runner_id = "r1".to_owned().into();
    Sandbox::from_row(record, columns.into(), ServerTexts::default())
}

fn at(now: DateTime<Utc>) -> Columns {
    Columns { created_at: now, last_activity_at: now, state_since: now, ..Columns::default() }
}

async fn fill(store: &Store, sandboxes: impl Iterator<Item = Sandbox>, now: DateTime<Utc>) {
    futures_util::stream::iter(sandboxes)
        .for_each_concurrent(64, |sandbox| async move {
            store.create(&sandbox, now).await.expect("a new row");
        })
        .await;
}

/// What one stop costs: to read the row, to decide and write, and the crate's own share.
async fn one_stop(database: &TestDatabase) {
    let metrics = Metrics::default();
    let store = open(database, &metrics).await;
    let now = store.now().await.expect("a clock");
    fill(&store, (0..SAMPLE).map(|n| sandbox(format!("stop-{n}"), at(now), store.policy())), now).await;
    let (mut reading, mut writing) = (Duration::ZERO, Duration::ZERO);
    let mut parts: [Vec<f64>; PARTS.len()] = Default::default();
    for n in 0..SAMPLE {
        let before = PARTS.map(|part| metrics.seconds_in(part));
        let began = Instant::now();
        let row: Loaded = store.load(&format!("stop-{n}")).await.expect("an answer").expect("the row");
        reading += began.elapsed();
        let began = Instant::now();
        let stop = Command::Stop { force: false };
        let decided =
            store.decide(row, With::default(), |row| row.sandbox.decide(stop, store.policy(), row.context, row.now));
        decided.await.expect("a stop is accepted");
        writing += began.elapsed();
        for ((part, before), taken) in PARTS.into_iter().zip(before).zip(&mut parts) {
            taken.push((metrics.seconds_in(part) - before) * 1e6);
        }
    }
    let [columns, decide, apply, record] = parts.map(median);
    let each = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(SAMPLE);
    println!(
        "one stop: read the row {:.0} µs, decide and write {:.0} µs; of both, in the crate {:.2} µs (medians: read the \
         columns {columns:.2}, decide {decide:.2}, apply and find the changed columns {apply:.2}), and {record:.2} µs to \
         read the rest of the record as JSON",
        each(reading),
        each(writing),
        columns + decide + apply
    );
}

/// What is measured of a stop, in this order.
const PARTS: [Part; 4] = [Part::Columns, Part::Decide, Part::Apply, Part::Record];

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The row of which a large fleet has copies.
const TEMPLATE: &str = "template";

/// Adds copies of the template to a table that has so many rows, up to this size. One statement: a million requests would take
/// an hour.
async fn copy_template(url: &str, from: u32, to: u32) {
    let columns: Vec<&str> = Column::ALL.iter().chain(RECORD_COLUMNS).map(|column| column.sql_name).collect();
    let values: Vec<&str> = columns.iter().map(|name| if *name == "name" { "'rest-' || i" } else { name }).collect();
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to}) \
         INSERT INTO sandbox (id, organization_id, record, next_deadline, pass_at, {}) \
         SELECT 'rest-' || i, organization_id, replace(record, '{TEMPLATE}', 'rest-' || i), next_deadline, pass_at, {} \
         FROM sandbox, n WHERE id = '{TEMPLATE}' AND i < {to}",
        columns.join(", "),
        values.join(", ")
    );
    match url.strip_prefix("sqlite:") {
        Some(path) => rusqlite::Connection::open(path).expect("the file").execute_batch(&sql).expect("copies"),
        None => {
            let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("a connection");
            tokio::spawn(connection);
            client.batch_execute(&sql).await.expect("copies");
            client.batch_execute("ANALYZE").await.expect("statistics, as autovacuum would make them");
        }
    }
}

/// The cost of a due row, and of a row that needs a pass, in fleets of growing size.
async fn fleets(database: &TestDatabase, most: u32) {
    let store = open(database, &Metrics::default()).await;
    let now = store.now().await.expect("a clock");
    let rests = Columns { state: SandboxState::Stopped, desired_state: DesiredState::Stopped, ..at(now) };
    fill(&store, [sandbox(TEMPLATE.into(), rests, store.policy())].into_iter(), now).await;
    let (mut stored, mut first) = (SAMPLE, None);
    for size in [1_000, 10_000, 100_000, 1_000_000].into_iter().filter(|size| *size <= most) {
        copy_template(&database.url, stored, size).await;
        stored = stored.max(size);
        let clock = clock(&store, size, now).await;
        let controller = controller(&store, size, now).await;
        let (clock_first, controller_first) = *first.get_or_insert((clock, controller));
        println!(
            "{size:>9} rows: a due row {:.0} µs ({:.2} of the smallest fleet), a pass {:.0} µs ({:.2})",
            clock * 1e6,
            clock / clock_first,
            controller * 1e6,
            controller / controller_first
        );
    }
}

/// Seconds that the clock needs for a due row: find it, read it, decide, write.
async fn clock(store: &Store, fleet: u32, now: DateTime<Utc>) -> f64 {
    let idle = at(now - TimeDelta::hours(1));
    fill(store, (0..SAMPLE).map(|n| sandbox(format!("due-{fleet}-{n}"), idle, store.policy())), now).await;
    let began = Instant::now();
    let mut found = 0;
    loop {
        let due = store.due(now, 100).await.expect("an answer");
        if due.is_empty() {
            break;
        }
        for id in due {
            let row = store.load(&id).await.expect("an answer").expect("the row");
            match row.sandbox.due(store.policy(), row.context.with_runner_unready(false), row.now) {
                Some(step) => {
                    store.write(&row, &step, With::default()).await.expect("nobody else writes");
                    found += 1;
                }
                None => store.look_later(&row).await.expect("an answer"),
            }
        }
    }
    assert_eq!(found, SAMPLE, "each of them is stopped");
    began.elapsed().as_secs_f64() / f64::from(SAMPLE)
}

/// Seconds that the controller needs for a row that needs a pass: take it, read it, reconcile, note when to look again.
async fn controller(store: &Store, fleet: u32, now: DateTime<Utc>) -> f64 {
    let until = now + TimeDelta::hours(1);
    // What the clock stopped waits for its passes already.
    let began = Instant::now();
    let mut visited = 0_u32;
    loop {
        let taken = store.take_passes(now + TimeDelta::minutes(1), until, 16).await.expect("an answer");
        if taken.is_empty() {
            break;
        }
        for id in taken {
            let row = store.load(&id).await.expect("an answer").expect("the row");
            let _ = row.sandbox.reconcile(&row.view(), store.policy(), row.now);
            store.pass_later(&row, until, until + TimeDelta::hours(fleet.into())).await.expect("an answer");
            visited += 1;
        }
    }
    assert!(visited >= SAMPLE, "{visited}");
    began.elapsed().as_secs_f64() / f64::from(visited)
}

/// Stops per second of the whole platform: HTTP, rows, outbox, runner, processes, reports.
async fn end_to_end(database: &TestDatabase, time: Duration) {
    const SANDBOXES: usize = 40;
    let folder = Folder::new();
    let (mut server, url) = start(database, &folder);
    let client = Client::new();
    let names: Vec<String> = (0..SANDBOXES).map(|n| format!("s{n}")).collect();
    until(&client, &url, "", |answer| answer["items"].is_array()).await;
    for name in &names {
        send(&client, "POST", &format!("{url}/sandbox"), Some(json!({"name": name, "autoStopInterval": 0}))).await;
    }
    for name in &names {
        until(&client, &url, name, |record| record["state"] == "started").await;
    }
    let began = Instant::now();
    let lives = names.iter().map(|name| {
        let (client, url) = (&client, &url);
        async move {
            let mut stops = 0_u32;
            while began.elapsed() < time {
                send(client, "POST", &format!("{url}/sandbox/{name}/stop?force=true"), None).await;
                until(client, url, name, |record| record["state"] == "stopped").await;
                stops += 1;
                send(client, "POST", &format!("{url}/sandbox/{name}/start"), None).await;
                until(client, url, name, |record| record["state"] == "started").await;
            }
            stops
        }
    });
    let stops: u32 = futures_util::future::join_all(lives).await.into_iter().sum();
    let kind = database.url.split(':').next().unwrap_or_default();
    println!(
        "{kind}: {:.0} stops a second end to end, each with the start that follows it ({SANDBOXES} sandboxes at a time)",
        f64::from(stops) / began.elapsed().as_secs_f64()
    );
    for name in &names {
        send(&client, "DELETE", &format!("{url}/sandbox/{name}"), None).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await; // The runner removes them.
    let _ = server.kill();
    let _ = server.wait();
}

fn start(database: &TestDatabase, folder: &Folder) -> (Child, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sandbox-server"));
    command.args(["--listen", "127.0.0.1:0", "--api-key", KEY, "--log", "error", "--database", &database.url]);
    command.args(["--rate", "1000000"]).arg("--data").arg(folder.join("data"));
    let mut server = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut first = String::new();
    BufReader::new(server.stdout.take().expect("a pipe")).read_line(&mut first).expect("its first line");
    let address = first.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
    (server, format!("http://{address}/api"))
}

async fn send(client: &Client, method: &str, url: &str, body: Option<Value>) -> Value {
    let request = client.request(method.parse().expect("a method"), url).bearer_auth(KEY);
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    match request.send().await {
        Ok(answer) => answer.json().await.unwrap_or(Value::Null),
        Err(_) => Value::Null, // It has not started yet.
    }
}

async fn until(client: &Client, url: &str, name: &str, is_so: impl Fn(&Value) -> bool) {
    let path = if name.is_empty() { format!("{url}/sandbox") } else { format!("{url}/sandbox/{name}") };
    while !is_so(&send(client, "GET", &path, None).await) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
