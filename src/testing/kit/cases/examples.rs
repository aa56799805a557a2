//! An example of each transition between reported states. To explore them takes longer than some checks, so it is done once.

use super::plan::Pass;
use crate::{
    render::{Example, MovedBy, Transition, Trigger, examples},
    rules::Context,
    testing::{case::Case, strategies::Inputs},
};
use alloc::vec::Vec;
use std::sync::OnceLock;

fn all() -> &'static [(Transition, Example)] {
    static ALL: OnceLock<Vec<(Transition, Example)>> = OnceLock::new();
    ALL.get_or_init(|| examples().collect())
}

/// Returns the transitions that these inputs make, each with a case.
pub(crate) fn by_inputs(inputs: &Inputs) -> impl Iterator<Item = (Transition, Case)> {
    let tried = all().iter().filter(|(transition, _)| match transition.by {
        Trigger::Command(verb) => inputs.verbs.contains(&verb),
        Trigger::Done | Trigger::Failed | Trigger::Reported => inputs.reports,
        Trigger::Controller => false,
        Trigger::Timer(timer) => inputs.timers.contains(&timer),
    });
    tried.filter_map(|(transition, Example { row, moved_by, now })| match moved_by {
        MovedBy::Input(input) => {
            Some((*transition, Case { row: *row, input: *input, context: Context::of(row), now: *now }))
        }
        MovedBy::Pass(_) => None,
    })
}

/// Returns the transitions that passes make, each with a pass.
pub(crate) fn by_passes() -> impl Iterator<Item = (Transition, Pass)> {
    all().iter().filter_map(|(transition, Example { row, moved_by, now })| match moved_by {
        MovedBy::Pass(view) => Some((*transition, Pass { row: *row, view: *view, now: *now })),
        MovedBy::Input(_) => None,
    })
}
