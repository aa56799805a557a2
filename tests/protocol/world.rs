//! A small world: a stored record with its outbox, a controller, runners with ledgers and disks, and a backup store.
//!
//! A test decides what is delivered, and when: nothing happens by itself.

use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Columns, Command, Lifecycle, Next, Policy, Report, RunnerView, Sandbox, SandboxDto, SandboxState, Step,
    controller::{Finding, Placement, Question, RunnerStanding, Stored},
    record::{BackupRef, Message, OutboxEntry, ServerTexts, StepDetails, Target},
    rules::{Call, Job, Outcome, Task},
    runner::{AskVerdict, CallVerdict, CopyAnswer, End, Entry, FinishVerdict, LeaveVerdict, Ledger},
    vocabulary::CopyState,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a runner has on disk: how far the data has come, and what its process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copy {
    pub state: CopyState,
    pub version: u32,
}

/// A runner. It stores its ledger before it works or answers.
#[derive(Debug, Clone, Default)]
pub struct Runner {
    pub ledger: Ledger,
    pub copy: Option<Copy>,
    /// How the next work ends, although the runner does it.
    pub next_end: Option<End>,
    /// Whether the next work is not done at all.
    pub does_nothing: bool,
}

impl Runner {
    fn store<V>(&mut self, entry: Entry<V>) -> V {
        self.ledger = entry.ledger();
        entry.stored()
    }

    fn seen(&self) -> CopyAnswer {
        CopyAnswer { state: self.copy.map_or(CopyState::None, |copy| copy.state), size: None }
    }

    /// Takes a call and returns the report of its end, if it has ended.
    pub fn call(&mut self, call: Call, backup: Option<u32>) -> Option<Report> {
        match self.store(self.ledger.call(call)) {
            CallVerdict::Refuse(_) | CallVerdict::UnderWay => None,
            CallVerdict::Repeat(report) => Some(report),
            CallVerdict::CarryOut { replaces_copy, .. } => {
                if replaces_copy {
                    self.copy = None;
                }
                if !std::mem::take(&mut self.does_nothing) {
                    self.work(call.task, backup);
                }
                let end = self.next_end.take().unwrap_or(End::Completed);
                match self.store(self.ledger.finish(call.epoch, end)) {
                    FinishVerdict::Send(report) => Some(report),
                    FinishVerdict::Superseded { .. } | FinishVerdict::NotUnderWay => None,
                }
            }
        }
    }

    /// What runs changes its data.
    fn work(&mut self, task: Task, backup: Option<u32>) {
        let version = self.copy.map_or(0, |copy| copy.version);
        let becomes = |state, version| Some(Copy { state, version });
        self.copy = match task {
            // A disk that is there is used, so an old one must be deleted first.
            Task::Restore => {
                let restored = self.copy.map_or(backup.expect("a backup to restore"), |copy| copy.version);
                becomes(CopyState::Running, restored + 1)
            }
            Task::Create | Task::Start | Task::Resume => becomes(CopyState::Running, version + 1),
            Task::Stop { .. } | Task::Recover { .. } => becomes(CopyState::AtRest, version),
            Task::Pause => becomes(CopyState::Paused, version),
            Task::Destroy => None,
            _ => self.copy,
        };
    }

    fn leave(&mut self, message: Message) -> LeaveVerdict {
        match message {
            Message::Remove { epoch } => {
                let verdict = self.store(self.ledger.remove(epoch));
                if let LeaveVerdict::CarryOut { .. } = verdict {
                    self.copy = None;
                }
                verdict
            }
            Message::Release { epoch } => {
                let verdict = self.store(self.ledger.release(epoch));
                if let LeaveVerdict::CarryOut { .. } = verdict {
                    self.copy = self.copy.map(|copy| Copy { state: CopyState::AtRest, ..copy });
                }
                verdict
            }
            other => panic!("{other} leaves no runner"),
        }
    }
}

