//! A host for one sandbox: a stored row, an outbox, a runner, and a controller that may crash.

use crate::script::{Act, Manner, Story};
use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Effect, Input, Lifecycle, Next, Policy, Report, RunnerView, SandboxState,
    Step,
    controller::{Image, Observed, Placement},
    rules::{Answer, AsInput, BackupOf, Call, Job, Outcome, RunnerChange, Task},
    vocabulary::{BackupState, Fault},
};
use std::collections::VecDeque;

/// The instant at which every story begins.
pub const BEGINNING: DateTime<Utc> = DateTime::from_timestamp(86_400, 0).expect("a time");

/// The copy of a sandbox on a runner, and the calls that the runner has done.
#[derive(Clone, Default)]
struct Runner {
    copy: Option<SandboxState>,
    /// The copy on the previous runner, until the host removes it.
    previous: Option<SandboxState>,
    image: Option<Image>,
    done: Vec<Call>,
}

/// The host. Its stored fields survive a crash; the step that the controller holds in memory does not.
pub struct Host {
    pub row: Lifecycle,
    /// The row of the fork child, once there is one. It waits for the report of its runner.
    pub child: Option<Lifecycle>,
    outbox: VecDeque<Call>,
    runner: Runner,
    /// Reports on their way.
    pub reports: Vec<Report>,
    /// Every report that was sent.
    pub sent: Vec<Report>,
    pub now: DateTime<Utc>,
    manner: Manner,
    /// True if an act waited for a state that the sandbox never reached, and then happened when the sandbox was at rest.
    pub missed: bool,
    acts: VecDeque<Act>,
    /// Inputs decided on a row that another writer has changed since.
    late: Option<(Input, Step)>,
    /// The step before which the controller crashes, and the number of steps so far.
    pub dies_at: Option<usize>,
    pub steps: usize,
    /// The step at which a caller forces a destroy. No other act follows.
    pub superseded_at: Option<usize>,
    /// What the controller holds in memory and loses in a crash.
    in_hand: Option<InHand>,
    /// Which report arrives next when reports overtake each other. Every second one is a repeated report.
    pub shuffle: Vec<proptest::sample::Index>,
}

enum InHand {
    Write(Step),
    Call(Call),
    Question(Lifecycle, Observed),
}

impl Host {
    pub fn new(story: &Story) -> Self {
        let begins =
            Columns { created_at: BEGINNING, last_activity_at: BEGINNING, state_since: BEGINNING, ..(story.begins)() };
        Self {
            row: Lifecycle::from(begins).repaired(),
            child: None,
            outbox: VecDeque::new(),
            runner: Runner { copy: begins.has_runner.then_some(begins.state), ..Runner::default() },
            reports: Vec::new(),
            sent: Vec::new(),
            now: BEGINNING,
            manner: story.runner,
            missed: false,
            acts: story.acts.iter().copied().collect(),
            late: None,
            dies_at: None,
            superseded_at: None,
            steps: 0,
            in_hand: None,
            shuffle: Vec::new(),
        }
    }

    /// Runs every part in turn until there is nothing left to do.
    pub fn play(&mut self) {
        for _ in 0..400 {
            self.now += Duration::seconds(1);
            if self.steps == self.dies_at.unwrap_or(usize::MAX) {
                self.in_hand = None;
            }
            if self.steps == self.superseded_at.unwrap_or(usize::MAX) {
                self.acts = [Act::Once(self.row.state(), Command::Destroy { force: true })].into();
            }
            self.steps += 1;
            if matches!(self.acts.front(), Some(Act::Once(state, _)) if *state == self.row.state()) {
                self.act();
                continue;
            }
            let goes_on = self.decide_again() || self.hear() || self.call_out() || self.control();
            // Callers wait until every report has arrived.
            if !goes_on && self.reports.is_empty() && !self.act() {
                return;
            }
        }
        panic!("it does not come to rest: {:?}", self.row);
    }

