//! A folder, a server that only listens, and runners, in the process of the test or in their own.

use crate::proc::marked;
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use sandbox_lifecycle::{
    Report,
    record::{BackupRef, Message},
    rules::{Call, Job, Outcome, Task},
    runner::CopyAnswer,
    vocabulary::{CopyState, Size},
};
use sandbox_server::{
    backups::BackupStore,
    runner::{
        self, Faults, Options,
        wire::{
            ASKS, Ask, Delivery, Details, HELLO, Hello, INVENTORY, Inventory, MESSAGES, REPORTS, Reported, SESSION,
            Welcome,
        },
    },
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, task::JoinHandle, time::sleep};

const TOKEN: &str = "the token";
const PATIENCE: Duration = Duration::from_secs(15);

/// What the server has heard, and what it says.
#[derive(Default)]
pub struct Heard {
    pub hellos: BTreeMap<String, Hello>,
    pub sessions: BTreeMap<String, u64>,
    pub reports: Vec<Reported>,
    /// Each with the session in which it came.
    pub inventories: Vec<(u64, Inventory)>,
    pub owed: Vec<Delivery>,
    pub gone: bool,
}

type Shared = Arc<Mutex<Heard>>;

/// A folder and a server. Everything that runs in the folder ends with it.
pub struct Scene {
    pub dir: PathBuf,
    pub heard: Shared,
    url: String,
    client: reqwest::Client,
}

/// A runner.
pub struct Runner {
    life: Life,
}

enum Life {
    Task(JoinHandle<Result<(), runner::Error>>),
    Process(Child),
}

