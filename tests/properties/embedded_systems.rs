//! The check that embedders run against their own systems.

use crate::CASES;
use proptest::prelude::*;
use sandbox_lifecycle::{
    Command, Input, Lifecycle, Verb,
    testing::{Case, Failure, Model, SystemUnderTest, Verdict, any_case, case, check, check_within},
};

#[test]
fn this_crate_passes_the_check_for_embedded_systems() {
    struct Itself;
    impl SystemUnderTest for Itself {
        fn decide(
            &mut self,
            row: &sandbox_lifecycle::Columns,
            input: Input,
            context: sandbox_lifecycle::Context,
            now: chrono::DateTime<chrono::Utc>,
        ) -> Verdict {
            Verdict::of(&Case { row: Lifecycle::from(*row), input, context, now }, &self.policy())
        }
    }
    assert_eq!(check(&mut Itself, 1_000), Ok(()));
    assert_eq!(check_within(&mut Model::default(), 1_000, any_case()), Ok(()));
}

/// A platform that lets a running sandbox shrink.
struct Shrinks;

impl SystemUnderTest for Shrinks {
    fn decide(
        &mut self,
        row: &sandbox_lifecycle::Columns,
        input: Input,
        context: sandbox_lifecycle::Context,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Verdict {
        let row = Lifecycle::from(*row);
        let verdict = Verdict::of(&Case { row, input, context, now }, &self.policy());
        match verdict {
            Verdict::Refused(code) if code == "cpu_shrink_running" => Verdict::row(row.columns()),
            other => other,
        }
    }
}

#[test]
fn the_check_reports_the_case_where_a_platform_misses_a_guard() {
    let Err(Failure::Disagreement(found)) = check(&mut Shrinks, CASES) else {
        panic!("the check did not find the missing guard")
    };
    let Input::Command(command @ Command::Resize(change)) = found.case.input else { panic!("{found}") };
    assert_eq!(command.verb(), Verb::Resize);
    assert!(change.cpu.is_some_and(|cpu| cpu.get() < found.case.row.size().cpu), "{found}");
    assert_eq!(found.expected, Verdict::refused("cpu_shrink_running"));
    assert_eq!(found.found, Verdict::row(found.case.row.columns()));
}

#[test]
fn the_check_fails_when_it_generates_too_few_cases() {
    let none = case().prop_filter("nothing is good enough", |_| false);
    let outcome = check_within(&mut Model::default(), 10, none);
    assert!(matches!(outcome, Err(Failure::TooFewCases(_))), "{outcome:?}");
}
