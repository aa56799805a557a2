//! Stories of one sandbox. Crashes of the controller between any two steps, and repeated, late and reordered reports do
//! not change how a story ends.

mod host;
mod runner;
mod script;
#[path = "../support/time.rs"]
mod time;

use host::Host;
use proptest::prelude::*;
use sandbox_lifecycle::{Columns, Lifecycle, Report, SandboxState, rules::Answer, vocabulary::CopyState};
use script::{STORIES, Story};

/// Returns the row without its times, its revision and its epoch. They may differ: an end that a report brings is another
/// step than one that an ask shows, and only the answer to an ask raises the epoch.
fn without_times(row: &Lifecycle) -> Columns {
    let plain = Columns::default();
    // As recorded, the end of a destroy job clears an older fault, but a pass that finds no copy keeps it.
    let fault = row.fault().filter(|_| row.state() != SandboxState::Destroyed);
    Columns {
        fault,
        created_at: plain.created_at,
        last_activity_at: plain.last_activity_at,
        state_since: plain.state_since,
        revision: plain.revision,
        epoch: plain.epoch,
        ..row.columns()
    }
}

/// Returns the rows of the sandbox and of its fork child.
fn end(host: &Host) -> (Columns, Option<Columns>) {
    (without_times(&host.row), host.child.as_ref().map(without_times))
}

fn played(story: &Story) -> Host {
    let mut host = Host::new(story);
    host.play();
    assert_eq!(host.end(), story.ends, "{}", story.name);
    assert_copies(&host, story);
    assert!(!host.missed, "{} never reaches a state that an act waits for", story.name);
    host
}

/// Asserts that the runner has the copy that the row says, and that a stored child is started.
fn assert_copies(host: &Host, story: &Story) {
    let copies = match host.row.state() {
        SandboxState::Started => vec![CopyState::Running],
        SandboxState::Stopped => vec![CopyState::AtRest],
        SandboxState::Paused => vec![CopyState::Paused],
        _ => Vec::new(),
    };
    assert_eq!(host.copies(), copies, "{}", story.name);
    let child = host.child.map(|child| (child.state(), child.is_settled()));
    assert!(child.is_none_or(|child| child == (SandboxState::Started, true)), "{}", story.name);
}

#[test]
fn every_story_reaches_its_end() {
    for story in STORIES {
        played(story);
    }
}

#[test]
fn a_controller_crash_between_any_two_steps_does_not_change_the_end() {
    for story in STORIES {
        let whole = played(story);
        for dies_at in 0..whole.steps {
            let mut host = Host::new(story);
            host.dies_at = Some(dies_at);
            host.play();
            assert_eq!(end(&host), end(&whole), "{} with a crash at step {dies_at}", story.name);
            assert_copies(&host, story);
        }
    }
}

#[test]
fn a_forced_destroy_at_any_step_destroys_the_sandbox_and_its_copy() {
    for story in STORIES {
        let steps = played(story).steps;
        for (superseded_at, dies_at) in (0..steps).flat_map(|at| (at..steps + 3).map(move |dies_at| (at, dies_at))) {
            let mut host = Host::new(story);
            (host.superseded_at, host.dies_at) = (Some(superseded_at), Some(dies_at));
            host.play();
            let left = (host.row.state(), host.row.is_settled(), host.copies());
            let nothing = (SandboxState::Destroyed, true, Vec::new());
            assert_eq!(left, nothing, "{} at step {superseded_at}, with a crash at {dies_at}", story.name);
        }
    }
}

/// Returns the epoch that a report echoes, if it carries one.
fn epoch(report: Report) -> Option<u32> {
    match report {
        Report::State { epoch, .. } | Report::Ended { epoch, .. } | Report::Answered { epoch, .. } => epoch,
        _ => None,
    }
}

proptest! {
    /// After the end of a story its reports arrive again, in any order and any number of times.
    #[test]
    fn repeated_reports_change_nothing(story in 0..STORIES.len(), order in prop::collection::vec(any::<prop::sample::Index>(), 0..40)) {
        let mut host = played(&STORIES[story]);
        let (ended, sent) = (end(&host), host.sent.clone());
        for index in order {
            if !sent.is_empty() {
                host.tell(*index.get(&sent));
                prop_assert_eq!(end(&host), ended);
            }
        }
    }

    /// During a story reports overtake each other, earlier reports are repeated, and the controller crashes once.
    #[test]
    fn reports_out_of_order_do_not_change_the_end(story in 0..STORIES.len(), dies_at in 0..30_usize, choices in prop::collection::vec(any::<prop::sample::Index>(), 60)) {
        let story = &STORIES[story];
        let ended = end(&played(story));
        let mut host = Host::new(story);
        (host.shuffle, host.dies_at) = (choices, Some(dies_at));
        host.play();
        prop_assert_eq!(end(&host), ended, "{}", story.name);
    }

    /// A report of an older epoch is ignored, whatever it says.
    #[test]
    fn a_report_of_an_older_epoch_changes_nothing(story in 0..STORIES.len(), which in any::<prop::sample::Index>()) {
        let mut host = played(&STORIES[story]);
        let row = host.row;
        let older: Vec<_> =
            host.sent.iter().copied().filter(|(_, it)| epoch(*it).is_some_and(|it| it < row.epoch())).collect();
        if !older.is_empty() {
            host.tell(*which.get(&older));
            prop_assert_eq!(host.row, row);
        }
    }
}

/// This is why reports carry an epoch: without one, the late refusal of an earlier call fails the current call.
#[test]
fn a_late_report_without_an_epoch_is_applied() {
    let refused = Answer::Refused { fault: sandbox_lifecycle::vocabulary::Fault::Other, recoverable: false };
    let late =
        |epoch| Report::Answered { task: sandbox_lifecycle::rules::Task::Start, answer: refused, from: None, epoch };
    let before =
        Lifecycle::from(Columns { state: SandboxState::Starting, pending: true, epoch: 7, ..Columns::default() });
    let writes = |epoch| {
        let policy = sandbox_lifecycle::Policy::default();
        let now = chrono::DateTime::UNIX_EPOCH;
        let step = before.decide(late(epoch), &policy, sandbox_lifecycle::Context::of(&before), now);
        step.expect("an answer is never refused").writes()
    };
    assert_eq!((writes(Some(6)), writes(Some(7)), writes(None)), (false, true, true));
}
