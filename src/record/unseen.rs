//! The explicit answer to what an API record does not show.

use alloc::string::String;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a server knows of a sandbox and the API does not show.
///
/// The default is what a client may assume: pending is what rule 5 makes of the two states; no backup can be reached,
/// no stop is with force, and the piece of work is that of epoch 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerFields {
    /// The controller owes work. `None`: what rule 5 makes of the two states.
    pub pending: Option<bool>,
    /// Where the backup is.
    pub backup: Option<BackupRef>,
    /// The runner that had it before.
    pub previous_runner_id: Option<String>,
    /// Which piece of work this is.
    pub epoch: u32,
    /// The stop under way was asked for with force.
    pub force_stop: bool,
    /// When the state last changed. `None`: at the last activity.
    pub state_since: Option<DateTime<Utc>>,
    /// When the backup under way was begun.
    pub backup_since: Option<DateTime<Utc>>,
}

/// Where a backup is: without both, a completed backup is of no use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupRef {
    /// The snapshot that holds it.
    pub snapshot: String,
    /// The registry that holds the snapshot.
    pub registry: String,
}
