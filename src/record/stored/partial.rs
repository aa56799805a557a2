//! What a client sees of a lifecycle in a record: the columns, and which of them the record leaves out.

use super::columns::{LifecycleView, ReadLifecycle, ShowsColumns};
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
            /// Takes what the record shows. A runner that is not shown may still be assigned, and a value that is not
            /// understood, such as a newer class, counts as not shown.
            ///
            /// # Errors
            /// As for a [`ReadLifecycle`]: every faulty field if `state` or `desiredState` is missing or not known.
            fn try_from(record: &$record<X>) -> Result<Self, FieldErrors> {
                let ReadLifecycle { lifecycle, not_understood } = record.to_read_lifecycle()?;
                let lacks = |field: &dyn MayBeMissing, name: &str| {
                    field.is_missing() || not_understood.iter().any(|fault| fault.field == name)
                };
                let missing = Missing {
                    class: lacks(&record.sandbox_class, names::sandbox_class),
                    gpu: lacks(&record.gpu, names::gpu),
                    size: lacks(&record.cpu, names::cpu)
                        || lacks(&record.memory, names::memory)
                        || lacks(&record.disk, names::disk),
                    backup_state: lacks(&record.backup_state, names::backup_state),
                    recoverable: lacks(&record.recoverable, names::recoverable),
                    auto_stop: lacks(&record.auto_stop_interval, names::auto_stop_interval),
                    auto_pause: lacks(&record.auto_pause_interval, names::auto_pause_interval),
                    auto_delete: lacks(&record.auto_delete_interval, names::auto_delete_interval),
                    runner: lacks(&record.runner_id, names::runner_id),
                };
                Ok(Self::new(lifecycle, missing))
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
