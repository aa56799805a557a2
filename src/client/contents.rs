//! What a sandbox carries in its state, and what a command would lose of it.

use super::evidence::Evidence;
use super::seen::Seen;
use crate::lifecycle::{Lifecycle, Recovery};
use crate::rules::{Cause, Step, Verb};
use crate::vocabulary::{BackupState, DesiredState, Fault, SandboxState, names, object_form};
use core::fmt;
use serde::{Deserialize, Serialize};

/// Whether something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "lowercase")]
pub enum Presence {
    /// It is not there.
    No,
    /// Nothing shows whether it is there.
    Unknown,
    /// It is there.
    Yes,
}

object_form! {
    /// What a sandbox carries that a caller may want to keep.
    ///
    /// ```
    /// use sandbox_lifecycle::{Columns, Command, Context, Lifecycle, Policy, client::{Contents, Presence}};
    /// let (row, policy, now) = (Lifecycle::from(Columns::default()), Policy::default(), chrono::DateTime::UNIX_EPOCH);
    /// let contents = Contents::from(&row);
    /// assert_eq!(contents.to_string(), "running processes, memory, disk");
    /// let stop = row.decide(Command::Stop { force: false }, &policy, Context::of(&row), now)?;
    /// assert_eq!(contents.lost_by(&stop).to_string(), "running processes, memory");
    /// # Ok::<(), sandbox_lifecycle::Refusal>(())
    /// ```
    ///
    /// A client builds it from an [`Evidence`]. No record shows where its backup is stored, so from a lifecycle that was read
    /// from a record the backup is not known:
    ///
    /// ```
    /// use sandbox_lifecycle::{Lifecycle, Observation, client::{Contents, Evidence}, record::LifecycleView};
    /// let text = r#"{"state":"archived","desiredState":"archived","backupState":"Completed"}"#;
    /// let record: LifecycleView = serde_json::from_str(text)?;
    /// let seen: Evidence = [Observation::new(&record, chrono::DateTime::UNIX_EPOCH)].into_iter().collect();
    /// assert_eq!(Contents::from(&seen).to_string(), "completed backup");
    /// assert_eq!(Contents::from(&seen).is_safe_to_delete(), Some(false));
    /// assert_eq!(Contents::from(&Lifecycle::try_from(&record)?).is_safe_to_delete(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
    form: #[serde(rename_all = "camelCase")]
    pub struct Contents {
        /// Processes that run.
        pub processes: Presence,
        /// The memory of processes, which run or are paused.
        pub memory: Presence,
        /// A disk on a runner.
        pub disk: Presence,
        /// A completed backup. It may be older than the disk.
        pub backup: Presence,
    }
}

impl Contents {
    /// Nothing at all.
    pub const NOTHING: Self =
        Self { processes: Presence::No, memory: Presence::No, disk: Presence::No, backup: Presence::No };

    /// Whether a delete loses nothing: `None` if that is not known.
    pub fn is_safe_to_delete(&self) -> Option<bool> {
        let parts = self.parts().map(|(presence, _)| presence);
        if parts.contains(&Presence::Yes) { Some(false) } else { (!parts.contains(&Presence::Unknown)).then_some(true) }
    }

    /// Returns what is lost once this step of a command or a timer has led to its desired state.
    ///
    /// An archive moves the disk to the backup, and a resume brings the memory back: neither loses anything. A recovery from the
    /// backup loses what the disk has and the backup lacks. A snapshot that was taken before is not counted.
    #[must_use]
    pub fn lost_by(&self, step: &Step) -> Self {
        let before = step.before();
        if is_from_backup(step) {
            return Self { disk: self.disk, ..Self::NOTHING };
        }
        if step.is_noop() || step.desired_state() == before.desired_state() && step.state() == before.state() {
            return Self::NOTHING;
        }
        match step.desired_state() {
            DesiredState::Destroyed => *self,
            DesiredState::Stopped => Self { disk: Presence::No, backup: Presence::No, ..*self },
            DesiredState::Started | DesiredState::Archived | DesiredState::Paused | DesiredState::Resized => {
                Self::NOTHING
            }
        }
    }

