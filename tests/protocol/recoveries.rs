//! Recoveries in place.

use crate::scene::{Scene, called};
use sandbox_lifecycle::controller::{Next, Observed};
use sandbox_lifecycle::rules::{Task, TaskKind};
use sandbox_lifecycle::{Columns, Command, DesiredState, SandboxState};

fn in_error(desired_state: DesiredState) -> Scene {
    Scene::of(Columns { state: SandboxState::Error, desired_state, recoverable: true, epoch: 4, ..Columns::default() })
}

/// A recovery was called, the runner still showed a running copy, and the row went to started. The late call then stopped
/// the copy, and the row said started.
#[test]
fn a_copy_that_runs_before_its_recovery_does_not_end_it() {
    let mut scene = in_error(DesiredState::Stopped);
    let step = scene.decide(Command::Recover { start: true });
    assert_eq!(called(&step), Some(Task::Recover { start: true }));
    let next = scene.next(Observed::State(SandboxState::Started));
    assert!(matches!(next, Next::Resend { task: TaskKind::Recover, .. }), "{next}");
}

/// A recovery was called, the runner showed a copy at rest, and the row went to stopped. The late call then changed the
/// disk while the row said that it rests.
#[test]
fn a_copy_that_rests_before_its_recovery_does_not_end_it() {
    let mut scene = in_error(DesiredState::Started);
    scene.decide(Command::Recover { start: false });
    let next = scene.next(Observed::State(SandboxState::Stopped));
    assert!(matches!(next, Next::Resend { task: TaskKind::Recover, .. }), "{next}");
}

/// The end of the recovery may be lost for good. Its time limit ends it, and then what the runner shows counts.
#[test]
fn a_recovery_over_its_limit_ends_where_the_runner_shows_it() {
    let mut scene = in_error(DesiredState::Started);
    scene.decide(Command::Recover { start: false });
    scene.time_limit_is_over();
    assert_eq!(scene.row.repair(), None);
    scene.pass(Observed::State(SandboxState::Stopped));
    assert_eq!(scene.row.state(), SandboxState::Stopped);
}
