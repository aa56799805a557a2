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

impl Lifecycle {
    /// Returns what this sandbox holds now.
    pub const fn held_resources(&self) -> HeldResources {
        let (compute, disk) = match self.status.state() {
            SandboxState::Creating | SandboxState::Restoring | SandboxState::Started | SandboxState::Starting => {
                (true, true)
            }
            SandboxState::Stopping | SandboxState::PendingBuild | SandboxState::BuildingSnapshot => (true, true),
            SandboxState::Unknown | SandboxState::PullingSnapshot | SandboxState::Forking => (true, true),
            SandboxState::Pausing | SandboxState::Resuming => (true, true),
            SandboxState::Resizing | SandboxState::Snapshotting => {
                (matches!(self.status.desired(), DesiredState::Started), true)
            }
            SandboxState::Stopped | SandboxState::Paused | SandboxState::Archiving => (false, true),
            SandboxState::Archived | SandboxState::Destroyed | SandboxState::Destroying => (false, false),
            // A recovery under way shows as starting or stopping.
            SandboxState::Error => (self.status.repair().is_some(), self.status.repair().is_some()),
            SandboxState::BuildFailed => (false, false),
        };
        HeldResources { compute, disk }
    }

    /// Returns the quantities that it holds now: zero where it holds nothing, so that they can be summed.
    pub const fn held_size(&self) -> Size {
        let HeldResources { compute, disk } = self.held_resources();
        Size {
            cpu: if compute { self.size.cpu } else { 0 },
            memory: if compute { self.size.memory } else { 0 },
            disk: if disk { self.size.disk } else { 0 },
        }
    }

    /// Returns how many GPUs it holds now.
    pub const fn held_gpus(&self) -> u8 {
        if self.held_resources().compute { self.gpus } else { 0 }
    }
}
