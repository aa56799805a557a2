//! The stored record: identity and specification around a lifecycle, and the columns that no client sees.

use super::{BackupRef, Dropped, Extras, Maybe, Number, SandboxDto, ServerFields, Timestamp, view::LifecycleView};
use crate::{
    lifecycle::{Columns, Lifecycle},
    vocabulary::{FieldErrors, Open, SandboxState},
};
use alloc::string::String;

/// A sandbox as a server keeps it: what the API shows of it, its [`Lifecycle`], and what the API does not show.
///
/// The lifecycle decides; the record around it follows. Texts (name, error reason, runner, backup reference) change by
/// [`apply`](Sandbox::apply), which carries a step out; labels, the public flag and the network by
/// [`edit`](Sandbox::edit), which no rule reads. The auth token is a secret and is not kept here.
///
/// ```
/// use sandbox_lifecycle::{Command, Context, Policy, Sandbox, SandboxDto, SandboxState, record::Texts};
/// let text = r#"{"id":"s1","organizationId":"o1","name":"n","user":"daytona","env":{},"labels":{},"public":false,
///     "networkBlockAll":false,"target":"eu","cpu":1,"gpu":0,"memory":1,"disk":3,"state":"started",
///     "desiredState":"started","runnerId":"r1","updatedAt":"2024-10-01T16:30:00Z"}"#;
/// let mut sandbox = Sandbox::try_from(serde_json::from_str::<SandboxDto>(text)?)?;
/// let now = chrono::DateTime::UNIX_EPOCH;
/// let stop = Command::Stop { force: false };
/// let step = sandbox.lifecycle().decide(stop, &Policy::default(), Context::default(), now)?;
/// sandbox.apply(&step, Texts::default())?;
/// assert_eq!(sandbox.dto().state.value().and_then(|state| state.known()), Some(SandboxState::Stopping));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sandbox<X = Dropped> {
    pub(super) lifecycle: Lifecycle,
    pub(super) shown: SandboxDto<X>,
    pub(super) backup: Option<BackupRef>,
    pub(super) previous_runner_id: Option<String>,
}

impl<X> Sandbox<X> {
    /// The sandbox that an API record shows, completed by what the record does not show.
    ///
    /// The record shows the *reported* state, so a change that the controller has not begun yet reads as one under
    /// way: that is all a client can know.
    ///
    /// # Errors
    /// Every field whose value no lifecycle can hold, all at once.
    pub fn from_api(record: SandboxDto<X>, unseen: ServerFields) -> Result<Self, FieldErrors> {
        let lifecycle = LifecycleView::from(&record).lifecycle(&unseen)?;
        let ServerFields { backup, previous_runner_id, .. } = unseen;
        Ok(Self { lifecycle, shown: record, backup, previous_runner_id })
    }

    /// The sandbox of a server's own row. The record is made to show the lifecycle; only its texts count.
    #[must_use]
    pub fn from_row(
        record: SandboxDto<X>,
        lifecycle: Lifecycle,
        backup: Option<BackupRef>,
        previous_runner_id: Option<String>,
    ) -> Self {
        let mut sandbox = Self { lifecycle, shown: record, backup, previous_runner_id };
        sandbox.show(None);
        sandbox
    }

    /// What rules are decided on.
    #[must_use]
    pub const fn lifecycle(&self) -> &Lifecycle {
        &self.lifecycle
    }

    /// What the API shows of it, with the reported state.
    #[must_use]
    pub const fn dto(&self) -> &SandboxDto<X> {
        &self.shown
    }

