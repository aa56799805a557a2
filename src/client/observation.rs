//! One look at a sandbox: what a record, a webhook, a row or a 404 shows, and when it was seen.

use super::seen::Seen;
use crate::lifecycle::{Lifecycle, instants::NEVER, pairs};
use crate::record::{
    LifecycleView, Maybe, Number, Sandbox, SandboxCreated, SandboxDto, SandboxListItem, SandboxStateUpdated, Timestamp,
    last_write,
};
use crate::vocabulary::{BackupState, DesiredState, Open, SandboxState, Size, object_form};
use chrono::{DateTime, Utc};
use serde::Serialize;

object_form! {
    /// One look at a sandbox: what it shows, and when it was seen.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    form: #[serde(rename_all = "camelCase")]
    pub struct Observation {
        pub(super) observed_at: DateTime<Utc>,
        #[serde(flatten)]
        pub(super) shown: Shown,
    }
}

impl Observation {
    /// Builds the observation of a record, a list item, a webhook or a row; `None` is a 404.
    ///
    /// `at` comes from the client's clock. For a read it is when the request was *sent*, because the server may answer with
    /// what it knew then. For the answer to a command, and for a webhook, it is when it *arrived*.
    ///
    /// A list that lacks the sandbox is no 404: lists are filtered and late.
    ///
    /// An observation does not hold the identifier of the sandbox. Compare the `id` of each webhook and of each list item
    /// first: a webhook of another sandbox would end a [`Wait`](super::Wait) or change an [`Evidence`](super::Evidence).
    pub fn new(seen: impl Into<Shown>, at: DateTime<Utc>) -> Self {
        Self { observed_at: at, shown: seen.into() }
    }

    /// Returns when the sandbox was seen, by the client's clock.
    pub const fn observed_at(&self) -> DateTime<Utc> {
        self.observed_at
    }

    /// Returns what was seen.
    pub const fn shown(&self) -> &Shown {
        &self.shown
    }

    /// Whether this was seen before the other, so that it may show what was true before it. The server's own `updatedAt`
    /// decides where both show it, otherwise the client's clock.
    pub(super) fn is_older_than(&self, other: &Self) -> bool {
        match (self.shown.updated_at, other.shown.updated_at) {
            (Some(own), Some(other)) => own < other,
            (None, _) | (_, None) => self.observed_at < other.observed_at,
        }
    }
}

object_form! {
    /// What a record, a list item, a webhook, a row or a 404 shows of a sandbox. Each part may be missing.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
    form: #[serde(default, rename_all = "camelCase")]
    pub struct Shown {
        pub(super) not_found: bool,
        pub(super) state: Seen<SandboxState>,
        pub(super) desired_state: Seen<DesiredState>,
        pub(super) since: Option<DateTime<Utc>>,
        pub(super) updated_at: Option<DateTime<Utc>>,
        pub(super) recoverable: Option<bool>,
        pub(super) spot_evicted_at: Option<DateTime<Utc>>,
        pub(super) queue_timed_out_at: Option<DateTime<Utc>>,
        pub(super) settings: Option<Settings>,
    }
}

object_form! {
    /// What only whole records and rows show.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
    form: #[serde(default, rename_all = "camelCase")]
    pub(super) struct Settings {
        pub(super) ephemeral: Option<bool>,
        pub(super) size: Option<Size>,
        pub(super) gpus: Option<u8>,
        /// Minutes.
        pub(super) queue_timeout: Option<u32>,
        pub(super) backup_state: Seen<BackupState>,
    }
}

impl Shown {
    /// Returns the reported state.
    pub const fn state(&self) -> Seen<SandboxState> {
        self.state
    }

    /// Returns the desired state. A webhook does not show it.
    pub const fn desired_state(&self) -> Seen<DesiredState> {
        self.desired_state
    }

    /// Returns since when the sandbox is in this state, as far as it shows. It is `None` also where the sandbox has not left
    /// an earlier state yet, because nothing shows when the change was requested.
    ///
    /// A record shows only its last write and its last use, so the later of the two counts; a row shows the change itself.
    pub const fn since(&self) -> Option<DateTime<Utc>> {
        self.since
    }

    /// Returns when the record was last written, by the server's clock.
    pub const fn updated_at(&self) -> Option<DateTime<Utc>> {
        self.updated_at
    }

    /// Whether a stop deletes the sandbox, if that is shown.
    pub fn is_ephemeral(&self) -> Option<bool> {
        self.settings.and_then(|settings| settings.ephemeral)
    }

    /// Returns CPU, memory and disk, if they are shown.
    pub fn size(&self) -> Option<Size> {
        self.settings.and_then(|settings| settings.size)
    }

    /// Whether the sandbox is destroyed: its state says so, or there was a 404.
    pub const fn is_gone(&self) -> bool {
        self.not_found || matches!(self.state, Seen::Known(SandboxState::Destroyed))
    }

