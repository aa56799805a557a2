//! A naive second ledger: it keeps everything that happened, and searches it for each question.
//!
//! It stores no conclusion. "Is this call under way?" is a question to the whole log.

use sandbox_lifecycle::{
    rules::{Call, Task},
    runner::{AskVerdict, CallVerdict, CopyAnswer, End, EpochRefusal, FinishVerdict, LeaveVerdict, Listed},
    vocabulary::CopyState,
};

/// Something that happened on the runner and had an effect.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Happened {
    Began(Call),
    Asked(u32),
    Released(u32),
    Removed(u32),
    Ended(u32, End),
    Crashed,
}

use Happened::{Asked, Began, Crashed, Ended, Released, Removed};

#[derive(Debug, Clone, Default)]
pub struct Log(Vec<Happened>);

impl Log {
    pub fn call(&mut self, call: Call) -> CallVerdict {
        let epoch = call.epoch;
        if let Task::Backup { .. } = call.task {
            // It names no epoch: only a copy that was left is not backed up.
            let left = self.0.iter().rev().find_map(|happened| match happened {
                Removed(newest) => Some(EpochRefusal::Removed { newest: *newest }),
                Released(newest) if !self.is_removed() => Some(EpochRefusal::Released { newest: *newest }),
                Released(newest) => Some(EpochRefusal::Removed { newest: *newest }),
                Began(_) | Asked(_) | Ended(..) | Crashed => None,
            });
            return match left.filter(|_| self.is_removed() || self.is_released()) {
                Some(refusal) => CallVerdict::Refuse(refusal),
                None => CallVerdict::CarryOut { replaces_copy: false, supersedes: None },
            };
        }
        if let Some(newest) = self.newest().filter(|newest| is_older(epoch, *newest)) {
            return CallVerdict::Refuse(EpochRefusal::OlderEpoch { epoch, newest });
        }
        // A copy that was removed at this epoch stays removed, also if a release of the same epoch came before or after.
        if self.0.contains(&Removed(epoch)) || self.0.contains(&Released(epoch)) && self.is_removed() {
            return CallVerdict::Refuse(EpochRefusal::Removed { newest: epoch });
        }
        if self.0.contains(&Released(epoch)) {
            return CallVerdict::Refuse(EpochRefusal::Released { newest: epoch });
        }
        let begun = self.last_begun_of(epoch);
        let verdict = match begun.map(|begun| (begun, self.end_of(epoch))) {
            Some((begun, _)) if begun != call => CallVerdict::Refuse(EpochRefusal::OtherCall { call: begun }),
            Some((_, Some(end))) => CallVerdict::Repeat(end.report(call)),
            Some((_, None)) => CallVerdict::UnderWay,
            None => {
                let replaces_copy = call.task == Task::Restore;
                CallVerdict::CarryOut { replaces_copy, supersedes: self.under_way().map(|older| older.epoch) }
            }
        };
        if matches!(verdict, CallVerdict::CarryOut { .. }) {
            self.0.push(Began(call));
        }
        verdict
    }

    pub fn ask(&mut self, epoch: u32, seen: CopyAnswer) -> AskVerdict {
        if let Some(newest) = self.newest().filter(|newest| is_older(epoch, *newest)) {
            return AskVerdict::Refuse(EpochRefusal::OlderEpoch { epoch, newest });
        }
        self.0.push(Asked(epoch));
        let counts_as_none = self.is_released() || self.is_removed();
        AskVerdict::Answer(if counts_as_none { CopyAnswer::NONE } else { self.busy_or(seen) })
    }

    pub fn release(&mut self, epoch: u32) -> LeaveVerdict {
        self.leave(epoch, Released(epoch))
    }

    pub fn remove(&mut self, epoch: u32) -> LeaveVerdict {
        self.leave(epoch, Removed(epoch))
    }

    fn leave(&mut self, epoch: u32, left: Happened) -> LeaveVerdict {
        if let Some(newest) = self.newest().filter(|newest| is_older(epoch, *newest)) {
            return LeaveVerdict::WithoutEffect { newest };
        }
        let supersedes = self.under_way().map(|call| call.epoch);
        self.0.push(left);
        LeaveVerdict::CarryOut { supersedes }
    }

