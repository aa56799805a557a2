//! The cells of a controller's pass: the pair of states, what the controller knows, and what it does next.

use super::name::CellName;
use super::reached::{once, reached};
use super::views::all_views;
use crate::{
    controller::{Image, Next, Observed, Placement, Question, RunnerStanding, RunnerView, Stored},
    lifecycle::{Lifecycle, Status},
    policy::Policy,
    vocabulary::{Micros, SandboxState},
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use chrono::{DateTime, Utc};
use std::sync::OnceLock;

/// A pass of the controller that the rules tell apart from all others, and the arguments that lead to it.
#[derive(Debug, Clone, PartialEq)]
pub struct PassCell {
    /// The name.
    pub name: CellName,
    /// The row.
    pub row: Lifecycle,
    /// What the controller knows of the runner.
    pub view: RunnerView,
    /// The time of the pass.
    pub now: DateTime<Utc>,
}

/// Returns every cell of a pass that a reachable row reaches, in the order of their names.
///
/// Two passes are in the same cell if the row has the same pair of states, the same things that the controller knows make a
/// difference, and the result is the same: the same question, call or wait, or a step that writes the same columns.
///
/// ```
/// use sandbox_lifecycle::{Policy, testing::pass_cells};
/// let names: Vec<String> = pass_cells(&Policy::default()).iter().map(|cell| cell.name.to_string()).collect();
/// assert!(names.contains(&"pass/stopping/to-stopped/asks-the-runner".to_owned()));
/// ```
pub fn pass_cells(policy: &Policy) -> Vec<PassCell> {
    static OF_DEFAULT: OnceLock<Vec<PassCell>> = OnceLock::new();
    once(&OF_DEFAULT, policy, found)
}

fn found(policy: &Policy) -> Vec<PassCell> {
    let mut cells = BTreeMap::new();
    let mut seen: BTreeSet<(Status, bool, bool)> = BTreeSet::new();
    for place in reached(policy) {
        let row = place.row;
        if !seen.insert((row.status, row.backup_attempt > 0, row.class.is_vm())) {
            continue;
        }
        let start = DateTime::from(row.since.saturating_add_micros(1));
        let limit = limit_of(&row, policy).map(|at| [at, at.saturating_add_micros(1)].map(DateTime::from));
        let plain = RunnerView::of(&row);
        let usual = row.reconcile(&plain, policy, start);
        let mut add = |view: RunnerView, now| {
            cells.entry(pass_cell_of(&row, &view, policy, now)).or_insert((row, view, now));
        };
        add(plain, start);
        for view in all_views(&row) {
            let next = row.reconcile(&view, policy, start);
            // What makes no difference falls into the same cell.
            if !is_same(&next, &usual) {
                add(view, start);
            }
            if let Some([at, past]) = limit
                && !is_same(&row.reconcile(&view, policy, past), &next)
            {
                add(view, at);
                add(view, past);
            }
        }
    }
    let cell = |(name, (row, view, now))| PassCell { name, row, view, now };
    cells.into_iter().map(cell).collect()
}

/// Returns the cell that a pass falls into.
pub fn pass_cell_of(row: &Lifecycle, view: &RunnerView, policy: &Policy, now: DateTime<Utc>) -> CellName {
    let result = |view: &RunnerView, now: DateTime<Utc>| row.reconcile(view, policy, now);
    let found = result(view, now);
    // What makes no difference is left out, one part after the other.
    let relevant = PARTS.iter().fold(*view, |view, (without, _)| {
        let less = without(view, row);
        if is_same(&result(&less, now), &found) { less } else { view }
    });
    let name = CellName::of("pass").with_states_of(row);
    let name = PARTS.iter().fold(name, |name, (_, named)| named(name, &relevant, row));
    let name = match limit_of(row, policy).map(|limit| (limit, Micros::from(now))) {
        Some((limit, now)) if now >= limit => {
            let past = limit.saturating_add_micros(1);
            let matters = !is_same(&result(&relevant, row.since.into()), &result(&relevant, past.into()));
            let side = if now == limit { "at-the-limit" } else { "past-the-limit" };
            if matters { name.with(side) } else { name }
        }
        Some(_) | None => name,
    };
    with_next(name, &found)
}

/// One part of a view: how to take it away, and its words in a name.
type Part = (fn(RunnerView, &Lifecycle) -> RunnerView, fn(CellName, &RunnerView, &Lifecycle) -> CellName);

const PARTS: &[Part] = &[
    (
        |view, row| RunnerView { revision: row.revision(), ..view },
        |name, view, row| if view.revision == row.revision() { name } else { name.with("other-revision") },
    ),
    (
        |view, _| RunnerView { live_fork_children: 0, ..view },
        |name, view, _| if view.live_fork_children == 0 { name } else { name.with("forked") },
    ),
    (
        |view, _| RunnerView { observed_size: None, ..view },
        |name, view, _| if view.observed_size.is_none() { name } else { name.with("other-size") },
    ),
    (
        |view, _| RunnerView { placement: Placement::NoRoom, ..view },
        |name, view, _| with_placement(name, view.placement),
    ),
    (
        |view, _| RunnerView { image: Image::Missing, ..view },
        |name, view, _| {
            if view.image == Image::Missing { name } else { name.labelled("image", image_word(view.image)) }
        },
    ),
    (|view, _| RunnerView { stored: Stored::NotAsked, ..view }, |name, view, _| with_stored(name, view.stored)),
    (|view, _| RunnerView { observed: Observed::NotAsked, ..view }, |name, view, _| with_observed(name, view.observed)),
    (
        |view, _| RunnerView { runner: RunnerStanding::Ready, ..view },
        |name, view, _| match view.runner {
            RunnerStanding::Ready => name,
            RunnerStanding::NotReady => name.with("runner-not-ready"),
            RunnerStanding::Gone => name.with("runner-gone"),
        },
    ),
];

fn with_placement(name: CellName, placement: Placement) -> CellName {
    match placement {
        Placement::NoRoom => name,
        Placement::Warm => name.with("placed-warm"),
        Placement::Cold => name.with("placed-cold"),
        Placement::InFlight(image) => name.labelled("in-flight", image_word(image)),
    }
}

fn with_stored(name: CellName, stored: Stored) -> CellName {
    match stored {
        Stored::NotAsked => name,
        Stored::NoAnswer => name.with("store-silent"),
        Stored::Whole => name.with("backup-whole"),
        Stored::Missing => name.with("backup-missing"),
    }
}

fn with_observed(name: CellName, observed: Observed) -> CellName {
    match observed {
        Observed::NotAsked => name,
        Observed::NoAnswer => name.with("runner-silent"),
        Observed::NotFound => name.with("not-found"),
        Observed::Busy => name.with("busy"),
        Observed::State(state) => name.labelled("shows", state.as_str()),
    }
}

const fn image_word(image: Image) -> &'static str {
    match image {
        Image::Missing => "missing",
        Image::Pulling => "pulling",
        Image::Building => "building",
        Image::Ready => "ready",
        Image::Failed => "failed",
        Image::Removing => "removing",
    }
}

