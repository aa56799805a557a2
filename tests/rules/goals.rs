//! Goals: when a wait succeeds, when it can no longer succeed, and when it is stuck.

use crate::time::noon;
use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Assessment, Columns, Command, Context, DesiredState, Goal, Lifecycle, Observation, Policy, Sandbox, SandboxDto,
    SandboxState,
    client::UnreachableReason,
    record::StepDetails,
    vocabulary::{AutoDelete, Open},
};

fn row(state: SandboxState, desired_state: DesiredState) -> Lifecycle {
    let noon = noon();
    Lifecycle::from(Columns {
        state,
        desired_state,
        created_at: noon,
        last_activity_at: noon,
        state_since: noon,
        ..Columns::default()
    })
}

fn ephemeral(state: SandboxState, desired_state: DesiredState) -> Lifecycle {
    Lifecycle::from(Columns { auto_delete: AutoDelete::AtOnce, ..row(state, desired_state).columns() })
}

const fn pending(state: SandboxState) -> Assessment {
    Assessment::Pending { state: Some(state) }
}

const fn lost(reason: UnreachableReason) -> Assessment {
    Assessment::Unreachable { reason }
}

#[test]
fn a_goal_is_reached_only_in_the_state_that_it_names() {
    use {DesiredState as D, SandboxState as S};
    let cases = [
        (Goal::Started, row(S::Started, D::Started), Assessment::Reached),
        (Goal::Started, row(S::Creating, D::Started), pending(S::Creating)),
        (Goal::Started, row(S::Archived, D::Started), pending(S::Archived)),
        (Goal::Started, row(S::Error, D::Started), lost(UnreachableReason::Failed(S::Error))),
        (Goal::Started, row(S::BuildFailed, D::Started), lost(UnreachableReason::Failed(S::BuildFailed))),
        // The official clients keep polling a destroyed sandbox.
        (Goal::Started, row(S::Destroyed, D::Destroyed), lost(UnreachableReason::Gone)),
        (Goal::Started, row(S::Stopping, D::Stopped), lost(UnreachableReason::DifferentDesiredState(D::Stopped))),
        (Goal::Stopped, row(S::Stopped, D::Stopped), Assessment::Reached),
        (Goal::Stopped, row(S::Started, D::Stopped), pending(S::Stopping)),
        (Goal::Stopped, row(S::Destroyed, D::Destroyed), lost(UnreachableReason::Gone)),
        (Goal::Stopped, ephemeral(S::Destroying, D::Destroyed), pending(S::Destroying)),
        (Goal::Stopped, ephemeral(S::Destroyed, D::Destroyed), Assessment::Reached),
        (Goal::Paused, row(S::Paused, D::Paused), Assessment::Reached),
        (Goal::Paused, row(S::Pausing, D::Paused), pending(S::Pausing)),
        // The official clients report success for a pause that ends in started or destroyed.
        (Goal::Paused, row(S::Started, D::Started), lost(UnreachableReason::DifferentDesiredState(D::Started))),
        (Goal::Paused, row(S::Destroyed, D::Destroyed), lost(UnreachableReason::Gone)),
        (Goal::Archived, row(S::Archived, D::Archived), Assessment::Reached),
        (Goal::Archived, row(S::Stopped, D::Archived), pending(S::Archiving)),
        (Goal::Destroyed, row(S::Destroyed, D::Destroyed), Assessment::Reached),
        (Goal::Destroyed, row(S::Started, D::Destroyed), pending(S::Destroying)),
        (Goal::Destroyed, row(S::Error, D::Started), lost(UnreachableReason::Failed(S::Error))),
        // The controller destroys a failed sandbox whose desired state is destroyed (difference D2).
        (Goal::Destroyed, row(S::Error, D::Destroyed), pending(S::Error)),
        (Goal::Destroyed, row(S::BuildFailed, D::Destroyed), pending(S::BuildFailed)),
        (Goal::Stopped, ephemeral(S::Error, D::Destroyed), pending(S::Error)),
        (Goal::Stopped, ephemeral(S::Error, D::Stopped), lost(UnreachableReason::Failed(S::Error))),
        (Goal::Settled, row(S::Resizing, D::Stopped), pending(S::Resizing)),
        (Goal::Settled, row(S::Stopped, D::Stopped), Assessment::Reached),
        (Goal::Settled, row(S::Destroyed, D::Destroyed), lost(UnreachableReason::Gone)),
    ];
    for (goal, row, expected) in cases {
        assert_eq!(goal.assess(&row, noon()), expected, "{goal:?} of {row:?}");
    }
}

