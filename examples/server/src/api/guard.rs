//! Who may ask, and how often.

use super::{Api, answer::ApiError};
use axum::{
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Lets callers with the key pass, as often as the limit allows. A wrong key counts too, so keys cannot be tried out fast.
pub async fn of_callers(State(api): State<Api>, request: Request, next: Next) -> Response {
    if api.limiter.check().is_err() {
        return ApiError::new(429, "too many requests: wait a second").into_response();
    }
    if !shows(&request, &api.key) {
        return ApiError::new(401, "the API key is missing or wrong: send it as `Authorization: Bearer KEY`")
            .into_response();
    }
    next.run(request).await
}

/// Lets runners with the token pass.
pub async fn of_runners(State(api): State<Api>, request: Request, next: Next) -> Response {
    if shows(&request, &api.platform.runner_token) {
        next.run(request).await
    } else {
        ApiError::new(401, "the token of the runners is missing or wrong").into_response()
    }
}

fn shows(request: &Request, secret: &str) -> bool {
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    shown.and_then(|value| value.strip_prefix("Bearer ")).is_some_and(|shown| is_same(shown, secret))
}

/// Compares in a time that does not say how many letters are right.
pub fn is_same(shown: &str, secret: &str) -> bool {
    let differences = shown.bytes().zip(secret.bytes()).fold(0, |found, (a, b)| found | (a ^ b));
    shown.len() == secret.len() && differences == 0
}
