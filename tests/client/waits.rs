//! Waits: what counts after a command, when a wait ends, and when to look again.

use crate::{assess_first, at, is_pending, is_unknown, lost, not_found, record, row, seen, written};
use chrono::Duration;
use sandbox_lifecycle::{
    ApiProfile, Assessment, Columns, Command, Context, DesiredState, Goal, Lifecycle, Policy, SandboxState, Wait,
    client::{Missing, UnreachableReason},
    vocabulary::AutoDelete,
};
use serde_json::json;

fn policy() -> Policy {
    Policy::default()
}

fn recorded() -> Policy {
    Policy::recorded()
}

#[test]
fn a_404_after_the_stop_of_an_ephemeral_sandbox_is_the_success() {
    let answer = record("destroying", "destroyed", json!({"autoDeleteInterval": 0}));
    let mut wait = Wait::after(Goal::Stopped, seen(&answer, at(0)), None);
    assert!(is_pending(wait.assess(&policy(), at(0)), SandboxState::Destroying));
    wait.observe(not_found(at(1)));
    assert_eq!(wait.assess(&policy(), at(1)), Assessment::Reached);
}

#[test]
fn a_404_after_the_stop_of_a_durable_sandbox_is_a_failure() {
    let mut wait = Wait::after(Goal::Stopped, seen(&record("stopping", "stopped", json!({})), at(0)), None);
    wait.observe(not_found(at(1)));
    assert_eq!(wait.assess(&policy(), at(1)), lost(UnreachableReason::Gone));
}

#[test]
fn a_404_without_any_record_before_does_not_say_whether_a_stop_deletes() {
    let mut wait = Wait::accepted(Goal::Stopped, at(0), None);
    assert!(is_unknown(wait.assess(&policy(), at(0)), Missing::Record));
    wait.observe(not_found(at(1)));
    let expected = Assessment::Unknown { missing: Missing::AutoDelete, next_look: None };
    assert_eq!(wait.assess(&policy(), at(1)), expected);
}

#[test]
fn a_404_ends_every_wait() {
    let answer = seen(&record("started", "started", json!({})), at(0));
    let assess = |goal| {
        let mut wait = Wait::after(goal, answer, None);
        wait.observe(not_found(at(1)));
        wait.assess(&policy(), at(1))
    };
    assert_eq!(assess(Goal::Destroyed), Assessment::Reached);
    let others = [Goal::Started, Goal::Stopped, Goal::Paused, Goal::Archived, Goal::Settled, Goal::Recovered];
    for goal in others {
        assert_eq!(assess(goal), lost(UnreachableReason::Gone), "{goal}");
    }
}

#[test]
fn a_stale_read_after_the_command_neither_ends_nor_fulfils_the_wait() {
    // A replica answers with the record from before the stop, and then with one from before the last start.
    let answer = written("stopping", "stopped", at(10));
    let mut wait = Wait::after(Goal::Stopped, seen(&answer, at(10)), None);
    wait.observe(seen(&written("started", "started", at(5)), at(11)));
    assert!(is_pending(wait.assess(&policy(), at(11)), SandboxState::Stopping), "not: wanted elsewhere");
    wait.observe(seen(&written("stopped", "stopped", at(1)), at(12)));
    assert!(is_pending(wait.assess(&policy(), at(12)), SandboxState::Stopping), "not: reached");
    wait.observe(seen(&written("stopped", "stopped", at(12)), at(12)));
    assert_eq!(wait.assess(&policy(), at(12)), Assessment::Reached);
}

#[test]
fn a_webhook_that_overtakes_the_answer_counts() {
    let text = r#"{"event":"sandbox.state.updated","timestamp":"2025-10-09T09:05:00Z","id":"s1","organizationId":"o1",
        "oldState":"stopping","newState":"stopped","updatedAt":"2025-10-09T09:04:20Z"}"#;
    let webhook: sandbox_lifecycle::record::SandboxStateUpdated = serde_json::from_str(text).expect("a webhook");
    let mut wait = Wait::after(Goal::Stopped, seen(&written("stopping", "stopped", at(10)), at(13)), None);
    wait.observe(seen(&webhook, at(12)));
    assert_eq!(wait.assess(&policy(), at(13)), Assessment::Reached);
}

