//! The cases of a check: first the chosen ones, one for each decision that the rules distinguish, then random ones.

use super::{
    examples::{by_inputs, by_passes},
    plan::{Pass, Plan, Rows},
    shrink::moved_with,
};
use crate::{
    controller::RunnerView,
    lifecycle::{Column, Columns, Lifecycle},
    policy::Policy,
    rules::{Command, Context, Input},
    testing::{case::Case, cells::pass_cells, strategies},
    vocabulary::{AutoDelete, DesiredState, SandboxClass, SandboxState},
};
use alloc::vec::Vec;
use chrono::DateTime;
use core::fmt;
use proptest::{
    prelude::*,
    sample::select,
    strategy::{BoxedStrategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

/// Returns the random source of one case, which depends on the seed of the check and the number of the case only.
pub(crate) fn runner(seed: u64, number: u64) -> TestRunner {
    let mut bytes = [0; 32];
    let numbers = seed.to_le_bytes().into_iter().chain(number.to_le_bytes());
    for (byte, value) in bytes.iter_mut().zip(numbers) {
        *byte = value;
    }
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// Returns a value of a strategy that rejects nothing.
pub(crate) fn value_of<S: Strategy>(strategy: &S, runner: &mut TestRunner) -> Option<S::Value> {
    strategy.new_tree(runner).ok().map(|tree| tree.current())
}

/// Returns the cases of a plan, in order: one of each cell, and then random ones.
pub(crate) fn cases(plan: &Plan, policy: &Policy) -> impl Iterator<Item = Case> {
    let inputs = &plan.inputs;
    let chosen = inputs.cells(policy).into_iter().map(|cell| cell.case);
    let chosen: Vec<Case> = chosen.chain(by_inputs(inputs).map(|(_, case)| case)).chain(unusual(plan)).collect();
    let strategy = match plan.rows {
        Rows::Storable => inputs.cases(policy),
        Rows::Any => inputs.any_cases(policy),
    };
    chosen.into_iter().chain(random(plan, strategy).take(if inputs.are_none() { 0 } else { usize::MAX }))
}

/// Returns commands on rows that the cells do not have: a sandbox that became ephemeral while it was stopped, a
/// running VM without a runner, and, if the plan has broken rows, inconsistent states and a paused container.
fn unusual(plan: &Plan) -> Vec<Case> {
    let (stopped, paused) = (SandboxState::Stopped, SandboxState::Paused);
    let rows = [
        Columns {
            state: stopped,
            desired_state: DesiredState::Stopped,
            auto_delete: AutoDelete::AtOnce,
            ..Columns::default()
        },
        Columns { class: SandboxClass::LinuxVm, has_runner: false, ..Columns::default() },
        Columns { state: SandboxState::Destroying, ..Columns::default() },
        Columns { state: paused, desired_state: DesiredState::Paused, ..Columns::default() },
    ];
    let rows = rows.into_iter().take(if plan.rows == Rows::Any { usize::MAX } else { 2 }).map(Lifecycle::from);
    let commands =
        Command::EXAMPLES.as_flattened().iter().filter(|command| plan.inputs.verbs.contains(&command.verb()));
    let commands: Vec<Input> = commands.map(|command| Input::from(*command)).collect();
    let case = |row, input| Case { row, input, context: Context::of(&row), now: DateTime::UNIX_EPOCH };
    rows.flat_map(|row| commands.iter().map(move |input| case(row, *input))).collect()
}

/// Returns the random values of a plan. Each depends on the seed and on its own number only.
fn random<T: fmt::Debug>(plan: &Plan, strategy: BoxedStrategy<T>) -> impl Iterator<Item = T> + use<T> {
    let seed = plan.seed;
    (0..u64::from(plan.random)).filter_map(move |number| value_of(&strategy, &mut runner(seed, number)))
}

/// Returns the passes of a plan, in order: one of each cell, and then random ones.
pub(crate) fn passes(plan: &Plan, policy: &Policy) -> impl Iterator<Item = Pass> {
    let chosen = pass_cells(policy).into_iter().map(|cell| Pass { row: cell.row, view: cell.view, now: cell.now });
    let chosen: Vec<Pass> = chosen.chain(by_passes().map(|(_, pass)| pass)).collect();
    let other = match plan.rows {
        Rows::Storable => strategies::case().boxed(),
        Rows::Any => strategies::any_case().boxed(),
    };
    let other = other.prop_map(|Case { row, now, .. }| Pass { row, view: RunnerView::of(&row), now });
    let pass =
        if chosen.is_empty() { other.boxed() } else { prop_oneof![1 => select(chosen.clone()), 1 => other].boxed() };
    let late = prop::bool::weighted(0.05);
    let strategy = (pass, strategies::runner_view(), any::<bool>(), late).prop_map(|(pass, view, is_other, late)| {
        let view = if is_other { view } else { pass.view };
        let revision = if late { pass.row.revision().wrapping_sub(1) } else { pass.row.revision() };
        Pass { view: RunnerView { revision, ..view }, ..pass }
    });
    chosen.into_iter().chain(random(plan, strategy.boxed()))
}

/// Returns the case for a system that has only some of the columns: the others have their default.
pub(crate) fn within(case: Case, has: impl Fn(&Column) -> bool) -> Case {
    let row = projected(&case.row, has);
    // A context that was gathered for another revision stays one.
    let revision = moved_with(case.context.revision(), &case.row, &row);
    Case { row, context: case.context.with_revision(revision), ..case }
}

/// Returns the pass for a system that has only some of the columns: the others have their default.
pub(crate) fn within_pass(pass: Pass, has: impl Fn(&Column) -> bool) -> Pass {
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
