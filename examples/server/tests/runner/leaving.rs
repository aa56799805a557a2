//! Releases, removals, sessions, and a runner that was declared gone.

use crate::scene::{Scene, vm};
use axum::http::StatusCode;
use sandbox_lifecycle::{
    record::Message,
    rules::{Call, Outcome, Task},
    runner::{EpochRefusal, Listed},
    vocabulary::CopyState,
};
use sandbox_server::runner::wire::{Delivery, Details, MESSAGES};
use serde_json::json;

const R: &str = "runner-1";

#[tokio::test]
async fn a_released_copy_stops_and_keeps_its_disk_until_a_newer_ask_undoes_it() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    scene.counts_beyond(R, "a", 1).await;
    let acknowledged = (StatusCode::OK, json!("acknowledged"));
    for _ in 0..2 {
        assert_eq!(scene.send(R, "a", Message::Release { epoch: 2 }, Details::default()).await, acknowledged);
        assert_eq!(scene.states(R, "a"), "");
    }
    assert!(scene.counter(R, "a") > 1);
    assert_eq!(scene.ask(R, "a", 2).await, CopyState::None);
    assert_eq!(scene.ask(R, "a", 3).await, CopyState::AtRest);
    assert_eq!(scene.done(R, "a", Task::Start, 4).await, Outcome::Completed);
    // A release that is older than the newest epoch is acknowledged without effect, so the server forgets it.
    let outdated = (StatusCode::OK, json!("outdated"));
    assert_eq!(scene.send(R, "a", Message::Release { epoch: 3 }, Details::default()).await, outdated);
    assert_eq!(scene.states(R, "a"), "S");
}

#[tokio::test]
async fn a_removed_copy_is_gone_and_a_late_create_does_not_bring_it_back() {
    let scene = Scene::new().await;
    let runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    let removed = scene.send(R, "a", Message::Remove { epoch: 3 }, Details::default()).await;
    assert_eq!(removed, (StatusCode::OK, json!("acknowledged")));
    assert_eq!((scene.states(R, "a").as_str(), scene.disk(R, "a").exists()), ("", false));
    runner.kill().await;
    let _runner = scene.runner(R).await;
    for (epoch, refusal) in
        [(2, EpochRefusal::OlderEpoch { epoch: 2, newest: 3 }), (3, EpochRefusal::Removed { newest: 3 })]
    {
        let create = Message::Call(Call { task: Task::Create, epoch });
        let refusal = serde_json::to_value(refusal).expect("a form");
        assert_eq!(scene.send(R, "a", create, vm()).await, (StatusCode::CONFLICT, refusal));
    }
    assert!(!scene.disk(R, "a").exists());
}

#[tokio::test]
async fn a_removal_ends_the_work_that_is_under_way() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    scene.write_snapshot("stubborn", "trap '' TERM\nwhile :; do sleep 0.1; done");
    let details = Details { snapshot: Some("stubborn".into()), ..vm() };
    scene.done_with(R, "a", Task::Create, 1, details).await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    scene.call(R, "a", Task::Stop { force: false }, 2).await;
    assert_eq!(scene.ask(R, "a", 2).await, CopyState::Busy);
    scene.send(R, "a", Message::Remove { epoch: 3 }, Details::default()).await;
    assert_eq!((scene.states(R, "a").as_str(), scene.disk(R, "a").exists()), ("", false));
    assert_eq!(scene.times("a", Task::Stop { force: false }, 2), 0);
}

#[tokio::test]
async fn a_runner_does_what_it_is_owed_before_it_takes_a_message_of_the_session() {
    let scene = Scene::new().await;
    let runner = scene.runner(R).await;
    let first = scene.session(R);
    for id in ["released", "removed"] {
        scene.done(R, id, Task::Create, 1).await;
    }
    runner.kill().await;
    let owed = |id: &str, message| Delivery { sandbox_id: id.to_owned(), message, details: Details::default() };
    scene.heard.lock().expect("the server").owed =
        vec![owed("released", Message::Release { epoch: 2 }), owed("removed", Message::Remove { epoch: 2 })];
    let _runner = scene.runner(R).await;
    // The first inventory comes after it.
    let (id, copy) = scene
        .until("", |heard| {
            let (_, inventory) = heard.inventories.iter().find(|(session, _)| *session > first)?;
            let [listed] = inventory.copies.as_slice() else { panic!("{inventory:?}") };
            Some((listed.sandbox_id.clone(), listed.copy))
        })
        .await;
    let size = Some(vm().size);
    let listed = Listed { epoch: Some(2), state: CopyState::AtRest, size, released: true };
    assert_eq!((id.as_str(), copy), ("released", listed));
    assert_eq!(scene.states(R, "removed") + &scene.states(R, "released"), "");
    // A call that was sent in the session before is late, whatever its epoch.
    let start = Delivery { details: vm(), ..owed("released", Message::Call(Call { task: Task::Start, epoch: 9 })) };
    let (status, _) = scene.post_in(first, R, MESSAGES, &start).await.expect("an answer");
    assert_eq!((status, scene.states(R, "released").as_str()), (StatusCode::CONFLICT, ""));
}

#[tokio::test]
async fn a_runner_that_is_gone_takes_nothing_until_that_is_taken_back() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    let before = scene.session(R);
    scene.done(R, "a", Task::Create, 1).await;
    let stop = Message::Call(Call { task: Task::Stop { force: true }, epoch: 2 });
    scene.heard.lock().expect("the server").gone = true;
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert_eq!(scene.send(R, "a", stop, vm()).await.0, StatusCode::CONFLICT);
    assert_eq!(scene.states(R, "a"), "S");
    {
        let mut heard = scene.heard.lock().expect("the server");
        heard.gone = false;
        heard.sessions.insert(R.to_owned(), before + 1);
        heard.owed = vec![Delivery {
            sandbox_id: "a".into(),
            message: Message::Release { epoch: 3 },
            details: Details::default(),
        }];
    }
    scene
        .until("the new session begins", |heard| heard.inventories.iter().find(|(it, _)| *it > before).map(drop))
        .await;
    assert_eq!(scene.states(R, "a"), "");
}
