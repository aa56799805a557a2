//! The facts: all that a rule can ask of a sandbox, one bit each.
//!
//! Those about the sandbox are read off its columns (`Lifecycle::facts`). Those about its surroundings are kept by
//! the context, and those of the policy and a command's arguments are added for one decision. What the commands ask is
//! made of them: see `guards`.
#![allow(non_upper_case_globals, reason = "facts read like the states they stand for in the rule table")]

use super::Lifecycle;
use crate::vocabulary::{AutoPause, AutoStop, BackupState, DesiredState, SandboxState};

/// A set of facts.
pub(crate) type Mask = u64;

/// The bit of a state.
#[expect(
    clippy::as_conversions,
    reason = "the one place where a discriminant becomes a bit; `as` is what const allows"
)]
pub(crate) const fn state(state: SandboxState) -> Mask {
    1 << state as u8
}

/// The bit of a desired state.
#[expect(clippy::as_conversions, clippy::arithmetic_side_effects, reason = "see `state`; two small counts")]
pub(crate) const fn wants(desired: DesiredState) -> Mask {
    1 << (STATE_COUNT + desired as u32)
}

#[expect(clippy::as_conversions, reason = "a small count, in const")]
const STATE_COUNT: u32 = <SandboxState as strum::EnumCount>::COUNT as u32;
#[expect(clippy::as_conversions, reason = "a small count, in const")]
const DESIRED_COUNT: u32 = <DesiredState as strum::EnumCount>::COUNT as u32;

/// All states.
pub(crate) const STATES: Mask = (1 << STATE_COUNT) - 1;
/// All desired states.
pub(crate) const WISHES: Mask = ((1 << DESIRED_COUNT) - 1) << STATE_COUNT;

/// Every state (or every desired state) but these.
pub(crate) const fn not(mask: Mask) -> Mask {
    let group = if mask & STATES != 0 { STATES } else { WISHES };
    group & !mask
}

