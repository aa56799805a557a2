//! The naive model: on every row, the crate decides as the model does, and nothing panics.

use crate::{CASES, cases::cases};
use chrono::{DateTime, Utc};
use proptest::{prelude::*, test_runner::TestCaseResult};
use sandbox_lifecycle::{
    Lifecycle, Next, Policy, RunnerView, Step,
    controller::Finding,
    runner::Listed,
    testing::{self, Case, Compared, Decided, Model, Taken, any_case, case},
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

fn taken(step: &Step) -> Taken {
    let row = step.apply(*step.before()).expect("it was decided on this row");
    Taken { row: row.columns(), effects: step.effects().collect() }
}

/// The crate's controller and the model's do the same next: ask, write, send again, wait or nothing.
fn agree_next(row: Lifecycle, view: &RunnerView, policy: &Policy, now: DateTime<Utc>) -> TestCaseResult {
    let model = Model { policy: policy.clone() };
    let got = match row.reconcile(view, policy, now) {
        Next::Ask(question) => Decided::Ask(question),
        Next::Apply(step) => Decided::Apply(taken(&step)),
        Next::Resend { task, epoch } => Decided::Resend { task, epoch },
        Next::Wait { until } => Decided::Wait { until },
        Next::Nothing => Decided::Nothing,
    };
    prop_assert_eq!(got, normal(model.reconcile(&row.columns(), view, now)));
    Ok(())
}

/// The row in the form in which a lifecycle returns its columns.
fn normal(decided: Decided) -> Decided {
    match decided {
        Decided::Apply(taken) => Decided::Apply(stored(taken)),
        other => other,
    }
}

fn stored(taken: Taken) -> Taken {
    Taken { row: Lifecycle::from(taken.row).columns(), ..taken }
}

/// A view that was gathered for the row, or seldom for another revision of it.
pub fn view_of(view: RunnerView, row: &Lifecycle, is_late: bool) -> RunnerView {
    RunnerView { revision: row.revision().wrapping_sub(u32::from(is_late)), ..view }
}

proptest! {
    #![proptest_config(cases(4 * CASES))]

    #[test]
    fn the_controllers_of_the_crate_and_of_the_model_agree_on_sound_rows(
        case in case(), view in testing::runner_view(), is_late in prop::bool::weighted(0.1), policy in policies(),
    ) {
        agree_next(case.row, &view_of(view, &case.row, is_late), &policy, case.now)?;
    }

    #[test]
    fn the_controllers_of_the_crate_and_of_the_model_agree_on_broken_rows(
        case in any_case(), view in testing::runner_view(), is_late in prop::bool::weighted(0.1), policy in policies(),
    ) {
        agree_next(case.row, &view_of(view, &case.row, is_late), &policy, case.now)?;
    }

    #[test]
    fn the_crate_and_the_model_agree_on_what_a_runner_lists(
        case in any_case(), by in testing::listed_by(), copy in testing::listed(), same_size in any::<bool>(),
    ) {
        let Case { row, context, now, .. } = case;
        let copy = copy.map(|copy| if same_size { Listed { size: Some(row.size()), ..copy } } else { copy });
        let got = match row.compare(by, copy.as_ref(), context, now) {
            Finding::Agrees => Compared::Agrees,
            Finding::Apply(step) => Compared::Apply(taken(&step)),
            Finding::Remove { epoch } => Compared::Remove { epoch },
            Finding::Release { epoch } => Compared::Release { epoch },
        };
        let expected = match Model::default().compare(&row.columns(), by, copy.as_ref(), context, now) {
            Compared::Apply(taken) => Compared::Apply(stored(taken)),
            other => other,
        };
        prop_assert_eq!(got, expected);
    }

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