    /// The name; given up when the sandbox is deleted.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shown.name
    }

    /// The runner that has it.
    #[must_use]
    pub fn runner_id(&self) -> Option<&str> {
        self.shown.runner_id.value().map(String::as_str)
    }

    /// The runner that had it before it was released to be restored elsewhere.
    #[must_use]
    pub fn previous_runner_id(&self) -> Option<&str> {
        self.previous_runner_id.as_deref()
    }

    /// What went wrong, in words.
    #[must_use]
    pub fn error_reason(&self) -> Option<&str> {
        self.shown.error_reason.value().map(String::as_str)
    }

    /// Where its backup is.
    #[must_use]
    pub const fn backup(&self) -> Option<&BackupRef> {
        self.backup.as_ref()
    }

    /// Makes the record show the lifecycle: what changed since `before`, or all of it.
    pub(super) fn show(&mut self, before: Option<&Lifecycle>) {
        let was = before.map(|lifecycle| (lifecycle.columns(), lifecycle.reported_state()));
        show(&mut self.shown, was.as_ref(), &self.lifecycle.columns(), self.lifecycle.reported_state());
    }
}

/// Writes the columns that differ, so that what the record left out stays left out while nothing sets it.
fn show<X>(record: &mut SandboxDto<X>, was: Option<&(Columns, SandboxState)>, is: &Columns, reported: SandboxState) {
    let differs = |column: fn(&Columns, &Columns) -> bool| was.is_none_or(|(was, _)| column(was, is));
    if was.is_none_or(|(_, was)| *was != reported) {
        record.state = Maybe::Value(Open::Known(reported));
    }
    if differs(|a, b| a.desired_state != b.desired_state) {
        record.desired_state = Maybe::Value(Open::Known(is.desired_state));
    }
    if differs(|a, b| a.class != b.class) {
        record.sandbox_class = Maybe::Value(Open::Known(is.class));
    }
    if differs(|a, b| (a.gpu, a.gpu_type) != (b.gpu, b.gpu_type)) {
        record.gpu = Number::from(is.gpu);
        record.gpu_type = is.gpu_type.map(Open::Known).into();
    }
    if differs(|a, b| a.size() != b.size()) {
        record.cpu = is.cpu.into();
        record.memory = is.memory.into();
        record.disk = is.disk.into();
    }
    if differs(|a, b| a.backup_state != b.backup_state) {
        record.backup_state = Maybe::Value(Open::Known(is.backup_state));
    }
    if differs(|a, b| a.recoverable != b.recoverable) {
        record.recoverable = Maybe::Value(is.recoverable);
    }
    if differs(|a, b| a.auto_stop != b.auto_stop) {
        record.auto_stop_interval = Maybe::Value(is.auto_stop.as_minutes().into());
    }
    if differs(|a, b| a.auto_pause != b.auto_pause) {
        record.auto_pause_interval = Maybe::Value(is.auto_pause.as_minutes().into());
    }
    if differs(|a, b| a.auto_archive != b.auto_archive) {
        record.auto_archive_interval = Maybe::Value(is.auto_archive.as_minutes().into());
    }
    if differs(|a, b| a.auto_delete != b.auto_delete) {
        record.auto_delete_interval = Maybe::Value(is.auto_delete.as_minutes().into());
    }
    if differs(|a, b| a.auto_destroy_at != b.auto_destroy_at) {
        record.auto_destroy_at = is.auto_destroy_at.map(Timestamp::from).into();
    }
    if differs(|a, b| a.queue_timeout != b.queue_timeout) {
        record.queue_timeout = is.queue_timeout.map(|minutes| minutes.as_minutes().into()).into();
    }
    if differs(|a, b| a.created_at != b.created_at) {
        record.created_at = Maybe::Value(is.created_at.into());
    }
    if differs(|a, b| a.last_activity_at != b.last_activity_at) {
        record.last_activity_at = Maybe::Value(is.last_activity_at.into());
    }
}

impl<X> TryFrom<SandboxDto<X>> for Sandbox<X> {
    type Error = FieldErrors;
    /// As [`Sandbox::from_api`], with what a client may assume of what it cannot see.
    fn try_from(record: SandboxDto<X>) -> Result<Self, FieldErrors> {
        Self::from_api(record, ServerFields::default())
    }
}

impl<X: Extras> From<Sandbox<X>> for SandboxDto<X> {
    fn from(sandbox: Sandbox<X>) -> Self {
        sandbox.shown
    }
}
