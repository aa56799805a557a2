//! Events for subscribers, and their names.

use crate::vocabulary::{DesiredState, ObjectsOnly, SandboxState, UnknownWord, brief, names, word};
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
    /// The preview became public or private ([`Sandbox::edit`](crate::Sandbox::edit)).
    #[strum_discriminants(strum(serialize = "sandbox.public-status.updated"))]
    PublicStatusUpdated,
    /// The sandbox was claimed from a warm pool. Only the host sends this event, because no rule knows organizations.
    #[strum_discriminants(strum(serialize = "sandbox.organization.updated"))]
    OrganizationUpdated,
}
word!(EventName, "event");

impl Event {
    /// Returns the event of this name, or `None` if it has fields.
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

    /// Returns the name of the event.
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
        let fields = if Self::without_fields(self.name()).is_some() { 1 } else { 3 };
        let mut form = serializer.serialize_map(Some(fields))?;
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

/// The fields of all events. The name of the event decides which of them it needs.
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
        let form = Form::deserialize(ObjectsOnly(deserializer)).map_err(brief)?;
        let states = form.old_state.zip(form.new_state);
        let desired_states = form.old_desired_state.zip(form.new_desired_state);
        let readings = [
            Self::without_fields(form.event),
            states.map(|(old_state, new_state)| Self::StateUpdated { old_state, new_state }),
            desired_states.map(|(old_desired_state, new_desired_state)| Self::DesiredStateUpdated {
                old_desired_state,
                new_desired_state,
            }),
        ];
        let event = readings.into_iter().flatten().find(|event| event.name() == form.event);
        event.ok_or_else(|| de::Error::custom(format_args!("event {} lacks a state before or after", form.event)))
    }
}
