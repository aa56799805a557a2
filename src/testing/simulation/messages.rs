//! What reaches a host: requests of callers, and messages of runners, the backup maker and the backup store.

use super::names::{RunnerId, SandboxId};
use crate::{
    controller::Stored,
    decide::{CreateError, NewSandbox, Origin},
    lifecycle::{Columns, Lifecycle},
    policy::Policy,
    record::{OutboxKey, Sandbox, SandboxDto, ServerTexts},
    rules::{Command, Report},
    runner::{CopyAnswer, Listed},
    vocabulary::{SandboxClass, Size},
};
use alloc::{string::ToString, vec::Vec};
use chrono::{DateTime, Utc};

/// What a caller or the platform wants of the host.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Request {
    /// Create a sandbox.
    Create(Creation),
    /// Decide on a command. The host may refuse it.
    Command {
        /// The sandbox.
        sandbox: SandboxId,
        /// The command.
        command: Command,
    },
    /// Edit another field of the record, which raises its revision ([`Sandbox::edit`]).
    Edit {
        /// The sandbox.
        sandbox: SandboxId,
    },
    /// Hand over a sandbox of the warm pool: it is as new, and its intervals count from now.
    Claim {
        /// The sandbox.
        sandbox: SandboxId,
    },
    /// The platform needs the GPU of a spot sandbox ([`Timer::SpotEviction`](crate::Timer::SpotEviction)).
    Evict {
        /// The sandbox.
        sandbox: SandboxId,
    },
}

/// A new sandbox, as a caller or the warm pool wants it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Creation {
    /// The id that the new sandbox gets.
    pub sandbox: SandboxId,
    /// Its settings. The origin follows from the placement.
    pub wanted: NewSandbox,
    /// The sandbox that it is linked to. It is destroyed together with this owner.
    pub owner: Option<SandboxId>,
    /// Whether it waits unclaimed in the warm pool.
    pub pooled: bool,
    /// The revision with which the row begins. Revisions wrap, so some begin shortly before that. A host that chooses its own
    /// may ignore it.
    pub revision: u32,
    /// The epoch with which the row begins. Epochs wrap too.
    pub epoch: u32,
}

impl Creation {
    /// Creates the record. `runner` is the runner of the placement; without one the sandbox waits for its image.
    ///
    /// # Errors
    /// [`CreateError`], if the policy does not allow these settings.
    pub fn sandbox(
        &self,
        runner: Option<RunnerId>,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Result<Sandbox, CreateError> {
        let origin = match (runner, self.wanted.class == SandboxClass::Container) {
            (Some(_), _) => Origin::OnRunner,
            (None, true) => Origin::ToBuild,
            (None, false) => Origin::ToPull,
        };
        let row = Lifecycle::create(&NewSandbox { origin, ..self.wanted }, policy, now)?;
        let row = Lifecycle::from(Columns { revision: self.revision, epoch: self.epoch, ..row.columns() });
        let name = self.sandbox.to_string();
        let mut record = SandboxDto::new(name.clone(), "o", name, "u", "eu", "", Size::default());
        record.runner_id = runner.map(|runner| runner.to_string()).into();
        Ok(Sandbox::from_row(record, row, ServerTexts::default()))
    }
}

/// A message that reaches a process of the host. It may come twice, late, or not at all.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// A runner or the backup maker reports.
    Report {
        /// The sandbox.
        sandbox: SandboxId,
        /// The runner that sent it, or whose disk is backed up.
        runner: RunnerId,
        /// The report.
        report: Report,
    },
    /// The receiver of an outbox entry has it: an event was seen, backups were discarded, or a runner has let a copy go.
    Acknowledged {
        /// The sandbox.
        sandbox: SandboxId,
        /// The key of the entry.
        key: OutboxKey,
    },
    /// A runner is connected, or it is time for its inventory. Send what it is owed, then ask for the list
    /// ([`Site::list`](super::Site::list)). The message is repeated until [`Site::listed`](super::Site::listed).
    Connected {
        /// The runner.
        runner: RunnerId,
    },
    /// The copies of a runner.
    Inventory {
        /// The runner.
        runner: RunnerId,
        /// Its copies, released ones too.
        copies: Vec<(SandboxId, Listed)>,
    },
    /// The answer to a question of this process. A question without an answer stays silent: use
    /// [`Site::later`](super::Site::later) to stop waiting.
    Answer {
        /// The number of the question.
        question: u64,
        /// The answer.
        answer: Answer,
    },
}

/// The answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// What a runner has.
    Copy(CopyAnswer),
    /// Whether the backup store has the whole object of the attempt.
    Store(Stored),
}

/// What the host adds to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Payload {
    /// The backup attempt that a restore reads.
    pub restores: Option<u32>,
    /// The child that a fork makes.
    pub child: Option<SandboxId>,
}