    fn act(&mut self) -> bool {
        let Some(act) = self.acts.pop_front() else { return false };
        match act {
            Act::Ask(command) | Act::Once(_, command) => {
                self.missed |= matches!(act, Act::Once(state, _) if state != self.row.state());
                let step = self.decide(command);
                self.write(&step);
            }
            Act::After(minutes) => self.now += Duration::minutes(minutes),
            Act::Race { after, first, second } => {
                self.now += Duration::minutes(after);
                let (first, late) = (self.decide(first), self.decide(second));
                self.write(&first);
                self.late = Some((second, late));
            }
        }
        true
    }

    /// After a stale step the host reads the row and decides again. It drops a refused input.
    fn decide_again(&mut self) -> bool {
        let Some((input, late)) = self.late.take() else { return false };
        late.apply(self.row).expect_err("another one was first");
        if let Ok(step) = self.row.decide(input, &Policy::default(), Context::of(&self.row), self.now) {
            self.write(&step);
        }
        true
    }

    /// The oldest report arrives.
    fn hear(&mut self) -> bool {
        if self.reports.is_empty() {
            return false;
        }
        let next = match self.shuffle.pop() {
            None => 0,
            Some(index) => {
                self.tell(*index.get(&self.sent));
                index.index(self.reports.len() + 1)
            }
        };
        if next == self.reports.len() {
            return false; // All reports are late, and the controller continues without them.
        }
        let report = self.reports.remove(next);
        self.tell(report);
        true
    }

    /// Decides a report and writes the step. A refused report changes nothing.
    ///
    /// Backup reports carry no epoch, since the lifecycle does not start backups. The host knows which backup it waits
    /// for, and that it waits for none once the desired state is started again.
    pub fn tell(&mut self, mut report: Report) {
        let waits = self.row.desired_state() == DesiredState::Archived && self.row.has_runner();
        match &mut report {
            Report::BackupUnderWay { .. } if !waits || self.row.backup_state() == BackupState::Completed => return,
            Report::Ended { job: Job::Backup { of }, .. } if !waits => *of = BackupOf::Other,
            _ => {}
        }
        if let (Report::Ended { job: Job::ForkChild, .. }, Some(child)) = (report, self.child) {
            let decided = child.decide(report, &Policy::default(), Context::of(&child), self.now);
            let step = decided.expect("a job's end is not refused");
            self.child = Some(step.apply(child).expect("it was decided on this row"));
        } else if let Ok(step) = self.row.decide(report, &Policy::default(), Context::of(&self.row), self.now) {
            self.write(&step);
            // Host duty: a runner that restored a copy which is no longer wanted removes it.
            let restores = matches!(report, Report::Answered { task: Task::Restore, .. });
            if restores && self.row.state() == SandboxState::Destroyed {
                self.runner.copy = None;
            }
        }
    }

    fn decide(&self, input: impl AsInput) -> Step {
        self.row.decide(input, &Policy::default(), Context::of(&self.row), self.now).expect("the input is accepted")
    }

    fn write(&mut self, step: &Step) {
        self.row = step.apply(self.row).expect("it was decided on this row");
        assert!(self.row.violations().is_empty(), "{:?} after {step:?}", self.row.violations());
        for effect in step.effects() {
            match effect {
                Effect::Call(call) => self.outbox.push_back(call),
                Effect::StoreChild => self.child = Some(self.row.fork_child(self.now)),
                Effect::Runner(RunnerChange::ReleasedAsPrevious) => self.runner.previous = self.runner.copy.take(),
                // A runner that has no image of the sandbox fetches it first.
                Effect::Runner(RunnerChange::Assigned) if self.row.state() == SandboxState::PullingSnapshot => {
                    self.runner.copy = Some(SandboxState::Unknown);
                }
                _ => {}
            }
        }
        // Host duty: the copy on the previous runner is removed once it is no longer needed.
        if matches!(self.row.state(), SandboxState::Started | SandboxState::Destroyed) {
            self.runner.previous = None;
        }
    }

    /// The outbox, which is stored, sends a call.
    fn call_out(&mut self) -> bool {
        let call = self.outbox.pop_front();
        call.is_some_and(|call| {
            self.work(call);
            true
        })
    }