#[test]
fn a_wait_beyond_the_time_limit_is_stuck_and_names_its_start() {
    let starting = row(SandboxState::Starting, DesiredState::Started);
    assert_eq!(Goal::Started.assess(&starting, noon() + Duration::minutes(5)), pending(SandboxState::Starting));
    let stuck = Goal::Started.assess(&starting, noon() + Duration::hours(3));
    assert_eq!(stuck, Assessment::Stuck { since: noon() });
}

/// Returns the row after a command on a sandbox that has not changed for a day.
fn just_asked(row: &Lifecycle, command: Command) -> Lifecycle {
    let step =
        row.decide(command, &Policy::default(), Context::of(row), a_day_later()).expect("the command is accepted");
    step.apply(*row).expect("there is no other writer")
}

fn a_day_later() -> DateTime<Utc> {
    noon() + Duration::days(1)
}

#[test]
fn a_wait_is_counted_from_the_command_and_not_from_the_state_before() {
    use {DesiredState as D, SandboxState as S};
    let (started, stopped) = (row(S::Started, D::Started), row(S::Stopped, D::Stopped));
    let cases = [
        (Goal::Stopped, just_asked(&started, Command::Stop { force: false }), pending(S::Stopping)),
        (Goal::Destroyed, just_asked(&started, Command::Destroy { force: false }), pending(S::Destroying)),
        (Goal::Started, just_asked(&stopped, Command::Start), pending(S::Starting)),
        (Goal::Archived, just_asked(&stopped, Command::Archive), pending(S::Archiving)),
    ];
    for (goal, row, expected) in cases {
        assert_eq!(goal.assess(&row, a_day_later()), expected, "{goal:?} of {row:?}");
    }
}

#[test]
fn a_wait_on_a_record_is_counted_from_the_write_of_the_command() {
    let stopped = r#"{"id":"s1","organizationId":"o1","name":"n","user":"daytona","env":{},"labels":{},"public":false,
        "networkBlockAll":false,"target":"eu","cpu":1,"gpu":0,"memory":1,"disk":3,"state":"stopped",
        "desiredState":"stopped","runnerId":"r1","lastActivityAt":"2025-10-01T00:00:00Z",
        "updatedAt":"2025-10-01T00:00:00Z"}"#;
    let record = serde_json::from_str::<SandboxDto>(stopped).expect("a record");
    let mut stored = Sandbox::try_from(record).expect("a sandbox");
    let row = stored.lifecycle();
    let step =
        row.decide(Command::Start, &Policy::default(), Context::of(row), noon()).expect("the command is accepted");
    let _ = stored.apply(&step, StepDetails::default()).expect("there is no other writer");
    let shown = stored.dto();
    assert_eq!(Goal::Started.assess(shown, noon()), pending(SandboxState::Starting));
    let later = noon() + Duration::minutes(6);
    assert_eq!(Goal::Started.assess(shown, later), Assessment::Stuck { since: noon() });
}

#[test]
fn a_new_sandbox_that_no_runner_creates_is_stuck() {
    let new = row(SandboxState::Unknown, DesiredState::Started);
    assert_eq!(Goal::Started.assess(&new, noon()), pending(SandboxState::Creating));
    assert_eq!(Goal::Started.assess(&new, a_day_later()), Assessment::Stuck { since: noon() });
}

#[test]
fn a_missing_record_ends_every_wait() {
    assert_eq!(Goal::Destroyed.assess_not_found(), Assessment::Reached);
    for goal in [Goal::Started, Goal::Stopped, Goal::Paused, Goal::Archived, Goal::Settled] {
        assert_eq!(goal.assess_not_found(), lost(UnreachableReason::Gone), "{goal:?}");
    }
}

