//! The dashboard: one page that shows the fleet as it is now, and offers the commands that the crate accepts.
//!
//! The page is static. It reads the fleet as server-sent events ([`live`]) and sends its commands to the API as any other
//! client does, so it can do nothing that the API does not allow. What it shows is decided here, by the crate ([`view`]).

mod actions;
mod live;
pub mod view;

use axum::{
    Router,
    http::{HeaderName, header},
    response::IntoResponse,
    routing::get,
};
use sandbox_lifecycle::{
    Context, Policy, Sandbox,
    chrono::{DateTime, Utc},
};
use std::sync::LazyLock;

/// What the dashboard needs of the server.
pub trait Fleet: Clone + Send + Sync + 'static {
    /// Returns the newest sandboxes that the API shows, at most this many, in one consistent read.
    ///
    /// # Errors
    /// Why the sandboxes cannot be read, in words for people.
    fn look(&self, most: usize) -> impl Future<Output = Result<Look, String>> + Send;

    /// The policy of the platform.
    fn policy(&self) -> &Policy;

    /// How many times faster than real time the clock of the platform runs: `1.0`, unless it is a demonstration.
    fn time_scale(&self) -> f64;

    /// Whether the server is stopping. The streams of events then end, so that they do not keep it from draining.
    fn is_stopping(&self) -> bool;
}

/// What the fleet was at one instant.
#[derive(Debug)]
pub struct Look {
    /// The time of the platform's clock.
    pub now: DateTime<Utc>,
    /// The sandboxes, the newest first.
    pub seen: Vec<Seen>,
    /// How many more there are.
    pub more: u64,
}

/// A sandbox, and what the decisions about it need to know.
#[derive(Debug)]
pub struct Seen {
    /// The stored record.
    pub sandbox: Sandbox,
    /// The context, gathered for the revision of the record.
    pub context: Context,
}

/// Returns the routes of the page. Anybody may load it: it holds no data.
pub fn page<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(|| async { html() }))
        .route("/dashboard/page.css", get(|| async { file("text/css; charset=utf-8", include_str!("page.css")) }))
        .route("/dashboard/page.js", get(|| async { file("text/javascript; charset=utf-8", include_str!("page.js")) }))
        .route(
            "/dashboard/table.js",
            get(|| async { file("text/javascript; charset=utf-8", include_str!("table.js")) }),
        )
}

/// Returns the route of the page's events. They show the whole fleet, so put it behind the check of the API key.
pub fn events<F: Fleet, S: Clone + Send + Sync + 'static>(fleet: F) -> Router<S> {
    Router::new().route("/dashboard/fleet", get(live::fleet::<F>)).with_state(live::Dashboard::new(fleet))
}

/// The page, with the diagram in it: only a diagram that is part of the page takes the page's colours. The tests draw it from the
/// crate's transitions, which takes too long for a server that starts.
fn html() -> impl IntoResponse {
    static PAGE: LazyLock<String> =
        LazyLock::new(|| include_str!("page.html").replace("<!-- diagram -->", include_str!("diagram.svg")));
    file("text/html; charset=utf-8", PAGE.as_str())
}

/// What the page may do: only what comes from this server, so that a name with a script in it stays a name.
const SECURITY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Answers with a file of the page. The browser asks each time, so that a page never meets the script of another version.
fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    const HEADERS: [(HeaderName, &str); 4] = [
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, SECURITY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    ([(header::CONTENT_TYPE, kind)], HEADERS, text)
}
