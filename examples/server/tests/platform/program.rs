//! The program: its options, what it refuses to start with, and one life of a sandbox in the whole platform.

use crate::databases::{Folder, TestDatabase, each};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::{Duration, Instant},
};

const KEY: &str = "a-key-for-tests";

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sandbox-server"));
    command
        .env_remove("SANDBOX_RUNNER_TOKEN")
        .env_remove("SANDBOX_API_KEY")
        .env_remove("RUST_LOG")
        .stdin(Stdio::null());
    command
}

/// Runs a program that must end by itself.
fn refused(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = command.output().expect("the program starts");
    (status.code(), String::from_utf8(stderr).expect("text"))
}

/// A running platform.
pub struct Server {
    process: Child,
    pub url: String,
    pub folder: Folder,
}

impl Server {
    /// Starts the platform on a free port.
    pub async fn start(database: &str, options: &[&str]) -> Self {
        let folder = Folder::new();
        let mut command = program();
        command
            .args(["--listen", "127.0.0.1:0", "--api-key", KEY, "--database", database, "--log", "warn"])
            .args(options);
        command.arg("--data").arg(folder.join("data")).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the program starts");
        let mut first = String::new();
        let output = process.stdout.take().expect("its output is piped");
        BufReader::new(output).read_line(&mut first).expect("its first line");
        let address = first.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
        let server = Self { process, url: format!("http://{address}"), folder };
        server.until("it is healthy", async || server.get("/health").await.0 == 200).await;
        server
    }

    pub async fn until(&self, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
        let begun = Instant::now();
        while !is_so().await {
            assert!(begun.elapsed() < Duration::from_secs(20), "waited too long until {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        match reqwest::Client::new().get(format!("{}{path}", self.url)).bearer_auth(KEY).send().await {
            Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap_or_default()),
            Err(_) => (0, String::new()),
        }
    }

    /// Sends a request of the API.
    pub async fn send(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let method = method.parse().expect("a method");
        let request = reqwest::Client::new().request(method, format!("{}/api{path}", self.url)).bearer_auth(KEY);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// Sends a request that is accepted, and waits until the sandbox has this state.
    async fn comes_to(&self, method: &str, path: &str, body: Option<Value>, sandbox: &str, state: &str) -> Value {
        let (status, answer) = self.send(method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
        let mut record = Value::Null;
        self.until(&format!("{sandbox} is {state}"), async || {
            record = self.send("GET", &format!("/sandbox/{sandbox}"), None).await.1;
            record["state"] == state
        })
        .await;
        record
    }

    /// Stops the platform as Ctrl-C does.
    pub fn stop(mut self) -> ExitStatus {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill").success());
        self.process.wait().expect("it ends")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill(); // It may have ended.
        let _ = self.process.wait();
        // The sandboxes of a test end with it.
        let marker = format!("SANDBOX_DISK={}", self.folder.0.display());
        for process in std::fs::read_dir("/proc").expect("the processes").flatten() {
            let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
            if environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(marker.as_bytes())) {
                let _ = Command::new("kill").arg("-KILL").arg(process.file_name()).status();
            }
        }
    }
}

#[test]
fn bad_options_end_with_2_and_say_what_is_allowed() {
    let cases: [(&[&str], &str); 7] = [
        (&["--role", "boss"], "possible values: all, api, controller, runner"),
        (&["--listen", "here"], "invalid value 'here' for '--listen <ADDRESS>'"),
        (&["--time-scale", "0"], "0 is not in 1..=100000"),
        (&["--databse", "sqlite:x"], "a similar argument exists: '--database'"),
        (
            &["--database", "mysql://x"],
            "`mysql://x` names no database: use sqlite:PATH or postgres://USER@HOST:PORT/NAME",
        ),
        (&["--role", "runner"], "a runner needs SANDBOX_RUNNER_TOKEN"),
        (&["--role", "api"], "a server without its own runner needs SANDBOX_RUNNER_TOKEN"),
    ];
    for (options, text) in cases {
        let folder = Folder::new();
        let mut command = program();
        command.current_dir(&folder.0);
        if !options.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let (status, error) = refused(command.args(options));
        assert_eq!(status, Some(2), "{options:?}: {error}");
        assert!(error.contains(text), "{options:?}: {error}");
        assert_eq!(std::fs::read_dir(&folder.0).expect("the folder").count(), 0, "{options:?} makes no file");
    }
}

#[test]
fn a_port_in_use_ends_with_2_and_makes_no_database() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let folder = Folder::new();
    let (status, error) = refused(program().current_dir(&folder.0).args(["--listen", &address]));
    assert_eq!(status, Some(2));
    assert!(error.starts_with(&format!("error: cannot listen on {address}: Address already in use")), "{error}");
    assert!(error.contains("choose another address with --listen"), "{error}");
    assert_eq!(std::fs::read_dir(&folder.0).expect("the folder").count(), 0);
}

#[test]
fn an_unreadable_database_ends_with_2_and_is_not_changed() {
    let folder = Folder::new();
    let file = folder.join("notes.db");
    let text = "This is no database. ".repeat(500);
    std::fs::write(&file, &text).expect("a file");
    for (database, says) in [
        (format!("sqlite:{}", file.display()), "file is not a database"),
        (format!("sqlite:{}", folder.join("no/such/folder/x.db").display()), "unable to open database file"),
        ("postgres://nobody@127.0.0.1:1/x".to_owned(), "Connection refused"),
    ] {
        let mut command = program();
        command.current_dir(&folder.0).args(["--listen", "127.0.0.1:0", "--database", &database]);
        let (status, error) = refused(&mut command);
        assert_eq!(status, Some(2), "{database}: {error}");
        assert!(error.contains("cannot read the database") && error.contains(says), "{database}: {error}");
    }
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), text);
}

