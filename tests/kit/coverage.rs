//! What the checks reach: on the crate itself, everything.

use crate::systems::Naive;
use sandbox_lifecycle::testing::kit::{Check, Itself, Part, Rows};

#[test]
fn the_checks_reach_every_transition_refusal_timer_edge_and_cell() {
    let report = Check::new().random_cases(500).all(&mut Itself::default()).expect("the crate is right");
    println!("{report}");
    assert!(report.is_complete(), "{report}");
    // Only lists need a reader of JSON.
    assert_eq!(report.not_offered, [Part::ReadList].into());
    let line = report.to_string();
    let line = line.lines().next().expect("a report has a line");
    assert!(line.contains("228 of 228 transitions, ") && line.contains("27 of 27 timer edges"), "{line}");
}

#[test]
fn broken_rows_reach_the_refusals_that_no_sound_row_reaches() {
    let check = Check::new().random_cases(500);
    let sound = check.single(&mut Naive::default()).expect("it is right");
    let broken = check.rows(Rows::Any).single(&mut Naive::default()).expect("it is right");
    println!("{sound}\n{broken}");
    assert!(broken.refusals.all() > sound.refusals.all());
    assert_eq!(broken.refusals.missing().count(), 0, "{broken}");
}

#[test]
fn a_report_counts_only_what_its_check_can_reach() {
    let check = Check::new().commands([]).without_reports().random_cases(200);
    let report = check.single(&mut Itself::default()).expect("the crate is right");
    assert!(report.is_complete(), "{report}");
    assert_eq!((report.refusals.all(), report.timer_edges.all()), (1, 27));
}
