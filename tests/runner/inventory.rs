//! The inventory: one entry for each copy on the runner.

use crate::{AT_REST, LEAVE, RUNNING, Runner, SIZE, after, start, under_way};
use sandbox_lifecycle::{
    runner::{CopyAnswer, Ledger, Listed},
    vocabulary::CopyState,
};

#[test]
fn a_copy_is_listed_with_the_newest_epoch() {
    let listed = Listed { epoch: Some(7), state: CopyState::Running, size: Some(SIZE), released: false };
    assert_eq!(after(start(7)).stored.list(RUNNING), Some(listed));
    let mut asked = after(start(7));
    let _ = asked.ask(8, RUNNING);
    assert_eq!(asked.stored.list(RUNNING), Some(Listed { epoch: Some(8), ..listed }));
}

#[test]
fn a_copy_without_a_ledger_is_listed_without_an_epoch() {
    let listed = Listed { epoch: None, state: CopyState::AtRest, size: Some(SIZE), released: false };
    assert_eq!(Ledger::default().list(AT_REST), Some(listed));
}

#[test]
fn no_copy_is_not_listed() {
    assert_eq!(Ledger::default().list(CopyAnswer::NONE), None);
    assert_eq!(after(start(7)).stored.list(CopyAnswer::NONE), None);
}

#[test]
fn a_copy_with_a_call_under_way_is_listed_as_busy() {
    let listed = Listed { epoch: Some(7), state: CopyState::Busy, size: Some(SIZE), released: false };
    assert_eq!(under_way(start(7)).stored.list(AT_REST), Some(listed));
    assert_eq!(under_way(start(7)).stored.list(CopyAnswer::NONE), Some(Listed { size: None, ..listed }));
}

#[test]
fn a_released_copy_is_listed_as_released() {
    let mut runner = after(start(7));
    assert_eq!(runner.release(8), LEAVE);
    let listed = Listed { epoch: Some(8), state: CopyState::AtRest, size: Some(SIZE), released: true };
    assert_eq!(runner.stored.list(AT_REST), Some(listed));
}

#[test]
fn a_copy_whose_release_was_undone_is_listed_as_assigned() {
    let mut runner = after(start(7));
    assert_eq!(runner.release(8), LEAVE);
    let _ = runner.ask(9, AT_REST);
    let listed = Listed { epoch: Some(9), state: CopyState::AtRest, size: Some(SIZE), released: false };
    assert_eq!(runner.stored.list(AT_REST), Some(listed));
}

#[test]
fn a_removed_copy_is_listed_only_while_something_is_left_of_it() {
    let mut runner = Runner::default();
    assert_eq!(runner.remove(8), LEAVE);
    assert_eq!(runner.stored.list(CopyAnswer::NONE), None);
    let left = Listed { epoch: Some(8), state: CopyState::AtRest, size: Some(SIZE), released: true };
    assert_eq!(runner.stored.list(AT_REST), Some(left));
}
