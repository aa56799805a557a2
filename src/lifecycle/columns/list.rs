//! The one list of columns, from which follow: the open form of a lifecycle, its stored form, what a step changes, and
//! the names and kinds that a host needs for its own table.

use super::column::{Column, ColumnType, ColumnValue, InOrder};
use crate::{
    lifecycle::{pairs, value::Lifecycle},
    vocabulary::{
        AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, DesiredState, Fault, GpuType, QueueTimeout, Repair,
        SandboxClass, SandboxState, Size, brief, field_reader::named, names,
    },
};
use alloc::string::String;
use chrono::{DateTime, Utc};
use core::fmt;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, IgnoredAny, MapAccess},
};

/// Declares the columns: the field, its name, its type, its default, where a lifecycle keeps it, and who may see it.
macro_rules! columns {
    ($($(#[doc = $doc:literal])+ $column:ident as $name:ident: $type:ty = $default:expr, $kept:tt, $seen:ident;)+) => {
        /// Every column of a [`Lifecycle`], open to read and to build from.
        ///
        /// The serde form is the stored form of a [`Lifecycle`]: the API's names, and the columns that only a server has.
        /// `state` and `desiredState` are required. Every other column has a default, so that a row from before the column
        /// existed is still read. It is that of [`Columns::default`], with these exceptions: `hasRunner` is false; `pending`
        /// follows from the two states; `changedSinceBackup` is true where the sandbox runs; `lastActivityAt` is `createdAt`,
        /// and `stateSince` is `lastActivityAt`. A time or flag that is null counts as absent. A column that this crate does
        /// not know is ignored. A value that it does not know is an error that names the column.
        ///
        /// A row without `stateSince` has the last activity in its place, which a touch moves. So write such a row whole once,
        /// before you merge the [`Changes`] of a step into it.
        ///
        /// Intervals are in minutes; 0 and negative numbers mean what each type says. Times are in UTC and cut to
        /// microseconds. The last instant that chrono knows stands for none where a time may be missing, and for
        /// unknown elsewhere: no timer counts from it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Columns {
            $($(#[doc = $doc])+ pub $column: $type,)+
        }

        /// A running container with nothing to do, with the server's default sizes and intervals, created in 1970.
        impl Default for Columns {
            fn default() -> Self {
                Self { $($column: $default,)+ }
            }
        }

        impl Column {
            /// Every column, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(column!($name: $type, $seen)),+];
        }

        impl Columns {
            /// Returns every column with its value, as a host binds them to an `INSERT`.
            pub fn iter(&self) -> impl Iterator<Item = (&'static Column, ColumnValue<'static>)> + use<> {
                Column::ALL.iter().zip([$(self.$column.into()),+])
            }

            /// These columns with the changes of a step.
            #[must_use]
            pub fn changed_by(self, changes: &Changes) -> Self {
                Self { $($column: changes.$column.unwrap_or(self.$column),)+ }
            }

            /// The columns of a row of which these were found.
            pub(super) fn completed(found: &Changes) -> Result<Self, &'static str> {
                let (Some(state), Some(desired_state)) = (found.state, found.desired_state) else {
                    return Err(if found.state.is_none() { names::state } else { names::desired_state });
                };
                let default = Self { has_runner: false, ..Self::default() };
                let created_at = found.created_at.unwrap_or(default.created_at);
                let last_activity_at = found.last_activity_at.unwrap_or(created_at);
                let pending = pairs::is_pending(state, desired_state);
                // A row from before the column existed has a backup that was made while the disk rested, or that is older.
                let changed_since_backup = pairs::HAS_DISK.contains(state) && !pairs::DISK_RESTS.contains(state);
                let default = Self { pending, changed_since_backup, created_at, last_activity_at, state_since: last_activity_at, ..default };
                Ok(default.changed_by(found))
            }
        }

        /// The columns that a step writes: the `SET` of an `UPDATE`. `None` leaves a column as it is; `Some(None)`
        /// empties one that may be empty.
        ///
        /// The serde form has the names of the stored row, so that a row in JSON takes them one by one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Changes {
            $($(#[doc = $doc])+ pub $column: Option<$type>,)+
        }

        impl Changes {
            /// Whether no column is written.
            pub const fn is_empty(&self) -> bool {
                $(self.$column.is_none())&&+
            }

            /// Returns each of these columns with its value, as a host binds them to a statement.
            pub fn iter(&self) -> impl Iterator<Item = (&'static Column, ColumnValue<'static>)> + use<> {
                let values = [$(self.$column.map(ColumnValue::from)),+];
                Column::ALL.iter().zip(values).filter_map(|(column, value)| Some((column, value?)))
            }

            /// All columns but those with these names.
            fn without(missing: &[&str], columns: &Columns) -> Self {
                Self { $($column: (!missing.contains(&names::$name)).then_some(columns.$column),)+ }
            }

            /// Takes the value of the column with this name. A name that is newer than this crate is skipped.
            pub(super) fn take(&mut self, name: &str, value: ColumnValue<'_>) -> Result<(), de::value::Error> {
                match name {
                    $(names::$name if self.$column.is_some() => return Err(de::Error::duplicate_field(names::$name)),)+
                    $(names::$name => {
                        let read = <$type as ColumnType>::read(value);
                        self.$column = read.map_err(|error| named(names::$name, error))?;
                    })+
                    _newer_than_this_crate => {}
                }
                Ok(())
            }

            fn read<'de, A: MapAccess<'de>>(row: &mut A) -> Result<Self, A::Error> {
                let mut found = Self::default();
                while let Some(key) = row.next_key::<String>()? {
                    match key.as_str() {
                        $(names::$name if found.$column.is_some() => {
                            return Err(de::Error::duplicate_field(names::$name));
                        })+
                        $(names::$name => {
                            let value = row.next_value::<<$type as ColumnType>::Read>();
                            found.$column = value.map_err(|error| named(names::$name, error))?.into();
                        })+
                        _newer_than_this_crate => {
                            row.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(found)
            }
        }

        impl Serialize for Changes {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.iter().map(|(column, value)| (column.name, value)))
            }
        }

        impl<'de> Deserialize<'de> for Changes {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct RowVisitor;
                impl<'de> de::Visitor<'de> for RowVisitor {
                    type Value = Changes;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("the columns of a stored lifecycle")
                    }
                    fn visit_map<A: MapAccess<'de>>(self, mut row: A) -> Result<Changes, A::Error> {
                        Changes::read(&mut row)
                    }
                }
                deserializer.deserialize_map(RowVisitor).map_err(brief)
            }
        }

        /// Each column, as in [`Columns`].
        impl Lifecycle {
            $($(#[doc = $doc])+ pub fn $column(&self) -> $type {
                kept!(self, $kept).into()
            })+
        }

        impl Lifecycle {
            /// This row with the changes of a step, as [`Columns::changed_by`] of its columns.
            #[must_use]
            pub(crate) fn changed_by(self, changes: &Changes) -> Self {
                let mut row = self;
                $(if let Some(value) = changes.$column {
                    keep!(row, $kept, value.into());
                })+
                row.with_facts()
            }
        }

        impl Lifecycle {
            /// Takes the values of all columns, in the order of [`Column::ALL`]. [`Columns::completed`] does the same, but copies
            /// each column twice more; here only a row with missing columns does.
            pub(super) fn of_values(values: &mut dyn Iterator<Item = ColumnValue<'_>>) -> Result<Self, de::value::Error> {
                let mut row = Self::BLANK;
                let mut values = InOrder::of(values);
                $(if let Some(value) = values.read::<$type>(names::$name) {
                    keep!(row, $kept, value.into());
                })+
                let missing = values.end()?;
                if missing.is_empty() { Ok(row.with_facts()) } else { row.completed(&missing) }
            }

            #[cold]
            fn completed(self, missing: &[&str]) -> Result<Self, de::value::Error> {
                let found = Changes::without(missing, &self.columns());
                Columns::completed(&found).map(Self::from).map_err(de::Error::missing_field)
            }

            /// Calls `add` for each column that differs from that of another row, with its value in this one.
            pub(crate) fn each_changed_column<'a>(
                &self,
                before: &Self,
                add: &mut dyn FnMut(&'static Column, ColumnValue<'a>),
            ) {
                $(if kept!(self, $kept) != kept!(before, $kept) {
                    const COLUMN: &Column = &column!($name: $type, $seen);
                    add(COLUMN, self.$column().into());
                })+
            }
        }

        impl From<Columns> for Lifecycle {
            fn from(columns: Columns) -> Self {
                let mut row = Self::BLANK;
                $(keep!(row, $kept, columns.$column.into());)+
                row.with_facts()
            }
        }

        impl From<Lifecycle> for Columns {
            fn from(row: Lifecycle) -> Self {
                Self { $($column: row.$column(),)+ }
            }
        }
    };
}

