//! The controller, with a runner whose answers get lost.

use crate::store::{command, loaded, started, stores};
use axum::{Json, Router, http::StatusCode, routing::post};
use sandbox_lifecycle::{Command, SandboxState, runner::CopyAnswer, vocabulary::CopyState};
use sandbox_server::{
    Platform, controller,
    metrics::Metrics,
    runner::wire::{ASKS, Hello},
    store::Store,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::net::TcpListener;

fn platform(store: &Store) -> Platform {
    Platform {
        store: store.clone(),
        metrics: Metrics::default(),
        http: reqwest::Client::new(),
        runner_token: "token".into(),
        webhook: None,
        backups: std::env::temp_dir(),
        written: Arc::default(),
        stopping: Arc::default(),
    }
}

/// Runs what answers asks and loses the first answers. Returns its address and how many asks it has heard.
async fn forgetful_runner(lost: u32, answer: CopyAnswer) -> (String, Arc<AtomicU32>) {
    let heard = Arc::new(AtomicU32::new(0));
    let asks = Arc::clone(&heard);
    let answers = async move || match asks.fetch_add(1, Ordering::Relaxed) < lost {
        true => Err(StatusCode::SERVICE_UNAVAILABLE),
        false => Ok(Json(answer)),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(axum::serve(listener, Router::new().route(ASKS, post(answers))).into_future());
    (url, heard)
}

#[tokio::test]
async fn a_runner_whose_answers_are_lost_is_asked_again_in_the_same_pass() {
    for (store, _database) in stores().await {
        let row = started(&store, "s1").await;
        let running = CopyAnswer::new(CopyState::Running, row.sandbox.lifecycle().size());
        let (url, asks) = forgetful_runner(2, running).await;
        let hello = Hello { runner_id: "r1".into(), url, instance: "a".into(), capacity: 2 };
        store.hello(&hello).await.expect("an answer");
        command(&store, "s1", Command::Destroy { force: false }).await.expect("accepted");

        let controller = tokio::spawn(controller::run(platform(&store)));
        let begun = Instant::now();
        while loaded(&store, "s1").await.sandbox.lifecycle().state() != SandboxState::Destroying {
            assert!(begun.elapsed() < Duration::from_secs(10), "the next pass would be a minute later");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(asks.load(Ordering::Relaxed), 3);
        controller.abort();
    }
}
