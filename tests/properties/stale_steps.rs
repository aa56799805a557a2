//! Stale steps: two steps are decided on one row, and the second one is written after the first.

use crate::{CASES, applied_steps::swap, cases::cases};
use proptest::prelude::*;
use sandbox_lifecycle::{
    Lifecycle, Policy,
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
        let stored = swap(moved.columns(), step.expects(), step.changes()).map(Lifecycle::from);
        prop_assert_eq!(stored, step.apply(moved).ok(), "{:?} after {:?}", input, other);
    }

    #[test]
    fn a_step_that_lost_a_race_is_stale_or_equal_to_a_new_decision(case in case(), other in testing::input()) {
        let Case { row, input, context, now } = case;
        let policy = Policy::default();
        let Ok(step) = row.decide(input, &policy, context, now) else { return Ok(()) };
        let Ok(first) = row.decide(other, &policy, context, now) else { return Ok(()) };
        let moved = first.apply(row).expect("its row");
        let Ok(late) = step.apply(moved) else { return Ok(()) };
        let decided_again = moved.decide(input, &policy, context, now);
        prop_assert!(decided_again.is_ok(), "{:?} is written after {:?}, but a new decision refuses it: {:?}", input, other, decided_again);
        let decided_again = decided_again.expect("just asserted").apply(moved).expect("its row");
        prop_assert_eq!(late, decided_again, "{:?} after {:?}", input, other);
    }
}