    /// One step of the controller: it continues what it holds, or starts a new pass.
    fn control(&mut self) -> bool {
        let observed = match self.in_hand.take() {
            Some(InHand::Write(step)) => {
                if step.apply(self.row).is_ok() {
                    self.write(&step);
                }
                return true; // A report was written first, and the next pass decides again.
            }
            Some(InHand::Call(call)) => {
                self.work(call);
                return true;
            }
            Some(InHand::Question(read, observed)) if read == self.row => observed,
            Some(InHand::Question(..)) | None => Observed::NotAsked,
        };
        // The store purges the record.
        let due = self.row.due(&Policy::default(), Context::of(&self.row), self.now).filter(Step::writes);
        if let Some(step) = due {
            self.in_hand = Some(InHand::Write(step));
            return true;
        }
        let archives = self.row.desired_state() == DesiredState::Archived;
        if archives && self.row.backup_state() == BackupState::None && self.reports.is_empty() {
            let job = Job::Backup { of: BackupOf::Current };
            self.send(Report::BackupUnderWay { begun: true });
            self.send(Report::Ended { job, outcome: Outcome::Completed, epoch: None });
            return true;
        }
        let lacks_image = matches!(self.row.state(), SandboxState::PendingBuild | SandboxState::PullingSnapshot);
        let view = RunnerView {
            observed,
            placement: match self.manner {
                Manner::Full => Placement::NoRoom,
                _ if lacks_image => Placement::Cold,
                _ => Placement::Warm,
            },
            image: self.runner.image.unwrap_or_default(),
            ..RunnerView::default()
        };
        self.in_hand = Some(match self.row.reconcile(&view, &Policy::default(), self.now) {
            Next::Ask => InHand::Question(self.row, self.runner.copy.map_or(Observed::NotFound, Observed::State)),
            Next::Call(call) => InHand::Call(call),
            Next::Apply(step) => InHand::Write(step),
            Next::Wait { .. } | Next::Nothing => return false,
        });
        true
    }

    /// The runner does a call at once, and reports that it accepted it and how it ended. It does not repeat a call that
    /// it has done, but reports its end again.
    fn work(&mut self, call: Call) {
        let Call { task, epoch } = call;
        let epoch = Some(epoch);
        let outcome = match self.manner {
            Manner::Silent(deaf) if deaf == task => return,
            Manner::Refuses(refused) if refused == task => {
                let answer = Answer::Refused { fault: Fault::Refused, recoverable: false };
                return self.send(Report::Answered { task, answer, from: None, epoch });
            }
            Manner::Fails { task: failing, recoverable } if failing == task => {
                Outcome::Failed { fault: Fault::Runner, recoverable }
            }
            _ => Outcome::Completed,
        };
        if !self.runner.done.contains(&call) {
            self.runner.done.push(call);
            self.runner.copy = match task {
                _ if outcome != Outcome::Completed => Some(SandboxState::Error),
                Task::Create | Task::Restore | Task::Start | Task::Resume => Some(SandboxState::Started),
                Task::Stop { .. } | Task::Recover { .. } => Some(SandboxState::Stopped),
                Task::Pause => Some(SandboxState::Paused),
                Task::Destroy => None,
                _ => self.runner.copy,
            };
        }
        self.send(Report::Answered { task, answer: Answer::Accepted, from: None, epoch });
        if task == Task::Fork {
            self.send(Report::Ended { job: Job::ForkChild, outcome, epoch });
        }
        match task.job() {
            Some(job) => self.send(Report::Ended { job, outcome, epoch }),
            // The controller observes the image of a build.
            None => self.runner.image = Some(Image::Ready),
        }
    }

    /// Returns the state of the copy on any runner.
    pub fn copy(&self) -> Option<SandboxState> {
        self.runner.copy.or(self.runner.previous)
    }

    fn send(&mut self, report: Report) {
        self.reports.push(report);
        self.sent.push(report);
    }

    pub fn end(&self) -> (SandboxState, DesiredState) {
        (self.row.state(), self.row.desired_state())
    }
}
