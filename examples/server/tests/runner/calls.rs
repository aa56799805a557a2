//! Calls: what they do with folders and processes, and how they end.

use crate::scene::{Scene, vm};
use axum::http::StatusCode;
use sandbox_lifecycle::{
    Report, SandboxState,
    record::Message,
    rules::{Call, Outcome, Task},
    runner::EpochRefusal,
    vocabulary::{CopyState, Fault, Size},
};
use sandbox_server::runner::wire::{Details, MESSAGES};
use serde_json::json;
use std::{fs, time::Duration};

const R: &str = "runner-1";

#[tokio::test]
async fn a_sandbox_goes_through_its_states() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    let calls = [
        (Task::Create, "S", CopyState::Running),
        (Task::Pause, "T", CopyState::Paused),
        (Task::Resume, "S", CopyState::Running),
        (Task::Stop { force: false }, "", CopyState::AtRest),
        (Task::Start, "S", CopyState::Running),
        (Task::Stop { force: true }, "", CopyState::AtRest),
        (Task::Resize { to: Size { cpu: 4, memory: 8, disk: 16 } }, "", CopyState::AtRest),
        (Task::Recover { start: true }, "", CopyState::AtRest),
        (Task::Start, "S", CopyState::Running),
        (Task::Destroy, "", CopyState::None),
    ];
    for (epoch, (task, states, shown)) in (1..).zip(calls) {
        let outcome = scene.done(R, "a", task, epoch).await;
        let seen = (outcome, scene.states(R, "a"), scene.ask(R, "a", epoch).await);
        assert_eq!(seen, (Outcome::Completed, states.to_owned(), shown), "{task}");
    }
    assert!(!scene.disk(R, "a").exists());
}

#[tokio::test]
async fn it_counts_on_its_disk_first_and_then_for_the_witness() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    scene.counts_beyond(R, "a", 3).await;
    scene.done(R, "a", Task::Stop { force: true }, 2).await;
    let (counter, witness) = (scene.counter(R, "a"), scene.witness("a"));
    assert!(counter > 3 && witness > 0 && counter >= witness, "{counter} {witness}");
    scene.done(R, "a", Task::Start, 3).await;
    scene.counts_beyond(R, "a", counter).await;
}

#[tokio::test]
async fn a_repeated_call_is_done_once_and_answered_twice() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    scene.write_snapshot("marks", "echo start >>starts\nwhile :; do sleep 1; done");
    let details = Details { snapshot: Some("marks".into()), ..vm() };
    scene.done_with(R, "a", Task::Create, 1, details.clone()).await;
    scene.call_with(R, "a", Task::Create, 1, details).await;
    scene.repeated("a", Task::Create, 1).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(fs::read_to_string(scene.disk(R, "a").join("starts")).expect("a file"), "start\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_call_that_arrives_many_times_at_once_is_done_once() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    scene.write_snapshot("marks", "echo start >>starts\nwhile :; do sleep 1; done");
    let details = Details { snapshot: Some("marks".into()), ..vm() };
    for id in ["a", "b", "c", "d", "e"] {
        let calls = (0..8).map(|_| scene.call_with(R, id, Task::Create, 1, details.clone()));
        futures_util::future::join_all(calls).await;
        assert_eq!(scene.outcome(id, Task::Create, 1).await, Outcome::Completed);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(fs::read_to_string(scene.disk(R, id).join("starts")).expect("a file"), "start\n");
    }
}

#[tokio::test]
async fn an_older_call_is_refused() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 5).await;
    let stop = Message::Call(Call { task: Task::Stop { force: true }, epoch: 4 });
    let refusal = serde_json::to_value(EpochRefusal::OlderEpoch { epoch: 4, newest: 5 }).expect("a form");
    assert_eq!(scene.send(R, "a", stop, vm()).await, (StatusCode::CONFLICT, refusal));
    assert_eq!(scene.ask(R, "a", 5).await, CopyState::Running);
}

#[tokio::test]
async fn what_is_so_already_stays_so() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    let before: Vec<u32> = scene.processes(R, "a").into_keys().collect();
    assert_eq!(scene.done(R, "a", Task::Start, 2).await, Outcome::Completed);
    assert!(scene.processes(R, "a").contains_key(before.first().expect("a process")));
    for (epoch, task) in
        (3..).zip([Task::Stop { force: false }, Task::Stop { force: false }, Task::Destroy, Task::Destroy])
    {
        assert_eq!(scene.done(R, "a", task, epoch).await, Outcome::Completed, "{epoch}");
    }
}

#[tokio::test]
async fn a_create_leaves_a_copy_that_is_there() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    scene.counts_beyond(R, "a", 2).await;
    let failed = Outcome::Failed { fault: Fault::Runner, recoverable: true };
    assert_eq!(scene.done(R, "a", Task::Create, 2).await, failed);
    scene.counts_beyond(R, "a", 3).await;
}

