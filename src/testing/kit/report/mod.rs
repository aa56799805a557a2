//! The report of a check that found nothing: what it tried, what it reached, and what it did not.

mod coverage;

pub use coverage::{Coverage, RefusalOf, TimerEdge};

use super::{
    cases::{Plan, by_inputs, by_passes},
    system::Declined,
};
use crate::{
    controller::{Next, RunnerView},
    lifecycle::Lifecycle,
    policy::Policy,
    render::{Transition, Trigger, trigger_of_pass},
    testing::{
        case::Case,
        cells::{CellName, cell_of, pass_cell_of, pass_cells},
    },
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    string::ToString,
    vec::Vec,
};
use chrono::{DateTime, Utc};
use core::fmt;

/// What a check tried and reached. It is printed as one line, followed by what was not reached.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a report says what was not reached"]
pub struct Report {
    /// How many cases, steps of stories and races were tried, with those that the system declined.
    pub cases: u64,
    /// How many rows and inputs the system declined, for each reason.
    pub declined: BTreeMap<Declined, u64>,
    /// What the system does not offer to the kit.
    pub not_offered: BTreeSet<Part>,
    /// The columns that were not compared, because the system does not have them.
    pub not_compared: BTreeSet<&'static str>,
    /// The transitions between reported states, out of all of [`transitions`](crate::render::transitions) that the check can make.
    pub transitions: Coverage<Transition>,
    /// The refusals of each command for each code, and those of reports and timers.
    pub refusals: Coverage<RefusalOf>,
    /// The instants just before, at and just after the deadline of each timer.
    pub timer_edges: Coverage<TimerEdge>,
    /// The decisions that the rules tell apart: [`cells`](crate::testing::cells) and
    /// [`pass_cells`](crate::testing::pass_cells).
    pub cells: Coverage<CellName>,
}

/// A part of a system that it may offer to the kit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub enum Part {
    /// [`System::pass`](super::System::pass).
    Pass,
    /// [`System::next_look`](super::System::next_look).
    NextLook,
    /// [`System::read_list`](super::System::read_list).
    ReadList,
    /// [`System::prepare`](super::System::prepare) and [`System::commit`](super::System::commit).
    TwoWriters,
    /// The HTTP status of a refusal: [`Answer::with_http_status`](super::Answer::with_http_status).
    HttpStatus,
    /// The effects of an accepted input: [`Answer::with_effects`](super::Answer::with_effects).
    Effects,
}

impl Report {
    /// The report of a check that decides inputs, and that makes passes or not.
    pub(super) fn new(plan: &Plan, passes: bool, policy: &Policy) -> Self {
        let mut report = Self::of_nothing();
        let by_passes = by_passes().map(|(transition, _)| transition).filter(|_| passes);
        report.transitions = Coverage::of(by_inputs(&plan.inputs).map(|(transition, _)| transition).chain(by_passes));
        let inputs = &plan.inputs;
        let commands = inputs.verbs.iter().flat_map(|verb| RefusalOf::of_verb(*verb, plan.rows));
        let reports = RefusalOf::of_reports().into_iter().filter(|_| inputs.reports);
        let timers = RefusalOf::of_timers().into_iter().filter(|_| !inputs.timers.is_empty());
        report.refusals = Coverage::of(commands.chain(reports).chain(timers));
        report.timer_edges = Coverage::of(coverage::edges().filter(|edge| inputs.timers.contains(&edge.timer)));
        let of_passes = if passes { pass_cells(policy) } else { Vec::new() };
        let of_inputs = inputs.cells(policy).into_iter().map(|cell| cell.name);
        report.cells = Coverage::of(of_inputs.chain(of_passes.into_iter().map(|cell| cell.name)));
        report
    }

    /// The report of a check that makes passes and decides no input.
    pub(super) fn of_passes(plan: &Plan, policy: &Policy) -> Self {
        let none = plan.inputs.clone().without_commands().without_reports().without_timers();
        let plan = Plan { inputs: none, ..plan.clone() };
        Self::new(&plan, true, policy)
    }

