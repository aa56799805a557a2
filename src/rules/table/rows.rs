//! The rule table: what each command demands, in which order and why, and what it writes.
//!
//! Read a row as follows. *from* these states, each guard must hold, in this order, *else* the command is refused with this
//! reason. *already* names the fact that makes the command a success without a write. Then the first case of *writes*
//! that holds is written. *[yes]* and *[no]* limit a check or a case to one value of the command's yes-or-no argument,
//! whose phrases the row names after *flag*.
//!
//! The order is that of the recorded server (table `commands`). Where a write could make the states incoherent, a guard for
//! that comes last, so that the command is refused before anything changes (difference D6).

use super::form::{CASES, Case, Check, Row, Writes};
use crate::{
    lifecycle::{
        fact_set::Facts,
        facts::*,
        state_set::{StateSet, states},
    },
    rules::{event::EventName, guards::*, input::verb::Verb, reason::Reason},
    vocabulary::{DesiredState, SandboxState},
};

/// Writes the table: the rows, and which typed state accepts which verb.
macro_rules! rules {
    ($(
        #[doc = $summary:literal]
        $verb:ident from $from:tt $(already $already:ident)? $(flag $flag:tt)?;
        { $($([$only:ident])? $guard:ident else $reason:ident, $why:literal;)* }
        writes { $($([$case:ident])? $($when:ident)?: $($write:ident($($argument:expr)?)).+;)* }
    )+) => {
        static ROWS: [Row; Verb::ALL.len()] = [$(Row {
            verb: Verb::$verb,
            summary: $summary,
            from: from!($from),
            flag: first!($($flag)?),
            already: Facts::NONE$(.and($already))?,
            checks: &[$(Check { guard: $guard, only: first!($($only)?), reason: Reason::$reason, why: $why }),*],
            cases: cases([$(Case {
                when: when!($($when)?),
                only: first!($($case)?),
                writes: Writes::NOTHING$(.$write($($argument)?))+,
            }),*]),
        }),+];

        /// Marker types of the typestate view: one for each verb.
        pub mod verb {
            $(#[doc = $summary] #[derive(Debug, Clone, Copy)] pub enum $verb {})+
        }

        $(accepts!($verb $from);)+
    };
}

macro_rules! from {
    (any) => { StateSet::ALL };
    ([$($from:ident)*]) => { states![$($from)*] };
}

macro_rules! first {
    () => {
        None
    };
    (yes) => {
        Some(true)
    };
    (no) => {
        Some(false)
    };
    ($phrases:expr) => {
        Some($phrases)
    };
}

macro_rules! when {
    () => {
        Facts::ALL
    };
    (otherwise) => {
        Facts::ALL
    };
    ($fact:ident) => {
        $fact
    };
}

macro_rules! accepts {
    ($verb:ident any) => {
        impl<S: super::typed_state::State> super::typed_state::Accepts<verb::$verb> for S {}
    };
    ($verb:ident [$($from:ident)*]) => {
        $(impl super::typed_state::Accepts<verb::$verb> for super::typed_state::at::$from {})*
    };
}

rules! {
    /// Wakes a resting sandbox.
    Start from [Stopped Archived Archiving Paused] already already_started;
    {
        unsuspended else Suspended, "a suspended organization cannot start sandboxes";
        not_errored else Errored, "a failed sandbox is recovered or destroyed, not started";
        settled_or_archiving else InProgress, "another change is under way";
        can_wake else BadState, "only a stopped, archived, archiving or paused sandbox can be started";
        idle else InProgress, "the previous change is not finished";
        vm_or_not_paused else UnsupportedClass, "only VM classes can resume from memory";
    }
    writes {
        paused: desired(DesiredState::Started).emits(EventName::Started);
        otherwise: desired(DesiredState::Started).rotates_token().emits(EventName::Started);
    }

    /// Frees compute and keeps the disk; deletes an ephemeral sandbox.
    Stop from [Started Paused] flag ["with force", "without force"];
    {
        not_errored else Errored, "a failed sandbox is recovered or destroyed, not stopped";
        settled else InProgress, "another change is under way";
        started_or_paused else BadState, "only a started or paused sandbox can be stopped";
        idle else InProgress, "the previous change is not finished";
    }
    writes {
        durable: desired(DesiredState::Stopped).sets_force().emits(EventName::Stopped);
        childless: soft_delete().sets_force().emits(EventName::Destroyed);
        otherwise: desired(DesiredState::Stopped).sets_force().emits(EventName::Stopped);
    }

    /// Deletes it, once no change is under way.
    Destroy from [Destroyed Destroying Stopped Started Archived Error BuildFailed Archiving PendingBuild Paused]
        already already_to_be_destroyed;
    {
        idle_or_pending_build else InProgress, "the previous change is not finished";
        childless else ForkChildren, "its forks still read its disk: destroy them first";
        may_be_destroyed else InProgress, "another change is under way";
    }
    writes {
        otherwise: soft_delete().emits(EventName::Destroyed);
    }

    /// Deletes it at once and supersedes the change under way.
    ForceDestroy from any already already_without_copy;
    {
        childless else ForkChildren, "its forks still read its disk: destroy them first";
    }
    writes {
        held_by_a_runner: state(SandboxState::Destroying).soft_delete().calls_runner().emits(EventName::Destroyed);
        otherwise: state(SandboxState::Destroyed).soft_delete().emits(EventName::Destroyed);
    }

    /// Frees compute, keeps disk and memory.
    Pause from [Started];
    {
        started else BadState, "only a started sandbox can be paused";
        idle else InProgress, "the previous change is not finished";
        vm else UnsupportedClass, "only VM classes can keep their memory";
        on_a_runner else NoRunner, "no runner is assigned that could store its memory";
    }
    writes {
        otherwise: state(SandboxState::Pausing).desired(DesiredState::Paused).calls_runner();
    }

    /// Frees compute and disk, keeps the backup.
    Archive from [Stopped];
    {
        not_errored else Errored, "a failed sandbox is recovered or destroyed, not archived";
        settled else InProgress, "another change is under way";
        stopped else BadState, "only a stopped sandbox can be archived";
        idle else InProgress, "the previous change is not finished";
        durable else Ephemeral, "an ephemeral sandbox is deleted when it stops, never archived";
        childless else ForkChildren, "its forks still read its disk: destroy them first";
    }
    writes {
        otherwise: state(SandboxState::Archiving).desired(DesiredState::Archived).resets_attempts().emits(EventName::Archived);
    }

    /// Changes CPU, memory or disk.
    Resize from [Started Stopped];
    {
        unsuspended else Suspended, "a suspended organization cannot resize sandboxes";
        started_or_stopped else BadState, "only a started or stopped sandbox can be resized";
        idle else InProgress, "the previous change is not finished";
        disk_at_rest else DiskNeedsStop, "the disk can only be resized while the sandbox is stopped";
        keeps_cpu else CpuShrinkRunning, "CPU can only shrink while the sandbox is stopped";
        keeps_memory else MemShrinkRunning, "memory can only shrink while the sandbox is stopped";
        keeps_disk else DiskShrink, "a disk cannot shrink";
        changes_size else NoChange, "the sandbox has this size already";
        on_a_runner else NoRunner, "no runner is assigned that could change the size";
        may_change_in_place else InProgress, "another change is under way";
    }
    writes {
        otherwise: state(SandboxState::Resizing).changes_disk().calls_runner();
    }

    /// Copies it while it runs.
    Fork from [Started];
    {
        unsuspended else Suspended, "a suspended organization cannot fork sandboxes";
        vm else UnsupportedClass, "only VM classes can be copied while they run";
        started else BadState, "only a started sandbox can be forked";
        idle else InProgress, "the previous change is not finished";
        on_a_runner else NoRunner, "no runner is assigned that could make the copy";
        without_gpu else GpuUnsupported, "the memory of a GPU cannot be copied";
        may_change_in_place else InProgress, "another change is under way";
    }
    writes {
        otherwise: state(SandboxState::Forking).calls_runner();
    }

    /// Stores an image of it.
    Snapshot from [Started Stopped] flag ["with memory", "without memory"];
    {
        unsuspended else Suspended, "a suspended organization cannot take snapshots";
        started_or_stopped else BadState, "only a started or stopped sandbox can be snapshotted";
        idle else InProgress, "the previous change is not finished";
        on_a_runner else NoRunner, "no runner is assigned that could write the image";
        [yes] memory_snapshots else MemorySnapshotClass, "snapshots of this class cannot include memory";
        [yes] started else MemorySnapshotNeedsStarted, "only a started sandbox has memory to include";
        [no] disk_is_consistent else FsSnapshotNeedsStopped,
            "this class is only snapshotted without memory while it is stopped";
        may_change_in_place else InProgress, "another change is under way";
    }
    writes {
        otherwise: state(SandboxState::Snapshotting).calls_runner();
    }

    /// Brings it back from a recoverable error.
    Recover from [Error] flag ["to be started", "to be stopped"];
    {
        unsuspended else Suspended, "a suspended organization cannot recover sandboxes";
        recoverable else NotRecoverable, "neither its runner nor a backup can bring it back";
        errored else NotError, "only a sandbox in error can be recovered";
        cooled_down else RecoverCooldown, "it was restored from its backup within the cooldown";
        recovers_in_place_or_idle else Conflict, "the sandbox has changed since";
        recovers_somewhere else NoRunner, "no runner is assigned that could repair it, and there is no backup";
        not_to_be_destroyed else InProgress, "it is being deleted";
        not_repaired else InProgress, "its recovery is under way";
        no_fork_loses_disk else ForkChildren, "its forks still read its disk, which a recovery from the backup removes: destroy them first";
    }
    writes {
        recovers_from_backup:
            state(SandboxState::Archived).desired(DesiredState::Started).leaves_error().uses_backup().rotates_token()
                .emits(EventName::Started);
        [yes]: desired(DesiredState::Started).repairs().changes_disk().rotates_token().calls_runner();
        otherwise: desired(DesiredState::Stopped).repairs().changes_disk().calls_runner();
    }

    /// Requests a backup of its disk.
    Backup from any;
    {
        durable else Ephemeral, "an ephemeral sandbox is never restored, so it is not backed up";
        no_backup_under_way else BackupInProgress, "a backup is under way";
    }
    writes {
        needs_no_backup: leaves_row();
        disk_rests: requests_backup(false).emits(EventName::BackupCreated);
        otherwise: requests_backup(true).emits(EventName::BackupCreated);
    }

    /// Sets after how many idle minutes a running sandbox is stopped.
    AutoStop from any flag ["turned off", "turned on"];
    {
        [no] auto_pause_off else OneIdleTimer, "auto-pause is on and counts the same idle time: turn it off first";
        coherent else InProgress, "state and desired state are inconsistent";
    }
    writes {}

    /// Sets after how many idle minutes a running VM is paused.
    AutoPause from any flag ["turned off", "turned on"];
    {
        [no] vm else UnsupportedClass, "only VM classes can keep their memory";
        [no] durable else Ephemeral, "an ephemeral sandbox is deleted when it stops, never paused";
        [no] auto_stop_off else OneIdleTimer, "auto-stop is on and counts the same idle time: turn it off first";
        coherent else InProgress, "state and desired state are inconsistent";
    }
    writes {}

    /// Sets after how many idle minutes a stopped sandbox is archived.
    AutoArchive from any;
    {
        coherent else InProgress, "state and desired state are inconsistent";
    }
    writes {}

    /// Sets after how many idle minutes a stopped sandbox is deleted.
    AutoDelete from any flag ["made ephemeral", "made durable"];
    {
        without_gpu else GpuMustStayEphemeral, "a GPU sandbox is always deleted when it stops";
        [no] unlinked else LinkedMustStayEphemeral, "a linked sandbox is always deleted when it stops";
        [yes] auto_pause_off else OneIdleTimer,
            "auto-pause is on, and an ephemeral sandbox is never paused: turn it off first";
        coherent else InProgress, "state and desired state are inconsistent";
    }
    writes {}

    /// Sets how many minutes it may live from now.
    Ttl from any;
    {
        coherent else InProgress, "state and desired state are inconsistent";
    }
    writes {}

    /// Notes that it was used.
    Touch from any;
    {}
    writes {
        otherwise: leaves_row();
    }
}

/// The cases of a row, followed by the one that is left.
const fn cases<const N: usize>(stated: [Case; N]) -> [Case; CASES] {
    const { assert!(N <= CASES, "a row of the table has at most so many cases") };
    let mut cases = [Case::LEFT; CASES];
    let (mut to, mut from): (&mut [Case], &[Case]) = (&mut cases, &stated);
    while let ([place, places @ ..], [case, rest @ ..]) = (to, from) {
        *place = *case;
        (to, from) = (places, rest);
    }
    cases
}

/// Returns the row of a verb.
#[expect(clippy::as_conversions, clippy::indexing_slicing, reason = "the table has one row for each verb, in order")]
pub(crate) const fn row(verb: Verb) -> &'static Row {
    &ROWS[verb as usize]
}

