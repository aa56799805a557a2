//! A restored copy that ran is newer than the backup (contract 9): its runner is released, and its disk is not removed.

use crate::{
    after, answered, gone, pass, released, row,
    scene::{NOW, Scene},
    time::noon,
};
use sandbox_lifecycle::{
    Columns, DesiredState, Lifecycle, Next, Policy, RunnerView, SandboxState,
    controller::Observed,
    rules::TaskKind,
    vocabulary::{BackupState, CopyState, Fault},
};

/// Returns a row with a current backup.
fn backed_up(state: SandboxState, desired_state: DesiredState, columns: Columns) -> Lifecycle {
    row(Columns { state, desired_state, backup_state: BackupState::Completed, has_backup_ref: true, ..columns })
}

/// An ask overtook the restore, on a runner with a released copy. The older copy was taken for a failed restore, and a
/// recovery in place then started it.
#[test]
fn an_older_copy_at_rest_does_not_end_a_restore() {
    let restoring =
        backed_up(SandboxState::Restoring, DesiredState::Started, Columns { epoch: 7, ..Columns::default() });
    for state in [CopyState::AtRest, CopyState::Paused] {
        let next = restoring.reconcile(&answered(&restoring, state), &Policy::default(), noon());
        assert_eq!(next, Next::Resend { task: TaskKind::Restore, epoch: 7 });
    }
}

/// The recorded rules went back to unknown and began the creation, and its limit, anew each time: it never ended.
#[test]
fn a_creation_that_its_runner_never_knows_ends_at_its_limit() {
    let mut scene = Scene::of(Columns { state: SandboxState::Unknown, pending: true, epoch: 1, ..Columns::default() });
    scene.pass(Observed::NotAsked);
    assert_eq!(scene.row.state(), SandboxState::Creating);
    let unknown = Observed::State(SandboxState::Unknown);
    let epoch = scene.row.epoch();
    assert_eq!(scene.next(unknown), Next::Resend { task: TaskKind::Create, epoch });
    let late = scene.row.reconcile(
        &RunnerView { observed: unknown, ..RunnerView::of(&scene.row) },
        &Policy::default(),
        NOW + chrono::Duration::minutes(16),
    );
    let Next::Apply(step) = late else { panic!("{late}") };
    let failed = step.apply(scene.row).expect("nobody else writes");
    assert_eq!(
        (failed.state(), failed.fault(), failed.must_ask()),
        (SandboxState::Error, Some(Fault::TimeLimit), true)
    );
}

/// The restore failed although its copy ran, and the copy came to rest. Later the runner is declared gone.
#[test]
fn a_restored_copy_at_rest_is_kept_when_its_runner_is_gone() {
    let failing = Columns { must_ask: true, ..Columns::default() };
    let asked_again = backed_up(SandboxState::Restoring, DesiredState::Started, failing);
    let failed = after(asked_again, &answered(&asked_again, CopyState::AtRest));
    let looked_into = after(failed, &answered(&failed, CopyState::AtRest));
    assert_eq!((looked_into.state(), looked_into.recoverable()), (SandboxState::Error, true));
    assert!(released(&pass(&looked_into, &gone(&looked_into))).is_some());
}

/// The restore was busy until its time limit, and completed after it. Its runner is declared gone before anybody asks again.
#[test]
fn a_restore_over_its_limit_is_kept_when_its_runner_is_gone() {
    let restoring = backed_up(SandboxState::Restoring, DesiredState::Started, Columns::default());
    let busy = RunnerView { observed: Observed::Busy, ..RunnerView::of(&restoring) };
    let timed_out = after(restoring, &busy);
    assert_eq!(timed_out.fault(), Some(Fault::TimeLimit));
    let leaves = pass(&timed_out, &gone(&timed_out));
    assert!(released(&leaves).is_some());
    let left = leaves.apply(timed_out).expect("nobody else writes");
    assert!(left.recoverable() && left.kept_backup(), "the backup is the last resort: {left:?}");
}

/// The time limit of a restore is over, and then the ask shows its copy.
#[test]
fn a_copy_that_is_found_after_a_restore_makes_the_backup_outdated() {
    let columns = Columns { fault: Some(Fault::TimeLimit), must_ask: true, ..Columns::default() };
    let errored = backed_up(SandboxState::Error, DesiredState::Started, columns);
    for state in [CopyState::AtRest, CopyState::Paused] {
        let looked_into = after(errored, &answered(&errored, state));
        assert!(looked_into.changed_since_backup() && looked_into.kept_backup(), "{looked_into:?}");
    }
}