#[test]
fn without_a_record_in_the_answer_only_reads_that_were_sent_later_count() {
    let mut wait = Wait::accepted(Goal::Destroyed, at(10), None);
    wait.observe(seen(&record("started", "started", json!({})), at(9)));
    wait.observe(not_found(at(9)));
    let assessment = wait.assess(&policy(), at(10));
    assert!(is_unknown(assessment, Missing::Record) && assessment.next_look() > Some(at(10)), "{assessment}");
    // The clock of one process may show the same time twice.
    let mut at_once = wait;
    at_once.observe(not_found(at(10)));
    assert_eq!(at_once.assess(&policy(), at(10)), Assessment::Reached);
    wait.observe(seen(&record("destroying", "destroyed", json!({})), at(11)));
    assert!(is_pending(wait.assess(&policy(), at(11)), SandboxState::Destroying));
}

#[test]
fn records_without_updated_at_are_in_the_order_of_the_reads() {
    let shown = |state: &str| record(state, "stopped", json!({"updatedAt": null, "lastActivityAt": null}));
    let mut wait = Wait::after(Goal::Stopped, seen(&shown("stopping"), at(10)), None);
    wait.observe(seen(&shown("stopped"), at(9)));
    assert!(is_pending(wait.assess(&policy(), at(10)), SandboxState::Stopping));
    wait.observe(seen(&shown("stopped"), at(11)));
    assert_eq!(wait.assess(&policy(), at(11)), Assessment::Reached);
}

#[test]
fn a_failed_sandbox_that_is_to_be_destroyed_depends_on_the_platform() {
    for state in [SandboxState::Error, SandboxState::BuildFailed] {
        let answer = seen(&record(state.as_str(), "destroyed", json!({})), at(0));
        let wait = Wait::after(Goal::Destroyed, answer, None);
        // The recorded server never destroys it (difference D2).
        assert_eq!(wait.assess(&recorded(), at(0)), lost(UnreachableReason::Failed(state)));
        assert!(is_pending(wait.assess(&policy(), at(0)), state));
        assert!(is_pending(wait.assess(&policy(), at(30)), state));
        assert_eq!(wait.assess(&policy(), at(31)), Assessment::Stuck { state: Some(state), since: at(0) });
    }
    let ephemeral = record("error", "destroyed", json!({"autoDeleteInterval": 0}));
    let wait = Wait::after(Goal::Stopped, seen(&ephemeral, at(0)), None);
    assert_eq!(wait.assess(&recorded(), at(0)), lost(UnreachableReason::Failed(SandboxState::Error)));
    assert!(is_pending(wait.assess(&policy(), at(0)), SandboxState::Error));
}

#[test]
fn a_wait_beyond_the_time_limit_is_stuck_and_names_its_start() {
    let starting = seen(&row(SandboxState::Starting, DesiredState::Started), at(0));
    assert!(is_pending(assess_first(Goal::Started, starting, at(5)), SandboxState::Starting));
    let stuck = assess_first(Goal::Started, starting, at(180));
    assert_eq!(stuck, Assessment::Stuck { state: Some(SandboxState::Starting), since: at(0) });
    let new = seen(&row(SandboxState::Unknown, DesiredState::Started), at(0));
    let stuck = assess_first(Goal::Started, new, at(24 * 60));
    assert_eq!(stuck, Assessment::Stuck { state: Some(SandboxState::Creating), since: at(0) });
}

