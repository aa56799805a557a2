//! Which inputs a test generates: chosen before they are generated, so that no case is thrown away.

use super::{
    cases::{Generated, cases_around, cases_of},
    inputs, rows, storable,
};
use crate::{
    policy::Policy,
    rules::{Command, Input, Timer, Verb},
    testing::{
        case::Case,
        cells::{Cell, cells},
    },
};
use alloc::vec::Vec;
use proptest::{
    prelude::*,
    sample::select,
    strategy::{NewTree, Union},
    test_runner::TestRunner,
};

/// The inputs that a test generates: which commands, whether reports, which timers.
///
/// A platform that supports only some of them chooses those. All inputs are chosen by default.
///
/// ```
/// use proptest::{prelude::*, test_runner::TestRunner};
/// use sandbox_lifecycle::{Input, Policy, Verb, testing::Inputs};
/// let inputs = Inputs::default().commands([Verb::Start, Verb::Stop]).without_reports().without_timers();
/// let cases = inputs.cases(&Policy::default());
/// TestRunner::deterministic().run(&cases, |case| {
///     let Input::Command(command) = case.input else { panic!("{case:?}") };
///     prop_assert!([Verb::Start, Verb::Stop].contains(&command.verb()));
///     Ok(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inputs {
    pub(crate) verbs: Vec<Verb>,
    pub(crate) reports: bool,
    pub(crate) timers: Vec<Timer>,
}

/// Every command, every report and every timer.
impl Default for Inputs {
    fn default() -> Self {
        Self { verbs: Verb::ALL.to_vec(), reports: true, timers: Timer::ALL.to_vec() }
    }
}

impl Inputs {
    /// Chooses these commands.
    #[must_use]
    pub fn commands(self, verbs: impl IntoIterator<Item = Verb>) -> Self {
        Self { verbs: verbs.into_iter().collect(), ..self }
    }

    /// Leaves out all commands.
    #[must_use]
    pub fn without_commands(self) -> Self {
        self.commands([])
    }

    /// Leaves out the reports of runners.
    #[must_use]
    pub fn without_reports(self) -> Self {
        Self { reports: false, ..self }
    }

    /// Chooses these timers.
    #[must_use]
    pub fn timers(self, timers: impl IntoIterator<Item = Timer>) -> Self {
        Self { timers: timers.into_iter().collect(), ..self }
    }

    /// Leaves out all timers.
    #[must_use]
    pub fn without_timers(self) -> Self {
        self.timers([])
    }

    /// Whether no input is chosen.
    pub(crate) const fn are_none(&self) -> bool {
        self.verbs.is_empty() && !self.reports && self.timers.is_empty()
    }

    /// Whether the input is one of those that were chosen.
    pub fn contain(&self, input: &Input) -> bool {
        match input {
            Input::Command(command) => self.verbs.contains(&command.verb()),
            Input::Report(_) => self.reports,
            Input::Timer(timer) => self.timers.contains(timer),
        }
    }

    /// Returns the [`cells`] of these inputs, in the order of their names.
    pub fn cells(&self, policy: &Policy) -> Vec<Cell> {
        cells(policy).into_iter().filter(|cell| self.contain(&cell.case.input)).collect()
    }

    /// Generates these inputs with any arguments, whatever the row is. Where none is chosen, the strategy ends the test with an
    /// error that says so.
    pub fn inputs(&self) -> BoxedStrategy<Input> {
        let commands: Vec<_> =
            self.verbs.iter().map(|verb| (2, with_verb(*verb).prop_map(Input::from).boxed())).collect();
        let of_commands = u32::try_from(commands.len()).unwrap_or(u32::MAX);
        // As many commands as reports and timers together.
        let others = of_commands.max(1);
        let reports = self.reports.then(|| (others, inputs::report().prop_map(Input::from).boxed()));
        let timers = (!self.timers.is_empty()).then(|| select(self.timers.clone()));
        let timers = timers.map(|timers| (others, timers.prop_map(Input::from).boxed()));
        let all: Vec<_> = commands.into_iter().chain(reports).chain(timers).collect();
        if all.is_empty() { Nothing.boxed() } else { Union::new_weighted(all).boxed() }
    }

    /// Generates cases of these inputs that a platform can meet: most are a cell's case with small variations, the others are
    /// of any row that a database takes. So every rule of the policy is reached.
    ///
    /// The rows are storable: see [`storable_lifecycle`](super::storable_lifecycle).
    pub fn cases(&self, policy: &Policy) -> BoxedStrategy<Case> {
        let around = cases_of(storable::storable_lifecycle(), self.generated(policy));
        match cases_around(&self.cells(policy), self.generated(policy)) {
            Some(of_cells) => prop_oneof![15 => of_cells, 1 => around].boxed(),
            None => around,
        }
    }

    /// Generates cases of these inputs and of any row, including broken rows and values that no database takes.
    pub fn any_cases(&self, policy: &Policy) -> BoxedStrategy<Case> {
        cases_of(rows::lifecycle(), self.generated(policy))
    }

    fn generated(&self, policy: &Policy) -> Generated {
        Generated { inputs: self.inputs(), timers: self.timers.clone(), policy: policy.clone() }
    }
}

/// Generates a case of any input that a platform can meet, under the default policy: see [`Inputs::cases`].
pub fn case() -> impl Strategy<Value = Case> + Clone {
    Inputs::default().cases(&Policy::default())
}

/// Generates a case of any input and any row, including broken rows: see [`Inputs::any_cases`].
pub fn any_case() -> impl Strategy<Value = Case> + Clone {
    Inputs::default().any_cases(&Policy::default())
}

/// Generates nothing, and says why.
#[derive(Debug, Clone)]
struct Nothing;

impl Strategy for Nothing {
    type Tree = Just<Input>;
    type Value = Input;

    fn new_tree(&self, _: &mut TestRunner) -> NewTree<Self> {
        Err("no input is chosen".into())
    }
}

/// Generates commands with this verb and any arguments.
pub(crate) fn with_verb(verb: Verb) -> BoxedStrategy<Command> {
    use super::words;
    match verb {
        Verb::Start => Just(Command::Start).boxed(),
        Verb::Stop => any::<bool>().prop_map(|force| Command::Stop { force }).boxed(),
        Verb::Destroy => Just(Command::Destroy { force: false }).boxed(),
        Verb::ForceDestroy => Just(Command::Destroy { force: true }).boxed(),
        Verb::Pause => Just(Command::Pause).boxed(),
        Verb::Archive => Just(Command::Archive).boxed(),
        Verb::Resize => inputs::size_change().prop_map(Command::Resize).boxed(),
        Verb::Fork => Just(Command::Fork).boxed(),
        Verb::Snapshot => any::<bool>().prop_map(|include_memory| Command::Snapshot { include_memory }).boxed(),
        Verb::Recover => any::<bool>().prop_map(|start| Command::Recover { start }).boxed(),
        Verb::Backup => Just(Command::Backup).boxed(),
        Verb::AutoStop => words::auto_stop().prop_map(|interval| Command::AutoStop { interval }).boxed(),
        Verb::AutoPause => words::auto_pause().prop_map(|interval| Command::AutoPause { interval }).boxed(),
        Verb::AutoArchive => words::auto_archive().prop_map(|interval| Command::AutoArchive { interval }).boxed(),
        Verb::AutoDelete => words::auto_delete().prop_map(|interval| Command::AutoDelete { interval }).boxed(),
        Verb::Ttl => words::ttl().prop_map(|interval| Command::Ttl { interval }).boxed(),
        Verb::Touch => Just(Command::Touch).boxed(),
    }
}
