//! The session of a runner: its hellos, what it is owed, its inventories, and the news that a sandbox has ended by itself.

use super::{
    core::{Runner, Sandbox},
    messages::{NotTaken, deliver},
    server::Standing,
    wire::{INVENTORY, Inventory, ListedCopy, Welcome},
};
use sandbox_lifecycle::{Report, SandboxState, vocabulary::CopyState};
use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

/// How often a runner says that it is there, and looks at its sandboxes.
const EVERY: Duration = Duration::from_secs(1);

/// Begins to talk to the server.
pub fn begin(runner: &Arc<Runner>) {
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
        let is_done = match heard {
            Standing::Unheard => true,
            Standing::Gone => {
                if runner.session.write().await.take().is_some() {
                    tracing::error!(
                        "an operator has declared this runner gone: it takes nothing until that is taken back"
                    );
                }
                true
            }
            Standing::Welcome(welcome) => begin_session(&runner, welcome).await && send_inventory(&runner).await,
        };
        if !is_done {
            inventory.reset_after(EVERY);
        }
    }
}

/// Carries out what the runner is owed, and then takes messages of the session. Returns false if something owed cannot be done
/// yet: then it takes none.
async fn begin_session(runner: &Arc<Runner>, welcome: Welcome) -> bool {
    let mut session = runner.session.write().await;
    if *session == Some(welcome.session) {
        return true;
    }
    *session = None;
    let owed = welcome.owed.into_iter().map(async |owed| {
        let (sandbox, message) = (owed.sandbox_id.clone(), owed.message);
        if !message.is_departure() {
            tracing::error!(sandbox, %message, "this is no removal and no release, so it is not owed");
            return true;
        }
        match deliver(runner, owed).await {
            Ok(_) => true,
            Err(NotTaken::Invalid(error)) => {
                tracing::error!(sandbox, %message, error, "it can never be done, so it is not owed");
                true
            }
            Err(NotTaken::Failed(_) | NotTaken::Refused(_) | NotTaken::OtherSession) => false,
        }
    });
    let done = futures_util::future::join_all(owed).await;
    if !done.into_iter().all(|done| done) {
        return false;
    }
    *session = Some(welcome.session);
    tracing::info!(session = welcome.session, "a session begins");
    true
}

/// Sends an inventory, and returns whether the server has taken it.
async fn send_inventory(runner: &Arc<Runner>) -> bool {
    let copies = match list(runner).await {
        Ok(copies) => copies,
        Err(error) => {
            tracing::error!(%error, "cannot list the sandboxes");
            return false;
        }
    };
    let inventory = Inventory { runner_id: runner.options.id.clone(), copies };
    match runner.server.post(INVENTORY, &inventory).await.and_then(reqwest::Response::error_for_status) {
        Ok(_) => tracing::debug!(copies = inventory.copies.len(), "inventory sent"),
        Err(ref error) => {
            tracing::warn!(%error, "the server has not taken the inventory");
            return false;
        }
    }
    true
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
