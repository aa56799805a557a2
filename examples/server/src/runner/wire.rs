//! What the server and a runner say to each other: JSON over HTTP. Both sides use these types, so they cannot disagree.
//!
//! The server posts to a runner at [`MESSAGES`] and [`ASKS`], and the runner posts to the server at [`HELLO`], [`REPORTS`] and
//! [`INVENTORY`]. Every request has the runners' token (`Authorization: Bearer …`), and one to a runner also has the session
//! ([`SESSION`]). Each type is the body of a request or of its answer.

use sandbox_lifecycle::{
    Report, SandboxClass,
    record::{BackupRef, Message},
    runner::Listed,
    vocabulary::Size,
};
use serde::{Deserialize, Serialize};

/// Where a runner takes messages: the body is a [`Delivery`], the answer [`Taken`], or 409 with an
/// [`EpochRefusal`](sandbox_lifecycle::runner::EpochRefusal) or an older session.
pub const MESSAGES: &str = "/messages";
/// Where a runner takes asks: the body is an [`Ask`], the answer a [`CopyAnswer`](sandbox_lifecycle::runner::CopyAnswer), or
/// 409 as for [`MESSAGES`].
pub const ASKS: &str = "/asks";
/// Where the server hears that a runner is there: the body is a [`Hello`], the answer a [`Welcome`], or 409 if an operator has
/// declared the runner gone.
pub const HELLO: &str = "/runner/hello";
/// Where the server takes reports: the body is a [`Reported`], the answer is empty.
pub const REPORTS: &str = "/runner/reports";
/// Where the server takes inventories: the body is an [`Inventory`], the answer is empty.
pub const INVENTORY: &str = "/runner/inventory";
/// The header with the session of a runner.
pub const SESSION: &str = "x-session";

/// A runner is there. It says so when it starts, and every second from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hello {
    /// The runner.
    pub runner_id: String,
    /// Where it listens: `http://127.0.0.1:40001`.
    pub url: String,
    /// Names this start of its process.
    pub instance: String,
    /// How many sandboxes it can hold.
    pub capacity: u32,
}

/// The server knows the runner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Welcome {
    /// The number of this session. It is raised when a new process says hello, and when an operator takes back that the
    /// runner is gone. A runner refuses messages and asks of another session: they were sent before.
    pub session: u64,
    /// The removals and releases that the runner is owed. In a new session it carries them out before it takes a message.
    pub owed: Vec<Delivery>,
}

/// A message for a runner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delivery {
    /// The sandbox.
    pub sandbox_id: String,
    /// A call, a removal or a release.
    pub message: Message,
    /// What the message needs of the record.
    #[serde(default)]
    pub details: Details,
}

/// What a call needs and its message does not hold. The server stores it with the call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Details {
    /// The snapshot from which it is created. `None` is the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// Its class: only a VM can be paused.
    #[serde(default)]
    pub class: SandboxClass,
    /// The size of the copy that a create, a restore or a fork makes.
    #[serde(default)]
    pub size: Size,
    /// The backup that a restore reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<BackupRef>,
    /// The sandbox that a fork makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fork_child: Option<String>,
    /// The name of the snapshot to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_snapshot: Option<String>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Taken {
    /// The runner has taken the call, or repeats the answer to it. The end comes as a [`Reported`].
    Call,
    /// The removal or release is done: it is acknowledged.
    Acknowledged,
    /// The removal or release is acknowledged without effect: the runner knows a newer one, or a newer call. So there is no
    /// released copy of this epoch.
    Outdated,
}

/// A question of the controller: what is the copy doing?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ask {
    /// The sandbox.
    pub sandbox_id: String,
    /// The epoch of its row.
    pub epoch: u32,
}

/// A report of a runner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reported {
    /// The runner.
    pub runner_id: String,
    /// The sandbox.
    pub sandbox_id: String,
    /// What it reports.
    pub report: Report,
    /// The error reason in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where the completed backup is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<BackupRef>,
}

/// What a runner has. It is sent after what the runner was owed is done, and from time to time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Inventory {
    /// The runner.
    pub runner_id: String,
    /// Its copies.
    pub copies: Vec<ListedCopy>,
}

/// One copy of an inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListedCopy {
    /// The sandbox.
    pub sandbox_id: String,
    /// The copy.
    pub copy: Listed,
}
