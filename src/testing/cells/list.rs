//! The list of all cells of `decide`.

use super::{candidates, decided::cell_of, name::CellName, reached::reached};
use crate::{
    lifecycle::{Lifecycle, Status},
    policy::Policy,
    testing::case::Case,
    vocabulary::Fault,
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
/// Each row is the result of a real history: a sandbox was created, and commands, reports, timers and passes led to it. The
/// result depends on nothing but the policy.
///
/// ```
/// use sandbox_lifecycle::{Policy, testing::{cell_of, cells}};
/// let policy = Policy::default();
/// for cell in cells(&policy) {
///     assert_eq!(cell_of(&cell.case, &policy), cell.name);
/// }
/// ```
pub fn cells(policy: &Policy) -> Vec<Cell> {
    // To find them takes as long as some thousand cases, so it is done once for the usual policy.
    static OF_DEFAULT: OnceLock<Vec<Cell>> = OnceLock::new();
    if *policy == Policy::default() {
        return OF_DEFAULT.get_or_init(|| found(policy)).clone();
    }
    found(policy)
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
        if commanded.insert((row.state(), row.desired_state(), row.facts, row.status.has_usable_backup())) {
            add(candidates::of_commands(&place, policy));
        }
        if reported.insert(read_by_reports(row)) {
            add(candidates::of_reports(&place));
        }
        if timed.insert((row.state(), row.desired_state(), row.facts, row.backup_state())) {
            add(candidates::of_timers(&place, policy));
        }
    }
    found.into_iter().map(|(name, case)| Cell { name, case }).collect()
}

/// Returns what a report reads of a row. The counts of attempts and the use of force are columns that no report reads.
fn read_by_reports(row: &Lifecycle) -> (Status, bool, bool, bool) {
    let fault = row.status.fault().filter(|fault| *fault == Fault::Timeout);
    let read = row.status.with_archive_attempts(0).with_restore_attempts(0).with_force_stop(false).with_fault(fault);
    (read, row.is_ephemeral(), row.class.is_vm(), row.backup_attempt > 0)
}
