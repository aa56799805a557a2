//! Which resources a sandbox holds in each state.

use crate::{row_in, states};
use sandbox_lifecycle::{DesiredState, SandboxState, lifecycle::HeldResources, vocabulary::Size};

#[test]
fn each_state_holds_these_resources() {
    let holds = |compute, disk, desired| {
        states(|state| row_in(state, desired).held_resources() == HeldResources { compute, disk })
    };
    let running = "creating restoring started starting stopping pending_build building_snapshot unknown \
                   pulling_snapshot forking pausing resuming";
    let in_place = "creating restoring started starting stopping pending_build building_snapshot unknown \
                    pulling_snapshot resizing snapshotting forking pausing resuming";
    let nothing = "destroyed destroying error build_failed archived";
    assert_eq!(holds(true, true, DesiredState::Started), in_place);
    assert_eq!(holds(false, true, DesiredState::Started), "stopped archiving paused");
    assert_eq!(holds(false, false, DesiredState::Started), nothing);
    assert_eq!(holds(true, true, DesiredState::Stopped), running);
    assert_eq!(holds(false, true, DesiredState::Stopped), "stopped archiving resizing snapshotting paused");
    assert_eq!(holds(false, false, DesiredState::Stopped), nothing);
    assert_eq!(holds(true, false, DesiredState::Started), "");
}

#[test]
fn resources_that_are_not_held_count_as_zero() {
    let started = row_in(SandboxState::Started, DesiredState::Started);
    assert_eq!((started.held_size(), started.held_gpus()), (Size { cpu: 2, memory: 4, disk: 10 }, 1));
    let stopped = row_in(SandboxState::Stopped, DesiredState::Stopped);
    assert_eq!((stopped.held_size(), stopped.held_gpus()), (Size { cpu: 0, memory: 0, disk: 10 }, 0));
    let archived = row_in(SandboxState::Archived, DesiredState::Archived);
    assert_eq!((archived.held_size(), archived.held_gpus()), (Size { cpu: 0, memory: 0, disk: 0 }, 0));
}
