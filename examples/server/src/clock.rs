//! The clock: looks at the rows whose deadline is over, and applies what is due.

use crate::{
    Platform,
    store::{Error, NotWritten, Undecided, With},
};
use futures_util::{StreamExt, future::ready};
use sandbox_lifecycle::{Command, Effect};
use std::time::{Duration, Instant};

/// How many rows are looked at in one turn, and how many of them at a time.
const IN_A_TURN: u32 = 100;
const AT_A_TIME: usize = 16;

/// How often delivered events are pruned and the outbox is measured.
const HOUSEKEEPING: Duration = Duration::from_secs(10);

/// Applies timers for ever.
pub async fn run(platform: Platform) {
    let mut housekeeping = Instant::now();
    loop {
        let looked = look(&platform).await;
        if housekeeping.elapsed() > HOUSEKEEPING {
            housekeeping = Instant::now();
            if let Err(error) = keep_house(&platform).await {
                tracing::error!("clock: {error}");
            }
        }
        platform.end_turn("clock", looked, tokio::time::sleep(crate::LOOK)).await;
    }
}

/// Looks at the due rows, and returns how many are done.
async fn look(platform: &Platform) -> Result<usize, Error> {
    let store = &platform.store;
    let due = store.due(store.now().await?, IN_A_TURN).await?;
    let looks = due.into_iter().map(|id| async move {
        let applied = apply_due(platform, &id).await;
        // A row that cannot be read keeps no other one from its timers.
        applied.inspect_err(|error| tracing::error!(sandbox = id, "clock: {error}")).is_ok()
    });
    let looked = futures_util::stream::iter(looks).buffer_unordered(AT_A_TIME).filter(|is_done| ready(*is_done));
    let looked = looked.count().await;
    let orphans = store.orphans().await?;
    for id in &orphans {
        destroy_linked(platform, id).await?;
    }
    Ok(looked.saturating_add(orphans.len()))
}

/// Applies timers to a row until none acts any more, and stores when to look again.
async fn apply_due(platform: &Platform, id: &str) -> Result<(), Error> {
    let store = &platform.store;
    while let Some(row) = store.load(id).await? {
        let Some(step) = row.sandbox.due(store.policy(), row.context, row.now) else {
            return store.look_later(&row).await;
        };
        if let Some((_, at)) = row.sandbox.lifecycle().next_deadline(store.policy(), row.context) {
            let late = store.time().real_delay(at, row.now);
            platform.metrics.deadline_lag(late.as_seconds_f64());
        }
        let is_last = step.effects().any(|effect| effect == Effect::Purge);
        match store.write(&row, &step, With::default()).await {
            Ok(_) => {
                platform.metrics.decided("timer");
                platform.written.notify_waiters();
            }
            Err(NotWritten::Stale) => {}
            Err(NotWritten::Incomplete(error)) => {
                tracing::error!(sandbox = id, "{step}: {error}");
                return store.look_later(&row).await;
            }
            Err(NotWritten::Database(error)) => return Err(error),
        }
        if is_last {
            return Ok(());
        }
    }
    Ok(())
}

/// Destroys a sandbox whose owner ends. It is asked for again until it is done, so a crash in between forgets nobody.
async fn destroy_linked(platform: &Platform, id: &str) -> Result<(), Error> {
    let store = &platform.store;
    let Some(row) = store.load(id).await? else { return Ok(()) };
    let destroy = Command::Destroy { force: true };
    let decided =
        store.decide(row, With::default(), |row| row.sandbox.decide(destroy, store.policy(), row.context, row.now));
    match decided.await {
        Ok(_) => platform.written.notify_waiters(),
        Err(Undecided::Database(error)) => return Err(error),
        Err(other) => tracing::warn!(sandbox = id, "the owner of this sandbox ended: {other}"),
    }
    Ok(())
}

async fn keep_house(platform: &Platform) -> Result<(), Error> {
    let now = platform.store.real_now().await?;
    let oldest = platform.store.oldest_outgoing().await?;
    platform.metrics.outbox_age(oldest.map_or(0.0, |at| now.signed_duration_since(at).as_seconds_f64()));
    platform.store.prune(now).await
}
