//! Client and server give the same answer whenever the record shows enough, and the client's is unknown when it does not.

use crate::{PLAIN_GOALS, at, cases::cases, seen};
use core::num::NonZeroU32;
use proptest::{prelude::*, sample::select};
use sandbox_lifecycle::{
    Assessment, Columns, Goal, Lifecycle, Observation, Policy, Sandbox, SandboxDto, SandboxState, Wait,
    client::{Contents, Evidence, Presence, Usage},
    record::{Maybe, ServerTexts},
    testing::storable_lifecycle,
    vocabulary::{BackupState, Open, Size, SizeChange},
};

fn goal() -> impl Strategy<Value = Goal> {
    let size = (1u32..4).prop_map(|cpu| SizeChange { cpu: NonZeroU32::new(cpu), ..SizeChange::default() });
    let plain = select(&PLAIN_GOALS[..]);
    prop_oneof![9 => plain, 1 => size.prop_map(Goal::Resized)]
}

/// A row of a server, and the record that its API shows. Both were last written at noon.
fn stored() -> impl Strategy<Value = Sandbox> {
    storable_lifecycle().prop_map(|row| {
        let has_backup_ref = row.backup_state() == BackupState::Completed;
        let (noon, is_timed) = (at(0), row.auto_destroy_at().is_some());
        let row = Lifecycle::from(Columns {
            has_backup_ref,
            created_at: noon,
            last_activity_at: noon,
            state_since: noon,
            auto_destroy_at: is_timed.then_some(noon),
            ..row.columns()
        })
        .repaired();
        let mut record = SandboxDto::new("s1", "o1", "n", "daytona", "eu", "", Size::default());
        record.updated_at = Maybe::Value(noon.into());
        Sandbox::from_row(record, row, ServerTexts::default())
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    select(vec![Policy::default(), Policy::recorded()])
}

/// A field that a record may not show, or may show with a word that is newer than the client.
#[derive(Debug, Clone, Copy)]
enum Hidden {
    State,
    DesiredState,
    NewerDesiredState,
    AutoDelete,
    Size,
    Times,
}

fn without(record: &SandboxDto, hidden: Hidden) -> SandboxDto {
    let mut record = record.clone();
    match hidden {
        Hidden::State => record.state = Maybe::Value(Open::Other("hibernated".into())),
        Hidden::DesiredState => record.desired_state = Maybe::Absent,
        Hidden::NewerDesiredState => record.desired_state = Maybe::Value(Open::Other("frozen".into())),
        Hidden::AutoDelete => record.auto_delete_interval = Maybe::Absent,
        Hidden::Size => record.cpu = sandbox_lifecycle::record::Number::Fraction(0.5),
        Hidden::Times => (record.updated_at, record.last_activity_at) = (Maybe::Absent, Maybe::Absent),
    }
    record
}

fn hidden() -> impl Strategy<Value = Hidden> {
    select(vec![
        Hidden::State,
        Hidden::DesiredState,
        Hidden::NewerDesiredState,
        Hidden::AutoDelete,
        Hidden::Size,
        Hidden::Times,
    ])
}

fn answer(goal: Goal, first: Observation, later: i64, policy: &Policy) -> Assessment {
    Wait::after(goal, first, None).assess(policy, at(later))
}

/// The kind of an answer, without the words that an observation that shows less may lack.
fn kind(assessment: Assessment) -> &'static str {
    match assessment {
        Assessment::Reached => "reached",
        Assessment::Unreachable { .. } => "unreachable",
        Assessment::Pending { .. } | Assessment::Unknown { .. } => "not known yet",
        Assessment::Stuck { .. } | Assessment::TimedOut { .. } => "over",
    }
}

proptest! {
    #![proptest_config(cases(6_000))]

    #[test]
    fn a_whole_record_gives_the_answer_of_the_row(
        sandbox in stored(), goal in goal(), policy in policy(), later in select(vec![0i64, 6, 16, 31, 61, 1_441]),
    ) {
        let by_row = answer(goal, seen(sandbox.lifecycle(), at(0)), later, &policy);
        let by_record = answer(goal, seen(sandbox.dto(), at(0)), later, &policy);
        prop_assert_eq!(by_record, by_row);
    }

    #[test]
    fn a_record_that_shows_less_gives_the_same_answer_or_none(
        sandbox in stored(), goal in goal(), policy in policy(), hidden in hidden(),
    ) {
        let row = sandbox.lifecycle();
        let by_row = answer(goal, seen(row, at(0)), 0, &policy);
        let by_record = answer(goal, seen(&without(sandbox.dto(), hidden), at(0)), 0, &policy);
        // Without any desired state, the state alone decides that it is there.
        let is_there = matches!(hidden, Hidden::DesiredState) && by_record == Assessment::Reached
            && Some(row.reported_state()) == state_of(goal);
        let agrees = kind(by_record) == kind(by_row) || kind(by_record) == "not known yet" || is_there;
        prop_assert!(agrees, "{goal} {hidden:?}: {by_record} and not {by_row}");
    }

    #[test]
    fn a_watch_of_a_record_is_never_stuck_before_the_server(
        sandbox in stored(), goal in goal(), earlier in 0i64..90, later in 0i64..90,
    ) {
        let row = Lifecycle::from(Columns { state_since: at(-earlier), ..sandbox.lifecycle().columns() });
        let assess = |first| Wait::watching(goal, first, None).assess(&Policy::default(), at(later));
        let (by_row, by_record) = (assess(seen(&row, at(0))), assess(seen(sandbox.dto(), at(0))));
        let is_stuck = |assessment| matches!(assessment, Assessment::Stuck { .. });
        prop_assert!(is_stuck(by_row) || !is_stuck(by_record), "{goal}: {by_record} and not {by_row}");
    }

    #[test]
    fn a_record_shows_the_contents_of_the_row_or_that_it_does_not_know(sandbox in stored()) {
        let by_row = Contents::from(sandbox.lifecycle());
        let by_record = Contents::from(&Evidence::from(seen(sandbox.dto(), at(0))));
        let pairs = [
            (by_record.processes, by_row.processes),
            (by_record.memory, by_row.memory),
            (by_record.disk, by_row.disk),
            (by_record.backup, by_row.backup),
        ];
        for (shown, stored) in pairs {
            prop_assert!(shown == stored || shown == Presence::Unknown, "{by_record} and not {by_row}");
        }
    }

    #[test]
    fn a_record_holds_what_the_row_holds(sandbox in stored()) {
        let by_row = Usage::between([seen(sandbox.lifecycle(), at(0))], at(0), at(60));
        prop_assert_eq!(Usage::between([seen(sandbox.dto(), at(0))], at(0), at(60)), by_row);
        prop_assert_eq!(by_row.unknown_seconds(), 0);
    }
}

const fn state_of(goal: Goal) -> Option<SandboxState> {
    match goal {
        Goal::Started | Goal::Forked | Goal::Recovered => Some(SandboxState::Started),
        Goal::Stopped => Some(SandboxState::Stopped),
        Goal::Paused => Some(SandboxState::Paused),
        Goal::Archived => Some(SandboxState::Archived),
        _ => None,
    }
}
