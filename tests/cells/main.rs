//! The cells of the test kit: their names, and what they reach.

use sandbox_lifecycle::{
    Policy,
    testing::{cell_of, cells, pass_cell_of, pass_cells},
};
mod random_cases;
mod reached_rules;

use std::collections::BTreeSet;

#[test]
fn a_cell_is_named_by_its_case_and_no_two_have_the_same_name() {
    let policy = Policy::default();
    let (decided, passed) = (cells(&policy), pass_cells(&policy));
    for cell in &decided {
        assert_eq!(cell_of(&cell.case, &policy), cell.name);
    }
    for cell in &passed {
        assert_eq!(pass_cell_of(&cell.row, &cell.view, &policy, cell.now), cell.name);
    }
    let names = decided.iter().map(|cell| &cell.name).chain(passed.iter().map(|cell| &cell.name));
    let texts: BTreeSet<String> = names.map(ToString::to_string).collect();
    assert_eq!(texts.len(), decided.len() + passed.len());
}
