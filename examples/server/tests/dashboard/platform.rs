//! A platform in memory for the dashboard: the crate decides for real, and a runner ends each call after a while.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Request, State},
    http::StatusCode,
    middleware::{self, from_fn},
    response::{IntoResponse, Response},
};
use sandbox_lifecycle::{
    Context, Effect, Next, Policy, Refusal, Report, RunnerView, Sandbox, SandboxClass, SandboxState, Step,
    chrono::{DateTime, TimeDelta, Utc},
    controller::{Image, Placement, Question, Stored},
    record::{
        BackupRef, CommandRequest, CreateSandbox, ErrorBody, OneOrMany, RequestError, ServerChoices, StepDetails,
    },
    rules::{AsInput, Call, Job, Outcome, Task},
    runner::{CallVerdict, CopyAnswer, End, FinishVerdict, Ledger},
    vocabulary::{CopyState, Fault},
};
use sandbox_server::dashboard::{self, Look, Seen};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

pub const KEY: &str = "the-key";

/// The platform. Clones share it.
#[derive(Clone)]
pub struct Platform {
    policy: Policy,
    inner: Arc<Mutex<Inner>>,
}

pub struct Inner {
    pub now: DateTime<Utc>,
    pub trouble: Option<String>,
    pub stopping: bool,
    pub looks: u32,
    /// How long each call takes.
    pub work: TimeDelta,
    /// Sandboxes with this text in their name fail to start.
    pub cursed: Option<&'static str>,
    next_id: u32,
    places: BTreeMap<u32, Place>,
}

/// A sandbox, its runner's ledger and copy, and the calls under way.
struct Place {
    sandbox: Sandbox,
    ledger: Ledger,
    copy: CopyState,
    calls: Vec<(DateTime<Utc>, Call)>,
}

impl Platform {
    pub fn new() -> Self {
        let now = DateTime::from_timestamp(1_760_000_000, 0).expect("a time");
        let (work, places) = (TimeDelta::zero(), BTreeMap::new());
        let inner = Inner { now, trouble: None, stopping: false, looks: 0, work, cursed: None, next_id: 1, places };
        Self { policy: Policy::default(), inner: Arc::new(Mutex::new(inner)) }
    }

    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no test fails while it holds the lock")
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.inner().now
    }

    /// The dashboard and the API.
    pub fn routes(&self) -> Router {
        let api = Router::new().fallback(api).with_state(self.clone());
        let called = Router::new().nest("/api", api).merge(dashboard::events(self.clone())).layer(from_fn(guard));
        called.merge(dashboard::page())
    }

    pub fn create(&self, body: serde_json::Value) -> String {
        let request: CreateSandbox = serde_json::from_value(body).expect("a request");
        self.inner().create(request, &self.policy).expect("a valid request").to_owned()
    }

    pub fn send(&self, id: &str, input: impl AsInput) {
        let _ = self.inner().place(id).expect("a sandbox").decide(input, &self.policy).expect("it is accepted");
    }

    /// Lets time pass: timers act, calls end, and the controller looks at every row until all rest.
    pub fn pass(&self, time: TimeDelta) {
        let mut inner = self.inner();
        inner.now += time;
        let (now, work, cursed) = (inner.now, inner.work, inner.cursed);
        for place in inner.places.values_mut() {
            place.pass(now, work, cursed, &self.policy);
        }
        inner.places.retain(|_, place| place.sandbox.is_visible());
    }
}

impl dashboard::Fleet for Platform {
    async fn look(&self, most: usize) -> Result<Look, String> {
        let mut inner = self.inner();
        inner.looks += 1;
        if let Some(trouble) = &inner.trouble {
            return Err(trouble.clone());
        }
        let shown = inner.places.values().rev().take(most);
        let seen = shown.map(|place| Seen { sandbox: place.sandbox.clone(), context: place.context() });
        let more = inner.places.len().saturating_sub(most) as u64;
        Ok(Look { now: inner.now, seen: seen.collect(), more })
    }

    fn policy(&self) -> &Policy {
        &self.policy
    }

    fn time_scale(&self) -> f64 {
        60.0
    }

    fn is_stopping(&self) -> bool {
        self.inner().stopping
    }
}

