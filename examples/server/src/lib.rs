//! A small sandbox platform on one machine, built on the crate `sandbox-lifecycle`: what server authors copy from.
//!
//! The API decides on commands, the controller makes passes, the clock applies timers, and the outbox sends what steps send.
//! None of them knows another: they meet in the rows of the [`Store`](store::Store), and each can run in a process of its own.

pub mod api;
pub mod backups;
pub mod clock;
pub mod controller;
pub mod dashboard;
pub mod metrics;
pub mod options;
pub mod outbox;
pub mod runner;
pub mod store;

use runner::wire::SESSION;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};
use store::{Error, Runner, Store};
use tokio::sync::Notify;

/// What every part of a process shares.
#[derive(Clone)]
pub struct Platform {
    /// The rows.
    pub store: Store,
    /// The numbers.
    pub metrics: metrics::Metrics,
    /// The client for runners and subscribers.
    pub http: reqwest::Client,
    /// The token that runners and servers show each other.
    pub runner_token: Arc<str>,
    /// Where events are posted.
    pub webhook: Option<Arc<str>>,
    /// The folder of the backup store.
    pub backups: PathBuf,
    /// Rouses the loops of this process after a write, so that nothing waits for the next look.
    pub written: Arc<Notify>,
    /// Whether this process is stopping: what would go on for ever then ends.
    pub stopping: Arc<AtomicBool>,
}

/// How often a loop looks for work that another process may have written.
const LOOK: Duration = Duration::from_millis(100);

impl Platform {
    /// Posts to a runner, in its present session, and reads the answer.
    pub async fn post_to<T: DeserializeOwned>(
        &self,
        runner: &Runner,
        path: &str,
        body: &(impl Serialize + Sync),
        patience: Duration,
    ) -> Result<T, reqwest::Error> {
        let url = format!("{}{path}", runner.url.trim_end_matches('/'));
        let request = self.http.post(url).header(SESSION, runner.session.to_string()).bearer_auth(&self.runner_token);
        request.timeout(patience).json(body).send().await?.error_for_status()?.json().await
    }

    /// Ends a turn of a loop: goes on at once if there was work, waits otherwise, and longer if the database failed.
    pub async fn end_turn(&self, part: &str, done: Result<usize, Error>, wait: impl Future<Output = ()>) {
        match done {
            Ok(0) => wait.await,
            Ok(_) => {}
            Err(error) => {
                tracing::error!("{part}: {error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }

    /// Waits until this process writes something, or until it is time to look for what others wrote.
    pub async fn next_look(&self) {
        let _ = tokio::time::timeout(LOOK, self.written.notified()).await; // Both are a reason to look.
    }
}