    /// What the state alone shows. `runs` says whether a change in place happens while it runs.
    const fn in_state(state: SandboxState, runs: Presence) -> Self {
        use Presence::{No, Unknown, Yes};
        let (processes, memory, disk) = match state {
            SandboxState::Started | SandboxState::Forking => (Yes, Yes, Yes),
            SandboxState::Resizing | SandboxState::Snapshotting => (runs, runs, Yes),
            SandboxState::Stopping | SandboxState::Starting => (Unknown, Unknown, Yes),
            SandboxState::Pausing | SandboxState::Resuming => (Unknown, Yes, Yes),
            SandboxState::Paused => (No, Yes, Yes),
            SandboxState::Stopped | SandboxState::Archiving => (No, No, Yes),
            // From a backup or a parent there is a disk before the end, and the recorded server restores in unknown too.
            SandboxState::Creating | SandboxState::Restoring | SandboxState::Unknown => (Unknown, Unknown, Unknown),
            SandboxState::Error | SandboxState::Destroying => (Unknown, Unknown, Unknown),
            SandboxState::PendingBuild | SandboxState::BuildingSnapshot | SandboxState::BuildFailed => (No, No, No),
            SandboxState::PullingSnapshot | SandboxState::Archived | SandboxState::Destroyed => (No, No, No),
        };
        Self { processes, memory, disk, backup: Unknown }
    }

    fn parts(&self) -> [(Presence, &'static str); 4] {
        let Self { processes, memory, disk, backup } = *self;
        [(processes, "running processes"), (memory, names::memory), (disk, names::disk), (backup, "completed backup")]
    }
}

/// `disk, completed backup`; a part that is not known has a question mark.
impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let there = self.parts().into_iter().filter(|(presence, _)| *presence != Presence::No);
        let mut joint = "";
        for (presence, name) in there {
            write!(f, "{joint}{name}{}", if presence == Presence::Unknown { "?" } else { "" })?;
            joint = ", ";
        }
        if joint.is_empty() { f.write_str("nothing") } else { Ok(()) }
    }
}

/// What the state shows that the API reports, and what only the row knows: whether there is a backup. Where the row should have
/// one and does not say where it is, as one that was read from a record, the backup is unknown.
impl From<&Lifecycle> for Contents {
    fn from(row: &Lifecycle) -> Self {
        let runs = if row.desired_state() == DesiredState::Started { Presence::Yes } else { Presence::No };
        let should_have = row.state() == SandboxState::Archived || row.backup_state() == BackupState::Completed;
        let backup = match (row.status.has_any_backup(), should_have) {
            (true, _) => Presence::Yes,
            (false, true) => Presence::Unknown,
            (false, false) => Presence::No,
        };
        Self { backup, ..Self::in_state(row.reported_state(), runs) }
    }
}

impl From<&Evidence> for Contents {
    fn from(evidence: &Evidence) -> Self {
        if evidence.is_gone() {
            return Self::NOTHING;
        }
        let unknown = Presence::Unknown;
        let runs = match evidence.desired_state() {
            Seen::Known(DesiredState::Started) => Presence::Yes,
            Seen::Known(_) => Presence::No,
            Seen::NotShown | Seen::Unknown => unknown,
        };
        // An older backup may be kept, which no record shows.
        let has_backup = evidence.backup_with_state().known() == Some(BackupState::Completed);
        let backup = if has_backup { Presence::Yes } else { unknown };
        let nothing_known = Self { processes: unknown, memory: unknown, disk: unknown, backup };
        evidence.state().known().map_or(nothing_known, |state| Self { backup, ..Self::in_state(state, runs) })
    }
}

/// Whether a recovery replaces the disk by the backup. A lifecycle that was made from a record does not know where the backup is,
/// so there the fault decides.
fn is_from_backup(step: &Step) -> bool {
    let row = step.before();
    let is_recovery = step.cause() == Cause::Command(Verb::Recover);
    let may_have_backup = row.backup_state() == BackupState::Completed && row.fault() == Some(Fault::Timeout);
    is_recovery && !step.is_noop() && (row.recovery() == Some(Recovery::FromBackup) || may_have_backup)
}
