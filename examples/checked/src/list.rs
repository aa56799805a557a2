//! Reads a list of API records. A record that the service cannot read costs no other one.

use crate::faults::Fault;
use serde::Deserialize;

/// What the service needs of a record in a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    id: String,
    #[expect(dead_code, reason = "it is read so that an unknown word is an error")]
    state: State,
}

/// The states of the API.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Creating,
    Restoring,
    Destroyed,
    Destroying,
    Started,
    Stopped,
    Starting,
    Stopping,
    Error,
    BuildFailed,
    PendingBuild,
    BuildingSnapshot,
    Unknown,
    PullingSnapshot,
    Archived,
    Archiving,
    Resizing,
    Snapshotting,
    Forking,
    Pausing,
    Paused,
    Resuming,
}

/// Returns the identifiers of the records that can be read.
pub fn read(records: &str, fault: Option<Fault>) -> Vec<String> {
    if fault == Some(Fault::AnUnknownStateBreaksAList) {
        let records: Vec<Listed> = serde_json::from_str(records).unwrap_or_default();
        return records.into_iter().map(|record| record.id).collect();
    }
    let records: Vec<serde_json::Value> = serde_json::from_str(records).unwrap_or_default();
    let read = records.into_iter().filter_map(|record| serde_json::from_value::<Listed>(record).ok());
    read.map(|record| record.id).collect()
}
