//! The outbox: what a step sends, each entry with its target and its key.

use crate::controller::Finding;
use crate::rules::{Call, Effect, Event, Task, TaskKind};
use crate::{lifecycle::Lifecycle, vocabulary::object_form};
use alloc::{string::String, vec, vec::Vec};
use core::fmt;
use serde::Serialize;

object_form! {
    /// One entry of an outbox. The host stores it in the transaction that writes the step, and sends it afterwards until it
    /// is done: a call while [`Lifecycle::awaits`] holds, a removal or a release until its runner has acknowledged it, an
    /// event and the order to discard backups until they are delivered.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
    form: #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub struct OutboxEntry {
        /// The sandbox.
        pub sandbox_id: String,
        /// What makes the entry unique among those of the sandbox. A receiver recognizes repeats by it.
        pub key: OutboxKey,
        /// To whom it is sent.
        pub target: Target,
        /// What is sent.
        pub message: Message,
    }
}

impl OutboxEntry {
    /// Returns the entry of a finding that tells this runner to remove or release its copy, also of a sandbox that has no
    /// record.
    pub fn of_finding(sandbox_id: &str, runner_id: &str, finding: &Finding) -> Option<Self> {
        let (key, target, message) = match *finding {
            Finding::Remove { epoch } => removal(runner_id, epoch),
            Finding::Release { epoch } => release(runner_id, epoch),
            Finding::Agrees | Finding::Apply(_) => return None,
        };
        Some(Self { sandbox_id: sandbox_id.into(), key, target, message })
    }
}

/// What a step sends, in the order of its effects. The host stores the entries in the transaction that writes the step: a
/// call that is not stored is never made.
#[must_use = "store these entries with the step: a call that is not stored is never made"]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct OutboxEntries(pub(super) Vec<OutboxEntry>);

impl IntoIterator for OutboxEntries {
    type Item = OutboxEntry;
    type IntoIter = vec::IntoIter<OutboxEntry>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

object_form! {
    /// What makes an entry unique among those of one sandbox. Its text is the value of a unique column: `call-7-start`.
    #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
    form: #[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
    pub enum OutboxKey {
        /// An event: the revision that the step writes, and the number of the event in the step.
        Event {
            /// The revision after the step.
            revision: u32,
            /// The number, from 0.
            number: u32,
        },
        /// A call of a runner.
        Call {
            /// The epoch of the call.
            epoch: u32,
            /// Its task.
            task: TaskKind,
        },
        /// The request of a backup attempt.
        Backup {
            /// The attempt.
            attempt: u32,
        },
        /// The removal of a copy.
        Remove {
            /// The runner that has the copy.
            runner: String,
            /// The epoch of the removal.
            epoch: u32,
        },
        /// The release of a copy.
        Release {
            /// The runner that has the copy.
            runner: String,
            /// The epoch of the release.
            epoch: u32,
        },
        /// The order to discard backups.
        Discard {
            /// The first attempt that is kept.
            before: u32,
        },
    }
}

object_form! {
    /// To whom an entry is sent.
    #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
    form: #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub enum Target {
        /// This runner.
        Runner(String),
        /// The backup maker, which backs up the disk on this runner.
        BackupMaker {
            /// The runner that has the disk.
            runner: String,
        },
        /// The backup store.
        BackupStore,
        /// Subscribers of events.
        Subscribers,
    }
}

object_form! {
    /// What is sent.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    form: #[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
    pub enum Message {
        /// A call.
        Call(Call),
        /// Remove the copy.
        Remove {
            /// The epoch of the removal.
            epoch: u32,
        },
        /// Release the copy.
        Release {
            /// The epoch of the release.
            epoch: u32,
        },
        /// Discard the backups of older attempts.
        DiscardBackups {
            /// The first attempt that is kept.
            before: u32,
        },
        /// An event.
        Event(Event),
    }
}

impl Message {
    /// Whether it must still be sent, given the row of its sandbox; `None` if the record is gone.
    ///
    /// A call is sent while the row awaits its end. Everything else is sent until it is acknowledged or delivered, whatever
    /// the row says.
    pub fn is_still_owed(&self, row: Option<&Lifecycle>) -> bool {
        match self {
            Self::Call(call) => row.is_some_and(|row| row.awaits(call)),
            Self::Remove { .. } | Self::Release { .. } | Self::DiscardBackups { .. } | Self::Event(_) => true,
        }
    }