impl Scene {
    pub async fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("sandbox-runner-{}-{number}", std::process::id()));
        fs::create_dir_all(dir.join("witness")).expect("a temporary folder");
        let dir = dir.canonicalize().expect("a folder");
        let heard = Shared::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let routes = Router::new()
            .route(HELLO, post(hello))
            .route(REPORTS, post(report))
            .route(INVENTORY, post(inventory))
            .with_state(Arc::clone(&heard));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { dir, heard, url, client: reqwest::Client::new() }
    }

    pub fn options(&self, id: &str) -> Options {
        Options {
            id: id.to_owned(),
            listen: "127.0.0.1:0".parse().expect("an address"),
            server: self.url.clone(),
            token: TOKEN.to_owned(),
            data: self.dir.join(id),
            backups: self.dir.join("backups"),
            snapshots: self.dir.join("snapshots"),
            capacity: 10,
            stop_grace: Duration::from_secs(3),
            inventory_interval: Duration::from_secs(30),
            end_with_stdin: false,
            sandbox_tick: Duration::from_millis(50),
            sandbox_witness: Some(self.dir.join("witness")),
            faults: Faults::default(),
        }
    }

    /// Starts a runner in this process, and returns when it takes messages.
    pub async fn runner(&self, id: &str) -> Runner {
        self.runner_with(self.options(id)).await
    }

    pub async fn runner_with(&self, options: Options) -> Runner {
        let id = options.id.clone();
        let before = self.session(&id);
        let life = Life::Task(tokio::spawn(runner::run(options)));
        self.until("a runner begins its session", |heard| begun(heard, &id, before)).await;
        Runner { life }
    }

    /// Starts a runner in a process of its own, and returns when it takes messages.
    pub async fn process(&self, id: &str) -> Runner {
        let before = self.session(id);
        let child = self.command(id).spawn().expect("the program starts");
        self.until("a runner begins its session", |heard| begun(heard, id, before)).await;
        Runner { life: Life::Process(child) }
    }

    /// Returns the command of a runner of its own, with a standard input.
    pub fn command(&self, id: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sandbox-server"));
        command.args(["--role", "runner", "--id", id, "--server", &self.url, "--end-with-stdin"]);
        command.arg("--data").arg(&self.dir).args(["--sandbox-tick", "0.05", "--log", "warn"]);
        command.arg("--sandbox-witness").arg(self.dir.join("witness"));
        command.env("SANDBOX_RUNNER_TOKEN", TOKEN);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    pub fn session(&self, runner: &str) -> u64 {
        self.heard.lock().expect("the server").sessions.get(runner).copied().unwrap_or_default()
    }

    /// Waits until the server has heard something.
    pub async fn until<T>(&self, what: &str, mut found: impl FnMut(&Heard) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = found(&self.heard.lock().expect("the server")) {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "waited too long until {what}");
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Sends something to a runner in its session, and returns the answer; `None` if nobody answers.
    pub async fn try_post(&self, runner: &str, path: &str, body: &impl Serialize) -> Option<(StatusCode, Value)> {
        self.post_in(self.session(runner), runner, path, body).await
    }

    pub async fn post_in(
        &self,
        session: u64,
        runner: &str,
        path: &str,
        body: &impl Serialize,
    ) -> Option<(StatusCode, Value)> {
        let url = self.heard.lock().expect("the server").hellos[runner].url.clone();
        let request = self.client.post(format!("{url}{path}")).bearer_auth(TOKEN).header(SESSION, session);
        let answer = request.timeout(PATIENCE).json(body).send().await.ok()?;
        let status = answer.status();
        Some((status, answer.json().await.unwrap_or(Value::Null)))
    }

    pub async fn post(&self, runner: &str, path: &str, body: &impl Serialize) -> (StatusCode, Value) {
        self.try_post(runner, path, body).await.expect("the runner answers")
    }

    /// Sends a message.
    pub async fn send(&self, runner: &str, id: &str, message: Message, details: Details) -> (StatusCode, Value) {
        self.post(runner, MESSAGES, &Delivery { sandbox_id: id.to_owned(), message, details }).await
    }

    /// Sends a call, which must be taken.
    pub async fn call(&self, runner: &str, id: &str, task: Task, epoch: u32) {
        self.call_with(runner, id, task, epoch, vm()).await;
    }

    pub async fn call_with(&self, runner: &str, id: &str, task: Task, epoch: u32, details: Details) {
        let taken = self.send(runner, id, Message::Call(Call { task, epoch }), details).await;
        assert_eq!(taken, (StatusCode::OK, json!("call")), "{id}: {task} (epoch {epoch})");
    }

    /// Sends a call, and returns the outcome that the runner reports.
    pub async fn done(&self, runner: &str, id: &str, task: Task, epoch: u32) -> Outcome {
        self.done_with(runner, id, task, epoch, vm()).await
    }

    pub async fn done_with(&self, runner: &str, id: &str, task: Task, epoch: u32, details: Details) -> Outcome {
        self.call_with(runner, id, task, epoch, details).await;
        self.outcome(id, task, epoch).await
    }

    /// Waits for the end of a call.
    pub async fn outcome(&self, id: &str, task: Task, epoch: u32) -> Outcome {
        let job = task.job().expect("a task with a job");
        self.ended(id, job, Some(epoch)).await.0
    }

    /// Waits for the end of a job, and returns it with its reason.
    pub async fn ended(&self, id: &str, job: Job, epoch: Option<u32>) -> (Outcome, Option<String>) {
        self.until(&format!("{id} reports the end of {job:?} (epoch {epoch:?})"), |heard| {
            ends(heard, id, job, epoch).pop()
        })
        .await
    }

    /// Waits until the end of a call is reported for the second time.
    pub async fn repeated(&self, id: &str, task: Task, epoch: u32) {
        let job = task.job().expect("a task with a job");
        let twice = |heard: &Heard| (ends(heard, id, job, Some(epoch)).len() == 2).then_some(());
        self.until("the answer is repeated", twice).await;
    }

    /// Returns how often the end of a call was reported.
    pub fn times(&self, id: &str, task: Task, epoch: u32) -> usize {
        let heard = self.heard.lock().expect("the server");
        ends(&heard, id, task.job().expect("a task with a job"), Some(epoch)).len()
    }

    /// Asks a runner about its copy.
    pub async fn ask(&self, runner: &str, id: &str, epoch: u32) -> CopyState {
        let (status, answer) = self.post(runner, ASKS, &Ask { sandbox_id: id.to_owned(), epoch }).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        serde_json::from_value::<CopyAnswer>(answer).expect("an answer").state
    }

    pub fn disk(&self, runner: &str, id: &str) -> PathBuf {
        self.dir.join(runner).join("sandboxes").join(id).join("disk")
    }

    pub fn counter(&self, runner: &str, id: &str) -> u64 {
        number(&self.disk(runner, id).join("counter"))
    }

    pub fn witness(&self, id: &str) -> u64 {
        number(&self.dir.join("witness").join(id))
    }

    /// Waits until the counter of a sandbox is above a number.
    pub async fn counts_beyond(&self, runner: &str, id: &str, number: u64) {
        grows_beyond(id, number, || self.counter(runner, id)).await;
    }

    /// Waits until the witness of a sandbox is above a number. The disk gets each number first.
    pub async fn witness_beyond(&self, id: &str, number: u64) {
        grows_beyond(id, number, || self.witness(id)).await;
    }

    /// Returns the live processes of a sandbox, each with the letter of its state.
    pub fn processes(&self, runner: &str, id: &str) -> BTreeMap<u32, String> {
        marked(&format!("SANDBOX_DISK={}\0", self.disk(runner, id).display()))
    }

    /// Returns the letters of the states of its processes, each once: `T` is stopped.
    pub fn states(&self, runner: &str, id: &str) -> String {
        let mut letters: Vec<String> = self.processes(runner, id).into_values().collect();
        // Between two looks a process runs or sleeps.
        letters.iter_mut().filter(|letter| "RSD".contains(letter.as_str())).for_each(|letter| *letter = "S".to_owned());
        letters.sort();
        letters.dedup();
        letters.concat()
    }

    /// Writes a snapshot whose `init` is this shell script.
    pub fn write_snapshot(&self, name: &str, init: &str) {
        let folder = self.dir.join("snapshots").join(name);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("init"), init).expect("a file");
    }

    pub fn store(&self) -> BackupStore {
        BackupStore::open(&self.dir.join("backups")).expect("a store")
    }
}

