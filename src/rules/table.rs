//! The one table: what each command demands, in which order and why, and what it writes.
//!
//! Read a row as: *from* these states, with *already* so being a success that writes nothing, each guard must hold, in
//! this order, *else* this refusal; then the first `writes` whose guard holds is carried out. What a guard asks is said
//! in `lifecycle/guards.rs`, once for all rows. The order is that of the recorded server (`commands`); a guard of rule 4
//! stands last in each row that could break it (difference D6: refused before anything changes).

use super::{
    Reason, Verb as V,
    check::{Case, Check, Row, Writes, cases, commands, demanded},
    effect::Notice,
};
use crate::{
    lifecycle::{
        facts,
        guards::{self, Guards},
    },
    vocabulary::{DesiredState, SandboxState},
};

commands! {
    /// Wake a resting sandbox.
    Start "start" from [Stopped Archived Archiving Paused] already started_as_wanted;
    {
        unsuspended else Suspended, "a suspended organization starts nothing";
        not_errored else Errored, "an error is recovered or destroyed, never started over";
        nothing_changes else InProgress, "only an archiving under way may be called back";
        from_rest else BadState, "what runs or moves has nothing to wake";
        nothing_pending else InProgress, "the controller still owes work";
        can_resume else UnsupportedClass, "only a VM kept its memory";
    }
    writes {
        paused: { desired: Some(DesiredState::Started), notice: Some(Notice::Started) };
        otherwise: { desired: Some(DesiredState::Started), token: true, notice: Some(Notice::Started) };
    }

    /// Free compute, keep the disk; an ephemeral sandbox is deleted instead.
    Stop "stop" from [Started Paused];
    {
        not_errored else Errored, "its runner's copy is not to be trusted";
        settled else InProgress, "one change at a time";
        runs_or_paused else BadState, "nothing else holds compute or memory to free";
        nothing_pending else InProgress, "the controller still owes work";
    }
    writes {
        ephemeral: { desired: Some(DesiredState::Destroyed), soft_delete: true, notice: Some(Notice::Destroyed) };
        otherwise: { desired: Some(DesiredState::Stopped), notice: Some(Notice::Stopped) };
    }

    /// Remove it for good.
    Destroy "destroy" from [Destroyed Destroying Stopped Started Archived Error BuildFailed Archiving PendingBuild Paused]
        already destroyed_as_wanted;
    {
        nothing_but_a_build_pending else InProgress, "the controller still owes work; force supersedes it";
        childless else ForkChildren, "its forks still read its disk";
        may_be_destroyed else InProgress, "a change is under way; force supersedes it";
    }
    writes {
        otherwise: { desired: Some(DesiredState::Destroyed), soft_delete: true, notice: Some(Notice::Destroyed) };
    }

    /// Remove it for good, whatever is under way.
    ForceDestroy "destroy with force" from any already destroyed_as_wanted;
    {
        childless else ForkChildren, "its forks still read its disk";
    }
    writes {
        held_by_a_runner: {
            state: Some(SandboxState::Destroying), desired: Some(DesiredState::Destroyed), soft_delete: true,
            notice: Some(Notice::Destroyed)
        };
        otherwise: {
            state: Some(SandboxState::Destroyed), desired: Some(DesiredState::Destroyed), soft_delete: true,
            notice: Some(Notice::Destroyed)
        };
    }

    /// Free compute, keep disk and memory.
    Pause "pause" from [Started];
    {
        runs else BadState, "only what runs has memory to keep";
        nothing_pending else InProgress, "the controller still owes work";
        can_pause else UnsupportedClass, "only a VM can keep its memory";
        on_a_runner else NoRunner, "its runner writes the memory down";
    }
    writes {
        otherwise: { state: Some(SandboxState::Pausing), desired: Some(DesiredState::Paused), calls: true };
    }

    /// Free compute and disk, keep the backup.
    Archive "archive" from [Stopped];
    {
        not_errored else Errored, "its disk is not to be trusted in a backup";
        settled else InProgress, "one change at a time";
        rests else BadState, "only a disk at rest can be backed up whole";
        nothing_pending else InProgress, "the controller still owes work";
        durable else Ephemeral, "an ephemeral sandbox is deleted, never archived";
    }
    writes {
        otherwise: { state: Some(SandboxState::Archiving), desired: Some(DesiredState::Archived), notice: Some(Notice::Archived) };
    }

    /// Change cpu, memory or disk.
    Resize "resize" from [Started Stopped];
    {
        unsuspended else Suspended, "a suspended organization takes no more";
        runs_or_rests else BadState, "only what runs or rests has a size to change";
        nothing_pending else InProgress, "the controller still owes work";
        disk_at_rest else DiskNeedsStop, "a disk in use does not change its size";
        keeps_cpu else CpuShrinkRunning, "running processes hold their cpu";
        keeps_memory else MemShrinkRunning, "running processes hold their memory";
        keeps_disk else DiskShrink, "a disk that shrinks loses data";
        changes_something else NoChange, "there is nothing to do";
        on_a_runner else NoRunner, "its runner changes the size";
        may_change_in_place else InProgress, "another change is under way";
    }
    writes {
        otherwise: { state: Some(SandboxState::Resizing), calls: true };
    }

    /// Copy it while it runs.
    Fork "fork" from [Started];
    {
        unsuspended else Suspended, "a suspended organization takes no more";
        can_fork else UnsupportedClass, "only a VM can be copied while it runs";
        runs else BadState, "a fork copies what runs";
        nothing_pending else InProgress, "the controller still owes work";
        on_a_runner else NoRunner, "its runner makes the copy";
        without_gpu else GpuUnsupported, "a GPU's memory cannot be copied";
        may_change_in_place else InProgress, "another change is under way";
    }
    writes {
        otherwise: { state: Some(SandboxState::Forking), calls: true, child: true };
    }

    /// Keep an image of it.
    Snapshot "snapshot" from [Started Stopped];
    {
        unsuspended else Suspended, "a suspended organization takes no more";
        runs_or_rests else BadState, "only what runs or rests has an image to keep";
        nothing_pending else InProgress, "the controller still owes work";
        on_a_runner else NoRunner, "its runner writes the image";
        class_keeps_memory else MemorySnapshotClass, "this class has no memory to keep";
        memory_of_running else MemorySnapshotNeedsStarted, "only what runs has memory to keep";
        disk_is_whole else FsSnapshotNeedsStopped, "this class's disk is whole only at rest";
        may_change_in_place else InProgress, "another change is under way";
    }
    writes {
        otherwise: { state: Some(SandboxState::Snapshotting), calls: true };
    }

    /// Bring it back from a recoverable error.
    Recover "recover" from [Error];
    {
        unsuspended else Suspended, "a suspended organization recovers nothing";
        recoverable else NotRecoverable, "its runner or its backup must be able to bring it back";
        errored else NotError, "there is nothing to recover from";
        cooled_down else RecoverCooldown, "it was recovered from its backup within the cooldown, and a backup that fails at once would be tried for ever";
        not_moved_on else Conflict, "the row has moved on";
        backed_up_or_on_a_runner else NoRunner, "its runner mends it in place";
    }
    writes {
        from_backup: {
            state: Some(SandboxState::Archived), desired: Some(DesiredState::Started), from_backup: true,
            token: true, notice: Some(Notice::Started)
        };
        starts_after: { desired: Some(DesiredState::Started), token: true, calls: true };
        otherwise: { desired: Some(DesiredState::Stopped), calls: true };
    }

    /// Ask for a backup of its disk.
    Backup "backup" from any;
    {
        durable else Ephemeral, "an ephemeral sandbox is never restored";
        no_backup_under_way else BackupInProgress, "one backup at a time";
    }
    writes {
        otherwise: { row_untouched: true, notice: Some(Notice::BackupCreated) };
    }

    /// Set when an idle running sandbox is stopped.
    AutoStop "autostop" from any;
    {
        no_auto_pause else OneIdleTimer, "auto-pause is set, and two timers on one clock would race: turn it off first";
        coherent else InProgress, "the row is between two changes";
    }
    writes {}

    /// Set when an idle running VM is paused.
    AutoPause "autopause" from any;
    {
        can_auto_pause else UnsupportedClass, "only a VM can keep its memory";
        durable_or_turned_off else Ephemeral, "an ephemeral sandbox does not rest";
        no_auto_stop else OneIdleTimer, "auto-stop is set, and two timers on one clock would race: turn it off first";
        coherent else InProgress, "the row is between two changes";
    }
    writes {}

    /// Set when a stopped sandbox is archived.
    AutoArchive "autoarchive" from any;
    {
        coherent else InProgress, "the row is between two changes";
    }
    writes {}

    /// Set when a stopped sandbox is deleted.
    AutoDelete "autodelete" from any;
    {
        without_gpu else GpuMustStayEphemeral, "a GPU is too dear to rest";
        unlinked else LinkedMustStayEphemeral, "it goes when its owner goes";
        coherent else InProgress, "the row is between two changes";
    }
    writes {}

    /// Set how long it may live, from now.
    Ttl "ttl" from any;
    {
        coherent else InProgress, "the row is between two changes";
    }
    writes {}

    /// Note that it was used.
    Touch "touch" from any;
    {}
    writes {
        otherwise: { row_untouched: true };
    }
}