/// The backup store: the version that each attempt holds, and what was discarded. It refuses late uploads.
#[derive(Debug, Clone, Default)]
pub struct Store {
    pub whole: BTreeMap<u32, u32>,
    discarded_before: u32,
}

impl Store {
    pub fn upload(&mut self, attempt: u32, version: u32) -> bool {
        let takes = attempt >= self.discarded_before;
        if takes {
            self.whole.insert(attempt, version);
        }
        takes
    }

    fn discard(&mut self, before: u32) {
        self.discarded_before = self.discarded_before.max(before);
        self.whole.retain(|attempt, _| *attempt >= before);
    }
}

pub struct World {
    pub sandbox: Sandbox,
    pub runners: BTreeMap<&'static str, Runner>,
    pub store: Store,
    pub outbox: Vec<OutboxEntry>,
    /// Reports on their way, with their runner.
    pub reports: Vec<(&'static str, Report)>,
    /// Runners that do not answer, and those that were declared gone.
    pub unready: BTreeSet<&'static str>,
    pub gone: BTreeSet<&'static str>,
    pub now: DateTime<Utc>,
}

const RECORD: &str = r#"{"id":"s1","organizationId":"o1","name":"n","user":"daytona","env":{},"labels":{},"public":false,
    "networkBlockAll":false,"target":"eu","cpu":1,"gpu":0,"memory":1,"disk":3,"state":"started",
    "desiredState":"started","runnerId":"r1"}"#;

impl World {
    /// A sandbox on runner `r1`, with a disk of version 1. If its columns say that attempt 1 is complete, the store has it.
    pub fn given(columns: Columns) -> Self {
        let now = DateTime::from_timestamp(1_760_000_000, 0).expect("a time");
        let times = Columns { created_at: now, last_activity_at: now, state_since: now, epoch: 4, ..columns };
        let row = Lifecycle::from(times).repaired();
        let record: SandboxDto = serde_json::from_str(RECORD).expect("a record");
        let backup = row.has_backup_ref().then(|| reference(1));
        let sandbox = Sandbox::from_row(record, row, ServerTexts { backup, ..ServerTexts::default() });
        let state = match row.state() {
            SandboxState::Started => CopyState::Running,
            _ => CopyState::AtRest,
        };
        let first = Runner { copy: Some(Copy { state, version: 1 }), ..Runner::default() };
        let mut store = Store::default();
        if row.has_backup_ref() {
            store.upload(1, 1);
        }
        let runners = [("r1", first), ("r2", Runner::default()), ("r3", Runner::default())].into();
        let (unready, gone) = (BTreeSet::new(), BTreeSet::new());
        Self { sandbox, runners, store, outbox: Vec::new(), reports: Vec::new(), unready, gone, now }
    }

    pub fn row(&self) -> &Lifecycle {
        self.sandbox.lifecycle()
    }

    pub fn states(&self) -> (SandboxState, Option<&str>) {
        (self.row().state(), self.sandbox.runner_id())
    }

    pub fn after(&mut self, minutes: i64) {
        self.now += Duration::minutes(minutes);
    }

