//! Epochs that wrap around.

use crate::{AT_REST, CARRY_OUT, LEAVE, RUNNING, after, older, start, under_way};
use sandbox_lifecycle::{
    runner::{AskVerdict, CallVerdict, End, FinishVerdict, LeaveVerdict},
    vocabulary::is_older,
};

#[test]
fn an_epoch_is_older_if_fewer_than_half_of_all_steps_lead_to_the_other() {
    const HALF: u32 = 1 << 31;
    for epoch in [0, 1, 7, HALF - 1, HALF, HALF + 1, u32::MAX] {
        let later = |steps: u32| epoch.wrapping_add(steps);
        assert!(!is_older(epoch, epoch), "{epoch}");
        for steps in [1, 2, HALF - 1] {
            assert!(is_older(epoch, later(steps)) && !is_older(later(steps), epoch), "{epoch} and {steps} steps");
        }
        assert!(!is_older(epoch, later(HALF)) && !is_older(later(HALF), epoch), "{epoch}");
    }
}

#[test]
fn a_call_of_epoch_zero_follows_a_call_of_the_last_epoch() {
    let mut runner = after(start(u32::MAX));
    assert_eq!(runner.call(start(0)), CARRY_OUT);
    assert_eq!(runner.call(start(u32::MAX)), CallVerdict::Refuse(older(u32::MAX, 0)));
    assert_eq!(runner.call(start(0)), CallVerdict::UnderWay);
}

#[test]
fn the_end_of_work_of_the_last_epoch_is_superseded_by_epoch_zero() {
    let mut runner = under_way(start(u32::MAX));
    assert_eq!(runner.call(start(0)), CallVerdict::CarryOut { replaces_copy: false, supersedes: Some(u32::MAX) });
    assert_eq!(runner.finish(u32::MAX, End::Completed), FinishVerdict::Superseded { newest: 0 });
}

#[test]
fn a_release_of_the_last_epoch_is_undone_by_an_ask_of_epoch_zero() {
    let mut runner = after(start(u32::MAX - 1));
    assert_eq!(runner.release(u32::MAX), LEAVE);
    assert_eq!(runner.ask(0, AT_REST), AskVerdict::Answer(AT_REST));
    assert_eq!(runner.release(u32::MAX), LeaveVerdict::WithoutEffect { newest: 0 });
}

#[test]
fn a_removal_of_the_last_epoch_is_late_after_epoch_zero() {
    let mut runner = after(start(0));
    assert_eq!(runner.remove(u32::MAX), LeaveVerdict::WithoutEffect { newest: 0 });
    assert_eq!(runner.ask(u32::MAX, RUNNING), AskVerdict::Refuse(older(u32::MAX, 0)));
}

#[test]
fn an_answer_is_forgotten_before_its_epoch_returns() {
    const QUARTER: u32 = 1 << 30;
    let mut runner = after(start(7));
    for quarters in 1..=4 {
        assert_eq!(runner.ask(QUARTER.wrapping_mul(quarters).wrapping_add(7), RUNNING), AskVerdict::Answer(RUNNING));
    }
    assert_eq!(runner.stored.newest_epoch(), Some(7));
    assert_eq!(runner.call(start(7)), CARRY_OUT);
}
