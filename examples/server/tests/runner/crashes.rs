//! Runners that are killed, and what the next process finds.

use crate::scene::{Runner, Scene, vm};
use sandbox_lifecycle::{
    record::Message,
    rules::{Call, Outcome, Task},
    runner::{End, Ledger},
    vocabulary::CopyState,
};
use sandbox_server::runner::wire::{Delivery, MESSAGES};
use serde_json::json;
use std::{
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

const R: &str = "runner-1";

#[tokio::test]
async fn sandboxes_keep_running_when_their_runner_is_killed() {
    let scene = Scene::new().await;
    let runner = scene.process(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    scene.done(R, "paused", Task::Create, 1).await;
    scene.done(R, "paused", Task::Pause, 2).await;
    runner.kill().await;
    let counter = scene.counter(R, "a");
    scene.counts_beyond(R, "a", counter).await;
    let _runner = scene.process(R).await;
    assert_eq!(scene.ask(R, "a", 1).await, CopyState::Running);
    assert_eq!(scene.ask(R, "paused", 2).await, CopyState::Paused);
    // It answers from the ledger.
    scene.call(R, "a", Task::Create, 1).await;
    scene.repeated("a", Task::Create, 1).await;
    assert_eq!(scene.done(R, "paused", Task::Resume, 3).await, Outcome::Completed);
    assert_eq!(scene.done(R, "a", Task::Stop { force: false }, 4).await, Outcome::Completed);
    assert_eq!((scene.states(R, "a"), scene.states(R, "paused")), (String::new(), "S".to_owned()));
}

#[tokio::test]
async fn a_runner_ends_with_its_standard_input_and_its_sandboxes_keep_running() {
    let scene = Scene::new().await;
    let runner = scene.process(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    assert_eq!(runner.close_input().await, Some(0));
    assert_eq!(scene.states(R, "a"), "S");
}

#[tokio::test]
async fn a_second_runner_waits_for_the_folder_and_then_ends_with_an_error() {
    let scene = Scene::new().await;
    let _runner = scene.process(R).await;
    let mut second = scene.command(R);
    let begun = Instant::now();
    let mut second = second.stderr(Stdio::piped()).spawn().expect("the program starts");
    let input = second.stdin.take();
    let output =
        tokio::task::spawn_blocking(move || second.wait_with_output().expect("a child")).await.expect("a thread");
    drop(input);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let expected = format!("another runner uses {}", scene.dir.join(R).display());
    assert!(output.status.code() == Some(2) && said.contains(&expected), "{:?} {said}", output.status);
    assert!(begun.elapsed() >= Duration::from_secs(9), "{:?}", begun.elapsed());
}

/// Kills the runner at a random moment after a call, again and again. Each call is repeated until its end is reported.
#[tokio::test]
async fn no_call_is_forgotten_and_no_disk_is_lost_when_the_runner_is_killed_at_any_moment() {
    let scene = Scene::new().await;
    let mut runner = scene.process(R).await;
    let tasks = [
        Task::Create,
        Task::Stop { force: false },
        Task::Start,
        Task::Pause,
        Task::Resume,
        Task::Stop { force: true },
        Task::Start,
        Task::Recover { start: false },
        Task::Start,
    ];
    for (epoch, task) in (1..).zip(tasks) {
        let message = Message::Call(Call { task, epoch });
        let delivery = Delivery { sandbox_id: "a".into(), message, details: vm() };
        let call = scene.try_post(R, MESSAGES, &delivery);
        tokio::select! {
            _ = call => {}
            () = tokio::time::sleep(Duration::from_millis(fastrand::u64(0..30))) => {}
        }
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..15))).await;
        runner.kill().await;
        runner = scene.process(R).await;
        assert_eq!(scene.done(R, "a", task, epoch).await, Outcome::Completed, "{task}");
    }
    assert!(scene.counter(R, "a") >= scene.witness("a") && scene.witness("a") > 0);
    assert_eq!(scene.ask(R, "a", 9).await, CopyState::Running);
    let shells = scene.processes(R, "a").len();
    assert!((1..=2).contains(&shells), "one shell, and what it waits for: {shells}");
    scene.done(R, "a", Task::Destroy, 10).await;
    assert_eq!((scene.states(R, "a").as_str(), scene.disk(R, "a").exists()), ("", false));
}

/// Creates a sandbox that runs, kills the runner, and leaves a ledger in which this call is under way.
async fn interrupted(scene: &Scene, runner: Runner, id: &str, call: Call, made_by: Option<u32>) {
    runner.kill().await;
    let ledger = Ledger::default().call(call).ledger();
    let state = json!({ "ledger": ledger, "madeBy": made_by, "size": vm().size });
    let path = scene.dir.join(R).join("sandboxes").join(id).join("state.json");
    fs::write(path, serde_json::to_vec(&state).expect("a form")).expect("a file");
}

