//! The timers that the service decides itself: the four idle timers and the queue timeout.

use super::draft::Draft;
use crate::{
    faults::Fault,
    model::{Goal, Phase, Record},
};
use chrono::{DateTime, TimeDelta, Utc};
use sandbox_lifecycle::{Context, Timer};

/// Returns the record after a timer, or `None` if another part of the service decides on it.
pub fn decide(
    record: &Record,
    timer: Timer,
    context: Context,
    now: DateTime<Utc>,
    fault: Option<Fault>,
) -> Option<Record> {
    let is_over = |timer| deadline(record, timer, context).map(|deadline| is_over(deadline, timer, now, fault));
    let acts = is_over(timer)?;
    let archives_first = fault == Some(Fault::ArchiveBeatsDelete) && is_over(Timer::AutoArchive) == Some(true);
    let timer = if timer == Timer::AutoDelete && acts && archives_first { Timer::AutoArchive } else { timer };
    let never = timer == Timer::QueueTimeout && fault == Some(Fault::QueueTimeoutNeverActs);
    Some(if acts && !never { acted(record, timer, context, now) } else { *record })
}

/// A timer acts strictly after its deadline. One that is not armed never acts.
fn is_over(deadline: Option<DateTime<Utc>>, timer: Timer, now: DateTime<Utc>, fault: Option<Fault>) -> bool {
    let at_once = fault == Some(Fault::TimerAtItsBoundary) && timer == Timer::AutoStop;
    deadline.is_some_and(|deadline| now > deadline || (at_once && now == deadline))
}

fn acted(record: &Record, timer: Timer, context: Context, now: DateTime<Utc>) -> Record {
    let mut draft = Draft::of(record, now, context.live_fork_children());
    match timer {
        Timer::QueueTimeout => {
            draft.supersedes();
            draft.sends_event();
        }
        Timer::AutoDelete => draft.soft_deletes(),
        Timer::AutoArchive => {
            (draft.record.phase, draft.record.goal) = (Phase::Storing, Goal::Store);
            draft.record.rest.archive_attempts = 0;
        }
        Timer::AutoPause => {
            (draft.record.phase, draft.record.goal) = (Phase::Suspending, Goal::Suspend);
            draft.calls();
        }
        _auto_stop if record.is_ephemeral() && context.live_fork_children() == 0 => draft.soft_deletes(),
        _auto_stop => {
            draft.record.goal = Goal::Halt;
            draft.record.rest.force_stop = false;
        }
    }
    draft.written_or_dropped()
}

/// Returns the deadline of a timer: `None` for a timer that is not the service's own, and `Some(None)` for one that is not
/// armed.
fn deadline(record: &Record, timer: Timer, context: Context) -> Option<Option<DateTime<Utc>>> {
    let rest = &record.rest;
    let is_reached = rest.has_runner && !context.runner_unready() && !context.warm_pool();
    let is_forked = context.live_fork_children() > 0;
    let runs = record.phase == Phase::Running && record.goal == Goal::Run && !rest.pending;
    let halted = record.phase == Phase::Halted && record.goal == Goal::Halt && !rest.pending;
    let (armed, since, minutes) = match timer {
        Timer::QueueTimeout => {
            let waits = matches!(record.phase, Phase::Queued | Phase::Fetching) && !rest.has_runner;
            let minutes = rest.queue_timeout.map(|timeout| timeout.as_minutes());
            (waits && record.goal == Goal::Run && minutes.is_some(), rest.created_at, minutes.unwrap_or_default())
        }
        Timer::AutoDelete => {
            let minutes = rest.auto_delete.as_minutes();
            (halted && is_reached && !is_forked && minutes >= 0, rest.last_activity_at, minutes)
        }
        Timer::AutoArchive => {
            let given_up = rest.archive_attempts == 7;
            let armed = halted && !context.warm_pool() && !is_forked && !record.is_ephemeral() && !given_up;
            (armed, rest.last_activity_at, rest.auto_archive.as_minutes())
        }
        Timer::AutoPause => {
            let minutes = rest.auto_pause.as_minutes();
            let armed = runs && is_reached && record.is_vm() && !record.is_ephemeral() && minutes > 0;
            (armed, rest.last_activity_at, minutes)
        }
        Timer::AutoStop => {
            let minutes = rest.auto_stop.as_minutes();
            (runs && is_reached && minutes > 0, rest.last_activity_at, minutes)
        }
        _another => return None,
    };
    Some(armed.then(|| since.checked_add_signed(TimeDelta::minutes(minutes.into()))).flatten())
}
