//! Destroying: names, epochs and records of sandboxes that are deleted.

use crate::{NOW, after, decided};
use chrono::Duration;
use sandbox_lifecycle::{
    Columns, Command, Context, DesiredState, Effect, Lifecycle, Next, Policy, Report, RunnerView, SandboxState,
    controller::Observed,
    rules::{Answer, Call, Job, Outcome, Task},
    vocabulary::{AutoDelete, Fault},
};

#[test]
fn the_runner_destroys_an_errored_sandbox_with_one_call() {
    let error = Columns { state: SandboxState::Error, fault: Some(Fault::Runner), ..Columns::default() };
    let unwanted = after(error.into(), Command::Destroy { force: false });
    let view = RunnerView { observed: Observed::State(SandboxState::Stopped), ..RunnerView::of(&unwanted) };
    let Next::Apply(step) = unwanted.reconcile(&view, &Policy::default(), NOW) else { panic!("the runner has a copy") };
    let destroying = step.apply(unwanted).expect("it was decided on this row");
    assert_eq!(destroying.state(), SandboxState::Destroying);
    let epoch = Some(destroying.epoch());
    assert!(destroying.awaits(&Call { task: Task::Destroy, epoch: destroying.epoch() }));
    let accepted = Report::Answered { task: Task::Destroy, answer: Answer::Accepted, from: None, epoch };
    assert_eq!(after(destroying, accepted), destroying, "the state was written before the call");
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
fn a_record_is_removed_only_after_every_runner_has_acknowledged_what_it_is_owed() {
    let gone = Lifecycle::from(Columns {
        state: SandboxState::Destroyed,
        desired_state: DesiredState::Destroyed,
        has_runner: false,
        state_since: NOW - Duration::days(10),
        ..Columns::default()
    });
    let due = |owed| gone.due(&Policy::default(), Context::of(&gone).with_owed_departures(owed), NOW);
    assert_eq!(due(1), None);
    assert!(due(0).is_some_and(|step| step.effects().eq([Effect::Purge])));
}

#[test]
fn a_destroy_over_its_limit_is_done_and_owes_the_removal() {
    let since = NOW - Duration::minutes(31);
    let destroying = Lifecycle::from(Columns {
        state: SandboxState::Destroying,
        desired_state: DesiredState::Destroyed,
        pending: true,
        state_since: since,
        epoch: 4,
        ..Columns::default()
    });
    let step = destroying.due(&Policy::default(), Context::of(&destroying), NOW).expect("the limit is over");
    assert!(step.effects().any(|effect| effect == Effect::Remove { epoch: 5 }));
    let destroyed = step.apply(destroying).expect("it was decided on this row");
    assert_eq!((destroyed.state(), destroyed.has_runner()), (SandboxState::Destroyed, false));
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

#[test]
fn a_recovery_that_ends_after_a_destroy_keeps_the_sandbox_deleted() {
    let failed =
        Columns { state: SandboxState::Error, fault: Some(Fault::Runner), recoverable: true, ..Columns::default() };
    let recovering = after(failed.into(), Command::Recover { start: true });
    let unwanted = after(recovering, Command::Destroy { force: false });
    let task = Task::Recover { start: true };
    let ended = |epoch| Report::Ended { job: Job::Recover { start: true }, outcome: Outcome::Completed, epoch };
    let done = |epoch| Report::Answered { task, answer: Answer::Done, from: None, epoch };
    // A host without epochs cannot know that the answer is late.
    for report in [None, Some(unwanted.epoch())].into_iter().flat_map(|epoch| [ended(epoch), done(epoch)]) {
        assert_eq!(after(unwanted, report), unwanted, "{report:?}");
    }
}
