//! What is told to those who listen, and the names by which it is told.

use super::Notice;
use crate::vocabulary::{DesiredState, SandboxState, UnknownWord, word};
use serde::{Deserialize, Serialize};

/// The name of an event. The first two are webhooks, the rest is internal (section 12).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::VariantNames,
    strum::EnumString,
)]
#[strum(parse_err_ty = UnknownWord, parse_err_fn = UnknownWord::new::<EventName>)]
#[non_exhaustive]
pub enum EventName {
    /// A sandbox was made.
    #[strum(serialize = "sandbox.created")]
    Created,
    /// The state changed.
    #[strum(serialize = "sandbox.state.updated")]
    StateUpdated,
    /// The desired state changed.
    #[strum(serialize = "sandbox.desired-state.updated")]
    DesiredStateUpdated,
    /// A start was asked for.
    #[strum(serialize = "sandbox.started")]
    Started,
    /// A stop was asked for.
    #[strum(serialize = "sandbox.stopped")]
    Stopped,
    /// An archive was asked for.
    #[strum(serialize = "sandbox.archived")]
    Archived,
    /// A soft delete by a command.
    #[strum(serialize = "sandbox.destroyed")]
    Destroyed,
    /// A backup was asked for.
    #[strum(serialize = "sandbox.backup.created")]
    BackupCreated,
    /// A snapshot was written.
    #[strum(serialize = "sandbox.snapshot.created")]
    SnapshotCreated,
    /// The preview was opened to everyone, or closed.
    #[strum(serialize = "sandbox.public-status.updated")]
    PublicStatusUpdated,
    /// It went over to another organization: it was claimed from a warm pool.
    #[strum(serialize = "sandbox.organization.updated")]
    OrganizationUpdated,
}
word!(EventName, "event");

/// An event for those who listen: its name, and what changed where it tells of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
#[non_exhaustive]
pub enum Event {
    /// The state changed.
    StateUpdated {
        /// The state before.
        old_state: SandboxState,
        /// The state after.
        new_state: SandboxState,
    },
    /// The desired state changed.
    DesiredStateUpdated {
        /// The desired state before.
        old_desired_state: DesiredState,
        /// The desired state after.
        new_desired_state: DesiredState,
    },
    /// A start was asked for.
    Started,
    /// A stop was asked for.
    Stopped,
    /// An archive was asked for.
    Archived,
    /// A soft delete by a command.
    Destroyed,
    /// A sandbox was made.
    Created,
    /// A backup was asked for.
    BackupCreated,
    /// A snapshot was written.
    SnapshotCreated,
    /// The preview was opened to everyone, or closed ([`Sandbox::edit`](crate::Sandbox::edit)).
    PublicStatusUpdated,
    /// It was claimed from a warm pool. Told by the host alone, for no rule here knows of organizations.
    OrganizationUpdated,
}

impl Event {
    /// The name by which it is told.
    #[must_use]
    pub const fn name(self) -> EventName {
        match self {
            Self::StateUpdated { .. } => EventName::StateUpdated,
            Self::DesiredStateUpdated { .. } => EventName::DesiredStateUpdated,
            Self::Started => EventName::Started,
            Self::Stopped => EventName::Stopped,
            Self::Archived => EventName::Archived,
            Self::Destroyed => EventName::Destroyed,
            Self::Created => EventName::Created,
            Self::BackupCreated => EventName::BackupCreated,
            Self::SnapshotCreated => EventName::SnapshotCreated,
            Self::PublicStatusUpdated => EventName::PublicStatusUpdated,
            Self::OrganizationUpdated => EventName::OrganizationUpdated,
        }
    }
}

impl From<Notice> for Event {
    fn from(notice: Notice) -> Self {
        match notice {
            Notice::Started => Self::Started,
            Notice::Stopped => Self::Stopped,
            Notice::Archived => Self::Archived,
            Notice::Destroyed => Self::Destroyed,
            Notice::Created => Self::Created,
            Notice::BackupCreated => Self::BackupCreated,
            Notice::SnapshotCreated => Self::SnapshotCreated,
        }
    }
}

/// An event as it is stored and sent.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Form {
    event: EventName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    old_state: Option<SandboxState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    new_state: Option<SandboxState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    old_desired_state: Option<DesiredState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    new_desired_state: Option<DesiredState>,
}

impl From<Event> for Form {
    fn from(told: Event) -> Self {
        let bare = Self {
            event: told.name(),
            old_state: None,
            new_state: None,
            old_desired_state: None,
            new_desired_state: None,
        };
        match told {
            Event::Started | Event::Stopped | Event::Archived | Event::Destroyed | Event::Created => bare,
            Event::BackupCreated | Event::SnapshotCreated => bare,
            Event::PublicStatusUpdated | Event::OrganizationUpdated => bare,
            Event::StateUpdated { old_state, new_state } => {
                Self { old_state: Some(old_state), new_state: Some(new_state), ..bare }
            }
            Event::DesiredStateUpdated { old_desired_state, new_desired_state } => {
                Self { old_desired_state: Some(old_desired_state), new_desired_state: Some(new_desired_state), ..bare }
            }
        }
    }
}

/// An event that tells of a change does not say which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} does not say what changed")]
pub struct Untold(EventName);

impl TryFrom<Form> for Event {
    type Error = Untold;
    fn try_from(form: Form) -> Result<Self, Untold> {
        let untold = Untold(form.event);
        Ok(match form.event {
            EventName::StateUpdated => Self::StateUpdated {
                old_state: form.old_state.ok_or(untold)?,
                new_state: form.new_state.ok_or(untold)?,
            },
            EventName::DesiredStateUpdated => Self::DesiredStateUpdated {
                old_desired_state: form.old_desired_state.ok_or(untold)?,
                new_desired_state: form.new_desired_state.ok_or(untold)?,
            },
            EventName::Started => Self::Started,
            EventName::Stopped => Self::Stopped,
            EventName::Archived => Self::Archived,
            EventName::Destroyed => Self::Destroyed,
            EventName::Created => Self::Created,
            EventName::BackupCreated => Self::BackupCreated,
            EventName::SnapshotCreated => Self::SnapshotCreated,
            EventName::PublicStatusUpdated => Self::PublicStatusUpdated,
            EventName::OrganizationUpdated => Self::OrganizationUpdated,
        })
    }
}
