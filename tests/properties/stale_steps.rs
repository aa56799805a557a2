//! Stale steps: two steps are decided on one row, and the second one is written after the first.

use crate::{CASES, applied_steps::written, cases::cases};
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use sandbox_lifecycle::{
    Columns, Lifecycle, Policy, Verb,
    rules::Cause,
    testing::{self, Case, case},
};

proptest! {
    #![proptest_config(cases(4 * CASES))]

    #[test]
    fn a_store_writes_a_step_exactly_where_apply_accepts_it(case in case(), other in testing::input()) {
        let Case { row, input, context, now } = case;
        let policy = Policy::default();
        let Ok(step) = row.decide(input, &policy, context, now) else { return Ok(()) };
        let Ok(first) = row.decide(other, &policy, context, now) else { return Ok(()) };
        let moved = first.apply(row).expect("its row");
        let stored = written(moved.columns(), &step).map(Lifecycle::from);
        prop_assert_eq!(stored, step.apply(moved).ok(), "{:?} after {:?}", input, other);
    }

    #[test]
    fn a_step_that_lost_a_race_is_stale_or_equal_to_a_new_decision(case in case(), other in testing::input()) {
        let Case { row, input, context, now } = case;
        let policy = Policy::default();
        let Ok(step) = row.decide(input, &policy, context, now) else { return Ok(()) };
        let Ok(first) = row.decide(other, &policy, context, now) else { return Ok(()) };
        let moved = first.apply(row).expect("its row");
        // A step without changes and effects is not written. Its answer was true when it was decided.
        if step.is_noop() {
            return Ok(());
        }
        let Ok(late) = step.apply(moved) else { return Ok(()) };
        let decided_again = moved.decide(input, &policy, context.with_revision(moved.revision()), now);
        prop_assert!(decided_again.is_ok(), "{:?} is written after {:?}, but a new decision refuses it: {:?}", input, other, decided_again);
        let decided_again = decided_again.expect("just asserted").apply(moved).expect("its row").columns();
        // If the clock went back, a touch keeps the later time of the row on which it was decided.
        let touched = step.changes().last_activity_at.filter(|_| step.cause() == Cause::Command(Verb::Touch));
        let expected = Columns { last_activity_at: decided_again.last_activity_at.max(touched.unwrap_or(DateTime::<Utc>::MIN_UTC)), ..decided_again };
        prop_assert_eq!(late.columns(), expected, "{:?} after {:?}", input, other);
    }
}
