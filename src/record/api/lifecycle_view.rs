//! The view of a record that holds only what rules read.

use crate::{
    record::form::{Maybe, Number, Sealed, Timestamp, Wire, defaults, object, reads},
    vocabulary::{BackupState, DesiredState, Fault, GpuType, Open, SandboxClass, SandboxState, names, read_text},
};
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
    /// assert_eq!((lifecycle.state(), lifecycle.pending()), (SandboxState::Stopping, true));
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

/// Declares what is kept of a text that rules do not read whole, and the text that is written instead.
macro_rules! reduced_texts {
    ($($(#[$doc:meta])* $kept:ident($value:ty) reads $read:expr, writes $written:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $kept(pub $value);

        impl Sealed for $kept {}
        impl Wire for $kept {
            fn blank() -> Self {
                Self($read(""))
            }
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read_text(deserializer, "a string", |text| Ok(Self($read(text))))
            }
        }
        impl Serialize for $kept {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($written(self.0))
            }
        }
        reads! { $kept as $value: |kept| kept.0; }
    )+};
}
reduced_texts! {
    /// The fault that an error reason describes. The text is not kept; the crate's own text is written instead.
    RecognizedFault(Fault) reads Fault::recognize, writes Fault::text;
    /// Whether a runner is assigned. Its identifier is not kept; an empty text is written instead.
    AssignedRunner(bool) reads |_: &str| true, writes |_| "";
}

defaults! { LifecycleView }
