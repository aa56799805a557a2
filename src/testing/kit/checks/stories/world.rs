//! The world of a story: the crate's row, the clock, the calls and reports on their way, and the copy on the runner.

use super::moves::{Busy, Ending, Move, Sight};
use crate::{
    controller::{Image, Next, Observed, Placement, RunnerView, Stored},
    lifecycle::Lifecycle,
    policy::Policy,
    rules::{Answer, Call, Cause, Context, Effect, Input, Job, Outcome, Report, Step, Task, Verb},
    runner::CopyAnswer,
    testing::kit::cases::Plan,
    vocabulary::{CopyState, Fault, Micros, SandboxState},
};
use alloc::{collections::BTreeSet, vec::Vec};
use chrono::{DateTime, Utc};

/// The world of a story.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) row: Lifecycle,
    pub(super) now: DateTime<Utc>,
    pub(super) calls: Vec<Call>,
    pub(super) reports: Vec<Report>,
    policy: Policy,
    copy: CopyState,
    image: Image,
    /// The attempts whose backups are stored.
    stored: BTreeSet<u32>,
    /// Whether reports name the epoch of their call.
    epochs: bool,
    purged: bool,
}

impl World {
    pub(super) fn new(begins: Lifecycle, at: DateTime<Utc>, epochs: bool, policy: &Policy) -> Self {
        let shown = [
            (SandboxState::Started, CopyState::Running),
            (SandboxState::Stopped, CopyState::AtRest),
            (SandboxState::Paused, CopyState::Paused),
            (SandboxState::Unknown, CopyState::None),
        ];
        let known = shown.iter().find(|(state, _)| *state == begins.state()).map(|(_, copy)| *copy);
        let copy = known.unwrap_or(if begins.has_runner() { CopyState::Busy } else { CopyState::None });
        Self {
            row: begins,
            now: at,
            calls: Vec::new(),
            reports: Vec::new(),
            policy: policy.clone(),
            copy,
            image: Image::Missing,
            stored: BTreeSet::new(),
            epochs,
            purged: false,
        }
    }

    /// Whether the record was removed.
    pub(super) const fn is_over(&self) -> bool {
        self.purged
    }

    pub(super) fn context(&self) -> Context {
        Context::of(&self.row)
    }

    /// Returns the commands of a plan that the sandbox accepts.
    pub(super) fn accepted(&self, plan: &Plan) -> Vec<Verb> {
        let accepted = self.row.accepted_commands(&self.policy, self.context(), self.now);
        accepted.filter(|verb| plan.inputs.verbs.contains(verb)).collect()
    }

    /// Plays a move with the crate alone.
    pub(super) fn imagine(&mut self, next: Move) {
        if let Some(input) = self.prepare(next)
            && let Ok(step) = self.row.decide(input, &self.policy, self.context(), self.now)
        {
            self.write(&step);
        }
        if let Move::Pass(sight) = next
            && let Next::Apply(step) = self.row.reconcile(&self.view(sight), &self.policy, self.now)
        {
            self.write(&step);
        }
    }

    /// Does what a move does outside the system. Returns the input that the system gets, if it gets one.
    pub(super) fn prepare(&mut self, next: Move) -> Option<Input> {
        match next {
            Move::Command(command) => Some(command.into()),
            Move::Timer(timer) => Some(timer.into()),
            Move::Wait(minutes) => {
                self.now = Micros::from(self.now).saturating_add_minutes(i64::from(minutes)).into();
                None
            }
            Move::Deadline(micros) => {
                let next = self.row.next_deadline(&self.policy, self.context());
                let at = next.map(|(_, at)| Micros::from(at).saturating_add_micros(i64::from(micros)).into());
                // No clock runs back.
                self.now = at.map_or(self.now, |at: DateTime<Utc>| at.max(self.now));
                next.map(|(timer, _)| timer.into())
            }
            Move::Clock => {
                let due = self.row.due(&self.policy, self.context(), self.now)?;
                if let Cause::Timer(timer) = due.cause() { Some(timer.into()) } else { None }
            }
            Move::Work { call, end } => {
                self.work(call, end);
                None
            }
            Move::Hear { report, again } => {
                let at = usize::from(report).checked_rem(self.reports.len())?;
                let heard = if again { self.reports.get(at).copied()? } else { self.reports.remove(at) };
                Some(heard.into())
            }
            Move::Lose(report) => {
                let at = usize::from(report).checked_rem(self.reports.len())?;
                self.reports.remove(at);
                None
            }
            Move::Unasked => {
                let state = state_of(self.copy)?;
                let epoch = self.epochs.then(|| self.row.epoch());
                Some(Report::State { state, fault: None, recoverable: false, epoch }.into())
            }
            Move::Pass(_) => None,
        }
    }

