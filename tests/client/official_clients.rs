//! The faults of the official clients' waits (`docs/CLIENTS.md`), each with what a wait of this crate does.

use crate::{at, is_pending, is_unknown, lost, not_found, record, seen, written};
use core::num::NonZeroU32;
use sandbox_lifecycle::{
    Assessment, DesiredState, Goal, Observation, Policy, SandboxState, Wait,
    client::{Missing, UnreachableReason},
    record::SandboxStateUpdated,
    vocabulary::SizeChange,
};
use serde_json::json;

/// Assesses a wait after this answer and these reads, one each minute, on the recorded server.
fn waited(goal: Goal, answer: Observation, reads: &[Observation]) -> Assessment {
    let mut wait = Wait::after(goal, answer, None);
    reads.iter().for_each(|read| wait.observe(*read));
    wait.assess(&Policy::recorded(), at(1))
}

#[test]
fn a_pause_that_never_happened_is_no_success() {
    let answer = seen(&written("pausing", "paused", at(0)), at(0));
    // The runner refused the call.
    let refused = seen(&written("started", "started", at(1)), at(1));
    let elsewhere = lost(UnreachableReason::DifferentDesiredState(DesiredState::Started));
    assert_eq!(waited(Goal::Paused, answer, &[refused]), elsewhere);
    // The read shows what was before the command.
    let stale = seen(&written("started", "started", at(-9)), at(1));
    assert!(is_pending(waited(Goal::Paused, answer, &[stale]), SandboxState::Pausing));
    let gone = seen(&written("destroyed", "destroyed", at(1)), at(1));
    assert_eq!(waited(Goal::Paused, answer, &[gone]), lost(UnreachableReason::Gone));
}

#[test]
fn a_state_that_is_newer_than_the_client_is_no_success() {
    let answer = seen(&written("pausing", "paused", at(0)), at(0));
    let newer = seen(&written("hibernated", "paused", at(1)), at(1));
    assert!(is_unknown(waited(Goal::Paused, answer, &[newer]), Missing::State));
}

#[test]
fn a_wait_for_a_start_ends_when_the_sandbox_is_destroyed() {
    let answer = seen(&written("starting", "started", at(0)), at(0));
    let destroyed = seen(&written("destroyed", "destroyed", at(1)), at(1));
    assert_eq!(waited(Goal::Started, answer, &[destroyed]), lost(UnreachableReason::Gone));
    assert_eq!(waited(Goal::Started, answer, &[not_found(at(1))]), lost(UnreachableReason::Gone));
}

#[test]
fn a_wait_for_a_start_ends_when_another_caller_stops_the_sandbox() {
    let answer = seen(&written("starting", "started", at(0)), at(0));
    let stopped = seen(&written("stopped", "stopped", at(1)), at(1));
    let elsewhere = lost(UnreachableReason::DifferentDesiredState(DesiredState::Stopped));
    assert_eq!(waited(Goal::Started, answer, &[stopped]), elsewhere);
}

#[test]
fn a_stop_does_not_count_on_a_stale_read() {
    let answer = seen(&written("stopping", "stopped", at(0)), at(0));
    let before_the_last_start = seen(&written("stopped", "stopped", at(-9)), at(1));
    assert!(is_pending(waited(Goal::Stopped, answer, &[before_the_last_start]), SandboxState::Stopping));
}

#[test]
fn a_durable_sandbox_that_is_destroyed_is_not_stopped() {
    let answer = seen(&written("stopping", "stopped", at(0)), at(0));
    assert_eq!(waited(Goal::Stopped, answer, &[not_found(at(1))]), lost(UnreachableReason::Gone));
    let destroyed = seen(&written("destroyed", "destroyed", at(1)), at(1));
    assert_eq!(waited(Goal::Stopped, answer, &[destroyed]), lost(UnreachableReason::Gone));
}

#[test]
fn a_resize_without_the_new_size_is_no_success() {
    let four = SizeChange { cpu: NonZeroU32::new(4), ..SizeChange::default() };
    let answer = seen(&written("resizing", "started", at(0)), at(0));
    let failed = seen(&written("started", "started", at(1)), at(1));
    let not_done = lost(UnreachableReason::NotDone(SandboxState::Started));
    assert_eq!(waited(Goal::Resized(four), answer, &[failed]), not_done);
}

#[test]
fn a_sandbox_that_is_back_does_not_show_its_snapshot() {
    let answer = seen(&written("snapshotting", "started", at(0)), at(0));
    let back = seen(&written("started", "started", at(1)), at(1));
    let unknown = Assessment::Unknown { missing: Missing::Snapshot, next_look: None };
    assert_eq!(waited(Goal::SnapshotTaken, answer, &[back]), unknown);
}

#[test]
fn a_recovery_does_not_fail_on_the_error_that_it_recovers() {
    let answer = seen(&record("error", "started", json!({"recoverable": true})), at(0));
    assert!(is_pending(waited(Goal::Recovered, answer, &[answer]), SandboxState::Error));
    let started = seen(&written("started", "started", at(1)), at(1));
    assert_eq!(waited(Goal::Recovered, answer, &[started]), Assessment::Reached);
}

#[test]
fn a_late_webhook_does_not_count() {
    let text = r#"{"event":"sandbox.state.updated","timestamp":"2025-10-09T08:40:00Z","id":"s1","organizationId":"o1",
        "oldState":"stopping","newState":"stopped","updatedAt":"2025-10-09T08:40:00Z"}"#;
    let webhook: SandboxStateUpdated = serde_json::from_str(text).expect("a webhook");
    let answer = seen(&written("stopping", "stopped", at(0)), at(0));
    assert!(is_pending(waited(Goal::Stopped, answer, &[seen(&webhook, at(1))]), SandboxState::Stopping));
}

#[test]
fn a_wait_without_a_timeout_ends_at_the_time_limit() {
    let wait = Wait::after(Goal::Started, seen(&written("starting", "started", at(0)), at(0)), None);
    let stuck = Assessment::Stuck { state: Some(SandboxState::Starting), since: at(0) };
    assert_eq!(wait.assess(&Policy::recorded(), at(6)), stuck);
}
