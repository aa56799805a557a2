//! Properties that hold for every row, every input and every instant, and the naive model as a second opinion.
//!
//! Runs with the feature `proptest`, which the dev-dependencies turn on. What a property found once stands below it as
//! a test of its own, with a name.

#[path = "model_check/found.rs"]
mod found;
#[path = "model_check/laws.rs"]
mod laws;
#[path = "model_check/races.rs"]
mod races;

use proptest::{prelude::*, test_runner::TestCaseResult};
use sandbox_lifecycle::{
    Command, Input, Lifecycle, Next, Policy, Verb,
    testing::{self, Case, Failure, Model, SystemUnderTest, Verdict, any_case, case, check, check_within},
};

/// So many cases of each property, always the same ones where nothing is said.
pub const CASES: u32 = 20_000;

/// A configuration that leaves no files behind.
pub fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn policies() -> impl Strategy<Value = Policy> {
    prop::bool::ANY.prop_map(|recorded| if recorded { Policy::recorded() } else { Policy::default() })
}

/// The crate and the model agree on the whole row after, all effects in order, or the code and its status.
fn agree(case: Case, policy: &Policy) -> TestCaseResult {
    let Case { row, input, context, now } = case;
    let model = Model { policy: policy.clone() };
    let expected =
        model.decide(&row.columns(), input, context, now).map(|taken| (Lifecycle::from(taken.row), taken.effects));
    let expected = expected.map_err(|code| (code, Model::http_status(code, input)));
    let got = row.decide(input, policy, context, now).map(|step| {
        let after = step.apply(row).expect("it was decided on this row");
        (after, step.effects().collect::<Vec<_>>())
    });
    prop_assert_eq!(got.map_err(|refusal| (refusal.code(), refusal.http_status())), expected);
    Ok(())
}

proptest! {
    #![proptest_config(cases(4 * CASES))]

    #[test]
    fn on_sound_rows_the_crate_decides_as_the_naive_model(case in case(), policy in policies()) {
        agree(case, &policy)?;
    }

    #[test]
    fn on_broken_rows_the_crate_decides_as_the_naive_model(case in any_case(), policy in policies()) {
        agree(case, &policy)?;
    }
}

proptest! {
    #![proptest_config(cases(CASES))]

    #[test]
    fn nothing_panics_whatever_is_asked_of_whatever_row_whenever(
        case in any_case(),
        view in testing::runner_view(),
        later in testing::moment(),
        policy in policies(),
    ) {
        let Case { row, input, context, now } = case;
        for now in [now, later] {
            match row.decide(input, &policy, context, now) {
                Ok(step) => {
                    let _ = (step.changes(), step.expects(), step.effects().count(), step.apply(row).expect("its row"));
                }
                Err(refusal) => prop_assert!(!refusal.to_string().is_empty()),
            }
            if let Next::Apply(step) = row.reconcile(&view, &policy, now) {
                step.apply(row).expect("its row");
            }
            let _ = (row.due(&policy, context, now), row.warnings(now).count(), row.fork_child(now), row.repaired());
            let _ = (row.next_deadline(&policy, context), row.deadlines(&policy, context).count());
            let _ = (row.reported_state(), row.held_resources(), row.violations(), format!("{row:?}"));
        }
    }
}

#[test]
fn an_embedded_system_that_is_this_crate_passes_its_own_check() {
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
fn a_check_finds_what_a_platform_forgot_and_says_where() {
    let Err(Failure::Disagreement(found)) = check(&mut Shrinks, CASES) else { panic!("it was not found") };
    let Input::Command(command @ Command::Resize(change)) = found.case.input else { panic!("{found}") };
    assert_eq!(command.verb(), Verb::Resize);
    assert!(change.cpu.is_some_and(|cpu| cpu.get() < found.case.row.size().cpu), "{found}");
    assert_eq!(found.expected, Verdict::refused("cpu_shrink_running"));
    assert_eq!(found.found, Verdict::row(found.case.row.columns()));
}

#[test]
fn a_check_that_finds_no_cases_does_not_pass() {
    let none = case().prop_filter("nothing is good enough", |_| false);
    let outcome = check_within(&mut Model::default(), 10, none);
    assert!(matches!(outcome, Err(Failure::TooFewCases(_))), "{outcome:?}");
}