impl Inner {
    fn create(&mut self, request: CreateSandbox, policy: &Policy) -> Result<String, String> {
        let id = format!("sandbox-{}", self.next_id);
        let is_vm = request.snapshot.value().is_some_and(|name| name == "vm");
        let class = if is_vm { SandboxClass::LinuxVm } else { SandboxClass::Container };
        let choices = ServerChoices {
            runner_id: Some("runner-1".into()),
            ..ServerChoices::new(id.clone(), "org", "here", class, "http://127.0.0.1")
        };
        let sandbox = Sandbox::create(request, choices, policy, self.now).map_err(|error| error.to_string())?;
        self.places.insert(self.next_id, Place::new(sandbox));
        self.next_id += 1;
        Ok(id)
    }

    fn place(&mut self, id: &str) -> Option<Dated<'_>> {
        let now = self.now;
        let mut places = self.places.values_mut();
        let place = places.find(|place| place.sandbox.dto().id == id)?;
        Some(Dated { place, now, work: self.work })
    }

    fn fork(&mut self, id: &str, name: Option<String>) {
        let (now, child) = (self.now, format!("sandbox-{}", self.next_id));
        let Some(parent) = self.place(id) else { return };
        let sandbox = parent.place.sandbox.fork_child(child.clone(), name.unwrap_or(child), now);
        self.places.insert(self.next_id, Place { copy: CopyState::Running, ..Place::new(sandbox) });
        self.next_id += 1;
    }
}

struct Dated<'a> {
    place: &'a mut Place,
    now: DateTime<Utc>,
    work: TimeDelta,
}

impl Dated<'_> {
    fn decide(&mut self, input: impl AsInput, policy: &Policy) -> Result<Step, Refusal> {
        let step = self.place.sandbox.decide(input, policy, self.place.context(), self.now)?;
        self.place.write(&step, self.now, self.work);
        Ok(step)
    }
}

impl Place {
    fn new(sandbox: Sandbox) -> Self {
        Self { sandbox, ledger: Ledger::default(), copy: CopyState::None, calls: Vec::new() }
    }

    fn context(&self) -> Context {
        Context::of(self.sandbox.lifecycle())
    }

    fn write(&mut self, step: &Step, now: DateTime<Utc>, work: TimeDelta) {
        let backup = BackupRef { snapshot: "backup".into(), registry: "here".into() };
        // Another runner each time, because one that is left is no candidate.
        let runner = format!("runner-{}", self.sandbox.lifecycle().epoch() % 3 + 1);
        let details = StepDetails { runner: Some(&runner), backup: Some(&backup), ..StepDetails::default() };
        let entries = self.sandbox.apply(step, details).expect("it was decided on this row");
        drop(entries); // The effects say the same.
        for effect in step.effects() {
            match effect {
                Effect::Call(call) => self.calls.push((now + work, call)),
                Effect::Remove { .. } => (self.copy, self.ledger) = (CopyState::None, Ledger::default()),
                _ => {}
            }
        }
    }

    fn report(&mut self, report: Report, now: DateTime<Utc>, work: TimeDelta, policy: &Policy) {
        let runner = self.sandbox.runner_id().unwrap_or_default().to_owned();
        if let Ok(step) = self.sandbox.report(&runner, report, policy, self.context(), now) {
            self.write(&step, now, work);
        }
    }

    fn pass(&mut self, now: DateTime<Utc>, work: TimeDelta, cursed: Option<&str>, policy: &Policy) {
        while let Some(step) = self.sandbox.due(policy, self.context(), now).filter(Step::writes) {
            self.write(&step, now, work);
        }
        for _ in 0..20 {
            let (ended, waiting) = self.calls.drain(..).partition(|(at, _)| *at <= now);
            self.calls = waiting;
            let ended: Vec<(DateTime<Utc>, Call)> = ended;
            let fails = cursed.is_some_and(|curse| self.sandbox.name().contains(curse));
            for (_, call) in &ended {
                if let Some(report) = self.work(*call, fails) {
                    self.report(report, now, work, policy);
                }
            }
            if self.sandbox.lifecycle().state() == SandboxState::Creating && self.copy == CopyState::Running {
                // A fork's child: its copy was made by the call of its parent.
                let epoch = Some(self.sandbox.lifecycle().epoch());
                let child = Report::Ended { job: Job::ForkChild, outcome: Outcome::Completed, epoch };
                self.report(child, now, work, policy);
            }
            if !self.control(now, work, policy) && ended.is_empty() {
                return;
            }
        }
    }

