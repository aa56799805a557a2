//! The loop of a host: it applies the steps that are due and waits for the next deadline. The loop always ends.

use crate::{at_noon, cases::cases, time::last_instant};
use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use sandbox_lifecycle::{
    Clock, Columns, Context, Effect, Lifecycle, Next, Policy, RunnerView, SandboxState,
    controller::RunnerStanding,
    rules::Cause,
    testing::{Case, any_case, lifecycle, runner_view},
};

/// More steps than there are timers. A host that applies this many steps is in an endless loop.
const MANY: usize = 12;

/// Gathers the context again for this row.
fn of(row: Lifecycle, context: Context) -> Context {
    context.with_revision(row.revision())
}

/// Every context that a timer distinguishes.
fn contexts(row: &Lifecycle) -> impl Iterator<Item = Context> + use<> {
    let ordinary = Context::of(row);
    (0..16u32).map(move |bits| {
        let has = |bit: u32| bits & 1 << bit != 0;
        let context = ordinary.with_warm_pool(has(0)).with_runner_unready(has(1));
        context.with_live_fork_children(u32::from(has(2))).with_owed_departures(u32::from(has(3)))
    })
}

/// Applies every step that is due. Returns `None` when the record is purged.
fn drained(mut row: Lifecycle, context: Context, now: DateTime<Utc>) -> Option<Lifecycle> {
    for _ in 0..MANY {
        let Some(step) = row.due(&Policy::default(), of(row, context), now) else { return Some(row) };
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
    fn once_nothing_is_due_the_next_look_is_ahead_and_not_after_the_next_deadline(case in any_case()) {
        let Case { row, context, now, .. } = case;
        let policy = Policy::default();
        let Some(row) = drained(row, context, now) else { return Ok(()) };
        let context = of(row, context);
        let look = Clock::new(&policy).next_look(&row, now);
        if let Some(look) = look {
            prop_assert!(look > now, "the store keeps {look}, but it is already {now}");
        }
        let Some((timer, at)) = row.next_deadline(&policy, context) else {
            prop_assert_eq!(row.due(&policy, context, DateTime::<Utc>::MAX_UTC), None);
            return Ok(());
        };
        let after = at + Duration::microseconds(1);
        // `now` may have fractions of a microsecond. A time of the row has none.
        prop_assert!(after > now, "{timer} acts after {at}, but it is already {now}");
        prop_assert!(look.is_some_and(|look| look <= after), "{timer} acts after {at}, but the store keeps {look:?}");
        prop_assert_eq!(row.due(&policy, context, at), None);
        let step = row.due(&policy, context, after).expect("the deadline is over");
        prop_assert!(!step.is_noop());
        prop_assert_eq!(step.cause(), Cause::Timer(timer));
    }

    #[test]
    fn the_next_instant_of_the_clock_is_the_first_one_at_which_a_timer_acts_in_any_context(row in lifecycle()) {
        let policy = Policy::default();
        let first = contexts(&row).filter_map(|context| row.next_deadline(&policy, context)).map(|(_, at)| at + Duration::microseconds(1)).min();
        let next = Clock::new(&policy).next(&row);
        prop_assert_eq!(next, first);
        if let Some(next) = next {
            let before = next - Duration::microseconds(1);
            prop_assert!(contexts(&row).all(|context| row.due(&policy, context, before).is_none()));
            prop_assert!(contexts(&row).any(|context| row.due(&policy, context, next).is_some()));
        }
    }

    /// A store keeps the next look: whatever the context becomes, no timer acts before it without being looked at.
    #[test]
    fn the_next_look_is_ahead_and_no_timer_acts_between_now_and_then(case in any_case()) {
        let Case { row, context, now, .. } = case;
        let policy = Policy::default();
        let Some(row) = drained(row, context, now) else { return Ok(()) };
        let look = Clock::new(&policy).next_look(&row, now);
        let upcoming = contexts(&row).filter_map(|context| row.next_deadline(&policy, context));
        let upcoming = upcoming.map(|(_, at)| at + Duration::microseconds(1)).filter(|at| *at > now).min();
        prop_assert!(look.is_none_or(|look| look > now), "{look:?} is not after {now}");
        if let Some(at) = upcoming {
            prop_assert!(look.is_some_and(|look| look <= at), "a timer may act at {at}, but the store looks at {look:?}");
        }
    }

    #[test]
    fn nothing_is_due_for_a_context_of_another_revision(case in any_case(), other in any::<u32>()) {
        let Case { row, context, now, .. } = case;
        if other != row.revision() {
            prop_assert_eq!(row.due(&Policy::default(), context.with_revision(other), now), None);
        }
    }

    #[test]
    fn once_nothing_is_due_a_pass_waits_only_for_a_later_time(case in any_case(), view in runner_view()) {
        let Case { row, now, .. } = case;
        let context = Context::of(&row).with_warm_pool(view.warm_pool).with_runner_unready(view.runner != RunnerStanding::Ready)
            .with_live_fork_children(view.live_fork_children);
        let Some(row) = drained(row, context, now) else { return Ok(()) };
        if let Next::Wait { until } = row.reconcile(&view, &Policy::default(), now) {
            prop_assert!(until > now, "the pass waits until {until}, but it is already {now}");
        }
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn the_first_deadline_of_a_fleet_is_the_earliest_of_its_sandboxes(fleet in prop::collection::vec(lifecycle(), 0..40)) {
        let clock = Clock::new(&Policy::default());
        for length in (0..fleet.len().min(10)).chain([fleet.len()]) {
            let part = &fleet[..length];
            prop_assert_eq!(clock.first(part), part.iter().filter_map(|row| clock.next(row)).min());
        }
    }
}

#[test]
fn at_the_last_instant_a_pass_waits_for_nothing() {
    let starting = Lifecycle::from(Columns { state: SandboxState::Stopped, pending: true, ..at_noon() });
    let unready = RunnerView { runner: RunnerStanding::NotReady, ..RunnerView::of(&starting) };
    let waits = |now| starting.reconcile(&unready, &Policy::default(), now);
    let last = last_instant();
    assert_eq!(waits(last - Duration::seconds(1)), Next::Wait { until: last });
    assert_eq!(waits(last), Next::Nothing);
}
