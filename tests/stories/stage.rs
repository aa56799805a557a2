//! A stage for one sandbox: a stored row, an outbox, a runner that does its work, and a controller that may die.

use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Answer, BackupOf, BackupState, Call, Columns, Command, Context, DesiredState, Effect, Image, Input, Job, Lifecycle,
    Next, Observed, Outcome, Placement, Policy, Report, RunnerView, SandboxClass, SandboxState, Step, Task,
};
use std::collections::VecDeque;

/// What the runner holds of the sandbox, and what it has done.
#[derive(Clone, Default)]
struct Runner {
    copy: Option<SandboxState>,
    image: Option<Image>,
    done: Vec<Call>,
}

/// A story: the row it begins with, and what callers ask, each once the one before has come to rest.
#[derive(Clone, Copy)]
pub struct Story {
    pub name: &'static str,
    pub begins: (SandboxState, DesiredState),
    pub asks: &'static [Command],
    pub ends: (SandboxState, DesiredState),
}

/// The stories, each with the end it must reach.
pub const STORIES: [Story; 6] = [
    Story {
        name: "stop",
        begins: (SandboxState::Started, DesiredState::Started),
        asks: &[Command::Stop { force: false }],
        ends: (SandboxState::Stopped, DesiredState::Stopped),
    },
    Story {
        name: "start",
        begins: (SandboxState::Stopped, DesiredState::Stopped),
        asks: &[Command::Start],
        ends: (SandboxState::Started, DesiredState::Started),
    },
    Story {
        name: "archive and restore",
        begins: (SandboxState::Stopped, DesiredState::Stopped),
        asks: &[Command::Archive, Command::Start],
        ends: (SandboxState::Started, DesiredState::Started),
    },
    Story {
        name: "destroy",
        begins: (SandboxState::Started, DesiredState::Started),
        asks: &[Command::Destroy { force: false }],
        ends: (SandboxState::Destroyed, DesiredState::Destroyed),
    },
    Story {
        name: "build",
        begins: (SandboxState::PendingBuild, DesiredState::Started),
        asks: &[],
        ends: (SandboxState::Started, DesiredState::Started),
    },
    Story {
        name: "there and back",
        begins: (SandboxState::Started, DesiredState::Started),
        asks: &[Command::Stop { force: true }, Command::Start, Command::Pause, Command::Start],
        ends: (SandboxState::Started, DesiredState::Started),
    },
];

/// What is stored outlives a crash; what the controller only holds does not.
pub struct Stage {
    pub row: Lifecycle,
    outbox: VecDeque<Call>,
    runner: Runner,
    /// Reports on their way.
    pub reports: Vec<Report>,
    /// Every report that was ever sent.
    pub sent: Vec<Report>,
    pub now: DateTime<Utc>,
    asks: VecDeque<Command>,
    /// Between two steps the process may die: the step at which it does, and how many there were.
    pub dies_at: Option<usize>,
    pub steps: usize,
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
        let (state, desired_state) = story.begins;
        let builds = state == SandboxState::PendingBuild;
        let now = DateTime::UNIX_EPOCH + Duration::days(1);
        let row = Lifecycle::from(Columns {
            state,
            desired_state,
            has_runner: !builds,
            class: if builds { SandboxClass::Container } else { SandboxClass::LinuxVm },
            created_at: now.into(),
            last_activity_at: now.into(),
            state_since: now.into(),
            ..Columns::default()
        });
        Self {
            row: row.tidied(),
            outbox: VecDeque::new(),
            runner: Runner { copy: (!builds).then_some(state), ..Runner::default() },
            reports: Vec::new(),
            sent: Vec::new(),
            now,
            asks: story.asks.iter().copied().collect(),
            dies_at: None,
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
            self.steps += 1;
            let goes_on = self.hear() || self.call_out() || self.control();
            // Callers wait until everything has been said.
            if !goes_on && self.reports.is_empty() && !self.ask() {
                return;
            }
        }
        panic!("it does not come to rest: {:?}", self.row);
    }

    fn ask(&mut self) -> bool {
        let Some(command) = self.asks.pop_front() else { return false };
        let step = self.decide(command);
        self.write(&step);
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
        if let Ok(step) = self.row.decide(report, &Policy::default(), Context::default(), self.now) {
            self.write(&step);
        }
    }

    fn decide(&self, input: impl Into<Input>) -> Step {
        self.row.decide(input, &Policy::default(), Context::default(), self.now).expect("the story allows it")
    }

    fn write(&mut self, step: &Step) {
        self.row = step.apply(self.row).expect("it was decided on this row");
        assert!(self.row.check().is_empty(), "{:?} after {step:?}", self.row.check());
        self.outbox.extend(step.effects().filter_map(|effect| match effect {
            Effect::Call(call) => Some(call),
            _ => None,
        }));
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
        let archives = self.row.desired_state() == DesiredState::Archived;
        if archives && self.row.backup_state() == BackupState::None && self.reports.is_empty() {
            let job = Job::Backup { of: BackupOf::Current };
            self.send(Report::BackupUnderWay { begun: true });
            self.send(Report::Ended { job, outcome: Outcome::Completed, epoch: None });
            return true;
        }
        let builds = self.row.state() == SandboxState::PendingBuild;
        let view = RunnerView {
            observed,
            placement: if builds { Placement::Cold } else { Placement::Warm },
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
        if !self.runner.done.contains(&call) {
            self.runner.done.push(call);
            self.runner.copy = match task {
                Task::Create | Task::Restore | Task::Start | Task::Resume => Some(SandboxState::Started),
                Task::Stop { .. } => Some(SandboxState::Stopped),
                Task::Pause => Some(SandboxState::Paused),
                Task::Destroy => None,
                _ => self.runner.copy,
            };
        }
        let epoch = Some(epoch);
        self.send(Report::Answered { task, answer: Answer::Accepted, from: None, epoch });
        let job = match task {
            Task::Create | Task::Restore => Job::Create,
            Task::Start | Task::Resume => Job::Start,
            Task::Stop { .. } => Job::Stop,
            Task::Pause => Job::Pause,
            Task::Destroy => Job::Destroy,
            Task::Build => {
                self.runner.image = Some(Image::Ready);
                return;
            }
            other => panic!("no story asks for {other:?}"),
        };
        self.send(Report::Ended { job, outcome: Outcome::Completed, epoch });
    }

    fn send(&mut self, report: Report) {
        self.reports.push(report);
        self.sent.push(report);
    }

    pub fn end(&self) -> (SandboxState, DesiredState) {
        (self.row.state(), self.row.desired_state())
    }
}
