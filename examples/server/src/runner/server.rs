//! What talks to the server: hellos, reports, inventories, and the news that a sandbox has ended by itself.

use super::{
    Options,
    core::{Runner, Sandbox},
    messages::{NotTaken, deliver},
    state::SandboxId,
    wire::{HELLO, Hello, INVENTORY, Inventory, ListedCopy, REPORTS, Reported, Welcome},
};
use reqwest::StatusCode;
use sandbox_lifecycle::{Report, SandboxState, record::BackupRef, vocabulary::CopyState};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, sleep},
};

/// How often a runner says that it is there, and looks at its sandboxes.
const EVERY: Duration = Duration::from_secs(1);
/// How long the server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest pause before a report is sent again.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The server, as its runner sees it.
pub struct Server {
    client: reqwest::Client,
    url: String,
    token: String,
    hello: Hello,
}

/// What the server last said to a hello.
#[derive(Debug, Clone, PartialEq)]
enum Standing {
    /// Nothing yet.
    Unheard,
    /// An operator has declared the runner gone.
    Gone,
    Welcome(Welcome),
}

impl Server {
    pub fn new(options: &Options, url: String) -> reqwest::Result<Self> {
        let hello = Hello {
            runner_id: options.id.clone(),
            url,
            instance: uuid::Uuid::new_v4().to_string(),
            capacity: options.capacity,
        };
        let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
        Ok(Self { client, url: options.server.trim_end_matches('/').to_owned(), token: options.token.clone(), hello })
    }

