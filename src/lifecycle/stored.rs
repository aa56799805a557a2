//! Reading a stored row: columns that a row may lack, and errors that say which column holds which value.

use super::{Columns, check::owes_work};
use crate::vocabulary::{
    AutoArchive, AutoDelete, AutoPause, AutoStop, BackupState, DesiredState, Fault, GpuType, Micros, QueueTimeout,
    SandboxClass, SandboxState, Size, field_reader::named,
};
use alloc::string::String;
use core::fmt;
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};

/// Declares what can stand in a stored row: the name of each column and its type.
macro_rules! columns {
    ($($key:literal => $column:ident: $type:ty,)+) => {
        /// The columns that were found.
        #[derive(Default)]
        struct Found {
            $($column: Option<$type>,)+
        }

        impl Found {
            fn take<'de, A: MapAccess<'de>>(&mut self, key: &str, row: &mut A) -> Result<(), A::Error> {
                match key {
                    $($key if self.$column.is_some() => return Err(A::Error::duplicate_field($key)),)+
                    $($key => self.$column = Some(row.next_value().map_err(|error| named($key, &error))?),)+
                    _newer_than_this_crate => {
                        row.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(())
            }
        }
    };
}
columns! {
    "state" => state: SandboxState,
    "desiredState" => desired_state: DesiredState,
    "pending" => pending: Option<bool>,
    "sandboxClass" => class: SandboxClass,
    "gpu" => gpu: u8,
    "gpuType" => gpu_type: Option<GpuType>,
    "cpu" => cpu: u32,
    "memory" => memory: u32,
    "disk" => disk: u32,
    "backupState" => backup_state: BackupState,
    "hasBackupRef" => has_backup_ref: bool,
    "hasRunner" => has_runner: bool,
    "fault" => fault: Option<Fault>,
    "recoverable" => recoverable: bool,
    "forceStop" => force_stop: bool,
    "epoch" => epoch: u32,
    "autoStopInterval" => auto_stop: AutoStop,
    "autoPauseInterval" => auto_pause: AutoPause,
    "autoArchiveInterval" => auto_archive: AutoArchive,
    "autoDeleteInterval" => auto_delete: AutoDelete,
    "autoDestroyAt" => auto_destroy_at: Option<Micros>,
    "queueTimeout" => queue_timeout: Option<QueueTimeout>,
    "createdAt" => created_at: Option<Micros>,
    "lastActivityAt" => last_activity_at: Option<Micros>,
    "stateSince" => state_since: Option<Micros>,
    "backupSince" => backup_since: Option<Micros>,
}

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RowVisitor)
    }
}

struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Columns;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stored lifecycle")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut row: A) -> Result<Columns, A::Error> {
        let mut found = Found::default();
        while let Some(key) = row.next_key::<String>()? {
            found.take(&key, &mut row)?;
        }
        let state = found.state.ok_or_else(|| A::Error::missing_field("state"))?;
        let desired_state = found.desired_state.ok_or_else(|| A::Error::missing_field("desiredState"))?;
        let size = Size::default();
        let created_at = found.created_at.flatten().unwrap_or(Micros::EPOCH);
        let last_activity_at = found.last_activity_at.flatten().unwrap_or(created_at);
        Ok(Columns {
            state,
            desired_state,
            pending: found.pending.flatten().unwrap_or_else(|| owes_work(state, desired_state)),
            class: found.class.unwrap_or_default(),
            gpu: found.gpu.unwrap_or_default(),
            gpu_type: found.gpu_type.flatten(),
            size: Size {
                cpu: found.cpu.unwrap_or(size.cpu),
                memory: found.memory.unwrap_or(size.memory),
                disk: found.disk.unwrap_or(size.disk),
            },
            backup_state: found.backup_state.unwrap_or_default(),
            has_backup_ref: found.has_backup_ref.unwrap_or_default(),
            has_runner: found.has_runner.unwrap_or_default(),
            fault: found.fault.flatten(),
            recoverable: found.recoverable.unwrap_or_default(),
            force_stop: found.force_stop.unwrap_or_default(),
            epoch: found.epoch.unwrap_or_default(),
            auto_stop: found.auto_stop.unwrap_or_default(),
            auto_pause: found.auto_pause.unwrap_or_default(),
            auto_archive: found.auto_archive.unwrap_or_default(),
            auto_delete: found.auto_delete.unwrap_or_default(),
            auto_destroy_at: found.auto_destroy_at.flatten(),
            queue_timeout: found.queue_timeout.flatten(),
            created_at,
            last_activity_at,
            state_since: found.state_since.flatten().unwrap_or(last_activity_at),
            backup_since: found.backup_since.flatten(),
        })
    }
}
