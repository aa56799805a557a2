//! The reports that the service decides itself: the ends of a stop, a pause and a recovery.

use super::draft::Draft;
use crate::{
    faults::Fault,
    model::{Goal, Phase, Record},
};
use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    Context,
    rules::{Job, Outcome},
    vocabulary::Repair,
};

/// Returns the record after the end of a job, or `None` if another part of the service decides on this job.
pub fn ended(
    record: &Record,
    (job, outcome, epoch): (Job, Outcome, Option<u32>),
    context: Context,
    now: DateTime<Utc>,
    fault: Option<Fault>,
) -> Option<Record> {
    let is_own = matches!(job, Job::Stop | Job::Pause | Job::Recover { .. });
    if !is_own {
        return None;
    }
    let overwrites = fault == Some(Fault::LateStopOverwritesANewerStart) && job == Job::Stop;
    let is_stale = epoch.is_some_and(|epoch| epoch != record.rest.epoch);
    if overwrites && outcome == Outcome::Completed && is_stale && record.goal == Goal::Run {
        return Some(overwritten(record, context, now));
    }
    if is_stale || !is_awaited(record, job, fault) {
        return Some(*record);
    }
    let mut draft = Draft::of(record, now, context.live_fork_children());
    match outcome {
        Outcome::Failed { recoverable, .. } if is_late(record, job) => draft.record.rest.recoverable |= recoverable,
        Outcome::Failed { .. } if job == Job::Pause && fault == Some(Fault::FailedPauseLost) => return Some(*record),
        Outcome::Failed { fault, recoverable } => draft.fails(fault, recoverable, true),
        Outcome::Completed => complete(&mut draft, job),
    }
    Some(draft.written_or_dropped())
}

fn complete(draft: &mut Draft, job: Job) {
    match job {
        Job::Stop => {
            draft.record.phase = Phase::Halted;
            draft.drops_backup();
        }
        Job::Pause => draft.record.phase = Phase::Suspended,
        _recovery => {
            draft.record.phase = Phase::Halted;
            draft.record.rest.recoverable = false;
            draft.drops_finished_backup();
        }
    }
    draft.clears_reason();
}

/// Whether the record waits for the end of this job.
fn is_awaited(record: &Record, job: Job, fault: Option<Fault>) -> bool {
    let elsewhere =
        [Phase::Deleted, Phase::Resizing, Phase::Imaging, Phase::Copying, Phase::Suspending].contains(&record.phase);
    match job {
        Job::Stop => record.goal == Goal::Halt && !record.is_settled() && !elsewhere,
        Job::Pause => record.phase == Phase::Suspending,
        Job::Recover { start } => {
            let goal = if start { Goal::Run } else { Goal::Halt };
            record.phase == Phase::Broken && record.goal == goal && fault != Some(Fault::RecoversEndIgnored)
        }
        _another => false,
    }
}

/// Whether a sandbox in error no longer waits for this job.
fn is_late(record: &Record, job: Job) -> bool {
    record.phase == Phase::Broken && job == Job::Stop && record.rest.repair != Some(Repair::Stop)
}

/// The fault: the end of an older stop counts although a start was requested since.
fn overwritten(record: &Record, context: Context, now: DateTime<Utc>) -> Record {
    let mut draft = Draft::of(record, now, context.live_fork_children());
    draft.record.phase = Phase::Halted;
    draft.record.goal = Goal::Halt;
    draft.drops_backup();
    draft.clears_reason();
    draft.written_or_dropped()
}
