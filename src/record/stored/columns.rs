//! The one list of the columns that a record shows: how they become a lifecycle, and how a lifecycle is shown.

use super::server_fields::ServerFields;
use crate::{
    lifecycle::{Columns, Lifecycle},
    record::{
        api::{LifecycleView, SandboxDto, SandboxListItem},
        form::{ReadAs, WriteFrom},
    },
    vocabulary::{
        AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, DesiredState, Fault, FieldError, FieldErrors,
        GpuType, QueueTimeout, SandboxClass, SandboxState, names,
    },
};
use alloc::vec::Vec;
use chrono::{DateTime, Utc};

/// A record that shows the columns of a lifecycle.
pub(crate) trait ShowsColumns {
    /// Returns the columns that the record shows, and the defaults of all others.
    fn shown_columns(&self, errors: &mut Vec<FieldError>) -> Columns;

    /// Returns the lifecycle of the record and the server's own fields.
    fn to_lifecycle(&self, server: &ServerFields) -> Result<Lifecycle, FieldErrors> {
        let mut errors = Vec::new();
        let shown = self.shown_columns(&mut errors);
        let columns = Columns {
            pending: server.pending.unwrap_or_else(|| owes_work(&shown)),
            has_backup_ref: server.backup.is_some(),
            force_stop: server.force_stop,
            epoch: server.epoch,
            state_since: server.state_since.unwrap_or(shown.last_activity_at),
            backup_since: server.backup_since,
            ..shown
        };
        FieldErrors::unless(errors, columns).map(Lifecycle::from)
    }
}

/// Lists the columns in the order of the record, which is also the order of errors: `field: type = column` is read and
/// shown, `field: type => column` is only read. `check_given` makes a field required.
macro_rules! columns {
    ($records:tt $($field:ident: $type:ty, $direction:tt $($column:ident).+ $(, $check:ident)?;)+) => {
        columns! { @read $records { $($field: $type, $($column).+ $(, $check)?;)+ } }

        /// Writes the columns that differ from `before`, or all. Fields that the record omits stay absent until a
        /// column changes.
        pub(super) fn show<X>(record: &mut SandboxDto<X>, before: Option<&Columns>, now: &Columns) {
            $(columns! { @show record before now $field: $type, $direction $($column).+ })+
        }
    };
    (@read [$($record:ident)+] $fields:tt) => { $(columns! { @read $record $fields })+ };
    (@read $record:ident { $($field:ident: $type:ty, $($column:ident).+ $(, $check:ident)?;)+ }) => {
        impl<X> ShowsColumns for $record<X> {
            fn shown_columns(&self, errors: &mut Vec<FieldError>) -> Columns {
                let mut columns = Columns { has_runner: false, ..Columns::default() };
                $($(self.$field.$check(names::$field, errors);)?
                if let Some(value) = ReadAs::<$type>::read_as(&self.$field, names::$field, errors) {
                    columns.$($column).+ = value.into();
                })+
                if self.last_activity_at.value().is_none() && self.updated_at.value().is_none() {
                    columns.last_activity_at = columns.created_at;
                }
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
    };
    (@show $record:ident $before:ident $now:ident $field:ident: $type:ty, = $($column:ident).+) => {
        if $before.is_none_or(|before| before.$($column).+ != $now.$($column).+) {
            $record.$field.write_from(Option::<$type>::from($now.$($column).+));
        }
    };
    (@show $record:ident $before:ident $now:ident $field:ident: $type:ty, => $($column:ident).+) => {};
}
columns! {
    [SandboxDto SandboxListItem LifecycleView]
    cpu: u32, = cpu;
    gpu: u8, = gpu;
    gpu_type: GpuType, = gpu_type;
    memory: u32, = memory;
    disk: u32, = disk;
    state: SandboxState, => state, check_given;
    desired_state: DesiredState, = desired_state, check_given;
    error_reason: Fault, => fault;
    recoverable: bool, = recoverable;
    backup_state: BackupState, = backup_state;
    auto_stop_interval: AutoStop, = auto_stop;
    auto_pause_interval: AutoPause, = auto_pause;
    auto_archive_interval: AutoArchive, = auto_archive;
    auto_delete_interval: AutoDelete, = auto_delete;
    auto_destroy_at: DateTime<Utc>, = auto_destroy_at;
    queue_timeout: QueueTimeout, = queue_timeout;
    created_at: DateTime<Utc>, = created_at;
    updated_at: DateTime<Utc>, => last_activity_at;
    last_activity_at: DateTime<Utc>, = last_activity_at;
    sandbox_class: SandboxClass, = class;
    runner_id: bool, => has_runner;
}

impl<X> LifecycleView<X> {
    /// Returns the lifecycle of this record and the server's own fields.
    ///
    /// A column that the record omits has its default: the server's interval, class `container`, backup state `None`. An
    /// omitted time is the time before it in this order: last activity, update, creation.
    ///
    /// # Errors
    /// Every field with a value that is not allowed, and `state` and `desiredState` if they are missing.
    pub fn lifecycle(&self, server: &ServerFields) -> Result<Lifecycle, FieldErrors> {
        self.to_lifecycle(server)
    }
}

/// Returns whether the controller owes work, which follows from the two states if the record does not say it.
fn owes_work(&Columns { state, desired_state, .. }: &Columns) -> bool {
    Lifecycle::from(Columns { state, desired_state, ..Columns::default() }).repaired().pending()
}
