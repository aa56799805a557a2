//! The one list of the columns that a record shows: the view that holds only them, how a record becomes a lifecycle, and
//! how a lifecycle is shown.

use super::server_fields::ServerFields;
use crate::lifecycle::{Changes, Columns, Lifecycle, instants::NEVER, pairs};
use crate::record::api::{SandboxDto, SandboxListItem};
use crate::record::form::{
    AssignedRunner, Maybe, Number, ReadAs, RecognizedFault, Timestamp, Wire, WriteFrom, defaults, object,
};
use crate::vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, DesiredState, Fault, FieldError};
use crate::vocabulary::{FieldErrors, GpuType, Micros, Open, QueueTimeout, SandboxClass, SandboxState, names};
use alloc::vec::Vec;
use chrono::{DateTime, Utc};

/// A record that shows the columns of a lifecycle.
pub(crate) trait ShowsColumns {
    /// Returns the columns that the record shows, and the defaults of all others.
    fn shown_columns(&self, errors: &mut Vec<FieldError>) -> Columns;

    /// Returns the lifecycle of the record and the server's own fields.
    fn to_lifecycle(&self, server: &ServerFields) -> Result<Lifecycle, FieldErrors> {
        FieldErrors::collect(|errors| self.shown_columns(errors)).map(|shown| completed(shown, server))
    }

    /// Returns the lifecycle of the fields that are understood, and the others.
    fn to_read_lifecycle(&self) -> Result<ReadLifecycle, FieldErrors> {
        let mut not_understood = Vec::new();
        let shown = self.shown_columns(&mut not_understood);
        let lifecycle = completed(shown, &ServerFields::default());
        if not_understood.iter().any(|fault| [names::state, names::desired_state].contains(&&*fault.field)) {
            FieldErrors::unless(not_understood, ReadLifecycle { lifecycle, not_understood: Vec::new() })
        } else {
            Ok(ReadLifecycle { lifecycle, not_understood })
        }
    }
}

/// Adds the server's own fields to the columns that a record shows.
fn completed(shown: Columns, server: &ServerFields) -> Lifecycle {
    Lifecycle::from(Columns {
        pending: server.pending.unwrap_or_else(|| pairs::is_pending(shown.state, shown.desired_state)),
        has_backup_ref: server.backup.is_some(),
        force_stop: server.force_stop,
        revision: server.revision,
        epoch: server.epoch,
        state_since: server.state_since.unwrap_or(shown.state_since),
        backup_since: server.backup_since,
        ..shown
    })
}

/// The lifecycle of a record that has fields which this crate does not understand: a newer GPU model, class or backup
/// state, a time in an unknown form, a number out of its range.
///
/// It is for readers: clients, dashboards, bots. A server that stores records converts them into a
/// [`Sandbox`](crate::Sandbox), which accepts no such record.
///
/// ```
/// use sandbox_lifecycle::{SandboxState, record::{LifecycleView, ReadLifecycle}};
/// let text = r#"{"state":"started","desiredState":"started","gpu":1,"gpuType":"H9000"}"#;
/// let view: LifecycleView = serde_json::from_str(text)?;
/// let read = ReadLifecycle::try_from(&view)?;
/// assert_eq!(read.lifecycle.state(), SandboxState::Started);
/// let not_understood: Vec<&str> = read.not_understood.iter().map(|fault| &*fault.field).collect();
/// assert_eq!(not_understood, ["gpuType"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `Lifecycle` and `Forecast::of_record` refuse such a record. A dashboard gives `Forecast::of` the lifecycle. For its buttons, a
/// [`PartialLifecycle`](crate::PartialLifecycle) takes what is not understood as not shown:
///
/// ```
/// use sandbox_lifecycle::{Context, PartialLifecycle, Policy, client::{Forecast, ShowsWarmPool}};
/// use sandbox_lifecycle::record::{ReadLifecycle, SandboxDto};
/// let text = r#"{"id":"s1","organizationId":"o1","name":"n","user":"daytona","env":{},"labels":{},"public":false,
///     "networkBlockAll":false,"target":"eu","cpu":1,"gpu":1,"memory":1,"disk":3,"gpuType":"H9000","state":"started",
///     "desiredState":"started","autoDeleteInterval":0,"runnerId":"r1","updatedAt":"2024-10-01T16:30:00Z"}"#;
/// let record: SandboxDto = serde_json::from_str(text)?;
/// assert!(PartialLifecycle::try_from(&record).is_ok());
/// let row = ReadLifecycle::try_from(&record)?.lifecycle;
/// let context = Context::of(&row).with_warm_pool(record.is_in_warm_pool());
/// assert_eq!(Forecast::of(&row, &Policy::default(), context).len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ReadLifecycle {
    /// The lifecycle. A field that is not understood has the value of an absent one, as in
    /// [`LifecycleView::lifecycle`], so do not rely on what depends on it.
    pub lifecycle: Lifecycle,
    /// The fields that are not understood, in the order of the record, each with its value and what is understood.
    pub not_understood: Vec<FieldError>,
}

