//! Calls: carried out once, answered again, refused when they are late.

use crate::{CARRY_OUT, CARRY_OUT_RESTORE, RUNNING, Runner, after, completed, older, restore, start, under_way};
use sandbox_lifecycle::{
    rules::{Answer, Call, Job, Outcome, Report, Task},
    runner::{AskVerdict, CallVerdict, End, EpochRefusal, FinishVerdict},
    vocabulary::Fault,
};

#[test]
fn the_first_call_is_carried_out() {
    assert_eq!(Runner::default().call(start(0)), CARRY_OUT);
    assert_eq!(Runner::default().call(start(u32::MAX)), CARRY_OUT);
}

#[test]
fn a_call_of_an_older_epoch_is_refused_with_the_newest_epoch() {
    let mut runner = after(start(7));
    let before = runner;
    assert_eq!(runner.call(start(6)), CallVerdict::Refuse(older(6, 7)));
    assert_eq!(older(6, 7).newest_epoch(), 7);
    assert_eq!(runner, before);
}

#[test]
fn a_finished_call_is_answered_again_and_not_done_again() {
    let mut runner = after(start(7));
    let before = runner;
    for _ in 0..2 {
        assert_eq!(runner.call(start(7)), CallVerdict::Repeat(completed(start(7))));
    }
    assert_eq!(runner, before);
}

#[test]
fn a_call_under_way_is_not_begun_twice() {
    let mut runner = under_way(start(7));
    assert_eq!(runner.call(start(7)), CallVerdict::UnderWay);
    assert_eq!(runner.stored.call_under_way(), Some(start(7)));
}

#[test]
fn a_call_whose_epoch_was_first_seen_in_an_ask_is_carried_out() {
    let mut runner = Runner::default();
    assert_eq!(runner.ask(7, RUNNING), AskVerdict::Answer(RUNNING));
    assert_eq!(runner.call(start(7)), CARRY_OUT);
}

#[test]
fn a_call_of_a_newer_epoch_is_carried_out_and_supersedes_the_work_under_way() {
    let mut runner = under_way(start(7));
    let verdict = CallVerdict::CarryOut { replaces_copy: false, supersedes: Some(7) };
    assert_eq!(runner.call(Call { task: Task::Pause, epoch: 8 }), verdict);
    assert_eq!(runner.stored.newest_epoch(), Some(8));
}

#[test]
fn a_finished_call_is_not_superseded() {
    assert_eq!(after(start(7)).call(start(8)), CARRY_OUT);
}

#[test]
fn a_new_epoch_is_never_answered_with_the_answer_of_an_old_epoch() {
    let mut runner = after(start(7));
    assert_eq!(runner.call(start(8)), CARRY_OUT);
    let mut asked = after(start(7));
    assert_eq!(asked.ask(8, RUNNING), AskVerdict::Answer(RUNNING));
    assert_eq!(asked.call(start(8)), CARRY_OUT);
    let failed = End::Failed { fault: Fault::Runner, recoverable: false };
    assert_eq!(asked.finish(8, failed), FinishVerdict::Send(failed.report(start(8))));
    assert_eq!(asked.call(start(8)), CallVerdict::Repeat(failed.report(start(8))));
}

#[test]
fn the_end_of_superseded_work_is_not_the_answer_of_the_new_epoch() {
    let mut runner = under_way(start(7));
    let stop = Call { task: Task::Stop { force: false }, epoch: 8 };
    assert_eq!(runner.call(stop), CallVerdict::CarryOut { replaces_copy: false, supersedes: Some(7) });
    let before = runner;
    assert_eq!(runner.finish(7, End::Completed), FinishVerdict::Superseded { newest: 8 });
    assert_eq!(runner, before);
    assert_eq!(runner.call(stop), CallVerdict::UnderWay);
}

#[test]
fn only_a_restore_replaces_the_copy_that_is_there() {
    let tasks = [Task::Create, Task::Start, Task::Resume, Task::Recover { start: true }, Task::Destroy, Task::Build];
    for task in tasks {
        assert_eq!(Runner::default().call(Call { task, epoch: 7 }), CARRY_OUT, "{task}");
    }
    assert_eq!(Runner::default().call(restore(7)), CARRY_OUT_RESTORE);
    assert_eq!(after(start(7)).call(restore(8)), CARRY_OUT_RESTORE);
}

#[test]
fn another_call_of_the_same_epoch_is_refused() {
    let stop = Call { task: Task::Stop { force: false }, epoch: 7 };
    let refusal = EpochRefusal::OtherCall { call: start(7) };
    assert_eq!(after(start(7)).call(stop), CallVerdict::Refuse(refusal));
    assert_eq!(under_way(start(7)).call(stop), CallVerdict::Refuse(refusal));
    assert_eq!(refusal.newest_epoch(), 7);
}

#[test]
fn the_first_end_of_a_call_counts() {
    let mut runner = after(start(7));
    let failed = End::Failed { fault: Fault::Runner, recoverable: true };
    assert_eq!(runner.finish(7, failed), FinishVerdict::Send(completed(start(7))));
    assert_eq!(runner, after(start(7)));
}

#[test]
fn the_end_of_a_call_that_was_never_taken_is_not_recorded() {
    assert_eq!(Runner::default().finish(7, End::Completed), FinishVerdict::NotUnderWay);
    let mut runner = after(start(7));
    assert_eq!(runner.finish(8, End::Completed), FinishVerdict::NotUnderWay);
    assert_eq!(runner, after(start(7)));
}

#[test]
fn the_report_of_an_end_has_the_epoch_of_its_call() {
    let (fault, recoverable, epoch) = (Fault::Timeout, true, Some(7));
    let ended = |outcome| Report::Ended { job: Job::Start, outcome, epoch };
    let answered = |task, answer| Report::Answered { task, answer, from: None, epoch };
    let cases = [
        (End::Completed, ended(Outcome::Completed)),
        (End::Failed { fault, recoverable }, ended(Outcome::Failed { fault, recoverable })),
        (End::Done, answered(Task::Start, Answer::Done)),
        (End::Refused { fault, recoverable }, answered(Task::Start, Answer::Refused { fault, recoverable })),
    ];
    for (end, report) in cases {
        assert_eq!(end.report(start(7)), report, "{end}");
    }
    // A build has no job: its end is the answer to its call.
    let build = Call { task: Task::Build, epoch: 7 };
    assert_eq!(End::Completed.report(build), answered(Task::Build, Answer::Done));
    let refused = answered(Task::Build, Answer::Refused { fault, recoverable });
    assert_eq!(End::Failed { fault, recoverable }.report(build), refused);
}

#[test]
fn an_outcome_of_a_job_is_an_end() {
    assert_eq!(End::from(Outcome::Completed), End::Completed);
    let (fault, recoverable) = (Fault::Lost, true);
    assert_eq!(End::from(Outcome::Failed { fault, recoverable }), End::Failed { fault, recoverable });
}
