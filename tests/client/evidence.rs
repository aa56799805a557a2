//! Evidence: observations in any order, repeated and late, give the same best-known observation.

use crate::{at, cases::cases, is_pending, not_found, record, seen, written};
use chrono::{DateTime, Utc};
use proptest::{option, prelude::*, sample::select};
use sandbox_lifecycle::{
    DesiredState, Goal, Observation, Policy, SandboxState, Wait,
    client::{Evidence, Seen},
    record::{SandboxCreated, SandboxStateUpdated},
};
use serde_json::{Value, json};

/// A small time, so that two are often equal.
fn time() -> impl Strategy<Value = DateTime<Utc>> {
    (0i64..4).prop_map(at)
}

fn word() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!("hibernated")),
        select(SandboxState::ALL).prop_map(|state| json!(state.as_str()))
    ]
}

fn desired() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!("frozen")),
        select(DesiredState::ALL).prop_map(|state| json!(state.as_str()))
    ]
}

fn webhook(state: SandboxState, updated_at: DateTime<Utc>) -> SandboxStateUpdated {
    let fields = json!({
        "event": "sandbox.state.updated", "timestamp": updated_at, "id": "s1", "organizationId": "o1",
        "oldState": "started", "newState": state.as_str(), "updatedAt": updated_at,
    });
    serde_json::from_value(fields).expect("a webhook")
}

fn observation() -> impl Strategy<Value = Observation> {
    let times = (option::of(time()), option::of(time()), option::weighted(0.2, time()));
    let shown = (word(), desired(), option::of(-1i64..1), 1i64..3, times);
    let read = (shown, time()).prop_map(|((state, desired, auto_delete, cpu, (updated, used, evicted)), at)| {
        let more = json!({
            "state": state, "desiredState": desired, "autoDeleteInterval": auto_delete, "cpu": cpu,
            "updatedAt": updated, "lastActivityAt": used, "spotEvictedAt": evicted,
        });
        seen(&record("", "", more), at)
    });
    let hook = (select(SandboxState::ALL), time(), time())
        .prop_map(|(state, updated_at, at)| seen(&webhook(state, updated_at), at));
    prop_oneof![4 => read, 2 => hook, 1 => time().prop_map(not_found)]
}

fn evidence() -> impl Strategy<Value = Evidence> {
    prop::collection::vec(observation(), 0..4).prop_map(Evidence::from_iter)
}

proptest! {
    #![proptest_config(cases(4_000))]

    #[test]
    fn merging_is_commutative_associative_and_idempotent(a in evidence(), b in evidence(), c in evidence()) {
        prop_assert_eq!(a.merged(b), b.merged(a));
        prop_assert_eq!(a.merged(b).merged(c), a.merged(b.merged(c)));
        prop_assert_eq!(a.merged(a), a);
        prop_assert_eq!(a.merged(Evidence::default()), a);
    }

    #[test]
    fn the_order_and_the_number_of_observations_do_not_matter(
        (given, shuffled) in prop::collection::vec(observation(), 0..6)
            .prop_flat_map(|given| (Just(given.clone()), Just(given).prop_shuffle())),
        again in 0usize..6,
    ) {
        let mut repeated = shuffled.clone();
        repeated.extend(shuffled.get(again));
        let mut later = Evidence::default();
        later.extend(repeated.iter().copied());
        prop_assert_eq!(repeated.into_iter().collect::<Evidence>(), later);
        prop_assert_eq!(later, given.into_iter().collect());
    }

    /// The rules of the page, one after the other and not as an order.
    #[test]
    fn of_two_observations_the_documented_one_counts(a in observation(), b in observation()) {
        let merged: Evidence = [a, b].into_iter().collect();
        let best = *merged.best().expect("two observations");
        let (gone_a, gone_b) = (a.shown().is_gone(), b.shown().is_gone());
        let (updated_a, updated_b) = (a.shown().updated_at(), b.shown().updated_at());
        let expected = if gone_a != gone_b {
            Some(if gone_a { a } else { b })
        } else if updated_a != updated_b {
            let is_a = match (updated_a, updated_b) { (Some(a), Some(b)) => a > b, (found, _) => found.is_some() };
            Some(if is_a { a } else { b })
        } else if a.observed_at() != b.observed_at() {
            Some(if a.observed_at() > b.observed_at() { a } else { b })
        } else {
            None
        };
        prop_assert!(best == a || best == b);
        prop_assert_eq!(best, expected.unwrap_or(best));
    }
}

