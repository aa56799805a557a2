//! Comparing an inventory with a row (contract 12).

use crate::{row, time::noon};
use sandbox_lifecycle::{
    Columns, Context, DesiredState, SandboxState,
    controller::{Finding, ListedBy},
    runner::Listed,
    vocabulary::{CopyState, Fault, Size},
};

/// The copy of an error was looked into and is recoverable. Each inventory caused an ask and two writes, for ever.
#[test]
fn an_inventory_asks_about_an_error_only_where_the_answer_could_change_something() {
    let listed = |state| Listed { epoch: Some(7), state, size: Some(Size::default()), released: false };
    let looked_into = |desired_state| {
        let (state, fault) = (SandboxState::Error, Some(Fault::Runner));
        row(Columns { state, desired_state, fault, recoverable: true, epoch: 7, ..Columns::default() })
    };
    let asks = |desired, state| {
        let row = looked_into(desired);
        row.compare(ListedBy::OwnRunner, Some(&listed(state)), Context::of(&row), noon()) != Finding::Agrees
    };
    // The answer would change nothing.
    assert!(!asks(DesiredState::Started, CopyState::Paused));
    assert!(!asks(DesiredState::Started, CopyState::AtRest));
    assert!(!asks(DesiredState::Paused, CopyState::Running));
    // The runner shows the desired state, or runs what should be stopped.
    assert!(asks(DesiredState::Started, CopyState::Running));
    assert!(asks(DesiredState::Stopped, CopyState::AtRest));
    assert!(asks(DesiredState::Stopped, CopyState::Paused));
}
