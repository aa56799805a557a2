//! Restores: an archived sandbox returns to a runner.

use crate::{NOW, decided, idle};
use sandbox_lifecycle::{
    Columns, DesiredState, Lifecycle, Report, SandboxState,
    rules::{Answer, Cause, Ignored, Job, Outcome, Task},
    vocabulary::BackupState,
};

#[test]
fn the_end_of_a_restore_is_ignored_until_a_runner_is_assigned() {
    let archived = Lifecycle::from(Columns {
        state: SandboxState::Archived,
        desired_state: DesiredState::Started,
        pending: true,
        backup_state: BackupState::Completed,
        has_backup_ref: true,
        has_runner: false,
        ..idle()
    });
    let ended = Report::Ended { job: Job::Create, outcome: Outcome::Completed, epoch: None };
    assert_eq!(decided(archived, ended, NOW).cause(), Cause::Ignored(Ignored::NotAwaited));
    let done = Report::Answered { task: Task::Restore, answer: Answer::Done, from: None, epoch: None };
    let started = decided(archived, done, NOW).apply(archived).expect("there is no other writer");
    assert_eq!((started.state(), started.has_runner()), (SandboxState::Started, true));
}
