//! Rows that a platform stores: sound, with numbers and times that a database takes, and with no combination of columns that
//! no step writes.

use super::{rows::columns_at, words};
use crate::{
    lifecycle::{Columns, Lifecycle, MOST_ATTEMPTS, Violation},
    vocabulary::{
        AutoDelete, AutoPause, AutoStop, BackupState as B, DesiredState as D, Fault, Micros, Repair, SandboxClass,
        SandboxState as S,
    },
};
use alloc::vec::Vec;
use chrono::{DateTime, Utc};
use proptest::{prelude::*, sample::select};

/// Generates a row that a platform stores: [`violations`](Lifecycle::violations) finds nothing, every number and time is one that
/// a database takes, and no combination is one that no step writes. Half of the rows are settled.
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

/// Returns the nearest row that a platform stores. What a platform stores stays as it is.
///
/// ```
/// use sandbox_lifecycle::{Columns, DesiredState, Lifecycle, SandboxState, testing::made_storable};
/// let at_rest = Columns { state: SandboxState::Paused, desired_state: DesiredState::Paused, ..Columns::default() };
/// assert!(!at_rest.class.is_vm());
/// assert!(made_storable(at_rest).class().is_vm());
/// assert_eq!(made_storable(Columns::default()).columns().state, SandboxState::Started);
/// ```
pub fn made_storable(columns: Columns) -> Lifecycle {
    let columns = with_runner(with_settings(in_range(columns)));
    let columns = in_order(with_error(with_backup(columns)));
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

/// Coherent states that no rule writes: a fork, a pause and a build are not ended by another desired state. Neither does a rule
/// write the legacy desired state `resized`.
const UNWRITTEN: [(S, D); 4] =
    [(S::Forking, D::Stopped), (S::Pausing, D::Stopped), (S::BuildFailed, D::Stopped), (S::BuildFailed, D::Archived)];

/// Returns the pairs of coherent states that a platform stores.
fn coherent_pairs() -> Vec<(S, D)> {
    let pairs = S::ALL.iter().flat_map(|state| D::ALL.iter().map(|desired| (*state, *desired)));
    pairs.filter(|pair| coherent(*pair) && !UNWRITTEN.contains(pair) && pair.1 != D::Resized).collect()
}

fn coherent((state, desired_state): (S, D)) -> bool {
    let row = Lifecycle::from(Columns { state, desired_state, ..Columns::default() });
    !row.violations().contains(Violation::IncoherentStates)
}

/// The settings that `create` and the commands leave.
fn with_settings(mut columns: Columns) -> Columns {
    let Columns { state, desired_state, .. } = columns;
    // Only a declarative image of a container is built.
    if BUILDS.contains(&state) {
        columns.class = SandboxClass::Container;
    }
    // Only a VM is paused or forked, and a fork's child has no GPU and is never created from an image.
    let pauses = [S::Pausing, S::Paused, S::Resuming].contains(&state) || desired_state == D::Paused;
    columns.is_fork_child &= !BUILDS.contains(&state) && ![S::Unknown, S::PullingSnapshot].contains(&state);
    if (pauses || state == S::Forking || columns.is_fork_child) && !columns.class.is_vm() {
        columns.class = SandboxClass::LinuxVm;
    }
    if state == S::Forking || columns.is_fork_child {
        columns.gpu = 0;
    }
    if columns.gpu > 0 {
        columns.auto_delete = AutoDelete::AtOnce;
    } else {
        columns.gpu_type = None;
    }
    // Auto-pause is only set on a VM that is not ephemeral, and only without auto-stop.
    if columns.auto_stop != AutoStop::Never || !columns.class.is_vm() || columns.auto_delete == AutoDelete::AtOnce {
        columns.auto_pause = AutoPause::Never;
    }
    columns
}

/// The states of a sandbox whose image is not built yet.
const BUILDS: [S; 3] = [S::PendingBuild, S::BuildingSnapshot, S::BuildFailed];

/// The states in which a runner has the disk or works on it.
const ON_A_RUNNER: [S; 13] = [
    S::Started,
    S::Unknown,
    S::Creating,
    S::BuildingSnapshot,
    S::Starting,
    S::Restoring,
    S::Stopping,
    S::Resuming,
    S::Pausing,
    S::Resizing,
    S::Snapshotting,
    S::Forking,
    S::Destroying,
];

fn with_runner(mut columns: Columns) -> Columns {
    let Columns { state, desired_state, .. } = columns;
    columns.has_runner |= ON_A_RUNNER.contains(&state);
    columns.has_runner &= state != S::PendingBuild;
    // A call, and a question to a runner, need a runner, and it has no copy of a sandbox that is built.
    columns.must_ask &= columns.has_runner && !BUILDS.contains(&state);
    columns.repair = columns.repair.filter(|repair| {
        columns.has_runner
            && match repair {
                // A copy in error is stopped where stopped is desired, and recovered to be started or stopped.
                Repair::Stop => desired_state == D::Stopped,
                Repair::Recover => ![D::Archived, D::Paused].contains(&desired_state),
            }
    });
    columns
}

fn with_error(mut columns: Columns) -> Columns {
    let Columns { state, .. } = columns;
    // An error has a reason. It stays with a stopped sandbox whose archive was given up, and when the sandbox is deleted.
    if [S::Error, S::BuildFailed].contains(&state) {
        columns.fault = columns.fault.or(Some(Fault::Other));
    }
    let keeps_reason = columns.archive_attempts == MOST_ATTEMPTS || columns.desired_state == D::Destroyed;
    if !keeps_reason && [S::Started, S::Paused, S::Forking, S::Pausing, S::Unknown].contains(&state) {
        columns.fault = None;
    }
    // Only an error is recoverable. A failed backup says so of the sandbox that it was made for.
    columns.recoverable &= [S::Error, S::Archiving, S::Destroying, S::Destroyed].contains(&state);
    columns
}

fn with_backup(mut columns: Columns) -> Columns {
    let Columns { state, desired_state, .. } = columns;
    // A sandbox that runs has been used: what failed before no longer counts.
    if state == S::Started {
        (columns.archive_attempts, columns.restore_attempts) = (0, 0);
    }
    // What was never created has no backup.
    if BUILDS.contains(&state) {
        (columns.backup_state, columns.has_backup_ref, columns.kept_backup) = (B::None, false, false);
        (columns.must_ask_store, columns.changed_since_backup, columns.backup_attempt) = (false, false, 0);
    }
    let deleted = desired_state == D::Destroyed;
    // An archived sandbox exists only as its backup, and a restore is made of one.
    if [S::Archived, S::Restoring].contains(&state) {
        (columns.backup_state, columns.has_backup_ref) = (if deleted { B::None } else { B::Completed }, true);
        (columns.changed_since_backup, columns.kept_backup, columns.must_ask_store) = (false, false, false);
    }
    // Only a runner makes a backup, and a deleted sandbox gives it up.
    if [B::Pending, B::InProgress].contains(&columns.backup_state) && (deleted || !columns.has_runner) {
        columns.backup_state = B::None;
    }
    columns.has_backup_ref |= columns.backup_state == B::Completed;
    // Where the sandbox runs, its disk changes, so that no backup is current.
    let runs = [S::Started, S::Starting, S::Stopping, S::Pausing, S::Resuming, S::Resizing, S::Forking];
    columns.changed_since_backup |= runs.contains(&state) || (state, desired_state) == (S::Snapshotting, D::Started);
    // The store is asked about an attempt that ended without a report.
    columns.must_ask_store &= [B::None, B::Error].contains(&columns.backup_state);
    let awaits = [B::Pending, B::InProgress].contains(&columns.backup_state);
    columns.backup_since = awaits.then(|| columns.backup_since.unwrap_or(columns.created_at));
    columns
}

/// Nothing happened before the sandbox was created.
fn in_order(columns: Columns) -> Columns {
    let created = columns.created_at;
    let after = |time: DateTime<Utc>| time.max(created);
    let first_end = within_years(Micros::from(created).saturating_add_minutes(1));
    Columns {
        last_activity_at: after(columns.last_activity_at),
        state_since: after(columns.state_since),
        backup_since: columns.backup_since.map(after),
        last_recovery: columns.last_recovery.map(after),
        auto_destroy_at: columns.auto_destroy_at.map(|end| end.max(first_end)),
        ..columns
    }
}
