//! What holds of every row that the clock is asked of: four parts are a fleet.

use proptest::prelude::*;
use sandbox_lifecycle::{
    Clock, Policy,
    testing::{context, lifecycle},
};

/// A configuration that leaves no files behind.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn the_first_of_a_fleet_is_the_earliest_next(fleet in prop::collection::vec(lifecycle(), 0..40), context in context()) {
        let clock = Clock::new(&Policy::default());
        for length in (0..fleet.len().min(10)).chain([fleet.len()]) {
            let part = &fleet[..length];
            prop_assert_eq!(clock.first(part, context), part.iter().filter_map(|row| clock.next(row, context)).min());
        }
    }
}
