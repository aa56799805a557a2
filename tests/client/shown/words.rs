//! A word that is absent, one that is not known here, and one that is known are three different things.

use crate::{PLAIN_GOALS, assess_first, at, is_unknown, lost, record, seen};
use sandbox_lifecycle::{
    Assessment, DesiredState, Goal, Observation, Sandbox, SandboxState,
    client::{Evidence, Missing, Seen, UnreachableReason},
};
use serde_json::json;

#[test]
fn an_unknown_desired_state_is_neither_absent_nor_the_goal() {
    let with = |desired: serde_json::Value| seen(&record("started", "", json!({"desiredState": desired})), at(0));
    let cases = [
        (json!("started"), Seen::Known(DesiredState::Started)),
        (json!("hibernated"), Seen::Unknown),
        (serde_json::Value::Null, Seen::NotShown),
    ];
    for (desired, expected) in cases {
        assert_eq!(Evidence::from(with(desired)).desired_state(), expected);
    }
    assert_eq!(assess_first(Goal::Started, with(json!("started")), at(0)), Assessment::Reached);
    assert_eq!(assess_first(Goal::Started, with(serde_json::Value::Null), at(0)), Assessment::Reached);
    let newer = assess_first(Goal::Started, with(json!("hibernated")), at(0));
    assert!(is_unknown(newer, Missing::DesiredState), "started may be what it leaves: {newer}");
}

#[test]
fn an_unknown_state_is_never_a_success() {
    // A snapshot is found elsewhere.
    let goals = PLAIN_GOALS.into_iter().filter(|goal| *goal != Goal::SnapshotTaken);
    for desired in DesiredState::ALL {
        let newer = seen(&record("hibernating", desired.as_str(), json!({})), at(0));
        for goal in goals.clone() {
            assert_ne!(assess_first(goal, newer, at(0)), Assessment::Reached, "{goal}, desired {desired}");
        }
    }
}

#[test]
fn an_unknown_state_ends_a_wait_if_the_known_desired_state_does() {
    let newer = |desired: &str| seen(&record("hibernating", desired, json!({})), at(0));
    assert_eq!(assess_first(Goal::Started, newer("destroyed"), at(0)), lost(UnreachableReason::Gone));
    assert_eq!(
        assess_first(Goal::Started, newer("stopped"), at(0)),
        lost(UnreachableReason::DifferentDesiredState(DesiredState::Stopped))
    );
    assert!(is_unknown(assess_first(Goal::Destroyed, newer("destroyed"), at(0)), Missing::State));
    assert!(is_unknown(assess_first(Goal::Started, newer("frozen"), at(0)), Missing::State));
}

#[test]
fn an_absent_state_is_not_shown() {
    let blank = seen(&record("", "started", json!({"state": null})), at(0));
    assert_eq!(Evidence::from(blank).state(), Seen::<SandboxState>::NotShown);
    assert!(is_unknown(assess_first(Goal::Started, blank, at(0)), Missing::State));
}

#[test]
fn a_settled_sandbox_needs_a_desired_state() {
    for desired in [json!("hibernated"), serde_json::Value::Null] {
        let started = seen(&record("started", "", json!({"desiredState": desired})), at(0));
        assert!(is_unknown(assess_first(Goal::Settled, started, at(0)), Missing::DesiredState));
    }
}

#[test]
fn a_stored_sandbox_shows_what_its_record_shows() {
    let dto = record("stopping", "stopped", json!({"autoDeleteInterval": 0}));
    let sandbox = Sandbox::try_from(dto.clone()).expect("a sandbox");
    let (of_sandbox, of_record) = (Observation::new(&sandbox, at(0)), seen(&dto, at(0)));
    assert_eq!(of_sandbox, of_record);
    let shown = of_sandbox.shown();
    let read = (shown.state(), shown.desired_state(), shown.is_ephemeral());
    assert_eq!(read, (Seen::Known(SandboxState::Stopping), Seen::Known(DesiredState::Stopped), Some(true)));
}
