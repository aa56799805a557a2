//! One sandbox: each wait ends with its result.

use crate::{KEY, Ran, platform::Platform, program, server::Answer, server::Server, watch};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use sandbox_lifecycle::{Command, record::Maybe, runner::End, vocabulary::Fault};
use serde_json::{Value, json};
use std::{io::Read, os::unix::process::ExitStatusExt, process::Command as Process};

const STOP: Command = Command::Stop { force: false };
const DESTROY: Command = Command::Destroy { force: false };

fn shown(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A started sandbox whose command was accepted a minute ago.
fn after(name: &str, command: Command) -> Platform {
    let mut platform = Platform::started(name, |_| {});
    platform.now += TimeDelta::minutes(9);
    platform.command(command);
    platform
}

/// The call ends, 20 seconds later.
fn ended(mut platform: Platform, end: End) -> Platform {
    platform.now += TimeDelta::seconds(20);
    platform.end(end);
    platform
}

fn not_found() -> Answer {
    Answer::error(404, json!({"statusCode": 404, "message": "Sandbox not found", "error": "Not Found"}))
}

#[test]
fn a_stop_that_is_reached() {
    let stopping = after("box", STOP);
    let (asked_at, first) = (stopping.now, stopping.record());
    let stopped = ended(stopping, End::Completed);
    let server = Server::new([&first, &first, &stopped.record()].map(Answer::json).to_vec());
    let expected = format!(
        "\
box (id-of-box)
  state       stopping, desired state stopped, since {}
  wait        stopped: pending: the sandbox is in stopping
  deadline    will fail in 14 min unless its change ends ({})
  holds       compute and disk: 2 CPU, 4 GB memory, 10 GB disk
  carries     running processes?, memory?, disk, completed backup?
  open        autostop, autopause, autoarchive, autodelete, ttl, touch
  may be open destroy: if nothing pending, or pending_build; without live fork children; destroyed, destroying, started, \
stopped, error, build_failed, pending_build, archived, archiving or paused
  may be open backup: if no backup under way
  closed      start, stop, archive: another change is under way
  closed      pause: only VM classes can keep their memory
  closed      resize, snapshot: not while the state is stopping
  closed      fork: only VM classes can be copied while they run
  closed      recover: neither its runner nor a backup can bring it back

box (id-of-box)
  state       stopped, since {}
  wait        stopped: reached
  deadline    will be archived in 7 days unless it is used ({})
  holds       disk: 10 GB disk
  carries     disk, completed backup?
  would lose  destroy: disk, completed backup?
  open        autostop, autopause, autoarchive, autodelete, ttl, touch
  may be open start, resize, snapshot: if in an organization that is not suspended
  may be open destroy, archive: if without live fork children
  may be open backup: if no backup under way
  closed      stop: only a started or paused sandbox can be stopped
  closed      pause: only a started sandbox can be paused
  closed      fork: only VM classes can be copied while they run
  closed      recover: neither its runner nor a backup can bring it back
",
        shown(asked_at),
        shown(asked_at + TimeDelta::minutes(15)),
        shown(stopped.now),
        shown(stopped.now + TimeDelta::days(7)),
    );
    assert_eq!(watch(&server.api, &["box", "--goal", "stopped"]), Ran::new(0, expected, ""));
    // The name is asked for once: it is free again when the sandbox is destroyed.
    let by_id = format!("GET /api/sandbox/id-of-box authorization: Bearer {KEY}");
    let by_name = format!("GET /api/sandbox/box authorization: Bearer {KEY}");
    assert_eq!(server.requests(), [by_name, by_id.clone(), by_id]);
}

/// Returns the lines with these labels, and the first line of each block.
fn lines<'t>(text: &'t str, labels: &[&str]) -> Vec<&'t str> {
    let is_chosen =
        |line: &&str| !line.starts_with(' ') || labels.iter().any(|label| line.trim_start().starts_with(label));
    text.lines().filter(|line| !line.is_empty()).filter(is_chosen).map(str::trim_start).collect()
}