/// What a store needs to know of a column.
macro_rules! column {
    ($name:ident: $type:ty, $seen:ident) => {
        Column {
            name: names::$name,
            sql_name: stringify!($name),
            kind: <$type as ColumnType>::KIND,
            nullable: <$type as ColumnType>::NULLABLE,
            shown: shown!($seen),
        }
    };
}

/// Where a lifecycle keeps a column: in its status, or in a field.
macro_rules! keep {
    ($row:ident, (status $get:ident $with:ident), $value:expr) => {
        $row.status = $row.status.$with($value)
    };
    ($row:ident, ($($field:ident).+), $value:expr) => {
        $row.$($field).+ = $value
    };
}
macro_rules! kept {
    ($row:ident, (status $get:ident $with:ident)) => {
        $row.status.$get()
    };
    ($row:ident, ($($field:ident).+)) => {
        $row.$($field).+
    };
}

macro_rules! shown {
    (shown) => {
        true
    };
    (server) => {
        false
    };
}

columns! {
    /// The state as stored. The API shows [`Lifecycle::reported_state`].
    state as state: SandboxState = SandboxState::Started, (status state with_state), shown;
    /// Where the sandbox should go.
    desired_state as desired_state: DesiredState = DesiredState::Started, (status desired with_desired), shown;
    /// The controller has work to do.
    pending as pending: bool = false, (status pending with_pending), server;
    /// The class of the sandbox.
    class as sandbox_class: SandboxClass = SandboxClass::default(), (class), shown;
    /// How many GPUs it holds when it runs.
    gpu as gpu: u8 = 0, (gpus), shown;
    /// The GPU model.
    gpu_type as gpu_type: Option<GpuType> = None, (gpu_type), shown;
    /// CPU cores.
    cpu as cpu: u32 = Size::default().cpu, (size.cpu), shown;
    /// Memory in GB.
    memory as memory: u32 = Size::default().memory, (size.memory), shown;
    /// Disk in GB.
    disk as disk: u32 = Size::default().disk, (size.disk), shown;
    /// The state of the backup.
    backup_state as backup_state: BackupState = BackupState::None, (status backup with_backup), shown;
    /// The backup's snapshot and registry are both known.
    has_backup_ref as has_backup_ref: bool = false, (status has_backup_ref with_backup_ref), server;
    /// A runner is assigned.
    has_runner as has_runner: bool = true, (status has_runner with_runner), server;
    /// What went wrong, where the record holds an error reason.
    fault as fault: Option<Fault> = None, (status fault with_fault), server;
    /// The recover command can bring it back.
    recoverable as recoverable: bool = false, (status recoverable with_recoverable), shown;
    /// The stop under way uses force (SIGKILL instead of SIGTERM).
    force_stop as force_stop: bool = false, (status force_stop with_force_stop), server;
    /// The number of the row's last write, which every step expects and raises: after the largest number comes 0. A touch
    /// does not raise it.
    revision as revision: u32 = 0, (revision), server;
    /// The number of the current piece of work: calls carry it, reports echo it, each new piece raises it.
    epoch as epoch: u32 = 0, (epoch), server;
    /// The runner must be asked for its copy: the row holds an error that nobody has looked into, or a runner reported
    /// something that nobody waited for.
    must_ask as must_ask: bool = false, (status must_ask with_must_ask), server;
    /// The backup store must be asked whether it has the last attempt: the attempt ended without a report.
    must_ask_store as must_ask_store: bool = false, (status must_ask_store with_must_ask_store), server;
    /// The call that is under way while the state is error.
    repair as repair: Option<Repair> = None, (status repair with_repair), server;
    /// The number of the last backup attempt. Requests carry it, reports echo it.
    backup_attempt as backup_attempt: u32 = 0, (backup_attempt), server;
    /// The disk may have changed since the last backup attempt began, so that its backup is not current.
    changed_since_backup as changed_since_backup: bool = false,
        (status changed_since_backup with_changed_since_backup), server;
    /// A completed backup that is older than the disk is kept as the last resort. Only a recovery uses it.
    kept_backup as kept_backup: bool = false, (status kept_backup with_kept_backup), server;
    /// It is a fork's child, which is never created from an image.
    is_fork_child as is_fork_child: bool = false, (status is_fork_child with_fork_child), server;
    /// How many attempts to archive it have failed, at most 7. A sandbox whose archive was given up keeps 7 until it is
    /// used again, and auto-archive does not act on it.
    archive_attempts as archive_attempts: u8 = 0, (status archive_attempts with_archive_attempts), server;
    /// How often the current restore was placed, at most 7.
    restore_attempts as restore_attempts: u8 = 0, (status restore_attempts with_restore_attempts), server;
    /// When it was last recovered from its backup.
    last_recovery as last_recovery: Option<DateTime<Utc>> = None, (last_recovery), server;
    /// After how many idle minutes a running sandbox is stopped.
    auto_stop as auto_stop_interval: AutoStop = AutoStop::default(), (auto_stop), shown;
    /// After how many idle minutes a running VM is paused.
    auto_pause as auto_pause_interval: AutoPause = AutoPause::default(), (auto_pause), shown;
    /// After how many idle minutes a stopped sandbox is archived.
    auto_archive as auto_archive_interval: AutoArchive = AutoArchive::default(), (auto_archive), shown;
    /// After how many idle minutes a stopped sandbox is deleted.
    auto_delete as auto_delete_interval: AutoDelete = AutoDelete::default(), (auto_delete), shown;
    /// When its time to live ends.
    auto_destroy_at as auto_destroy_at: Option<DateTime<Utc>> = None, (destroy_at), shown;
    /// How many minutes it may wait for a runner.
    queue_timeout as queue_timeout: Option<QueueTimeout> = None, (queue_timeout), shown;
    /// When it was created.
    created_at as created_at: DateTime<Utc> = DateTime::UNIX_EPOCH, (created), shown;
    /// When it was last used or changed its state.
    last_activity_at as last_activity_at: DateTime<Utc> = DateTime::UNIX_EPOCH, (last_activity), shown;
    /// When its state last changed.
    state_since as state_since: DateTime<Utc> = DateTime::UNIX_EPOCH, (since), server;
    /// When the backup under way was requested or began.
    backup_since as backup_since: Option<DateTime<Utc>> = None, (backup_since), server;
}
