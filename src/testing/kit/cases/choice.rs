//! The cases of a check: first the chosen ones, one for each decision that the rules distinguish, then random ones.

use super::{
    plan::{Pass, Plan, Rows},
    shrink::moved_with,
};
use crate::{
    controller::RunnerView,
    lifecycle::{Column, Columns, Lifecycle},
    policy::Policy,
    rules::{Command, Input, Verb},
    testing::{
        inputs::{self, Case},
        words,
    },
};
use alloc::vec::Vec;
use proptest::{
    prelude::*,
    sample::select,
    strategy::{BoxedStrategy, Union, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

/// Returns the random source of one case, which depends on the seed of the check and the number of the case only.
pub(in crate::testing::kit) fn runner(seed: u64, number: u64) -> TestRunner {
    let mut bytes = [0; 32];
    let numbers = seed.to_le_bytes().into_iter().chain(number.to_le_bytes());
    for (byte, value) in bytes.iter_mut().zip(numbers) {
        *byte = value;
    }
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// Returns a value of a strategy that rejects nothing.
pub(in crate::testing::kit) fn value_of<S: Strategy>(strategy: &S, runner: &mut TestRunner) -> Option<S::Value> {
    strategy.new_tree(runner).ok().map(|tree| tree.current())
}

/// Returns the cases of a plan, in order.
pub(in crate::testing::kit) fn cases(plan: &Plan, policy: &Policy) -> impl Iterator<Item = Case> {
    let chosen: Vec<Case> = chosen(policy).into_iter().filter(|case| plan.tries(&case.input)).collect();
    let seed = plan.seed;
    let strategy = random(plan);
    let random = (0..u64::from(plan.random))
        .filter_map(move |number| strategy.as_ref().and_then(|strategy| value_of(strategy, &mut runner(seed, number))));
    chosen.into_iter().chain(random)
}

/// Returns one case for each decision that the rules distinguish.
pub(in crate::testing::kit) fn chosen(policy: &Policy) -> Vec<Case> {
    let _ = policy;
    Vec::new()
}

/// Returns the strategy of the random cases, or `None` if the plan tries no input.
fn random(plan: &Plan) -> Option<BoxedStrategy<Case>> {
    let case = match plan.rows {
        Rows::Storable => inputs::case().boxed(),
        Rows::Any => inputs::any_case().boxed(),
    };
    let input = input(plan)?;
    Some((case, input).prop_map(|(case, input)| Case { input, ..case }).boxed())
}

/// Returns the strategy of the inputs that a plan tries: they are chosen, and none is rejected.
pub(in crate::testing::kit) fn input(plan: &Plan) -> Option<BoxedStrategy<Input>> {
    let commands = (!plan.verbs.is_empty())
        .then(|| (2, select(plan.verbs.clone()).prop_flat_map(command).prop_map(Input::from).boxed()));
    let reports = plan.reports.then(|| (1, inputs::report().prop_map(Input::from).boxed()));
    let timers = plan.timers.then(|| (1, inputs::timer().prop_map(Input::from).boxed()));
    let kinds: Vec<_> = [commands, reports, timers].into_iter().flatten().collect();
    (!kinds.is_empty()).then(|| Union::new_weighted(kinds).boxed())
}

/// Returns the strategy of the commands of a verb, with any arguments.
pub(in crate::testing::kit) fn command(verb: Verb) -> BoxedStrategy<Command> {
    let either = any::<bool>();
    match verb {
        Verb::Start => Just(Command::Start).boxed(),
        Verb::Stop => either.prop_map(|force| Command::Stop { force }).boxed(),
        Verb::Destroy => Just(Command::Destroy { force: false }).boxed(),
        Verb::ForceDestroy => Just(Command::Destroy { force: true }).boxed(),
        Verb::Pause => Just(Command::Pause).boxed(),
        Verb::Archive => Just(Command::Archive).boxed(),
        Verb::Resize => inputs::size_change().prop_map(Command::Resize).boxed(),
        Verb::Fork => Just(Command::Fork).boxed(),
        Verb::Snapshot => either.prop_map(|include_memory| Command::Snapshot { include_memory }).boxed(),
        Verb::Recover => either.prop_map(|start| Command::Recover { start }).boxed(),
        Verb::Backup => Just(Command::Backup).boxed(),
        Verb::AutoStop => words::auto_stop().prop_map(|interval| Command::AutoStop { interval }).boxed(),
        Verb::AutoPause => words::auto_pause().prop_map(|interval| Command::AutoPause { interval }).boxed(),
        Verb::AutoArchive => words::auto_archive().prop_map(|interval| Command::AutoArchive { interval }).boxed(),
        Verb::AutoDelete => words::auto_delete().prop_map(|interval| Command::AutoDelete { interval }).boxed(),
        Verb::Ttl => words::ttl().prop_map(|interval| Command::Ttl { interval }).boxed(),
        Verb::Touch => Just(Command::Touch).boxed(),
    }
}

/// Returns the passes of a plan, in order.
pub(in crate::testing::kit) fn passes(plan: &Plan, policy: &Policy) -> impl Iterator<Item = Pass> {
    let case = match plan.rows {
        Rows::Storable => inputs::case().boxed(),
        Rows::Any => inputs::any_case().boxed(),
    };
    let late = prop::bool::weighted(0.05);
    let strategy = (case, inputs::runner_view(), late).prop_map(|(Case { row, now, .. }, view, late)| {
        let revision = if late { row.revision().wrapping_sub(1) } else { row.revision() };
        Pass { row, view: RunnerView { revision, ..view }, now }
    });
    let seed = plan.seed;
    let random = (0..u64::from(plan.random)).filter_map(move |number| value_of(&strategy, &mut runner(seed, number)));
    chosen_passes(policy).into_iter().chain(random)
}

/// Returns one pass for each thing that a controller does.
fn chosen_passes(policy: &Policy) -> Vec<Pass> {
    let _ = policy;
    Vec::new()
}

/// Returns the case for a system that has only some of the columns: the others have their default.
pub(in crate::testing::kit) fn within(case: Case, has: impl Fn(&Column) -> bool) -> Case {
    let row = projected(&case.row, has);
    // A context that was gathered for another revision stays one.
    let revision = moved_with(case.context.revision(), &case.row, &row);
    Case { row, context: case.context.with_revision(revision), ..case }
}

/// Returns the pass for a system that has only some of the columns: the others have their default.
pub(in crate::testing::kit) fn within_pass(pass: Pass, has: impl Fn(&Column) -> bool) -> Pass {
    let row = projected(&pass.row, has);
    let revision = moved_with(pass.view.revision, &pass.row, &row);
    Pass { row, view: RunnerView { revision, ..pass.view }, ..pass }
}

/// Returns the row with the default in every column that a system does not have.
fn projected(row: &Lifecycle, has: impl Fn(&Column) -> bool) -> Lifecycle {
    let columns = row.columns();
    let pairs = columns.iter().zip(Columns::default().iter());
    let values = pairs.map(|((column, value), (_, default))| (column.name, if has(column) { value } else { default }));
    // Every column has a value of its own type.
    Columns::from_values(values.collect::<Vec<_>>()).map_or(*row, Lifecycle::from)
}