fn with_next(name: CellName, next: &Next) -> CellName {
    match next {
        Next::Ask(Question::Runner { .. }) => name.with("asks-the-runner"),
        Next::Ask(Question::Store { .. }) => name.with("asks-the-store"),
        Next::Apply(step) => name.with_result(step).with_columns_of(step),
        Next::Resend { task, .. } => name.labelled("resends", (*task).into()),
        Next::Wait { .. } => name.with("waits"),
        Next::Nothing => name.with("nothing"),
    }
}

/// Whether two passes do the same, at whatever time.
fn is_same(one: &Next, other: &Next) -> bool {
    match (one, other) {
        (Next::Apply(one), Next::Apply(other)) => {
            (one.after, one.next_epoch, one.payload, one.effects)
                == (other.after, other.next_epoch, other.payload, other.effects)
        }
        (Next::Wait { .. }, Next::Wait { .. }) => true,
        (one, other) => one == other,
    }
}

/// Returns the last instant at which the time limit of the row's state is not over for a pass, if it has one.
fn limit_of(row: &Lifecycle, policy: &Policy) -> Option<Micros> {
    // The stop of a copy in error is spaced.
    let spaced = (row.state() == SandboxState::Error).then_some(policy.look_again);
    let limit = policy.time_limits.of_state(row.status.limited_state()).or(spaced);
    limit.map(|limit| row.since.saturating_add_minutes(i64::from(limit.get())))
}
