//! Applied steps: the rows they leave, and the same result from a store that writes column by column.

use crate::{CASES, cases::cases, compare_and_swap, enforced::ENFORCED};
use proptest::prelude::*;
use sandbox_lifecycle::{
    Changes, Columns, Lifecycle, Next, Policy, Step, Verb,
    rules::Cause,
    testing::{self, Case, any_case, case},
};

/// Writes a step as a store does. Returns the columns after it, or `None` where an expectation does not hold.
pub fn written(columns: Columns, step: &Step) -> Option<Columns> {
    compare_and_swap::holds(&columns, step).then(|| compare_and_swap::with_changes(columns, step))
}

proptest! {
    #![proptest_config(cases(CASES))]

    #[test]
    fn a_written_step_leaves_coherent_states_and_columns(case in any_case()) {
        let Case { row, input, context, now } = case;
        let Ok(step) = row.decide(input, &Policy::default(), context, now) else { return Ok(()) };
        let after = step.apply(row).expect("its row");
        // A touch only updates the activity and does not enforce the invariants.
        if step.writes() && step.cause() != Cause::Command(Verb::Touch) {
            let broken: Vec<_> = after.violations().iter().filter(|found| ENFORCED.contains(found)).collect();
            prop_assert_eq!(broken, vec![], "{:?}", step);
        }
    }

    #[test]
    fn a_sound_row_stays_sound(case in case(), view in testing::runner_view()) {
        let Case { row, input, context, now } = case;
        prop_assert!(row.violations().is_empty());
        let decided = row.decide(input, &Policy::default(), context, now).ok();
        let driven = match row.reconcile(&view, &Policy::default(), now) {
            Next::Apply(step) => Some(step),
            _ => None,
        };
        for step in decided.into_iter().chain(driven) {
            let after = step.apply(row).expect("its row");
            prop_assert_eq!(after.violations().iter().collect::<Vec<_>>(), vec![], "{:?}", step);
        }
    }

    #[test]
    fn a_step_that_is_already_so_or_ignored_writes_nothing(case in any_case()) {
        let Case { row, input, context, now } = case;
        let Ok(step) = row.decide(input, &Policy::default(), context, now) else { return Ok(()) };
        if matches!(step.cause(), Cause::Already(_) | Cause::Ignored(_)) {
            prop_assert!(step.is_noop());
            prop_assert_eq!(step.changes(), Changes::default());
            prop_assert_eq!(step.apply(row), Ok(row));
        }
        let changes = step.changes();
        prop_assert_eq!(step.writes(), Changes { revision: None, ..changes } != Changes::default());
        let raised = (!step.is_noop() && step.cause() != Cause::Command(Verb::Touch)).then(|| row.revision().wrapping_add(1));
        prop_assert_eq!(changes.revision, raised);
    }

    #[test]
    fn a_store_that_writes_the_changes_gets_the_row_that_apply_returns(case in any_case()) {
        let Case { row, input, context, now } = case;
        let Ok(step) = row.decide(input, &Policy::default(), context, now) else { return Ok(()) };
        let by_hand = written(row.columns(), &step).expect("it was decided on this row");
        prop_assert_eq!(Lifecycle::from(by_hand), step.apply(row).expect("its row"));
    }

    #[test]
    fn stored_changes_merged_into_a_stored_row_give_the_row_that_apply_returns(case in any_case()) {
        let Case { row, input, context, now } = case;
        let Ok(step) = row.decide(input, &Policy::default(), context, now) else { return Ok(()) };
        let mut stored = serde_json::to_value(row).expect("it is written");
        let changes = serde_json::to_value(step.changes()).expect("they are written");
        let columns = stored.as_object_mut().expect("a row has columns");
        columns.extend(changes.as_object().expect("changes are an object of columns").clone());
        prop_assert_eq!(serde_json::from_value::<Lifecycle>(stored).expect("a row"), step.apply(row).expect("its row"));
    }
}
