//! Everything that was seen of one sandbox, merged into what is known best.

use super::observation::{Observation, Settings, Shown};
use super::seen::Seen;
use crate::vocabulary::{BackupState, DesiredState, SandboxState, Size, object_form};
use chrono::{DateTime, Utc};
use core::cmp::Ordering;
use serde::Serialize;

object_form! {
    /// Everything that was seen of one sandbox, merged into what is known best.
    ///
    /// Reads, list items, webhooks, 404s and answers to commands may come late, repeatedly and in any order: the result is the
    /// same, because merging is commutative, associative and idempotent. Of two observations, this one counts:
    ///
    /// 1. one that shows the sandbox destroyed: a destroyed sandbox never comes back (a 404 shows it too);
    /// 2. the one with the later `updatedAt`, compared as instants; one without it only if neither has one;
    /// 3. the one that was seen later;
    /// 4. the greater one in the order of its fields, which only makes the result the same everywhere.
    ///
    /// The settings (auto-delete, size, backup), which a webhook does not show, come together from the last observation that
    /// shows any by rules 2 to 4. That a sandbox was evicted or timed out in the queue is never forgotten.
    ///
    /// ```
    /// use sandbox_lifecycle::{Columns, DesiredState, Lifecycle, Observation, SandboxState, client::{Evidence, Seen}};
    /// let read_at = chrono::DateTime::UNIX_EPOCH;
    /// let stopping = Lifecycle::from(Columns { state: SandboxState::Stopping, ..Columns::default() });
    /// let (record, gone) = (Observation::new(&stopping, read_at), Observation::new(None::<&Lifecycle>, read_at));
    /// let evidence: Evidence = [gone, record].into_iter().collect();
    /// assert!(evidence.is_gone());
    /// assert_eq!(evidence.is_ephemeral(), Some(false), "the record is gone, but it was seen before");
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
    form: #[serde(default, rename_all = "camelCase")]
    pub struct Evidence {
        best: Option<Observation>,
        settings: Option<Dated>,
        not_found_at: Option<DateTime<Utc>>,
        spot_evicted_at: Option<DateTime<Utc>>,
        queue_timed_out_at: Option<DateTime<Utc>>,
    }
}

object_form! {
    /// Settings, and from when they are.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    form: #[serde(rename_all = "camelCase")]
    struct Dated {
        updated_at: Option<DateTime<Utc>>,
        observed_at: DateTime<Utc>,
        #[serde(flatten)]
        settings: Settings,
    }
}

impl Evidence {
    /// Adds an observation.
    pub fn add(&mut self, observation: Observation) {
        *self = self.merged(observation.into());
    }

