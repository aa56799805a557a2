//! Strategies for whole cases: a row, an input that fits it, its context and a time at which a rule could change its answer.

use super::{
    fitting::{Fit, fitting, moment_of_timer},
    inputs,
    moments::moment_of,
    variations::{shift, shifted, variation, varied},
    words,
};
use crate::{
    lifecycle::Lifecycle,
    policy::Policy,
    rules::{Input, Timer},
    testing::{case::Case, cells::Cell},
    vocabulary::{Micros, SandboxState},
};
use alloc::vec::Vec;
use proptest::{prelude::*, sample::select, strategy::Union};

/// Which inputs are generated, and for which policy.
#[derive(Debug, Clone)]
pub(super) struct Generated {
    pub(super) inputs: BoxedStrategy<Input>,
    /// The timers among them.
    pub(super) timers: Vec<Timer>,
    pub(super) policy: Policy,
}

/// Generates cases of these cells: two thirds of them with other times, numbers and sizes, which change no rule, the others with
/// a change that may lead to another cell. There are none without a cell.
pub(super) fn cases_around(cells: &[Cell], generated: Generated) -> Option<BoxedStrategy<Case>> {
    let acting: Vec<Case> = cells.iter().filter(|cell| acts(cell, &generated.policy)).map(|cell| cell.case).collect();
    let of_timer = |timer: Timer| move |case: &Case| case.input == Input::Timer(timer);
    let timed = Timer::ALL.iter().filter_map(|timer| one_of(acting.iter().copied().filter(of_timer(*timer))));
    let in_state = |state: SandboxState| move |case: &Case| case.row.state() == state;
    let by_state = SandboxState::ALL.iter().filter_map(|state| one_of(acting.iter().copied().filter(in_state(*state))));
    // What writes is rarer than what does not, and says more.
    let to_vary: Vec<_> =
        [any_of(timed), any_of(by_state), one_of(cells.iter().map(|cell| cell.case))].into_iter().flatten().collect();
    let each = one_of(cells.iter().map(|cell| cell.case))?;
    let Generated { inputs, timers, policy } = generated;
    let with = Just((timers, policy));
    let shifted = (each, shift(), with.clone()).prop_map(|(case, by, (_, policy))| shifted(case, by, &policy));
    let varied = (any_of(to_vary)?, variation(inputs), with)
        .prop_map(|(case, by, (timers, policy))| varied(case, by, &timers, &policy));
    Some(prop_oneof![2 => shifted, 1 => varied].boxed())
}

/// Generates one of these cases, if there are any.
fn one_of(cases: impl Iterator<Item = Case>) -> Option<BoxedStrategy<Case>> {
    let cases: Vec<Case> = cases.collect();
    (!cases.is_empty()).then(|| select(cases).boxed())
}

/// Generates a case of any of these strategies, each as often as the others, if there are any.
fn any_of(strategies: impl IntoIterator<Item = BoxedStrategy<Case>>) -> Option<BoxedStrategy<Case>> {
    let strategies: Vec<_> = strategies.into_iter().collect();
    (!strategies.is_empty()).then(|| Union::new(strategies).boxed())
}

/// Whether the decision of this cell writes something.
fn acts(cell: &Cell, policy: &Policy) -> bool {
    cell.case.decide(policy).is_ok_and(|step| !step.is_noop())
}

/// Generates cases of these rows and inputs. Most inputs and times fit the row: a report is about the job that runs, a timer is
/// at its boundary.
pub(super) fn cases_of(row: impl Strategy<Value = Lifecycle> + 'static, generated: Generated) -> BoxedStrategy<Case> {
    let Generated { inputs, timers, policy } = generated;
    let fit = (prop::bool::weighted(0.7), any::<prop::sample::Index>()).prop_map(|(fits, which)| Fit { fits, which });
    let time = (0usize..8, 0usize..12, -1i64..=1, prop::bool::weighted(0.1), words::micros());
    let late = prop::bool::weighted(0.05);
    (row, inputs, inputs::context(), fit, time, late)
        .prop_map(move |(row, input, context, fit, (from, after, by, anywhere, other), late)| {
            // A few contexts were gathered for another revision.
            let gathered_for = if late { row.revision().wrapping_sub(1) } else { row.revision() };
            let context = context.with_revision(gathered_for);
            let input = fitting(input, &row, &timers, &policy, fit);
            let at: Micros = match moment_of_timer(input, &row, &policy, context).filter(|_| fit.fits) {
                Some(boundary) => boundary,
                None => moment_of(&row, from, after),
            };
            let now = if anywhere { other } else { at.saturating_add_micros(by) };
            Case { row, input, context, now: now.into() }
        })
        .boxed()
}
