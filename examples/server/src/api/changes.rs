//! Requests to one sandbox: read it, make it, command it, edit it.

use super::{Api, answer::Answer, answer::ApiError, snapshots};
use crate::store::{Loaded, NotWritten, SILENCE, With};
use axum::{
    Json,
    body::Bytes,
    extract::{Path, State, rejection::BytesRejection},
    http::{Method, Uri},
};
use sandbox_lifecycle::{
    Command, Sandbox, SandboxClass, SandboxDto,
    record::{CommandRequest, CreateSandbox, Owner, RecordEdit, SandboxLabels, ServerChoices},
};
use uuid::Uuid;

/// The snapshot whose sandboxes are VMs.
const VM: &str = "vm";

/// The region of this platform.
const REGION: &str = "local";

/// Answers with a sandbox.
pub async fn read(State(api): State<Api>, Path(sandbox): Path<String>) -> Answer<Json<SandboxDto>> {
    api.visible(&sandbox).await.map(|row| Json(row.sandbox.into()))
}

/// Makes a sandbox, on the runner with the most room. If no runner has room, the controller places it later.
pub async fn create(State(api): State<Api>, body: Result<Bytes, BytesRejection>) -> Answer<Json<SandboxDto>> {
    let request: CreateSandbox = serde_json::from_slice(&body?)?;
    let store = &api.platform.store;
    let class = match request.snapshot.value() {
        Some(snapshot) if snapshot == VM => SandboxClass::LinuxVm,
        Some(_) | None => SandboxClass::Container,
    };
    let id = Uuid::new_v4().to_string();
    let owner = match request.linked_sandbox.value() {
        Some(owner) => Some(api.visible(owner).await?),
        None => None,
    };
    let runner_id = match &owner {
        Some(owner) => owner.sandbox.runner_id().map(String::from),
        None => store.placement(&id, None, store.real_now().await? - SILENCE).await?,
    };
    let link = owner.map(|owner| Owner { id: owner.id().into(), is_linked: owner.context.linked() });
    let choices = ServerChoices {
        runner_id,
        link,
        ..ServerChoices::new(id, &*api.organization_id, REGION, class, &*api.toolbox_url)
    };
    let now = store.now().await?;
    let sandbox = Sandbox::create(request, choices, store.policy(), now)?;
    store.create(&sandbox, now).await?;
    api.platform.metrics.decided("create");
    api.platform.written.notify_waiters();
    tracing::info!(sandbox = sandbox.dto().id, revision = 0, epoch = sandbox.lifecycle().epoch(), "created");
    Ok(Json(sandbox.into()))
}

/// Commands a sandbox. Every request that has no route of its own comes here: the crate knows the commands' methods, paths and
/// arguments, and answers that another request is none.
pub async fn command(
    State(api): State<Api>,
    method: Method,
    uri: Uri,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Json<SandboxDto>> {
    let body = body?;
    // A client that has nothing to say may send no body.
    let body = if body.is_empty() { &b"{}"[..] } else { &body };
    let reader = &mut serde_json::Deserializer::from_slice(body);
    let request = CommandRequest::from_http(method.as_str(), uri.path(), uri.query().unwrap_or_default(), reader)?;
    let name = request.name.as_deref();
    if let (Command::Snapshot { .. }, Some(name)) = (request.command, name)
        && !snapshots::is_name(name)
    {
        return Err(ApiError::new(400, format!("name is {name}, expected letters, digits and the characters - _ .")));
    }
    let row = api.visible(&request.sandbox).await?;
    let id = Uuid::new_v4().to_string();
    let with = With { child: Some((&id, name.unwrap_or(&id))), new_snapshot: name, ..With::default() };
    let store = &api.platform.store;
    let written =
        store.decide(row, with, |row| row.sandbox.decide(request.command, store.policy(), row.context, row.now));
    let written = written.await?;
    api.platform.metrics.decided("command");
    api.platform.written.notify_waiters();
    Ok(Json(written.child.unwrap_or(written.sandbox).into()))
}

/// Replaces the labels.
pub async fn labels(
    State(api): State<Api>,
    Path(sandbox): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Json<SandboxDto>> {
    let labels: SandboxLabels = serde_json::from_slice(&body?)?;
    edit(&api, &sandbox, &labels.into()).await
}

/// Makes the preview public or private.
pub async fn public(
    State(api): State<Api>,
    Path((sandbox, public)): Path<(String, String)>,
) -> Answer<Json<SandboxDto>> {
    let public =
        public.parse().map_err(|_| ApiError::new(400, format!("public is {public}, expected true or false")))?;
    edit(&api, &sandbox, &RecordEdit::Public(public)).await
}

async fn edit(api: &Api, sandbox: &str, edit: &RecordEdit) -> Answer<Json<SandboxDto>> {
    loop {
        let row = api.visible(sandbox).await?;
        match api.platform.store.edit(&row, edit.clone()).await {
            Ok(edited) => {
                api.platform.written.notify_waiters();
                return Ok(Json(edited.into()));
            }
            Err(NotWritten::Stale) => {} // Another writer was first: an edit is right on any row.
            Err(other) => return Err(other.into()),
        }
    }
}

impl Api {
    /// Returns a sandbox that callers may see.
    pub(super) async fn visible(&self, sandbox: &str) -> Answer<Loaded> {
        let found = self.platform.store.find(&self.organization_id, sandbox).await?;
        found.filter(|row| row.sandbox.is_visible()).ok_or_else(|| ApiError::no_sandbox(sandbox))
    }
}
