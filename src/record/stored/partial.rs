//! What a client sees of a lifecycle in a record: the columns, and which of them the record leaves out.

use super::columns::{LifecycleView, ReadLifecycle};
use crate::lifecycle::{Missing, PartialLifecycle};
use crate::record::api::{SandboxDto, SandboxListItem};
use crate::record::form::{Maybe, Number};
use crate::rules::KnownContext;
use crate::vocabulary::{FieldErrors, names};

/// A field that a record may leave out.
trait MayBeMissing {
    fn is_missing(&self) -> bool;
}

impl<T> MayBeMissing for Maybe<T> {
    /// A null says no more than a field that is absent: servers write it where they hide a value.
    fn is_missing(&self) -> bool {
        self.value().is_none()
    }
}

impl MayBeMissing for Number {
    fn is_missing(&self) -> bool {
        false
    }
}

macro_rules! partial {
    ($($record:ident)+) => {$(
        impl<X> TryFrom<&$record<X>> for PartialLifecycle {
            type Error = FieldErrors;
            /// Takes what the record shows. A runner that is not shown may still be assigned, and a value that this crate does
            /// not understand is as one that is not shown.
            ///
            /// # Errors
            /// Every faulty field, if `state` or `desiredState` is missing or not known.
            fn try_from(record: &$record<X>) -> Result<Self, FieldErrors> {
                let read = ReadLifecycle::try_from(record)?;
                let faulty = |field: &str| read.not_understood.iter().any(|fault| fault.field == field);
                let missing = Missing {
                    class: record.sandbox_class.is_missing() || faulty(names::sandbox_class),
                    gpu: record.gpu.is_missing() || faulty(names::gpu),
                    size: record.cpu.is_missing()
                        || record.memory.is_missing()
                        || record.disk.is_missing()
                        || [names::cpu, names::memory, names::disk].into_iter().any(faulty),
                    backup_state: record.backup_state.is_missing() || faulty(names::backup_state),
                    recoverable: record.recoverable.is_missing() || faulty(names::recoverable),
                    auto_stop: record.auto_stop_interval.is_missing() || faulty(names::auto_stop_interval),
                    auto_pause: record.auto_pause_interval.is_missing() || faulty(names::auto_pause_interval),
                    auto_delete: record.auto_delete_interval.is_missing() || faulty(names::auto_delete_interval),
                    runner: record.runner_id.is_missing(),
                };
                Ok(Self::new(read.lifecycle, missing))
            }
        }
    )+};
}
partial! { SandboxDto SandboxListItem LifecycleView }

impl<X> From<&SandboxDto<X>> for KnownContext {
    /// Takes the link, where the record shows one. A record without one may leave it out.
    fn from(record: &SandboxDto<X>) -> Self {
        Self { linked: record.linked_sandbox_id.value().map(|_| true), ..Self::default() }
    }
}
