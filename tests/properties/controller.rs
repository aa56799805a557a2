//! The controller: its calls, its progress, and its questions.

use crate::{CASES, cases::cases, model::view_of};
use proptest::prelude::*;
use sandbox_lifecycle::{
    Columns, Context, DesiredState, Effect, Lifecycle, Next, Policy, Report, RunnerView, SandboxState,
    controller::{Finding, Image, Observed, Placement, Question, RunnerStanding},
    rules::{Answer, Task},
    runner::CopyAnswer,
    testing::{self, Case, any_case, case},
    vocabulary::{BackupState, CopyState, Fault},
};

/// What a runner answers to an ask (contract 5).
fn answer() -> impl Strategy<Value = CopyAnswer> {
    let states = prop::sample::select(CopyState::ALL);
    (states, prop::option::of(testing::size())).prop_map(|(state, size)| CopyAnswer { state, size })
}

proptest! {
    #![proptest_config(cases(CASES))]

    #[test]
    fn the_refusal_of_a_call_is_not_ignored(case in case(), view in testing::runner_view()) {
        let Case { row, now, context, .. } = case;
        let policy = Policy::default();
        let Next::Apply(step) = row.reconcile(&view_of(view, &row, false), &policy, now) else { return Ok(()) };
        let after = step.apply(row).expect("its row");
        for call in step.effects().filter_map(|effect| if let Effect::Call(call) = effect { Some(call) } else { None }) {
            if matches!(call.task, Task::Backup { .. }) {
                continue; // The outbox repeats it: a backup that is refused now may be made later.
            }
            prop_assert_eq!(call.epoch, after.epoch());
            let refused = Answer::Refused { fault: Fault::Refused, recoverable: false };
            let report = Report::Answered { task: call.task, answer: refused, from: None, epoch: Some(call.epoch) };
            let ended = after.decide(report, &policy, context.with_revision(after.revision()), now).expect("an answer");
            let ended_row = ended.apply(after).expect("its row");
            prop_assert!(!ended_row.awaits(&call), "the refusal of {} is lost: {}", call, ended);
            prop_assert!(ended_row.must_ask() || !ended_row.has_runner(), "nobody asks after {}", ended);
        }
    }

    #[test]
    fn a_step_of_a_pass_changes_the_row(case in any_case(), view in testing::runner_view()) {
        let Case { row, now, .. } = case;
        let Next::Apply(step) = row.reconcile(&view_of(view, &row, false), &Policy::default(), now) else { return Ok(()) };
        prop_assert!(step.writes(), "{}", step);
        let after = step.apply(row).expect("its row").columns();
        prop_assert_ne!(Columns { revision: row.revision(), ..after }, row.columns(), "{}", step);
    }

    #[test]
    fn a_pass_that_reads_the_placement_is_announced(case in any_case(), view in testing::runner_view(), answer in answer()) {
        let Case { row, now, .. } = case;
        let failed_restore = Columns {
            state: SandboxState::Restoring, desired_state: DesiredState::Started, pending: true, has_runner: true, must_ask: true,
            must_ask_store: false, backup_state: BackupState::Completed, has_backup_ref: true, changed_since_backup: false,
            ..row.columns()
        };
        let policy = Policy::default();
        for row in [row, failed_restore.into()] {
            let view = view_of(view.answered(answer), &row, false);
            let placed = |placement| row.reconcile(&RunnerView { placement, ..view }, &policy, now);
            let found = [Placement::Warm, Placement::Cold, Placement::InFlight(Image::Pulling), Placement::InFlight(Image::Failed)];
            for next in found.map(placed).into_iter().filter(|next| *next != placed(Placement::NoRoom)) {
                prop_assert!(row.needs_placement(view.runner), "{} for {:?}", next, row);
            }
        }
    }

    #[test]
    fn passes_on_one_view_come_to_an_end(case in case(), view in testing::runner_view(), answer in answer()) {
        let Case { mut row, now, .. } = case;
        let mut view = if view.observed == Observed::NotAsked { view } else { view.answered(answer) };
        let mut rows = vec![row.columns()];
        for _ in 0..8 {
            let Next::Apply(step) = row.reconcile(&view_of(view, &row, false), &Policy::default(), now) else { return Ok(()) };
            row = step.apply(row).expect("its row");
            if step.effects().any(|effect| matches!(effect, Effect::Runner(_))) {
                // Another runner, which has no copy yet.
                view = RunnerView { runner: RunnerStanding::Ready, observed: Observed::NotFound, ..view };
                rows.clear();
            }
            let same = |before: &Columns| Columns { revision: row.revision(), epoch: row.epoch(), ..*before } == row.columns();
            prop_assert!(!rows.iter().any(same), "a pass comes back to {:?} with {}", row, step);
            rows.push(row.columns());
        }
        prop_assert!(false, "the passes do not end: {:?}", rows);
    }

    #[test]
    fn an_answer_for_another_revision_is_never_written(case in any_case(), view in testing::runner_view()) {
        let Case { row, now, .. } = case;
        let late = view_of(view, &row, true);
        let unasked = RunnerView { observed: <_>::default(), observed_size: None, stored: <_>::default(), ..late };
        let policy = Policy::default();
        prop_assert_eq!(row.reconcile(&late, &policy, now), row.reconcile(&unasked, &policy, now));
    }

    #[test]
    fn an_inventory_never_moves_a_row(case in any_case(), by in testing::listed_by(), copy in testing::listed()) {
        let Case { row, now, .. } = case;
        let Finding::Apply(step) = row.compare(by, copy.as_ref(), Context::of(&row), now) else { return Ok(()) };
        prop_assert_eq!((step.state(), step.desired_state()), (row.state(), row.desired_state()));
        prop_assert!(step.apply(row).expect("its row").must_ask(), "{}", step);
    }
}

#[test]
fn a_pass_without_an_observation_asks_the_runner_first() {
    let row = Lifecycle::from(Columns {
        state: sandbox_lifecycle::SandboxState::Stopping,
        desired_state: sandbox_lifecycle::DesiredState::Stopped,
        pending: true,
        epoch: 7,
        ..Columns::default()
    });
    let next = row.reconcile(&RunnerView::of(&row), &Policy::default(), chrono::DateTime::UNIX_EPOCH);
    assert_eq!(next, Next::Ask(Question::Runner { epoch: 7 }));
}