impl Verb {
    /// Returns what the command does, in the domain's words.
    pub fn summary(self) -> &'static str {
        row(self).summary.trim_start()
    }

    /// Returns what the command demands, in order.
    pub fn checks(self) -> &'static [Check] {
        row(self).checks
    }

    /// Returns what the command's yes-or-no argument means, if it has one: first yes, then no.
    ///
    /// ```
    /// use sandbox_lifecycle::Verb;
    /// assert_eq!(Verb::Snapshot.flag(), Some(["with memory", "without memory"]));
    /// ```
    pub fn flag(self) -> Option<[&'static str; 2]> {
        row(self).flag
    }

    /// Returns the states from which it can be accepted if everything else that it demands holds.
    pub fn from_states(self) -> impl Iterator<Item = SandboxState> {
        row(self).from.iter()
    }

    /// Whether the command changes where the sandbox is or should go. The others change a setting or request something.
    pub fn moves(self) -> bool {
        row(self).cases.iter().any(|case| case.writes.state.is_some() || case.writes.desired.is_some())
    }
}

/// Guards that the numbers of a resize answer. Where no numbers are given, they are assumed to be right.
pub(crate) const OF_NUMBERS: Facts = disk_at_rest.and(keeps_cpu).and(keeps_memory).and(keeps_disk).and(changes_size);

/// Returns the verbs that are accepted where these facts hold, with the right arguments. A verb whose result is already so
/// is not among them.
pub(crate) fn accepted_with(facts: Facts) -> impl Iterator<Item = Verb> + use<> {
    let facts = facts.and(OF_NUMBERS);
    let accepts = move |row: &Row| [true, false].map(|flag| row.rule(flag).demands.without(facts).is_empty());
    let accepted = ROWS.iter().filter(move |row| !facts.contain(row.already) && accepts(row).contains(&true));
    accepted.map(|row| row.verb)
}

#[cfg(test)]
mod tests {
    use super::{ROWS, Verb};

    #[test]
    fn the_rows_stand_in_the_order_of_the_verbs() {
        assert_eq!(ROWS.each_ref().map(|row| row.verb).as_slice(), Verb::ALL);
    }
}