impl V {
    /// What the command does, in the domain's words.
    #[must_use]
    pub fn summary(self) -> &'static str {
        self.row().summary.trim_start()
    }

    /// What the command demands, in order.
    #[must_use]
    pub fn checks(self) -> &'static [Check] {
        self.row().checks
    }

    /// The states from which it can be accepted, given the right facts beside them.
    #[must_use]
    pub fn from_states(self) -> &'static [SandboxState] {
        self.row().from
    }

    /// It changes where the sandbox is or where it is meant to go; the others set or ask for something beside that.
    #[must_use]
    pub fn moves(self) -> bool {
        self.row().cases.iter().any(|case| case.writes.state.is_some() || case.writes.desired.is_some())
    }

    #[expect(
        clippy::as_conversions,
        clippy::indexing_slicing,
        reason = "the table has one row for each verb, in order"
    )]
    #[inline]
    pub(crate) const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }
}

crate::vocabulary::word!(V, "command");

/// Guards that only arguments fulfil. Where no arguments are given, they are taken to be the right ones.
const OF_ARGUMENTS: Guards = Guards::held_by(
    facts::DiskUnnamed
        | facts::CpuNotLess
        | facts::MemoryNotLess
        | facts::DiskNotLess
        | facts::SizeDiffers
        | facts::TurnsOff
        | facts::AsksEphemeral,
);

/// The verbs that are accepted by these guards, with the right arguments.
pub(crate) fn accepted_by(held: Guards) -> impl Iterator<Item = V> + use<> {
    // With and without memory are two ways to ask, and one that is accepted is enough.
    let ways = [facts::WithMemory, facts::WithoutMemory].map(|way| held.and(OF_ARGUMENTS).and(Guards::held_by(way)));
    V::ALL.iter().copied().filter(move |verb| ways.iter().any(|held| verb.row().demands.without(*held).is_empty()))
}