    /// The report of a check that decides no input.
    pub(super) fn of_nothing() -> Self {
        Self {
            cases: 0,
            declined: BTreeMap::new(),
            not_offered: BTreeSet::new(),
            not_compared: BTreeSet::new(),
            transitions: Coverage::of([]),
            refusals: Coverage::of([]),
            timer_edges: Coverage::of([]),
            cells: Coverage::of([]),
        }
    }

    pub(super) fn count(&mut self) {
        self.cases = self.cases.saturating_add(1);
    }

    pub(super) fn decline(&mut self, declined: Declined) {
        let count = self.declined.entry(declined).or_default();
        *count = count.saturating_add(1);
    }

    /// Counts what the decision on a case reaches.
    pub(super) fn reach(&mut self, case: &Case, policy: &Policy) {
        self.cells.reach(&cell_of(case, policy));
        if let Some(edge) = coverage::edge_of(case, policy) {
            self.timer_edges.reach(&edge);
        }
        match case.row.decide(case.input, policy, case.context, case.now) {
            Ok(step) => {
                let after = step.apply(case.row).unwrap_or(case.row);
                let (from, to) = (case.row.reported_state(), after.reported_state());
                self.transitions.reach(&Transition { from, to, by: Trigger::of(&case.input) });
            }
            Err(refusal) => self.refusals.reach(&RefusalOf::new(&case.input, refusal.code())),
        }
    }

    /// Counts what a pass reaches.
    pub(super) fn reach_pass(&mut self, row: &Lifecycle, view: &RunnerView, policy: &Policy, now: DateTime<Utc>) {
        self.cells.reach(&pass_cell_of(row, view, policy, now));
        if let Next::Apply(step) = row.reconcile(view, policy, now) {
            let after = step.apply(*row).unwrap_or(*row);
            let (from, to) = (row.reported_state(), after.reported_state());
            self.transitions.reach(&Transition { from, to, by: trigger_of_pass(view, &step) });
        }
    }

    /// Returns the report of two checks. What one of them reached is reached.
    pub fn and(mut self, other: Self) -> Self {
        self.cases = self.cases.saturating_add(other.cases);
        for (declined, count) in other.declined {
            let sum = self.declined.entry(declined).or_default();
            *sum = sum.saturating_add(count);
        }
        self.not_offered.extend(other.not_offered);
        self.not_compared.extend(other.not_compared);
        self.transitions.merge(&other.transitions);
        self.refusals.merge(&other.refusals);
        self.timer_edges.merge(&other.timer_edges);
        self.cells.merge(&other.cells);
        self
    }

    /// Whether everything was reached that the check can reach.
    pub fn is_complete(&self) -> bool {
        let missing = self.transitions.missing().count();
        let missing = missing.saturating_add(self.refusals.missing().count());
        let missing = missing.saturating_add(self.timer_edges.missing().count());
        missing.saturating_add(self.cells.missing().count()) == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cases, transitions, refusals, timer_edges, cells, declined, not_offered, not_compared } = self;
        let sum: u64 = declined.values().sum();
        write!(
            f,
            "{cases} cases, {sum} declined; reached {transitions} transitions, {refusals} refusals, {timer_edges} timer \
             edges, {cells} cells"
        )?;
        for (declined, count) in declined {
            write!(f, "\ndeclined {count}: {declined}")?;
        }
        list(f, "not offered", not_offered.iter().map(ToString::to_string))?;
        list(f, "columns not compared", not_compared.iter().map(ToString::to_string))?;
        list(f, "transitions not reached", transitions.missing().map(ToString::to_string))?;
        list(f, "refusals not reached", refusals.missing().map(ToString::to_string))?;
        list(f, "timer edges not reached", timer_edges.missing().map(ToString::to_string))?;
        list(f, "cells not reached", cells.missing().map(ToString::to_string))
    }
}

/// Writes a list, if it has any entries.
fn list(f: &mut fmt::Formatter<'_>, name: &str, entries: impl Iterator<Item = alloc::string::String>) -> fmt::Result {
    for (index, entry) in entries.enumerate() {
        if index == 0 { write!(f, "\n{name}: {entry}")? } else { write!(f, "; {entry}")? }
    }
    Ok(())
}
