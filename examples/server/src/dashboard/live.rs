//! The fleet as server-sent events: the whole fleet whenever something has changed.

use super::{Fleet, view};
use axum::{
    extract::State,
    response::{
        IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::stream;
use sandbox_lifecycle::chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    sync::Mutex,
    time::{Instant, MissedTickBehavior, interval},
};

/// How many sandboxes the page shows. With more, a browser is slow, and people search.
pub(super) const MOST: usize = 500;
/// How often the fleet is looked at while somebody watches. The look is shared, so it costs the same for any number of pages.
const EVERY: Duration = Duration::from_secs(1);
/// How long a stream is silent at most. The page takes a longer silence for a lost connection.
const HEARTBEAT: Duration = Duration::from_secs(3);

/// The state of the routes.
#[derive(Clone)]
pub(super) struct Dashboard<F> {
    fleet: F,
    latest: Arc<Mutex<Option<Latest>>>,
}

/// The latest look at the fleet.
#[derive(Clone)]
struct Latest {
    at: Instant,
    now: DateTime<Utc>,
    news: Arc<News>,
}

/// What a look found.
#[derive(PartialEq)]
enum News {
    Fleet(view::Fleet),
    /// The fleet cannot be read.
    Trouble(String),
}

/// The data of an event. Times are those of the platform's clock, which may run faster than that of the page.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    now: DateTime<Utc>,
    scale: f64,
    #[serde(flatten)]
    fleet: &'a view::Fleet,
}

impl<F: Fleet> Dashboard<F> {
    pub(super) fn new(fleet: F) -> Self {
        Self { fleet, latest: Arc::default() }
    }

    /// Returns the latest look, which is less than a second old. While one stream looks, the others wait for it.
    async fn latest(&self) -> Latest {
        let mut latest = self.latest.lock().await;
        if let Some(latest) = latest.as_ref().filter(|latest| latest.at.elapsed() < EVERY / 2) {
            return latest.clone();
        }
        let at = Instant::now();
        let (now, news) = match self.fleet.look(MOST).await {
            Ok(look) => (look.now, News::Fleet(view::Fleet::of(&look, self.fleet.policy()))),
            Err(trouble) => (DateTime::UNIX_EPOCH, News::Trouble(trouble)),
        };
        // News that says the same keeps its address, by which a stream knows that it has sent it.
        let before = latest.take().map(|latest| latest.news).filter(|before| **before == news);
        let new = Latest { at, now, news: before.unwrap_or_else(|| Arc::new(news)) };
        latest.insert(new).clone()
    }

    fn event(&self, latest: &Latest) -> Result<Event, axum::Error> {
        match &*latest.news {
            News::Trouble(trouble) => Event::default().event("trouble").json_data(trouble),
            News::Fleet(fleet) => {
                let scale = self.fleet.time_scale();
                // The look may be a moment old, which a fast clock makes long.
                let since = TimeDelta::microseconds((latest.at.elapsed().as_secs_f64() * scale * 1e6) as i64);
                let now = latest.now.checked_add_signed(since).unwrap_or(latest.now);
                Event::default().event("fleet").json_data(Shown { now, scale, fleet })
            }
        }
    }
}

/// `GET /dashboard/fleet`: the events. `EventSource` cannot send the key, so the page reads them with `fetch`.
pub(super) async fn fleet<F: Fleet>(State(dashboard): State<Dashboard<F>>) -> impl IntoResponse {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let events = stream::unfold((dashboard, ticks, None), |(dashboard, mut ticks, sent)| async move {
        loop {
            ticks.tick().await;
            if dashboard.fleet.is_stopping() {
                return None;
            }
            let latest = dashboard.latest().await;
            if sent.as_ref().is_some_and(|sent| Arc::ptr_eq(sent, &latest.news)) {
                continue;
            }
            let event = dashboard.event(&latest).unwrap_or_else(|error| Event::default().comment(error.to_string()));
            return Some((Ok::<_, Infallible>(event), (dashboard, ticks, Some(latest.news))));
        }
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT))
}
