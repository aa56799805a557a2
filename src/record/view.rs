//! Just what rules need of an API record: the rest is passed over without being stored.

use super::{
    Dropped, Extras, Maybe, Number, SandboxDto, SandboxListItem, ServerFields, Timestamp, object::Wire, object::object,
};
use crate::{
    lifecycle::{Columns, Lifecycle},
    vocabulary::{
        AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, DesiredState, Fault, FieldError, FieldErrors,
        GpuType, IntervalError, Open, QueueTimeout, Quoted, SandboxClass, SandboxState, Word, names,
    },
};
use alloc::vec::Vec;
use chrono::{DateTime, Utc};
use core::fmt;
use serde::{Deserializer, Serialize, Serializer, de};

object! {
    /// What rules need of an API record, for those who decide about many and show none.
    ///
    /// ```
    /// use sandbox_lifecycle::{Lifecycle, SandboxState, record::LifecycleView};
    /// let text = r#"{"id":"s1","state":"stopping","desiredState":"stopped","cpu":4,"env":{"A":"1"}}"#;
    /// let view: LifecycleView = serde_json::from_str(text)?;
    /// let lifecycle = Lifecycle::try_from(&view)?;
    /// assert_eq!((lifecycle.state(), lifecycle.is_pending()), (SandboxState::Stopping, true));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct LifecycleView is "a sandbox record" {
        /// CPU cores.
        cpu: Maybe<Number>,
        /// How many GPUs.
        gpu: Maybe<Number>,
        /// The GPU model.
        gpu_type: Maybe<Open<GpuType>>,
        /// Memory in GB.
        memory: Maybe<Number>,
        /// Disk in GB.
        disk: Maybe<Number>,
        /// The reported state.
        state: Maybe<Open<SandboxState>>,
        /// Where it is meant to go.
        desired_state: Maybe<Open<DesiredState>>,
        /// What its error reason tells of.
        error_reason: Maybe<ReasonGiven>,
        /// The recover command is open to it.
        recoverable: Maybe<bool>,
        /// How far its backup is.
        backup_state: Maybe<Open<BackupState>>,
        /// Minutes of rest before it is stopped.
        auto_stop_interval: Maybe<Number>,
        /// Minutes of rest before it is paused.
        auto_pause_interval: Maybe<Number>,
        /// Minutes after which it is archived when stopped.
        auto_archive_interval: Maybe<Number>,
        /// Minutes after which it is deleted when stopped.
        auto_delete_interval: Maybe<Number>,
        /// When its time to live ends.
        auto_destroy_at: Maybe<Timestamp>,
        /// Minutes it may wait for a runner.
        queue_timeout: Maybe<Number>,
        /// When it was made.
        created_at: Maybe<Timestamp>,
        /// When its record was last written.
        updated_at: Maybe<Timestamp>,
        /// When it was last used or changed its state.
        last_activity_at: Maybe<Timestamp>,
        /// What kind of machine it is.
        sandbox_class: Maybe<Open<SandboxClass>>,
        /// A runner has it.
        runner_id: Maybe<RunnerNamed>,
    }
}

/// An error reason, of which only what it tells of is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReasonGiven(pub Fault);

impl Wire for ReasonGiven {
    fn blank() -> Self {
        Self(Fault::Other)
    }
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(|text| Self(Fault::recognize(text))))
    }
}
impl Serialize for ReasonGiven {
    /// Its text is not kept; the crate's own text for the fault stands for it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.text())
    }
}

/// A runner is named; which one no rule asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunnerNamed;

impl Wire for RunnerNamed {
    fn blank() -> Self {
        Self
    }
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(|_| Self))
    }
}
impl Serialize for RunnerNamed {
    /// Its identity is not kept.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("")
    }
}

struct TextVisitor<T>(fn(&str) -> T);

impl<T> de::Visitor<'_> for TextVisitor<T> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        Ok((self.0)(text))
    }
}

