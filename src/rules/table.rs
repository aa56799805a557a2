//! The one table: what each command demands, in which order and why, and what it writes.
//!
//! Read a row as: *from* these states, with *already* so being a success that writes nothing, each check demands one
//! of its facts, in this order, *else* this refusal; then the first `writes` whose fact holds is carried out. The
//! order is that of the recorded server (`commands`); `coherent` stands last in each row that could break rule 4
//! (difference D6: refused before anything changes).

use super::{
    Reason, Verb as V,
    check::{Check, Row, To, Token, Writes, commands, filled},
    effect::Notice,
};
use crate::{
    lifecycle::facts::*,
    vocabulary::{DesiredState, SandboxState},
};

/// The case that always holds, last among the cases of a row's writes.
#[allow(non_upper_case_globals, reason = "it reads like the facts it stands among")]
const Otherwise: Mask = !0;

commands! {
    /// Wake a resting sandbox.
    Start "start" from [Stopped Archived Archiving Paused] already [Started, WantsStarted];
    {
        unsuspended: Unsuspended, else Suspended, "a suspended organization starts nothing";
        not_errored: not(Error | BuildFailed), else Errored, "an error is recovered or destroyed, never started over";
        nothing_changes: Settled | ArchiveWanted, else InProgress, "only an archiving under way may be called back";
        from_rest: Stopped | Archived | Archiving | Paused, else BadState, "what runs or moves has nothing to wake";
        nothing_pending: Idle, else InProgress, "the controller still owes work";
        can_resume: Vm | not(Paused), else UnsupportedClass, "only a VM kept its memory";
    }
    writes {
        Otherwise: { desired: Some(DesiredState::Started), token: Token::RotatedUnlessPaused, notice: Some(Notice::Started) };
    }

    /// Free compute, keep the disk; an ephemeral sandbox is deleted instead.
    Stop "stop" from [Started Paused];
    {
        not_errored: not(Error | BuildFailed), else Errored, "its runner's copy is not to be trusted";
        settled: Settled, else InProgress, "one change at a time";
        runs_or_paused: Started | Paused, else BadState, "nothing else holds compute or memory to free";
        nothing_pending: Idle, else InProgress, "the controller still owes work";
    }
    writes {
        Ephemeral: { desired: Some(DesiredState::Destroyed), soft_delete: true, notice: Some(Notice::Destroyed) };
        Otherwise: { desired: Some(DesiredState::Stopped), notice: Some(Notice::Stopped) };
    }

    /// Remove it for good.
    Destroy "destroy" from [Destroyed Destroying Stopped Started Archived Error BuildFailed Archiving PendingBuild Paused]
        already [WantsDestroyed, Idle | PendingBuild];
    {
        nothing_pending: Idle | PendingBuild, else InProgress, "the controller still owes work; force supersedes it";
        childless: Childless, else ForkChildren, "its forks still read its disk";
        coherent: states_beside(DesiredState::Destroyed), else InProgress, "a change is under way; force supersedes it";
    }
    writes {
        Otherwise: { desired: Some(DesiredState::Destroyed), soft_delete: true, notice: Some(Notice::Destroyed) };
    }

    /// Remove it for good, whatever is under way.
    ForceDestroy "destroy with force" from any already [WantsDestroyed, Idle | PendingBuild];
    {
        childless: Childless, else ForkChildren, "its forks still read its disk";
    }
    writes {
        Otherwise: { to: To::Gone, desired: Some(DesiredState::Destroyed), soft_delete: true, notice: Some(Notice::Destroyed) };
    }

    /// Free compute, keep disk and memory.
    Pause "pause" from [Started];
    {
        runs: Started, else BadState, "only what runs has memory to keep";
        nothing_pending: Idle, else InProgress, "the controller still owes work";
        can_pause: Vm, else UnsupportedClass, "only a VM can keep its memory";
        on_a_runner: HasRunner, else NoRunner, "its runner writes the memory down";
    }
    writes {
        Otherwise: { to: To::State(SandboxState::Pausing), desired: Some(DesiredState::Paused), calls: true };
    }

    /// Free compute and disk, keep the backup.
    Archive "archive" from [Stopped];
    {
        not_errored: not(Error | BuildFailed), else Errored, "its disk is not to be trusted in a backup";
        settled: Settled, else InProgress, "one change at a time";
        rests: Stopped, else BadState, "only a disk at rest can be backed up whole";
        nothing_pending: Idle, else InProgress, "the controller still owes work";
        durable: Durable, else Ephemeral, "an ephemeral sandbox is deleted, never archived";
    }
    writes {
        Otherwise: { to: To::State(SandboxState::Archiving), desired: Some(DesiredState::Archived), notice: Some(Notice::Archived) };
    }

    /// Change cpu, memory or disk.
    Resize "resize" from [Started Stopped];
    {
        unsuspended: Unsuspended, else Suspended, "a suspended organization takes no more";
        runs_or_rests: Started | Stopped, else BadState, "what moves has no size to change";
        nothing_pending: Idle, else InProgress, "the controller still owes work";
        disk_at_rest: DiskUnnamed | Stopped, else DiskNeedsStop, "a disk in use does not change its size";
        keeps_cpu: CpuNotLess | Stopped, else CpuShrinkRunning, "running processes hold their cpu";
        keeps_memory: MemoryNotLess | Stopped, else MemShrinkRunning, "running processes hold their memory";
        keeps_disk: DiskNotLess, else DiskShrink, "a disk that shrinks loses data";
        changes_something: SizeDiffers, else NoChange, "there is nothing to do";
        on_a_runner: HasRunner, else NoRunner, "its runner changes the size";
        coherent: wishes_beside(Resizing), else InProgress, "another change is under way";
    }
    writes {
        Otherwise: { to: To::State(SandboxState::Resizing), calls: true };
    }

    /// Copy it while it runs.
    Fork "fork" from [Started];
    {
        unsuspended: Unsuspended, else Suspended, "a suspended organization takes no more";
        can_fork: Vm, else UnsupportedClass, "only a VM can be copied while it runs";
        runs: Started, else BadState, "a fork copies what runs";
        nothing_pending: Idle, else InProgress, "the controller still owes work";
        on_a_runner: HasRunner, else NoRunner, "its runner makes the copy";
        without_gpu: NoGpu, else GpuUnsupported, "a GPU's memory cannot be copied";
        coherent: wishes_beside(Forking), else InProgress, "another change is under way";
    }
    writes {
        Otherwise: { to: To::State(SandboxState::Forking), calls: true, child: true };
    }

    /// Keep an image of it.
    Snapshot "snapshot" from [Started Stopped];
    {
        unsuspended: Unsuspended, else Suspended, "a suspended organization takes no more";
        runs_or_rests: Started | Stopped, else BadState, "what moves has no image to keep";
        nothing_pending: Idle, else InProgress, "the controller still owes work";
        on_a_runner: HasRunner, else NoRunner, "its runner writes the image";
        class_keeps_memory: WithoutMemory | MemorySnapshots, else MemorySnapshotClass, "this class has no memory to keep";
        memory_of_running: WithoutMemory | Started, else MemorySnapshotNeedsStarted, "only what runs has memory to keep";
        disk_at_rest: WithMemory | LiveSnapshots | Stopped, else FsSnapshotNeedsStopped, "this class's disk is whole only at rest";
        coherent: wishes_beside(Snapshotting), else InProgress, "another change is under way";
    }
    writes {
        Otherwise: { to: To::State(SandboxState::Snapshotting), calls: true };
    }

    /// Bring it back from a recoverable error.
    Recover "recover" from [Error];
    {
        unsuspended: Unsuspended, else Suspended, "a suspended organization recovers nothing";
        recoverable: Recoverable, else NotRecoverable, "its runner or its backup must be able to bring it back";
        errored: Error, else NotError, "there is nothing to recover from";
        cooled_down: InPlace | CooledDown, else RecoverCooldown, "a backup that fails at once would be tried for ever";
        nothing_pending: InPlace | Idle, else Conflict, "the row has moved on";
        on_a_runner: FromBackup | HasRunner, else NoRunner, "its runner mends it in place";
    }
    writes {
        FromBackup: {
            to: To::State(SandboxState::Archived), desired: Some(DesiredState::Started), from_backup: true,
            token: Token::Rotated, notice: Some(Notice::Started)
        };
        StartsAfter: { desired: Some(DesiredState::Started), token: Token::Rotated, calls: true };
        Otherwise: { desired: Some(DesiredState::Stopped), calls: true };
    }

    /// Ask for a backup of its disk.
    Backup "backup" from any;
    {
        durable: Durable, else Ephemeral, "an ephemeral sandbox is never restored";
        none_under_way: BackupIdle, else BackupInProgress, "one backup at a time";
    }
    writes {
        Otherwise: { row_untouched: true, notice: Some(Notice::BackupCreated) };
    }

    /// Set when an idle running sandbox is stopped.
    AutoStop "autostop" from any;
    {
        one_idle_timer: AutoPauseOff | TurnsOff, else OneIdleTimer, "two timers on one clock would race";
        coherent: Coherent, else InProgress, "the row is between two changes";
    }
    writes {}

    /// Set when an idle running VM is paused.
    AutoPause "autopause" from any;
    {
        can_pause: Vm | TurnsOff, else UnsupportedClass, "only a VM can keep its memory";
        durable: Durable | TurnsOff, else Ephemeral, "an ephemeral sandbox does not rest";
        one_idle_timer: AutoStopOff | TurnsOff, else OneIdleTimer, "two timers on one clock would race";
        coherent: Coherent, else InProgress, "the row is between two changes";
    }
    writes {}

    /// Set when a stopped sandbox is archived.
    AutoArchive "autoarchive" from any;
    {
        coherent: Coherent, else InProgress, "the row is between two changes";
    }
    writes {}

    /// Set when a stopped sandbox is deleted.
    AutoDelete "autodelete" from any;
    {
        without_gpu: NoGpu, else GpuMustStayEphemeral, "a GPU is too dear to rest";
        unlinked: Unlinked | AsksEphemeral, else LinkedMustStayEphemeral, "it goes when its owner goes";
        coherent: Coherent, else InProgress, "the row is between two changes";
    }
    writes {}

    /// Set how long it may live, from now.
    Ttl "ttl" from any;
    {
        coherent: Coherent, else InProgress, "the row is between two changes";
    }
    writes {}

    /// Note that it was used.
    Touch "touch" from any;
    {}
    writes {
        Otherwise: { row_untouched: true };
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
        self.row().writes.iter().any(|(_, writes)| writes.to != To::Stays || writes.desired.is_some())
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
