//! The HTTP API: the published one under `/api`, what runners say under `/runner`, and what operators and monitors need.

mod answer;
mod changes;
mod guard;
mod list;
mod operators;
mod reports;
mod snapshots;
mod watched;

use crate::{Platform, dashboard};
use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::header,
    middleware,
    response::IntoResponse,
    routing::{any, delete, get, post, put},
};
use governor::DefaultDirectRateLimiter;
use std::{path::PathBuf, sync::Arc};

/// The largest body of a request, in bytes.
const LARGEST_BODY: usize = 256 * 1024;

/// What the handlers share.
#[derive(Clone)]
pub struct Api {
    /// The platform.
    pub platform: Platform,
    /// The key that callers show.
    pub key: Arc<str>,
    /// How many requests are taken.
    pub limiter: Arc<DefaultDirectRateLimiter>,
    /// The one organization of this platform.
    pub organization_id: Arc<str>,
    /// The address at which clients would reach the tools in a sandbox. This platform has none, but clients demand one.
    pub toolbox_url: Arc<str>,
    /// The folder of the snapshots.
    pub snapshots: Arc<PathBuf>,
}

/// Returns every route.
pub fn routes(api: Api) -> Router {
    let published = Router::new()
        .route("/sandbox", get(list::list).post(changes::create))
        .route("/sandbox/{sandbox}", get(changes::read).delete(changes::command))
        .route("/sandbox/{sandbox}/labels", put(changes::labels))
        .route("/sandbox/{sandbox}/public/{public}", post(changes::public))
        .route("/snapshots", get(snapshots::list))
        .route("/snapshots/{snapshot}", get(snapshots::read))
        .route("/snapshots/{snapshot}", delete(snapshots::delete))
        // Every other request to a sandbox is a command, and the crate knows them all.
        .fallback(any(changes::command));
    let operators = Router::new()
        .route("/runners", get(operators::runners))
        .route("/runners/{runner}/{standing}", post(operators::stand));
    let called = Router::new()
        .nest("/api", published)
        .nest("/operator", operators)
        .merge(dashboard::events(api.clone()))
        .layer(middleware::from_fn_with_state(api.clone(), guard::of_callers));
    let runners = Router::new()
        .route(crate::runner::wire::HELLO, post(reports::hello))
        .route(crate::runner::wire::REPORTS, post(reports::report))
        .route(crate::runner::wire::INVENTORY, post(reports::inventory))
        .layer(middleware::from_fn_with_state(api.clone(), guard::of_runners));
    Router::new()
        .merge(called)
        .merge(runners)
        .merge(dashboard::page())
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(api)
}

/// Says whether the server can work: it reads the clock of its database.
async fn health(State(api): State<Api>) -> axum::response::Response {
    match api.platform.store.now().await {
        Ok(now) => format!("ok {}\n", now.to_rfc3339()).into_response(),
        Err(error) => (axum::http::StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

async fn metrics(State(api): State<Api>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], api.platform.metrics.text())
}
