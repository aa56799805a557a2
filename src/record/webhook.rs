//! The two webhooks about sandboxes (section 12).

use super::{Dropped, Extras, Maybe, Sandbox, Timestamp, object::object};
use crate::{
    rules::{Event, EventName},
    vocabulary::{Open, SandboxClass, SandboxState, names},
};
use alloc::string::String;
use chrono::{DateTime, Utc};

object! {
    /// A sandbox was made.
    pub struct SandboxCreated is "a webhook about a new sandbox" {
        /// What is told.
        event: Open<EventName>,
        /// When it is told.
        timestamp: Timestamp,
        /// The sandbox's identity.
        id: String,
        /// The organization it belongs to.
        organization_id: String,
        /// Its state.
        state: Open<SandboxState>,
        /// What kind of machine it is.
        sandbox_class: Open<SandboxClass>,
        /// When it was made.
        created_at: Timestamp,
    }
}

object! {
    /// The state of a sandbox changed.
    pub struct SandboxStateUpdated is "a webhook about a state" {
        /// What is told.
        event: Open<EventName>,
        /// When it is told.
        timestamp: Timestamp,
        /// The sandbox's identity.
        id: String,
        /// The organization it belongs to.
        organization_id: String,
        /// The state before.
        old_state: Open<SandboxState>,
        /// The state after.
        new_state: Open<SandboxState>,
        /// When the record was written.
        updated_at: Timestamp,
    }
}

impl SandboxCreated {
    /// What is told of this new sandbox, at `now`.
    #[must_use]
    pub fn of<X>(sandbox: &Sandbox<X>, now: DateTime<Utc>) -> Self {
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
    /// What is told of this sandbox for an event of a step's effects, at `now`; nothing for an event that is internal.
    #[must_use]
    pub fn of<X>(sandbox: &Sandbox<X>, event: Event, now: DateTime<Utc>) -> Option<Self> {
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
            updated_at: match &record.updated_at {
                Maybe::Value(updated_at) => updated_at.clone(),
                Maybe::Absent | Maybe::Null => now.into(),
            },
            extras: Dropped,
        })
    }
}