#[test]
fn a_start_that_becomes_an_error() {
    let mut stopped = ended(after("box", STOP), End::Completed);
    stopped.command(Command::Start);
    let starting = stopped.record();
    let failed = ended(stopped, End::Failed { fault: Fault::Runner, recoverable: true });
    let server = Server::new([&starting, &failed.record()].map(Answer::json).to_vec());
    let ran = watch(&server.api, &["box", "--goal", "started"]);
    assert_eq!(
        lines(&ran.stdout, &["state", "error", "wait", "holds", "may be open recover", "closed      start:"]),
        [
            "box (id-of-box)",
            &format!(
                "state       starting, desired state started, since {}",
                shown(failed.now - TimeDelta::seconds(20))
            ),
            "wait        started: pending: the sandbox is in starting",
            "holds       compute and disk: 2 CPU, 4 GB memory, 10 GB disk",
            "box (id-of-box)",
            "state       error, desired state started",
            "wait        started: unreachable: the sandbox is in error: recover or destroy it",
            "error       no space left on device",
            "holds       nothing",
            "may be open recover: if in an organization that is not suspended",
            "closed      start: a failed sandbox is recovered or destroyed, not started",
        ],
    );
    let reason =
        "watch: started: unreachable: the sandbox is in error: recover or destroy it (no space left on device)\n";
    assert_eq!((ran.exit, ran.stderr.as_str()), (Some(1), reason));
}

