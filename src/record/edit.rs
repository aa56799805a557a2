//! Changes of the record that no rule reads: labels, the public flag, the network.

use super::{DomainAllowList, Maybe, NetworkAllowList, Sandbox, TextMap, Timestamp};
use crate::rules::Event;
use alloc::string::ToString;
use chrono::{DateTime, Utc};

/// A change of the record alone. It never touches the lifecycle, so it is taken in every state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordEdit {
    /// All labels are replaced by these.
    Labels(TextMap),
    /// The HTTP preview is opened to everyone, or closed.
    Public(bool),
    /// The network settings change. A runner that has the sandbox must be told.
    Network(NetworkSettings),
}

/// Network settings; what is absent stays as it is, and null takes a list away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkSettings {
    /// No traffic leaves the sandbox.
    pub block_all: Option<bool>,
    /// The networks it may reach.
    pub networks: Maybe<NetworkAllowList>,
    /// The domains it may reach.
    pub domains: Maybe<DomainAllowList>,
}

impl<X> Sandbox<X> {
    /// Carries a change of the record out at `now`; `updatedAt` says so. What it answers with is to be told to those who
    /// listen: that the preview was opened or closed (section 12).
    pub fn edit(&mut self, edit: RecordEdit, now: DateTime<Utc>) -> Option<Event> {
        let record = &mut self.shown;
        let was_public = record.public;
        match edit {
            RecordEdit::Labels(labels) => record.labels = labels,
            RecordEdit::Public(public) => record.public = public,
            RecordEdit::Network(NetworkSettings { block_all, networks, domains }) => {
                record.network_block_all = block_all.unwrap_or(record.network_block_all);
                change(&mut record.network_allow_list, networks);
                change(&mut record.domain_allow_list, domains);
            }
        }
        record.updated_at = Maybe::Value(Timestamp::from(now));
        (record.public != was_public).then_some(Event::PublicStatusUpdated)
    }
}

fn change(field: &mut Maybe<alloc::string::String>, asked: Maybe<impl ToString>) {
    match asked {
        Maybe::Absent => {}
        Maybe::Null => *field = Maybe::Absent,
        Maybe::Value(list) => *field = Maybe::Value(list.to_string()),
    }
}
