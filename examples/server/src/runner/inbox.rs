//! What the server talks to: the routes for messages and asks.

use super::{
    core::Runner,
    messages::{self, NotTaken},
    wire::{ASKS, Ask, Delivery, MESSAGES, SESSION},
};
use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Serialize;
use std::{io, sync::Arc, time::Duration};
use tokio::{sync::RwLockReadGuard, time::sleep};

/// How long the sender of a lost message waits.
const LOST: Duration = Duration::from_millis(100);
/// The longest body that is repeated.
const LONGEST: usize = 1 << 20;

pub fn routes(runner: &Arc<Runner>) -> Router {
    Router::new()
        .route(MESSAGES, post(message))
        .route(ASKS, post(ask))
        .layer(from_fn_with_state(Arc::clone(runner), have_faults))
        .layer(from_fn_with_state(Arc::clone(runner), needs_token))
        .with_state(Arc::clone(runner))
}

async fn message(
    State(runner): State<Arc<Runner>>,
    headers: HeaderMap,
    Json(delivery): Json<Delivery>,
) -> Result<Response, NotTaken> {
    let taking = Arc::clone(&runner);
    let taken = to_the_end(&runner, async move {
        let _session = join(&taking, &headers).await?;
        messages::deliver(&taking, delivery).await
    });
    Ok(Json(taken.await?).into_response())
}

async fn ask(
    State(runner): State<Arc<Runner>>,
    headers: HeaderMap,
    Json(ask): Json<Ask>,
) -> Result<Response, NotTaken> {
    let asked = Arc::clone(&runner);
    let answered = to_the_end(&runner, async move {
        let _session = join(&asked, &headers).await?;
        messages::answer(&asked, ask).await
    });
    Ok(Json(answered.await?).into_response())
}

/// Handles a message to its end, also if the server no longer waits for the answer: what is stored and what is remembered must
/// not differ.
async fn to_the_end<T: Send + 'static>(
    runner: &Runner,
    handled: impl Future<Output = Result<T, NotTaken>> + Send + 'static,
) -> Result<T, NotTaken> {
    let ended = runner.spawn(handled).await.map_err(io::Error::other)?;
    ended.unwrap_or_else(|| Err(io::Error::other("the runner ends").into()))
}

/// Lets a message into its session, which lasts at least as long as the result is kept.
async fn join<'a>(runner: &'a Runner, headers: &HeaderMap) -> Result<RwLockReadGuard<'a, Option<u64>>, NotTaken> {
    let named = headers.get(SESSION).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<u64>().ok());
    let session = runner.session.read().await;
    if named.is_some() && *session == named { Ok(session) } else { Err(NotTaken::OtherSession) }
}

/// What is wrong, in words.
#[derive(Serialize)]
struct Problem {
    message: String,
}

impl IntoResponse for NotTaken {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Refused(refusal) => return (StatusCode::CONFLICT, Json(refusal)).into_response(),
            Self::OtherSession => StatusCode::CONFLICT,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Failed(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, Json(Problem { message: self.to_string() })).into_response()
    }
}

async fn needs_token(State(runner): State<Arc<Runner>>, request: Request, next: Next) -> Response {
    let token = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if token.and_then(|value| value.strip_prefix("Bearer ")) == Some(runner.options.token.as_str()) {
        next.run(request).await
    } else {
        (StatusCode::UNAUTHORIZED, "this request needs the token of the runners").into_response()
    }
}

/// Applies the faults to the messages that come in and to their answers.
async fn have_faults(State(runner): State<Arc<Runner>>, request: Request, next: Next) -> Response {
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