    /// Sets both states as the API shows them, and since when.
    ///
    /// This is the only derivation of "since when", for rows and records. A server's record has the reported state already.
    fn with_states(
        self,
        state: Seen<SandboxState>,
        desired_state: Seen<DesiredState>,
        written: Option<DateTime<Utc>>,
    ) -> Self {
        let (Seen::Known(stored), Seen::Known(desired)) = (state, desired_state) else {
            return Self { state, desired_state, since: written, ..self };
        };
        let reported = pairs::reported(stored, desired);
        let moves = stored.is_transient() && pairs::is_coherent(stored, desired);
        let is_new = matches!(stored, SandboxState::Unknown);
        let began = is_new || reported == stored && (moves || pairs::is_settled(stored, desired));
        Self { state: Seen::Known(reported), desired_state, since: written.filter(|_| began), ..self }
    }
}

/// A 404 for `None`.
impl<T: Into<Self>> From<Option<T>> for Shown {
    fn from(found: Option<T>) -> Self {
        found.map_or_else(|| Self { not_found: true, ..Self::default() }, Into::into)
    }
}

/// A row has no `updatedAt`: rows count in the order in which they were read, and next to records not at all. A host that also
/// merges records observes its [`Sandbox`], which has both.
impl From<&Lifecycle> for Shown {
    fn from(row: &Lifecycle) -> Self {
        let settings = Settings {
            ephemeral: Some(row.is_ephemeral()),
            size: Some(row.size()),
            gpus: Some(row.gpu()),
            queue_timeout: row.queue_timeout.map(|timeout| timeout.0.get()),
            backup_state: Seen::Known(row.backup_state()),
        };
        let shown = Self { recoverable: Some(row.recoverable()), settings: Some(settings), ..Self::default() };
        let (state, desired) = (row.state(), Seen::Known(row.desired_state()));
        let since = Some(row.state_since()).filter(|_| row.since != NEVER);
        if row.repair().is_some() {
            // A repair shows another state than the stored one, and the row does not say when it began.
            return Self { state: Seen::Known(row.reported_state()), desired_state: desired, ..shown };
        }
        shown.with_states(Seen::Known(state), desired, since)
    }
}

impl<X> From<&Sandbox<X>> for Shown {
    fn from(sandbox: &Sandbox<X>) -> Self {
        sandbox.dto().into()
    }
}

/// A number of a record, which some records may omit.
trait Quantity {
    fn whole_number(&self) -> Option<i64>;
    fn quantity<N: TryFrom<i64>>(&self) -> Option<N> {
        self.whole_number().and_then(|number| N::try_from(number).ok())
    }
}
impl Quantity for Number {
    fn whole_number(&self) -> Option<i64> {
        self.whole()
    }
}
impl Quantity for Maybe<Number> {
    fn whole_number(&self) -> Option<i64> {
        self.value().and_then(|number| number.whole())
    }
}

/// Implements the conversion of records. It accepts records that are not valid, because a wait needs only few fields.
macro_rules! shown {
    ($($record:ident($($marker:ident)*))+) => {$(
        impl<X> From<&$record<X>> for Shown {
            fn from(record: &$record<X>) -> Self {
                let updated_at = record.updated_at.time();
                let size = || Some(Size {
                    cpu: record.cpu.quantity()?,
                    memory: record.memory.quantity()?,
                    disk: record.disk.quantity()?,
                });
                let settings = Settings {
                    ephemeral: record.auto_delete_interval.whole_number().map(|minutes| minutes == 0),
                    size: size(),
                    gpus: record.gpu.quantity(),
                    queue_timeout: record.queue_timeout.quantity(),
                    backup_state: Seen::from(&record.backup_state),
                };
                let shown = Self {
                    updated_at,
                    recoverable: record.recoverable.value().copied(),
                    $($marker: record.$marker.time(),)*
                    settings: Some(settings),
                    ..Self::default()
                };
                let written = last_write(&record.last_activity_at, &record.updated_at);
                shown.with_states((&record.state).into(), (&record.desired_state).into(), written)
            }
        }
    )+};
}
shown! {
    SandboxDto(spot_evicted_at queue_timed_out_at)
    SandboxListItem(spot_evicted_at queue_timed_out_at)
    LifecycleView()
}

/// A webhook shows the state and when it was written, and nothing else.
fn webhook(state: &Open<SandboxState>, written: &Timestamp) -> Shown {
    let written = written.time();
    Shown { updated_at: written, ..Shown::default() }.with_states(state.into(), Seen::NotShown, written)
}
impl<X> From<&SandboxStateUpdated<X>> for Shown {
    fn from(update: &SandboxStateUpdated<X>) -> Self {
        webhook(&update.new_state, &update.updated_at)
    }
}
impl<X> From<&SandboxCreated<X>> for Shown {
    fn from(created: &SandboxCreated<X>) -> Self {
        webhook(&created.state, &created.created_at)
    }
}