#[tokio::test]
async fn an_interrupted_create_is_complete_if_its_copy_runs() {
    let scene = Scene::new().await;
    let runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    interrupted(&scene, runner, "a", Call { task: Task::Create, epoch: 2 }, Some(2)).await;
    let _runner = scene.runner(R).await;
    assert_eq!(scene.outcome("a", Task::Create, 2).await, Outcome::Completed);
    assert_eq!(scene.ask(R, "a", 2).await, CopyState::Running);
}

#[tokio::test]
async fn what_an_interrupted_create_has_left_at_rest_is_deleted() {
    let scene = Scene::new().await;
    let runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    scene.done(R, "a", Task::Stop { force: true }, 2).await;
    interrupted(&scene, runner, "a", Call { task: Task::Create, epoch: 3 }, Some(3)).await;
    let _runner = scene.runner(R).await;
    assert_eq!(scene.ask(R, "a", 3).await, CopyState::None);
    assert_eq!(scene.done(R, "a", Task::Create, 3).await, Outcome::Completed);
}

#[tokio::test]
async fn an_interrupted_create_does_not_touch_an_older_copy() {
    let scene = Scene::new().await;
    let runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    scene.counts_beyond(R, "a", 2).await;
    scene.done(R, "a", Task::Stop { force: true }, 2).await;
    interrupted(&scene, runner, "a", Call { task: Task::Create, epoch: 3 }, Some(1)).await;
    let _runner = scene.runner(R).await;
    assert!(scene.counter(R, "a") > 2);
    assert_eq!(scene.ask(R, "a", 3).await, CopyState::AtRest);
}

#[tokio::test]
async fn an_interrupted_restore_shows_no_older_copy() {
    let scene = Scene::new().await;
    let runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    interrupted(&scene, runner, "a", Call { task: Task::Restore, epoch: 2 }, Some(1)).await;
    let _runner = scene.runner(R).await;
    assert_eq!((scene.ask(R, "a", 2).await, scene.states(R, "a").as_str()), (CopyState::None, ""));
}

#[tokio::test]
async fn an_interrupted_destroy_is_done_to_its_end() {
    let scene = Scene::new().await;
    let runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    interrupted(&scene, runner, "a", Call { task: Task::Destroy, epoch: 2 }, Some(1)).await;
    let _runner = scene.runner(R).await;
    assert_eq!(scene.outcome("a", Task::Destroy, 2).await, Outcome::Completed);
    assert_eq!((scene.states(R, "a").as_str(), scene.disk(R, "a").exists()), ("", false));
}

#[tokio::test]
async fn departures_that_were_stored_are_done_after_a_restart() {
    let scene = Scene::new().await;
    let runner = scene.runner(R).await;
    for id in ["released", "removed"] {
        scene.done(R, id, Task::Create, 1).await;
    }
    runner.kill().await;
    for (id, ledger) in
        [("released", Ledger::default().release(2).ledger()), ("removed", Ledger::default().remove(2).ledger())]
    {
        let path = scene.dir.join(R).join("sandboxes").join(id);
        fs::create_dir_all(path.join("disk.new")).expect("a folder");
        fs::write(path.join("state.json"), serde_json::to_vec(&json!({ "ledger": ledger })).expect("a form"))
            .expect("a file");
    }
    let _runner = scene.runner(R).await;
    assert_eq!(scene.states(R, "released") + &scene.states(R, "removed"), "");
    assert_eq!((scene.disk(R, "released").exists(), scene.disk(R, "removed").exists()), (true, false));
    assert!(!scene.disk(R, "released").with_extension("new").exists());
}

#[tokio::test]
async fn a_finished_call_is_answered_after_a_crash_before_its_report() {
    let scene = Scene::new().await;
    let runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    runner.kill().await;
    let call = Call { task: Task::Stop { force: false }, epoch: 2 };
    let ledger = Ledger::default().call(call).ledger().finish(2, End::Completed).ledger();
    let state = json!({ "ledger": ledger, "madeBy": 1 });
    fs::write(scene.disk(R, "a").with_file_name("state.json"), state.to_string()).expect("a file");
    let _runner = scene.runner(R).await;
    assert_eq!(scene.done(R, "a", call.task, 2).await, Outcome::Completed);
    // It was started by hand since: the ledger repeats the answer and does not stop it again.
    assert_eq!(scene.states(R, "a"), "S");
}

#[tokio::test]
async fn a_ledger_that_cannot_be_read_is_an_error_that_names_the_file() {
    let scene = Scene::new().await;
    let runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    runner.kill().await;
    let path = scene.disk(R, "a").with_file_name("state.json");
    fs::write(&path, "{").expect("a file");
    let error = sandbox_server::runner::run(scene.options(R)).await.expect_err("a promise that cannot be read");
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
}
