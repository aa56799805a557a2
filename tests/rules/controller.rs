//! The controller: what a pass does when a runner is silent or a task was given up.

use crate::{NOW, idle};
use chrono::Duration;
use sandbox_lifecycle::{
    Columns, DesiredState, Lifecycle, Next, Policy, RunnerView, SandboxState, controller::Observed,
    vocabulary::BackupState,
};

#[test]
fn the_time_limit_acts_while_the_runner_does_not_answer() {
    let began = |ago| NOW - Duration::minutes(ago);
    let starting = |ago| {
        Lifecycle::from(Columns { state: SandboxState::Starting, pending: true, state_since: began(ago), ..idle() })
    };
    let policy = Policy::default();
    let view = RunnerView { observed: Observed::NoAnswer, ..RunnerView::default() };
    assert!(matches!(starting(4).reconcile(&view, &policy, NOW), Next::Wait { .. }));
    let Next::Apply(step) = starting(6).reconcile(&view, &policy, NOW) else {
        panic!("the limit of five minutes is exceeded")
    };
    assert_eq!(step.state(), SandboxState::Error);
}

#[test]
fn a_pass_does_nothing_after_an_archive_was_given_up() {
    let row = Lifecycle::from(Columns {
        state: SandboxState::Error,
        desired_state: DesiredState::Archived,
        backup_state: BackupState::Error,
        ..idle()
    });
    let view = |archive_attempts| RunnerView { archive_attempts, ..RunnerView::default() };
    let policy = Policy::default();
    assert!(matches!(row.reconcile(&view(policy.max_archive_attempts), &policy, NOW), Next::Apply(_)));
    assert_eq!(row.reconcile(&view(policy.max_archive_attempts + 1), &policy, NOW), Next::Nothing);
}