    /// The sandbox's own runner.
    pub fn own(&self) -> Option<&'static str> {
        self.runners.keys().copied().find(|name| Some(*name) == self.sandbox.runner_id())
    }

    pub fn runner(&mut self, name: &str) -> &mut Runner {
        self.runners.get_mut(name).expect("a runner")
    }

    /// Returns the runners on which a copy runs.
    pub fn running(&self) -> Vec<&'static str> {
        let runs = |runner: &Runner| runner.copy.is_some_and(|copy| copy.state == CopyState::Running);
        self.runners.iter().filter(|(_, runner)| runs(runner)).map(|(name, _)| *name).collect()
    }

    pub fn version(&self, name: &str) -> Option<u32> {
        self.runners[name].copy.map(|copy| copy.version)
    }

    /// Returns the runners with room that owe no acknowledgement, in order.
    pub fn candidates(&self) -> Vec<&'static str> {
        let owes = |name: &str| {
            let leaves = |message| matches!(message, Message::Remove { .. } | Message::Release { .. });
            self.outbox.iter().any(|entry| entry.target == Target::Runner(name.into()) && leaves(entry.message))
        };
        let names = self.runners.keys().copied();
        names.filter(|name| !owes(name) && !self.unready.contains(name) && !self.gone.contains(name)).collect()
    }

    /// Decides on a command and writes its step.
    pub fn client(&mut self, command: Command) {
        let decided = self.sandbox.decide(command, &Policy::default(), self.sandbox.context(), self.now);
        self.write(&decided.unwrap_or_else(|refusal| panic!("{refusal}")));
    }

    /// Writes a step, with its entries in the outbox.
    pub fn write(&mut self, step: &Step) {
        let elsewhere = self.candidates().into_iter().find(|name| Some(*name) != self.own());
        let backup = reference(self.row().backup_attempt());
        let details = StepDetails { runner: elsewhere, backup: Some(&backup), ..StepDetails::default() };
        let sent = self.sandbox.apply(step, details).expect("the step was decided on this record");
        self.outbox.extend(sent.into_iter().filter(|entry| entry.target != Target::Subscribers));
        assert!(self.row().violations().is_empty(), "{:?}", self.row());
    }

    /// Returns what the controller knows without asking.
    pub fn view(&self) -> RunnerView {
        let runner = match self.own() {
            Some(own) if self.gone.contains(own) => RunnerStanding::Gone,
            Some(own) if self.unready.contains(own) => RunnerStanding::NotReady,
            Some(_) | None => RunnerStanding::Ready,
        };
        let elsewhere = self.candidates().into_iter().any(|name| Some(name) != self.own());
        let placement = if elsewhere { Placement::Warm } else { Placement::NoRoom };
        RunnerView { runner, placement, ..RunnerView::of(self.row()) }
    }

    /// Asks the question of the controller, and returns the view with the answer.
    pub fn answered(&mut self, view: RunnerView, question: Question) -> RunnerView {
        match question {
            Question::Runner { epoch } => {
                let own = self.own().expect("a runner to ask");
                let runner = self.runner(own);
                match runner.store(runner.ledger.ask(epoch, runner.seen())) {
                    AskVerdict::Answer(answer) => view.answered(answer),
                    AskVerdict::Refuse(refusal) => panic!("{refusal}"),
                }
            }
            Question::Store { attempt } => {
                let stored = if self.store.whole.contains_key(&attempt) { Stored::Whole } else { Stored::Missing };
                RunnerView { stored, ..view }
            }
        }
    }

    /// One pass of the controller, with the answers to what it asks. Returns what is left to do.
    pub fn pass(&mut self) -> Next {
        let mut view = self.view();
        for _ in 0..4 {
            match self.sandbox.reconcile(&view, &Policy::default(), self.now) {
                Next::Ask(question) => view = self.answered(view, question),
                Next::Apply(step) => {
                    self.write(&step);
                    return Next::Apply(step);
                }
                other => return other,
            }
        }
        panic!("the controller asks again and again: {:?}", self.row())
    }

    /// Takes the entries for this target out of the outbox, as if they were in the network.
    pub fn take(&mut self, target: &Target) -> Vec<OutboxEntry> {
        let (taken, kept) = std::mem::take(&mut self.outbox).into_iter().partition(|entry| entry.target == *target);
        self.outbox = kept;
        taken
    }

    /// Delivers one entry. The answer is on its way afterwards.
    pub fn deliver(&mut self, entry: &OutboxEntry) -> Option<LeaveVerdict> {
        match (&entry.target, entry.message) {
            (Target::Runner(name), message) => {
                let name = *self.runners.keys().find(|runner| **runner == name.as_str()).expect("a runner");
                // A restore uses the newest backup that the store has.
                let backup = self.store.whole.values().next_back().copied();
                match message {
                    Message::Call(call) => {
                        let report = self.runner(name).call(call, backup);
                        self.reports.extend(report.map(|report| (name, report)));
                        None
                    }
                    leave => Some(self.runner(name).leave(leave)),
                }
            }
            (Target::BackupMaker { runner }, Message::Call(Call { task: Task::Backup { attempt }, .. })) => {
                let name = *self.runners.keys().find(|name| **name == runner.as_str()).expect("a runner");
                if let Some(version) = self.version(name) {
                    self.store.upload(attempt, version);
                }
                let job = Job::Backup { attempt: Some(attempt) };
                self.reports.push((name, Report::Ended { job, outcome: Outcome::Completed, epoch: None }));
                None
            }
            (Target::BackupStore, Message::DiscardBackups { before }) => {
                self.store.discard(before);
                None
            }
            (target, message) => panic!("{message} to {target}"),
        }
    }

    /// Delivers every entry to what is ready.
    pub fn deliver_all(&mut self) {
        let silent = |target: &Target| {
            let (Target::Runner(runner) | Target::BackupMaker { runner }) = target else { return false };
            self.unready.contains(runner.as_str()) || self.gone.contains(runner.as_str())
        };
        let (kept, sent) = std::mem::take(&mut self.outbox).into_iter().partition(|entry| silent(&entry.target));
        self.outbox = kept;
        let sent: Vec<OutboxEntry> = sent;
        for entry in &sent {
            let awaited = !matches!(entry.message, Message::Call(call) if !self.row().awaits(&call));
            if awaited {
                self.deliver(entry);
            }
        }
    }

    /// All reports arrive.
    pub fn hear(&mut self) {
        for (runner, report) in std::mem::take(&mut self.reports) {
            self.report(runner, report);
        }
    }

    pub fn report(&mut self, runner: &str, report: Report) {
        let decided = self.sandbox.report(runner, report, &Policy::default(), self.sandbox.context(), self.now);
        self.write(&decided.unwrap_or_else(|refusal| panic!("{report:?}: {refusal}")));
    }

    /// The due timers act.
    pub fn clock(&mut self) {
        while let Some(step) = self.sandbox.due(&Policy::default(), self.sandbox.context(), self.now) {
            self.write(&step);
        }
    }

    /// The runner lists what it has. A step that takes the sandbox back assigns this runner.
    pub fn lists(&mut self, name: &'static str) -> Finding {
        let runner = &self.runners[name];
        let listed = runner.ledger.list(runner.seen());
        self.compares(name, listed.as_ref())
    }

    pub fn compares(&mut self, name: &'static str, listed: Option<&sandbox_lifecycle::runner::Listed>) -> Finding {
        let finding = self.sandbox.compare(name, listed, self.sandbox.context(), self.now);
        if let Finding::Apply(step) = &finding {
            let details = StepDetails { runner: Some(name), ..StepDetails::default() };
            let sent = self.sandbox.apply(step, details).expect("the step was decided on this record");
            self.outbox.extend(sent.into_iter().filter(|entry| entry.target != Target::Subscribers));
        }
        finding
    }

    /// Passes, deliveries and reports, until nothing is left to do but wait.
    pub fn settle(&mut self) {
        for _ in 0..40 {
            self.deliver_all();
            self.hear();
            if matches!(self.pass(), Next::Wait { .. } | Next::Nothing) && self.reports.is_empty() {
                self.deliver_all();
                if self.reports.is_empty() {
                    return;
                }
            }
        }
        panic!("it does not come to rest: {:?}", self.row());
    }
}

fn reference(attempt: u32) -> BackupRef {
    BackupRef { snapshot: format!("b{attempt}"), registry: "eu".into() }
}
