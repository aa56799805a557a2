//! The contracts of `docs/PROTOCOL.md` that hold for every row, input, view and inventory.

use crate::{CASES, cases::cases, model::view_of};
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use sandbox_lifecycle::{
    Changes, Columns, Context, Effect, Input, Lifecycle, Next, Policy, Report, RunnerView, Step, Verb,
    controller::{Finding, ListedBy},
    rules::{Answer, Cause, Job, RunnerChange, Task},
    runner::Listed,
    testing::{self, Case, any_case, case},
};

/// What a controller knows besides the row.
#[derive(Debug, Clone)]
struct Known {
    view: RunnerView,
    by: ListedBy,
    copy: Option<Listed>,
}

fn known() -> impl Strategy<Value = Known> {
    (testing::runner_view(), testing::listed_by(), testing::listed()).prop_map(|(view, by, copy)| Known {
        view,
        by,
        copy,
    })
}

/// Returns the steps of every way in which a row is written: an input, a due timer, a pass, an inventory.
fn steps(case: Case, known: &Known) -> Vec<Step> {
    let Case { row, input, context, now } = case;
    let policy = Policy::default();
    let context = context.with_revision(row.revision());
    let decided = row.decide(input, &policy, context, now).ok();
    let due = row.due(&policy, context, now);
    let driven = match row.reconcile(&view_of(known.view, &row, false), &policy, now) {
        Next::Apply(step) => Some(step),
        Next::Ask(_) | Next::Resend { .. } | Next::Wait { .. } | Next::Nothing => None,
    };
    let found = match row.compare(known.by, known.copy.as_ref(), Context::of(&row), now) {
        Finding::Apply(step) => Some(step),
        Finding::Agrees | Finding::Remove { .. } | Finding::Release { .. } => None,
    };
    [decided, due, driven, found].into_iter().flatten().collect()
}

/// Whether the step changes a column of its own: not the revision.
fn changes_a_column(step: &Step) -> bool {
    Changes { revision: None, ..step.changes() } != Changes::default()
}

