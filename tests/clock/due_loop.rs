//! The loop of a host: it applies the steps that are due and waits for the next deadline. The loop always ends.

use crate::{at_noon, cases::cases, time::last_instant};
use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use sandbox_lifecycle::{
    Clock, Columns, Context, Effect, Lifecycle, Next, Policy, RunnerView, SandboxState,
    rules::Cause,
    testing::{Case, any_case, context, lifecycle, runner_view},
};

/// More steps than there are timers. A host that applies this many steps is in an endless loop.
const MANY: usize = 12;

/// Applies every step that is due. Returns `None` when the record is purged.
fn drained(mut row: Lifecycle, context: Context, now: DateTime<Utc>) -> Option<Lifecycle> {
    for _ in 0..MANY {
        let Some(step) = row.due(&Policy::default(), context, now) else { return Some(row) };
        if step.effects().any(|effect| effect == Effect::Purge) {
            return None;
        }
        row = step.apply(row).expect("it was decided on this row");
    }
    panic!("there is always another step due at {now} on {row:?}");
}

proptest! {
    #![proptest_config(cases(20_000))]

    #[test]
    fn once_nothing_is_due_the_next_deadline_is_ahead_and_a_timer_acts_right_after_it(case in any_case()) {
        let Case { row, context, now, .. } = case;
        let policy = Policy::default();
        let Some(row) = drained(row, context, now) else { return Ok(()) };
        let woken = Clock::new(&policy).next(&row, context);
        let Some((timer, at)) = row.next_deadline(&policy, context) else {
            prop_assert_eq!(woken, None);
            prop_assert_eq!(row.due(&policy, context, DateTime::<Utc>::MAX_UTC), None);
            return Ok(());
        };
        // `now` may have fractions of a microsecond. A time of the row has none.
        prop_assert!(at + Duration::microseconds(1) > now, "{timer} acts after {at}, but it is already {now}");
        prop_assert_eq!(row.due(&policy, context, at), None);
        let after = at + Duration::microseconds(1);
        prop_assert_eq!(woken, Some(after));
        let step = row.due(&policy, context, after).expect("the clock woke up for this timer");
        prop_assert!(!step.is_noop());
        prop_assert_eq!(step.cause(), Cause::Timer(timer));
    }

    #[test]
    fn once_nothing_is_due_a_pass_waits_only_for_a_later_time(case in any_case(), view in runner_view()) {
        let Case { row, now, .. } = case;
        let context = Context::of(&row).with_warm_pool(view.warm_pool).with_runner_unready(!view.ready);
        let Some(row) = drained(row, context, now) else { return Ok(()) };
        if let Next::Wait { until } = row.reconcile(&view, &Policy::default(), now) {
            prop_assert!(until > now, "the pass waits until {until}, but it is already {now}");
        }
    }

}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn the_first_deadline_of_a_fleet_is_the_earliest_of_its_sandboxes(fleet in prop::collection::vec(lifecycle(), 0..40), context in context()) {
        let clock = Clock::new(&Policy::default());
        for length in (0..fleet.len().min(10)).chain([fleet.len()]) {
            let part = &fleet[..length];
            prop_assert_eq!(clock.first(part, context), part.iter().filter_map(|row| clock.next(row, context)).min());
        }
    }
}

#[test]
fn at_the_last_instant_a_pass_waits_for_nothing() {
    let starting = Lifecycle::from(Columns { state: SandboxState::Stopped, pending: true, ..at_noon() });
    let unready = RunnerView { ready: false, ..RunnerView::default() };
    let waits = |now| starting.reconcile(&unready, &Policy::default(), now);
    let last = last_instant();
    assert_eq!(waits(last - Duration::seconds(1)), Next::Wait { until: last });
    assert_eq!(waits(last), Next::Nothing);
}
