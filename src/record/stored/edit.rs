//! Edits of the fields that no rule reads: labels, the public flag, the network.

use super::outbox::{OutboxEntries, event};
use super::sandbox::Sandbox;
use crate::record::form::{DomainAllowList, Maybe, NetworkAllowList, TextMap};
use crate::rules::Event;
use alloc::string::{String, ToString};
use chrono::{DateTime, Utc};

/// An edit of the record. It changes only the revision of the lifecycle, so it is accepted in every state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordEdit {
    /// Replaces all labels.
    Labels(TextMap),
    /// Makes the HTTP preview public or private.
    Public(bool),
    /// Changes the network settings. The caller must also send them to the sandbox's runner.
    Network(NetworkSettings),
}

/// Network settings. An absent setting does not change; null removes a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkSettings {
    /// Whether all outgoing traffic is blocked.
    pub block_all: Option<bool>,
    /// The networks that the sandbox may reach.
    pub networks: Maybe<NetworkAllowList>,
    /// The domains that the sandbox may reach.
    pub domains: Maybe<DomainAllowList>,
}

impl<X> Sandbox<X> {
    /// Edits the record, raises the revision and sets `updatedAt` to `now`; a record without `lastActivityAt` gets it, because
    /// it can no longer be read from `updatedAt`. Returns what the edit sends: an event for subscribers if it made the preview
    /// public or private.
    ///
    /// A step that was decided before the edit is then [`Stale`](crate::Stale), so a store that writes the whole record
    /// loses neither of the two.
    pub fn edit(&mut self, edit: RecordEdit, now: DateTime<Utc>) -> OutboxEntries {
        let record = &mut self.record;
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
        self.stamp(now.into());
        self.lifecycle = self.lifecycle.with_next_revision();
        let changed = (self.record.public != was_public).then_some(Event::PublicStatusUpdated);
        let revision = self.lifecycle.revision();
        OutboxEntries(changed.map(|changed| event(&self.record.id, changed, revision, 0)).into_iter().collect())
    }
}

fn change(field: &mut Maybe<String>, requested: Maybe<impl ToString>) {
    match requested {
        Maybe::Absent => {}
        Maybe::Null => *field = Maybe::Absent,
        Maybe::Value(list) => *field = Maybe::Value(list.to_string()),
    }
}