/// One life with every change, on each database.
#[tokio::test]
async fn a_sandbox_lives_through_every_change() {
    for TestDatabase { url, .. } in &each().await {
        let server = Server::start(url, &["--sandbox-tick", "0.05", "--stop-grace", "2"]).await;
        let created = json!({"name": "a", "snapshot": "vm", "labels": {"team": "x"}, "autoStopInterval": 30});
        let record = server.comes_to("POST", "/sandbox", Some(created), "a", "started").await;
        assert_eq!((&record["sandboxClass"], &record["labels"]), (&json!("linux-vm"), &json!({"team": "x"})));
        server.comes_to("POST", "/sandbox/a/pause", None, "a", "paused").await;
        server.comes_to("POST", "/sandbox/a/start", None, "a", "started").await;
        let record = server.comes_to("POST", "/sandbox/a/resize", Some(json!({"cpu": 4})), "a", "started").await;
        assert_eq!(record["cpu"], 4);
        server
            .comes_to(
                "POST",
                "/sandbox/a/snapshot",
                Some(json!({"name": "saved", "includeMemory": true})),
                "a",
                "started",
            )
            .await;
        assert_eq!(server.send("GET", "/snapshots/saved", None).await.1["name"], "saved");
        server.comes_to("POST", "/sandbox/a/fork", Some(json!({"name": "b"})), "b", "started").await;
        let (status, refusal) = server.send("DELETE", "/sandbox/a", None).await;
        assert_eq!((status, &refusal["code"]), (400, &json!("fork_children")), "its fork lives");
        assert_eq!(server.send("DELETE", "/sandbox/b", None).await.0, 200);
        server.comes_to("POST", "/sandbox/a/stop", None, "a", "stopped").await;
        server.comes_to("POST", "/sandbox/a/start", None, "a", "started").await;
        server.comes_to("POST", "/sandbox/a/stop?force=true", None, "a", "stopped").await;
        server.comes_to("POST", "/sandbox/a/archive", None, "a", "archived").await;
        server.comes_to("POST", "/sandbox/a/start", None, "a", "started").await;
        let (_, labelled) = server.send("PUT", "/sandbox/a/labels", Some(json!({"labels": {"team": "y"}}))).await;
        assert_eq!(labelled["labels"], json!({"team": "y"}));
        for (path, field, minutes) in [
            ("autostop/7", "autoStopInterval", 7),
            ("autoarchive/8", "autoArchiveInterval", 8),
            ("autodelete/9", "autoDeleteInterval", 9),
        ] {
            let (status, record) = server.send("POST", &format!("/sandbox/a/{path}"), None).await;
            assert_eq!((status, &record[field]), (200, &json!(minutes)), "{path}: {record}");
        }
        assert_eq!(server.send("POST", "/sandbox/a/last-activity", None).await.0, 200);
        assert_eq!(server.send("DELETE", "/sandbox/a", None).await.0, 200);
        assert_eq!(server.send("GET", "/sandbox/a", None).await.0, 404);
        let ephemeral = json!({"name": "e", "autoDeleteInterval": 0});
        server.comes_to("POST", "/sandbox", Some(ephemeral), "e", "started").await;
        assert_eq!(server.send("POST", "/sandbox/e/stop", None).await.0, 200);
        server
            .until("the ephemeral sandbox is gone", async || server.send("GET", "/sandbox/e", None).await.0 == 404)
            .await;
        assert!(server.stop().success(), "it stops cleanly");
    }
}

/// With time running fast, an idle sandbox is stopped, archived and, at the end of its life, gone.
#[tokio::test]
async fn the_clock_stops_archives_and_deletes_what_is_idle() {
    for TestDatabase { url, .. } in &each().await {
        let server = Server::start(url, &["--time-scale", "120"]).await;
        let idle = json!({"name": "a", "autoStopInterval": 2, "autoArchiveInterval": 3, "ttlMinutes": 12});
        server.comes_to("POST", "/sandbox", Some(idle), "a", "started").await;
        for state in ["stopped", "archived"] {
            server
                .until(&format!("it is {state}"), async || {
                    server.send("GET", "/sandbox/a", None).await.1["state"] == state
                })
                .await;
        }
        server.until("its life is over", async || server.send("GET", "/sandbox/a", None).await.0 == 404).await;
    }
}

/// A killed server goes on where it was: its runner ends with it, and the sandbox keeps running.
#[tokio::test]
async fn a_killed_server_goes_on_where_it_was() {
    for TestDatabase { url, .. } in &each().await {
        let mut server = Server::start(url, &[]).await;
        server.comes_to("POST", "/sandbox", Some(json!({"name": "a"})), "a", "started").await;
        let (status, _) = server.send("POST", "/sandbox/a/stop", None).await;
        assert_eq!(status, 200);
        server.process.kill().expect("SIGKILL");
        server.process.wait().expect("it ends");
        let mut command = program();
        command.args([
            "--listen",
            server.url.trim_start_matches("http://"),
            "--api-key",
            KEY,
            "--database",
            url,
            "--log",
            "warn",
        ]);
        command.arg("--data").arg(server.folder.join("data")).stdout(Stdio::null());
        server.process = command.spawn().expect("the program starts");
        server.until("it is healthy", async || server.get("/health").await.0 == 200).await;
        server
            .until("the stop is done", async || server.send("GET", "/sandbox/a", None).await.1["state"] == "stopped")
            .await;
    }
}
