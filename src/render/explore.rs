//! All transitions of a sandbox, found by exploration: from every new row, it tries every command, timer, controller
//! pass and runner report, and repeats this for every row that results.

use crate::controller::{Image, Next, Observed, Placement, RunnerStanding, RunnerView, Stored};
use crate::decide::{NewSandbox, Origin};
use crate::lifecycle::{Lifecycle, MOST_ATTEMPTS, Status, fact_set::Facts};
use crate::policy::Policy;
use crate::rules::{Answer, Command, Context, Input, Job, Outcome, Report, Step, Task, TaskKind, Timer, Verb};
use crate::vocabulary::{AutoDelete, AutoPause, Fault, Micros, Minutes, QueueTimeout, SandboxClass, SandboxState, Ttl};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use chrono::{DateTime, Utc};
use core::fmt;

/// What moves a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Trigger {
    /// A caller sends a command.
    Command(Verb),
    /// The runner reports the success of a job, or the controller observes it.
    Done,
    /// The runner refuses a call, or its job fails.
    Failed,
    /// The runner reports a state unasked.
    Reported,
    /// A pass of the controller writes without an answer of the runner; mostly it calls the runner.
    Controller,
    /// The clock acts.
    Timer(Timer),
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(verb) => verb.fmt(f),
            Self::Done => f.pad("done"),
            Self::Failed => f.pad("failed"),
            Self::Reported => f.pad("reported"),
            Self::Controller => f.pad("controller"),
            Self::Timer(timer) => write!(f, "{timer} timer"),
        }
    }
}

/// A transition from one reported state to another.
///
/// The two states are the same if a command records an intent that the API does not show yet, such as the start of an
/// archived sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Transition {
    /// The reported state before.
    pub from: SandboxState,
    /// The reported state after.
    pub to: SandboxState,
    /// What moves it.
    pub by: Trigger,
}

/// `started → stopping: stop`.
impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}: {}", self.from, self.to, self.by)
    }
}

