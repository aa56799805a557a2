//! Releases and removals: what they stop, what they keep, and that a late one has no effect.

use crate::{
    AT_REST, CARRY_OUT, CARRY_OUT_RESTORE, LEAVE, RUNNING, Runner, after, completed, older, restore, start, under_way,
};
use sandbox_lifecycle::{
    rules::{Call, Task},
    runner::{AskVerdict, CallVerdict, CopyAnswer, Departure, End, EpochRefusal, FinishVerdict, LeaveVerdict},
};

/// A runner whose copy was released after it ran.
fn released(epoch: u32) -> Runner {
    let mut runner = after(start(epoch - 1));
    assert_eq!(runner.release(epoch), LEAVE);
    runner
}

/// A runner whose copy was removed after it ran.
fn removed(epoch: u32) -> Runner {
    let mut runner = after(start(epoch - 1));
    assert_eq!(runner.remove(epoch), LEAVE);
    runner
}

#[test]
fn calls_that_a_release_covers_are_refused() {
    let mut runner = released(8);
    assert_eq!(runner.stored.departure(), Some(Departure::Released { epoch: 8 }));
    assert_eq!(runner.call(start(7)), CallVerdict::Refuse(older(7, 8)));
    assert_eq!(runner.call(start(8)), CallVerdict::Refuse(EpochRefusal::Released { newest: 8 }));
    assert_eq!(runner, released(8));
}

#[test]
fn a_released_copy_counts_as_none_in_an_ask_that_the_release_covers() {
    let mut runner = released(8);
    assert_eq!(runner.ask(7, AT_REST), AskVerdict::Refuse(older(7, 8)));
    assert_eq!(runner.ask(8, AT_REST), AskVerdict::Answer(CopyAnswer::NONE));
    assert_eq!(runner, released(8));
}

#[test]
fn a_newer_ask_undoes_a_release() {
    let mut runner = released(8);
    assert_eq!(runner.ask(9, AT_REST), AskVerdict::Answer(AT_REST));
    assert_eq!(runner.stored.departure(), None);
    assert_eq!(runner.call(start(9)), CARRY_OUT);
}

#[test]
fn a_newer_call_undoes_a_release() {
    let mut runner = released(8);
    assert_eq!(runner.call(start(9)), CARRY_OUT);
    assert_eq!(runner.finish(9, End::Completed), FinishVerdict::Send(completed(start(9))));
    assert_eq!(runner.ask(9, RUNNING), AskVerdict::Answer(RUNNING));
}

#[test]
fn a_repeated_release_changes_nothing_and_is_carried_out_again() {
    let mut runner = released(8);
    assert_eq!(runner.release(8), LEAVE);
    assert_eq!(runner, released(8));
}

#[test]
fn a_repeated_release_does_not_undo_a_newer_assignment() {
    let mut called = released(8);
    assert_eq!(called.call(start(9)), CARRY_OUT);
    assert_eq!(called.release(8), LeaveVerdict::WithoutEffect { newest: 9 });
    assert_eq!(called.call(start(9)), CallVerdict::UnderWay);
    let mut asked = released(8);
    assert_eq!(asked.ask(9, AT_REST), AskVerdict::Answer(AT_REST));
    assert_eq!(asked.release(8), LeaveVerdict::WithoutEffect { newest: 9 });
    assert_eq!(asked.ask(9, AT_REST), AskVerdict::Answer(AT_REST));
}

#[test]
fn a_release_supersedes_the_work_under_way() {
    let mut runner = under_way(start(7));
    assert_eq!(runner.release(8), LeaveVerdict::CarryOut { supersedes: Some(7) });
    let before = runner;
    assert_eq!(runner.finish(7, End::Completed), FinishVerdict::Superseded { newest: 8 });
    assert_eq!(runner, before);
}

#[test]
fn a_removal_leaves_a_tombstone() {
    let mut runner = removed(8);
    assert_eq!(runner.stored.departure(), Some(Departure::Removed { epoch: 8 }));
    assert_eq!(runner.call(start(7)), CallVerdict::Refuse(older(7, 8)));
    assert_eq!(runner.call(start(8)), CallVerdict::Refuse(EpochRefusal::Removed { newest: 8 }));
    assert_eq!(runner.ask(8, CopyAnswer::NONE), AskVerdict::Answer(CopyAnswer::NONE));
    assert_eq!(runner, removed(8));
}

#[test]
fn a_removal_before_every_call_refuses_a_late_create() {
    let mut runner = Runner::default();
    assert_eq!(runner.remove(8), LEAVE);
    assert_eq!(runner.call(Call { task: Task::Create, epoch: 7 }), CallVerdict::Refuse(older(7, 8)));
}

#[test]
fn a_removal_supersedes_the_work_under_way() {
    assert_eq!(under_way(start(7)).remove(8), LeaveVerdict::CarryOut { supersedes: Some(7) });
}

#[test]
fn a_repeated_removal_changes_nothing_and_is_carried_out_again() {
    let mut runner = removed(8);
    assert_eq!(runner.remove(8), LEAVE);
    assert_eq!(runner, removed(8));
}

#[test]
fn a_late_removal_after_a_restore_on_the_same_runner_has_no_effect() {
    let mut runner = removed(8);
    assert_eq!(runner.call(restore(9)), CARRY_OUT_RESTORE);
    assert_eq!(runner.remove(8), LeaveVerdict::WithoutEffect { newest: 9 });
    assert_eq!(runner.finish(9, End::Completed), FinishVerdict::Send(completed(restore(9))));
    let before = runner;
    assert_eq!(runner.remove(8), LeaveVerdict::WithoutEffect { newest: 9 });
    assert_eq!(runner, before);
    assert_eq!(runner.ask(9, RUNNING), AskVerdict::Answer(RUNNING));
}

#[test]
fn what_a_removal_left_is_no_copy_until_a_newer_call() {
    let mut runner = removed(8);
    assert_eq!(runner.ask(9, AT_REST), AskVerdict::Answer(CopyAnswer::NONE));
    assert_eq!(runner.stored.departure(), Some(Departure::Removed { epoch: 8 }));
    assert_eq!(runner.call(restore(9)), CARRY_OUT_RESTORE);
    assert_eq!(runner.stored.departure(), None);
}

#[test]
fn a_release_does_not_bring_a_removed_copy_back() {
    let mut runner = removed(8);
    assert_eq!(runner.release(9), LEAVE);
    assert_eq!(runner.stored.departure(), Some(Departure::Removed { epoch: 9 }));
    assert_eq!(runner.ask(10, AT_REST), AskVerdict::Answer(CopyAnswer::NONE));
}

#[test]
fn a_released_copy_can_be_removed() {
    let mut runner = released(8);
    assert_eq!(runner.remove(9), LEAVE);
    assert_eq!(runner.stored.departure(), Some(Departure::Removed { epoch: 9 }));
}
