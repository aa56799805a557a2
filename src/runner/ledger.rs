//! The ledger of one sandbox: the newest epoch, the work of its call, and whether the copy was released or removed.

use super::{
    copy::{CopyAnswer, Listed},
    end::End,
};
use crate::rules::Call;
use crate::vocabulary::{CopyState, field_reader as read, is_older, object_form};
use core::fmt;
use serde::Serialize;

object_form! {
    /// What a runner remembers about one sandbox id. It outlives the copy: without it, a late call could bring a
    /// removed sandbox back. The default is an absent ledger.
    ///
    /// Its methods do not change it. They return an [`Entry`](super::Entry) with the ledger to store and the verdict to
    /// carry out then. The controller guarantees two things: an epoch names one call, and the epoch of a release or
    /// removal is newer than that of every call that it sent to this runner before.
    ///
    /// Source: contracts 7 and 11 of `docs/PROTOCOL.md`. The recorded server's runners keep no ledger.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
    form: #[serde(default, rename_all = "camelCase", deny_unknown_fields)]
    pub struct Ledger {
        /// The newest epoch of a call, an ask, a release or a removal.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "read::newest")]
        pub(super) newest: Option<u32>,
        /// The newest call, with its own epoch: an ask may have shown a newer one while the call is under way.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "read::work")]
        pub(super) work: Option<Work>,
        /// The release or removal that counts.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "read::departure")]
        pub(super) departure: Option<Departure>,
    }
}

object_form! {
    /// A call that was taken, and how its work ended, once it has.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    form: #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub(super) struct Work {
        #[serde(deserialize_with = "read::call")]
        pub(super) call: Call,
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::end")]
        pub(super) end: Option<End>,
    }
}

object_form! {
    /// The release or removal of a copy, with its epoch. Calls of this and older epochs are refused.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
    form: #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub enum Departure {
        /// Released: nothing runs, and the disk is kept.
        Released {
            /// The epoch of the release.
            #[serde(deserialize_with = "read::epoch")]
            epoch: u32,
        },
        /// Removed: the ledger is a tombstone.
        Removed {
            /// The epoch of the removal.
            #[serde(deserialize_with = "read::epoch")]
            epoch: u32,
        },
    }
}

impl Ledger {
    /// Returns the ledger after a restart that ended the work of the call that was under way: the call is carried out
    /// if it is repeated. A finished call is not changed.
    ///
    /// Use it only if no job of the call still runs. Before it, look at the copy: if it shows that the work is
    /// complete, use [`finish`](Self::finish). Delete what an interrupted create, restore or destroy left, and show it
    /// as no copy: its disk is not whole.
    #[must_use = "store this ledger"]
    pub fn interrupted(self) -> Self {
        Self { work: self.work.filter(|work| work.end.is_some()), ..self }
    }

    /// Returns the entry of this copy in the runner's inventory, or `None` if there is no copy. `seen` is what the
    /// runner sees of its copy now.
    ///
    /// A released copy is listed. A copy with a call under way is busy.
    pub fn list(self, seen: CopyAnswer) -> Option<Listed> {
        let CopyAnswer { state, size } = self.with_work(seen);
        let released = self.departure.is_some();
        (state != CopyState::None).then_some(Listed { epoch: self.newest, state, size, released })
    }

    /// Returns the newest epoch that the runner has seen, or `None` if it has seen none.
    pub const fn newest_epoch(self) -> Option<u32> {
        self.newest
    }

    /// Returns the call whose work is under way. Its epoch may be older than the newest.
    pub fn call_under_way(self) -> Option<Call> {
        self.work.filter(|work| work.end.is_none()).map(|work| work.call)
    }

    /// Returns the release or removal that counts, or `None` if the copy is assigned.
    ///
    /// After a restart, stop a released copy that runs and delete what is left of a removed one. A job for another
    /// sandbox, such as a fork, must not make a copy of a removed one, nor of one whose [newest
    /// epoch](Self::newest_epoch) is newer than the job's: the child may have been destroyed since.
    pub const fn departure(self) -> Option<Departure> {
        self.departure
    }

    /// Returns the newest epoch if `epoch` is older.
    pub(super) fn newer_than(self, epoch: u32) -> Option<u32> {
        self.newest.filter(|newest| is_older(epoch, *newest))
    }

    pub(super) fn work_of(self, epoch: u32) -> Option<Work> {
        self.work.filter(|work| work.call.epoch == epoch)
    }

    pub(super) fn answer(self, seen: CopyAnswer) -> CopyAnswer {
        if self.departure.is_some() { CopyAnswer::NONE } else { self.with_work(seen) }
    }

    /// Returns what the runner sees, or busy if a call is under way. No copy has no size.
    fn with_work(self, seen: CopyAnswer) -> CopyAnswer {
        if self.call_under_way().is_some() {
            CopyAnswer { state: CopyState::Busy, ..seen }
        } else if seen.state == CopyState::None {
            CopyAnswer::NONE
        } else {
            seen
        }
    }
}

/// `newest epoch 7; start (epoch 7) is under way`.
impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.newest {
            Some(newest) => write!(f, "newest epoch {newest}")?,
            None => f.write_str("no epoch seen")?,
        }
        match self.work {
            Some(Work { call, end: Some(end) }) => write!(f, "; {call} {end}")?,
            Some(Work { call, end: None }) => write!(f, "; {call} is under way")?,
            None => {}
        }
        match self.departure {
            Some(departure) => write!(f, "; {departure}"),
            None => Ok(()),
        }
    }
}

/// `released (epoch 7)`.
impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Released { epoch } => write!(f, "released (epoch {epoch})"),
            Self::Removed { epoch } => write!(f, "removed (epoch {epoch})"),
        }
    }
}
