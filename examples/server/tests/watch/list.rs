//! The list: every page, every item, whatever is newer or faulty.

use crate::{KEY, Ran, platform::Platform, server::Answer, server::Server, watch};
use chrono::TimeDelta;
use sandbox_lifecycle::{Command, record::Maybe};
use serde_json::{Value, json};

/// Two pages: a started sandbox, one that stops, one in a state that is newer than the program, and one without its size.
fn pages() -> [Value; 2] {
    let started = Platform::started("web", |request| request.auto_stop_interval = Maybe::Value(0.into()));
    let mut stopping = Platform::started("worker", |request| request.auto_stop_interval = Maybe::Value(0.into()));
    stopping.now += TimeDelta::minutes(9);
    stopping.command(Command::Stop { force: false });
    let (mut newer, mut faulty) = (Platform::started("old", |_| {}).item(), Platform::started("bad", |_| {}).item());
    newer["state"] = json!("hibernated");
    faulty["cpu"] = json!("four");
    [
        json!({"items": [started.item(), newer], "nextCursor": "after two"}),
        json!({"items": [faulty, stopping.item()], "nextCursor": null}),
    ]
}

#[test]
fn a_list_of_two_pages() {
    let pages = pages();
    let fails_at = pages[1]["items"][1]["updatedAt"].as_str().expect("a time").parse::<chrono::DateTime<chrono::Utc>>();
    let fails_at =
        (fails_at.expect("a time") + TimeDelta::minutes(15)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let server = Server::new(pages.iter().map(Answer::json).collect());
    let expected = format!(
        "\
NAME    ID            STATE       DESIRED  SETTLED    HOLDS             NEXT
web     id-of-web     started     started  yes        compute and disk
old     id-of-old     hibernated  started  not known  not known
worker  id-of-worker  stopping    stopped  no         compute and disk  will fail in 14 min unless its change ends ({fails_at})
cannot be read: item 0, with id id-of-bad: .cpu: invalid type: string \"four\", expected a number
3 sandboxes, and 1 that cannot be read
"
    );
    let ran = watch(&server.api, &["--label", "team=a b", "--state", "started", "--state", "stopping"]);
    assert_eq!(ran, Ran::new(0, expected, ""));
    let key = format!("authorization: Bearer {KEY}");
    let filters = "labels=%7B%22team%22%3A%22a%20b%22%7D&states=started&states=stopping";
    assert_eq!(
        server.requests(),
        [
            format!("GET /api/sandbox?limit=200&{filters} {key}"),
            format!("GET /api/sandbox?cursor=after%20two&limit=200&{filters} {key}"),
        ]
    );
}

#[test]
fn a_list_for_scripts() {
    let server = Server::new(pages().iter().map(Answer::json).collect());
    let ran = watch(&server.api, &["--json"]);
    let look: Value = serde_json::from_str(&ran.stdout).expect("one JSON object");
    let sandboxes = look["sandboxes"].as_array().expect("a list");
    let shown: Vec<_> = sandboxes.iter().map(|it| json!([it["id"], it["state"], it["wait"]["assessment"]])).collect();
    let expected = json!([
        ["id-of-web", "started", "reached"],
        ["id-of-old", "hibernated", "unknown"],
        ["id-of-worker", "stopping", "pending"],
    ]);
    assert_eq!((json!(shown), look["faulty"].as_array().map(Vec::len)), (expected, Some(1)));
}

#[test]
fn a_list_without_sandboxes() {
    let server = Server::new(vec![Answer::json(json!({"items": [], "nextCursor": null}))]);
    let expected = "NAME  ID  STATE  DESIRED  SETTLED  HOLDS  NEXT\n0 sandboxes\n";
    assert_eq!(watch(&server.api, &[]), Ran::new(0, expected, ""));
}

#[test]
fn a_list_whose_pages_never_end() {
    let server = Server::new(vec![Answer::json(&pages()[0])]);
    let text = format!("watch: {}: the pages of the list never end: check --api\n", server.api);
    assert_eq!(watch(&server.api, &[]), Ran::new(4, "", text));
}