#[test]
fn an_unknown_state_is_pending_and_never_a_success() {
    let newer = Open::Other("hibernating".into());
    let seen = Observation::new(Some(&newer), Some(&DesiredState::Started.into()));
    assert_eq!(Goal::Started.assess(seen, noon()), Assessment::Pending { state: None });
    assert_eq!(Goal::Settled.assess(seen, noon()), Assessment::Pending { state: None });
    // The state is unknown, but the desired state is known.
    let leaving = Observation::new(Some(&newer), Some(&DesiredState::Destroyed.into()));
    assert_eq!(
        Goal::Started.assess(leaving, noon()),
        lost(UnreachableReason::DifferentDesiredState(DesiredState::Destroyed))
    );
    assert_eq!(Goal::Destroyed.assess(leaving, noon()), Assessment::Pending { state: None });
}

#[test]
fn a_client_assesses_the_record_that_it_reads() {
    let record = include_str!("../wire/data/seed.jsonl").lines().next().expect("a record");
    let stopping: SandboxDto = serde_json::from_str(record).expect("a record of the published page");
    let soon = DateTime::parse_from_rfc3339("2024-10-01T16:46:00Z").expect("a time").to_utc();
    assert_eq!(Goal::Stopped.assess(&stopping, soon), pending(SandboxState::Stopping));
    assert_eq!(
        Goal::Started.assess(&stopping, soon),
        lost(UnreachableReason::DifferentDesiredState(DesiredState::Stopped))
    );
}

#[test]
fn a_goal_is_a_word() {
    assert_eq!("settled".parse(), Ok(Goal::Settled));
    let error = "running".parse::<Goal>().expect_err("no such goal").to_string();
    assert_eq!(error, "unknown goal `running`, expected one of started, stopped, paused, archived, destroyed, settled");
}

#[test]
fn an_assessment_is_stored_and_printed() {
    let cases = [
        (Assessment::Reached, r#"{"assessment":"reached"}"#, "reached"),
        (
            pending(SandboxState::PullingSnapshot),
            r#"{"assessment":"pending","state":"pulling_snapshot"}"#,
            "pending: the sandbox is in pulling_snapshot",
        ),
        (
            Assessment::Pending { state: None },
            r#"{"assessment":"pending"}"#,
            "pending: the sandbox is in a state that is not known here",
        ),
        (
            lost(UnreachableReason::Failed(SandboxState::Error)),
            r#"{"assessment":"unreachable","reason":{"failed":"error"}}"#,
            "unreachable: the sandbox is in error: recover or destroy it",
        ),
        (
            lost(UnreachableReason::Gone),
            r#"{"assessment":"unreachable","reason":"gone"}"#,
            "unreachable: the sandbox is destroyed or is being destroyed: create a new one",
        ),
        (
            lost(UnreachableReason::DifferentDesiredState(DesiredState::Stopped)),
            r#"{"assessment":"unreachable","reason":{"different_desired_state":"stopped"}}"#,
            "unreachable: the desired state of the sandbox is stopped: send the command for this goal again",
        ),
        (
            Assessment::Stuck { since: noon() },
            r#"{"assessment":"stuck","since":"2025-10-09T08:53:20Z"}"#,
            "stuck: the state has not changed since 2025-10-09 08:53:20 UTC",
        ),
    ];
    for (assessment, stored, printed) in cases {
        assert_eq!(serde_json::to_string(&assessment).expect("it is written"), stored);
        assert_eq!(serde_json::from_str::<Assessment>(stored).expect(stored), assessment);
        assert_eq!(assessment.to_string(), printed);
    }
}

#[test]
fn an_observation_survives_storage() {
    let seen = Observation::from(&row(SandboxState::Starting, DesiredState::Started));
    let stored = serde_json::to_string(&seen).expect("it is written");
    assert_eq!(serde_json::from_str::<Observation>(&stored).expect(&stored), seen);
    assert_eq!(serde_json::from_str::<Observation>("{}").expect("nothing is known"), Observation::default());
}
