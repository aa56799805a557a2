//! The controller: visits the rows that need a pass, asks, and writes what the crate says next.

use crate::runner::wire::{self, Ask};
use crate::{
    Platform,
    backups::{self, BackupStore},
    store::{Error, Loaded, NotWritten, SILENCE, With},
};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use sandbox_lifecycle::{
    Next, RunnerView,
    controller::{Image, Observed, Placement, Question, RunnerStanding, Stored},
    record::{OutboxKey, StepDetails},
    runner::CopyAnswer,
};
use std::time::Duration;

/// How many rows are visited at a time.
const AT_A_TIME: usize = 16;

/// How often a runner is asked in one pass, and how long the controller waits in between. An ask changes nothing, and the next
/// pass may be a minute away.
const ASKS: u32 = 4;
const BETWEEN_ASKS: Duration = Duration::from_millis(200);

/// How long a runner has to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long other controllers leave a row alone that one has taken, in real time. If its process dies, the row waits so long.
const LEASE: TimeDelta = TimeDelta::seconds(10);

/// Makes passes for ever.
pub async fn run(platform: Platform) {
    loop {
        platform.end_turn("controller", visit_all(&platform).await, platform.next_look()).await;
    }
}

/// Visits what waits, and returns how many rows that were.
async fn visit_all(platform: &Platform) -> Result<usize, Error> {
    let now = platform.store.now().await?;
    let until = now + LEASE * i32::try_from(platform.store.time().scale).unwrap_or(i32::MAX);
    let limit = u32::try_from(AT_A_TIME).unwrap_or(u32::MAX);
    let taken = platform.store.take_passes(now, until, limit).await?;
    let visited = taken.len();
    let visits = taken.into_iter().map(|id| async move {
        if let Err(error) = visit(platform, &id, until).await {
            tracing::error!(sandbox = id, "pass: {error}");
        }
    });
    futures_util::stream::iter(visits).buffer_unordered(AT_A_TIME).collect::<()>().await;
    Ok(visited)
}

/// Makes one pass: asks what the crate wants to know, and writes what it says.
async fn visit(platform: &Platform, id: &str, taken_until: DateTime<Utc>) -> Result<(), Error> {
    let store = &platform.store;
    let Some(row) = store.load(id).await? else { return Ok(()) };
    let mut view = row.view();
    let mut runner = None;
    if row.sandbox.lifecycle().needs_placement(view.runner) {
        runner = place(platform, &row).await?;
        view.placement = if runner.is_some() { Placement::Warm } else { Placement::NoRoom };
    }
    // The images of this platform are folders: there is nothing to fetch or build.
    view.image = Image::Ready;
    view.warm_pool = row.context.warm_pool();
    loop {
        // An answer is as old as the time before it was asked for; the next decision has a later time.
        match row.sandbox.reconcile(&view, store.policy(), row.now) {
            Next::Ask(Question::Runner { epoch }) => view = ask_runner(platform, &row, view, epoch).await?,
            Next::Ask(Question::Store { attempt }) => view.stored = ask_store(platform, &row, attempt).await,
            Next::Apply(step) => {
                let backup = backups::reference(id, row.sandbox.lifecycle().backup_attempt());
                let details = StepDetails { runner: runner.as_deref(), backup: Some(&backup), reason: None };
                return match store.write(&row, &step, With { details, ..With::default() }).await {
                    Ok(_) => {
                        platform.metrics.decided("pass");
                        platform.written.notify_waiters();
                        Ok(())
                    }
                    // Whoever was first has set the time of the next pass.
                    Err(NotWritten::Stale) => Ok(()),
                    Err(NotWritten::Incomplete(error)) => {
                        tracing::error!(sandbox = id, "{step}: {error}");
                        store.pass_later(&row, taken_until, later(platform, &row)).await
                    }
                    Err(NotWritten::Database(error)) => Err(error),
                };
            }
            Next::Resend { task, epoch } => {
                store.resend(id, &OutboxKey::Call { epoch, task }).await?;
                return store.pass_later(&row, taken_until, later(platform, &row)).await;
            }
            Next::Wait { until } => return store.pass_later(&row, taken_until, until).await,
            // A row of a runner that is gone is visited too, though it needs nothing.
            Next::Nothing => return store.pass_later(&row, taken_until, later(platform, &row)).await,
        }
    }
}

/// When the controller looks again where nothing says when.
fn later(platform: &Platform, row: &Loaded) -> DateTime<Utc> {
    row.now + TimeDelta::minutes(platform.store.policy().look_again.get().into())
}

/// Returns the runner that has room for a sandbox which has none, or must leave its own.
async fn place(platform: &Platform, row: &Loaded) -> Result<Option<String>, Error> {
    let seen_since = platform.store.real_now().await? - SILENCE;
    // A runner that answers is not left: it may try a restore again that it could not do.
    let left = row.sandbox.runner_id().filter(|_| row.standing != RunnerStanding::Ready);
    platform.store.placement(row.id(), left, seen_since).await
}

/// Asks the row's own runner for its copy. The view was made for the revision that was read before.
async fn ask_runner(platform: &Platform, row: &Loaded, view: RunnerView, epoch: u32) -> Result<RunnerView, Error> {
    let no_answer = RunnerView { observed: Observed::NoAnswer, ..view };
    let Some(runner) = row.sandbox.runner_id() else { return Ok(no_answer) };
    let Some(runner) = platform.store.runner(runner).await? else { return Ok(no_answer) };
    let ask = Ask { sandbox_id: row.id().into(), epoch };
    for number in 0..ASKS {
        if number > 0 {
            tokio::time::sleep(BETWEEN_ASKS).await;
        }
        match platform.post_to::<CopyAnswer>(&runner, wire::ASKS, &ask, PATIENCE).await {
            Ok(answer) => {
                tracing::info!(sandbox = row.id(), epoch, runner = runner.id, "the runner answers: {answer}");
                return Ok(view.answered(answer));
            }
            Err(error) => {
                tracing::warn!(sandbox = row.id(), epoch, runner = runner.id, "the runner does not answer: {error}");
                if error.is_timeout() {
                    break;
                }
            }
        }
    }
    Ok(no_answer)
}

/// Asks the backup store whether it has the whole backup of an attempt.
async fn ask_store(platform: &Platform, row: &Loaded, attempt: u32) -> Stored {
    let (folder, id) = (platform.backups.clone(), row.id().to_owned());
    let look = move || BackupStore::open(&folder)?.has_whole(&id, attempt);
    match tokio::task::spawn_blocking(look).await {
        Ok(Ok(true)) => Stored::Whole,
        Ok(Ok(false)) => Stored::Missing,
        Ok(Err(error)) => {
            tracing::warn!(sandbox = row.id(), "the backup store does not answer: {error}");
            Stored::NoAnswer
        }
        Err(_) => Stored::NoAnswer,
    }
}
