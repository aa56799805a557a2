//! The controller: its calls, its progress, and its first question to the runner.

use crate::{CASES, cases::cases};
use proptest::prelude::*;
use sandbox_lifecycle::{
    Columns, Effect, Lifecycle, Next, Policy, Report, RunnerView,
    rules::{Answer, Task},
    testing::{self, Case, case},
};

proptest! {
    #![proptest_config(cases(CASES))]

    #[test]
    fn a_call_carries_the_epoch_and_its_refusal_is_not_ignored(case in case(), view in testing::runner_view()) {
        let Case { row, now, context, .. } = case;
        let policy = Policy::default();
        let Next::Call(call) = row.reconcile(&view, &policy, now) else { return Ok(()) };
        prop_assert_eq!(call.epoch, row.epoch());
        let refused = Answer::Refused { fault: sandbox_lifecycle::vocabulary::Fault::Refused, recoverable: false };
        let report = Report::Answered { task: call.task, answer: refused, from: None, epoch: Some(call.epoch) };
        let step = row.decide(report, &policy, context.with_revision(row.revision()), now).expect("an answer is not refused");
        let archives = call.task == Task::Destroy && row.desired_state() == sandbox_lifecycle::DesiredState::Archived;
        let ends = step.state() == sandbox_lifecycle::SandboxState::Error;
        prop_assert!(ends || archives, "the refusal of {:?} is lost: {:?}", call, step);
    }

    #[test]
    fn a_step_of_a_pass_changes_the_row_or_asks_for_a_backup(case in case(), view in testing::runner_view()) {
        let Case { row, now, .. } = case;
        let Next::Apply(step) = row.reconcile(&view, &Policy::default(), now) else { return Ok(()) };
        prop_assert!(!step.is_noop());
        let after = step.apply(row).expect("its row");
        let asks_for_a_backup = step.effects().any(|effect| matches!(effect, Effect::Emit(_))) && !step.writes();
        prop_assert!(after != row || asks_for_a_backup, "{:?}", step);
    }
}

#[test]
fn a_pass_without_an_observation_asks_the_runner_first() {
    let row = Lifecycle::from(Columns {
        state: sandbox_lifecycle::SandboxState::Stopping,
        desired_state: sandbox_lifecycle::DesiredState::Stopped,
        pending: true,
        ..Columns::default()
    });
    let next = row.reconcile(&RunnerView::default(), &Policy::default(), chrono::DateTime::UNIX_EPOCH);
    assert_eq!(next, Next::Ask);
}
