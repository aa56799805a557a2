//! The dashboard of the program: it shows the store's fleet, and its streams do not keep the program from stopping.

use crate::{databases::each, program::Server};
use reqwest::Response;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn get(server: &Server, path: &str) -> Response {
    let request = reqwest::Client::new().get(format!("{}{path}", server.url)).bearer_auth("a-key-for-tests");
    request.send().await.expect("an answer")
}

/// Returns the data of the next event of a stream.
async fn next(stream: &mut Response) -> Value {
    let mut text = String::new();
    loop {
        text += std::str::from_utf8(&stream.chunk().await.expect("a stream").expect("an event")).expect("a text");
        let data = text.lines().find_map(|line| line.strip_prefix("data: "));
        if let Some(data) = data.filter(|_| text.ends_with("\n\n")) {
            return serde_json::from_str(data).expect("JSON");
        }
    }
}

#[tokio::test]
async fn the_dashboard_shows_the_fleet_while_it_changes_and_lets_the_program_stop() {
    for database in &each().await {
        let server = Server::start(&database.url, &["--time-scale", "60"]).await;
        let page = reqwest::get(format!("{}/", server.url)).await.expect("the page needs no key");
        assert!(page.text().await.expect("a text").contains("<title>Sandboxes</title>"));
        let mut stream = get(&server, "/dashboard/fleet").await;
        assert_eq!(next(&mut stream).await["sandboxes"], json!([]));
        assert_eq!(server.send("POST", "/sandbox", Some(json!({"name": "a"}))).await.0, 200);
        let mut shown = next(&mut stream).await;
        while shown["sandboxes"][0]["state"] != "started" {
            shown = next(&mut stream).await;
        }
        let row = &shown["sandboxes"][0];
        assert_eq!((&shown["scale"], &shown["more"]), (&json!(60.0), &json!(0)));
        assert_eq!((&row["name"], &row["runner"], &row["tone"]), (&json!("a"), &json!("runner-1"), &json!("runs")));
        let begun = Instant::now();
        assert!(server.stop().success());
        assert!(begun.elapsed() < Duration::from_secs(4), "it stopped after {:?}", begun.elapsed());
    }
}