/// Returns every transition, in order, each once.
///
/// The exploration assumes that runners answer only the calls they received and echo the epoch. It leaves out stale
/// reports, which change nothing. The rules are those of the default [`Policy`].
///
/// ```
/// use sandbox_lifecycle::{SandboxState, Verb, render::{Transition, Trigger, transitions}};
/// let (from, to) = (SandboxState::Started, SandboxState::Stopping);
/// assert!(transitions().contains(&Transition { from, to, by: Trigger::Command(Verb::Stop) }));
/// ```
pub fn transitions() -> Vec<Transition> {
    let found = explored().into_keys().map(|(transition, _)| transition);
    found.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Returns an example of every transition by an input, and of every transition by a pass.
#[cfg(feature = "proptest")]
pub(crate) fn examples() -> impl Iterator<Item = (Transition, Example)> {
    explored().into_iter().map(|((transition, _), example)| (transition, example))
}

/// A row and what moves it.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "proptest"), expect(dead_code, reason = "only the test kit reads the examples"))]
pub(crate) struct Example {
    pub(crate) row: Lifecycle,
    pub(crate) moved_by: MovedBy,
    pub(crate) now: DateTime<Utc>,
}

/// What moves a row.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "proptest"), expect(dead_code, reason = "only the test kit reads the examples"))]
pub(crate) enum MovedBy {
    Input(Input),
    Pass(RunnerView),
}

/// The transitions, by a pass or not, each with its first example.
type Found = BTreeMap<(Transition, bool), Example>;

fn explored() -> Found {
    let mut exploration = Exploration::default();
    new_rows().for_each(|row| exploration.reach(Place { row, work: None }));
    while let Some(place) = exploration.waiting.pop() {
        exploration.commands(place);
        exploration.runner(place);
        exploration.controller(place);
        exploration.clock(place);
    }
    exploration.found
}

/// A row, and the task that its runner works on. Steps change only the status of the row here and neither times nor
/// epochs, so that the exploration recognizes a row that it has visited.
#[derive(Clone, Copy)]
struct Place {
    row: Lifecycle,
    work: Option<Task>,
}

/// The time at which every sandbox of the exploration is created. No time limit is over.
const THEN: Micros = Micros::EPOCH;
/// A time at which a controller looks again, and no time limit is over.
const SOON: Micros = Micros::EPOCH.saturating_add_minutes(2);
/// A time at which every time limit and interval is over.
const LATER: Micros = Micros::MAX;

type Key = (Status, Facts, Option<TaskKind>);

impl Place {
    /// Returns what distinguishes places: the columns that steps write, and the facts that follow from the other
    /// columns.
    fn key(&self) -> Key {
        (self.row.status, self.row.facts, self.work.map(Into::into))
    }

    /// Returns the place after a step. Work continues until it ends or until work of a newer epoch replaces it.
    fn after(self, step: &Step, work: Option<Task>) -> Self {
        let continued = work.filter(|_| step.next_epoch == step.row.epoch);
        // Of the attempts only it matters whether they are used up, or whether an archive was given up.
        let counted = |attempts: u8| {
            if (1..MOST_ATTEMPTS).contains(&attempts) { MOST_ATTEMPTS.saturating_sub(1) } else { attempts }
        };
        let status = step.after.with_archive_attempts(counted(step.after.archive_attempts()));
        let status = status.with_restore_attempts(counted(status.restore_attempts()));
        let row = Lifecycle { status, ..self.row }.with_facts();
        Self { row, work: step.call().map(|call| call.task).or(continued) }
    }
}

/// Returns the rows of all new sandboxes: every class from every origin, ephemeral or not, with or without a GPU, with
/// either idle timer. It leaves out the combinations that `create` refuses.
fn new_rows() -> impl Iterator<Item = Lifecycle> {
    let (ttl, queue_timeout) = (Ttl::After(Minutes::MAX), Some(QueueTimeout(Minutes::MAX)));
    let first = NewSandbox { ttl, queue_timeout, ..NewSandbox::default() };
    let pauses = [None, Some(AutoPause::After(Minutes::MAX))];
    let deletes = [AutoDelete::After(Minutes::MAX), AutoDelete::AtOnce].map(Some);
    let origins = <Origin as strum::VariantArray>::VARIANTS;
    let requests = SandboxClass::ALL.iter().map(move |class| NewSandbox { class: *class, ..first });
    let requests = requests.flat_map(|new| origins.iter().map(move |origin| NewSandbox { origin: *origin, ..new }));
    let requests = requests.flat_map(|new| [0, 1].map(|gpu| NewSandbox { gpu, ..new }));
    let requests = requests.flat_map(move |new| deletes.map(|auto_delete| NewSandbox { auto_delete, ..new }));
    // Without auto-pause a sandbox has the default auto-stop.
    let requests = requests.flat_map(move |new| pauses.map(|auto_pause| NewSandbox { auto_pause, ..new }));
    requests.filter_map(|new| Lifecycle::create(&new, &Policy::default(), THEN.into()).ok())
}

/// Returns the reported states of new sandboxes.
pub(crate) fn first_states() -> BTreeSet<SandboxState> {
    new_rows().map(|row| row.reported_state()).collect()
}

/// The transitions found so far, and the places that are still to be tried.
#[derive(Default)]
struct Exploration {
    policy: Policy,
    found: Found,
    seen: BTreeSet<Key>,
    waiting: Vec<Place>,
}

impl Exploration {
    fn reach(&mut self, place: Place) {
        if self.seen.insert(place.key()) {
            self.waiting.push(place);
        }
    }

    fn take(&mut self, before: Place, by: Trigger, (step, moved_by): (&Step, MovedBy), work: Option<Task>) {
        let after = before.after(step, work);
        let (from, to) = (before.row.reported_state(), after.row.reported_state());
        let unseen_intent = matches!(by, Trigger::Command(_)) && step.row.status.desired() != step.desired_state();
        if from != to || unseen_intent {
            let is_pass = matches!(moved_by, MovedBy::Pass(_));
            let example = Example { row: before.row, moved_by, now: step.decided_at() };
            self.found.entry((Transition { from, to, by }, is_pass)).or_insert(example);
        }
        self.reach(after);
    }

    fn try_input(&mut self, place: Place, by: Trigger, input: impl Into<Input>, work: Option<Task>) {
        let input = input.into();
        if let Ok(step) = place.row.decide(input, &self.policy, Context::of(&place.row), THEN.into()) {
            self.take(place, by, (&step, MovedBy::Input(input)), work);
        }
    }

    /// Tries all commands, and the child that a fork would create. It skips the verbs that change no state.
    fn commands(&mut self, place: Place) {
        for command in Command::EXAMPLES.as_flattened().iter().filter(|command| command.verb().moves()) {
            self.try_input(place, Trigger::Command(command.verb()), *command, place.work);
        }
        let child = place.row.fork_child(THEN.into());
        self.reach(Place { row: child, work: Some(Task::Create) });
    }

    /// Tries the end of the runner's work, unsolicited reports and the end of a backup.
    fn runner(&mut self, place: Place) {
        for outcome in [Outcome::Completed, FAILED] {
            let by = if outcome == Outcome::Completed { Trigger::Done } else { Trigger::Failed };
            if let Some(job) = place.work.and_then(Task::job) {
                self.try_input(place, by, Report::Ended { job, outcome, epoch: None }, None);
            }
            let backup = Report::Ended { job: Job::Backup { attempt: None }, outcome, epoch: None };
            self.try_input(place, by, backup, place.work);
        }
        if let Some(task) = place.work {
            self.try_input(place, Trigger::Failed, answered(task, REFUSED), None);
        }
        for state in SandboxState::ALL {
            let report = Report::State { state: *state, fault: None, recoverable: false, epoch: None };
            self.try_input(place, Trigger::Reported, report, place.work);
        }
    }

    fn controller(&mut self, place: Place) {
        let asks = matches!(place.row.reconcile(&RunnerView::of(&place.row), &self.policy, SOON.into()), Next::Ask(_));
        let answers = observations(&place.row).take(if asks { usize::MAX } else { 0 });
        for view in views(&place.row).chain(answers) {
            match place.row.reconcile(&view, &self.policy, SOON.into()) {
                Next::Apply(step) => self.take(place, found_by(&view, &step), (&step, MovedBy::Pass(view)), place.work),
                Next::Ask(_) | Next::Resend { .. } | Next::Wait { .. } | Next::Nothing => {}
            }
        }
    }

    fn clock(&mut self, place: Place) {
        for timer in <Timer as strum::VariantArray>::VARIANTS {
            if let Ok(step) = place.row.decide(*timer, &self.policy, Context::of(&place.row), LATER.into()) {
                self.take(place, Trigger::Timer(*timer), (&step, MovedBy::Input(Input::Timer(*timer))), place.work);
            }
        }
    }
}

const FAILED: Outcome = Outcome::Failed { fault: Fault::Timeout, recoverable: true };
const REFUSED: Answer = Answer::Refused { fault: Fault::Refused, recoverable: false };

const fn answered(task: Task, answer: Answer) -> Report {
    Report::Answered { task, answer, from: None, epoch: None }
}

impl Trigger {
    /// Returns what moves a sandbox when this input is accepted.
    #[cfg(feature = "proptest")]
    pub(crate) const fn of(input: &Input) -> Self {
        match input {
            Input::Command(command) => Self::Command(command.verb()),
            Input::Timer(timer) => Self::Timer(*timer),
            Input::Report(Report::State { .. } | Report::BackupUnderWay { .. }) => Self::Reported,
            Input::Report(Report::Ended { outcome: Outcome::Completed, .. }) => Self::Done,
            Input::Report(Report::Ended { outcome: Outcome::Failed { .. }, .. }) => Self::Failed,
            Input::Report(Report::Answered { answer: Answer::Accepted | Answer::Done, .. }) => Self::Done,
            Input::Report(Report::Answered { answer: Answer::Refused { .. }, .. }) => Self::Failed,
        }
    }
}

/// Returns what moves a sandbox when a pass with this view writes this step.
#[cfg(feature = "proptest")]
pub(crate) fn trigger_of_pass(view: &RunnerView, step: &Step) -> Trigger {
    found_by(view, step)
}

/// Returns the trigger of a step of the controller: what it saw on the runner, or its own pass.
fn found_by(view: &RunnerView, step: &Step) -> Trigger {
    if step.state().is_failed() {
        Trigger::Failed
    } else if view.observed == Observed::NotAsked {
        Trigger::Controller
    } else if step.desired_state().fulfilled_by() == Some(step.state()) {
        Trigger::Done
    } else {
        Trigger::Reported
    }
}

/// Returns what a controller can know before it asks the runner: one fact at a time, because no pass reads two.
fn views(row: &Lifecycle) -> impl Iterator<Item = RunnerView> + use<> {
    let view = RunnerView::of(row);
    let of = move |runner| RunnerView { runner, ..view };
    const STANDINGS: [RunnerStanding; 3] = [RunnerStanding::Ready, RunnerStanding::NotReady, RunnerStanding::Gone];
    let images = [Image::Missing, Image::Pulling, Image::Building, Image::Ready, Image::Failed, Image::Removing];
    let placements = [Placement::NoRoom, Placement::Warm, Placement::Cold].into_iter();
    let placements = placements.chain(images.map(Placement::InFlight));
    let placed = placements.flat_map(move |placement| STANDINGS.map(|runner| RunnerView { placement, ..of(runner) }));
    let built = images.into_iter().map(move |image| RunnerView { image, ..view });
    placed.chain(built)
}

/// Returns all answers of a runner or of the store that the controller asks.
fn observations(row: &Lifecycle) -> impl Iterator<Item = RunnerView> + use<> {
    let view = RunnerView::of(row);
    let states = SandboxState::ALL.iter().map(|state| Observed::State(*state));
    let observed = [Observed::NotFound].into_iter().chain(states);
    let placed = RunnerView { placement: Placement::Warm, observed: Observed::NotFound, ..view };
    let stored = [Stored::Whole, Stored::Missing].map(|stored| RunnerView { stored, ..view });
    observed.map(move |observed| RunnerView { observed, ..view }).chain(stored).chain([placed])
}

#[cfg(test)]
mod tests {
    use super::{SandboxState, transitions};
    use alloc::collections::BTreeSet;

    #[test]
    fn a_client_sees_every_state_but_unknown_which_is_shown_as_creating() {
        let shown = transitions().into_iter().flat_map(|transition| [transition.from, transition.to]);
        let shown: BTreeSet<_> = shown.chain([SandboxState::Unknown]).collect();
        assert_eq!(shown, SandboxState::ALL.iter().copied().collect());
    }
}
