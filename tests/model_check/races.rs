//! Two who write one row: a step decided on a row that has moved is stale, or still right.

use crate::{CASES, cases, laws::swap};
use proptest::prelude::*;
use sandbox_lifecycle::{
    Lifecycle, Policy,
    testing::{self, Case, case},
};

proptest! {
    #![proptest_config(cases(4 * CASES))]

    #[test]
    fn a_store_writes_a_step_exactly_where_apply_does(case in case(), other in testing::input()) {
        let Case { row, input, context, now } = case;
        let policy = Policy::default();
        let Ok(step) = row.decide(input, &policy, context, now) else { return Ok(()) };
        let Ok(first) = row.decide(other, &policy, context, now) else { return Ok(()) };
        let moved = first.apply(row).expect("its row");
        let stored = swap(moved.columns(), step.expects(), step.changes()).map(Lifecycle::from);
        prop_assert_eq!(stored, step.apply(moved).ok(), "{:?} after {:?}", input, other);
    }

    #[test]
    fn a_step_that_lost_a_race_is_stale_or_still_right(case in case(), other in testing::input()) {
        let Case { row, input, context, now } = case;
        let policy = Policy::default();
        let Ok(step) = row.decide(input, &policy, context, now) else { return Ok(()) };
        let Ok(first) = row.decide(other, &policy, context, now) else { return Ok(()) };
        let moved = first.apply(row).expect("its row");
        let Ok(late) = step.apply(moved) else { return Ok(()) };
        let anew = moved.decide(input, &policy, context, now);
        prop_assert!(anew.is_ok(), "{:?} is written after {:?}, and would be refused: {:?}", input, other, anew);
        let anew = anew.expect("just asserted").apply(moved).expect("its row");
        prop_assert_eq!(late, anew, "{:?} after {:?}", input, other);
    }
}
