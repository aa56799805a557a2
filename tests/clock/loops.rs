//! What holds of every row: whoever acts on what is due and waits for what is next gets on, and four parts are a fleet.

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use sandbox_lifecycle::{
    Cause, Clock, Context, Effect, Lifecycle, Next, Policy, Stamp,
    testing::{Case, any_case, context, lifecycle, runner_view},
};

/// A configuration that leaves no files behind.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// More steps than there are timers: whoever takes these is in a loop.
const MANY: usize = 12;

/// What is left when everything due has been done, or nothing when the record is to be purged.
fn drained(mut row: Lifecycle, context: Context, now: DateTime<Utc>) -> Option<Lifecycle> {
    for _ in 0..MANY {
        let Some(step) = row.due(&Policy::default(), context, now) else { return Some(row) };
        if step.effects().any(|effect| effect == Effect::Stamp(Stamp::Purge)) {
            return None;
        }
        row = step.apply(row).expect("it was decided on this row");
    }
    panic!("there is always more that is due at {now} on {row:?}");
}

proptest! {
    #![proptest_config(cases(20_000))]

    #[test]
    fn after_what_is_due_the_next_deadline_lies_ahead_and_then_something_is_due(case in any_case()) {
        let Case { row, context, now, .. } = case;
        let policy = Policy::default();
        let Some(row) = drained(row, context, now) else { return Ok(()) };
        let woken = Clock::new(&policy).next(&row, context);
        let Some((timer, at)) = row.next_deadline(&policy, context) else {
            prop_assert_eq!(woken, None);
            prop_assert_eq!(row.due(&policy, context, DateTime::<Utc>::MAX_UTC), None);
            return Ok(());
        };
        // A time of the row has no parts of a microsecond, and now may have.
        prop_assert!(at + Duration::microseconds(1) > now, "{timer} acts after {at}, and it is {now}");
        prop_assert_eq!(row.due(&policy, context, at), None);
        let after = at + Duration::microseconds(1);
        prop_assert_eq!(woken, Some(after));
        let step = row.due(&policy, context, after).expect("the clock woke us for this");
        prop_assert!(!step.is_noop());
        prop_assert_eq!(step.cause(), Cause::Timer(timer));
    }

    #[test]
    fn after_what_is_due_a_pass_that_waits_waits_for_a_later_time(case in any_case(), view in runner_view()) {
        let Case { row, now, .. } = case;
        let beside = Context::default().with_warm_pool(view.warm_pool).with_runner_unready(!view.ready);
        let Some(row) = drained(row, beside, now) else { return Ok(()) };
        if let Next::Wait { until } = row.reconcile(&view, &Policy::default(), now) {
            prop_assert!(until > now, "until {until}, and it is {now}");
        }
    }

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
