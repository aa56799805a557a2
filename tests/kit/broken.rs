//! Systems that panic or that answer the same question in two ways.

use crate::systems::{Changed, found, wrong};
use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    Columns, Context, Input, Lifecycle, SandboxState, Timer, Verb,
    testing::kit::{Answer, Check, Declined, Failure, Itself, Reply, System, Wrong},
};

#[test]
fn a_panicking_system_gives_its_shrunk_case_and_the_message_of_the_panic() {
    let mut system = Changed::by(|system, _, _, _, answer| {
        assert!(system.itself.row.memory() < 9, "no machine is that large: {} GB", system.itself.row.memory());
        answer
    });
    let found = wrong(&Check::new().random_cases(5_000), &mut system);
    let Wrong::Panicked(panic) = &found.wrong else { panic!("{found}") };
    assert!(panic.message.starts_with("no machine is that large"), "{panic:?}");
    assert!(panic.place.contains("tests/kit/broken.rs"), "{panic:?}");
    // Only the memory matters; every other column has its default.
    let given = found.story.given;
    assert_eq!(Columns { memory: Columns::default().memory, ..given }, Columns::default(), "{found}");
    assert!(given.memory >= 9);
}

/// A system that panics when it stores a row.
struct Fragile;

impl System for Fragile {
    fn store(&mut self, row: &Columns) -> Result<(), Declined> {
        assert!(row.state != SandboxState::Error, "a writable store");
        Ok(())
    }

    fn decide(&mut self, _: Input, _: Context, _: DateTime<Utc>) -> Answer {
        Answer::declined("decides nothing")
    }
}

#[test]
fn a_panic_of_the_store_is_found_too() {
    let found = wrong(&Check::new().random_cases(5_000), &mut Fragile);
    assert_eq!(found.story.given.state, SandboxState::Error);
    let Wrong::Panicked(panic) = &found.wrong else { panic!("{found}") };
    assert!(panic.message.contains("a writable store"), "{panic:?}");
    assert!(!found.to_string().contains("command"), "no input was asked: {found}");
}

/// A system that has no sandboxes of any kind.
struct Declines;

impl System for Declines {
    fn store(&mut self, _: &Columns) -> Result<(), Declined> {
        Err(Declined::because("every row"))
    }

    fn decide(&mut self, _: Input, _: Context, _: DateTime<Utc>) -> Answer {
        Answer::declined("every input")
    }
}

#[test]
fn a_check_that_compared_nothing_fails_and_ends() {
    let check = Check::new().random_cases(20);
    for outcome in [check.single(&mut Declines), check.stories(&mut Declines), check.all(&mut Declines)] {
        let Err(Failure::NothingCompared(declined)) = &outcome else { panic!("{outcome:?}") };
        assert_eq!(declined.keys().map(ToString::to_string).collect::<Vec<_>>(), ["every row"]);
    }
    let nothing = Check::new().commands([]).without_reports().without_timers().random_cases(20);
    let failure = nothing.single(&mut Itself::default()).expect_err("no input is chosen");
    assert_eq!(failure.to_string(), "nothing was compared: the check has no input that could be tried");
}

#[test]
fn a_flaky_system_is_called_flaky_and_both_answers_are_shown() {
    let mut system = Changed::by(|system, input, _, _, answer| match input {
        // Every other time it forgets the timer.
        Input::Timer(Timer::Ttl) if system.decided % 2 == 0 => Answer::refused("not_now"),
        _ => answer,
    });
    let check = Check::new().commands([] as [Verb; 0]).without_reports().random_cases(5_000);
    let found = found(check.single(&mut system));
    let Wrong::Flaky { expected, first, second } = &found.wrong else { panic!("{found}") };
    assert_eq!(*first, Reply::Answer(Answer::refused("not_now")));
    assert_eq!(second, expected);
    let text = found.to_string();
    assert!(text.starts_with("the system is flaky") && text.contains("found first refused (not_now)"), "{text}");
    assert!(Lifecycle::from(found.story.given).violations().is_empty());
}
