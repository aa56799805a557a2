//! The commands that the service decides itself: stop and destroy.

use super::draft::Draft;
use crate::{
    faults::Fault,
    model::{Goal, Phase, Record},
};
use chrono::{DateTime, Utc};
use sandbox_lifecycle::{Context, Reason};

/// The record after a command, or why it is refused.
pub type Decided = Result<Record, Reason>;

pub fn stop(record: &Record, force: bool, context: Context, now: DateTime<Utc>, fault: Option<Fault>) -> Decided {
    if matches!(record.phase, Phase::Broken | Phase::BuildBroken) {
        return Err(Reason::Errored);
    }
    let resizes = record.phase == Phase::Resizing && record.goal == Goal::Run;
    let may_stop = fault == Some(Fault::StopInResizing) && resizes;
    if !record.is_settled() && !may_stop {
        return Err(if fault == Some(Fault::WrongCode) { Reason::BadState } else { Reason::InProgress });
    }
    if !matches!(record.phase, Phase::Running | Phase::Suspended) && !may_stop {
        return Err(Reason::BadState);
    }
    if record.rest.pending && !may_stop {
        return Err(Reason::InProgress);
    }
    let mut draft = Draft::of(record, now, context.live_fork_children());
    let rests = fault == Some(Fault::EphemeralStopRests);
    if record.is_ephemeral() && context.live_fork_children() == 0 && !rests {
        draft.soft_deletes();
    } else {
        draft.record.goal = Goal::Halt;
    }
    draft.record.rest.force_stop = force;
    draft.sends_event();
    draft.written().ok_or(Reason::InProgress)
}

pub fn destroy(record: &Record, force: bool, context: Context, now: DateTime<Utc>, fault: Option<Fault>) -> Decided {
    let changes = record.rest.pending && record.phase != Phase::Queued;
    let is_done = if force {
        record.goal == Goal::Delete && !record.rest.pending && !record.rest.has_runner
    } else {
        record.goal == Goal::Delete && !changes
    };
    if is_done {
        return Ok(*record);
    }
    if changes && !force {
        return Err(Reason::InProgress);
    }
    if context.live_fork_children() > 0 && fault != Some(Fault::DestroyWithLiveForks) {
        return Err(Reason::ForkChildren);
    }
    let mut draft = Draft::of(record, now, context.live_fork_children());
    if !force {
        draft.soft_deletes();
    } else if fault == Some(Fault::ForcedDestroyLeavesTheCopy) {
        draft.soft_deletes();
        draft.record.phase = Phase::Deleted;
    } else {
        draft.supersedes();
    }
    draft.sends_event();
    draft.written().ok_or(Reason::InProgress)
}