    /// Merges both. The order does not matter.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        Self {
            best: greater(self.best, other.best, compare_observations),
            settings: greater(self.settings, other.settings, compare_settings),
            not_found_at: self.not_found_at.max(other.not_found_at),
            spot_evicted_at: self.spot_evicted_at.max(other.spot_evicted_at),
            queue_timed_out_at: self.queue_timed_out_at.max(other.queue_timed_out_at),
        }
    }

    /// Returns the observation that counts, if there is one.
    pub const fn best(&self) -> Option<&Observation> {
        self.best.as_ref()
    }

    /// Returns the reported state.
    pub fn state(&self) -> Seen<SandboxState> {
        self.best.map_or(Seen::NotShown, |best| best.shown.state)
    }

    /// Returns the desired state, if the observation that counts shows it: an older one may show an older desired state.
    pub fn desired_state(&self) -> Seen<DesiredState> {
        self.best.map_or(Seen::NotShown, |best| best.shown.desired_state)
    }

    /// Returns since when the sandbox is in its state, as far as it was shown: see [`Shown::since`]. A time later than
    /// the observation itself, by another clock, is cut to it.
    pub fn since(&self) -> Option<DateTime<Utc>> {
        self.best.and_then(|best| best.shown.since.map(|since| since.min(best.observed_at)))
    }

    /// Whether the sandbox is destroyed: its state said so once, or there was a 404.
    pub fn is_gone(&self) -> bool {
        self.best.is_some_and(|best| best.shown.is_gone())
    }

    /// Whether there was a 404. Then no later look shows more.
    pub const fn is_not_found(&self) -> bool {
        self.not_found_at.is_some()
    }

    /// Whether a stop deletes the sandbox, if an observation shows it.
    pub fn is_ephemeral(&self) -> Option<bool> {
        self.settings.and_then(|dated| dated.settings.ephemeral)
    }

    /// Returns the size that was shown last. It may be older than the state.
    pub fn size(&self) -> Option<Size> {
        self.settings.and_then(|dated| dated.settings.size)
    }

    /// Returns the number of GPUs that was shown last.
    pub(super) fn gpus(&self) -> Option<u8> {
        self.settings.and_then(|dated| dated.settings.gpus)
    }

    /// Returns the size, if it is as new as the state.
    pub(super) fn size_with_state(&self) -> Option<Size> {
        self.settings_with_state().and_then(|settings| settings.size)
    }

    /// Returns the backup state, if it is as new as the state.
    pub(super) fn backup_with_state(&self) -> Seen<BackupState> {
        self.settings_with_state().map_or(Seen::NotShown, |settings| settings.backup_state)
    }

    fn settings_with_state(&self) -> Option<Settings> {
        let (best, dated) = (self.best?, self.settings?);
        let is_new = match best.shown.updated_at {
            Some(updated_at) => dated.updated_at >= Some(updated_at),
            None => dated.observed_at >= best.observed_at,
        };
        is_new.then_some(dated.settings)
    }

    /// Returns the queue timeout that was shown last, in minutes.
    pub(super) fn queue_timeout(&self) -> Option<u32> {
        self.settings.and_then(|dated| dated.settings.queue_timeout)
    }

    /// Returns when the sandbox was marked for eviction.
    pub const fn spot_evicted_at(&self) -> Option<DateTime<Utc>> {
        self.spot_evicted_at
    }

    /// Returns when the sandbox was cancelled because it waited too long for a runner.
    pub const fn queue_timed_out_at(&self) -> Option<DateTime<Utc>> {
        self.queue_timed_out_at
    }
}

impl From<Observation> for Evidence {
    fn from(observation: Observation) -> Self {
        let Observation { observed_at, shown } = observation;
        Self {
            best: Some(observation),
            settings: shown.settings.map(|settings| Dated { updated_at: shown.updated_at, observed_at, settings }),
            not_found_at: shown.not_found.then_some(observed_at),
            spot_evicted_at: shown.spot_evicted_at,
            queue_timed_out_at: shown.queue_timed_out_at,
        }
    }
}

impl FromIterator<Observation> for Evidence {
    fn from_iter<I: IntoIterator<Item = Observation>>(observations: I) -> Self {
        observations.into_iter().map(Self::from).fold(Self::default(), Self::merged)
    }
}

impl Extend<Observation> for Evidence {
    fn extend<I: IntoIterator<Item = Observation>>(&mut self, observations: I) {
        observations.into_iter().for_each(|observation| self.add(observation));
    }
}

fn greater<T: Copy>(one: Option<T>, other: Option<T>, compare: fn(&T, &T) -> Ordering) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if compare(&one, &other).is_lt() { other } else { one }),
        (one, other) => one.or(other),
    }
}

/// A total order: two observations are equal in it only if they are equal.
fn compare_observations(one: &Observation, other: &Observation) -> Ordering {
    fn rank(Observation { observed_at, shown }: &Observation) -> impl Ord {
        let Shown { not_found, state, desired_state, since, updated_at, recoverable, .. } = *shown;
        let markers = (shown.spot_evicted_at, shown.queue_timed_out_at);
        let fields = (not_found, state, desired_state, since, recoverable, markers, shown.settings.map(fields));
        (shown.is_gone(), updated_at, *observed_at, fields)
    }
    rank(one).cmp(&rank(other))
}

fn compare_settings(one: &Dated, other: &Dated) -> Ordering {
    let rank = |dated: &Dated| (dated.updated_at, dated.observed_at, fields(dated.settings));
    rank(one).cmp(&rank(other))
}

fn fields(settings: Settings) -> impl Ord {
    let Settings { ephemeral, size, gpus, queue_timeout, backup_state } = settings;
    (ephemeral, size.map(|size| (size.cpu, size.memory, size.disk)), gpus, queue_timeout, backup_state)
}
