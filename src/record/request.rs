//! What callers and runners send about a sandbox that is there, and the command, edit or report it becomes.

use super::{
    Dropped, Extras, Maybe, Number, RecordEdit, TextMap, edit::NetworkSettings, network::DomainAllowList,
    network::NetworkAllowList, object::object,
};
use crate::{
    rules::{Command, Report},
    vocabulary::{Fault, FieldError, FieldErrors, Open, SandboxState, SizeChange, names},
};
use alloc::{string::String, vec::Vec};
use core::num::NonZeroU32;

object! {
    /// The body of a resize. It becomes a [`Command`].
    ///
    /// ```
    /// use sandbox_lifecycle::{Command, record::ResizeSandbox};
    /// let request: ResizeSandbox = serde_json::from_str(r#"{"cpu":0,"disk":0.5}"#)?;
    /// assert_eq!(
    ///     Command::try_from(&request).unwrap_err().to_string(),
    ///     "cpu is 0, expected a whole number from 1 to 4294967295; \
    ///      disk is 0.5, expected a whole number from 1 to 4294967295"
    /// );
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct ResizeSandbox is "a resize request" {
        /// CPU cores, at least 1.
        cpu: Maybe<Number>,
        /// Memory in GB, at least 1.
        memory: Maybe<Number>,
        /// Disk in GB, at least 1; it only grows.
        disk: Maybe<Number>,
    }
}

object! {
    /// What a runner says of a sandbox without being asked. It becomes a [`Report`].
    pub struct UpdateSandboxState is "a state report" {
        /// The state of its copy.
        state: Open<SandboxState>,
        /// What went wrong, in words.
        error_reason: Maybe<String>,
        /// The sandbox can be recovered.
        recoverable: Maybe<bool>,
    }
}

object! {
    /// The body of a snapshot. It becomes a [`Command`]; the name travels beside it.
    pub struct CreateSandboxSnapshot is "a snapshot request" {
        /// The name of the new snapshot. The rule for names is not published, so it is carried as it is.
        name: String,
        /// Keep the memory too: VM classes. Absent is false.
        include_memory: Maybe<bool>,
    }
}

object! {
    /// The body of a fork. It becomes a [`Command`]; the name travels beside it.
    pub struct ForkSandbox is "a fork request" {
        /// The name of the new sandbox; absent is a name that the server makes.
        name: Maybe<String>,
    }
}

object! {
    /// The body of a change of network settings. It becomes a [`RecordEdit`].
    pub struct UpdateSandboxNetworkSettings is "network settings" {
        /// No traffic leaves the sandbox.
        network_block_all: Maybe<bool>,
        /// The networks it may reach; null takes the list away.
        network_allow_list: Maybe<String>,
        /// The domains it may reach; null takes the list away.
        domain_allow_list: Maybe<String>,
    }
}

object! {
    /// The body of a change of labels. It becomes a [`RecordEdit`].
    pub struct SandboxLabels is "labels" {
        /// All labels; those that are not named are taken away.
        labels: TextMap,
    }
}

impl<X> TryFrom<&ResizeSandbox<X>> for Command {
    type Error = FieldErrors;
    /// Refused for every quantity that is named and is no whole number from 1. What is not named stays as it is; a
    /// request that names nothing is a command, which [`decide`](crate::Lifecycle::decide) refuses.
    fn try_from(request: &ResizeSandbox<X>) -> Result<Self, FieldErrors> {
        let mut faults = Vec::new();
        let change = SizeChange {
            cpu: at_least_one(names::cpu, request.cpu, &mut faults),
            memory: at_least_one(names::memory, request.memory, &mut faults),
            disk: at_least_one(names::disk, request.disk, &mut faults),
        };
        FieldErrors::unless(faults, Self::Resize(change))
    }
}

/// A quantity that is named is at least 1.
pub(super) fn at_least_one(
    field: &'static str,
    asked: Maybe<Number>,
    faults: &mut Vec<FieldError>,
) -> Option<NonZeroU32> {
    let number = asked.into_value()?;
    let count = number.whole().and_then(|whole| u32::try_from(whole).ok()).and_then(NonZeroU32::new);
    if count.is_none() {
        faults.push(FieldError::new(field, number, format_args!("a whole number from 1 to {}", u32::MAX)));
    }
    count
}

impl<X> TryFrom<&UpdateSandboxState<X>> for Report {
    type Error = FieldErrors;
    /// Refused for a state that this crate does not know; whether the sandbox may be in it,
    /// [`decide`](crate::Lifecycle::decide) says. The reason's text stays in the request, for [`Texts::reason`](super::Texts::reason). The body has no epoch.
    fn try_from(report: &UpdateSandboxState<X>) -> Result<Self, FieldErrors> {
        let state = report.state.closed().map_err(|unknown| FieldError::of_word(names::state, &unknown))?;
        let fault = report.error_reason.value().map(|reason| Fault::recognize(reason));
        Ok(Self::State { state, fault, recoverable: report.recoverable.into_value().unwrap_or_default(), epoch: None })
    }
}

impl<X> From<&CreateSandboxSnapshot<X>> for Command {
    fn from(request: &CreateSandboxSnapshot<X>) -> Self {
        Self::Snapshot { include_memory: request.include_memory.into_value().unwrap_or_default() }
    }
}

impl<X> From<&ForkSandbox<X>> for Command {
    fn from(_: &ForkSandbox<X>) -> Self {
        Self::Fork
    }
}

impl<X> From<SandboxLabels<X>> for RecordEdit {
    fn from(request: SandboxLabels<X>) -> Self {
        Self::Labels(request.labels)
    }
}

impl<X> TryFrom<&UpdateSandboxNetworkSettings<X>> for RecordEdit {
    type Error = FieldErrors;
    /// Refused for every list that holds something else than its kind of entry.
    fn try_from(request: &UpdateSandboxNetworkSettings<X>) -> Result<Self, FieldErrors> {
        let mut faults = Vec::new();
        let settings = NetworkSettings {
            block_all: request.network_block_all.into_value(),
            networks: listed(&request.network_allow_list, NetworkAllowList::read, &mut faults),
            domains: listed(&request.domain_allow_list, DomainAllowList::read, &mut faults),
        };
        FieldErrors::unless(faults, Self::Network(settings))
    }
}

/// An allow list as it was asked for; a faulty one is noted, and stands as absent.
pub(super) fn listed<T>(
    asked: &Maybe<String>,
    read: fn(&str) -> Result<T, FieldError>,
    faults: &mut Vec<FieldError>,
) -> Maybe<T> {
    match asked {
        Maybe::Absent => Maybe::Absent,
        Maybe::Null => Maybe::Null,
        Maybe::Value(text) => read(text).map_err(|fault| faults.push(fault)).ok().into(),
    }
}
