//! The stored record: a lifecycle with the API record that shows it and the server's own texts.

use super::columns::{ShowsColumns, show};
use super::server_fields::{BackupRef, ServerFields};
use crate::lifecycle::instants::NEVER;
use crate::record::api::SandboxDto;
use crate::record::form::{Dropped, Extras, Maybe, Timestamp};
use crate::{lifecycle::Lifecycle, vocabulary::FieldErrors, vocabulary::Open};
use alloc::string::String;

/// A sandbox as a server stores it: its [`Lifecycle`], its API record, and the texts that the API does not show.
///
/// Rules read only the lifecycle. [`apply`](Sandbox::apply) carries out a step and so changes the name, the error reason,
/// the runner and the backup reference. [`edit`](Sandbox::edit) changes labels, the public flag and the network, which
/// no rule reads. The auth token is a secret and is not stored here.
///
/// ```
/// use sandbox_lifecycle::{Command, Context, Policy, Sandbox, SandboxDto, SandboxState, record::StepDetails};
/// let text = r#"{"id":"s1","organizationId":"o1","name":"n","user":"daytona","env":{},"labels":{},"public":false,
///     "networkBlockAll":false,"target":"eu","cpu":1,"gpu":0,"memory":1,"disk":3,"state":"started",
///     "desiredState":"started","runnerId":"r1","updatedAt":"2024-10-01T16:30:00Z"}"#;
/// let mut sandbox = Sandbox::try_from(serde_json::from_str::<SandboxDto>(text)?)?;
/// let now = chrono::DateTime::UNIX_EPOCH;
/// let stop = Command::Stop { force: false };
/// let row = sandbox.lifecycle();
/// let step = row.decide(stop, &Policy::default(), Context::of(row), now)?;
/// for entry in sandbox.apply(&step, StepDetails::default())? {
///     println!("stored in the outbox, with the record: {entry}");
/// }
/// assert_eq!(sandbox.dto().state.value().and_then(|state| state.known()), Some(SandboxState::Stopping));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sandbox<X = Dropped> {
    pub(super) lifecycle: Lifecycle,
    pub(super) record: SandboxDto<X>,
    pub(super) backup: Option<BackupRef>,
    pub(super) previous_runner_id: Option<String>,
    pub(super) parent_id: Option<String>,
}

/// The texts of a stored sandbox that neither its lifecycle nor its API record has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerTexts {
    /// Where the last completed backup is stored.
    pub backup: Option<BackupRef>,
    /// The runner that the sandbox left in order to be restored on another.
    pub previous_runner_id: Option<String>,
    /// The sandbox that it was forked from.
    pub parent_id: Option<String>,
}

impl<X> Sandbox<X> {
    /// Builds a sandbox from an API record and the server's own fields.
    ///
    /// The record has the *reported* state, so a change that the controller has not begun yet looks like a change under
    /// way. A client cannot know more.
    ///
    /// A record whose states are not those of a server that reports every requested change at once, such as `started` with
    /// desired state `stopped`, gives the lifecycle that it names, and [`dto`](Self::dto) shows the reported state of that
    /// lifecycle: `stopping`. All other fields stay as they came. The [`SandboxDto`] itself is written as it was read.
    ///
    /// # Errors
    /// All faulty fields, each with its value and what is allowed.
    pub fn from_api(record: SandboxDto<X>, server: ServerFields) -> Result<Self, FieldErrors> {
        let lifecycle = record.to_lifecycle(&server)?;
        let ServerFields { backup, previous_runner_id, .. } = server;
        let mut sandbox = Self { lifecycle, record, backup, previous_runner_id, parent_id: None };
        sandbox.show_state();
        Ok(sandbox)
    }

    /// Builds a sandbox from a server's own row. The columns of the lifecycle replace those of the record.
    pub fn from_row(record: SandboxDto<X>, lifecycle: Lifecycle, texts: ServerTexts) -> Self {
        let mut sandbox = Self::blank(record);
        (sandbox.backup, sandbox.previous_runner_id) = (texts.backup, texts.previous_runner_id);
        sandbox.parent_id = texts.parent_id;
        sandbox.set_lifecycle(lifecycle);
        sandbox
    }

    /// A sandbox of which only the record is known.
    pub(super) const fn blank(record: SandboxDto<X>) -> Self {
        Self { lifecycle: Lifecycle::BLANK, record, backup: None, previous_runner_id: None, parent_id: None }
    }

    /// Sets the lifecycle, and shows all of it.
    pub(super) fn set_lifecycle(&mut self, lifecycle: Lifecycle) {
        self.lifecycle = lifecycle;
        show(&mut self.record, &lifecycle);
        self.show_state();
    }

    /// Returns the lifecycle, which rules read.
    pub const fn lifecycle(&self) -> &Lifecycle {
        &self.lifecycle
    }

    /// Returns the API record. Its state is always the [reported state](Lifecycle::reported_state) of the lifecycle.
    pub const fn dto(&self) -> &SandboxDto<X> {
        &self.record
    }

    /// Returns the name. A deletion changes it, so that it is free again.
    pub fn name(&self) -> &str {
        &self.record.name
    }

    /// Returns the runner that the sandbox is assigned to.
    pub fn runner_id(&self) -> Option<&str> {
        self.record.runner_id.value().map(String::as_str)
    }

    /// Returns the runner that the sandbox left in order to be restored on another.
    pub fn previous_runner_id(&self) -> Option<&str> {
        self.previous_runner_id.as_deref()
    }

    /// Returns the error reason.
    pub fn error_reason(&self) -> Option<&str> {
        self.record.error_reason.value().map(String::as_str)
    }

    /// Returns where the backup is stored.
    pub const fn backup(&self) -> Option<&BackupRef> {
        self.backup.as_ref()
    }

    /// Writes the reported state to the record.
    pub(super) fn show_state(&mut self) {
        self.record.state = Open::from(self.lifecycle.reported_state()).into();
    }

    /// Writes the time of a write to the record.
    ///
    /// A record without a last activity is read with that of its last write, which is another one from now on. So the record
    /// also gets the last activity that it had, if that is known.
    pub(super) fn stamp(&mut self, now: Timestamp) {
        if self.record.last_activity_at.value().is_none() && self.lifecycle.last_activity != NEVER {
            self.record.last_activity_at = Maybe::Value(self.lifecycle.last_activity_at().into());
        }
        self.record.updated_at = Maybe::Value(now);
    }
}

impl<X> TryFrom<SandboxDto<X>> for Sandbox<X> {
    type Error = FieldErrors;
    /// Converts as [`Sandbox::from_api`] does, with the default [`ServerFields`].
    fn try_from(record: SandboxDto<X>) -> Result<Self, FieldErrors> {
        Self::from_api(record, ServerFields::default())
    }
}

impl<X: Extras> From<Sandbox<X>> for SandboxDto<X> {
    fn from(sandbox: Sandbox<X>) -> Self {
        sandbox.record
    }
}
