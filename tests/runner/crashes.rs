//! Crashes: between storing and doing, and between doing and answering.

use crate::{AT_REST, BUSY, CARRY_OUT, LEAVE, RUNNING, Runner, after, completed, restore, start, under_way};
use sandbox_lifecycle::runner::{AskVerdict, CallVerdict, End, FinishVerdict, Ledger};

#[test]
fn a_crash_before_the_entry_is_stored_forgets_the_call() {
    let runner = Runner::default();
    let _ = runner.stored.call(start(7)); // The runner crashes here.
    assert_eq!(runner.stored, Ledger::default());
    assert_eq!({ runner }.call(start(7)), CARRY_OUT);
}

#[test]
fn a_crash_between_storing_and_doing_carries_the_call_out_after_the_restart() {
    let mut runner = under_way(start(7));
    runner.restart();
    assert_eq!(runner.stored.call_under_way(), None);
    assert_eq!(runner.ask(7, AT_REST), AskVerdict::Answer(AT_REST));
    assert_eq!(runner.call(start(7)), CARRY_OUT);
    assert_eq!(runner.finish(7, End::Completed), FinishVerdict::Send(completed(start(7))));
}

#[test]
fn a_crash_between_storing_and_doing_still_refuses_older_calls() {
    let mut runner = under_way(start(7));
    runner.restart();
    assert_eq!(runner.call(start(6)), CallVerdict::Refuse(crate::older(6, 7)));
}

#[test]
fn a_repeated_restore_after_a_crash_replaces_the_copy_again() {
    let mut runner = under_way(restore(7));
    runner.restart();
    assert_eq!(runner.call(restore(7)), crate::CARRY_OUT_RESTORE);
}

#[test]
fn work_that_a_restart_finds_complete_is_finished_and_not_done_again() {
    let mut runner = under_way(start(7));
    assert_eq!(runner.stored.call_under_way(), Some(start(7)));
    // The copy runs: the work was complete before the crash.
    assert_eq!(runner.finish(7, End::Completed), FinishVerdict::Send(completed(start(7))));
    runner.restart();
    assert_eq!(runner.call(start(7)), CallVerdict::Repeat(completed(start(7))));
}

#[test]
fn a_job_that_survives_a_restart_stays_under_way() {
    // The runner does not report it as interrupted.
    let mut runner = under_way(start(7));
    assert_eq!(runner.call(start(7)), CallVerdict::UnderWay);
    assert_eq!(runner.ask(7, AT_REST), AskVerdict::Answer(BUSY));
}

#[test]
fn a_crash_between_doing_and_answering_repeats_the_answer() {
    let mut runner = under_way(start(7));
    let entry = runner.stored.finish(7, End::Completed);
    runner.stored = entry.ledger(); // The runner crashes here, before it sends the end.
    runner.restart();
    assert_eq!(runner, after(start(7)));
    assert_eq!(runner.call(start(7)), CallVerdict::Repeat(completed(start(7))));
}

#[test]
fn a_crash_before_the_end_is_stored_does_not_answer() {
    let mut runner = under_way(start(7));
    let _ = runner.stored.finish(7, End::Completed); // The runner crashes here.
    assert_eq!(runner.call(start(7)), CallVerdict::UnderWay);
    assert_eq!(runner.ask(7, RUNNING), AskVerdict::Answer(BUSY));
}

#[test]
fn the_end_of_interrupted_work_is_not_recorded() {
    let mut runner = under_way(start(7));
    runner.restart();
    let before = runner;
    assert_eq!(runner.finish(7, End::Completed), FinishVerdict::NotUnderWay);
    assert_eq!(runner, before);
}

#[test]
fn a_crash_between_storing_and_removing_removes_at_the_repeat() {
    let mut runner = after(start(7));
    assert_eq!(runner.remove(8), LEAVE); // The runner crashes here.
    runner.restart();
    assert_eq!(runner.remove(8), LEAVE);
}

#[test]
fn a_crash_between_storing_and_releasing_stops_at_the_repeat() {
    let mut runner = after(start(7));
    assert_eq!(runner.release(8), LEAVE); // The runner crashes here.
    runner.restart();
    assert_eq!(runner.release(8), LEAVE);
}