#[test]
fn a_timeout() {
    let server = Server::new(vec![Answer::json(after("box", STOP).record())]);
    let ran = watch(&server.api, &["box", "--goal", "stopped", "--timeout", "1.5"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (Some(3), "watch: stopped: timed out: the sandbox is in stopping\n"));
    assert_eq!(server.requests().len(), 3, "at 0, 1 and 1.5 seconds");
}

#[test]
fn a_change_that_is_stuck() {
    let mut platform = Platform::started("box", |_| {});
    platform.now -= TimeDelta::minutes(10);
    platform.command(STOP);
    let server = Server::new(vec![Answer::json(platform.record())]);
    let ran = watch(&server.api, &["box"]);
    let stuck = format!("watch: settled: stuck: the sandbox is in stopping, without a change since {}\n", platform.now);
    assert_eq!((ran.exit, ran.stderr), (Some(3), stuck));
}

#[test]
fn a_wait_for_destroyed_ends_with_a_404() {
    let server = Server::new(vec![Answer::json(after("box", DESTROY).record()), not_found()]);
    // Without a goal, the change under way is followed.
    let ran = watch(&server.api, &["box"]);
    let name = ran.stdout.lines().next().expect("a block").to_owned();
    assert!(name.starts_with("DESTROYED_box_"), "{name}");
    assert_eq!(
        lines(&ran.stdout, &["state", "wait"])[2..],
        [
            "wait        destroyed: pending: the sandbox is in destroying",
            &name,
            "state       not found: it is destroyed, or never was",
            "wait        destroyed: reached"
        ],
    );
    assert_eq!((ran.exit, ran.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_sandbox_that_is_gone_before_the_first_look() {
    let server = Server::new(vec![not_found()]);
    let expected =
        "box (box)\n  state       not found: it is destroyed, or never was\n  wait        destroyed: reached\n";
    assert_eq!(watch(&server.api, &["box", "--goal", "destroyed"]), Ran::new(0, expected, ""));
    let text = format!("watch: {} has no sandbox `box`: check its name; it may be destroyed\n", server.api);
    assert_eq!(watch(&server.api, &["box", "--goal", "started"]), Ran::new(1, "", text));
}

#[test]
fn another_sandbox_under_the_same_name_does_not_count() {
    let record = after("box", DESTROY).record();
    let other = Platform::started("id-of-box", |_| {}).record();
    let server = Server::new(vec![Answer::json(record), Answer::json(other)]);
    let ran = watch(&server.api, &["box", "--goal", "destroyed"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (Some(0), ""));
}

#[test]
fn one_look_for_scripts() {
    let stopping = after("box", STOP);
    let server = Server::new(vec![Answer::json(stopping.record())]);
    let ran = watch(&server.api, &["box", "--once", "--json", "--goal", "stopped"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (Some(3), "watch: stopped: pending: the sandbox is in stopping\n"));
    let look: Value = serde_json::from_str(&ran.stdout).expect("one JSON object");
    let chosen = json!({
        "state": look["sandbox"]["state"], "desiredState": look["sandbox"]["desiredState"],
        "deadlines": look["sandbox"]["deadlines"], "holds": look["sandbox"]["holds"],
        "contents": look["sandbox"]["contents"], "stop": look["sandbox"]["commands"][1],
        "goal": look["wait"]["goal"], "assessment": look["wait"]["assessment"],
    });
    let fails_at = shown(stopping.now + TimeDelta::minutes(15));
    let expected = json!({
        "state": "stopping", "desiredState": "stopped",
        "deadlines": [{"timer": "timeLimit", "outcome": {"becomes": "error"}, "at": fails_at}],
        "holds": {"compute": true, "disk": true, "size": {"cpu": 2, "memory": 4, "disk": 10}, "gpus": 0},
        "contents": {"processes": "unknown", "memory": "unknown", "disk": "yes", "backup": "unknown"},
        "stop": {"command": "stop", "acceptance": "refused", "why": "another change is under way", "loses": null},
        "goal": "stopped", "assessment": "pending",
    });
    assert_eq!(chosen, expected);
    // Without a goal, a look is a success.
    assert_eq!(watch(&server.api, &["box", "--once"]).exit, Some(0));
}

#[test]
fn a_text_of_a_user_cannot_control_the_terminal() {
    let platform = Platform::started("\u{1b}[2Jbox\u{202e}\n", |request| request.labels = Maybe::Absent);
    let server = Server::new(vec![Answer::json(platform.record())]);
    let ran = watch(&server.api, &["box", "--once"]);
    assert!(ran.stdout.starts_with("\\u{1b}[2Jbox\\u{202e}\\n (id-of-"), "{}", ran.stdout);
    let ran = watch(&server.api, &["box", "--once", "--json"]);
    let look: Value = serde_json::from_str(&ran.stdout).expect("one JSON object");
    assert_eq!(look["sandbox"]["name"], "\u{1b}[2Jbox\u{202e}\n");
    assert!(!ran.stdout.contains('\u{202e}'));
}

#[test]
fn what_is_followed_goes_on_until_it_is_destroyed() {
    let started = Platform::started("box", |_| {});
    let records = [started.record(), after("box", DESTROY).record()].map(Answer::json);
    let server = Server::new([&records[..], &[not_found()]].concat());
    let ran = watch(&server.api, &["box", "--follow"]);
    let waits = ["settled: reached", "destroyed: pending: the sandbox is in destroying", "destroyed: reached"];
    let shown = lines(&ran.stdout, &["wait"]);
    let shown: Vec<_> = shown.iter().filter_map(|line| line.strip_prefix("wait        ")).collect();
    assert_eq!((shown, ran.exit), (waits.to_vec(), Some(0)));
}

#[test]
fn it_ends_when_nobody_reads_its_output() {
    let server = Server::new(vec![Answer::json(after("box", STOP).record())]);
    let mut running = program(&server.api, &["box", "--json"]).spawn().expect("the program runs");
    drop(running.stdout.take());
    assert_eq!(running.wait().expect("it ends").code(), Some(141));
}

#[test]
fn an_interrupt_ends_it_as_a_signal_does() {
    let server = Server::new(vec![Answer::json(after("box", STOP).record())]);
    let mut running = program(&server.api, &["box"]).spawn().expect("the program runs");
    let mut first = [0];
    running.stdout.as_mut().expect("a pipe").read_exact(&mut first).expect("it prints the first look");
    let interrupted = Process::new("kill").args(["-INT", &running.id().to_string()]).status();
    assert!(interrupted.expect("kill runs").success());
    // A shell shows this as 130.
    assert_eq!(running.wait().expect("it ends").signal(), Some(2));
}