    async fn post(&self, path: &str, body: &(impl Serialize + ?Sized)) -> reqwest::Result<reqwest::Response> {
        self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token).json(body).send().await
    }

    async fn say_hello(&self) -> reqwest::Result<Standing> {
        let answer = self.post(HELLO, &self.hello).await?;
        if answer.status() == StatusCode::CONFLICT {
            return Ok(Standing::Gone);
        }
        Ok(Standing::Welcome(answer.error_for_status()?.json().await?))
    }

    /// Sends something until the server has taken it, or says that it never will.
    async fn post_until_taken(&self, path: &str, body: &impl Serialize) {
        let mut pause = Duration::from_millis(100);
        loop {
            match self.post(path, body).await {
                Ok(answer) if answer.status().is_success() => return,
                Ok(answer) if answer.status().is_client_error() => {
                    tracing::error!(path, status = %answer.status(), "the server does not take this");
                    return;
                }
                Ok(answer) => tracing::debug!(path, status = %answer.status(), "sent again"),
                Err(error) => tracing::debug!(path, %error, "sent again"),
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// Begins to talk to the server.
pub fn talk(runner: &Arc<Runner>) {
    let (heard, standing) = watch::channel(Standing::Unheard);
    runner.spawn(say_hello(Arc::clone(runner), heard));
    runner.spawn(keep_session(Arc::clone(runner), standing));
    runner.spawn(look_for_ends(Arc::clone(runner)));
}

async fn say_hello(runner: Arc<Runner>, heard: watch::Sender<Standing>) {
    let mut every = interval(EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut reached = true;
    loop {
        every.tick().await;
        match runner.server.say_hello().await {
            Ok(standing) => {
                reached = true;
                heard.send_if_modified(|last| {
                    *last != standing && {
                        *last = standing;
                        true
                    }
                });
            }
            Err(error) => {
                // Once, not every second.
                if reached {
                    tracing::warn!(server = runner.server.url, %error, "the server does not answer; the runner tries again");
                }
                reached = false;
            }
        }
    }
}

/// Begins a session when the server names a new one, and sends inventories in it.
async fn keep_session(runner: Arc<Runner>, mut standing: watch::Receiver<Standing>) {
    let mut inventory = interval(runner.options.inventory_interval.max(Duration::from_millis(10)));
    inventory.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            heard = standing.changed() => if heard.is_err() { return },
            _ = inventory.tick() => {}
        }
        let heard = standing.borrow_and_update().clone();
        let has_session = match heard {
            Standing::Unheard => false,
            Standing::Gone => {
                let left = runner.session.write().await.take();
                if left.is_some() {
                    tracing::error!(
                        "an operator has declared this runner gone: it takes nothing until that is taken back"
                    );
                }
                false
            }
            Standing::Welcome(welcome) => begin_session(&runner, welcome).await.is_some(),
        };
        if has_session {
            match list(&runner).await {
                Ok(copies) => send_inventory(&runner, copies).await,
                Err(error) => tracing::error!(%error, "cannot list the sandboxes"),
            }
        }
    }
}

/// Carries out what the runner is owed, and then takes messages of the session. Returns `None` if something owed cannot be done
/// yet: then it takes none.
async fn begin_session(runner: &Arc<Runner>, welcome: Welcome) -> Option<()> {
    let mut session = runner.session.write().await;
    if *session == Some(welcome.session) {
        return Some(());
    }
    *session = None;
    let owed = welcome.owed.into_iter().map(async |owed| {
        let (sandbox, message) = (owed.sandbox_id.clone(), owed.message);
        if !message.is_departure() {
            tracing::error!(sandbox, %message, "this is no removal and no release, so it is not owed");
            return true;
        }
        match deliver(runner, owed).await {
            // It can never be done.
            Ok(_) | Err(NotTaken::Invalid(_)) => true,
            Err(NotTaken::Failed(_) | NotTaken::Refused(_) | NotTaken::OtherSession) => false,
        }
    });
    let done = futures_util::future::join_all(owed).await;
    if !done.into_iter().all(|done| done) {
        return None;
    }
    *session = Some(welcome.session);
    tracing::info!(session = welcome.session, "a session begins");
    Some(())
}

async fn send_inventory(runner: &Runner, copies: Vec<ListedCopy>) {
    let inventory = Inventory { runner_id: runner.options.id.clone(), copies };
    // The next one is as good.
    match runner.server.post(INVENTORY, &inventory).await.and_then(reqwest::Response::error_for_status) {
        Ok(_) => tracing::debug!(copies = inventory.copies.len(), "inventory sent"),
        Err(error) => tracing::warn!(%error, "the server has not taken the inventory"),
    }
}

/// Lists the copies. It causes only asks, so a copy that changes meanwhile may be listed as it was before.
async fn list(runner: &Arc<Runner>) -> io::Result<Vec<ListedCopy>> {
    let scan = runner.processes.look().await?;
    let mut copies = Vec::new();
    for sandbox in runner.sandboxes() {
        let state = sandbox.state().await;
        let listed = state.ledger.list(runner.seen(&sandbox, &state, &scan).await?);
        copies.extend(listed.map(|copy| ListedCopy { sandbox_id: sandbox.id.to_string(), copy }));
    }
    Ok(copies)
}

/// Looks every second for sandboxes that have ended by themselves, and reports them.
async fn look_for_ends(runner: Arc<Runner>) {
    let mut every = interval(EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let changes: BTreeMap<_, _> =
            runner.sandboxes().into_iter().map(|it| (it.id.clone(), it.changes.load(Ordering::Relaxed))).collect();
        let Ok(scan) = runner.processes.look().await else { continue };
        for sandbox in runner.sandboxes() {
            let state = sandbox.state().await;
            let changed = changes.get(&sandbox.id) != Some(&sandbox.changes.load(Ordering::Relaxed));
            if changed || state.ledger.call_under_way().is_some() || state.ledger.departure().is_some() {
                continue;
            }
            let runs = scan.state(&sandbox.folder.disk()) != CopyState::AtRest;
            if sandbox.ran.swap(runs, Ordering::Relaxed) && !runs {
                report_end(&runner, &sandbox, state.ledger.newest_epoch());
            }
        }
    }
}

fn report_end(runner: &Arc<Runner>, sandbox: &Sandbox, newest: Option<u32>) {
    let epoch = Some(newest.unwrap_or_default());
    tracing::warn!(sandbox = %sandbox.id, epoch, "its processes have ended by themselves");
    let report = Report::State { state: SandboxState::Stopped, fault: None, recoverable: false, epoch };
    runner.report(&sandbox.id, report, None, None);
}

impl Runner {
    /// Sends a report until the server has taken it.
    pub fn report(
        self: &Arc<Self>,
        sandbox_id: &SandboxId,
        report: Report,
        reason: Option<String>,
        backup: Option<BackupRef>,
    ) {
        let (runner_id, sandbox_id) = (self.options.id.clone(), sandbox_id.to_string());
        let reported = Reported { runner_id, sandbox_id, report, reason, backup };
        let (runner, faults) = (Arc::clone(self), self.options.faults);
        self.spawn(async move {
            faults.hold_up(&runner.passed).await;
            let times = if faults.duplicates() { 2 } else { 1 };
            for _ in 0..times {
                // Nothing repeats a lost report. The server sends the call again, and the ledger answers it again.
                if !faults.loses() {
                    runner.server.post_until_taken(REPORTS, &reported).await;
                }
            }
        });
    }
}
