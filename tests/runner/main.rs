//! The ledger of a runner: what it says to calls, asks, releases and removals, and what it remembers.

mod asks;
mod calls;
#[path = "../support/cases.rs"]
mod cases;
mod crashes;
mod departures;
mod epochs;
mod inventory;
mod log;
mod log_property;
mod stored_forms;
mod texts;

use sandbox_lifecycle::{
    rules::{Call, Report, Task},
    runner::{AskVerdict, CallVerdict, CopyAnswer, End, Entry, EpochRefusal, FinishVerdict, LeaveVerdict, Ledger},
    vocabulary::{CopyState, Size},
};

const SIZE: Size = Size { cpu: 2, memory: 4, disk: 10 };
const RUNNING: CopyAnswer = CopyAnswer::new(CopyState::Running, SIZE);
const AT_REST: CopyAnswer = CopyAnswer::new(CopyState::AtRest, SIZE);
const BUSY: CopyAnswer = CopyAnswer::new(CopyState::Busy, SIZE);

/// The verdict on a call that is carried out on the present copy, without older work.
const CARRY_OUT: CallVerdict = CallVerdict::CarryOut { replaces_copy: false, supersedes: None };
/// The verdict on a restore that is carried out without older work.
const CARRY_OUT_RESTORE: CallVerdict = CallVerdict::CarryOut { replaces_copy: true, supersedes: None };
/// The verdict on a release or removal that is carried out without older work.
const LEAVE: LeaveVerdict = LeaveVerdict::CarryOut { supersedes: None };

fn start(epoch: u32) -> Call {
    Call { task: Task::Start, epoch }
}

fn restore(epoch: u32) -> Call {
    Call { task: Task::Restore, epoch }
}

/// The report of completed work.
fn completed(call: Call) -> Report {
    End::Completed.report(call)
}

fn older(epoch: u32, newest: u32) -> EpochRefusal {
    EpochRefusal::OlderEpoch { epoch, newest }
}

/// A runner that stores each entry before it reads the verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Runner {
    stored: Ledger,
}

impl Runner {
    fn store<V>(&mut self, entry: Entry<V>) -> V {
        self.stored = entry.ledger();
        entry.stored()
    }
    fn call(&mut self, call: Call) -> CallVerdict {
        self.store(self.stored.call(call))
    }
    fn ask(&mut self, epoch: u32, seen: CopyAnswer) -> AskVerdict {
        self.store(self.stored.ask(epoch, seen))
    }
    fn release(&mut self, epoch: u32) -> LeaveVerdict {
        self.store(self.stored.release(epoch))
    }
    fn remove(&mut self, epoch: u32) -> LeaveVerdict {
        self.store(self.stored.remove(epoch))
    }
    fn finish(&mut self, epoch: u32, end: End) -> FinishVerdict {
        self.store(self.stored.finish(epoch, end))
    }
    fn restart(&mut self) {
        self.stored = self.stored.interrupted();
    }
}

/// A runner that has completed this call.
fn after(call: Call) -> Runner {
    let mut runner = under_way(call);
    assert_eq!(runner.finish(call.epoch, End::Completed), FinishVerdict::Send(completed(call)));
    runner
}

/// A runner that works on this call.
fn under_way(call: Call) -> Runner {
    let mut runner = Runner::default();
    assert!(matches!(runner.call(call), CallVerdict::CarryOut { supersedes: None, .. }));
    runner
}
