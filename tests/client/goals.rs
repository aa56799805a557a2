//! Goals: which state each one reaches, and why it can no longer be reached.

use crate::{assess_first, at, is_pending, is_unknown, lost, record, row, seen, written};
use core::num::NonZeroU32;
use sandbox_lifecycle::{
    Assessment, Columns, DesiredState, Goal, Lifecycle, Policy, SandboxDto, SandboxState, Wait,
    client::{Missing, UnreachableReason},
    vocabulary::{AutoDelete, SizeChange},
};
use serde_json::json;
use {DesiredState as D, SandboxState as S};

fn ephemeral(state: SandboxState, desired_state: DesiredState) -> Lifecycle {
    Lifecycle::from(Columns { auto_delete: AutoDelete::AtOnce, ..row(state, desired_state).columns() })
}

fn assess(goal: Goal, row: &Lifecycle) -> Assessment {
    assess_first(goal, seen(row, at(0)), at(0))
}

#[test]
fn a_goal_is_reached_only_in_the_state_that_it_names() {
    let cases = [
        (Goal::Started, row(S::Started, D::Started)),
        (Goal::Stopped, row(S::Stopped, D::Stopped)),
        (Goal::Stopped, ephemeral(S::Destroyed, D::Destroyed)),
        (Goal::Paused, row(S::Paused, D::Paused)),
        (Goal::Archived, row(S::Archived, D::Archived)),
        (Goal::Destroyed, row(S::Destroyed, D::Destroyed)),
        (Goal::Settled, row(S::Stopped, D::Stopped)),
        (Goal::Recovered, row(S::Stopped, D::Stopped)),
        (Goal::Recovered, row(S::Started, D::Started)),
        (Goal::Forked, row(S::Started, D::Started)),
    ];
    for (goal, row) in cases {
        assert_eq!(assess(goal, &row), Assessment::Reached, "{goal} of {row:?}");
    }
}

#[test]
fn a_sandbox_on_its_way_is_pending() {
    let cases = [
        (Goal::Started, row(S::Creating, D::Started), S::Creating),
        (Goal::Started, row(S::Archived, D::Started), S::Archived),
        (Goal::Stopped, row(S::Started, D::Stopped), S::Stopping),
        (Goal::Stopped, ephemeral(S::Destroying, D::Destroyed), S::Destroying),
        (Goal::Paused, row(S::Pausing, D::Paused), S::Pausing),
        (Goal::Archived, row(S::Stopped, D::Archived), S::Archiving),
        (Goal::Destroyed, row(S::Started, D::Destroyed), S::Destroying),
        (Goal::Destroyed, row(S::Error, D::Destroyed), S::Error),
        (Goal::Stopped, ephemeral(S::Error, D::Destroyed), S::Error),
        (Goal::Settled, row(S::Resizing, D::Stopped), S::Resizing),
        (Goal::Recovered, row(S::Stopped, D::Started), S::Starting),
        (Goal::Recovered, row(S::Archived, D::Started), S::Archived),
    ];
    for (goal, row, expected) in cases {
        let found = assess(goal, &row);
        assert!(is_pending(found, expected), "{goal} of {row:?}: {found}");
    }
}

#[test]
fn each_reason_for_a_failure_is_named() {
    use UnreachableReason as R;
    let cases = [
        (Goal::Started, row(S::Error, D::Started), R::Failed(S::Error)),
        (Goal::Started, row(S::BuildFailed, D::Started), R::Failed(S::BuildFailed)),
        (Goal::Started, row(S::Destroyed, D::Destroyed), R::Gone),
        (Goal::Started, row(S::Error, D::Destroyed), R::Gone),
        (Goal::Started, row(S::Started, D::Destroyed), R::Gone),
        (Goal::Started, row(S::Stopping, D::Stopped), R::DifferentDesiredState(D::Stopped)),
        (Goal::Stopped, row(S::Destroyed, D::Destroyed), R::Gone),
        (Goal::Stopped, ephemeral(S::Error, D::Stopped), R::Failed(S::Error)),
        (Goal::Stopped, ephemeral(S::Started, D::Started), R::DifferentDesiredState(D::Started)),
        (Goal::Paused, row(S::Started, D::Started), R::DifferentDesiredState(D::Started)),
        (Goal::Paused, row(S::Destroyed, D::Destroyed), R::Gone),
        (Goal::Destroyed, row(S::Error, D::Started), R::Failed(S::Error)),
        (Goal::Settled, row(S::Destroyed, D::Destroyed), R::Gone),
        (Goal::Recovered, row(S::BuildFailed, D::Started), R::Failed(S::BuildFailed)),
        (Goal::Recovered, row(S::Archived, D::Archived), R::DifferentDesiredState(D::Archived)),
    ];
    for (goal, row, reason) in cases {
        assert_eq!(assess(goal, &row), lost(reason), "{goal} of {row:?}");
    }
}

