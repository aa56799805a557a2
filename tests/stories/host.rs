//! A host for one sandbox: a stored row, an outbox, runners with their ledgers, and a controller that may crash.

use crate::runner::Runner;
use crate::script::{Act, Manner, Story};
use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Effect, Input, Lifecycle, Next, Policy, Report, RunnerView, SandboxState,
    Step,
    controller::{Observed, Placement, Question, Stored},
    rules::{AsInput, Call, Job, Outcome, RunnerChange, Task, TaskKind},
    vocabulary::CopyState,
};
use std::collections::{BTreeSet, VecDeque};

/// The instant at which every story begins.
pub const BEGINNING: DateTime<Utc> = DateTime::from_timestamp(86_400, 0).expect("a time");

/// A report, with the runner that sent it.
pub type Sent = (usize, Report);

/// What the outbox still owes.
#[derive(Debug, Clone, Copy)]
enum Owed {
    /// A call of this runner, and how often it was sent.
    Call { runner: usize, call: Call, sent: u8 },
    /// The removal or release of a copy, until this runner acknowledges it.
    Leave { runner: usize, effect: Effect },
    /// Discard the backups before this attempt.
    Discard { before: u32 },
}

/// The host. Its stored fields survive a crash; what the controller holds in memory does not.
pub struct Host {
    pub row: Lifecycle,
    /// The row of the fork child, once there is one. It waits for the report of its runner.
    pub child: Option<Lifecycle>,
    /// The sandbox's own runner.
    runner: Option<usize>,
    runners: Vec<Runner>,
    outbox: VecDeque<Owed>,
    /// The attempts whose backups the store has.
    store: BTreeSet<u32>,
    /// Reports on their way.
    pub reports: Vec<Sent>,
    /// Every report that was sent.
    pub sent: Vec<Sent>,
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

/// A step that is not written yet, or a view with an answer.
enum InHand {
    Write(Step),
    Look(RunnerView),
}

impl Host {
    pub fn new(story: &Story) -> Self {
        let begins =
            Columns { created_at: BEGINNING, last_activity_at: BEGINNING, state_since: BEGINNING, ..(story.begins)() };
        Self {
            row: Lifecycle::from(begins).repaired(),
            child: None,
            runner: begins.has_runner.then_some(0),
            runners: vec![if begins.has_runner { Runner::of(begins.state) } else { Runner::default() }],
            outbox: VecDeque::new(),
            store: BTreeSet::new(),
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
                self.child = None; // Its caller destroys it first, because it reads the disk.
                self.acts = [Act::Once(self.row.state(), Command::Destroy { force: true })].into();
            }
            self.steps += 1;
            if matches!(self.acts.front(), Some(Act::Once(state, _)) if *state == self.row.state()) {
                self.act();
                continue;
            }
            let goes_on = self.decide_again() || self.hear() || self.send_out() || self.control();
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
        if let Ok(step) = self.row.decide(input, &Policy::default(), self.context(), self.now) {
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

    /// Decides a report and writes the step. Only the sandbox's own runner counts, as in `Sandbox::report`.
    pub fn tell(&mut self, (runner, report): Sent) {
        if let (Report::Ended { job: Job::ForkChild, .. }, Some(child)) = (report, self.child) {
            let decided = child.decide(report, &Policy::default(), Context::of(&child), self.now);
            let step = decided.expect("a job's end is not refused");
            self.child = Some(step.apply(child).expect("it was decided on this row"));
        } else if self.runner == Some(runner) {
            let decided = self.row.decide(report, &Policy::default(), self.context(), self.now);
            self.write(&decided.expect("these reports are never refused"));
        }
    }

    /// Whether the child is alive: then nothing removes the disk that it reads.
    fn live_fork_children(&self) -> u32 {
        self.child.is_some_and(|child| child.desired_state() != DesiredState::Destroyed).into()
    }

    /// The context, gathered for the present revision.
    fn context(&self) -> Context {
        let leaves = self.outbox.iter().filter(|owed| matches!(owed, Owed::Leave { .. })).count();
        let owed = u32::try_from(leaves).expect("a small number");
        Context::of(&self.row).with_live_fork_children(self.live_fork_children()).with_owed_departures(owed)
    }

    fn decide(&self, input: impl AsInput) -> Step {
        self.row.decide(input, &Policy::default(), self.context(), self.now).expect("the input is accepted")
    }

    /// Writes a step: the row and the outbox in one transaction.
    fn write(&mut self, step: &Step) {
        let left = self.runner;
        self.row = step.apply(self.row).expect("it was decided on this row");
        assert!(self.row.violations().is_empty(), "{:?} after {step:?}", self.row.violations());
        for effect in step.effects() {
            match effect {
                Effect::Runner(RunnerChange::Assigned | RunnerChange::AssignedKeepingPrevious) => {
                    self.runner = Some(self.candidate());
                }
                Effect::Runner(RunnerChange::Released | RunnerChange::ReleasedAsPrevious) => self.runner = None,
                Effect::Call(call) => {
                    let runner = self.runner.expect("a call is for the row's own runner");
                    self.outbox.push_back(Owed::Call { runner, call, sent: 0 });
                }
                Effect::Remove { .. } | Effect::Release { .. } => {
                    let runner = left.expect("a runner that is left");
                    self.outbox.push_back(Owed::Leave { runner, effect });
                }
                Effect::DiscardBackups { before } => self.outbox.push_back(Owed::Discard { before }),
                Effect::StoreChild => self.child = Some(self.row.fork_child(self.now)),
                _ => {}
            }
        }
        assert_eq!(self.runner.is_some(), self.row.has_runner(), "{step:?}");
    }

    /// Returns a runner that owes no acknowledgement. Another one takes the place of those that do.
    fn candidate(&mut self) -> usize {
        let owes =
            |runner| self.outbox.iter().any(|owed| matches!(owed, Owed::Leave { runner: it, .. } if *it == runner));
        let free = (0..self.runners.len()).find(|runner| !owes(*runner));
        free.unwrap_or_else(|| {
            self.runners.push(Runner::default());
            self.runners.len() - 1
        })
    }

    /// The outbox sends one entry. A call stays in it while the row awaits its end, and is sent twice in any case.
    fn send_out(&mut self) -> bool {
        self.outbox.retain(|owed| !matches!(owed, Owed::Call { call, .. } if !self.row.awaits(call)));
        let next = self.outbox.iter().position(|owed| !matches!(owed, Owed::Call { sent: 2.., .. }));
        let Some(place) = next else { return false };
        match self.outbox[place] {
            Owed::Leave { runner, effect } => {
                match effect {
                    Effect::Remove { epoch } => self.runners[runner].remove(epoch),
                    Effect::Release { epoch } => self.runners[runner].release(epoch),
                    other => panic!("{other} does not leave a runner"),
                }
                self.outbox.remove(place); // The runner acknowledges it.
            }
            Owed::Discard { before } => {
                self.store.retain(|attempt| *attempt >= before);
                self.outbox.remove(place);
            }
            Owed::Call { runner, call, sent } => {
                self.outbox[place] = Owed::Call { runner, call, sent: sent + 1 };
                self.call(runner, call);
            }
        }
        true
    }

    /// Sends a call again that the runner does not work on, unless it was sent often enough already.
    fn resend(&mut self, task: TaskKind, epoch: u32) -> bool {
        let found = self.outbox.iter_mut().find_map(|owed| match owed {
            Owed::Call { runner, call, sent }
                if TaskKind::from(call.task) == task && call.epoch == epoch && *sent < 4 =>
            {
                *sent += 1;
                Some((*runner, *call))
            }
            _ => None,
        });
        let Some((runner, call)) = found else { return false };
        self.call(runner, call);
        true
    }

    fn call(&mut self, runner: usize, call: Call) {
        let reports = match call.task {
            Task::Backup { attempt } => {
                self.store.insert(attempt);
                let (job, attempt) = (Job::Backup { attempt: Some(attempt) }, Some(attempt));
                let ended = Report::Ended { job, outcome: Outcome::Completed, epoch: None };
                vec![Report::BackupUnderWay { begun: true, attempt }, ended]
            }
            _ => self.runners[runner].call(call, self.manner),
        };
        for report in reports {
            self.reports.push((runner, report));
            self.sent.push((runner, report));
        }
    }

    /// Returns what the controller knows without asking.
    fn view(&self) -> RunnerView {
        let lacks_image = matches!(self.row.state(), SandboxState::PendingBuild | SandboxState::PullingSnapshot);
        RunnerView {
            placement: match self.manner {
                Manner::Full => Placement::NoRoom,
                _ if lacks_image => Placement::Cold,
                _ => Placement::Warm,
            },
            image: self.runner.map(|runner| self.runners[runner].image).unwrap_or_default(),
            live_fork_children: self.live_fork_children(),
            ..RunnerView::of(&self.row)
        }
    }

    /// One step of the controller: it continues what it holds, or starts a new pass.
    fn control(&mut self) -> bool {
        let view = match self.in_hand.take() {
            Some(InHand::Write(step)) => {
                if step.apply(self.row).is_ok() {
                    self.write(&step);
                }
                return true; // A report was written first, and the next pass decides again.
            }
            Some(InHand::Look(view)) => view,
            None => self.view(),
        };
        // The store purges the record.
        let due = self.row.due(&Policy::default(), self.context(), self.now).filter(Step::writes);
        if let Some(step) = due {
            self.in_hand = Some(InHand::Write(step));
            return true;
        }
        self.in_hand = Some(match self.row.reconcile(&view, &Policy::default(), self.now) {
            Next::Ask(Question::Runner { epoch }) => {
                let runner = self.runner.expect("a runner to ask");
                let answer = self.runners[runner].ask(epoch);
                InHand::Look(match answer {
                    Some(answer) => view_of(&self.row, view).answered(answer),
                    None => RunnerView { observed: Observed::NoAnswer, ..view_of(&self.row, view) },
                })
            }
            Next::Ask(Question::Store { attempt }) => {
                let stored = if self.store.contains(&attempt) { Stored::Whole } else { Stored::Missing };
                InHand::Look(RunnerView { stored, ..view_of(&self.row, view) })
            }
            Next::Apply(step) => InHand::Write(step),
            Next::Resend { task, epoch } => return self.resend(task, epoch),
            Next::Wait { .. } | Next::Nothing => return false,
        });
        true
    }

    /// Returns the copies on all runners.
    pub fn copies(&self) -> Vec<CopyState> {
        self.runners.iter().map(|runner| runner.copy).filter(|copy| *copy != CopyState::None).collect()
    }

    pub fn end(&self) -> (SandboxState, DesiredState) {
        (self.row.state(), self.row.desired_state())
    }
}

/// Returns the view for the row as it was read now. Answers of an older revision do not count.
fn view_of(row: &Lifecycle, view: RunnerView) -> RunnerView {
    let (observed, stored) = if view.revision == row.revision() {
        (view.observed, view.stored)
    } else {
        (Observed::NotAsked, Stored::NotAsked)
    };
    RunnerView { revision: row.revision(), observed, stored, ..view }
}
