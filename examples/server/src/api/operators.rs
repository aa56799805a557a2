//! What only an operator can say: a runner's machine is off, or back.

use super::{Api, answer::Answer, answer::ApiError};
use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;

/// A runner as operators see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownRunner {
    id: String,
    url: String,
    session: u64,
    seen_at: chrono::DateTime<chrono::Utc>,
    gone: bool,
}

/// Lists the runners.
pub async fn runners(State(api): State<Api>) -> Answer<Json<Vec<ShownRunner>>> {
    let runners = api.platform.store.runners().await?.into_iter();
    Ok(Json(
        runners
            .map(|runner| ShownRunner {
                id: runner.id,
                url: runner.url,
                session: runner.session,
                seen_at: runner.seen_at,
                gone: runner.gone,
            })
            .collect(),
    ))
}

/// Changes the standing of a runner: `gone` after its machine is fenced, `back` when it works again, `scrapped` when it never
/// will.
pub async fn stand(State(api): State<Api>, Path((runner, standing)): Path<(String, String)>) -> Answer<()> {
    let store = &api.platform.store;
    let changed = match standing.as_str() {
        "gone" => store.declare_gone(&runner, store.now().await?).await?,
        "back" => store.take_back_gone(&runner).await?,
        "scrapped" => store.scrap(&runner).await?,
        other => return Err(ApiError::new(404, format!("a runner cannot be `{other}`, but gone, back or scrapped"))),
    };
    api.platform.written.notify_waiters();
    if changed {
        Ok(())
    } else {
        Err(ApiError::new(
            409,
            format!(
                "no runner {runner} can be {standing} now: a runner must be gone before it is back, \
                                        and have no sandboxes before it is scrapped"
            ),
        ))
    }
}
