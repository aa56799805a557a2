//! Faults on purpose: each message that is repeated often enough is done once.

use crate::scene::{Scene, vm};
use sandbox_lifecycle::{
    record::Message,
    rules::{Call, Outcome, Task},
    vocabulary::{CopyState, Fault},
};
use sandbox_server::runner::{
    Faults,
    wire::{Delivery, Details, MESSAGES},
};
use std::{fs, time::Duration};

const R: &str = "runner-1";

#[tokio::test]
async fn calls_that_are_repeated_until_their_end_are_done_once_over_a_bad_network() {
    let scene = Scene::new().await;
    scene.write_snapshot("marks", "echo start >>starts\nwhile :; do sleep 0.1; done");
    let faults = Faults { delay: 20, lose: 30, duplicate: 30, reorder: 20, refuse: 0 };
    let options = sandbox_server::runner::Options { faults, ..scene.options(R) };
    let _runner = scene.runner_with(options).await;
    let tasks = [Task::Create, Task::Stop { force: false }, Task::Start, Task::Stop { force: true }, Task::Start];
    for (epoch, task) in (1..).zip(tasks) {
        let details = Details { snapshot: Some("marks".into()), ..vm() };
        let message = Message::Call(Call { task, epoch });
        let delivery = Delivery { sandbox_id: "a".into(), message, details };
        while scene.times("a", task, epoch) == 0 {
            // Some messages and answers are lost, and so are some reports of the end.
            let _ = scene.try_post(R, MESSAGES, &delivery).await;
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        assert_eq!(scene.outcome("a", task, epoch).await, Outcome::Completed, "{task}");
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(fs::read_to_string(scene.disk(R, "a").join("starts")).expect("a file"), "start\n".repeat(3));
}

#[tokio::test]
async fn a_lost_message_is_answered_with_503_and_does_nothing() {
    let scene = Scene::new().await;
    let faults = Faults { lose: 100, ..Faults::default() };
    let _runner = scene.runner_with(sandbox_server::runner::Options { faults, ..scene.options(R) }).await;
    let create = Message::Call(Call { task: Task::Create, epoch: 1 });
    assert_eq!(scene.send(R, "a", create, vm()).await.0, 503);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!scene.disk(R, "a").exists());
}

#[tokio::test]
async fn a_refused_call_fails_and_can_be_recovered_and_a_repeat_says_the_same() {
    let scene = Scene::new().await;
    let runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    runner.kill().await;
    let faults = Faults { refuse: 100, ..Faults::default() };
    let _runner = scene.runner_with(sandbox_server::runner::Options { faults, ..scene.options(R) }).await;
    let refused = Outcome::Failed { fault: Fault::Refused, recoverable: true };
    let stop = Task::Stop { force: false };
    assert_eq!(scene.done(R, "a", stop, 2).await, refused);
    scene.call(R, "a", stop, 2).await;
    scene.repeated("a", stop, 2).await;
    let answers = scene.ended("a", stop.job().expect("a job"), Some(2)).await;
    assert_eq!(answers, (refused, Some("a fault on purpose".to_owned())));
    assert_eq!(scene.ask(R, "a", 2).await, CopyState::Running);
}
