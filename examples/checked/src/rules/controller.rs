//! The pass that the service makes itself: a sandbox at rest that should run is woken, or restored from its backup.

use super::draft::Draft;
use crate::{
    faults::Fault,
    model::{Goal, Phase, Record},
};
use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    RunnerView,
    controller::{Placement, RunnerStanding},
    vocabulary,
};

/// What a pass does.
pub enum Passed {
    Writes(Record),
    Waits,
    /// Another part of the service makes this pass.
    NotHere,
}

pub fn wake(record: &Record, view: &RunnerView, now: DateTime<Utc>, fault: Option<Fault>) -> Passed {
    let rests = matches!(record.phase, Phase::Halted | Phase::Stored | Phase::Storing | Phase::Suspended);
    let is_gone = view.runner == RunnerStanding::Gone && record.rest.has_runner;
    let is_stale = view.revision != record.rest.revision;
    let asks = record.rest.must_ask_store || is_stale || is_gone;
    if !rests || record.goal != Goal::Run || !record.rest.pending || asks {
        return Passed::NotHere;
    }
    let is_ready = view.runner == RunnerStanding::Ready;
    let mut draft = Draft::of(record, now, view.live_fork_children);
    let phase = if record.phase == Phase::Suspended { Phase::Waking } else { Phase::Starting };
    match (record.rest.has_runner, is_ready) {
        (true, true) => {
            draft.record.phase = phase;
            draft.disk_changes();
            draft.calls();
            Passed::Writes(draft.written_or_dropped())
        }
        (true, false) if record.phase == Phase::Suspended => Passed::Waits,
        (true, false) | (false, _) => restore(record, view, draft, fault),
    }
}

fn restore(record: &Record, view: &RunnerView, mut draft: Draft, fault: Option<Fault>) -> Passed {
    let has_runner = record.rest.has_runner;
    if has_runner && view.live_fork_children > 0 {
        return Passed::Waits;
    }
    if !record.has_current_backup() && fault != Some(Fault::RestoreWithoutBackup) {
        if has_runner {
            return Passed::Waits; // It may come back.
        }
        let knows_none = record.rest.backup_attempt == 0;
        let may_be_stored = !knows_none
            && (record.awaits_backup()
                || (record.rest.backup_state == vocabulary::BackupState::None && !record.has_any_backup()));
        if may_be_stored {
            return Passed::NotHere; // The store is asked first.
        }
        draft.fails(vocabulary::Fault::Lost, false, false);
        return Passed::Writes(draft.written_or_dropped());
    }
    if !matches!(view.placement, Placement::Warm | Placement::Cold) {
        return Passed::Waits;
    }
    draft.record.phase = Phase::Restoring;
    draft.record.rest.must_ask = false;
    draft.record.rest.restore_attempts = 1;
    draft.assigns_runner();
    Passed::Writes(draft.written_or_dropped())
}
