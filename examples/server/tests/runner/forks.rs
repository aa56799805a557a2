//! Forks and snapshots: copies of a disk.

use crate::scene::{Scene, vm};
use sandbox_lifecycle::{
    record::Message,
    rules::{Job, Outcome, Task},
    vocabulary::CopyState,
};
use sandbox_server::runner::wire::Details;
use std::{fs, time::Duration};

const R: &str = "runner-1";

fn forking(child: &str) -> Details {
    Details { fork_child: Some(child.into()), ..vm() }
}

#[tokio::test]
async fn a_fork_runs_on_with_a_copy_of_the_disk_and_both_ends_are_repeated() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    scene.counts_beyond(R, "a", 5).await;
    assert_eq!(scene.done_with(R, "a", Task::Fork, 2, forking("child")).await, Outcome::Completed);
    assert_eq!(scene.ended("child", Job::ForkChild, Some(2)).await.0, Outcome::Completed);
    scene.counts_beyond(R, "child", 6).await;
    assert_eq!((scene.ask(R, "a", 2).await, scene.ask(R, "child", 2).await), (CopyState::Running, CopyState::Running));
    scene.call_with(R, "a", Task::Fork, 2, forking("child")).await;
    let count = |heard: &crate::scene::Heard, id: &str, of: Job| {
        let is_end = |job: &Job| *job == of;
        heard
            .reports
            .iter()
            .filter(|it| it.sandbox_id == id)
            .filter(|it| matches!(&it.report, sandbox_lifecycle::Report::Ended { job, .. } if is_end(job)))
            .count()
    };
    scene
        .until("both ends are repeated", |heard| {
            (count(heard, "a", Job::ForkSource) == 2 && count(heard, "child", Job::ForkChild) == 2).then_some(())
        })
        .await;
    // A fork of the same class: it can be paused.
    assert_eq!(scene.done(R, "child", Task::Pause, 3).await, Outcome::Completed);
    assert_eq!((scene.states(R, "a"), scene.states(R, "child")), ("S".to_owned(), "T".to_owned()));
}

/// The controller asks for the child meanwhile. If it saw a disk at rest, it would take the child for failed.
#[tokio::test]
async fn a_child_shows_nothing_when_its_runner_is_killed_before_it_starts_the_child() {
    let scene = Scene::new().await;
    let runner = scene.process(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    // A pipe that nobody reads in place of the log: to open it blocks, so the disk is made and nothing is started.
    let log = scene.disk(R, "child").with_file_name("log");
    fs::create_dir_all(log.parent().expect("a folder")).expect("a folder");
    assert!(std::process::Command::new("mkfifo").arg(&log).status().expect("mkfifo").success());
    scene.call_with(R, "a", Task::Fork, 2, forking("child")).await;
    while !scene.disk(R, "child").exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    runner.kill().await;
    fs::remove_file(log).expect("a pipe");
    let _runner = scene.process(R).await;
    assert_eq!(scene.ask(R, "child", 2).await, CopyState::None);
    assert_eq!(scene.done_with(R, "a", Task::Fork, 2, forking("child")).await, Outcome::Completed);
    assert_eq!(scene.ask(R, "child", 2).await, CopyState::Running);
}

#[tokio::test]
async fn a_child_that_was_removed_or_called_since_is_not_made() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    scene.send(R, "removed", Message::Remove { epoch: 2 }, Details::default()).await;
    assert_eq!(scene.ask(R, "asked", 9).await, CopyState::None);
    for (epoch, child) in [(2, "removed"), (3, "asked")] {
        assert_eq!(scene.done_with(R, "a", Task::Fork, epoch, forking(child)).await, Outcome::Completed);
        assert!(!scene.disk(R, child).exists(), "{child}");
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let told = scene.until("", |heard| Some(heard.reports.iter().filter(|it| it.sandbox_id != "a").count())).await;
    assert_eq!(told, 0);
    assert!(!scene.disk(R, "a").with_file_name("fork.new").exists());
}

#[tokio::test]
async fn a_fork_that_fails_is_reported_for_both() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    let failed = scene.done_with(R, "a", Task::Fork, 1, forking("child")).await;
    assert!(matches!(failed, Outcome::Failed { .. }));
    assert_eq!(scene.ended("child", Job::ForkChild, Some(1)).await.0, failed);
}

#[tokio::test]
async fn a_sandbox_is_created_from_a_snapshot_and_a_snapshot_can_be_written_again() {
    let scene = Scene::new().await;
    let _runners = (scene.runner(R).await, scene.runner("runner-2").await);
    scene.done(R, "a", Task::Create, 1).await;
    scene.done(R, "a", Task::Stop { force: true }, 2).await;
    let task = Task::Snapshot { include_memory: false };
    // The name must not lead out of the folder.
    let details = Details { new_snapshot: Some("../of a:1".into()), ..vm() };
    for (epoch, content) in [(3, "first"), (4, "second")] {
        fs::write(scene.disk(R, "a").join("content"), content).expect("a file");
        assert_eq!(scene.done_with(R, "a", task, epoch, details.clone()).await, Outcome::Completed);
    }
    let details = Details { snapshot: details.new_snapshot, ..vm() };
    assert_eq!(scene.done_with("runner-2", "b", Task::Create, 1, details).await, Outcome::Completed);
    assert_eq!(fs::read_to_string(scene.disk("runner-2", "b").join("content")).expect("a file"), "second");
    let names: Vec<_> = fs::read_dir(scene.dir.join("snapshots")).expect("a folder").flatten().collect();
    assert_eq!(names.len(), 1, "{names:?}");
}