/// A record, as far as rules read it.
macro_rules! seen {
    ($($record:ident),+) => {$(
        impl<X> From<&$record<X>> for LifecycleView {
            fn from(record: &$record<X>) -> Self {
                Self {
                    cpu: Maybe::Value(record.cpu),
                    gpu: Maybe::Value(record.gpu),
                    gpu_type: record.gpu_type.clone(),
                    memory: Maybe::Value(record.memory),
                    disk: Maybe::Value(record.disk),
                    state: record.state.clone(),
                    desired_state: record.desired_state.clone(),
                    error_reason: record.error_reason.value().map(|text| ReasonGiven(Fault::recognize(text))).into(),
                    recoverable: record.recoverable,
                    backup_state: record.backup_state.clone(),
                    auto_stop_interval: record.auto_stop_interval,
                    auto_pause_interval: record.auto_pause_interval,
                    auto_archive_interval: record.auto_archive_interval,
                    auto_delete_interval: record.auto_delete_interval,
                    auto_destroy_at: record.auto_destroy_at.clone(),
                    queue_timeout: record.queue_timeout,
                    created_at: record.created_at.clone(),
                    updated_at: record.updated_at.clone(),
                    last_activity_at: record.last_activity_at.clone(),
                    sandbox_class: record.sandbox_class.clone(),
                    runner_id: record.runner_id.value().map(|_| RunnerNamed).into(),
                    extras: Dropped,
                }
            }
        }

        impl<X> TryFrom<&$record<X>> for Lifecycle {
            type Error = FieldErrors;
            /// As [`LifecycleView::lifecycle`], with what a client may assume of what it cannot see.
            fn try_from(record: &$record<X>) -> Result<Self, FieldErrors> {
                LifecycleView::from(record).lifecycle(&ServerFields::default())
            }
        }
    )+};
}
seen!(SandboxDto, SandboxListItem);

impl TryFrom<&LifecycleView> for Lifecycle {
    type Error = FieldErrors;
    /// As [`LifecycleView::lifecycle`], with what a client may assume of what it cannot see.
    fn try_from(view: &LifecycleView) -> Result<Self, FieldErrors> {
        view.lifecycle(&ServerFields::default())
    }
}

impl LifecycleView {
    /// The lifecycle that this record shows, completed by what it does not show.
    ///
    /// A column that the record leaves out has its default: an interval that of the server, the class container, the
    /// backup state none. A time that it leaves out is that of the one before it: last activity, update, creation.
    ///
    /// # Errors
    /// Every field whose value no lifecycle can hold, and `state` and `desiredState` where they are missing.
    pub fn lifecycle(&self, unseen: &ServerFields) -> Result<Lifecycle, FieldErrors> {
        let mut faults = Faults(Vec::new());
        let columns = self.columns(unseen, &mut faults);
        FieldErrors::unless(faults.0, columns).map(Lifecycle::from)
    }