macro_rules! words_as_facts {
    ($bit:ident of $list:ident: $($name:ident = $word:ident),+ $(,)?) => {
        $(#[allow(dead_code, reason = "every word has its fact, asked for or not")] pub(crate) const $name: Mask = $bit($list::$word);)+
    };
}
words_as_facts!(state of SandboxState:
    Creating = Creating, Restoring = Restoring, Destroyed = Destroyed, Destroying = Destroying, Started = Started,
    Stopped = Stopped, Starting = Starting, Stopping = Stopping, Error = Error, BuildFailed = BuildFailed,
    PendingBuild = PendingBuild, BuildingSnapshot = BuildingSnapshot, Unknown = Unknown,
    PullingSnapshot = PullingSnapshot, Archived = Archived, Archiving = Archiving, Resizing = Resizing,
    Snapshotting = Snapshotting, Forking = Forking, Pausing = Pausing, Paused = Paused, Resuming = Resuming,
);
words_as_facts!(wants of DesiredState:
    WantsDestroyed = Destroyed, WantsStarted = Started, WantsStopped = Stopped, WantsResized = Resized,
    WantsArchived = Archived, WantsPaused = Paused,
);

/// Declares the named facts: a bit each, and the words by which a person reads it in a table.
macro_rules! facts {
    ($($name:ident $words:literal,)+) => {
        enum Order { $($name),+ }
        $(
            #[doc = $words]
            pub(crate) const $name: Mask = 1 << (STATE_COUNT + DESIRED_COUNT + Order::$name as u32);
        )+
        /// Every named fact with its words.
        pub(crate) const NAMED: &[(Mask, &str)] = &[$(($name, $words)),+];
    };
}
facts! {
    // Read off the value.
    Settled "settled",
    Idle "nothing pending",
    Vm "a VM class",
    HasRunner "on a runner",
    NoGpu "without a GPU",
    Durable "not ephemeral",
    Ephemeral "ephemeral",
    Recoverable "recoverable",
    ArchiveWanted "stopped/archiving to be archived",
    Coherent "a desired state that may stand beside the state",
    BackupIdle "with no backup under way",
    FromBackup "timed out with a usable backup",
    InPlace "without a timeout and a usable backup",
    AutoStopOff "auto-stop off",
    AutoPauseOff "auto-pause off",
    StartedAsWanted "started, and meant to be started",
    HeldByRunner "on a runner, and not destroyed",
    DestroyedAsWanted "meant to be destroyed, and nothing pending or pending_build",
    // Added by the context.
    Childless "without live fork children",
    Unsuspended "in an organization that is not suspended",
    Unlinked "not linked to another sandbox",
    // Added by the policy, together with the last recovery or the class.
    CooledDown "not recovered from its backup within the cooldown",
    MemorySnapshots "of a class whose memory can be kept in a snapshot",
    LiveSnapshots "of a class that is snapshotted while it runs",
    // Added by the arguments.
    StartsAfter "to be started afterwards",
    DiskUnnamed "no disk named",
    CpuNotLess "no less cpu",
    MemoryNotLess "no less memory",
    DiskNotLess "no less disk",
    SizeDiffers "another size than now",
    WithMemory "with memory",
    WithoutMemory "without memory",
    TurnsOff "turned off",
    AsksEphemeral "asked to be ephemeral",
}

/// The states that may stand beside a desired state (rule 4, `valid`). `resized` is never checked.
///
/// Difference D1: error may stand beside paused, or a failed pause could never be told.
pub(crate) const fn states_beside(desired: DesiredState) -> Mask {
    match desired {
        DesiredState::Started => {
            Started
                | Stopped
                | Starting
                | Archived
                | Creating
                | Unknown
                | Restoring
                | PendingBuild
                | BuildingSnapshot
                | PullingSnapshot
                | Archiving
                | Error
                | BuildFailed
                | Resizing
                | Snapshotting
                | Forking
                | Paused
                | Resuming
        }
        DesiredState::Stopped => {
            Started | Stopping | Stopped | Error | BuildFailed | Resizing | Snapshotting | Forking | Paused | Pausing
        }
        DesiredState::Archived => Archived | Archiving | Stopped | Error | BuildFailed,
        DesiredState::Destroyed => {
            Destroyed
                | Destroying
                | Stopped
                | Started
                | Archived
                | Error
                | BuildFailed
                | Archiving
                | PendingBuild
                | Paused
        }
        DesiredState::Paused => Started | Pausing | Paused | Error,
        DesiredState::Resized => STATES,
    }
}

/// The desired states that a state may stand beside, as facts: rule 4 read the other way.
pub(crate) const fn wishes_beside(state: Mask) -> Mask {
    let mut found = 0;
    let mut rest = DesiredState::ALL;
    while let [desired, more @ ..] = rest {
        if states_beside(*desired) & state == state {
            found |= wants(*desired);
        }
        rest = more;
    }
    found
}

/// The states that fulfil a desired state.
pub(crate) const fn states_fulfilling(desired: DesiredState) -> Mask {
    match desired.fulfilled_by() {
        Some(goal) => state(goal),
        None => 0,
    }
}

/// This desired state may stand beside this state (rule 4).
pub(crate) const fn may_stand(at: SandboxState, desired: DesiredState) -> bool {
    states_beside(desired) & state(at) != 0
}

/// This state is what is desired.
pub(crate) const fn is_fulfilled(at: SandboxState, desired: DesiredState) -> bool {
    states_fulfilling(desired) & state(at) != 0
}

/// The fact, if it holds. A choice of two numbers, so that no branch is made of it.
#[inline]
pub(crate) const fn when(holds: bool, fact: Mask) -> Mask {
    if holds { fact } else { 0 }
}

/// The facts that a value's columns amount to.
#[inline]
pub(crate) fn of(row: &Lifecycle) -> Mask {
    let status = row.status();
    let (at, wish) = (state(status.state), wants(status.desired));
    let settled = is_fulfilled(status.state, status.desired);
    let backup_idle = match status.backup {
        BackupState::None | BackupState::Completed | BackupState::Error => true,
        BackupState::Pending | BackupState::InProgress => false,
    };
    at | wish
        | when(settled, Settled)
        | when(!status.pending, Idle)
        | when(row.class.is_vm(), Vm)
        | when(status.has_runner, HasRunner)
        | when(row.gpus == 0, NoGpu)
        | if row.auto_delete == 0 { Ephemeral } else { Durable }
        | when(status.recoverable, Recoverable)
        | when(at & (Stopped | Archiving) != 0 && status.desired == DesiredState::Archived, ArchiveWanted)
        | when(may_stand(status.state, status.desired), Coherent)
        | when(backup_idle, BackupIdle)
        | if status.timed_out_with_backup() { FromBackup } else { InPlace }
        | when(row.auto_stop == AutoStop::Never, AutoStopOff)
        | when(row.auto_pause == AutoPause::Never, AutoPauseOff)
        | when(at & Started != 0 && wish & WantsStarted != 0, StartedAsWanted)
        | when(status.has_runner && at & Destroyed == 0, HeldByRunner)
        | when(wish & WantsDestroyed != 0 && (!status.pending || at & PendingBuild != 0), DestroyedAsWanted)
}
