//! Waiting for a sandbox: what is a success, what ends the wait, and what hangs.

use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{
    Assessment, AutoDelete, Columns, DesiredState, Glimpse, Goal, Lifecycle, Open, SandboxDto, SandboxState, Why,
};

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000, 0).expect("a time in chrono's range")
}

fn row(state: SandboxState, desired_state: DesiredState) -> Lifecycle {
    let noon = noon().into();
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

const fn lost(why: Why) -> Assessment {
    Assessment::Unreachable { why }
}

#[test]
fn a_goal_is_reached_in_the_state_it_names_and_in_no_other() {
    use {DesiredState as D, SandboxState as S};
    let cases = [
        (Goal::Started, row(S::Started, D::Started), Assessment::Reached),
        (Goal::Started, row(S::Creating, D::Started), pending(S::Creating)),
        (Goal::Started, row(S::Archived, D::Started), pending(S::Archived)),
        (Goal::Started, row(S::Error, D::Started), lost(Why::Failed(S::Error))),
        (Goal::Started, row(S::BuildFailed, D::Started), lost(Why::Failed(S::BuildFailed))),
        // The official clients go on polling a destroyed sandbox.
        (Goal::Started, row(S::Destroyed, D::Destroyed), lost(Why::Gone)),
        (Goal::Started, row(S::Stopping, D::Stopped), lost(Why::Elsewhere(D::Stopped))),
        (Goal::Stopped, row(S::Stopped, D::Stopped), Assessment::Reached),
        (Goal::Stopped, row(S::Started, D::Stopped), pending(S::Stopping)),
        (Goal::Stopped, row(S::Destroyed, D::Destroyed), lost(Why::Gone)),
        (Goal::Stopped, ephemeral(S::Destroying, D::Destroyed), pending(S::Destroying)),
        (Goal::Stopped, ephemeral(S::Destroyed, D::Destroyed), Assessment::Reached),
        (Goal::Paused, row(S::Paused, D::Paused), Assessment::Reached),
        (Goal::Paused, row(S::Pausing, D::Paused), pending(S::Pausing)),
        // The official clients call a pause that ends in started, or in destroyed, a success.
        (Goal::Paused, row(S::Started, D::Started), lost(Why::Elsewhere(D::Started))),
        (Goal::Paused, row(S::Destroyed, D::Destroyed), lost(Why::Gone)),
        (Goal::Archived, row(S::Archived, D::Archived), Assessment::Reached),
        (Goal::Archived, row(S::Stopped, D::Archived), pending(S::Archiving)),
        (Goal::Destroyed, row(S::Destroyed, D::Destroyed), Assessment::Reached),
        (Goal::Destroyed, row(S::Started, D::Destroyed), pending(S::Destroying)),
        (Goal::Back, row(S::Resizing, D::Stopped), pending(S::Resizing)),
        (Goal::Back, row(S::Stopped, D::Stopped), Assessment::Reached),
        (Goal::Back, row(S::Destroyed, D::Destroyed), lost(Why::Gone)),
    ];
    for (goal, row, expected) in cases {
        assert_eq!(goal.assess(&row, noon()), expected, "{goal:?} of {row:?}");
    }
}

#[test]
fn a_wait_beyond_the_time_limit_is_stuck_and_says_since_when() {
    let starting = row(SandboxState::Starting, DesiredState::Started);
    assert_eq!(Goal::Started.assess(&starting, noon() + Duration::minutes(5)), pending(SandboxState::Starting));
    let stuck = Goal::Started.assess(&starting, noon() + Duration::hours(3));
    assert_eq!(stuck, Assessment::Stuck { since: noon() });
}

#[test]
fn a_record_that_is_gone_ends_every_wait() {
    assert_eq!(Goal::Destroyed.assess_gone(), Assessment::Reached);
    for goal in [Goal::Started, Goal::Stopped, Goal::Paused, Goal::Archived, Goal::Back] {
        assert_eq!(goal.assess_gone(), lost(Why::Gone), "{goal:?}");
    }
}

#[test]
fn an_unknown_word_is_waited_for_and_never_a_success() {
    let newer = Open::Other("hibernating".into());
    let seen = Glimpse::of(Some(&newer), Some(&DesiredState::Started.into()));
    assert_eq!(Goal::Started.assess(seen, noon()), Assessment::Pending { state: None });
    assert_eq!(Goal::Back.assess(seen, noon()), Assessment::Pending { state: None });
}

#[test]
fn a_client_assesses_the_record_it_reads() {
    let record = include_str!("wire/seed.jsonl").lines().next().expect("a record");
    let stopping: SandboxDto = serde_json::from_str(record).expect("a record of the published page");
    let soon = DateTime::parse_from_rfc3339("2024-10-01T16:46:00Z").expect("a time").to_utc();
    assert_eq!(Goal::Stopped.assess(&stopping, soon), pending(SandboxState::Stopping));
    assert_eq!(Goal::Started.assess(&stopping, soon), lost(Why::Elsewhere(DesiredState::Stopped)));
}
