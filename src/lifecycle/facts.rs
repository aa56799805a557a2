//! The facts: the yes-or-no questions that rules ask about a sandbox's own columns, one bit each.
//!
//! A lifecycle keeps the answers, so that a decision compares words instead of asking again. Rules add facts from outside
//! the row (`rules/guards.rs`), whose bits come after these.
#![allow(non_upper_case_globals, reason = "a fact reads like the question that it answers")]

use super::{
    pairs,
    sets::{
        fact_set::Facts,
        state_set::{StateSet, states},
    },
    status::MOST_ATTEMPTS,
    value::Lifecycle,
};
use crate::vocabulary::{AutoPause, AutoStop, DesiredState as D, Repair, SandboxState as S};

/// How a reader sees a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phrase {
    /// The state is one of these.
    States(StateSet),
    /// Any other question.
    Words(&'static str),
}

impl core::fmt::Display for Phrase {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::States(states) => states.fmt(f),
            Self::Words(words) => f.write_str(words),
        }
    }
}

/// Which columns of a row a fact asks about. The state is one that an API record shows, as the reported state.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reads {
    /// Only columns that an API record shows.
    Record,
    /// Only columns that the server keeps to itself.
    Server,
    /// Columns of both kinds.
    Both,
}

macro_rules! reads {
    (record) => {
        Reads::Record
    };
    (server) => {
        Reads::Server
    };
    (record server) => {
        Reads::Both
    };
}

/// Declares the facts: a name, then the states that it holds in, or which columns it asks about, words, and the condition
/// for a row.
macro_rules! facts {
    (
        states { $($named:ident: $states:expr;)+ }
        others($row:ident, $status:ident, $state:ident, $desired:ident) {
            $($name:ident [$($reads:ident)+] $words:literal: $holds:expr;)+
        }
    ) => {
        #[allow(non_camel_case_types, reason = "numbers the facts by their own names")]
        enum Number { $($named,)+ $($name,)+ End }

        $(
            pub(crate) const $named: Facts = Facts::nth(Number::$named as u32);
        )+
        $(
            #[doc = $words]
            pub(crate) const $name: Facts = Facts::nth(Number::$name as u32);
        )+
        /// How many facts a row has.
        #[expect(clippy::as_conversions, reason = "a number of a fact; `as` is what const allows")]
        pub(crate) const COUNT: u32 = Number::End as u32;

        /// Every fact of a row with its name, its phrase, and the columns that it asks about.
        pub(crate) const NAMED: &[(Facts, &str, Phrase, Reads)] = &[
            $(($named, stringify!($named), Phrase::States($states), Reads::Record),)+
            $(($name, stringify!($name), Phrase::Words($words), reads!($($reads)+)),)+
        ];

        impl Lifecycle {
            /// The value with its facts found anew. Every way to change a column ends here.
            pub(crate) fn with_facts(mut self) -> Self {
                let ($row, $status) = (&self, self.status);
                let ($state, $desired) = ($status.state(), $status.desired());
                self.facts = Facts::NONE
                    $(.and($named.when(const { $states }.contains($state))))+
                    $(.and($name.when($holds)))+;
                self
            }
        }
    };
}

facts! {
    states {
        started: states![Started];
        stopped: states![Stopped];
        paused: states![Paused];
        errored: states![Error];
        not_errored: states![Error BuildFailed].not();
        started_or_paused: states![Started Paused];
        started_or_stopped: states![Started Stopped];
        can_wake: states![Stopped Archived Archiving Paused];
        may_be_destroyed: pairs::states_next_to(D::Destroyed);
        // The same question as `stopped`, for which the API profile may answer yes too.
        disk_unused: states![Stopped];
    }
    others(row, status, state, desired) {
        settled [record] "settled": status.is_settled();
        settled_or_archiving [record] "settled, or stopped or archiving with desired archived":
            status.is_settled() || desired == D::Archived && states![Stopped Archiving].contains(state);
        coherent [record] "a desired state that may stand next to the state": status.is_coherent();
        may_change_in_place [record] "desired started, stopped or resized": pairs::stands_next_to_a_change_in_place(desired);
        to_be_destroyed [record] "desired destroyed": desired == D::Destroyed;
        idle [server] "nothing pending": !status.pending();
        idle_or_pending_build [record server] "nothing pending, or pending_build": !status.pending() || state == S::PendingBuild;
        already_started [record] "started, with desired started": state == S::Started && desired == D::Started;
        already_without_copy [record server] "desired destroyed, nothing pending, and no runner":
            desired == D::Destroyed && !status.pending() && !status.has_runner();
        already_to_be_destroyed [record server] "desired destroyed, and nothing pending or pending_build":
            desired == D::Destroyed && (!status.pending() || state == S::PendingBuild);
        on_a_runner [server] "on a runner": status.has_runner();
        held_by_a_runner [record server] "on a runner, and not destroyed": status.has_runner() && state != S::Destroyed;
        recoverable [record] "recoverable": status.recoverable();
        timed_out_with_backup [record server] "timed out with a usable backup": status.timed_out_with_backup();
        recovers_in_place [record server] "without a timeout and a usable backup": !status.timed_out_with_backup();
        recovers_from_backup [record server] "timed out with a usable backup, or without a runner and with a backup":
            status.recovers_from_backup();
        recovery_keeps_copy [record server] "without a runner, or without a timeout and a usable backup":
            !status.has_runner() || !status.timed_out_with_backup();
        not_repaired [server] "without a recovery under way": status.repair() != Some(Repair::Recover);
        not_to_be_destroyed [record] "not to be destroyed": desired != D::Destroyed;
        recovers_in_place_or_idle [record server] "nothing pending, or without a timeout and a usable backup":
            !status.timed_out_with_backup() || !status.pending();
        recovers_somewhere [record server] "with a backup to recover from, or on a runner":
            status.recovers_from_backup() || status.has_runner();
        // An attempt that the store is still to be asked about has not ended: its number must not be replaced.
        no_backup_under_way [record server] "no backup under way": !status.awaits_backup() && !status.must_ask_store();
        needs_no_backup [record server] "without a disk to back up, to be archived or destroyed, or at rest or changed in place with a current backup":
            !status.has_runner() || !status.is_coherent() || !pairs::HAS_DISK.contains(state) || matches!(desired, D::Archived | D::Destroyed)
                || ((pairs::DISK_RESTS.contains(state) || pairs::IN_PLACE.contains(state)) && status.has_usable_backup());
        disk_rests [record] "at rest": pairs::DISK_RESTS.contains(state);
        archivable [server] "not given up as an archive": status.archive_attempts() < MOST_ATTEMPTS;
        vm [record] "a VM class": row.class.is_vm();
        vm_or_not_paused [record] "a VM class, or not paused": row.class.is_vm() || state != S::Paused;
        without_gpu [record] "without a GPU": row.gpus == 0;
        durable [record] "not ephemeral": row.auto_delete != 0;
        ephemeral [record] "ephemeral": row.auto_delete == 0;
        auto_stop_off [record] "auto-stop off": row.auto_stop == AutoStop::Never;
        auto_pause_off [record] "auto-pause off": row.auto_pause == AutoPause::Never;
    }
}
