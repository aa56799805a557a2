//! Faults on purpose: messages that are late, lost, repeated or overtaken, and calls that fail. All are off by default.

use super::core::Runner;
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Notify, time::sleep};

/// How long a message waits for another one that overtakes it.
const OVERTAKEN: Duration = Duration::from_millis(300);
/// How long the sender of a lost message waits.
const LOST: Duration = Duration::from_millis(100);
/// The longest body that is repeated.
const LONGEST: usize = 1 << 20;

/// Which faults a runner has on purpose.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct Faults {
    /// Delay each message, answer and report by up to this many milliseconds
    #[arg(id = "fault-delay", long, value_name = "MS", default_value_t = 0)]
    pub delay: u64,
    /// Lose this share of the messages, answers and reports
    #[arg(id = "fault-lose", long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub lose: u8,
    /// Take this share of the messages, and send this share of the reports, twice
    #[arg(id = "fault-duplicate", long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub duplicate: u8,
    /// Let this share of the messages and reports wait until the next one has passed, at most 300 ms
    #[arg(id = "fault-reorder", long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub reorder: u8,
    /// Refuse this share of the calls. The sandbox can be recovered
    #[arg(id = "fault-refuse", long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub refuse: u8,
}

impl Faults {
    pub fn loses(&self) -> bool {
        happens(self.lose)
    }

    pub fn duplicates(&self) -> bool {
        happens(self.duplicate)
    }

    pub fn refuses(&self) -> bool {
        happens(self.refuse)
    }

    async fn delays(&self) {
        if self.delay > 0 {
            sleep(Duration::from_millis(fastrand::u64(0..=self.delay))).await;
        }
    }

    /// Lets a message wait: for its delay, and until another one has overtaken it.
    pub async fn hold_up(&self, passed: &Notify) {
        self.delays().await;
        if happens(self.reorder) {
            let _ = tokio::time::timeout(OVERTAKEN, passed.notified()).await;
        } else {
            passed.notify_waiters();
        }
    }
}

/// Applies the faults to the messages that come in and to their answers.
pub async fn middleware(State(runner): State<Arc<Runner>>, request: Request, next: Next) -> Response {
    let faults = runner.options.faults;
    faults.hold_up(&runner.passed).await;
    if faults.loses() {
        return lost().await;
    }
    let response = if faults.duplicates() { twice(request, next).await } else { next.run(request).await };
    faults.delays().await;
    if faults.loses() { lost().await } else { response }
}

async fn twice(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LONGEST).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let first = next.clone().run(Request::from_parts(parts.clone(), Body::from(body.clone()))).await;
    drop(first);
    next.run(Request::from_parts(parts, Body::from(body))).await
}

async fn lost() -> Response {
    sleep(LOST).await;
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

fn happens(percent: u8) -> bool {
    percent > 0 && fastrand::u8(0..100) < percent
}
