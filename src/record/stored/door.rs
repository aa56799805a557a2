//! The door of the stored record: the decisions of its lifecycle, with the identities that a lifecycle does not know.

use super::outbox::{self, OutboxEntry};
use super::sandbox::{Sandbox, ServerTexts};
use crate::controller::{Finding, ListedBy, Next, RunnerView};
use crate::lifecycle::Lifecycle;
use crate::policy::Policy;
use crate::record::form::{Extras, Maybe, Timestamp};
use crate::rules::{AsInput, Context, Event, Ignored, Refusal, Report, Step};
use crate::runner::Listed;
use crate::vocabulary::{DesiredState, SandboxState};
use alloc::string::String;
use chrono::{DateTime, Utc};

impl<X> Sandbox<X> {
    /// Returns the context of an ordinary sandbox, for the present revision.
    pub fn context(&self) -> Context {
        Context::of(&self.lifecycle)
    }

    /// Decides on a command or a timer, as [`Lifecycle::decide`] does. For a report of a runner use
    /// [`report`](Self::report), which compares the runner.
    ///
    /// # Errors
    /// [`Refusal`], as for [`Lifecycle::decide`].
    pub fn decide(
        &self,
        input: impl AsInput,
        policy: &Policy,
        context: Context,
        now: DateTime<Utc>,
    ) -> Result<Step, Refusal> {
        self.lifecycle.decide(input, policy, context, now)
    }

    /// Decides on a report of this runner. Only the sandbox's own runner counts: a report of any other one is ignored, with
    /// [`Ignored::OtherRunner`]. The backup maker reports in the name of the runner that has the disk.
    ///
    /// # Errors
    /// [`Refusal`], as for [`Lifecycle::decide`].
    pub fn report(
        &self,
        runner_id: &str,
        report: Report,
        policy: &Policy,
        context: Context,
        now: DateTime<Utc>,
    ) -> Result<Step, Refusal> {
        if self.runner_id() == Some(runner_id) {
            self.lifecycle.decide(report, policy, context, now)
        } else {
            Ok(Step::ignored(&self.lifecycle, Ignored::OtherRunner, now.into()))
        }
    }

    /// Returns the step of the first timer that acts at `now`, as [`Lifecycle::due`] does.
    pub fn due(&self, policy: &Policy, context: Context, now: DateTime<Utc>) -> Option<Step> {
        self.lifecycle.due(policy, context, now)
    }

    /// Returns what the controller does next, as [`Lifecycle::reconcile`] does.
    pub fn reconcile(&self, view: &RunnerView, policy: &Policy, now: DateTime<Utc>) -> Next {
        self.lifecycle.reconcile(view, policy, now)
    }

    /// Compares the sandbox with what this runner lists of it; `None` if the runner does not list it.
    ///
    /// If the result is a step that assigns a runner, apply it with this runner.
    pub fn compare(&self, runner_id: &str, copy: Option<&Listed>, context: Context, now: DateTime<Utc>) -> Finding {
        let own = self.runner_id() == Some(runner_id);
        let by = if own { ListedBy::OwnRunner } else { ListedBy::OtherRunner };
        self.lifecycle.compare(by, copy, context, now)
    }

    /// Takes a lost sandbox back from a runner whose copy an operator has declared to be the newest that is left, because the
    /// runner that the sandbox left last is scrapped ([`ListedBy::NewestSurvivor`]). Otherwise as [`compare`](Self::compare).
    ///
    /// If the result is a step, apply it with the runner that lists this copy.
    pub fn take_back(&self, copy: &Listed, context: Context, now: DateTime<Utc>) -> Finding {
        self.lifecycle.compare(ListedBy::NewestSurvivor, Some(copy), context, now)
    }

    /// Whether an API still shows this sandbox. It hides a destroyed sandbox, and a failed one with desired state destroyed. A
    /// sandbox that was evicted, or that timed out in the queue, stays visible until its record is removed.
    pub fn is_visible(&self) -> bool {
        let row = &self.lifecycle;
        let gone = row.state() == SandboxState::Destroyed
            || (row.desired_state() == DesiredState::Destroyed && row.state().is_failed());
        let explains =
            self.record.spot_evicted_at.value().is_some() || self.record.queue_timed_out_at.value().is_some();
        !gone || explains
    }

    /// Raises the revision, where the step of a fork's child has [`Effect::RaiseParent`](crate::Effect::RaiseParent). Do it in
    /// the same transaction.
    pub const fn raise_revision(&mut self) {
        self.lifecycle = self.lifecycle.with_next_revision();
    }

    /// Returns the event of its creation. Store it with the new record: a creation is no step, so no step sends it.
    ///
    /// A fork's child is created too.
    pub fn created(&self) -> OutboxEntry {
        outbox::event(&self.record.id, Event::Created, self.lifecycle.revision(), 0)
    }

    /// Returns the outbox entry of a finding that tells this runner to remove or release its copy. For a copy without a record
    /// use [`OutboxEntry::of_finding`].
    pub fn departure(&self, runner_id: &str, finding: &Finding) -> Option<OutboxEntry> {
        OutboxEntry::of_finding(&self.record.id, runner_id, finding)
    }

    /// Returns the id of the sandbox that it was forked from.
    pub fn parent_id(&self) -> Option<&str> {
        self.parent_id.as_deref()
    }
}

impl<X: Extras + Clone> Sandbox<X> {
    /// Returns the whole record of the child that a fork of this sandbox makes. Store it where the step of the fork has
    /// [`Effect::StoreChild`](crate::Effect::StoreChild).
    ///
    /// Call it on the parent after [`apply`](Self::apply). The child has the parent's settings, runner and epoch
    /// ([`Lifecycle::fork_child`]), its own id and name, and neither backup nor error.
    #[must_use]
    pub fn fork_child(&self, id: impl Into<String>, name: impl Into<String>, now: DateTime<Utc>) -> Self {
        let lifecycle: Lifecycle = self.lifecycle.fork_child(now);
        let mut record = self.record.clone();
        record.id = id.into();
        record.name = name.into();
        record.error_reason = Maybe::Absent;
        record.backup_created_at = Maybe::Absent;
        record.queue_timed_out_at = Maybe::Absent;
        record.spot_evicted_at = Maybe::Absent;
        record.updated_at = Maybe::Value(Timestamp::from(now));
        let texts = ServerTexts { parent_id: Some(self.record.id.clone()), ..ServerTexts::default() };
        Self::from_row(record, lifecycle, texts)
    }
}
