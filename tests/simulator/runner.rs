//! A runner: its copies, and the progress of its jobs.

use crate::{mistakes::Mistake, store::Id};
use sandbox_lifecycle::{
    SandboxState,
    controller::Image,
    rules::{Call, Task},
};
use std::collections::HashMap;

/// The copy of a sandbox, or the tombstone of a released one.
#[derive(Debug, Clone)]
pub struct Copy {
    /// `None` once the copy is removed. The last call is still remembered.
    pub state: Option<SandboxState>,
    /// The disk version. It grows whenever the sandbox has run.
    pub version: u64,
    /// The highest epoch of a call.
    pub seen: u32,
    pub work: Option<Work>,
}

/// The last call for a copy.
#[derive(Debug, Clone)]
pub struct Work {
    pub call: Call,
    /// The state before, which a failed job returns to.
    pub from: Option<SandboxState>,
    /// How the job ended, once it has.
    pub ended: Option<bool>,
    /// The attempt. The end of an older attempt is ignored.
    pub attempt: u64,
}

/// What a runner does with a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// It has seen a newer epoch and refuses the call.
    TooOld,
    /// It has done the call, and reports the end again.
    Again { well: bool },
    /// It starts a job, with this number of the attempt.
    Begun { attempt: u64 },
}

pub struct Runner {
    pub ready: bool,
    pub draining: bool,
    pub copies: HashMap<Id, Copy>,
    pub images: HashMap<Id, Image>,
    attempts: u64,
}

impl Runner {
    pub fn new() -> Self {
        Self { ready: true, draining: false, copies: HashMap::new(), images: HashMap::new(), attempts: 0 }
    }

    pub fn state(&self, id: Id) -> Option<SandboxState> {
        self.copies.get(&id).and_then(|copy| copy.state)
    }

    /// Returns the unfinished jobs in a fixed order.
    pub fn unfinished(&self) -> Vec<(Id, u64)> {
        let works = self.copies.iter().filter_map(|(id, copy)| Some((*id, copy.work.as_ref()?)));
        let mut unfinished: Vec<_> =
            works.filter(|(_, it)| it.ended.is_none()).map(|(id, it)| (id, it.attempt)).collect();
        unfinished.sort_unstable();
        unfinished
    }

    /// Adds a copy without a call: a sandbox that already ran, a fetched image, a fork child.
    pub fn place(&mut self, id: Id, state: SandboxState, version: u64, seen: u32) {
        self.copies.insert(id, Copy { state: Some(state), version, seen, work: None });
    }

    pub fn take(&mut self, id: Id, call: Call, mistake: Option<Mistake>) -> Taken {
        self.attempts += 1;
        let attempt = self.attempts;
        let copy = self.copies.entry(id).or_insert(Copy { state: None, version: 0, seen: 0, work: None });
        if call.epoch < copy.seen && mistake != Some(Mistake::TakesOldCalls) {
            return Taken::TooOld;
        }
        copy.seen = copy.seen.max(call.epoch);
        let known = copy.work.as_mut().filter(|work| work.call == call);
        match known {
            Some(Work { ended: Some(true), .. }) => return Taken::Again { well: true },
            Some(work) => {
                // A repeated call of an unfinished or failed job starts a new attempt.
                (work.ended, work.attempt) = (None, attempt);
            }
            None => copy.work = Some(Work { call, from: copy.state, ended: None, attempt }),
        }
        if let Some(state) = meanwhile(call.task) {
            copy.state = copy.state.map_or_else(|| appears(call.task).then_some(state), |_| Some(state));
        }
        Taken::Begun { attempt }
    }

    /// Ends an attempt and returns its call, or `None` when a newer attempt replaced it.
    pub fn end(&mut self, id: Id, attempt: u64, well: bool, backup: Option<u64>) -> Option<(Call, bool)> {
        let copy = self.copies.get_mut(&id)?;
        let work = copy.work.as_mut().filter(|work| work.attempt == attempt && work.ended.is_none())?;
        let has_what_it_needs = copy.state.is_some() || matches!(work.call.task, Task::Destroy | Task::Build);
        let well = well && has_what_it_needs;
        work.ended = Some(well);
        let (call, from) = (work.call, work.from);
        let (state, version) = match (call.task, well) {
            (Task::Create, true) => (Some(SandboxState::Started), copy.version + 1),
            (Task::Restore, true) => (Some(SandboxState::Started), backup.unwrap_or(0) + 1),
            (Task::Start | Task::Resume, true) => (Some(SandboxState::Started), copy.version + 1),
            (Task::Stop { .. } | Task::Recover { .. }, true) => (Some(SandboxState::Stopped), copy.version + 1),
            (Task::Pause, true) => (Some(SandboxState::Paused), copy.version + 1),
            (Task::Destroy, true) => (None, copy.version),
            (Task::Create | Task::Restore, false) => (None, copy.version),
            (Task::Resize { .. } | Task::Snapshot { .. } | Task::Fork, _) => (from, copy.version),
            (Task::Build, _) => (copy.state, copy.version),
            (_, false) => (from, copy.version),
        };
        (copy.state, copy.version) = (state, version);
        Some((call, well))
    }
}

/// Returns the state of a copy during a job.
fn meanwhile(task: Task) -> Option<SandboxState> {
    Some(match task {
        Task::Create => SandboxState::Creating,
        Task::Restore => SandboxState::Restoring,
        Task::Start => SandboxState::Starting,
        Task::Resume => SandboxState::Resuming,
        Task::Stop { .. } => SandboxState::Stopping,
        Task::Pause => SandboxState::Pausing,
        Task::Destroy => SandboxState::Destroying,
        Task::Resize { .. } => SandboxState::Resizing,
        Task::Snapshot { .. } => SandboxState::Snapshotting,
        Task::Fork => SandboxState::Forking,
        _ => return None,
    })
}

/// Returns whether a task creates a copy.
fn appears(task: Task) -> bool {
    matches!(task, Task::Create | Task::Restore)
}