#[test]
fn destroyed_absorbs_everything() {
    let late = seen(&written("started", "started", at(9)), at(9));
    for destroyed in [seen(&written("destroyed", "destroyed", at(1)), at(1)), not_found(at(1))] {
        let evidence: Evidence = [destroyed, late].into_iter().collect();
        assert!(evidence.is_gone());
    }
}

#[test]
fn times_are_compared_as_instants_and_not_as_texts() {
    // Ten in Paris is before nine in London.
    let paris = record("stopped", "stopped", json!({"updatedAt": "2025-10-09T10:00:00.000+02:00"}));
    let london = record("started", "started", json!({"updatedAt": "2025-10-09T09:00:00Z"}));
    let evidence: Evidence = [seen(&paris, at(20)), seen(&london, at(10))].into_iter().collect();
    assert_eq!(evidence.state(), Seen::Known(SandboxState::Started));
    // The same instant in two forms: the later look counts.
    let zulu = record("stopping", "stopped", json!({"updatedAt": "2025-10-09T09:00:00.000Z"}));
    let evidence: Evidence = [seen(&zulu, at(20)), seen(&london, at(10))].into_iter().collect();
    assert_eq!(evidence.state(), Seen::Known(SandboxState::Stopping));
}

#[test]
fn a_webhook_brings_the_state_and_keeps_the_settings() {
    let read = seen(&record("stopping", "stopped", json!({"autoDeleteInterval": 0})), at(0));
    let stopped = seen(&webhook(SandboxState::Stopped, at(1)), at(1));
    let evidence: Evidence = [stopped, read].into_iter().collect();
    assert_eq!((evidence.state(), evidence.is_ephemeral()), (Seen::Known(SandboxState::Stopped), Some(true)));
    // The older desired state says nothing about the newer state.
    assert_eq!(evidence.desired_state(), Seen::NotShown);
    let created: SandboxCreated = serde_json::from_value(json!({
        "event": "sandbox.created", "timestamp": at(0), "id": "s1", "organizationId": "o1", "state": "creating",
        "sandboxClass": "container", "createdAt": at(0),
    }))
    .expect("a webhook");
    let evidence: Evidence = [stopped, seen(&created, at(5))].into_iter().collect();
    assert_eq!(evidence.state(), Seen::Known(SandboxState::Stopped), "the webhook of the creation came late");
}

#[test]
fn evidence_survives_storage() {
    let read = seen(&record("hibernated", "stopped", json!({"spotEvictedAt": at(2)})), at(0));
    let evidence: Evidence = [read, seen(&webhook(SandboxState::Stopped, at(1)), at(1))].into_iter().collect();
    let stored = serde_json::to_string(&evidence).expect("it is written");
    assert_eq!(serde_json::from_str::<Evidence>(&stored).expect(&stored), evidence);
    assert_eq!(serde_json::from_str::<Evidence>("{}").expect("nothing was seen"), Evidence::default());
}

#[test]
fn an_answer_to_a_command_is_an_observation_like_any_other() {
    let mut wait = Wait::after(Goal::Started, seen(&written("starting", "started", at(1)), at(1)), None);
    wait.observe(seen(&written("stopped", "stopped", at(0)), at(2)));
    assert!(is_pending(wait.assess(&Policy::default(), at(2)), SandboxState::Starting));
    // Another caller's stop, whose answer this process knows.
    wait.observe(seen(&written("stopping", "stopped", at(3)), at(3)));
    assert_eq!(wait.evidence().desired_state(), Seen::Known(DesiredState::Stopped));
}
