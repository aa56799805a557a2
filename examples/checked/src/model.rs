//! The service's own words and its record. The kit's columns are translated here, at the border.

use sandbox_lifecycle::{
    Columns, DesiredState, SandboxClass, SandboxState,
    testing::kit::Declined,
    vocabulary::{BackupState, Fault},
};
use strum::VariantArray as _;

/// Where a sandbox is, in the words of this service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray)]
pub enum Phase {
    Accepted,
    Queued,
    Building,
    Fetching,
    Creating,
    Running,
    Halting,
    Halted,
    Starting,
    Suspending,
    Suspended,
    Waking,
    Resizing,
    Imaging,
    Copying,
    Storing,
    Stored,
    Restoring,
    Deleting,
    Deleted,
    Broken,
    BuildBroken,
}

/// Where a sandbox should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray)]
pub enum Goal {
    Run,
    Halt,
    Suspend,
    Store,
    Delete,
}

impl Phase {
    /// Returns the state that the kit knows.
    const fn state(self) -> SandboxState {
        match self {
            Self::Accepted => SandboxState::Unknown,
            Self::Queued => SandboxState::PendingBuild,
            Self::Building => SandboxState::BuildingSnapshot,
            Self::Fetching => SandboxState::PullingSnapshot,
            Self::Creating => SandboxState::Creating,
            Self::Running => SandboxState::Started,
            Self::Halting => SandboxState::Stopping,
            Self::Halted => SandboxState::Stopped,
            Self::Starting => SandboxState::Starting,
            Self::Suspending => SandboxState::Pausing,
            Self::Suspended => SandboxState::Paused,
            Self::Waking => SandboxState::Resuming,
            Self::Resizing => SandboxState::Resizing,
            Self::Imaging => SandboxState::Snapshotting,
            Self::Copying => SandboxState::Forking,
            Self::Storing => SandboxState::Archiving,
            Self::Stored => SandboxState::Archived,
            Self::Restoring => SandboxState::Restoring,
            Self::Deleting => SandboxState::Destroying,
            Self::Deleted => SandboxState::Destroyed,
            Self::Broken => SandboxState::Error,
            Self::BuildBroken => SandboxState::BuildFailed,
        }
    }
}

/// A stored sandbox.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    pub phase: Phase,
    pub goal: Goal,
    /// The other columns, which the service stores under the names of the crate.
    pub rest: Columns,
}

impl Record {
    /// Reads the columns of the kit.
    ///
    /// # Errors
    /// [`Declined`], for a word that this service does not have.
    pub fn read(row: &Columns) -> Result<Self, Declined> {
        let phase = Phase::VARIANTS.iter().find(|phase| phase.state() == row.state).copied();
        let goal = Goal::VARIANTS.iter().find(|goal| goal.desired_state() == row.desired_state).copied();
        match (phase, goal) {
            (Some(phase), Some(goal)) => Ok(Self { phase, goal, rest: *row }),
            (None, _) => Err(Declined::because("a state that the service does not have")),
            (_, None) => Err(Declined::because("a desired state that the service does not have")),
        }
    }

    /// Returns the record in the columns of the kit.
    pub fn columns(&self) -> Columns {
        Columns { state: self.phase.state(), desired_state: self.goal.desired_state(), ..self.rest }
    }

    /// Whether the sandbox is where it should be.
    pub fn is_settled(&self) -> bool {
        self.goal.is_reached_in() == self.phase
    }

    pub fn is_vm(&self) -> bool {
        matches!(self.rest.class, SandboxClass::LinuxVm | SandboxClass::Windows)
    }

    /// Whether the sandbox is deleted when it stops.
    pub fn is_ephemeral(&self) -> bool {
        self.rest.auto_delete.as_minutes() == 0
    }

    /// Whether the completed backup has the whole disk.
    pub fn has_current_backup(&self) -> bool {
        let Columns { backup_state, has_backup_ref, changed_since_backup, .. } = self.rest;
        backup_state == BackupState::Completed && has_backup_ref && !changed_since_backup
    }

    /// Whether there is any completed backup.
    pub fn has_any_backup(&self) -> bool {
        self.has_current_backup() || self.rest.kept_backup
    }

    pub fn awaits_backup(&self) -> bool {
        matches!(self.rest.backup_state, BackupState::Pending | BackupState::InProgress)
    }

    /// Whether a timeout left a sandbox that its backup can bring back.
    pub fn is_restorable(&self) -> bool {
        self.rest.fault == Some(Fault::Timeout) && self.has_current_backup()
    }
}

impl Goal {
    /// Returns the desired state that the kit knows.
    const fn desired_state(self) -> DesiredState {
        match self {
            Self::Run => DesiredState::Started,
            Self::Halt => DesiredState::Stopped,
            Self::Suspend => DesiredState::Paused,
            Self::Store => DesiredState::Archived,
            Self::Delete => DesiredState::Destroyed,
        }
    }

    /// Returns the phase in which the goal is reached.
    pub const fn is_reached_in(self) -> Phase {
        match self {
            Self::Run => Phase::Running,
            Self::Halt => Phase::Halted,
            Self::Suspend => Phase::Suspended,
            Self::Store => Phase::Stored,
            Self::Delete => Phase::Deleted,
        }
    }

    /// Whether a sandbox in this phase may have this goal.
    pub fn fits(self, phase: Phase) -> bool {
        use Phase::*;
        let phases: &[Phase] = match self {
            Self::Run => &[
                Running,
                Halted,
                Starting,
                Stored,
                Creating,
                Accepted,
                Restoring,
                Queued,
                Building,
                Fetching,
                Storing,
                Broken,
                BuildBroken,
                Resizing,
                Imaging,
                Copying,
                Suspended,
                Waking,
            ],
            Self::Halt => {
                &[Running, Halting, Halted, Broken, BuildBroken, Resizing, Imaging, Copying, Suspended, Suspending]
            }
            Self::Suspend => &[Running, Suspending, Suspended, Broken],
            Self::Store => &[Stored, Storing, Halted, Broken, BuildBroken],
            Self::Delete => {
                &[Deleted, Deleting, Halted, Running, Stored, Broken, BuildBroken, Storing, Queued, Suspended]
            }
        };
        phases.contains(&phase)
    }
}