    fn columns(&self, unseen: &ServerFields, faults: &mut Faults) -> Columns {
        // In the order of the record, for so the faults are told.
        let default = Columns::default();
        let cpu = faults.count(names::cpu, self.cpu).unwrap_or(default.cpu);
        let gpu = faults.count(names::gpu, self.gpu).unwrap_or(default.gpu);
        let gpu_type = faults.word(names::gpu_type, &self.gpu_type);
        let memory = faults.count(names::memory, self.memory).unwrap_or(default.memory);
        let disk = faults.count(names::disk, self.disk).unwrap_or(default.disk);
        let state = faults.demanded(names::state, &self.state).unwrap_or(default.state);
        let desired_state = faults.demanded(names::desired_state, &self.desired_state).unwrap_or(default.desired_state);
        let backup_state = faults.word(names::backup_state, &self.backup_state).unwrap_or_default();
        let auto_stop = faults.interval(AutoStop::FIELD, self.auto_stop_interval).unwrap_or_default();
        let auto_pause = faults.interval(AutoPause::FIELD, self.auto_pause_interval).unwrap_or_default();
        let auto_archive = faults.interval(AutoArchive::FIELD, self.auto_archive_interval).unwrap_or_default();
        let auto_delete = faults.interval(AutoDelete::FIELD, self.auto_delete_interval).unwrap_or_default();
        let auto_destroy_at = faults.time(names::auto_destroy_at, &self.auto_destroy_at);
        let queue_timeout = faults.interval(QueueTimeout::FIELD, self.queue_timeout);
        let created = faults.time(names::created_at, &self.created_at);
        let updated = faults.time(names::updated_at, &self.updated_at);
        let active = faults.time(names::last_activity_at, &self.last_activity_at);
        let class = faults.word(names::sandbox_class, &self.sandbox_class).unwrap_or_default();

        let created_at = created.unwrap_or(default.created_at);
        let last_activity_at = active.or(updated).unwrap_or(created_at);
        Columns {
            state,
            desired_state,
            pending: unseen.pending.unwrap_or_else(|| owes_work(state, desired_state)),
            class,
            gpu,
            gpu_type,
            cpu,
            memory,
            disk,
            backup_state,
            has_backup_ref: unseen.backup.is_some(),
            has_runner: self.runner_id.value().is_some(),
            fault: self.error_reason.value().map(|reason| reason.0),
            recoverable: self.recoverable.into_value().unwrap_or_default(),
            force_stop: unseen.force_stop,
            epoch: unseen.epoch,
            auto_stop,
            auto_pause,
            auto_archive,
            auto_delete,
            auto_destroy_at,
            queue_timeout,
            created_at,
            last_activity_at,
            state_since: unseen.state_since.unwrap_or(last_activity_at),
            backup_since: unseen.backup_since,
        }
    }
}

/// Rule 5's pending, for a record that does not show it.
fn owes_work(state: SandboxState, desired_state: DesiredState) -> bool {
    Lifecycle::from(Columns { state, desired_state, ..Columns::default() }).repaired().is_pending()
}

/// Collects what is wrong while everything else is read.
pub(super) struct Faults(pub(super) Vec<FieldError>);

impl Faults {
    fn word<T: Word>(&mut self, field: &'static str, word: &Maybe<Open<T>>) -> Option<T> {
        let closed = word.value()?.closed();
        closed.map_err(|unknown| self.0.push(FieldError::of_word(field, &unknown))).ok()
    }

    fn demanded<T: Word>(&mut self, field: &'static str, word: &Maybe<Open<T>>) -> Option<T> {
        if word.value().is_none() {
            let value = if word.is_absent() { "absent" } else { "null" };
            self.0.push(FieldError::new(field, value, format_args!("a {}", T::KIND)));
        }
        self.word(field, word)
    }

    pub(super) fn count<T: TryFrom<i64> + Bounded>(&mut self, field: &'static str, number: Maybe<Number>) -> Option<T> {
        let number = number.into_value()?;
        let count = number.whole().and_then(|whole| T::try_from(whole).ok());
        if count.is_none() {
            self.0.push(FieldError::new(field, number, format_args!("a whole number from 0 to {}", T::MOST)));
        }
        count
    }

    pub(super) fn interval<T: TryFrom<i64, Error = IntervalError>>(
        &mut self,
        field: &'static str,
        number: Maybe<Number>,
    ) -> Option<T> {
        let number = number.into_value()?;
        let Some(minutes) = number.whole() else {
            self.0.push(FieldError::new(field, number, "a whole number of minutes"));
            return None;
        };
        T::try_from(minutes).map_err(|error| self.0.push(FieldError::from(IntervalError { field, ..error }))).ok()
    }

    fn time(&mut self, field: &'static str, timestamp: &Maybe<Timestamp>) -> Option<DateTime<Utc>> {
        let timestamp = timestamp.value()?;
        let instant = timestamp.instant();
        if instant.is_none() {
            let text = alloc::string::ToString::to_string(timestamp);
            self.0.push(FieldError::new(field, Quoted(&text), "an RFC 3339 time, such as 2024-10-01T12:00:00Z"));
        }
        instant.map(DateTime::from)
    }
}

/// A count with the largest value that its message names.
pub(super) trait Bounded {
    const MOST: u32;
}
impl Bounded for u8 {
    const MOST: u32 = 255;
}
impl Bounded for u32 {
    const MOST: u32 = u32::MAX;
}
