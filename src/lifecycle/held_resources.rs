//! What a sandbox holds of its runner: what a quota counts and a bill charges.

use super::value::Lifecycle;
use crate::vocabulary::{DesiredState, SandboxState, Size, object_form};
use core::fmt;
use serde::Serialize;

object_form! {
    /// The resources that a sandbox holds: compute (CPU, memory, GPU) and disk.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
    form: #[serde(rename_all = "camelCase")]
    pub struct HeldResources {
        /// It holds CPU, memory and GPUs.
        pub compute: bool,
        /// It holds disk.
        pub disk: bool,
    }
}

/// `compute and disk`, `disk` or `nothing`.
impl fmt::Display for HeldResources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match (self.compute, self.disk) {
            (true, true) => "compute and disk",
            (true, false) => "compute",
            (false, true) => "disk",
            (false, false) => "nothing",
        })
    }
}

impl HeldResources {
    /// Returns what a sandbox holds in a state. An error holds nothing; a recovery under way shows as starting or stopping.
    pub const fn in_state(state: SandboxState, desired: DesiredState) -> Self {
        let (compute, disk) = match state {
            SandboxState::Creating | SandboxState::Restoring | SandboxState::Started | SandboxState::Starting => {
                (true, true)
            }
            SandboxState::Stopping | SandboxState::PendingBuild | SandboxState::BuildingSnapshot => (true, true),
            SandboxState::Unknown | SandboxState::PullingSnapshot | SandboxState::Forking => (true, true),
            SandboxState::Pausing | SandboxState::Resuming => (true, true),
            SandboxState::Resizing | SandboxState::Snapshotting => (matches!(desired, DesiredState::Started), true),
            SandboxState::Stopped | SandboxState::Paused | SandboxState::Archiving => (false, true),
            SandboxState::Archived | SandboxState::Destroyed | SandboxState::Destroying => (false, false),
            SandboxState::Error | SandboxState::BuildFailed => (false, false),
        };
        Self { compute, disk }
    }

    /// Returns what a sandbox holds in a state, if that is the same for every desired state.
    pub(crate) fn in_any_case(state: SandboxState) -> Option<Self> {
        let [started, stopped] =
            [DesiredState::Started, DesiredState::Stopped].map(|desired| Self::in_state(state, desired));
        (started == stopped).then_some(started)
    }

    /// Returns these quantities of a size: zero where nothing is held, so that they can be summed.
    pub const fn of(self, size: Size) -> Size {
        Size {
            cpu: if self.compute { size.cpu } else { 0 },
            memory: if self.compute { size.memory } else { 0 },
            disk: if self.disk { size.disk } else { 0 },
        }
    }
}

impl Lifecycle {
    /// Returns what this sandbox holds now.
    pub const fn held_resources(&self) -> HeldResources {
        if matches!(self.status.state(), SandboxState::Error) && self.status.repair().is_some() {
            return HeldResources { compute: true, disk: true };
        }
        HeldResources::in_state(self.status.state(), self.status.desired())
    }

    /// Returns the quantities that it holds now: zero where it holds nothing, so that they can be summed.
    pub const fn held_size(&self) -> Size {
        self.held_resources().of(self.size)
    }

    /// Returns how many GPUs it holds now.
    pub const fn held_gpus(&self) -> u8 {
        if self.held_resources().compute { self.gpus } else { 0 }
    }
}
