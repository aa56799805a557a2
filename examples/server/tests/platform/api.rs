//! The API: who may ask, how much and how often, and how it refuses.

use crate::{databases::Folder, program::Server};
use serde_json::{Value, json};
use std::process::Command;

fn sqlite(folder: &Folder) -> String {
    format!("sqlite:{}", folder.join("store.db").display())
}

async fn with_key(server: &Server, key: Option<&str>, path: &str) -> (u16, Value) {
    let request = reqwest::Client::new().get(format!("{}{path}", server.url));
    let request = match key {
        Some(key) => request.bearer_auth(key),
        None => request,
    };
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
}

#[tokio::test]
async fn only_callers_with_the_key_are_heard() {
    let folder = Folder::new();
    let server = Server::start(&sqlite(&folder), &["--role", "api", "--runner-token", "t"]).await;
    for key in [None, Some(""), Some("wrong"), Some("a-key-for-test"), Some("a-key-for-testss")] {
        for path in ["/api/sandbox", "/api/sandbox/a", "/api/nothing", "/operator/runners", "/dashboard/fleet"] {
            let (status, body) = with_key(&server, key, path).await;
            assert_eq!((status, &body["error"]), (401, &json!("Unauthorized")), "{key:?} {path}");
        }
    }
    // The key of callers is not that of runners.
    let hello = reqwest::Client::new().post(format!("{}/runner/hello", server.url)).bearer_auth("a-key-for-tests");
    assert_eq!(hello.json(&json!({})).send().await.expect("an answer").status(), 401);
    assert_eq!(with_key(&server, None, "/health").await.0, 200, "monitors need no key");
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused() {
    let folder = Folder::new();
    let server = Server::start(&sqlite(&folder), &["--role", "api", "--runner-token", "t"]).await;
    let labels: serde_json::Map<String, Value> =
        (0..20_000).map(|n| (format!("label-{n}"), json!("x".repeat(20)))).collect();
    let (status, body) = server.send("POST", "/sandbox", Some(json!({"labels": labels}))).await;
    assert_eq!((status, &body["statusCode"]), (413, &json!(413)), "{body}");
    assert_eq!(server.send("POST", "/sandbox", Some(json!({"labels": {"a": "b"}}))).await.0, 200);
}

#[tokio::test]
async fn requests_that_are_too_frequent_are_refused() {
    let folder = Folder::new();
    let server = Server::start(&sqlite(&folder), &["--role", "api", "--runner-token", "t", "--rate", "5"]).await;
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(server.send("GET", "/sandbox", None).await.0);
    }
    assert_eq!(statuses.first(), Some(&200));
    assert!(statuses.iter().filter(|status| **status == 429).count() >= 10, "{statuses:?}");
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(server.send("GET", "/sandbox", None).await.0, 200);
}

#[tokio::test]
async fn every_refusal_is_an_error_body() {
    let folder = Folder::new();
    let server = Server::start(&sqlite(&folder), &[]).await;
    assert_eq!(server.send("POST", "/sandbox", Some(json!({"name": "a"}))).await.0, 200);
    server.until("it is started", async || server.send("GET", "/sandbox/a", None).await.1["state"] == "started").await;
    let cases = [
        ("GET", "/sandbox/nobody", None, 404, "no sandbox has the id or the name nobody"),
        ("POST", "/sandbox/a/dance", None, 404, "no request of the API has this method and path"),
        ("GET", "/config", None, 404, "no request of the API has this method and path"),
        ("POST", "/sandbox/a/archive", None, 400, "cannot archive while the state is started"),
        ("POST", "/sandbox/a/pause", None, 422, "cannot pause"),
        ("POST", "/sandbox/a/autostop/soon", None, 400, "autoStopInterval is"),
        ("POST", "/sandbox/a/stop?force=maybe", None, 400, "force is"),
        ("POST", "/sandbox/a/resize", Some(json!({"cpu": 0})), 400, "cpu is 0, expected a whole number"),
        ("POST", "/sandbox/a/snapshot", Some(json!({"name": "../a"})), 400, "name is ../a"),
        ("POST", "/sandbox/a/public/perhaps", None, 400, "public is perhaps, expected true or false"),
        ("POST", "/sandbox", Some(json!({"name": "a"})), 409, "the name is in use"),
        ("POST", "/sandbox", Some(json!({"cpu": -1, "autoStopInterval": "x"})), 400, ""),
        ("POST", "/sandbox", Some(json!(["a"])), 400, "the body cannot be read"),
        ("GET", "/sandbox?limit=0", None, 400, "limit is 0, expected a whole number from 1 to 200"),
        ("GET", "/sandbox?cursor=x", None, 400, "cursor is not one that this server gave"),
        ("GET", "/sandbox?labels=x", None, 400, "labels: "),
    ];
    for (method, path, body, status, text) in cases {
        let (answered, error) = server.send(method, path, body).await;
        let message = error["message"].as_str().unwrap_or_default();
        assert_eq!((answered, &error["statusCode"]), (status, &json!(status)), "{method} {path}: {error}");
        assert!(message.starts_with(text), "{method} {path}: {message}");
    }
}

