//! The stream: the whole fleet when something has changed, and otherwise a heartbeat.

use crate::platform::{KEY, Platform};
use axum::{
    body::{Body, BodyDataStream},
    http::{Request, StatusCode},
};
use futures_util::StreamExt;
use sandbox_lifecycle::{Command, chrono::TimeDelta};
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;

async fn get(platform: &Platform, path: &str, key: &str) -> axum::response::Response {
    let request = Request::get(path).header("authorization", format!("Bearer {key}")).body(Body::empty());
    platform.routes().oneshot(request.expect("a request")).await.expect("an answer")
}

/// A page that watches.
struct Page(BodyDataStream);

impl Page {
    async fn open(platform: &Platform) -> Self {
        let answer = get(platform, "/dashboard/fleet", KEY).await;
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self(answer.into_body().into_data_stream())
    }

    /// Returns the next piece of the stream, or nothing if it has ended.
    async fn hears(&mut self) -> Option<String> {
        let next =
            tokio::time::timeout(Duration::from_secs(10), self.0.next()).await.expect("no stream is silent so long");
        Some(String::from_utf8(next?.expect("the stream works").to_vec()).expect("a text"))
    }

    /// Returns the next event and its data.
    async fn event(&mut self) -> (String, Value) {
        loop {
            let text = self.hears().await.expect("the stream goes on");
            let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
            if let (Some(event), Some(data)) = (line("event: "), line("data: ")) {
                return (event, serde_json::from_str(&data).expect("JSON"));
            }
        }
    }

    async fn states(&mut self) -> Vec<(String, String)> {
        let (event, data) = self.event().await;
        assert_eq!(event, "fleet");
        let rows = data["sandboxes"].as_array().expect("a list").iter();
        let text = |row: &Value, name: &str| row[name].as_str().expect("a text").to_owned();
        rows.map(|row| (text(row, "name"), text(row, "state"))).collect()
    }
}

fn states<const N: usize>(states: [(&str, &str); N]) -> Vec<(String, String)> {
    states.map(|(name, state)| (name.to_owned(), state.to_owned())).into()
}

#[tokio::test]
async fn the_page_may_load_nothing_but_this_servers_files() {
    let platform = Platform::new();
    for path in ["/", "/dashboard/page.css", "/dashboard/page.js", "/dashboard/table.js"] {
        let answer = get(&platform, path, "").await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let policy = answer.headers()["content-security-policy"].to_str().expect("a text").to_owned();
        assert!(policy.contains("default-src 'none'; script-src 'self';"), "{path}: {policy}");
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
        let text = std::str::from_utf8(&body).expect("a text");
        assert_eq!(path == "/", text.contains("data-state=\"started\""), "only the page has the diagram: {path}");
        assert!(!text.contains("innerHTML"), "{path} writes what users say as HTML");
    }
}

#[tokio::test]
async fn a_page_gets_the_fleet_once_and_again_when_it_changes() {
    let platform = Platform::new();
    let first = platform.create(json!({ "name": "first", "autoStopInterval": 15 }));
    platform.create(json!({ "name": "<script>", "snapshot": "vm" }));
    platform.pass(TimeDelta::seconds(1));
    let mut page = Page::open(&platform).await;
    assert_eq!(page.states().await, states([("<script>", "started"), ("first", "started")]));
    // Time alone changes nothing: the page counts the deadlines down itself.
    platform.inner().now += TimeDelta::seconds(30);
    assert_eq!(page.hears().await.as_deref(), Some(":\n\n"));
    platform.send(&first, Command::Stop { force: false });
    assert_eq!(page.states().await, states([("<script>", "started"), ("first", "stopping")]));
    platform.pass(TimeDelta::seconds(1));
    assert_eq!(page.states().await, states([("<script>", "started"), ("first", "stopped")]));
    platform.send(&first, Command::Destroy { force: false });
    platform.pass(TimeDelta::seconds(1));
    assert_eq!(page.states().await, states([("<script>", "started")]));
}

