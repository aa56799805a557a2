//! Destroying: names, epochs and records of sandboxes that are deleted.

use crate::{NOW, after, decided};
use chrono::Duration;
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Effect, Lifecycle, Policy, Report, SandboxState,
    rules::{Answer, Job, Outcome, Task},
    vocabulary::{AutoDelete, Fault},
};

#[test]
fn the_answer_to_a_destroy_of_an_errored_sandbox_keeps_the_epoch() {
    let error = Columns { state: SandboxState::Error, fault: Some(Fault::Runner), ..Columns::default() };
    let unwanted = after(error.into(), Command::Destroy { force: false });
    let epoch = Some(unwanted.epoch());
    let accepted = Report::Answered { task: Task::Destroy, answer: Answer::Accepted, from: None, epoch };
    let destroying = after(unwanted, accepted);
    assert_eq!((destroying.state(), Some(destroying.epoch())), (SandboxState::Destroying, epoch));
    let ended = after(destroying, Report::Ended { job: Job::Destroy, outcome: Outcome::Completed, epoch });
    assert_eq!(ended.state(), SandboxState::Destroyed);
}

#[test]
fn the_record_of_a_failed_sandbox_is_purged_only_after_its_runner_released_it() {
    let long_ago = NOW - Duration::days(10);
    for state in [SandboxState::Error, SandboxState::BuildFailed] {
        let failed = Columns { state, state_since: long_ago, has_runner: true, ..Columns::default() };
        let unwanted = after(failed.into(), Command::Destroy { force: false });
        assert_eq!(unwanted.due(&Policy::default(), Context::of(&unwanted), NOW), None, "{state} with a runner");
        let released = Lifecycle::from(Columns { has_runner: false, ..unwanted.columns() });
        let purge = released.due(&Policy::default(), Context::of(&released), NOW).expect("the retention is exceeded");
        assert_eq!(purge.effects().collect::<Vec<_>>(), [Effect::Purge]);
    }
}

#[test]
fn a_sandbox_gives_its_name_up_only_once() {
    let destroying = after(Lifecycle::from(Columns::default()), Command::Destroy { force: false });
    let forced = decided(destroying, Command::Destroy { force: true }, NOW);
    assert_eq!(forced.state(), SandboxState::Destroying);
    assert!(!forced.effects().any(|effect| effect == Effect::GiveUpName));
}

#[test]
fn recovering_an_ephemeral_sandbox_in_order_to_start_it_does_not_delete_it() {
    let ephemeral = Columns { auto_delete: AutoDelete::AtOnce, ..Columns::default() };
    let failed = Columns { state: SandboxState::Error, fault: Some(Fault::Runner), recoverable: true, ..ephemeral };
    let recovered = |start| {
        let (task, answer) = (Task::Recover { start }, Answer::Done);
        decided(failed.into(), Report::Answered { task, answer, from: None, epoch: None }, NOW)
    };
    let passing = recovered(true);
    assert!(!passing.is_soft_delete());
    let stopped = passing.apply(failed.into()).expect("it was decided on this row");
    assert_eq!((stopped.state(), stopped.desired_state()), (SandboxState::Stopped, DesiredState::Stopped));
    assert_eq!(after(stopped, Command::Start).desired_state(), DesiredState::Started);
    // An ephemeral sandbox that would stay in stopped is deleted (difference D8).
    assert!(recovered(false).is_soft_delete());
}
