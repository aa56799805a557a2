//! Strategies for whole cases: a row, an input that fits it, its context and a time at which a rule could change its answer.

use super::{
    chosen::Inputs,
    fitting::{Fit, fitting, moment_of_timer},
    inputs,
    moments::moment_of,
    variations::{shifted, variation, varied},
    words,
};
use crate::{
    lifecycle::Lifecycle,
    policy::Policy,
    rules::{Input, Timer},
    testing::{
        case::Case,
        cells::{Cell, CellName},
    },
    vocabulary::Micros,
};
use alloc::vec::Vec;
use proptest::{prelude::*, sample::select};

/// Generates a case of any input that a platform can meet, under the default policy: see [`Inputs::cases`].
pub fn case() -> impl Strategy<Value = Case> + Clone {
    Inputs::default().cases(&Policy::default())
}

/// Generates a case of any input and any row, including broken rows: see [`Inputs::any_cases`].
pub fn any_case() -> impl Strategy<Value = Case> + Clone {
    Inputs::default().any_cases(&Policy::default())
}

/// Generates cases of these cells: half of them with other times, numbers and sizes, which change no rule, the others with
/// changes that may lead to another cell. There are none without a cell.
pub(super) fn cases_around(
    cells: Vec<Cell>,
    inputs: BoxedStrategy<Input>,
    policy: &Policy,
) -> Option<BoxedStrategy<Case>> {
    if cells.is_empty() {
        return None;
    }
    let acting: Vec<Case> = cells.iter().filter(|cell| acts(cell, policy)).map(|cell| cell.case).collect();
    let timed = Timer::ALL.iter().filter_map(|timer| {
        let of_timer = |case: &&Case| case.input == Input::Timer(*timer);
        let cases: Vec<Case> = acting.iter().filter(of_timer).copied().collect();
        (!cases.is_empty()).then(|| (1, select(cases).boxed()))
    });
    let timed: Vec<_> = timed.collect();
    let each = select(cells.into_iter().map(|cell| cell.case).collect::<Vec<_>>()).boxed();
    let acting = if acting.is_empty() { each.clone() } else { select(acting).boxed() };
    let timed = if timed.is_empty() { acting.clone() } else { proptest::strategy::Union::new_weighted(timed).boxed() };
    let to_vary = prop_oneof![1 => each.clone(), 1 => acting, 1 => timed];
    let varied =
        (to_vary, variation(inputs), policy_of(policy)).prop_map(|(case, by, policy)| varied(case, by, &policy));
    let shifted =
        (each, super::variations::shift(), policy_of(policy)).prop_map(|(case, by, policy)| shifted(case, by, &policy));
    Some(prop_oneof![7 => shifted, 3 => varied].boxed())
}

fn policy_of(policy: &Policy) -> impl Strategy<Value = Policy> + Clone + use<> {
    Just(policy.clone())
}

/// Whether the decision of this cell writes something.
fn acts(cell: &Cell, policy: &Policy) -> bool {
    let _: &CellName = &cell.name;
    cell.case.decide(policy).is_ok_and(|step| !step.is_noop())
}

/// Generates cases of these rows and inputs. Most inputs and times fit the row: a report is about the job that runs, a timer is
/// at its boundary.
pub(super) fn cases_of(
    row: impl Strategy<Value = Lifecycle> + 'static,
    inputs: BoxedStrategy<Input>,
    policy: Policy,
) -> BoxedStrategy<Case> {
    let fit = (prop::bool::weighted(0.7), any::<prop::sample::Index>()).prop_map(|(fits, which)| Fit { fits, which });
    let time = (0usize..8, 0usize..12, -1i64..=1, prop::bool::weighted(0.1), words::micros());
    let late = prop::bool::weighted(0.05);
    (row, inputs, inputs::context(), fit, time, late)
        .prop_map(move |(row, input, context, fit, (from, after, by, anywhere, other), late)| {
            // A few contexts were gathered for another revision.
            let gathered_for = if late { row.revision().wrapping_sub(1) } else { row.revision() };
            let context = context.with_revision(gathered_for);
            let input = fitting(input, &row, &policy, fit);
            let at: Micros = match moment_of_timer(input, &row, &policy, context).filter(|_| fit.fits) {
                Some(boundary) => boundary,
                None => moment_of(&row, from, after),
            };
            let now = if anywhere { other } else { at.saturating_add_micros(by) };
            Case { row, input, context, now: now.into() }
        })
        .boxed()
}