#[tokio::test]
async fn a_timer_acts_when_the_countdown_of_the_page_ends() {
    let platform = Platform::new();
    platform.create(json!({ "name": "idle", "autoStopInterval": 15 }));
    platform.pass(TimeDelta::seconds(1));
    let (_, event) = Page::open(&platform).await.event().await;
    let time =
        |value: &Value| value.as_str().and_then(|text| text.parse::<sandbox_lifecycle::chrono::DateTime<_>>().ok());
    let (now, at) =
        (time(&event["now"]).expect("now"), time(&event["sandboxes"][0]["deadlines"][0]["at"]).expect("a deadline"));
    assert_eq!((event["scale"].as_f64(), event["sandboxes"][0]["state"].as_str()), (Some(60.0), Some("started")));
    platform.pass(at - platform.now());
    assert_eq!(Page::open(&platform).await.states().await, states([("idle", "started")]));
    platform.pass(TimeDelta::seconds(1));
    assert!(now < at);
    assert_eq!(Page::open(&platform).await.states().await, states([("idle", "stopped")]));
}

#[tokio::test]
async fn pages_share_the_looks_and_nobody_looks_for_nobody() {
    let platform = Platform::new();
    let routes = platform.routes();
    let mut pages = Vec::new();
    for _ in 0..20 {
        let request = Request::get("/dashboard/fleet").header("authorization", format!("Bearer {KEY}"));
        let answer = routes.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer");
        let mut page = Page(answer.into_body().into_data_stream());
        assert_eq!(page.states().await, []);
        pages.push(page);
    }
    assert!(platform.inner().looks <= 3, "{} looks for pages that opened together", platform.inner().looks);
    drop(pages);
    let looks = platform.inner().looks;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(platform.inner().looks, looks);
}

#[tokio::test]
async fn a_fleet_that_cannot_be_read_is_trouble_until_it_can() {
    let platform = Platform::new();
    platform.inner().trouble = Some("the database does not answer".into());
    let mut page = Page::open(&platform).await;
    assert_eq!(page.event().await, ("trouble".into(), json!("the database does not answer")));
    platform.inner().trouble = None;
    assert_eq!(page.states().await, []);
}

#[tokio::test]
async fn a_server_that_stops_ends_the_streams() {
    let platform = Platform::new();
    let mut page = Page::open(&platform).await;
    assert_eq!(page.states().await, []);
    platform.inner().stopping = true;
    assert_eq!(page.hears().await, None);
}

/// Serves the page for a browser, without a server: `DASHBOARD_LISTEN=127.0.0.1:3900 cargo test --test dashboard -- --ignored`.
#[tokio::test]
#[ignore = "serves until it is killed"]
async fn serve() {
    let platform = Platform::new();
    {
        let mut inner = platform.inner();
        inner.work = TimeDelta::seconds(90);
        inner.cursed = Some("cursed");
    }
    for n in 0..std::env::var("DASHBOARD_FLEET").ok().and_then(|n| n.parse().ok()).unwrap_or(8) {
        let name = if n == 4 { "cursed-build".to_owned() } else { format!("worker-{n}") };
        let labels = json!({ "team": "search", "env": if n % 2 == 0 { "dev" } else { "prod" } });
        let snapshot = if n % 3 == 0 { "vm" } else { "ubuntu" };
        platform.create(json!({ "name": name, "snapshot": snapshot, "labels": labels, "autoStopInterval": 15 + n }));
    }
    let clock = platform.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(200)).await;
            clock.pass(TimeDelta::seconds(12));
        }
    });
    let listener = tokio::net::TcpListener::bind(std::env::var("DASHBOARD_LISTEN").expect("an address")).await;
    axum::serve(listener.expect("a free port"), platform.routes()).await.expect("it serves");
}
