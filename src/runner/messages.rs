//! What the ledger says to each message, and to the end of the runner's own work.

use super::{
    copy::CopyAnswer,
    end::End,
    entry::Entry,
    ledger::{Departure, Ledger, Work},
    refusal::EpochRefusal,
    verdict::{AskVerdict, CallVerdict, FinishVerdict, LeaveVerdict},
};
use crate::rules::{Call, Task};

impl Ledger {
    /// Takes a call.
    ///
    /// - A call with an older epoch than the newest is refused, and so is a call with the epoch of a release or removal.
    /// - A call whose work is finished is answered again, and never done again.
    /// - A call that is under way is not begun twice.
    /// - Any other call is carried out: one of a newer epoch, and one of the newest epoch of which nothing was begun. It
    ///   supersedes older work and undoes a release or removal.
    ///
    /// The request of a backup names no epoch, so an older one is not late: a start between the request and its arrival does
    /// not end the attempt. It is carried out unless the copy was released or removed, and the ledger does not keep it. The
    /// backup maker recognizes repeats by the number of the attempt.
    ///
    /// Store the entry's ledger before the work begins.
    pub fn call(self, call: Call) -> Entry<CallVerdict> {
        if let Task::Backup { .. } = call.task {
            let verdict = match self.departure {
                Some(departure) => CallVerdict::Refuse(departure.refusal()),
                None => CallVerdict::CarryOut { replaces_copy: false, supersedes: None },
            };
            return Entry::new(self, verdict);
        }
        if let Some(refusal) = self.refuse(call.epoch) {
            return Entry::new(self, CallVerdict::Refuse(refusal));
        }
        let newest = call.epoch;
        if let Some(refusal) = self.departure.map(Departure::refusal).filter(|refusal| refusal.newest_epoch() == newest)
        {
            return Entry::new(self, CallVerdict::Refuse(refusal));
        }
        if let Some(work) = self.work_of(newest) {
            return Entry::new(self, work.repeated(call));
        }
        let verdict = CallVerdict::CarryOut {
            replaces_copy: matches!(call.task, Task::Restore),
            supersedes: self.call_under_way().map(|older| older.epoch),
        };
        let work = Work { call, end: None };
        Entry::new(Self { newest: Some(newest), work: Some(work), departure: None }, verdict)
    }

    /// Takes an ask with the epoch of the row. `seen` is what the runner sees of its copy now.
    ///
    /// An ask with an older epoch than the newest is refused. Otherwise its epoch becomes the newest, and an older release
    /// is undone. The answer is what the runner sees, with two exceptions: it is busy while a call is under way, also a
    /// call of an older epoch, and it is none if the copy is released or removed. An ask does not undo a removal: what is
    /// left of a removed copy is no copy.
    ///
    /// Store the entry's ledger before you answer: the answer promises that older calls are refused from then on.
    pub fn ask(self, epoch: u32, seen: CopyAnswer) -> Entry<AskVerdict> {
        if let Some(refusal) = self.refuse(epoch) {
            return Entry::new(self, AskVerdict::Refuse(refusal));
        }
        let departure = match self.departure {
            Some(Departure::Released { epoch: released }) if released != epoch => None,
            kept @ (Some(Departure::Released { .. } | Departure::Removed { .. }) | None) => kept,
        };
        // The answer of an older epoch is never sent again.
        let work = self.work.filter(|work| work.call.epoch == epoch || work.end.is_none());
        let asked = Self { newest: Some(epoch), work, departure };
        Entry::new(asked, AskVerdict::Answer(asked.answer(seen)))
    }

    /// Takes a release: stop what runs and keep the disk.
    ///
    /// From then on the copy counts as none, and calls of this and older epochs are refused. A call or an ask of a newer
    /// epoch undoes it. A release with an older epoch than the newest has no effect: it never undoes a newer assignment. A
    /// removed copy stays removed.
    ///
    /// Store the entry's ledger before you stop the copy, and acknowledge the release after it.
    pub fn release(self, epoch: u32) -> Entry<LeaveVerdict> {
        let departure = match self.departure {
            Some(Departure::Removed { .. }) => Departure::Removed { epoch },
            Some(Departure::Released { .. }) | None => Departure::Released { epoch },
        };
        self.leave(epoch, departure)
    }

    /// Takes a removal: delete the copy. The ledger stays, as a tombstone.
    ///
    /// Calls of this and older epochs are refused from then on. A removal with an older epoch than the newest has no
    /// effect.
    ///
    /// Store the entry's ledger before you delete the copy, and acknowledge the removal after it.
    pub fn remove(self, epoch: u32) -> Entry<LeaveVerdict> {
        self.leave(epoch, Departure::Removed { epoch })
    }

    /// Records the end of the work of the call with this epoch.
    ///
    /// The first end counts. The end of superseded work is not recorded as an answer. If only an ask superseded it, it
    /// is no longer under way, and later asks are answered with what the runner sees.
    ///
    /// Store the entry's ledger before you send the report.
    pub fn finish(self, epoch: u32, end: End) -> Entry<FinishVerdict> {
        let work = self.work_of(epoch);
        match (work, self.newer_than(epoch)) {
            (None, None) => Entry::new(self, FinishVerdict::NotUnderWay),
            (None, Some(newest)) => Entry::new(self, FinishVerdict::Superseded { newest }),
            (Some(_), Some(newest)) => Entry::new(Self { work: None, ..self }, FinishVerdict::Superseded { newest }),
            (Some(Work { call, end: first }), None) => {
                let end = first.unwrap_or(end);
                let work = Some(Work { call, end: Some(end) });
                Entry::new(Self { work, ..self }, FinishVerdict::Send(end.report(call)))
            }
        }
    }

    fn refuse(self, epoch: u32) -> Option<EpochRefusal> {
        self.newer_than(epoch).map(|newest| EpochRefusal::OlderEpoch { epoch, newest })
    }

    fn leave(self, epoch: u32, departure: Departure) -> Entry<LeaveVerdict> {
        if let Some(newest) = self.newer_than(epoch) {
            return Entry::new(self, LeaveVerdict::WithoutEffect { newest });
        }
        let supersedes = self.call_under_way().map(|call| call.epoch);
        let left = Self { newest: Some(epoch), work: None, departure: Some(departure) };
        Entry::new(left, LeaveVerdict::CarryOut { supersedes })
    }
}

impl Departure {
    /// Returns the refusal of a call that does not undo this departure.
    const fn refusal(self) -> EpochRefusal {
        match self {
            Self::Released { epoch: newest } => EpochRefusal::Released { newest },
            Self::Removed { epoch: newest } => EpochRefusal::Removed { newest },
        }
    }
}

impl Work {
    /// Returns the verdict on a call of the same epoch.
    fn repeated(self, call: Call) -> CallVerdict {
        if self.call != call {
            return CallVerdict::Refuse(EpochRefusal::OtherCall { call: self.call });
        }
        match self.end {
            None => CallVerdict::UnderWay,
            Some(end) => CallVerdict::Repeat(end.report(call)),
        }
    }
}
