//! Rows that a platform stores: sound, with numbers and times that a database takes, and with no combination of columns that
//! no step writes.

use super::{rows::columns_at, words};
use crate::{
    lifecycle::{Columns, Lifecycle, Violation},
    vocabulary::{AutoDelete, AutoPause, AutoStop, BackupState as B, DesiredState as D, Micros, SandboxState as S},
};
use alloc::vec::Vec;
use chrono::{DateTime, Utc};
use proptest::{prelude::*, sample::select};

/// Generates a row that a platform stores: [`violations`](Lifecycle::violations) finds nothing, every number and time is one that
/// a database takes, and no step leaves less than this. Half of the rows are settled.
pub fn storable_lifecycle() -> impl Strategy<Value = Lifecycle> + Clone {
    // Most commands start from a settled row.
    let resting = [S::Started, S::Stopped, S::Paused, S::Archived];
    let pairs = coherent_pairs();
    let settled = pairs
        .iter()
        .copied()
        .filter(|(state, desired)| resting.contains(state) && desired.fulfilled_by() == Some(*state));
    let settled: Vec<_> = settled.collect();
    columns_at(prop_oneof![select(pairs), select(settled)]).prop_map(made_storable)
}

/// Returns the nearest row that a platform stores.
pub(super) fn made_storable(columns: Columns) -> Lifecycle {
    let columns = in_range(columns);
    let columns = with_settings(columns);
    let columns = with_runner(columns);
    let columns = with_backup(columns);
    Lifecycle::from(columns).repaired()
}

/// Years 1 to 9999, and numbers of a signed column of 32 bits.
fn in_range(columns: Columns) -> Columns {
    let most = i32::MAX.unsigned_abs();
    Columns {
        created_at: storable(columns.created_at),
        last_activity_at: storable(columns.last_activity_at),
        state_since: storable(columns.state_since),
        backup_since: columns.backup_since.map(storable),
        auto_destroy_at: columns.auto_destroy_at.map(storable),
        last_recovery: columns.last_recovery.map(storable),
        revision: columns.revision.min(most),
        epoch: columns.epoch.min(most),
        backup_attempt: columns.backup_attempt.min(most),
        cpu: columns.cpu.clamp(1, most),
        memory: columns.memory.clamp(1, most),
        disk: columns.disk.clamp(1, most),
        ..columns
    }
}

fn storable(time: DateTime<Utc>) -> DateTime<Utc> {
    within_years(time.into())
}

/// Returns the nearest instant of the years 1 to 9999.
pub(super) fn within_years(time: Micros) -> DateTime<Utc> {
    let [first, last] = words::STORABLE;
    time.clamp(first, last).into()
}

/// Returns all pairs of coherent states.
fn coherent_pairs() -> Vec<(S, D)> {
    let pairs = S::ALL.iter().flat_map(|state| D::ALL.iter().map(|desired| (*state, *desired)));
    pairs.filter(|pair| coherent(*pair)).collect()
}

fn coherent((state, desired_state): (S, D)) -> bool {
    let row = Lifecycle::from(Columns { state, desired_state, ..Columns::default() });
    !row.violations().contains(Violation::IncoherentStates)
}

/// The settings that `create` and the commands leave.
fn with_settings(mut columns: Columns) -> Columns {
    if columns.gpu > 0 {
        columns.auto_delete = AutoDelete::AtOnce;
    }
    // Only a VM that is not ephemeral is paused.
    if columns.auto_stop != AutoStop::Never || !columns.class.is_vm() || columns.auto_delete == AutoDelete::AtOnce {
        columns.auto_pause = AutoPause::Never;
    }
    columns
}

fn with_runner(mut columns: Columns) -> Columns {
    // A call, and a question to a runner, need a runner.
    if !columns.has_runner {
        (columns.must_ask, columns.repair) = (false, None);
    }
    columns
}

fn with_backup(mut columns: Columns) -> Columns {
    // A sandbox that runs has been used: what failed before no longer counts.
    if columns.state == S::Started {
        (columns.archive_attempts, columns.restore_attempts) = (0, 0);
    }
    // Where the sandbox runs, its disk changes, so that no backup is current.
    let runs = ["started", "starting", "stopping", "pausing", "resuming", "resizing", "forking"];
    let snapshots_running = (columns.state, columns.desired_state) == (S::Snapshotting, D::Started);
    columns.changed_since_backup |= runs.contains(&columns.state.as_str()) || snapshots_running;
    // The store is asked about an attempt that ended without a report.
    columns.must_ask_store &= [B::None, B::Error].contains(&columns.backup_state);
    columns
}
