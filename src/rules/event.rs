//! Events for subscribers, and their names.

use crate::vocabulary::{DesiredState, SandboxState, UnknownWord, names, word};
use core::fmt;
use serde::{Deserialize, Serialize, Serializer, de, ser::SerializeMap};

/// An event for subscribers.
///
/// A write emits [`StateUpdated`](Self::StateUpdated) and [`DesiredStateUpdated`](Self::DesiredStateUpdated) for what
/// changed, in this order, then the event of the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(EventName),
    doc = "The name of an [`Event`]. The first two are webhooks, the rest is internal.",
    derive(Hash, strum::IntoStaticStr, strum::VariantArray, strum::VariantNames, strum::EnumString),
    strum(parse_err_ty = UnknownWord, parse_err_fn = UnknownWord::new::<EventName>),
    non_exhaustive
)]
#[non_exhaustive]
pub enum Event {
    /// A sandbox was created.
    #[strum_discriminants(strum(serialize = "sandbox.created"))]
    Created,
    /// The state changed.
    #[strum_discriminants(strum(serialize = "sandbox.state.updated"))]
    StateUpdated {
        /// The state before.
        old_state: SandboxState,
        /// The state after.
        new_state: SandboxState,
    },
    /// The desired state changed.
    #[strum_discriminants(strum(serialize = "sandbox.desired-state.updated"))]
    DesiredStateUpdated {
        /// The desired state before.
        old_desired_state: DesiredState,
        /// The desired state after.
        new_desired_state: DesiredState,
    },
    /// A start was requested.
    #[strum_discriminants(strum(serialize = "sandbox.started"))]
    Started,
    /// A stop was requested.
    #[strum_discriminants(strum(serialize = "sandbox.stopped"))]
    Stopped,
    /// An archive was requested.
    #[strum_discriminants(strum(serialize = "sandbox.archived"))]
    Archived,
    /// A command soft-deleted the sandbox.
    #[strum_discriminants(strum(serialize = "sandbox.destroyed"))]
    Destroyed,
    /// A backup was requested.
    #[strum_discriminants(strum(serialize = "sandbox.backup.created"))]
    BackupCreated,
    /// A snapshot was written.
    #[strum_discriminants(strum(serialize = "sandbox.snapshot.created"))]
    SnapshotCreated,
    /// The preview was opened to everyone, or closed ([`Sandbox::edit`](crate::Sandbox::edit)).
    #[strum_discriminants(strum(serialize = "sandbox.public-status.updated"))]
    PublicStatusUpdated,
    /// The sandbox was claimed from a warm pool. Only the host sends it, since no rule here knows organizations.
    #[strum_discriminants(strum(serialize = "sandbox.organization.updated"))]
    OrganizationUpdated,
}
word!(EventName, "event");

impl Event {
    /// The event of this name, if it has no fields.
    pub(crate) const fn without_fields(name: EventName) -> Option<Self> {
        match name {
            EventName::StateUpdated | EventName::DesiredStateUpdated => None,
            EventName::Started => Some(Self::Started),
            EventName::Stopped => Some(Self::Stopped),
            EventName::Archived => Some(Self::Archived),
            EventName::Destroyed => Some(Self::Destroyed),
            EventName::Created => Some(Self::Created),
            EventName::BackupCreated => Some(Self::BackupCreated),
            EventName::SnapshotCreated => Some(Self::SnapshotCreated),
            EventName::PublicStatusUpdated => Some(Self::PublicStatusUpdated),
            EventName::OrganizationUpdated => Some(Self::OrganizationUpdated),
        }
    }

    /// Returns its name.
    pub fn name(self) -> EventName {
        self.into()
    }
}

/// The name of the event.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name().fmt(f)
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut form = serializer.serialize_map(None)?;
        form.serialize_entry(names::event, &self.name())?;
        match self {
            Self::StateUpdated { old_state, new_state } => {
                form.serialize_entry(names::old_state, old_state)?;
                form.serialize_entry(names::new_state, new_state)?;
            }
            Self::DesiredStateUpdated { old_desired_state, new_desired_state } => {
                form.serialize_entry(names::old_desired_state, old_desired_state)?;
                form.serialize_entry(names::new_desired_state, new_desired_state)?;
            }
            Self::Started | Self::Stopped | Self::Archived | Self::Destroyed | Self::Created => {}
            Self::BackupCreated | Self::SnapshotCreated => {}
            Self::PublicStatusUpdated | Self::OrganizationUpdated => {}
        }
        form.end()
    }
}

/// An event as it is read: which fields it needs depends on its name.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Form {
    event: EventName,
    old_state: Option<SandboxState>,
    new_state: Option<SandboxState>,
    old_desired_state: Option<DesiredState>,
    new_desired_state: Option<DesiredState>,
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = Form::deserialize(deserializer)?;
        let incomplete = || de::Error::custom(format_args!("{} does not say what changed", form.event));
        Ok(match form.event {
            EventName::StateUpdated => Self::StateUpdated {
                old_state: form.old_state.ok_or_else(incomplete)?,
                new_state: form.new_state.ok_or_else(incomplete)?,
            },
            EventName::DesiredStateUpdated => Self::DesiredStateUpdated {
                old_desired_state: form.old_desired_state.ok_or_else(incomplete)?,
                new_desired_state: form.new_desired_state.ok_or_else(incomplete)?,
            },
            name => Self::without_fields(name).ok_or_else(incomplete)?,
        })
    }
}