#[tokio::test]
async fn what_cannot_be_done_ends_as_failed_with_a_reason() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    let lost = Outcome::Failed { fault: Fault::Lost, recoverable: false };
    assert_eq!(scene.done(R, "none", Task::Start, 1).await, lost);
    scene.done(R, "a", Task::Create, 1).await;
    scene.done(R, "a", Task::Stop { force: true }, 2).await;
    let failed = Outcome::Failed { fault: Fault::Runner, recoverable: true };
    assert_eq!(scene.done(R, "a", Task::Resume, 3).await, failed);
    let (_, reason) = scene.ended("a", Task::Resume.job().expect("a job"), Some(3)).await;
    assert_eq!(reason.as_deref(), Some("nothing is paused: its processes have ended, and its disk is at rest"));
    assert_eq!(scene.done(R, "a", Task::Pause, 4).await, failed);
    scene.done_with(R, "container", Task::Create, 1, Details::default()).await;
    let refused = Outcome::Failed { fault: Fault::Refused, recoverable: true };
    assert_eq!(scene.done(R, "container", Task::Pause, 2).await, refused);
}

/// A process that waits for its child to run another program does not stop, and the stopped child does not run it.
#[tokio::test]
async fn a_sandbox_that_makes_processes_all_the_time_is_paused_as_a_whole() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    scene.write_snapshot("busy", "while :; do /bin/true; done");
    scene.done_with(R, "a", Task::Create, 1, Details { snapshot: Some("busy".into()), ..vm() }).await;
    for epoch in (2..42).step_by(2) {
        assert_eq!(scene.done(R, "a", Task::Pause, epoch).await, Outcome::Completed);
        assert_eq!(scene.states(R, "a"), "T");
        assert_eq!(scene.done(R, "a", Task::Resume, epoch + 1).await, Outcome::Completed);
    }
}

#[tokio::test]
async fn a_paused_sandbox_can_be_stopped() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    scene.done(R, "a", Task::Pause, 2).await;
    assert_eq!(scene.done(R, "a", Task::Stop { force: false }, 3).await, Outcome::Completed);
    assert_eq!(scene.states(R, "a"), "");
}

#[tokio::test]
async fn a_process_that_ignores_the_stop_is_killed_after_the_grace_or_by_force() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    scene.write_snapshot("stubborn", "trap '' TERM\nwhile :; do sleep 0.1; done");
    let details = Details { snapshot: Some("stubborn".into()), ..vm() };
    scene.done_with(R, "a", Task::Create, 1, details.clone()).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begun = std::time::Instant::now();
    scene.done(R, "a", Task::Stop { force: false }, 2).await;
    assert!(begun.elapsed() >= Duration::from_secs(3), "{:?}", begun.elapsed());
    scene.done(R, "a", Task::Start, 3).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begun = std::time::Instant::now();
    scene.call(R, "a", Task::Stop { force: false }, 4).await;
    scene.done(R, "a", Task::Stop { force: true }, 5).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!((scene.states(R, "a").as_str(), scene.times("a", Task::Stop { force: false }, 4)), ("", 0));
}

#[tokio::test]
async fn a_sandbox_that_ends_by_itself_is_reported_with_the_newest_epoch() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    scene.write_snapshot("short", "sleep 0.3");
    scene.done_with(R, "a", Task::Create, 7, Details { snapshot: Some("short".into()), ..vm() }).await;
    let stopped = Report::State { state: SandboxState::Stopped, fault: None, recoverable: false, epoch: Some(7) };
    scene
        .until("the end is reported", |heard| {
            heard.reports.iter().find(|reported| reported.report == stopped).map(drop)
        })
        .await;
    // What was asked for is no news.
    scene.done(R, "b", Task::Create, 1).await;
    scene.done(R, "b", Task::Stop { force: false }, 2).await;
    tokio::time::sleep(Duration::from_millis(2200)).await;
    let news = |heard: &crate::scene::Heard| {
        heard.reports.iter().filter(|reported| matches!(reported.report, Report::State { .. })).count()
    };
    assert_eq!(scene.until("", |heard| Some(news(heard))).await, 1);
}

#[tokio::test]
async fn a_sandbox_does_not_see_the_token() {
    let scene = Scene::new().await;
    let _runner = scene.process(R).await;
    scene.write_snapshot("shows", "env >environment\nwhile :; do sleep 1; done");
    scene.done_with(R, "a", Task::Create, 1, Details { snapshot: Some("shows".into()), ..vm() }).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let shown = fs::read_to_string(scene.disk(R, "a").join("environment")).expect("a file");
    assert!(shown.contains("SANDBOX_ID=a") && !shown.contains("TOKEN"), "{shown}");
}

#[tokio::test]
async fn a_message_needs_an_id_the_session_and_the_token() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    let create = json!({ "sandboxId": "../escapes", "message": Message::Call(Call { task: Task::Create, epoch: 1 }) });
    let (status, answer) = scene.post(R, MESSAGES, &create).await;
    let message = r#""../escapes" is no sandbox id: it must have 1 to 64 letters, digits, `-` and `_`"#;
    assert_eq!((status, answer), (StatusCode::BAD_REQUEST, json!({ "message": message })));
    let create = json!({ "sandboxId": "a", "message": Message::Call(Call { task: Task::Create, epoch: 1 }) });
    let (status, _) = scene.post_in(scene.session(R) + 1, R, MESSAGES, &create).await.expect("an answer");
    assert_eq!(status, StatusCode::CONFLICT);
    let url = scene.until("", |heard| Some(heard.hellos[R].url.clone())).await;
    let answer = reqwest::Client::new().post(format!("{url}{MESSAGES}")).json(&create).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert!(!scene.disk(R, "a").exists());
}
