//! What runners say: that they are there, what they did, and what they have.

use super::{Api, answer::Answer, answer::ApiError};
use crate::{
    Platform,
    outbox::delivery,
    runner::wire::{Hello, Inventory, Reported, Welcome},
    store::{Error, Loaded, NotWritten, Undecided, With},
};
use axum::{Json, extract::State};
use sandbox_lifecycle::{Step, controller::Finding, record::StepDetails, runner::Listed};
use std::collections::BTreeMap;

/// Takes a hello. The answer has what the runner is owed, which it does before it takes anything else.
pub async fn hello(State(api): State<Api>, Json(hello): Json<Hello>) -> Answer<Json<Welcome>> {
    let store = &api.platform.store;
    let Some(runner) = store.hello(&hello).await? else {
        return Err(ApiError::new(409, "an operator has declared this runner gone"));
    };
    let owed = store.owed_to(&runner.id).await?.iter().map(delivery).collect();
    Ok(Json(Welcome { session: runner.session, owed }))
}

/// Takes a report. A runner needs to know only that it was heard: a report that changes nothing is heard too.
pub async fn report(State(api): State<Api>, Json(reported): Json<Reported>) -> Answer<()> {
    let Reported { runner_id, sandbox_id, report, reason, backup } = reported;
    let store = &api.platform.store;
    let Some(row) = store.load(&sandbox_id).await? else {
        tracing::info!(sandbox = sandbox_id, runner = runner_id, "a report about a sandbox that has no record");
        return Ok(());
    };
    let details = StepDetails { reason: reason.as_deref(), backup: backup.as_ref(), runner: None };
    let with = With { details, ..With::default() };
    let written =
        store.decide(row, with, |row| row.sandbox.report(&runner_id, report, store.policy(), row.context, row.now));
    match written.await {
        Ok(_) => {
            api.platform.metrics.decided("report");
            api.platform.written.notify_waiters();
            Ok(())
        }
        Err(Undecided::Refused(refusal)) => {
            tracing::info!(sandbox = sandbox_id, runner = runner_id, "a report is refused: {refusal}");
            Ok(())
        }
        Err(Undecided::Gone) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

/// Takes an inventory, and compares each copy with its row, and each row with the copies.
pub async fn inventory(State(api): State<Api>, Json(inventory): Json<Inventory>) -> Answer<()> {
    let Inventory { runner_id, copies } = inventory;
    let store = &api.platform.store;
    let mut listed: BTreeMap<String, Option<Listed>> =
        store.on_runner(&runner_id).await?.into_iter().map(|id| (id, None)).collect();
    listed.extend(copies.into_iter().map(|listed| (listed.sandbox_id, Some(listed.copy))));
    for (id, copy) in &listed {
        compare(&api.platform, &runner_id, id, copy.as_ref()).await?;
    }
    api.platform.written.notify_waiters();
    Ok(())
}

async fn compare(platform: &Platform, runner_id: &str, id: &str, copy: Option<&Listed>) -> Result<(), Error> {
    let Some(row) = platform.store.load(id).await? else {
        return match copy {
            Some(copy) => platform.store.store_departure(id, runner_id, &Finding::of_unknown(copy)).await,
            None => Ok(()),
        };
    };
    match row.sandbox.compare(runner_id, copy, row.context, row.now) {
        Finding::Agrees => Ok(()),
        Finding::Apply(step) => write(platform, &row, &step, runner_id).await,
        finding @ (Finding::Remove { .. } | Finding::Release { .. }) => {
            platform.store.store_departure(id, runner_id, &finding).await
        }
    }
}

async fn write(platform: &Platform, row: &Loaded, step: &Step, runner_id: &str) -> Result<(), Error> {
    let details = StepDetails { runner: Some(runner_id), ..StepDetails::default() };
    match platform.store.write(row, step, With { details, ..With::default() }).await {
        Ok(_) => platform.metrics.decided("inventory"),
        Err(NotWritten::Stale) => {} // The next inventory finds what this one found.
        Err(NotWritten::Incomplete(error)) => tracing::error!(sandbox = row.id(), "{step}: {error}"),
        Err(NotWritten::Database(error)) => return Err(error),
    }
    Ok(())
}
