//! Requests of callers and reports of runners about an existing sandbox, and the input or edit that each becomes.

use crate::record::form::{Maybe, Number, ReadAs, TextMap, constructors, defaults, object, parse};
use crate::record::stored::{NetworkSettings, RecordEdit};
use crate::rules::{Command, Report};
use crate::vocabulary::{FieldErrors, Open, SandboxState, SizeChange, names};
use alloc::string::String;

object! {
    /// The body of a resize request. It becomes a [`Command`].
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
        /// Disk in GB, at least 1. A disk can only grow.
        disk: Maybe<Number>,
    }
}

object! {
    /// A runner's unsolicited report of a state. It becomes a [`Report`].
    pub struct UpdateSandboxState is "a state report" {
        /// The state of the runner's copy.
        state: Open<SandboxState>,
        /// The error reason.
        error_reason: Maybe<String>,
        /// Whether the sandbox can be recovered.
        recoverable: Maybe<bool>,
    }
}

object! {
    /// The body of a snapshot request. It becomes a [`Command`], which does not hold the name.
    pub struct CreateSandboxSnapshot is "a snapshot request" {
        /// The name of the new snapshot. The API publishes no rule for names, so every text is accepted.
        name: String,
        /// Whether the snapshot includes the memory; VM classes only. Absent means false.
        include_memory: Maybe<bool>,
    }
}

object! {
    /// The body of a fork request. It becomes a [`Command`], which does not hold the name.
    pub struct ForkSandbox is "a fork request" {
        /// The name of the new sandbox. If it is absent, the server chooses a name.
        name: Maybe<String>,
    }
}

object! {
    /// The body of a request for new network settings. It becomes a [`RecordEdit`].
    pub struct UpdateSandboxNetworkSettings is "network settings" {
        /// Whether all outgoing traffic is blocked.
        network_block_all: Maybe<bool>,
        /// The networks that the sandbox may reach; null removes the list.
        network_allow_list: Maybe<String>,
        /// The domains that the sandbox may reach; null removes the list.
        domain_allow_list: Maybe<String>,
    }
}

object! {
    /// The body of a request for new labels. It becomes a [`RecordEdit`].
    pub struct SandboxLabels is "labels" {
        /// All labels. Labels that are not in this list are removed.
        labels: TextMap,
    }
}

constructors! {
    UpdateSandboxState(state: impl Into<Open<SandboxState>>)
    CreateSandboxSnapshot(name: impl Into<String>)
    SandboxLabels(labels: impl Into<TextMap>)
}
defaults! { ResizeSandbox ForkSandbox UpdateSandboxNetworkSettings }

impl<X> TryFrom<&ResizeSandbox<X>> for Command {
    type Error = FieldErrors;
    /// Refuses every quantity that is not a whole number from 1. A quantity that is absent or null does not change. A
    /// request without any quantity is a valid command, and [`decide`](crate::Lifecycle::decide) refuses it.
    fn try_from(request: &ResizeSandbox<X>) -> Result<Self, FieldErrors> {
        let change = FieldErrors::collect(|errors| SizeChange {
            cpu: request.cpu.read_as(names::cpu, errors),
            memory: request.memory.read_as(names::memory, errors),
            disk: request.disk.read_as(names::disk, errors),
        });
        change.map(Self::Resize)
    }
}

impl<X> TryFrom<&UpdateSandboxState<X>> for Report {
    type Error = FieldErrors;
    /// Refuses a state that this crate does not know. The text of the error reason stays in the request: pass it to
    /// [`StepDetails::reason`](crate::record::StepDetails::reason). The body has no epoch.
    fn try_from(report: &UpdateSandboxState<X>) -> Result<Self, FieldErrors> {
        FieldErrors::collect(|errors| Self::State {
            state: report.state.read_as(names::state, errors).unwrap_or(SandboxState::Unknown),
            fault: report.error_reason.read_as(names::error_reason, errors),
            recoverable: report.recoverable.into_value().unwrap_or_default(),
            epoch: None,
        })
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
    /// Refuses a list with an entry that is not allowed.
    fn try_from(request: &UpdateSandboxNetworkSettings<X>) -> Result<Self, FieldErrors> {
        let settings = FieldErrors::collect(|errors| NetworkSettings {
            block_all: request.network_block_all.into_value(),
            networks: parse(&request.network_allow_list, errors),
            domains: parse(&request.domain_allow_list, errors),
        });
        settings.map(Self::Network)
    }
}