    /// Takes a step of the crate: its row, and its effects outside.
    pub(super) fn write(&mut self, step: &Step) {
        // The step was decided on this row.
        self.row = step.apply(self.row).unwrap_or(self.row);
        for effect in step.effects() {
            match effect {
                Effect::Call(call) => self.calls.push(call),
                Effect::Remove { .. } => self.copy = CopyState::None,
                Effect::Release { .. } if self.copy != CopyState::None => self.copy = CopyState::AtRest,
                Effect::DiscardBackups { before } => self.stored.retain(|attempt| *attempt >= before),
                Effect::Purge => self.purged = true,
                Effect::Release { .. } | Effect::RaiseParent | Effect::Emit(_) | Effect::StoreChild => {}
                Effect::GiveUpName | Effect::RotateToken | Effect::Reason(_) | Effect::Runner(_) => {}
                Effect::Stamp(_) => {}
            }
        }
    }

    /// The runner works on a call, also on one that the row no longer awaits: its report is late then.
    fn work(&mut self, call: u8, end: Ending) {
        let Some(at) = usize::from(call).checked_rem(self.calls.len()) else { return };
        let Some(call) = self.calls.get(at).copied() else { return };
        if end != Ending::Accepts {
            self.calls.remove(at);
        }
        let epoch = self.epochs.then_some(call.epoch);
        let job = match (call.task, call.task.job()) {
            // A host without epochs does not number its backups either.
            (Task::Backup { .. }, Some(_)) if !self.epochs => Some(Job::Backup { attempt: None }),
            (_, job) => job,
        };
        let ended = |outcome| job.map(|job| Report::Ended { job, outcome, epoch });
        let answered = |answer| Some(Report::Answered { task: call.task, answer, from: None, epoch });
        let report = match (end, call.task) {
            (Ending::Accepts, Task::Backup { attempt }) => {
                Some(Report::BackupUnderWay { begun: true, attempt: self.epochs.then_some(attempt) })
            }
            (Ending::Accepts, _) => answered(Answer::Accepted),
            (Ending::Refuses, _) => answered(Answer::Refused { fault: Fault::Refused, recoverable: false }),
            (Ending::Fails { recoverable }, _) => ended(Outcome::Failed { fault: Fault::Runner, recoverable }),
            (Ending::Completes, task) => {
                self.complete(task);
                ended(Outcome::Completed)
            }
        };
        self.reports.extend(report);
    }

    fn complete(&mut self, task: Task) {
        match task {
            Task::Create | Task::Restore | Task::Start | Task::Resume => self.copy = CopyState::Running,
            Task::Stop { .. } | Task::Recover { .. } => self.copy = CopyState::AtRest,
            Task::Pause => self.copy = CopyState::Paused,
            Task::Destroy => self.copy = CopyState::None,
            Task::Build | Task::Pull => self.image = Image::Ready,
            Task::Backup { attempt } => {
                self.stored.insert(attempt);
            }
            Task::Resize { .. } | Task::Snapshot { .. } | Task::Fork => {}
        }
    }

    /// Returns what a controller sees.
    pub(super) fn view(&self, sight: Sight) -> RunnerView {
        let lacks_image = [SandboxState::PendingBuild, SandboxState::PullingSnapshot].contains(&self.row.state());
        let room = if lacks_image { Placement::Cold } else { Placement::Warm };
        let is_stored = self.stored.contains(&self.row.backup_attempt());
        let view = RunnerView {
            runner: sight.runner,
            placement: if sight.room { room } else { Placement::NoRoom },
            image: self.image,
            ..RunnerView::of(&self.row)
        };
        let answered = match sight.answer {
            None => view.answered(CopyAnswer { state: self.copy, size: None }),
            Some(Busy::Works) => RunnerView { observed: Observed::Busy, ..view },
            Some(Busy::Silent) => RunnerView { observed: Observed::NoAnswer, ..view },
            Some(Busy::NotAsked) => return view,
        };
        RunnerView { stored: if is_stored { Stored::Whole } else { Stored::Missing }, ..answered }
    }
}

/// Returns the state that a runner reports of its copy.
const fn state_of(copy: CopyState) -> Option<SandboxState> {
    match copy {
        CopyState::Running => Some(SandboxState::Started),
        CopyState::AtRest => Some(SandboxState::Stopped),
        CopyState::Paused => Some(SandboxState::Paused),
        CopyState::None => Some(SandboxState::Destroyed),
        CopyState::Busy => None,
    }
}
