//! The protocol of `docs/PROTOCOL.md` between a record, its controller, its runners and its backup store: the shortest traces of
//! what once broke one of its laws, one function per trace.
#![allow(unused_must_use, reason = "a trace writes steps whose effects it does not look at")]

mod backups;
mod forks;
mod inventories;
mod losses;
mod recoveries;
mod restores;
mod returning_runners;
mod scene;
mod traces;
mod world;

#[path = "../support/time.rs"]
mod time;

use sandbox_lifecycle::{
    Columns, Effect, Lifecycle, Next, Policy, RunnerView, Step,
    controller::RunnerStanding,
    runner::CopyAnswer,
    vocabulary::{CopyState, Size},
};
use time::noon;

/// Returns a sound row with these columns, last written at noon.
fn row(columns: Columns) -> Lifecycle {
    let times = Columns { created_at: noon(), last_activity_at: noon(), state_since: noon(), ..columns };
    Lifecycle::from(times).repaired()
}

/// Returns the step of a pass.
fn pass(row: &Lifecycle, view: &RunnerView) -> Step {
    let now = noon() + chrono::Duration::hours(1);
    match row.reconcile(view, &Policy::default(), now) {
        Next::Apply(step) => step,
        next => panic!("{next} for {row:?}"),
    }
}

/// Returns the row after a pass.
fn after(row: Lifecycle, view: &RunnerView) -> Lifecycle {
    pass(&row, view).apply(row).expect("nobody else writes")
}

/// Returns a view in which the row's own runner answered.
fn answered(row: &Lifecycle, state: CopyState) -> RunnerView {
    RunnerView::of(row).answered(CopyAnswer::new(state, Size::default()))
}

/// Returns a view in which the row's own runner was declared gone.
fn gone(row: &Lifecycle) -> RunnerView {
    RunnerView { runner: RunnerStanding::Gone, ..RunnerView::of(row) }
}

/// Returns the epoch of the release that a step owes, if it owes one and no removal.
fn released(step: &Step) -> Option<u32> {
    step.effects().find_map(|effect| if let Effect::Release { epoch } = effect { Some(epoch) } else { None })
}
