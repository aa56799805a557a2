//! The two webhooks about sandboxes: a sandbox was created, and its state changed.

use super::form::{Dropped, Timestamp, object};
use super::stored::Sandbox;
use crate::rules::{Event, EventName};
use crate::vocabulary::{Open, SandboxClass, SandboxState};
use alloc::string::String;
use chrono::{DateTime, Utc};

object! {
    /// The webhook for a new sandbox.
    pub struct SandboxCreated is "a webhook about a new sandbox" {
        /// The name of the event.
        event: Open<EventName>,
        /// When the webhook was created.
        timestamp: Timestamp,
        /// The identifier of the sandbox.
        id: String,
        /// The organization.
        organization_id: String,
        /// The state.
        state: Open<SandboxState>,
        /// The class.
        sandbox_class: Open<SandboxClass>,
        /// When the sandbox was created.
        created_at: Timestamp,
    }
}

object! {
    /// The webhook for a change of the state.
    pub struct SandboxStateUpdated is "a webhook about a state" {
        /// The name of the event.
        event: Open<EventName>,
        /// When the webhook was created.
        timestamp: Timestamp,
        /// The identifier of the sandbox.
        id: String,
        /// The organization.
        organization_id: String,
        /// The state before.
        old_state: Open<SandboxState>,
        /// The state after.
        new_state: Open<SandboxState>,
        /// When the record was last written.
        updated_at: Timestamp,
    }
}

impl SandboxCreated {
    /// Builds the webhook for a new sandbox.
    pub fn new<X>(sandbox: &Sandbox<X>, now: DateTime<Utc>) -> Self {
        let row = sandbox.lifecycle();
        Self {
            event: EventName::Created.into(),
            timestamp: now.into(),
            id: sandbox.dto().id.clone(),
            organization_id: sandbox.dto().organization_id.clone(),
            state: row.state().into(),
            sandbox_class: row.class().into(),
            created_at: row.created_at().into(),
            extras: Dropped,
        }
    }
}

impl SandboxStateUpdated {
    /// Builds the webhook for an event of a step. Returns `None` for every event but a change of the state, because the
    /// others are internal.
    pub fn from_event<X>(sandbox: &Sandbox<X>, event: Event, now: DateTime<Utc>) -> Option<Self> {
        let (old_state, new_state) = match event {
            Event::StateUpdated { old_state, new_state } => (old_state, new_state),
            Event::DesiredStateUpdated { .. } | Event::Started | Event::Stopped | Event::Archived => return None,
            Event::Destroyed | Event::Created | Event::BackupCreated | Event::SnapshotCreated => return None,
            Event::PublicStatusUpdated | Event::OrganizationUpdated => return None,
        };
        let record = sandbox.dto();
        Some(Self {
            event: EventName::StateUpdated.into(),
            timestamp: now.into(),
            id: record.id.clone(),
            organization_id: record.organization_id.clone(),
            old_state: old_state.into(),
            new_state: new_state.into(),
            updated_at: record.updated_at.value().cloned().unwrap_or_else(|| now.into()),
            extras: Dropped,
        })
    }
}