#[test]
fn a_state_that_is_not_known_here_is_stuck_after_a_limit_too() {
    let newer = seen(&record("hibernating", "started", json!({})), at(0));
    assert!(is_unknown(assess_first(Goal::Started, newer, at(60)), Missing::State));
    assert_eq!(assess_first(Goal::Started, newer, at(61)), Assessment::Stuck { state: None, since: at(0) });
    // An archived sandbox has no limit of its own. Here it waits for its restore.
    let waiting = seen(&record("archived", "started", json!({})), at(0));
    assert!(is_pending(assess_first(Goal::Started, waiting, at(60)), SandboxState::Archived));
    let stuck = Assessment::Stuck { state: Some(SandboxState::Archived), since: at(0) };
    assert_eq!(assess_first(Goal::Started, waiting, at(61)), stuck);
}

#[test]
fn a_queue_timeout_extends_the_wait_for_a_runner() {
    let queued = seen(&record("pending_build", "started", json!({"queueTimeout": 600})), at(0));
    assert!(is_pending(assess_first(Goal::Started, queued, at(600)), SandboxState::PendingBuild));
    let stuck = Assessment::Stuck { state: Some(SandboxState::PendingBuild), since: at(0) };
    assert_eq!(assess_first(Goal::Started, queued, at(601)), stuck);
}

#[test]
fn a_wait_counts_from_the_command_and_a_watch_from_the_state() {
    let old = seen(&written("starting", "started", at(0)), at(60));
    let asked = Wait::after(Goal::Started, old, None).assess(&policy(), at(61));
    assert!(is_pending(asked, SandboxState::Starting));
    let watched = Wait::watching(Goal::Started, old, None).assess(&policy(), at(61));
    assert_eq!(watched, Assessment::Stuck { state: Some(SandboxState::Starting), since: at(0) });
}

#[test]
fn a_wait_on_a_row_is_counted_from_the_command_and_not_from_the_state_before() {
    use {DesiredState as D, SandboxState as S};
    let yesterday = |state, desired| row(state, desired);
    let day = 24 * 60;
    let cases = [
        (Goal::Stopped, yesterday(S::Started, D::Started), Command::Stop { force: false }, S::Stopping),
        (Goal::Destroyed, yesterday(S::Started, D::Started), Command::Destroy { force: false }, S::Destroying),
        (Goal::Destroyed, yesterday(S::Archived, D::Archived), Command::Destroy { force: false }, S::Archived),
        (Goal::Started, yesterday(S::Stopped, D::Stopped), Command::Start, S::Starting),
        (Goal::Started, yesterday(S::Archived, D::Archived), Command::Start, S::Archived),
        (Goal::Archived, yesterday(S::Stopped, D::Stopped), Command::Archive, S::Archiving),
    ];
    for (goal, row, command, expected) in cases {
        let step = row.decide(command, &policy(), Context::of(&row), at(day)).expect("the command is accepted");
        let after = step.apply(row).expect("there is no other writer");
        for wait in [Wait::after, Wait::watching] {
            let wait = wait(goal, seen(&after, at(day)), None);
            assert!(is_pending(wait.assess(&policy(), at(day)), expected), "{goal} of {after:?}");
        }
    }
}

#[test]
fn the_callers_own_timeout_is_part_of_the_assessment() {
    let answer = seen(&record("starting", "started", json!({})), at(0));
    let wait = Wait::after(Goal::Started, answer, Some(Duration::seconds(90)));
    let pending = wait.assess(&policy(), at(1));
    assert_eq!(pending.next_look(), Some(at(1) + Duration::seconds(6)));
    let last = wait.assess(&policy(), at(1) + Duration::seconds(29));
    assert_eq!(last.next_look(), Some(at(1) + Duration::seconds(30)), "the last look is at the timeout");
    let over = wait.assess(&policy(), at(1) + Duration::seconds(30));
    assert_eq!(over, Assessment::TimedOut { state: Some(SandboxState::Starting) });
    // What is known counts before the timeout.
    let mut late = wait;
    late.observe(seen(&written("started", "started", at(1)), at(2)));
    assert_eq!(late.assess(&policy(), at(9)), Assessment::Reached);
}

