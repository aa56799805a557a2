//! Applied steps: the rows they leave, and the same result from a store that writes column by column.

use crate::{CASES, cases::cases};
use proptest::prelude::*;
use sandbox_lifecycle::{
    AutoDelete, Cause, Changes, Columns, Expects, Lifecycle, Next, Policy, Verb, Violation,
    testing::{self, Case, any_case, case},
};

/// Does what a compare-and-swap in a store does, column by column.
pub fn swap(columns: Columns, expects: Expects, changes: Changes) -> Option<Columns> {
    let Expects {
        state,
        desired_state,
        pending,
        epoch,
        backup_state,
        has_backup_ref,
        has_runner,
        fault,
        recoverable,
        force_stop,
        ephemeral,
        auto_stop,
        auto_pause,
        auto_archive,
        auto_delete,
        auto_destroy_at,
        backup_since,
        last_activity_at,
    } = expects;
    fn still<T: PartialEq>(expected: Option<T>, found: T) -> bool {
        expected.is_none_or(|expected| expected == found)
    }
    let found = columns.state == state
        && columns.desired_state == desired_state
        && columns.pending == pending
        && columns.epoch == epoch
        && columns.backup_state == backup_state
        && columns.has_backup_ref == has_backup_ref
        && columns.has_runner == has_runner
        && columns.fault == fault
        && columns.recoverable == recoverable
        && columns.force_stop == force_stop
        && (columns.auto_delete == AutoDelete::AtOnce) == ephemeral
        && still(auto_stop, columns.auto_stop)
        && still(auto_pause, columns.auto_pause)
        && still(auto_archive, columns.auto_archive)
        && still(auto_delete, columns.auto_delete)
        && (backup_since.is_none() || backup_since == columns.backup_since)
        && (auto_destroy_at.is_none() || auto_destroy_at == columns.auto_destroy_at)
        && still(last_activity_at, columns.last_activity_at);
    found.then(|| Columns {
        state: changes.state.unwrap_or(columns.state),
        desired_state: changes.desired_state.unwrap_or(columns.desired_state),
        pending: changes.pending.unwrap_or(columns.pending),
        class: columns.class,
        gpu: columns.gpu,
        gpu_type: columns.gpu_type,
        size: changes.size.unwrap_or(columns.size),
        backup_state: changes.backup_state.unwrap_or(columns.backup_state),
        has_backup_ref: changes.has_backup_ref.unwrap_or(columns.has_backup_ref),
        has_runner: changes.has_runner.unwrap_or(columns.has_runner),
        fault: changes.fault.unwrap_or(columns.fault),
        recoverable: changes.recoverable.unwrap_or(columns.recoverable),
        force_stop: changes.force_stop.unwrap_or(columns.force_stop),
        epoch: changes.epoch.unwrap_or(columns.epoch),
        auto_stop: changes.auto_stop.unwrap_or(columns.auto_stop),
        auto_pause: changes.auto_pause.unwrap_or(columns.auto_pause),
        auto_archive: changes.auto_archive.unwrap_or(columns.auto_archive),
        auto_delete: changes.auto_delete.unwrap_or(columns.auto_delete),
        auto_destroy_at: changes.auto_destroy_at.unwrap_or(columns.auto_destroy_at),
        queue_timeout: columns.queue_timeout,
        created_at: columns.created_at,
        last_activity_at: changes.last_activity_at.unwrap_or(columns.last_activity_at),
        state_since: changes.state_since.unwrap_or(columns.state_since),
        backup_since: changes.backup_since.unwrap_or(columns.backup_since),
    })
}

/// The invariants that every write enforces.
const ENFORCED: [Violation; 5] = [
    Violation::DesiredBesideState,
    Violation::Pending,
    Violation::RunnerKept,
    Violation::BackupKept,
    Violation::NotRecoverable,
];

proptest! {
    #![proptest_config(cases(CASES))]

    #[test]
    fn a_written_step_leaves_coherent_states_and_columns(case in any_case()) {
        let Case { row, input, context, now } = case;
        let Ok(step) = row.decide(input, &Policy::default(), context, now) else { return Ok(()) };
        let after = step.apply(row).expect("its row");
        // A touch only updates the activity and does not enforce the invariants.
        if step.writes() && step.cause() != Cause::Command(Verb::Touch) {
            let broken: Vec<_> = after.violations().iter().filter(|found| ENFORCED.contains(found)).collect();
            prop_assert_eq!(broken, vec![], "{:?}", step);
        }
    }

    #[test]
    fn a_sound_row_stays_sound(case in case(), view in testing::runner_view()) {
        let Case { row, input, context, now } = case;
        prop_assert!(row.violations().is_empty());
        let decided = row.decide(input, &Policy::default(), context, now).ok();
        let driven = match row.reconcile(&view, &Policy::default(), now) {
            Next::Apply(step) => Some(step),
            _ => None,
        };
        for step in decided.into_iter().chain(driven) {
            let after = step.apply(row).expect("its row");
            prop_assert_eq!(after.violations().iter().collect::<Vec<_>>(), vec![], "{:?}", step);
        }
    }

    #[test]
    fn a_step_that_is_already_so_or_ignored_writes_nothing(case in any_case()) {
        let Case { row, input, context, now } = case;
        let Ok(step) = row.decide(input, &Policy::default(), context, now) else { return Ok(()) };
        if matches!(step.cause(), Cause::Already(_) | Cause::Ignored(_)) {
            prop_assert!(step.is_noop());
            prop_assert_eq!(step.changes(), Changes::default());
            prop_assert_eq!(step.apply(row), Ok(row));
        }
        prop_assert_eq!(step.writes(), step.changes() != Changes::default() || step.is_soft_delete());
    }

    #[test]
    fn a_store_that_writes_the_changes_gets_the_row_that_apply_returns(case in any_case()) {
        let Case { row, input, context, now } = case;
        let Ok(step) = row.decide(input, &Policy::default(), context, now) else { return Ok(()) };
        let by_hand = swap(row.columns(), step.expects(), step.changes()).expect("it was decided on this row");
        prop_assert_eq!(Lifecycle::from(by_hand), step.apply(row).expect("its row"));
    }

    #[test]
    fn stored_changes_merged_into_a_stored_row_give_the_row_that_apply_returns(case in any_case()) {
        let Case { row, input, context, now } = case;
        let Ok(step) = row.decide(input, &Policy::default(), context, now) else { return Ok(()) };
        let mut stored = serde_json::to_value(row).expect("it is written");
        let changes = serde_json::to_value(step.changes()).expect("they are written");
        let columns = stored.as_object_mut().expect("a row has columns");
        columns.extend(changes.as_object().expect("changes are an object of columns").clone());
        prop_assert_eq!(serde_json::from_value::<Lifecycle>(stored).expect("a row"), step.apply(row).expect("its row"));
    }
}
