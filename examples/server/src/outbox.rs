//! The outbox: sends what steps sent, until it is done.

use crate::runner::wire::{self, Delivery, Taken};
use crate::{
    Platform,
    backups::BackupStore,
    store::{Error, Outgoing, SILENCE},
};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use sandbox_lifecycle::{
    record::{Message, OutboxEntry, Target},
    rules::Event,
};
use serde::Serialize;
use std::time::Duration;

/// How many entries are sent at a time.
const AT_A_TIME: usize = 32;

/// How long a receiver has to take an entry.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long other senders leave an entry alone that one has taken. If its process dies, the entry waits so long.
const LEASE: TimeDelta = TimeDelta::seconds(15);

/// How long to wait before the first repeat, and at most. A call is repeated while its row awaits the end, so this is also how
/// soon a lost end is asked for.
const FIRST_REPEAT: TimeDelta = TimeDelta::milliseconds(500);
const LAST_REPEAT: TimeDelta = TimeDelta::seconds(8);

/// Sends for ever.
pub async fn run(platform: Platform) {
    loop {
        platform.end_turn("outbox", send_all(&platform).await, platform.next_look()).await;
    }
}

/// Sends what waits, and returns how many entries that were.
async fn send_all(platform: &Platform) -> Result<usize, Error> {
    let now = platform.store.real_now().await?;
    let limit = u32::try_from(AT_A_TIME).unwrap_or(u32::MAX);
    let taken = platform.store.take_outgoing(now, now + LEASE, limit).await?;
    let sent = taken.len();
    let sends = taken.into_iter().map(|outgoing| async move {
        if let Err(error) = send(platform, &outgoing, now).await {
            tracing::error!(sandbox = outgoing.entry.sandbox_id, "{}: {error}", outgoing.entry);
        }
    });
    futures_util::stream::iter(sends).buffer_unordered(AT_A_TIME).collect::<()>().await;
    Ok(sent)
}

/// What became of an entry.
enum Sent {
    /// It is done.
    Done,
    /// Its runner knows something newer, so it has no effect.
    Outdated,
    /// It is sent again later: nobody took it, or its end is still awaited.
    Again,
}

async fn send(platform: &Platform, outgoing: &Outgoing, now: DateTime<Utc>) -> Result<(), Error> {
    let entry = &outgoing.entry;
    let sent = match (&entry.target, &entry.message) {
        (_, Message::Event(event)) => publish(platform, entry, *event).await,
        (_, Message::DiscardBackups { before }) => discard(platform, entry, *before).await,
        (Target::Runner(runner) | Target::BackupMaker { runner }, message) => {
            let row = platform.store.load(&entry.sandbox_id).await?;
            if message.is_still_owed(row.as_ref().map(|row| row.sandbox.lifecycle())) {
                deliver(platform, outgoing, runner, now).await?
            } else {
                Sent::Done
            }
        }
        (Target::BackupStore | Target::Subscribers, _) => Sent::Done, // No message goes there besides those above.
    };
    match sent {
        Sent::Done => platform.store.sent(entry).await,
        Sent::Outdated => platform.store.outdated(entry).await,
        Sent::Again => {
            let doubled = FIRST_REPEAT * 2_i32.saturating_pow(outgoing.attempts.min(5));
            platform.store.send_later(entry, now + doubled.min(LAST_REPEAT)).await
        }
    }
}

/// Gives a message to a runner.
async fn deliver(platform: &Platform, outgoing: &Outgoing, runner_id: &str, now: DateTime<Utc>) -> Result<Sent, Error> {
    let entry = &outgoing.entry;
    let Some(runner) = platform.store.runner(runner_id).await? else { return Ok(Sent::Again) };
    let is_silent = now.signed_duration_since(runner.seen_at) > SILENCE;
    if runner.gone || is_silent {
        return Ok(Sent::Again);
    }
    let answer = platform.post_to(&runner, wire::MESSAGES, &delivery(outgoing), PATIENCE).await;
    Ok(match answer {
        Ok(Taken::Acknowledged) => Sent::Done,
        Ok(Taken::Outdated) => Sent::Outdated,
        Ok(Taken::Call) => Sent::Again, // Its end is awaited. If the runner forgets it, the repeat reminds it.
        Err(error) => {
            tracing::warn!(sandbox = entry.sandbox_id, runner = runner.id, "{}: not taken: {error}", entry.message);
            Sent::Again
        }
    })
}

/// Returns what a runner gets of an entry.
pub fn delivery(outgoing: &Outgoing) -> Delivery {
    Delivery {
        sandbox_id: outgoing.entry.sandbox_id.clone(),
        message: outgoing.entry.message,
        details: outgoing.details.clone(),
    }
}

/// An event as subscribers get it. They recognize a repeat by the sandbox and the key.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Published<'a> {
    sandbox_id: &'a str,
    key: String,
    #[serde(flatten)]
    event: Event,
}

/// Tells the subscribers of an event: the log and, if there is one, the webhook.
async fn publish(platform: &Platform, entry: &OutboxEntry, event: Event) -> Sent {
    tracing::info!(sandbox = entry.sandbox_id, key = %entry.key, "event {event}");
    let Some(webhook) = &platform.webhook else { return Sent::Done };
    let published = Published { sandbox_id: &entry.sandbox_id, key: entry.key.to_string(), event };
    let answer = platform.http.post(&**webhook).timeout(PATIENCE).json(&published).send().await;
    match answer.and_then(reqwest::Response::error_for_status) {
        Ok(_) => Sent::Done,
        Err(error) => {
            tracing::warn!(sandbox = entry.sandbox_id, "the webhook did not take event {}: {error}", entry.key);
            Sent::Again
        }
    }
}

/// Tells the backup store to discard old attempts.
async fn discard(platform: &Platform, entry: &OutboxEntry, before: u32) -> Sent {
    let (folder, id) = (platform.backups.clone(), entry.sandbox_id.clone());
    let discard = move || BackupStore::open(&folder)?.discard_before(&id, before);
    match tokio::task::spawn_blocking(discard).await {
        Ok(Ok(())) => Sent::Done,
        Ok(Err(error)) => {
            tracing::warn!(sandbox = entry.sandbox_id, "the backup store did not discard: {error}");
            Sent::Again
        }
        Err(_) => Sent::Again,
    }
}
