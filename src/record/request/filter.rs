//! Which sandboxes a list request asks for.

use super::list::ListQuery;
use crate::lifecycle::Columns;
use crate::record::form::{Maybe, TextMap, Timestamp};
use crate::record::stored::Sandbox;
use crate::vocabulary::{DesiredState, SandboxState};

impl ListQuery {
    /// Whether a list with these filters has this sandbox. `labels` are the labels of the query, which is JSON that the host
    /// reads; `None` asks for none.
    ///
    /// A list never has a destroyed sandbox. It has a failed one with desired state destroyed only if the query asks for it, and
    /// an unclaimed one of a warm pool too. The cursor, the limit and the order are the host's.
    pub fn admits<X>(&self, sandbox: &Sandbox<X>, labels: Option<&TextMap>) -> bool {
        let (row, record) = (sandbox.lifecycle().columns(), sandbox.dto());
        let has_labels = |asked: &TextMap| asked.iter().all(|(name, text)| record.labels.get(name) == Some(text));
        self.shows(sandbox, &row)
            && begins(&record.id, self.id.as_deref())
            && begins(&record.name, self.name.as_deref())
            && labels.is_none_or(has_labels)
            && is_one_of(Some(&sandbox.lifecycle().reported_state()), &self.states)
            && is_one_of(record.snapshot.value(), &self.snapshots)
            && is_one_of(Some(&record.target), &self.region_ids)
            && is_one_of(Some(&row.class), &self.sandbox_classes)
            && is_within(row.cpu, self.min_cpu, self.max_cpu)
            && is_within(row.memory, self.min_memory, self.max_memory)
            && is_within(row.disk, self.min_disk, self.max_disk)
            && is_within(row.gpu.into(), self.min_gpu, self.max_gpu)
            && self.is_public.is_none_or(|public| public == record.public)
            && self.is_recoverable.is_none_or(|recoverable| recoverable == row.recoverable)
            && is_between(Some(row.created_at), self.created_after, self.created_before)
            && is_between(Some(row.last_activity_at), self.last_event_after, self.last_event_before)
            && is_between(row.auto_destroy_at, self.auto_destroy_after, self.auto_destroy_before)
    }

    fn shows<X>(&self, sandbox: &Sandbox<X>, row: &Columns) -> bool {
        let failed_deletion = row.desired_state == DesiredState::Destroyed && row.state.is_failed();
        let errored = failed_deletion && self.include_errored_deleted.unwrap_or_default();
        let explains = is_time(&sandbox.dto().spot_evicted_at) || is_time(&sandbox.dto().queue_timed_out_at);
        let gone = row.state == SandboxState::Destroyed && !explains;
        let is_warm = sandbox.dto().warm_pool_id.value().is_some();
        !gone && (sandbox.is_visible() || errored) && (!is_warm || self.include_warm.unwrap_or_default())
    }
}

const fn is_time(time: &Maybe<Timestamp>) -> bool {
    time.value().is_some()
}

fn begins(text: &str, prefix: Option<&str>) -> bool {
    prefix.is_none_or(|prefix| text.starts_with(prefix))
}

/// An empty list asks for nothing.
fn is_one_of<T: PartialEq>(value: Option<&T>, asked: &[T]) -> bool {
    asked.is_empty() || value.is_some_and(|value| asked.contains(value))
}

fn is_within(value: u32, least: Option<u32>, most: Option<u32>) -> bool {
    least.is_none_or(|least| value >= least) && most.is_none_or(|most| value <= most)
}

/// A time that is missing is neither after nor before another one.
fn is_between<T: PartialOrd>(time: Option<T>, after: Option<T>, before: Option<T>) -> bool {
    let is_after = after.is_none_or(|after| time.as_ref().is_some_and(|time| *time > after));
    is_after && before.is_none_or(|before| time.as_ref().is_some_and(|time| *time < before))
}
