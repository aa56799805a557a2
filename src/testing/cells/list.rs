//! The list of all cells of `decide`.

use super::{
    candidates,
    decided::cell_of,
    name::CellName,
    reached::{once, reached},
};
use crate::{
    lifecycle::{Lifecycle, MOST_ATTEMPTS, Status, instants::NEVER},
    policy::Policy,
    testing::case::Case,
    vocabulary::{AutoPause, AutoStop, BackupState},
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use std::sync::OnceLock;

/// A decision that the rules tell apart from all others, and a case that reaches it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The name, which no other cell has.
    pub name: CellName,
    /// The case with the shortest history that reaches it.
    pub case: Case,
}

/// Returns every cell of `decide` that a platform can reach, in the order of their names.
///
/// Each row is the result of a real history: a sandbox was created, and commands, reports, timers and passes led to it. Only
/// where no history leads, it is a row that another platform stores: stopped with desired state archived, and started with
/// desired state paused. The result depends on nothing but the policy.
///
/// ```
/// use sandbox_lifecycle::{Policy, testing::{cell_of, cells}};
/// let policy = Policy::default();
/// for cell in cells(&policy) {
///     assert_eq!(cell_of(&cell.case, &policy), cell.name);
/// }
/// ```
pub fn cells(policy: &Policy) -> Vec<Cell> {
    static OF_DEFAULT: OnceLock<Vec<Cell>> = OnceLock::new();
    once(&OF_DEFAULT, policy, found)
}

fn found(policy: &Policy) -> Vec<Cell> {
    let mut found: BTreeMap<CellName, Case> = BTreeMap::new();
    let mut add = |cases: Vec<Case>| {
        for case in cases {
            found.entry(cell_of(&case, policy)).or_insert(case);
        }
    };
    let (mut commanded, mut reported, mut timed) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for place in reached(policy) {
        let row = &place.row;
        if commanded.insert((row.state(), row.desired_state(), row.facts)) {
            add(candidates::of_commands(&place, policy));
        }
        if reported.insert(read_by_reports(row)) {
            add(candidates::of_reports(&place));
        }
        if timed.insert(read_by_timers(row)) {
            add(candidates::of_timers(&place, policy));
        }
    }
    found.into_iter().map(|(name, case)| Cell { name, case }).collect()
}

/// Returns what a report reads of a row.
fn read_by_reports(row: &Lifecycle) -> (Status, [bool; 6]) {
    let status = row.status;
    let read = Status::BLANK
        .with_state(status.state())
        .with_desired(status.desired())
        .with_backup(status.backup())
        .with_repair(status.repair());
    let others = [
        status.has_runner(),
        status.must_ask(),
        status.must_ask_store(),
        status.has_usable_backup(),
        row.is_ephemeral(),
        row.class.is_vm(),
    ];
    (read, others)
}

/// Returns what a timer reads of a row.
fn read_by_timers(row: &Lifecycle) -> (Status, [bool; 8]) {
    let status = row.status;
    let read = Status::BLANK.with_state(status.state()).with_desired(status.desired()).with_repair(status.repair());
    let others = [
        status.has_runner(),
        status.archive_attempts() == MOST_ATTEMPTS,
        row.is_ephemeral(),
        row.class.is_vm(),
        row.auto_stop == AutoStop::Never,
        row.auto_pause == AutoPause::Never,
        row.destroy_at == NEVER,
        row.gpus > 0,
    ];
    (read.with_backup(if status.awaits_backup() { status.backup() } else { BackupState::None }), others)
}
