//! Single inputs: right systems pass, and a missing guard is found.

use crate::systems::{Changed, Naive, wrong};
use sandbox_lifecycle::{
    Command, Input, Lifecycle, Verb,
    testing::kit::{Answer, Answered, Check, Itself, Part, Reply, Rows, Wrong},
};

#[test]
fn the_crate_and_the_naive_model_pass() {
    let report = Check::new().random_cases(2_000).single(&mut Itself::default()).expect("it is right");
    println!("{report}");
    assert!(report.not_offered.is_empty(), "{report}");
    let check = Check::new().random_cases(2_000).rows(Rows::Any);
    let report = check.single(&mut Naive::default()).expect("it is right");
    assert_eq!(report.not_offered, [Part::NextLook].into());
}

/// Wrong: a running sandbox may shrink.
fn shrinks(system: &mut Changed, _: Input, answer: Answer) -> Answer {
    match answer.result() {
        Answered::Refused(code) if code == "cpu_shrink_running" => Answer::row(system.itself.row.columns()),
        _ => answer,
    }
}

#[test]
fn the_check_shows_the_smallest_case_where_a_platform_misses_a_guard() {
    let mut system = Changed::by(|system, input, _, _, answer| shrinks(system, input, answer));
    let found = wrong(&Check::new().commands([Verb::Resize]).random_cases(20_000), &mut system);
    let Wrong::Disagreement { expected, found: reply, differences } = &found.wrong else { panic!("{found}") };
    assert_eq!(*expected, Reply::Answer(Answer::refused("cpu_shrink_running").with_http_status(400)));
    assert_eq!(*reply, Reply::Answer(Answer::row(found.story.given)));
    assert_eq!(differences.len(), 2, "{differences:?}");
    // The default row runs and has two cores: nothing but the command is needed.
    let row = Lifecycle::from(found.story.given);
    assert_eq!(row, Lifecycle::from(sandbox_lifecycle::Columns::default()), "{found}");
}

#[test]
fn inputs_are_chosen_so_that_forty_thousand_cases_of_one_command_run() {
    let check = Check::new().commands([Verb::Archive]).without_reports().without_timers().random_cases(40_000);
    let mut system = Changed::by(|_, input, _, _, answer| {
        assert_eq!(input, Input::Command(Command::Archive));
        answer
    });
    let report = check.single(&mut system).expect("it is right");
    assert!(report.cases >= 40_000 && report.cases == system.decided, "{report}");
    assert_eq!(report.declined.values().sum::<u64>(), 0);
}

#[test]
fn a_declined_row_is_counted_and_ends_no_run() {
    let mut system = Changed::by(|_, input, _, _, answer| match input {
        Input::Report(_) => Answer::declined("no runners"),
        Input::Command(_) | Input::Timer(_) => answer,
    });
    let report = Check::new().random_cases(2_000).single(&mut system).expect("it is right");
    let declined = report.declined.iter().map(|(declined, count)| (declined.to_string(), *count));
    let declined: Vec<_> = declined.collect();
    assert!(matches!(&declined[..], [(reason, 300..)] if reason == "no runners"), "{declined:?}");
}

#[test]
fn a_check_of_one_seed_is_the_same_in_every_run() {
    let found = |seed| {
        let mut system = Changed::by(|system, input, _, _, answer| shrinks(system, input, answer));
        wrong(&Check::new().seed(seed).random_cases(20_000), &mut system)
    };
    assert_eq!(found(7), found(7));
    assert_eq!(found(7).seed, 7);
}