proptest! {
    #![proptest_config(cases(2 * CASES))]

    /// Contract 1.
    #[test]
    fn exactly_a_step_with_a_change_or_an_effect_raises_the_revision_by_one(case in any_case(), known in known()) {
        for step in steps(case, &known) {
            let after = step.apply(case.row).expect("its row");
            let is_touch = step.cause() == Cause::Command(Verb::Touch);
            let acts = changes_a_column(&step) || step.effects().next().is_some();
            let raised = u32::from(acts && !is_touch);
            prop_assert_eq!(after.revision(), case.row.revision().wrapping_add(raised), "{}", step);
        }
    }

    #[test]
    fn every_step_leaves_a_sound_row_sound(case in case(), known in known()) {
        for step in steps(case, &known) {
            let after = step.apply(case.row).expect("its row");
            prop_assert_eq!(after.violations().iter().collect::<Vec<_>>(), vec![], "{:?}", step);
        }
    }

    /// Contract 3.
    #[test]
    fn the_row_awaits_every_call_that_its_step_makes(case in case(), known in known()) {
        for step in steps(case, &known) {
            let after = step.apply(case.row).expect("its row");
            for effect in step.effects() {
                if let Effect::Call(call) = effect {
                    prop_assert!(after.awaits(&call), "{} is not awaited after {}", call, step);
                }
            }
        }
    }

    /// Contract 2.
    #[test]
    fn every_call_and_every_change_of_the_runner_begins_an_epoch(case in any_case(), known in known()) {
        for step in steps(case, &known) {
            let calls = |effect: Effect| match effect {
                Effect::Call(call) => !matches!(call.task, Task::Backup { .. }),
                Effect::Runner(change) => change != RunnerChange::Kept,
                Effect::Remove { .. } | Effect::Release { .. } => true,
                _no_work_of_a_runner => false,
            };
            let raised = u32::from(step.effects().any(calls));
            let after = step.apply(case.row).expect("its row");
            let steps_between = after.epoch().wrapping_sub(case.row.epoch());
            prop_assert!(steps_between <= 1, "{}", step);
            prop_assert!(steps_between >= raised, "no epoch begins with {}", step);
        }
    }

    /// Contract 7. A runner is owed nothing only where it says itself that it has no copy.
    #[test]
    fn a_runner_that_a_row_leaves_is_owed_its_removal_or_release(case in case(), known in known()) {
        for step in steps(case, &known) {
            let leaves = case.row.has_runner() && step.effects().any(|effect| {
                matches!(effect, Effect::Runner(change) if change != RunnerChange::Kept)
            });
            let owes = step.effects().any(|effect| matches!(effect, Effect::Remove { .. } | Effect::Release { .. }));
            let runner_spoke = matches!(step.cause(), Cause::Report(_) | Cause::Controller);
            prop_assert!(!owes || leaves, "{} owes a runner that it keeps", step);
            prop_assert!(owes || !leaves || runner_spoke, "{} leaves a copy behind", step);
        }
    }

    /// Contract 2.
    #[test]
    fn an_end_of_another_epoch_writes_nothing(
        case in any_case(), job in testing::job(), outcome in testing::outcome(), task in testing::task(),
        answer in testing::answer(), epoch in any::<u32>(), near in any::<bool>(),
    ) {
        let Case { row, context, now, .. } = case;
        let epoch = if near || epoch == row.epoch() { row.epoch().wrapping_sub(1) } else { epoch };
        let ended = Report::Ended { job, outcome, epoch: Some(epoch) };
        let answered = Report::Answered { task, answer, from: None, epoch: Some(epoch) };
        for report in [ended, answered] {
            let step = row.decide(report, &Policy::default(), context.with_revision(row.revision()), now);
            prop_assert!(step.expect("a stale end is not refused").is_noop(), "{:?}", report);
        }
    }

    /// Contract 4.
    #[test]
    fn an_unasked_state_with_an_epoch_only_causes_an_ask(
        case in case(), state in testing::state(), fault in prop::option::of(testing::fault()), recoverable in any::<bool>(),
        epoch in prop_oneof![0u32..4, any::<u32>()],
    ) {
        let Case { row, context, now, .. } = case;
        let report = Report::State { state, fault, recoverable, epoch: Some(epoch) };
        let step = row.decide(report, &Policy::default(), context.with_revision(row.revision()), now);
        let step = step.expect("a report with an epoch is not refused");
        prop_assert_eq!(step.effects().next(), None);
        if !step.is_noop() {
            let after = step.apply(row).expect("its row").columns();
            // A sandbox that may run has no current backup, whatever the ask shows.
            let may_run = state == sandbox_lifecycle::SandboxState::Started && epoch == row.epoch();
            let outdated = may_run || row.changed_since_backup();
            let kept_backup = after.kept_backup;
            let asked = Columns { must_ask: true, revision: row.revision().wrapping_add(1), ..row.columns() };
            prop_assert_eq!(after, Columns { changed_since_backup: outdated, kept_backup, ..asked });
            prop_assert!(kept_backup || !row.kept_backup());
        }
    }

    /// Contract 9.
    #[test]
    fn a_report_of_another_backup_attempt_writes_nothing(
        case in any_case(), outcome in testing::outcome(), begun in any::<bool>(), by in 1u32..,
    ) {
        let Case { row, context, now, .. } = case;
        let attempt = Some(row.backup_attempt().wrapping_add(by));
        let ended = Report::Ended { job: Job::Backup { attempt }, outcome, epoch: None };
        for report in [ended, Report::BackupUnderWay { begun, attempt }] {
            let step = row.decide(report, &Policy::default(), context.with_revision(row.revision()), now);
            prop_assert!(step.expect("a report of a backup is not refused").is_noop(), "{:?}", report);
        }
    }

    /// Contract 9: a backup is lost only where a newer one completes or the sandbox is destroyed. A report of a backup without
    /// a number keeps the recorded behaviour: its failure ends the backup that is there.
    #[test]
    fn no_step_loses_the_last_backup_of_a_sandbox(case in case(), known in known()) {
        let completed = |row: &Lifecycle| {
            row.kept_backup() || (row.backup_state().as_str() == "Completed" && row.has_backup_ref())
        };
        for step in steps(case, &known) {
            let after = step.apply(case.row).expect("its row");
            let goes = after.desired_state().as_str() == "destroyed" || after.state().as_str() == "destroyed";
            let without_number = matches!(
                case.input,
                Input::Report(
                    Report::Ended { job: Job::Backup { attempt: None }, .. } | Report::BackupUnderWay { attempt: None, .. }
                )
            );
            if completed(&case.row) && !goes && !without_number {
                prop_assert!(completed(&after), "{}", step);
            }
        }
    }

    /// Contract 9.
    #[test]
    fn no_step_leaves_a_current_backup_where_the_sandbox_runs(case in case(), known in known()) {
        for step in steps(case, &known) {
            let after = step.apply(case.row).expect("its row");
            let runs = ["started", "starting", "stopping", "pausing", "resuming"].contains(&after.state().as_str());
            let completed = after.backup_state().as_str() == "Completed" && after.has_backup_ref();
            prop_assert!(!runs || !completed || after.changed_since_backup(), "{}", step);
        }
    }

    /// Contract 15.
    #[test]
    fn a_context_of_another_revision_writes_nothing(case in any_case(), by in 1u32..) {
        let Case { row, input, context, now } = case;
        let other = context.with_revision(row.revision().wrapping_add(by));
        let refusal = row.decide(input, &Policy::default(), other, now).expect_err("a context of another revision");
        prop_assert_eq!((refusal.code(), refusal.http_status()), ("conflict", 409));
        prop_assert_eq!(row.due(&Policy::default(), other, now), None);
    }

    /// Contract 3: the acceptance of a call assigns no runner and writes no column.
    #[test]
    fn an_acceptance_writes_no_column(case in any_case(), task in testing::task()) {
        let Case { row, context, now, .. } = case;
        let accepted = Report::Answered { task, answer: Answer::Accepted, from: None, epoch: None };
        let step = row.decide(accepted, &Policy::default(), context.with_revision(row.revision()), now);
        prop_assert!(!step.expect("an acceptance is not refused").writes());
    }

    /// Contract 3: the end of work that a destroy has superseded does not bring the sandbox back.
    #[test]
    fn no_report_changes_a_desired_state_destroyed(case in any_case(), report in testing::report()) {
        let Case { row, context, now, .. } = case;
        let row = Lifecycle::from(Columns { desired_state: sandbox_lifecycle::DesiredState::Destroyed, ..row.columns() });
        let within_the_call = matches!(report, Report::Answered { epoch: None, .. });
        let Ok(step) = row.decide(report, &Policy::default(), context.with_revision(row.revision()), now) else { return Ok(()) };
        if !within_the_call {
            prop_assert_eq!(step.desired_state().as_str(), "destroyed", "{}", step);
        }
    }
}

/// Applies every step that is due; `None` if the record is removed.
fn settled_at(mut row: Lifecycle, context: Context, now: DateTime<Utc>) -> Option<Lifecycle> {
    for _ in 0..12 {
        let Some(step) = row.due(&Policy::default(), context.with_revision(row.revision()), now) else {
            return Some(row);
        };
        if step.effects().any(|effect| effect == Effect::Purge) {
            return None;
        }
        row = step.apply(row).expect("its row");
    }
    panic!("there is always another step due at {now} on {row:?}");
}

proptest! {
    #![proptest_config(cases(CASES))]

    #[test]
    fn a_pass_after_the_due_timers_ends_in_a_wait_for_a_later_time(case in case(), view in testing::runner_view()) {
        let Case { row, now, .. } = case;
        let context = Context::of(&row)
            .with_warm_pool(view.warm_pool)
            .with_live_fork_children(view.live_fork_children);
        let Some(row) = settled_at(row, context, now) else { return Ok(()) };
        if let Next::Wait { until } = row.reconcile(&view_of(view, &row, false), &Policy::default(), now) {
            prop_assert!(until > now, "the pass waits until {until}, but it is already {now}");
        }
    }
}
