//! Forks (contract 14).

use crate::{pass, row};
use sandbox_lifecycle::{
    Columns, DesiredState, Effect, Next, Policy, RunnerView, SandboxState,
    controller::{Placement, RunnerStanding},
    vocabulary::BackupState,
};

/// A stopped sandbox with a current backup is started while its runner is not ready. It was restored elsewhere, and its runner
/// was owed the removal of the disk that a live fork reads.
#[test]
fn a_sandbox_with_live_forks_does_not_leave_a_runner_that_is_only_not_ready() {
    let stopped = row(Columns {
        state: SandboxState::Stopped,
        desired_state: DesiredState::Started,
        backup_state: BackupState::Completed,
        has_backup_ref: true,
        ..Columns::default()
    });
    let unready =
        RunnerView { runner: RunnerStanding::NotReady, placement: Placement::Warm, ..RunnerView::of(&stopped) };
    let leaves = pass(&stopped, &unready);
    assert!(leaves.effects().any(|effect| matches!(effect, Effect::Remove { .. })));
    let forked = RunnerView { live_fork_children: 1, ..unready };
    let next = stopped.reconcile(&forked, &Policy::default(), leaves.decided_at());
    assert!(matches!(next, Next::Wait { .. }), "{next}");
}
