//! A stored row, as the host shows it to the laws.

use super::names::{RunnerId, SandboxId};
use crate::{
    lifecycle::Lifecycle,
    record::{BackupRef, Sandbox},
    vocabulary::{DesiredState, SandboxState},
};
use alloc::string::ToString;
use core::fmt;

/// A stored row with what its record adds: the identities and the backup reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// The columns that rules read.
    pub lifecycle: Lifecycle,
    /// The runner that it is assigned to.
    pub runner: Option<RunnerId>,
    /// The runner that it left last.
    pub previous_runner: Option<RunnerId>,
    /// The attempt of its backup reference.
    pub backup: Option<u32>,
    /// The parent of a fork's child.
    pub parent: Option<SandboxId>,
}

impl Row {
    /// Returns the row of a record whose ids are those of the simulation, and whose backup references are those of
    /// [`Row::reference`].
    pub fn of(sandbox: &Sandbox) -> Self {
        let runner = |name: Option<&str>| name.and_then(|name| name.parse().ok());
        Self {
            lifecycle: *sandbox.lifecycle(),
            runner: runner(sandbox.runner_id()),
            previous_runner: runner(sandbox.previous_runner_id()),
            backup: sandbox.backup().and_then(|backup| backup.snapshot.parse().ok()),
            parent: sandbox.parent_id().and_then(|name| name.parse().ok()),
        }
    }

    /// Returns the reference under which the backup store of the simulation has this attempt.
    pub fn reference(attempt: u32) -> BackupRef {
        BackupRef { snapshot: attempt.to_string(), registry: "store".into() }
    }

    /// Whether this is a live child of a fork of this parent.
    pub(super) fn is_child_of(&self, parent: SandboxId) -> bool {
        let lives = self.lifecycle.state() != SandboxState::Destroyed && !self.is_to_be_destroyed();
        lives && self.parent == Some(parent)
    }

    pub(super) fn is_to_be_destroyed(&self) -> bool {
        self.lifecycle.desired_state() == DesiredState::Destroyed
    }
}

/// `started, desired stopped, revision 9, epoch 4, on r1`.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = &self.lifecycle;
        let (state, desired) = (row.state(), row.desired_state());
        write!(f, "{state}, desired {desired}, revision {}, epoch {}", row.revision(), row.epoch())?;
        if let Some(fault) = row.fault() {
            write!(f, ", fault {fault}")?;
        }
        match self.runner {
            Some(runner) => write!(f, ", on {runner}"),
            None => f.write_str(", on no runner"),
        }
    }
}