    pub fn finish(&mut self, epoch: u32, end: End) -> FinishVerdict {
        let is_late = self.newest().filter(|newest| is_older(epoch, *newest));
        let begun = self.last_begun_of(epoch);
        if begun.is_some() && self.end_of(epoch).is_none() {
            self.0.push(Ended(epoch, end));
        }
        match (is_late, begun, self.end_of(epoch)) {
            (Some(newest), _, _) => FinishVerdict::Superseded { newest },
            (None, Some(call), Some(end)) => FinishVerdict::Send(end.report(call)),
            (None, _, _) => FinishVerdict::NotUnderWay,
        }
    }

    pub fn crash(&mut self) {
        self.0.push(Crashed);
    }

    pub fn list(&self, seen: CopyAnswer) -> Option<Listed> {
        let CopyAnswer { state, size } = self.busy_or(seen);
        let released = self.is_released() || self.is_removed();
        (state != CopyState::None).then(|| Listed { epoch: self.newest(), state, size, released })
    }

    /// Returns the epoch that no other epoch of the log makes older.
    pub fn newest(&self) -> Option<u32> {
        let epochs = || {
            self.0.iter().filter_map(|happened| match happened {
                Began(Call { epoch, .. }) | Asked(epoch) | Released(epoch) | Removed(epoch) => Some(*epoch),
                Ended(..) | Crashed => None,
            })
        };
        epochs().find(|epoch| !epochs().any(|other| is_older(*epoch, other)))
    }

    pub fn under_way(&self) -> Option<Call> {
        let at = self.0.iter().rposition(|happened| matches!(happened, Began(_)))?;
        let Began(call) = self.0[at] else { return None };
        let is_over = self.0[at..].iter().any(|later| match later {
            Ended(epoch, _) => *epoch == call.epoch,
            Released(_) | Removed(_) | Crashed => true,
            Began(_) | Asked(_) => false,
        });
        (!is_over).then_some(call)
    }

    /// Returns the last call of this epoch that was begun, unless a crash interrupted it or a release or removal ended it.
    fn last_begun_of(&self, epoch: u32) -> Option<Call> {
        let at = self.0.iter().rposition(|happened| matches!(happened, Began(call) if call.epoch == epoch))?;
        let Began(call) = self.0[at] else { return None };
        let until_its_end = self.0[at..].iter().take_while(|later| !matches!(later, Ended(of, _) if *of == epoch));
        let was_interrupted = until_its_end.into_iter().any(|later| matches!(later, Crashed));
        let was_left = self.0[at..].iter().any(|later| matches!(later, Released(_) | Removed(_)));
        (!was_interrupted && !was_left).then_some(call)
    }

    fn end_of(&self, epoch: u32) -> Option<End> {
        self.0.iter().find_map(|happened| match happened {
            Ended(of, end) if *of == epoch => Some(*end),
            Began(_) | Asked(_) | Released(_) | Removed(_) | Ended(..) | Crashed => None,
        })
    }

    /// A release counts until a call or an ask of another epoch.
    fn is_released(&self) -> bool {
        let Some(at) = self.0.iter().rposition(|happened| matches!(happened, Released(_))) else { return false };
        let Released(released) = self.0[at] else { return false };
        self.0[at..].iter().all(|later| !matches!(later, Began(_)) && !matches!(later, Asked(of) if *of != released))
    }

    /// A removal counts until a call.
    fn is_removed(&self) -> bool {
        self.0.iter().rev().take_while(|happened| !matches!(happened, Began(_))).any(|it| matches!(it, Removed(_)))
    }

    fn busy_or(&self, seen: CopyAnswer) -> CopyAnswer {
        match (self.under_way(), seen.state) {
            (Some(_), _) => CopyAnswer { state: CopyState::Busy, size: seen.size },
            (None, CopyState::None) => CopyAnswer::NONE,
            (None, _) => seen,
        }
    }
}

/// Epochs of one sequence are few steps apart, so it is enough to walk from one to the other.
fn is_older(epoch: u32, than: u32) -> bool {
    (1..=16).any(|steps| epoch.wrapping_add(steps) == than)
}
