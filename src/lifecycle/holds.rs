//! What a sandbox holds of its runner: what a quota counts and a bill charges (section 10).

use super::Lifecycle;
use crate::vocabulary::{DesiredState, SandboxState, Size};

/// What is held: compute (cpu, memory, gpu) and disk, apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HeldResources {
    /// cpu, memory and GPUs are held.
    pub compute: bool,
    /// Disk is held.
    pub disk: bool,
}

impl Lifecycle {
    /// What this sandbox holds now.
    #[must_use]
    pub const fn held_resources(&self) -> HeldResources {
        let (compute, disk) = match self.status().state {
            SandboxState::Creating | SandboxState::Restoring | SandboxState::Started | SandboxState::Starting => {
                (true, true)
            }
            SandboxState::Stopping | SandboxState::PendingBuild | SandboxState::BuildingSnapshot => (true, true),
            SandboxState::Unknown | SandboxState::PullingSnapshot | SandboxState::Forking => (true, true),
            SandboxState::Pausing | SandboxState::Resuming => (true, true),
            SandboxState::Resizing | SandboxState::Snapshotting => {
                (matches!(self.status().desired, DesiredState::Started), true)
            }
            SandboxState::Stopped | SandboxState::Paused | SandboxState::Archiving => (false, true),
            SandboxState::Archived | SandboxState::Destroyed | SandboxState::Destroying => (false, false),
            SandboxState::Error | SandboxState::BuildFailed => (false, false),
        };
        HeldResources { compute, disk }
    }

    /// The quantities it holds now: zero where nothing is held, so that sums are right as they are.
    #[must_use]
    pub const fn held_size(&self) -> Size {
        let HeldResources { compute, disk } = self.held_resources();
        Size {
            cpu: if compute { self.size.cpu } else { 0 },
            memory: if compute { self.size.memory } else { 0 },
            disk: if disk { self.size.disk } else { 0 },
        }
    }

    /// The GPUs it holds now.
    #[must_use]
    pub const fn held_gpus(&self) -> u8 {
        if self.held_resources().compute { self.gpus } else { 0 }
    }
}
