//! The view of a record that holds only what rules read.

use crate::{
    record::form::{
        field::ReadAs,
        maybe::Maybe,
        number::Number,
        object::{defaults, object},
        timestamp::Timestamp,
        wire::{TextVisitor, Wire, sealed::Sealed},
    },
    vocabulary::{BackupState, DesiredState, Fault, FieldError, GpuType, Open, SandboxClass, SandboxState, names},
};
use alloc::vec::Vec;
use serde::{Deserializer, Serialize, Serializer};

object! {
    /// The fields of an API record that rules read. Reading ignores all other fields, so that deciding about many
    /// records is cheap.
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
        /// The number of GPUs.
        gpu: Maybe<Number>,
        /// The GPU model.
        gpu_type: Maybe<Open<GpuType>>,
        /// Memory in GB.
        memory: Maybe<Number>,
        /// Disk in GB.
        disk: Maybe<Number>,
        /// The reported state.
        state: Maybe<Open<SandboxState>>,
        /// The desired state.
        desired_state: Maybe<Open<DesiredState>>,
        /// The fault that the error reason describes.
        error_reason: Maybe<RecognizedFault>,
        /// Whether the recover command is accepted.
        recoverable: Maybe<bool>,
        /// The backup state.
        backup_state: Maybe<Open<BackupState>>,
        /// Idle minutes before the sandbox is stopped.
        auto_stop_interval: Maybe<Number>,
        /// Idle minutes before the sandbox is paused.
        auto_pause_interval: Maybe<Number>,
        /// Idle minutes before a stopped sandbox is archived.
        auto_archive_interval: Maybe<Number>,
        /// Idle minutes before a stopped sandbox is deleted.
        auto_delete_interval: Maybe<Number>,
        /// When the time to live ends.
        auto_destroy_at: Maybe<Timestamp>,
        /// Minutes that the sandbox may wait for a runner.
        queue_timeout: Maybe<Number>,
        /// When the sandbox was created.
        created_at: Maybe<Timestamp>,
        /// When the record was last written.
        updated_at: Maybe<Timestamp>,
        /// When the sandbox was last used or changed its state.
        last_activity_at: Maybe<Timestamp>,
        /// The class.
        sandbox_class: Maybe<Open<SandboxClass>>,
        /// Whether a runner is assigned.
        runner_id: Maybe<AssignedRunner>,
    }
}

/// The fault that an error reason describes. The text itself is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecognizedFault(pub Fault);

impl Sealed for RecognizedFault {}
impl Wire for RecognizedFault {
    fn blank() -> Self {
        Self(Fault::Other)
    }
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(|text| Self(Fault::recognize(text))))
    }
}
impl Serialize for RecognizedFault {
    /// Writes this crate's own text for the fault, because the original text is not kept.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.text())
    }
}

/// A runner is assigned. Its identifier is not kept, because no rule reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssignedRunner;

impl Sealed for AssignedRunner {}
impl Wire for AssignedRunner {
    fn blank() -> Self {
        Self
    }
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(|_| Self))
    }
}
impl Serialize for AssignedRunner {
    /// Writes an empty text, because the identifier is not kept.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("")
    }
}

impl ReadAs<Fault> for RecognizedFault {
    fn read_as(&self, _: &'static str, _: &mut Vec<FieldError>) -> Option<Fault> {
        Some(self.0)
    }
}
impl ReadAs<bool> for AssignedRunner {
    fn read_as(&self, _: &'static str, _: &mut Vec<FieldError>) -> Option<bool> {
        Some(true)
    }
}

defaults! { LifecycleView }
