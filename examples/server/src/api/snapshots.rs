//! Snapshots: the folders that runners wrote. A sandbox is made from one by its name.

use super::{Api, answer::Answer, answer::ApiError};
use axum::{
    Json,
    extract::{Path, State},
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::io;

/// Lists the snapshots, on one page.
pub async fn list(State(api): State<Api>) -> Answer<Json<Value>> {
    let folder = api.snapshots.to_path_buf();
    let names = on_disk(move || {
        let entries = std::fs::read_dir(folder)?;
        entries
            .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
            .collect::<Result<Vec<_>, _>>()
    });
    let names = names.await.unwrap_or_default();
    let mut items = Vec::new();
    for name in names.into_iter().filter(|name| is_name(name)) {
        items.extend(api.snapshot(&name).await);
    }
    Ok(Json(json!({ "total": items.len(), "page": 1, "totalPages": 1, "items": items })))
}

/// Answers with a snapshot. Its name is its identity.
pub async fn read(State(api): State<Api>, Path(name): Path<String>) -> Answer<Json<Value>> {
    api.snapshot(&name).await.map(Json).ok_or_else(|| ApiError::new(404, format!("no snapshot is named {name}")))
}

/// Removes a snapshot. Sandboxes that were made from it keep their copies.
pub async fn delete(State(api): State<Api>, Path(name): Path<String>) -> Answer<Json<Value>> {
    let shown = read(State(api.clone()), Path(name.clone())).await?;
    let folder = api.snapshots.join(&name);
    on_disk(move || std::fs::remove_dir_all(folder)).await.map_err(|error| ApiError::new(500, error.to_string()))?;
    Ok(shown)
}

impl Api {
    async fn snapshot(&self, name: &str) -> Option<Value> {
        let folder = is_name(name).then(|| self.snapshots.join(name))?;
        let made = on_disk(move || std::fs::metadata(folder)?.modified()).await.ok()?;
        let made = DateTime::<Utc>::from(made);
        Some(json!({
            "id": name, "organizationId": &*self.organization_id, "general": false, "name": name, "state": "active",
            "size": null, "entrypoint": null, "cpu": 1, "gpu": 0, "mem": 1, "disk": 3, "errorReason": null,
            "createdAt": made, "updatedAt": made, "lastUsedAt": null, "sourceSandboxId": null,
        }))
    }
}

async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// Whether a name can be that of a folder here, and nothing else.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    !name.is_empty() && name.len() <= 100 && !name.starts_with('.') && name.chars().all(allowed)
}