impl Runner {
    /// Kills it at once, as a crash does.
    pub async fn kill(self) {
        match self.life {
            Life::Task(task) => {
                task.abort();
                let _ = task.await;
            }
            Life::Process(mut child) => {
                child.kill().expect("a process");
                child.wait().expect("a child");
            }
        }
    }

    /// Closes its standard input, and returns the code with which it ends.
    pub async fn close_input(self) -> Option<i32> {
        let Life::Process(mut child) = self.life else { panic!("a process of its own") };
        drop(child.stdin.take());
        tokio::task::spawn_blocking(move || child.wait().expect("a child").code()).await.expect("a thread")
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // A runner in its own process ends because its standard input closes; what it ran ends here.
        for _ in 0..50 {
            let left = marked(&format!("SANDBOX_DISK={}/", self.dir.display()));
            if left.is_empty() {
                break;
            }
            let pids = left.keys().map(ToString::to_string);
            let _ = Command::new("kill").arg("-9").args(pids).stderr(Stdio::null()).status();
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// The details of a virtual machine of the default size.
pub fn vm() -> Details {
    Details {
        class: sandbox_lifecycle::SandboxClass::LinuxVm,
        size: Size { cpu: 1, memory: 2, disk: 3 },
        ..Details::default()
    }
}

pub fn restoring(backup: BackupRef) -> Details {
    Details { backup: Some(backup), ..vm() }
}

fn begun(heard: &Heard, id: &str, before: u64) -> Option<()> {
    let session = heard.sessions.get(id).copied().filter(|session| *session > before)?;
    heard.inventories.iter().any(|(of, inventory)| *of == session && inventory.runner_id == id).then_some(())
}

fn ends(heard: &Heard, id: &str, of: Job, since: Option<u32>) -> Vec<(Outcome, Option<String>)> {
    let reports = heard.reports.iter().filter(|reported| reported.sandbox_id == id);
    let ends = reports.filter_map(|reported| match reported.report {
        Report::Ended { job, outcome, epoch } if job == of && epoch == since => {
            Some((outcome, reported.reason.clone()))
        }
        _ => None,
    });
    ends.collect()
}

async fn grows_beyond(id: &str, number: u64, read: impl Fn() -> u64) {
    let begun = Instant::now();
    while read() <= number {
        assert!(begun.elapsed() < PATIENCE, "{id} does not count beyond {number}");
        sleep(Duration::from_millis(10)).await;
    }
}

fn number(path: &Path) -> u64 {
    fs::read_to_string(path).ok().and_then(|text| text.trim().parse().ok()).unwrap_or_default()
}

async fn hello(State(heard): State<Shared>, headers: HeaderMap, Json(hello): Json<Hello>) -> Response {
    assert_eq!(headers["authorization"], format!("Bearer {TOKEN}"));
    let mut heard = heard.lock().expect("the server");
    if heard.gone {
        return StatusCode::CONFLICT.into_response();
    }
    let id = hello.runner_id.clone();
    let before = heard.hellos.insert(id.clone(), hello.clone());
    let session = heard.sessions.entry(id).or_default();
    if before.is_none_or(|before| before.instance != hello.instance) {
        *session += 1;
    }
    let session = *session;
    Json(Welcome { session, owed: heard.owed.clone() }).into_response()
}

async fn report(State(heard): State<Shared>, Json(reported): Json<Reported>) {
    heard.lock().expect("the server").reports.push(reported);
}

async fn inventory(State(heard): State<Shared>, Json(inventory): Json<Inventory>) {
    let mut heard = heard.lock().expect("the server");
    let session = heard.sessions[&inventory.runner_id];
    heard.inventories.push((session, inventory));
}