#[test]
fn the_next_look_is_a_tenth_of_the_wait_away() {
    let answer = seen(&record("archiving", "archived", json!({})), at(0));
    let wait = Wait::after(Goal::Archived, answer, None);
    let pause = |seconds| {
        let now = at(0) + Duration::seconds(seconds);
        wait.assess(&policy(), now).next_look().map(|next| (next - now).num_milliseconds())
    };
    assert_eq!(pause(0), Some(1_000));
    assert_eq!(pause(100), Some(10_000));
    assert_eq!(pause(3_600), Some(30_000));
    let limit = 1_440 * 60;
    assert_eq!(pause(limit - 2), Some(2_000), "just after the limit, when the wait is stuck");
    assert_eq!(pause(limit + 1), None);
}

#[test]
fn a_time_of_a_faster_clock_does_not_prolong_the_limit() {
    let ahead = seen(&written("starting", "started", at(600)), at(0));
    assert_eq!(
        assess_first(Goal::Started, ahead, at(6)),
        Assessment::Stuck { state: Some(SandboxState::Starting), since: at(0) }
    );
}

#[test]
fn a_wait_survives_storage() {
    let ephemeral =
        Columns { auto_delete: AutoDelete::AtOnce, ..row(SandboxState::Started, DesiredState::Stopped).columns() };
    let answer = seen(&Lifecycle::from(ephemeral), at(0));
    let wait = Wait::after(Goal::Stopped, answer, Some(Duration::minutes(5)));
    let stored = serde_json::to_string(&wait).expect("it is written");
    assert_eq!(serde_json::from_str::<Wait>(&stored).expect(&stored), wait);
}

#[test]
fn an_assessment_is_stored_and_printed() {
    let cases = [
        (Assessment::Reached, r#"{"assessment":"reached"}"#, "reached"),
        (
            Assessment::Pending { state: SandboxState::PullingSnapshot, next_look: at(0) },
            r#"{"assessment":"pending","state":"pulling_snapshot","nextLook":"2025-10-09T08:53:20Z"}"#,
            "pending: the sandbox is in pulling_snapshot",
        ),
        (
            Assessment::Unknown { missing: Missing::DesiredState, next_look: None },
            r#"{"assessment":"unknown","missing":"desired_state","nextLook":null}"#,
            "unknown: the desired state is not known here",
        ),
        (
            lost(UnreachableReason::Failed(SandboxState::Error)),
            r#"{"assessment":"unreachable","reason":{"failed":"error"}}"#,
            "unreachable: the sandbox is in error: recover or destroy it",
        ),
        (
            lost(UnreachableReason::DifferentDesiredState(DesiredState::Stopped)),
            r#"{"assessment":"unreachable","reason":{"different_desired_state":"stopped"}}"#,
            "unreachable: the desired state of the sandbox is stopped: send the command for this goal again",
        ),
        (
            Assessment::Stuck { state: Some(SandboxState::Starting), since: at(0) },
            r#"{"assessment":"stuck","state":"starting","since":"2025-10-09T08:53:20Z"}"#,
            "stuck: the sandbox is in starting, without a change since 2025-10-09 08:53:20 UTC",
        ),
        (
            Assessment::TimedOut { state: None },
            r#"{"assessment":"timed_out","state":null}"#,
            "timed out: the state is not known here",
        ),
    ];
    for (assessment, stored, printed) in cases {
        assert_eq!(serde_json::to_string(&assessment).expect("it is written"), stored);
        assert_eq!(serde_json::from_str::<Assessment>(stored).expect(stored), assessment);
        assert_eq!(assessment.to_string(), printed);
    }
}

#[test]
fn the_profile_alone_decides_about_failed_sandboxes() {
    let own = Policy::default();
    assert_eq!((own.profile, recorded().profile), (ApiProfile::V0_226, ApiProfile::V0_190));
    // Without the destroy command, a failed sandbox is not destroyed on any platform.
    let failed = seen(&record("error", "started", json!({})), at(0));
    for policy in [own, recorded()] {
        let wait = Wait::after(Goal::Destroyed, failed, None);
        assert_eq!(wait.assess(&policy, at(0)), lost(UnreachableReason::Failed(SandboxState::Error)));
    }
}
