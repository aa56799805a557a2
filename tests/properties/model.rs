//! The naive model: on every row, the crate decides as the model does, and nothing panics.

use crate::{CASES, cases::cases};
use proptest::{prelude::*, test_runner::TestCaseResult};
use sandbox_lifecycle::{
    Lifecycle, Next, Policy,
    testing::{self, Case, Model, any_case, case},
};

fn policies() -> impl Strategy<Value = Policy> {
    prop::bool::ANY.prop_map(|recorded| if recorded { Policy::recorded() } else { Policy::default() })
}

/// The crate and the model agree on the next row and all effects in order, or on the code and the HTTP status.
fn agree(case: Case, policy: &Policy) -> TestCaseResult {
    let Case { row, input, context, now } = case;
    let model = Model { policy: policy.clone() };
    let expected = model
        .decide(&row.columns(), input, context, now)
        .map(|accepted| (Lifecycle::from(accepted.row), accepted.effects));
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
    fn the_crate_and_the_model_agree_on_sound_rows(case in case(), policy in policies()) {
        agree(case, &policy)?;
    }

    #[test]
    fn the_crate_and_the_model_agree_on_broken_rows(case in any_case(), policy in policies()) {
        agree(case, &policy)?;
    }
}

proptest! {
    #![proptest_config(cases(CASES))]

    #[test]
    fn no_function_panics_on_any_row_input_and_instant(
        case in any_case(),
        view in testing::runner_view(),
        later in testing::instant(),
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