/// Returns the last time at which the record was used or written, as far as it shows. Its state is not younger.
pub(crate) fn last_write(last_activity_at: &Maybe<Timestamp>, updated_at: &Maybe<Timestamp>) -> Option<DateTime<Utc>> {
    last_activity_at.time().max(updated_at.time())
}

/// Lists the columns in the order of the record, which is also the order of errors. `field: wire as type = column` is read
/// and shown, `field: wire as type ? column` is a time that is shown unless it is unknown, and `field: wire as type => column`
/// is only read. `check_given` makes a field required.
macro_rules! columns {
    ($records:tt $($(#[$doc:meta])* $field:ident: $wire:ty as $type:ty, $direction:tt $column:ident $(, $check:ident)?;)+) => {
        object! {
            /// The fields of an API record that rules read. Reading ignores all other fields, so that deciding about many
            /// records is cheap.
            ///
            /// ```
            /// use sandbox_lifecycle::{Lifecycle, SandboxState, record::LifecycleView};
            /// let text = r#"{"id":"s1","state":"stopping","desiredState":"stopped","cpu":4,"env":{"A":"1"}}"#;
            /// let view: LifecycleView = serde_json::from_str(text)?;
            /// let lifecycle = Lifecycle::try_from(&view)?;
            /// assert_eq!((lifecycle.state(), lifecycle.pending()), (SandboxState::Stopping, true));
            /// # Ok::<(), Box<dyn std::error::Error>>(())
            /// ```
            pub struct LifecycleView is "a sandbox record" {
                $($(#[$doc])* $field: Maybe<$wire>,)+
            }
        }
        defaults! { LifecycleView }

        columns! { @read $records { $($field: $type, $column $(, $check)?;)+ } }

        /// Writes all columns.
        pub(super) fn show<X>(record: &mut SandboxDto<X>, lifecycle: &Lifecycle) {
            $(columns! { @show record lifecycle.$column(), $field: $type, $direction })+
        }

        /// Writes the columns that a step gives another value. Fields that the record omits stay absent until a column
        /// changes.
        pub(super) fn show_changes<X>(record: &mut SandboxDto<X>, changes: &Changes, before: &Lifecycle) {
            $(if let Some(value) = changes.$column.filter(|value| *value != before.$column()) {
                columns! { @show record value, $field: $type, $direction }
            })+
        }

        /// Takes the columns out of the record.
        pub(super) fn take_out<X>(record: &mut SandboxDto<X>) {
            $(record.$field = Wire::blank();)+
        }
    };
    (@read [$($record:ident)+] $fields:tt) => { $(columns! { @read $record $fields })+ };
    (@read $record:ident { $($field:ident: $type:ty, $column:ident $(, $check:ident)?;)+ }) => {
        impl<X> ShowsColumns for $record<X> {
            fn shown_columns(&self, errors: &mut Vec<FieldError>) -> Columns {
                // The record may omit a time. It is unknown then, and not the year 1970.
                let unknown = DateTime::from(NEVER);
                let (created_at, last_activity_at) = (unknown, unknown);
                let mut columns = Columns { has_runner: false, created_at, last_activity_at, ..Columns::default() };
                $($(self.$field.$check(names::$field, errors);)?
                if let Some(value) = ReadAs::<$type>::read_as(&self.$field, names::$field, errors) {
                    columns.$column = value.into();
                })+
                columns.state_since = last_write(&self.last_activity_at, &self.updated_at).unwrap_or(unknown);
                columns
            }
        }

        impl<X> TryFrom<&$record<X>> for Lifecycle {
            type Error = FieldErrors;
            /// Converts as [`LifecycleView::lifecycle`] does, with the default [`ServerFields`].
            fn try_from(record: &$record<X>) -> Result<Self, FieldErrors> {
                record.to_lifecycle(&ServerFields::default())
            }
        }

        impl<X> TryFrom<&$record<X>> for ReadLifecycle {
            type Error = FieldErrors;
            /// Returns an error that names every faulty field if `state` or `desiredState` is missing or not known: the
            /// rules depend on these two, and every word in their place would be a guess.
            fn try_from(record: &$record<X>) -> Result<Self, FieldErrors> {
                record.to_read_lifecycle()
            }
        }
    };
    (@show $record:ident $value:expr, $field:ident: $type:ty, =) => {
        $record.$field.write_from(Option::<$type>::from($value));
    };
    (@show $record:ident $value:expr, $field:ident: $type:ty, ?) => {
        $record.$field.write_from(Some($value).filter(|time| Micros::from(*time) != NEVER));
    };
    (@show $record:ident $value:expr, $field:ident: $type:ty, =>) => {
        let _only_read = $value;
    };
}
columns! {
    [SandboxDto SandboxListItem LifecycleView]
    /// CPU cores.
    cpu: Number as u32, = cpu;
    /// The number of GPUs.
    gpu: Number as u8, = gpu;
    /// The GPU model.
    gpu_type: Open<GpuType> as GpuType, = gpu_type;
    /// Memory in GB.
    memory: Number as u32, = memory;
    /// Disk in GB.
    disk: Number as u32, = disk;
    /// The reported state.
    state: Open<SandboxState> as SandboxState, => state, check_given;
    /// The desired state.
    desired_state: Open<DesiredState> as DesiredState, = desired_state, check_given;
    /// The fault that the error reason describes.
    error_reason: RecognizedFault as Fault, => fault;
    /// Whether the recover command is accepted.
    recoverable: bool as bool, = recoverable;
    /// The backup state.
    backup_state: Open<BackupState> as BackupState, = backup_state;
    /// Idle minutes before the sandbox is stopped.
    auto_stop_interval: Number as AutoStop, = auto_stop;
    /// Idle minutes before the sandbox is paused.
    auto_pause_interval: Number as AutoPause, = auto_pause;
    /// Idle minutes before a stopped sandbox is archived.
    auto_archive_interval: Number as AutoArchive, = auto_archive;
    /// Idle minutes before a stopped sandbox is deleted.
    auto_delete_interval: Number as AutoDelete, = auto_delete;
    /// When the time to live ends.
    auto_destroy_at: Timestamp as DateTime<Utc>, = auto_destroy_at;
    /// Minutes that the sandbox may wait for a runner.
    queue_timeout: Number as QueueTimeout, = queue_timeout;
    /// When the sandbox was created.
    created_at: Timestamp as DateTime<Utc>, ? created_at;
    /// When the record was last written.
    updated_at: Timestamp as DateTime<Utc>, => last_activity_at;
    /// When the sandbox was last used or changed its state.
    last_activity_at: Timestamp as DateTime<Utc>, ? last_activity_at;
    /// The class.
    sandbox_class: Open<SandboxClass> as SandboxClass, = class;
    /// Whether a runner is assigned.
    runner_id: AssignedRunner as bool, => has_runner;
}

impl<X> LifecycleView<X> {
    /// Returns the lifecycle of this record and the server's own fields.
    ///
    /// A column that the record omits has its default: the server's interval, class `container`, backup state `None`. An
    /// omitted last activity is the last update. Any other omitted time is unknown: the last instant stands for it, and no
    /// timer counts from it.
    ///
    /// # Errors
    /// Every field with a value that is not allowed, and `state` and `desiredState` if they are missing.
    pub fn lifecycle(&self, server: &ServerFields) -> Result<Lifecycle, FieldErrors> {
        self.to_lifecycle(server)
    }
}
