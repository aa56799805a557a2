//! Asks: the answer says what is there, and older calls are refused from then on.

use crate::{AT_REST, BUSY, CARRY_OUT, RUNNING, Runner, after, older, start, under_way};
use sandbox_lifecycle::{
    runner::{AskVerdict, CallVerdict, CopyAnswer, End, FinishVerdict},
    vocabulary::CopyState,
};

#[test]
fn an_ask_is_answered_with_what_the_runner_sees() {
    let paused = CopyAnswer { state: CopyState::Paused, ..RUNNING };
    for seen in [RUNNING, AT_REST, paused, BUSY, CopyAnswer::NONE] {
        assert_eq!(Runner::default().ask(0, seen), AskVerdict::Answer(seen), "{seen}");
        assert_eq!(after(start(7)).ask(7, seen), AskVerdict::Answer(seen), "{seen}");
    }
}

#[test]
fn a_copy_that_is_not_there_has_no_size() {
    let seen = CopyAnswer { state: CopyState::None, ..RUNNING };
    assert_eq!(after(start(7)).ask(7, seen), AskVerdict::Answer(CopyAnswer::NONE));
}

#[test]
fn an_ask_of_an_older_epoch_is_refused() {
    let mut runner = after(start(7));
    assert_eq!(runner.ask(6, RUNNING), AskVerdict::Refuse(older(6, 7)));
    assert_eq!(runner, after(start(7)));
}

#[test]
fn a_call_older_than_an_ask_is_refused() {
    let mut runner = after(start(7));
    assert_eq!(runner.ask(9, RUNNING), AskVerdict::Answer(RUNNING));
    assert_eq!(runner.call(start(8)), CallVerdict::Refuse(older(8, 9)));
    assert_eq!(runner.call(start(7)), CallVerdict::Refuse(older(7, 9)));
}

#[test]
fn an_ask_of_the_newest_epoch_keeps_the_answer_of_its_call() {
    let mut runner = after(start(7));
    assert_eq!(runner.ask(7, RUNNING), AskVerdict::Answer(RUNNING));
    assert_eq!(runner, after(start(7)));
}

#[test]
fn a_copy_with_a_call_under_way_is_busy() {
    let no_size = CopyAnswer { state: CopyState::Busy, size: None };
    assert_eq!(under_way(start(7)).ask(7, AT_REST), AskVerdict::Answer(BUSY));
    assert_eq!(under_way(start(7)).ask(7, CopyAnswer::NONE), AskVerdict::Answer(no_size));
}

#[test]
fn a_copy_stays_busy_until_the_work_that_an_ask_superseded_ends() {
    let mut runner = under_way(start(7));
    assert_eq!(runner.ask(8, AT_REST), AskVerdict::Answer(BUSY));
    assert_eq!(runner.finish(7, End::Completed), FinishVerdict::Superseded { newest: 8 });
    assert_eq!(runner.ask(8, RUNNING), AskVerdict::Answer(RUNNING));
    assert_eq!(runner.call(start(8)), CARRY_OUT);
}

#[test]
fn a_call_after_an_ask_supersedes_the_work_that_is_still_under_way() {
    let mut runner = under_way(start(7));
    assert_eq!(runner.ask(8, AT_REST), AskVerdict::Answer(BUSY));
    assert_eq!(runner.call(start(8)), CallVerdict::CarryOut { replaces_copy: false, supersedes: Some(7) });
    assert_eq!(runner.finish(7, End::Completed), FinishVerdict::Superseded { newest: 8 });
    assert_eq!(runner.call(start(8)), CallVerdict::UnderWay);
}