#[test]
fn an_eviction_and_a_timeout_in_the_queue_are_named() {
    let gone = |more| seen(&record("destroyed", "destroyed", more), at(0));
    let reason = |more| assess_first(Goal::Started, gone(more), at(0));
    assert_eq!(reason(json!({})), lost(UnreachableReason::Gone));
    assert_eq!(reason(json!({"spotEvictedAt": at(0)})), lost(UnreachableReason::Evicted));
    assert_eq!(reason(json!({"queueTimedOutAt": at(0)})), lost(UnreachableReason::TimedOutInQueue));
    // The reason is known although the record is gone a day later.
    let mut wait = Wait::after(Goal::Started, gone(json!({"spotEvictedAt": at(0)})), None);
    wait.observe(crate::not_found(at(1_500)));
    assert_eq!(wait.assess(&Policy::default(), at(1_500)), lost(UnreachableReason::Evicted));
}

fn resize(dto: &SandboxDto, change: SizeChange) -> Assessment {
    let answer = written("resizing", "started", at(0));
    let mut wait = Wait::after(Goal::Resized(change), seen(&answer, at(0)), None);
    assert!(is_pending(wait.assess(&Policy::default(), at(0)), S::Resizing));
    wait.observe(seen(dto, at(1)));
    wait.assess(&Policy::default(), at(1))
}

#[test]
fn a_resize_that_leaves_the_old_size_is_not_done() {
    let four = SizeChange { cpu: NonZeroU32::new(4), ..SizeChange::default() };
    let sized = |cpu: serde_json::Value| {
        record("started", "started", json!({"updatedAt": at(1), "lastActivityAt": at(1), "cpu": cpu}))
    };
    assert_eq!(resize(&sized(json!(4)), four), Assessment::Reached);
    assert_eq!(resize(&sized(json!(1)), four), lost(UnreachableReason::NotDone(S::Started)));
    assert!(is_unknown(resize(&sized(json!(1.5)), four), Missing::Size));
    assert_eq!(resize(&written("error", "started", at(1)), four), lost(UnreachableReason::Failed(S::Error)));
}

#[test]
fn a_webhook_does_not_show_whether_a_resize_is_done() {
    let four = SizeChange { cpu: NonZeroU32::new(4), ..SizeChange::default() };
    let text = r#"{"event":"sandbox.state.updated","timestamp":"2025-10-09T09:00:00Z","id":"s1","organizationId":"o1",
        "oldState":"resizing","newState":"started","updatedAt":"2025-10-09T09:00:00Z"}"#;
    let webhook: sandbox_lifecycle::record::SandboxStateUpdated = serde_json::from_str(text).expect("a webhook");
    let mut wait = Wait::after(Goal::Resized(four), seen(&written("resizing", "started", at(0)), at(0)), None);
    wait.observe(seen(&webhook, at(7)));
    let found = wait.assess(&Policy::default(), at(7));
    assert!(is_unknown(found, Missing::Size), "the size of the answer is the old one: {found}");
}

#[test]
fn a_sandbox_does_not_show_whether_its_snapshot_was_taken() {
    let policy = Policy::default();
    let mut wait = Wait::after(Goal::SnapshotTaken, seen(&written("snapshotting", "started", at(0)), at(0)), None);
    assert!(is_pending(wait.assess(&policy, at(0)), S::Snapshotting));
    wait.observe_snapshot(false, at(1));
    wait.observe(seen(&written("started", "started", at(2)), at(2)));
    // It is back in started after a success and after a failure.
    let unknown = Assessment::Unknown { missing: Missing::Snapshot, next_look: None };
    assert_eq!(wait.assess(&policy, at(2)), unknown, "the look was too early to count");
    let (mut taken, mut failed) = (wait, wait);
    taken.observe_snapshot(true, at(3));
    assert_eq!(taken.assess(&policy, at(3)), Assessment::Reached);
    failed.observe_snapshot(false, at(3));
    assert_eq!(failed.assess(&policy, at(3)), lost(UnreachableReason::NotDone(S::Started)));
}

