//! A runner of the stories: a copy, its image, and the ledger that says what to do with each message.

use crate::script::Manner;
use sandbox_lifecycle::{
    Report, SandboxState,
    controller::Image,
    rules::{Answer, Call, Job, Outcome, Task},
    runner::{AskVerdict, CallVerdict, CopyAnswer, End, Entry, FinishVerdict, LeaveVerdict, Ledger},
    vocabulary::{CopyState, Fault},
};

/// One runner. Its ledger survives every crash.
#[derive(Clone, Copy, Default)]
pub struct Runner {
    pub copy: CopyState,
    pub image: Image,
    ledger: Ledger,
}

impl Runner {
    /// A runner with the copy of a sandbox that begins in this state.
    pub fn of(state: SandboxState) -> Self {
        let copy = match state {
            SandboxState::Started => CopyState::Running,
            SandboxState::Paused => CopyState::Paused,
            SandboxState::Stopped | SandboxState::Error => CopyState::AtRest,
            _ => CopyState::None,
        };
        Self { copy, ..Self::default() }
    }

    /// Stores the ledger of an entry and returns the verdict.
    fn store<V>(&mut self, entry: Entry<V>) -> V {
        self.ledger = entry.ledger();
        entry.stored()
    }

    /// Takes a call, carries it out at once, and returns its reports. A repeated call is answered and not done again.
    pub fn call(&mut self, call: Call, manner: Manner) -> Vec<Report> {
        let end = match self.store(self.ledger.call(call)) {
            CallVerdict::Refuse(_) | CallVerdict::UnderWay => return Vec::new(),
            CallVerdict::Repeat(report) => return reports(call, report),
            CallVerdict::CarryOut { replaces_copy, .. } => {
                if replaces_copy {
                    self.copy = CopyState::None;
                }
                match manner {
                    Manner::Silent(deaf) if deaf == call.task => return Vec::new(),
                    Manner::Refuses(refused) if refused == call.task => {
                        End::Refused { fault: Fault::Refused, recoverable: false }
                    }
                    Manner::Fails { task, recoverable } if task == call.task => {
                        End::Failed { fault: Fault::Runner, recoverable }
                    }
                    _ => self.work(call.task),
                }
            }
        };
        match self.store(self.ledger.finish(call.epoch, end)) {
            FinishVerdict::Send(report) => reports(call, report),
            FinishVerdict::Superseded { .. } | FinishVerdict::NotUnderWay => Vec::new(),
        }
    }

    fn work(&mut self, task: Task) -> End {
        match task {
            Task::Create | Task::Restore | Task::Start | Task::Resume => self.copy = CopyState::Running,
            Task::Stop { .. } | Task::Recover { .. } => self.copy = CopyState::AtRest,
            Task::Pause => self.copy = CopyState::Paused,
            Task::Destroy => self.copy = CopyState::None,
            Task::Build | Task::Pull => self.image = Image::Ready,
            Task::Resize { .. } | Task::Snapshot { .. } | Task::Fork | Task::Backup { .. } => {}
        }
        End::Completed
    }

    /// Answers an ask, unless the ledger refuses it.
    pub fn ask(&mut self, epoch: u32) -> Option<CopyAnswer> {
        let seen = CopyAnswer { state: self.copy, size: None };
        match self.store(self.ledger.ask(epoch, seen)) {
            AskVerdict::Answer(answer) => Some(answer),
            AskVerdict::Refuse(_) => None,
        }
    }

    pub fn remove(&mut self, epoch: u32) {
        if let LeaveVerdict::CarryOut { .. } = self.store(self.ledger.remove(epoch)) {
            self.copy = CopyState::None;
        }
    }

    pub fn release(&mut self, epoch: u32) {
        if let LeaveVerdict::CarryOut { .. } = self.store(self.ledger.release(epoch)) {
            self.copy = if self.copy == CopyState::None { CopyState::None } else { CopyState::AtRest };
        }
    }
}

/// Returns the reports of a call: it was accepted, and how it ended. A fork ends for the child too.
fn reports(call: Call, end: Report) -> Vec<Report> {
    let Call { task, epoch } = call;
    let epoch = Some(epoch);
    let mut reports = vec![Report::Answered { task, answer: Answer::Accepted, from: None, epoch }];
    if task == Task::Fork {
        reports.push(Report::Ended { job: Job::ForkChild, outcome: Outcome::Completed, epoch });
    }
    reports.push(end);
    reports
}