#[tokio::test]
async fn lists_have_pages_and_filters() {
    let folder = Folder::new();
    let server = Server::start(&sqlite(&folder), &["--role", "api", "--runner-token", "t"]).await;
    for number in 0..7 {
        let label = if number % 2 == 0 { "even" } else { "odd" };
        let created = json!({"name": format!("s{number}"), "labels": {"kind": label}});
        assert_eq!(server.send("POST", "/sandbox", Some(created)).await.0, 200);
    }
    let names = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["name"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let mut found = Vec::new();
    let mut query = String::from("/sandbox?sort=name&order=asc&limit=3");
    loop {
        let (_, page) = server.send("GET", &query, None).await;
        found.push(names(&page));
        match page["nextCursor"].as_str() {
            Some(cursor) => query = format!("/sandbox?sort=name&order=asc&limit=3&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(found, [vec!["s0", "s1", "s2"], vec!["s3", "s4", "s5"], vec!["s6"]]);
    let filtered = async |filter: &str| {
        let (status, page) = server.send("GET", &format!("/sandbox?sort=name&order=asc&{filter}"), None).await;
        assert_eq!(status, 200, "{filter}: {page}");
        names(&page)
    };
    assert_eq!(filtered("labels=%7B%22kind%22%3A%20%22odd%22%7D").await, ["s1", "s3", "s5"]);
    assert_eq!(filtered("name=s4").await, ["s4"]);
    assert_eq!(filtered("states=started").await, [""; 0]);
    assert_eq!(filtered("states=started&states=pulling_snapshot").await.len(), 7);
    assert_eq!(filtered("minCpu=3").await, [""; 0]);
    assert_eq!(filtered("isPublic=false&sandboxClasses=container").await.len(), 7);
}

#[tokio::test]
async fn the_numbers_are_there_and_watch_follows_the_server() {
    let folder = Folder::new();
    let server = Server::start(&sqlite(&folder), &[]).await;
    assert_eq!(server.send("POST", "/sandbox", Some(json!({"name": "a"}))).await.0, 200);
    let watch = |arguments: &[&str]| {
        let mut watch = Command::new(env!("CARGO_BIN_EXE_watch"));
        watch.env("DAYTONA_API_URL", format!("{}/api", server.url)).env("DAYTONA_API_KEY", "a-key-for-tests");
        let output = watch.args(arguments).output().expect("watch starts");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, shown) = watch(&["a", "--goal", "started", "--timeout", "20"]);
    assert!(code == Some(0) && shown.contains("started"), "{code:?} {shown}");
    assert_eq!(server.send("POST", "/sandbox/a/archive", None).await.0, 400);
    assert_eq!(server.send("POST", "/sandbox/a/stop", None).await.0, 200);
    assert_eq!(watch(&["a", "--goal", "stopped", "--timeout", "20"]).0, Some(0));
    assert_eq!(server.send("DELETE", "/sandbox/a", None).await.0, 200);
    assert_eq!(watch(&["a", "--goal", "started", "--timeout", "5"]).0, Some(1), "it is gone");
    let text = reqwest::get(format!("{}/metrics", server.url)).await.expect("an answer").text().await.expect("text");
    for line in [
        "sandbox_decisions_total{cause=\"create\"} 1",
        "sandbox_decisions_total{cause=\"command\"} 2",
        "sandbox_refusals_total{code=\"bad_state\"} 1",
        "sandbox_stale_writes_total ",
        "sandbox_outbox_age_seconds ",
        "sandbox_deadline_lag_seconds ",
        "sandbox_crate_seconds_total{part=\"decide\"} ",
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found.starts_with(line)), "{line} is not in {text}");
    }
}