#[test]
fn a_late_look_does_not_take_back_a_snapshot_that_was_found() {
    let mut wait = Wait::after(Goal::SnapshotTaken, seen(&written("snapshotting", "started", at(0)), at(0)), None);
    wait.observe(seen(&written("started", "started", at(2)), at(2)));
    wait.observe_snapshot(true, at(4));
    wait.observe_snapshot(false, at(3));
    assert_eq!(wait.assess(&Policy::default(), at(4)), Assessment::Reached);
}

#[test]
fn a_sandbox_that_is_gone_does_not_show_whether_its_snapshot_was_taken() {
    let policy = Policy::default();
    let mut wait = Wait::after(Goal::SnapshotTaken, seen(&written("snapshotting", "started", at(0)), at(0)), None);
    wait.observe(crate::not_found(at(2)));
    let unknown = Assessment::Unknown { missing: Missing::Snapshot, next_look: None };
    assert_eq!(wait.assess(&policy, at(2)), unknown);
    let (mut taken, mut failed) = (wait, wait);
    taken.observe_snapshot(true, at(3));
    assert_eq!(taken.assess(&policy, at(3)), Assessment::Reached);
    failed.observe_snapshot(false, at(3));
    assert_eq!(failed.assess(&policy, at(3)), lost(UnreachableReason::Gone));
}

#[test]
fn a_recovery_on_the_recorded_server_stays_in_error_until_it_ends() {
    let errored = |more| record("error", "started", more);
    let answer = errored(json!({"recoverable": true}));
    let mut wait = Wait::after(Goal::Recovered, seen(&answer, at(0)), None);
    assert!(is_pending(wait.assess(&Policy::recorded(), at(0)), S::Error), "not: failed");
    let stuck = Assessment::Stuck { state: Some(S::Error), since: at(0) };
    assert_eq!(wait.assess(&Policy::recorded(), at(31)), stuck);
    let mut failed = wait;
    failed.observe(seen(&errored(json!({"recoverable": false, "updatedAt": at(1)})), at(1)));
    assert_eq!(failed.assess(&Policy::recorded(), at(1)), lost(UnreachableReason::Failed(S::Error)));
    wait.observe(seen(&written("started", "started", at(2)), at(2)));
    assert_eq!(wait.assess(&Policy::recorded(), at(2)), Assessment::Reached);
}

#[test]
fn an_error_after_a_recovery_that_was_shown_is_a_new_one() {
    let mut wait = Wait::after(Goal::Recovered, seen(&written("starting", "started", at(0)), at(0)), None);
    wait.observe(seen(&record("error", "started", json!({"recoverable": true, "updatedAt": at(1)})), at(1)));
    assert_eq!(wait.assess(&Policy::default(), at(1)), lost(UnreachableReason::Failed(S::Error)));
}

#[test]
fn a_fork_child_is_created_for_as_long_as_a_fork_may_take() {
    let child = seen(&written("creating", "started", at(0)), at(0));
    assert!(is_pending(assess_first(Goal::Forked, child, at(60)), S::Creating));
    let stuck = Assessment::Stuck { state: Some(S::Creating), since: at(0) };
    assert_eq!(assess_first(Goal::Forked, child, at(61)), stuck);
    assert_eq!(assess_first(Goal::Started, child, at(16)), stuck);
}

#[test]
fn a_goal_is_stored_and_printed() {
    let change = SizeChange { cpu: NonZeroU32::new(4), ..SizeChange::default() };
    let cases = [
        (Goal::Started, r#""started""#, "started"),
        (Goal::SnapshotTaken, r#""snapshot_taken""#, "snapshot_taken"),
        (Goal::Resized(change), r#"{"resized":{"cpu":4}}"#, "resized"),
    ];
    for (goal, stored, printed) in cases {
        assert_eq!(serde_json::to_string(&goal).expect("it is written"), stored);
        assert_eq!(serde_json::from_str::<Goal>(stored).expect(stored), goal);
        assert_eq!(goal.to_string(), printed);
    }
}