    /// Carries out a call, and returns the report of its end.
    fn work(&mut self, call: Call, fails: bool) -> Option<Report> {
        if let Task::Backup { attempt } = call.task {
            let job = Job::Backup { attempt: Some(attempt) };
            return Some(Report::Ended { job, outcome: Outcome::Completed, epoch: None });
        }
        let entry = self.ledger.call(call);
        self.ledger = entry.ledger();
        let CallVerdict::CarryOut { .. } = entry.stored() else { return None };
        let end = if fails && matches!(call.task, Task::Start | Task::Create) {
            End::Failed { fault: Fault::Runner, recoverable: true }
        } else {
            self.copy = match call.task {
                Task::Create | Task::Restore | Task::Start | Task::Resume => CopyState::Running,
                Task::Stop { .. } | Task::Recover { .. } => CopyState::AtRest,
                Task::Pause => CopyState::Paused,
                Task::Destroy => CopyState::None,
                _ => self.copy,
            };
            End::Completed
        };
        let entry = self.ledger.finish(call.epoch, end);
        self.ledger = entry.ledger();
        match entry.stored() {
            FinishVerdict::Send(report) => Some(report),
            FinishVerdict::Superseded { .. } | FinishVerdict::NotUnderWay => None,
        }
    }

    /// One pass of the controller. Returns whether it did something.
    fn control(&mut self, now: DateTime<Utc>, work: TimeDelta, policy: &Policy) -> bool {
        let row = *self.sandbox.lifecycle();
        let view = RunnerView { placement: Placement::Warm, image: Image::Ready, ..RunnerView::of(&row) };
        let view = match self.sandbox.reconcile(&view, policy, now) {
            Next::Ask(Question::Runner { .. }) if !self.calls.is_empty() => return false,
            Next::Ask(Question::Runner { .. }) => view.answered(CopyAnswer { state: self.copy, size: None }),
            Next::Ask(Question::Store { .. }) => RunnerView { stored: Stored::Missing, ..view },
            _ => view,
        };
        let Next::Apply(step) = self.sandbox.reconcile(&view, policy, now) else { return false };
        self.write(&step, now, work);
        true
    }
}

async fn guard(request: Request, next: middleware::Next) -> Response {
    let is_allowed = request.headers().get("authorization").is_some_and(|key| key == &format!("Bearer {KEY}"));
    if is_allowed { next.run(request).await } else { refuse(401, "the API key is wrong") }
}

/// The part of the published API that the page uses.
async fn api(State(platform): State<Platform>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 65_536).await.unwrap_or_default();
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    if parts.method == "POST" && path == "/sandbox" {
        return create(&platform, &body);
    }
    command(&platform, parts.method.as_str(), path, query, &body)
}

fn create(platform: &Platform, body: &Bytes) -> Response {
    let request = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => return refuse(400, &error.to_string()),
    };
    match platform.inner().create(request, &platform.policy) {
        Ok(id) => Json(serde_json::json!({ "id": id })).into_response(),
        Err(error) => refuse(400, &error),
    }
}

fn command(platform: &Platform, method: &str, path: &str, query: &str, body: &Bytes) -> Response {
    let reader = &mut serde_json::Deserializer::from_slice(body);
    let request = match CommandRequest::from_http(method, path, query, reader) {
        Ok(request) => request,
        Err(RequestError::OtherRoute) => return refuse(404, "no such route"),
        Err(error) => return refuse(400, &error.to_string()),
    };
    let mut inner = platform.inner();
    let Some(mut place) = inner.place(&request.sandbox) else { return refuse(404, "no such sandbox") };
    let step = match place.decide(request.command, &platform.policy) {
        Ok(step) => step,
        Err(refusal) => return (StatusCode::BAD_REQUEST, Json(ErrorBody::from(&refusal))).into_response(),
    };
    if step.effects().any(|effect| effect == Effect::StoreChild) {
        inner.fork(&request.sandbox, request.name);
    }
    StatusCode::OK.into_response()
}

fn refuse(status: u16, text: &str) -> Response {
    let body: ErrorBody = ErrorBody::new(status, OneOrMany::One(text.into()));
    (StatusCode::from_u16(status).expect("a status"), Json(body)).into_response()
}