    /// Whether it tells a runner to let a copy go. While one is owed, the record is not removed
    /// ([`Context::with_owed_departures`](crate::Context::with_owed_departures)).
    pub const fn is_departure(&self) -> bool {
        matches!(self, Self::Remove { .. } | Self::Release { .. })
    }
}

impl fmt::Display for OutboxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event { revision, number } => write!(f, "event-{revision}-{number}"),
            Self::Call { epoch, task } => write!(f, "call-{epoch}-{task}"),
            Self::Backup { attempt } => write!(f, "backup-{attempt}"),
            Self::Remove { runner, epoch } => write!(f, "remove-{epoch}-{runner}"),
            Self::Release { runner, epoch } => write!(f, "release-{epoch}-{runner}"),
            Self::Discard { before } => write!(f, "discard-{before}"),
        }
    }
}

impl fmt::Display for OutboxEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} to {}", self.sandbox_id, self.message, self.target)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runner(runner) => write!(f, "runner {runner}"),
            Self::BackupMaker { runner } => write!(f, "the backup maker for runner {runner}"),
            Self::BackupStore => f.write_str("the backup store"),
            Self::Subscribers => f.write_str("subscribers"),
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(call) => call.fmt(f),
            Self::Remove { epoch } => write!(f, "remove (epoch {epoch})"),
            Self::Release { epoch } => write!(f, "release (epoch {epoch})"),
            Self::DiscardBackups { before } => write!(f, "discard the backups before attempt {before}"),
            Self::Event(event) => event.fmt(f),
        }
    }
}

/// Returns the entry of an event of this revision, for subscribers.
pub(super) fn event(sandbox_id: &str, event: Event, revision: u32, number: u32) -> OutboxEntry {
    let key = OutboxKey::Event { revision, number };
    OutboxEntry { sandbox_id: sandbox_id.into(), key, target: Target::Subscribers, message: Message::Event(event) }
}

/// The runners that a step knows: the one that the row leaves or keeps, and the one that it has afterwards.
pub(super) struct Runners<'a> {
    pub(super) before: Option<&'a str>,
    pub(super) after: Option<&'a str>,
}

/// Returns the entry of an effect that is sent, or `None` for one that the transaction itself carries out.
pub(super) fn entry(
    sandbox_id: &str,
    effect: Effect,
    number: u32,
    revision: u32,
    runners: &Runners<'_>,
) -> Option<OutboxEntry> {
    let (key, target, message) = match effect {
        Effect::Call(call @ Call { task: Task::Backup { attempt }, .. }) => {
            let maker = Target::BackupMaker { runner: runners.after?.into() };
            (OutboxKey::Backup { attempt }, maker, Message::Call(call))
        }
        Effect::Call(call) => {
            let key = OutboxKey::Call { epoch: call.epoch, task: call.task.into() };
            (key, Target::Runner(runners.after?.into()), Message::Call(call))
        }
        Effect::Remove { epoch } => removal(runners.before?, epoch),
        Effect::Release { epoch } => release(runners.before?, epoch),
        Effect::DiscardBackups { before } => {
            (OutboxKey::Discard { before }, Target::BackupStore, Message::DiscardBackups { before })
        }
        Effect::Emit(emitted) => return Some(event(sandbox_id, emitted, revision, number)),
        Effect::GiveUpName | Effect::RotateToken | Effect::Reason(_) | Effect::Runner(_) | Effect::Stamp(_) => {
            return None;
        }
        Effect::StoreChild | Effect::RaiseParent | Effect::Purge => return None,
    };
    Some(OutboxEntry { sandbox_id: sandbox_id.into(), key, target, message })
}

fn removal(runner: &str, epoch: u32) -> (OutboxKey, Target, Message) {
    (OutboxKey::Remove { runner: runner.into(), epoch }, Target::Runner(runner.into()), Message::Remove { epoch })
}

fn release(runner: &str, epoch: u32) -> (OutboxKey, Target, Message) {
    (OutboxKey::Release { runner: runner.into(), epoch }, Target::Runner(runner.into()), Message::Release { epoch })
}
