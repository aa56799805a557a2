//! A stage for one sandbox: a stored row, an outbox, a runner that does its work, and a controller that may die.

use crate::tales::{Act, Manner, Story};
use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Answer, AsInput, BackupOf, BackupState, Call, Columns, Command, Context, DesiredState, Effect, Fault, Image, Input,
    Job, Lifecycle, Next, Observed, Outcome, Placement, Policy, Report, RunnerChange, RunnerView, SandboxState, Step,
    Task,
};
use std::collections::VecDeque;

/// When every story begins.
pub const BEGINNING: DateTime<Utc> = DateTime::from_timestamp(86_400, 0).expect("a time");

/// What the runner holds of the sandbox, and what it has done.
#[derive(Clone, Default)]
struct Runner {
    copy: Option<SandboxState>,
    /// What the runner before still has, until its host sees to it.
    previous: Option<SandboxState>,
    image: Option<Image>,
    done: Vec<Call>,
}

/// What is stored outlives a crash; what the controller only holds does not.
pub struct Stage {
    pub row: Lifecycle,
    /// The row of a fork's child, once there is one. It is its host's to wait with it until its runner tells of it.
    pub child: Option<Lifecycle>,
    outbox: VecDeque<Call>,
    runner: Runner,
    /// Reports on their way.
    pub reports: Vec<Report>,
    /// Every report that was ever sent.
    pub sent: Vec<Report>,
    pub now: DateTime<Utc>,
    manner: Manner,
    /// Something was to happen in a state that the sandbox never came into, and happened at rest.
    pub missed: bool,
    acts: VecDeque<Act>,
    /// Who decided on a row that another one has written since.
    late: Option<(Input, Step)>,
    /// Between two steps the process may die: the step at which it does, and how many there were.
    pub dies_at: Option<usize>,
    pub steps: usize,
    /// The step at which a caller destroys the sandbox by force, and nothing else is asked of it any more.
    pub superseded_at: Option<usize>,
    /// What the controller has in hand and loses when it dies.
    in_hand: Option<InHand>,
    /// Which report arrives next, where they overtake each other. Every other one is one that has arrived before.
    pub shuffle: Vec<proptest::sample::Index>,
}

enum InHand {
    Write(Step),
    Call(Call),
    Question(Lifecycle, Observed),
}

impl Stage {
    pub fn new(story: &Story) -> Self {
        let begins = Columns {
            created_at: BEGINNING.into(),
            last_activity_at: BEGINNING.into(),
            state_since: BEGINNING.into(),
            ..(story.begins)()
        };
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

    /// Plays to the end: everything is carried on in turn, until nothing is left to do.
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
            // Callers wait until everything has been said.
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

    /// Whoever was too late reads again and decides again. What is refused then is refused.
    fn decide_again(&mut self) -> bool {
        let Some((input, late)) = self.late.take() else { return false };
        late.apply(self.row).expect_err("another one was first");
        if let Ok(step) = self.row.decide(input, &Policy::default(), Context::default(), self.now) {
            self.write(&step);
        }
        true
    }

    /// The oldest report on its way arrives.
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
            return false; // They are all late, and the controller goes on without them.
        }
        let report = self.reports.remove(next);
        self.tell(report);
        true
    }

    /// A report is held against the row. One that is refused changes nothing.
    ///
    /// Reports of a backup carry no epoch, since a backup is no work of the lifecycle's: its host knows which backup it
    /// waits for, and that it waits for none once the sandbox is meant to run again.
    pub fn tell(&mut self, mut report: Report) {
        let waits = self.row.desired_state() == DesiredState::Archived && self.row.has_runner();
        match &mut report {
            Report::BackupUnderWay { .. } if !waits || self.row.backup_state() == BackupState::Completed => return,
            Report::Ended { job: Job::Backup { of }, .. } if !waits => *of = BackupOf::Other,
            _ => {}
        }
        let context = Context::default();
        if let (Report::Ended { job: Job::ForkChild, .. }, Some(child)) = (report, self.child) {
            let step = child.decide(report, &Policy::default(), context, self.now).expect("a job's end is not refused");
            self.child = Some(step.apply(child).expect("it was decided on this row"));
        } else if let Ok(step) = self.row.decide(report, &Policy::default(), context, self.now) {
            self.write(&step);
            // The host's: whoever takes a restore that nobody waits for any more is told to let go of it.
            let restores = matches!(report, Report::Answered { task: Task::Restore, .. });
            if restores && self.row.state() == SandboxState::Destroyed {
                self.runner.copy = None;
            }
        }
    }

    fn decide(&self, input: impl AsInput) -> Step {
        self.row.decide(input, &Policy::default(), Context::default(), self.now).expect("the story allows it")
    }

    fn write(&mut self, step: &Step) {
        self.row = step.apply(self.row).expect("it was decided on this row");
        assert!(self.row.violations().is_empty(), "{:?} after {step:?}", self.row.violations());
        for effect in step.effects() {
            match effect {
                Effect::Call(call) => self.outbox.push_back(call),
                Effect::StoreChild => self.child = Some(self.row.fork_child(self.now)),
                Effect::Runner(RunnerChange::ReleasedAsPrevious) => self.runner.previous = self.runner.copy.take(),
                // A runner that takes a sandbox whose image it lacks fetches that first.
                Effect::Runner(RunnerChange::Assigned) if self.row.state() == SandboxState::PullingSnapshot => {
                    self.runner.copy = Some(SandboxState::Unknown);
                }
                _ => {}
            }
        }
        // The host's: what was left on the runner before is removed once nobody can need it.
        if matches!(self.row.state(), SandboxState::Started | SandboxState::Destroyed) {
            self.runner.previous = None;
        }
    }

    /// The outbox, which is stored, lets a call out.
    fn call_out(&mut self) -> bool {
        let call = self.outbox.pop_front();
        call.is_some_and(|call| {
            self.work(call);
            true
        })
    }

    /// One step of the controller: carry on with what it has in hand, or look anew.
    fn control(&mut self) -> bool {
        let observed = match self.in_hand.take() {
            Some(InHand::Write(step)) => {
                if step.apply(self.row).is_ok() {
                    self.write(&step);
                }
                return true; // A report was faster, and the next look decides again.
            }
            Some(InHand::Call(call)) => {
                self.work(call);
                return true;
            }
            Some(InHand::Question(read, observed)) if read == self.row => observed,
            Some(InHand::Question(..)) | None => Observed::NotAsked,
        };
        // What only ends the record's own time is its store's.
        let due = self.row.due(&Policy::default(), Context::default(), self.now).filter(Step::writes);
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
                Manner::Full => Placement::None,
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

    /// The runner does at once what it is told, and tells of it: that it took it, and how it ended. A call it has
    /// seen is not done twice, but told again.
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
        let job = match task {
            Task::Create | Task::Restore => Job::Create,
            Task::Start | Task::Resume => Job::Start,
            Task::Stop { .. } => Job::Stop,
            Task::Pause => Job::Pause,
            Task::Destroy => Job::Destroy,
            Task::Resize { to } => Job::Resize { to },
            Task::Snapshot { .. } => Job::Snapshot,
            Task::Recover { start } => Job::Recover { start },
            Task::Fork => {
                self.send(Report::Ended { job: Job::ForkChild, outcome, epoch });
                Job::ForkSource
            }
            Task::Build => {
                self.runner.image = Some(Image::Ready);
                return;
            }
            other => panic!("no story asks for {other:?}"),
        };
        self.send(Report::Ended { job, outcome, epoch });
    }

    /// What is left on a runner.
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
