//! The stories of one sandbox, told again with the controller dying between any two steps, and with every report
//! repeated, delayed and out of order: they end where they end without.

#[path = "stories/stage.rs"]
mod stage;
#[path = "stories/tales.rs"]
mod tales;

use proptest::prelude::*;
use sandbox_lifecycle::{Answer, Columns, Lifecycle, Report, SandboxState};
use stage::Stage;
use tales::{STORIES, Story};

/// The row without its times, which may differ. The epoch may not: a call that is made again begins no new work.
fn told(row: &Lifecycle) -> Columns {
    let plain = Columns::default();
    // The job that ends a sandbox clears an older error's reason, the pass that finds it gone leaves it, both as recorded.
    let fault = row.fault().filter(|_| row.state() != SandboxState::Destroyed);
    Columns {
        fault,
        created_at: plain.created_at,
        last_activity_at: plain.last_activity_at,
        state_since: plain.state_since,
        ..row.columns()
    }
}

/// Where a story has ended: the row, and that of the fork's child.
fn end(stage: &Stage) -> (Columns, Option<Columns>) {
    (told(&stage.row), stage.child.as_ref().map(told))
}

fn played(story: &Story) -> Stage {
    let mut stage = Stage::new(story);
    stage.play();
    assert_eq!(stage.end(), story.ends, "{}", story.name);
    holds_what_it_should(&stage, story);
    assert!(!stage.missed, "{} never comes to what is told of it", story.name);
    stage
}

/// The runner has what the row says, and nothing of a sandbox that is gone; a child that was stored runs.
fn holds_what_it_should(stage: &Stage, story: &Story) {
    let gone = matches!(stage.row.state(), SandboxState::Destroyed | SandboxState::Archived);
    assert_eq!(stage.copy(), (!gone).then_some(stage.row.state()), "{}", story.name);
    let child = stage.child.map(|child| (child.state(), child.is_settled()));
    assert!(child.is_none_or(|child| child == (SandboxState::Started, true)), "{}", story.name);
}

#[test]
fn every_story_ends_where_it_says() {
    for story in STORIES {
        played(story);
    }
}

#[test]
fn a_controller_that_dies_between_any_two_steps_reaches_the_same_end() {
    for story in STORIES {
        let whole = played(story);
        for dies_at in 0..whole.steps {
            let mut stage = Stage::new(story);
            stage.dies_at = Some(dies_at);
            stage.play();
            assert_eq!(end(&stage), end(&whole), "{} with a crash at step {dies_at}", story.name);
            holds_what_it_should(&stage, story);
        }
    }
}

#[test]
fn force_ends_every_story_at_any_step_and_leaves_nothing_on_the_runner() {
    for story in STORIES {
        let steps = played(story).steps;
        for (superseded_at, dies_at) in (0..steps).flat_map(|at| (at..steps + 3).map(move |dies_at| (at, dies_at))) {
            let mut stage = Stage::new(story);
            (stage.superseded_at, stage.dies_at) = (Some(superseded_at), Some(dies_at));
            stage.play();
            let left = (stage.row.state(), stage.row.is_settled(), stage.copy());
            let nothing = (SandboxState::Destroyed, true, None);
            assert_eq!(left, nothing, "{} at step {superseded_at}, with a crash at {dies_at}", story.name);
        }
    }
}

/// The epoch that a report echoes, where it carries one.
fn epoch(report: Report) -> Option<u32> {
    match report {
        Report::State { epoch, .. } | Report::Ended { epoch, .. } | Report::Answered { epoch, .. } => epoch,
        _ => None,
    }
}

proptest! {
    /// Once a story has ended, every report of it comes again, in any order and any number of times.
    #[test]
    fn reports_that_come_again_change_nothing(story in 0..STORIES.len(), order in prop::collection::vec(any::<prop::sample::Index>(), 0..40)) {
        let mut stage = played(&STORIES[story]);
        let (ended, sent) = (end(&stage), stage.sent.clone());
        for index in order {
            if !sent.is_empty() {
                stage.tell(*index.get(&sent));
                prop_assert_eq!(end(&stage), ended);
            }
        }
    }

    /// While a story goes on, reports on their way overtake each other, those of before come again, and the controller
    /// dies once.
    #[test]
    fn reports_out_of_order_reach_the_same_end(story in 0..STORIES.len(), dies_at in 0..30_usize, choices in prop::collection::vec(any::<prop::sample::Index>(), 60)) {
        let story = &STORIES[story];
        let ended = end(&played(story));
        let mut stage = Stage::new(story);
        (stage.shuffle, stage.dies_at) = (choices, Some(dies_at));
        stage.play();
        prop_assert_eq!(end(&stage), ended, "{}", story.name);
    }

    /// A report of an older epoch is void, whatever it says.
    #[test]
    fn a_report_of_an_older_epoch_changes_nothing(story in 0..STORIES.len(), which in any::<prop::sample::Index>()) {
        let mut stage = played(&STORIES[story]);
        let row = stage.row;
        let older: Vec<_> = stage.sent.iter().copied().filter(|it| epoch(*it).is_some_and(|it| it < row.epoch())).collect();
        if !older.is_empty() {
            stage.tell(*which.get(&older));
            prop_assert_eq!(stage.row, row);
        }
    }
}

/// What the epoch is for: without it, a refusal that was long on its way breaks a sandbox that was asked anew.
#[test]
fn without_its_epoch_a_late_report_is_believed() {
    let refused = Answer::Refused { fault: sandbox_lifecycle::Fault::Other, recoverable: false };
    let late = |epoch| Report::Answered { task: sandbox_lifecycle::Task::Start, answer: refused, from: None, epoch };
    let before = Lifecycle::from(Columns {
        state: SandboxState::Stopped,
        desired_state: sandbox_lifecycle::DesiredState::Started,
        pending: true,
        epoch: 7,
        ..Columns::default()
    });
    let writes = |epoch| {
        let policy = sandbox_lifecycle::Policy::default();
        let now = chrono::DateTime::UNIX_EPOCH;
        let step = before.decide(late(epoch), &policy, sandbox_lifecycle::Context::default(), now);
        step.expect("an answer is never refused").writes()
    };
    assert_eq!((writes(Some(6)), writes(Some(7)), writes(None)), (false, true, true));
}
