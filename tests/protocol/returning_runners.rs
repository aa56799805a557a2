//! A runner that was declared gone returns with its old copy (contract 13).

use crate::time::noon;
use crate::{after, answered, gone, pass, released, row};
use sandbox_lifecycle::{
    Columns, Context, DesiredState, Lifecycle, SandboxState,
    controller::{Finding, ListedBy},
    runner::Listed,
    vocabulary::{BackupState, CopyState, Size},
};

/// Returns a released copy, as a runner lists it after it took the release of this epoch.
fn released_copy(epoch: u32) -> Listed {
    Listed { epoch: Some(epoch), state: CopyState::AtRest, size: Some(Size::default()), released: true }
}

fn compared(row: &Lifecycle, copy: &Listed) -> Finding {
    row.compare(ListedBy::OtherRunner, Some(copy), Context::of(row), noon())
}

/// Whether the row takes back the runner that lists this copy.
fn takes_back(row: &Lifecycle, copy: &Listed) -> bool {
    match compared(row, copy) {
        Finding::Apply(step) => step.changes().has_runner == Some(true),
        Finding::Agrees | Finding::Remove { .. } | Finding::Release { .. } => false,
    }
}

/// r1 and then r2 were declared gone. r1 returns first: its disk is older. Taken back, the row settled on r1, and r2's newer
/// copy was removed when it returned.
#[test]
fn a_runner_that_was_left_before_the_last_one_is_not_taken_back() {
    let started = row(Columns { epoch: 10, ..Columns::default() });
    let leaves = pass(&started, &gone(&started));
    let epoch = released(&leaves).expect("the gone runner is owed a release");
    let lost = leaves.apply(started).expect("nobody else writes");
    assert_eq!(lost.state(), SandboxState::Error);
    assert!(takes_back(&lost, &released_copy(epoch)));
    assert_eq!(compared(&lost, &released_copy(epoch - 5)), Finding::Agrees);
}

/// r1 and then r2 were declared gone, and r2 is scrapped. Only an operator can say that r1's older copy is the newest that is
/// left; then the sandbox is taken back, and its ask undoes the release.
#[test]
fn an_operator_takes_the_newest_copy_back_that_is_left() {
    let started = row(Columns { epoch: 10, ..Columns::default() });
    let lost = pass(&started, &gone(&started)).apply(started).expect("nobody else writes");
    let older = released_copy(4);
    let found = lost.compare(ListedBy::NewestSurvivor, Some(&older), Context::of(&lost), noon());
    let Finding::Apply(step) = found else { panic!("{found}") };
    let back = step.apply(lost).expect("nobody else writes");
    assert_eq!((back.state(), back.has_runner(), back.must_ask()), (SandboxState::Error, true, true));
    assert!(back.epoch() > lost.epoch(), "the ask has a newer epoch than the release");
    let recoverable = after(back, &answered(&back, CopyState::AtRest));
    assert!(recoverable.recoverable());
}

/// A sandbox in error was to be archived. Without a runner the archive is given up, and the runner returns after that.
#[test]
fn the_last_runner_is_taken_back_after_an_archive_was_given_up() {
    let archiving = row(Columns {
        state: SandboxState::Archiving,
        desired_state: DesiredState::Archived,
        backup_state: BackupState::Error,
        ..Columns::default()
    });
    let leaves = pass(&archiving, &gone(&archiving));
    let epoch = released(&leaves).expect("the gone runner is owed a release");
    let lost = leaves.apply(archiving).expect("nobody else writes");
    let given_up = after(lost, &sandbox_lifecycle::RunnerView::of(&lost));
    assert_eq!((given_up.state(), given_up.desired_state()), (SandboxState::Error, DesiredState::Stopped));
    assert!(takes_back(&given_up, &released_copy(epoch)));
}
