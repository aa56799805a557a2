//! One derivation of "since when": a record and the lifecycle made from it give the same answer.

use crate::{PLAIN_GOALS, at, record, seen};
use chrono::Duration;
use sandbox_lifecycle::{
    DesiredState, Goal, Lifecycle, Observation, Policy, SandboxState, Wait,
    client::Evidence,
    record::{LifecycleView, SandboxListItem},
    vocabulary::SizeChange,
};
use serde_json::json;

fn goals() -> impl Iterator<Item = Goal> {
    let bigger = SizeChange { cpu: core::num::NonZeroU32::new(8), ..SizeChange::default() };
    PLAIN_GOALS.into_iter().chain([Goal::Resized(bigger)])
}

/// Pairs of last update and last activity, in minutes after noon; `None` is absent.
const TIMES: [(Option<i64>, Option<i64>); 5] =
    [(Some(0), Some(0)), (Some(0), Some(-600)), (Some(-600), Some(0)), (Some(-7), None), (None, None)];

/// Minutes after the first look: before and after each kind of limit.
const LATER: [i64; 6] = [0, 6, 16, 31, 61, 1_441];

/// Begins a wait.
type Begin = fn(Goal, Observation, Option<Duration>) -> Wait;

const WAITS: [Begin; 2] = [Wait::after, Wait::watching];

#[test]
fn a_record_and_its_lifecycle_give_the_same_assessment_for_every_state_goal_and_time() {
    let (mut compared, policies) = (0, [Policy::default(), Policy::recorded()]);
    let pairs =
        SandboxState::ALL.iter().flat_map(|state| DesiredState::ALL.iter().map(move |desired| (state, desired)));
    for (state, desired) in pairs {
        for ((updated, used), (auto_delete, recoverable)) in
            TIMES.into_iter().flat_map(|times| [(times, (-1, true)), (times, (0, false))])
        {
            let time = |minutes: Option<i64>| minutes.map(at);
            let times = json!({
                "updatedAt": time(updated), "lastActivityAt": time(used), "autoDeleteInterval": auto_delete,
                "recoverable": recoverable,
            });
            let dto = record(state.as_str(), desired.as_str(), times);
            let row = Lifecycle::try_from(&dto).expect("every word is known");
            let view: LifecycleView =
                serde_json::from_value(serde_json::to_value(&dto).expect("JSON")).expect("a view");
            let item = SandboxListItem::from(&dto);
            let observations = [seen(&dto, at(1)), seen(&row, at(1)), seen(&view, at(1)), seen(&item, at(1))];
            for (goal, later) in goals().flat_map(|goal| LATER.map(|later| (goal, later))) {
                for (policy, wait) in policies.iter().flat_map(|policy| WAITS.map(|wait| (policy, wait))) {
                    let assess = |first| wait(goal, first, None).assess(policy, at(1 + later));
                    let [by_record, others @ ..] = observations.map(assess);
                    assert_eq!(
                        others, [by_record; 3],
                        "{goal} of {state}/{desired} {updated:?} {used:?} after {later}"
                    );
                    compared += 1;
                }
            }
        }
    }
    let words = SandboxState::ALL.len() * DesiredState::ALL.len();
    assert_eq!(compared, words * TIMES.len() * 2 * 10 * LATER.len() * 2 * WAITS.len());
}

#[test]
fn a_record_shows_the_same_since_as_its_lifecycle() {
    let used = record("starting", "started", json!({"updatedAt": at(-5), "lastActivityAt": at(-9)}));
    let row = Lifecycle::try_from(&used).expect("a lifecycle");
    let since = |shown| Evidence::from(shown).since();
    assert_eq!((since(seen(&used, at(0))), since(seen(&row, at(0)))), (Some(at(-5)), Some(at(-5))));
}
