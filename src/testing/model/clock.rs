//! The naive model's decisions on timers, by `docs/LIFECYCLE.md` ("Timers and time limits"), sentence by sentence.

use super::{
    effects::Taken,
    row::{at, desired_is, is_ephemeral, is_vm, limited},
    write::Write,
};
use crate::{
    lifecycle::Columns,
    policy::Policy,
    rules::{Context, Stamp, Task, Timer},
    vocabulary::{BackupState, DesiredState, Micros, SandboxState as S},
};
use chrono::{DateTime, Utc};

pub(super) fn decide(row: &Columns, timer: Timer, policy: &Policy, context: Context, now: DateTime<Utc>) -> Taken {
    let mut write = Write::to(row, now);
    write.is_forked = context.live_fork_children() > 0;
    if !acts(row, timer, policy, context, now) {
        return write.unwritten();
    }
    match timer {
        Timer::SpotEviction => {
            write.supersede();
            write.effects.stamp = Some(Stamp::SpotEvicted);
        }
        Timer::Ttl => write.supersede(),
        Timer::QueueTimeout => {
            write.supersede();
            write.effects.stamp = Some(Stamp::QueueTimedOut);
        }
        Timer::TimeLimit => write.time_limit(),
        Timer::BackupLimit => write.lose_backup_report(),
        Timer::AutoDelete => write.soft_delete(),
        Timer::AutoArchive => {
            write.row.state = S::Archiving; // D36
            write.row.desired_state = DesiredState::Archived;
            write.row.archive_attempts = 0;
        }
        Timer::AutoPause => {
            write.row.state = S::Pausing;
            write.row.desired_state = DesiredState::Paused;
            write.effects.task = Some(Task::Pause);
        }
        Timer::AutoStop if is_ephemeral(row) && context.live_fork_children() == 0 => write.soft_delete(),
        Timer::AutoStop => {
            write.row.desired_state = DesiredState::Stopped;
            write.row.force_stop = false;
        }
        Timer::Retention => {
            write.effects.purge = true;
            return write.unwritten();
        }
    }
    write.written_or_dropped()
}

fn acts(row: &Columns, timer: Timer, policy: &Policy, context: Context, now: DateTime<Utc>) -> bool {
    let waits = match timer {
        // D30: what removes a disk waits for the forks that read it.
        Timer::Ttl | Timer::AutoDelete | Timer::AutoArchive => context.live_fork_children() > 0,
        Timer::Retention => context.owed_departures() > 0, // Contract 10.
        Timer::SpotEviction => return row.gpu > 0 && !desired_is(row, &[DesiredState::Destroyed]),
        Timer::QueueTimeout | Timer::TimeLimit | Timer::BackupLimit | Timer::AutoPause | Timer::AutoStop => false,
    };
    let over = deadline(row, timer, policy, context.warm_pool(), context.runner_unready());
    !waits && over.is_some_and(|at| i128::from(now.timestamp_micros()) > at)
}

/// Returns the instant after which the timer acts, in microseconds, if it is armed. It may be beyond the last instant.
pub(super) fn deadline(
    row: &Columns,
    timer: Timer,
    policy: &Policy,
    warm_pool: bool,
    runner_unready: bool,
) -> Option<i128> {
    let reachable = row.has_runner && !runner_unready && !warm_pool;
    let runs = row.state == S::Started && desired_is(row, &[DesiredState::Started]) && !row.pending;
    let rests = row.state == S::Stopped && desired_is(row, &[DesiredState::Stopped]) && !row.pending;
    let destroyed = desired_is(row, &[DesiredState::Destroyed]);
    let unassigned = at(row, &[S::PendingBuild, S::PullingSnapshot]) && !row.has_runner;
    let queues = unassigned && desired_is(row, &[DesiredState::Started]) && row.queue_timeout.is_some();
    let idle = |acts: bool, minutes: i32| acts.then(|| after(row.last_activity_at, i64::from(minutes)));
    match timer {
        Timer::SpotEviction => None,
        Timer::Ttl => {
            let end = row.auto_destroy_at.filter(|end| !destroyed && *end != Micros::MAX.into());
            end.map(|end| i128::from(end.timestamp_micros()))
        }
        Timer::QueueTimeout => {
            let minutes = row.queue_timeout.filter(|_| queues)?.as_minutes();
            Some(after(row.created_at, i64::from(minutes)))
        }
        Timer::TimeLimit => {
            let limits = &policy.time_limits;
            // A repair keeps the state error, and has a limit of its own.
            let repairs = row.state == S::Error && row.repair.is_some() && row.has_runner;
            let limit = if repairs { Some(limits.recovering) } else { limits.of_state(limited(row)) };
            let minutes = limit.filter(|_| !queues)?.get();
            Some(after(row.state_since, i64::from(minutes)))
        }
        Timer::BackupLimit => {
            let begun = row.backup_since.filter(|begun| *begun != Micros::MAX.into())?;
            let limit = match row.backup_state {
                BackupState::InProgress => policy.time_limits.backup,
                BackupState::Pending => policy.time_limits.queued_backup,
                BackupState::None | BackupState::Completed | BackupState::Error => return None,
            };
            // The write of this timer is dropped where the states are incoherent.
            let can_end = super::row::coherent(row.state, row.desired_state);
            can_end.then(|| after(begun, i64::from(limit.get())))
        }
        Timer::AutoDelete => {
            let minutes = row.auto_delete.as_minutes();
            idle(rests && reachable && minutes >= 0, minutes)
        }
        Timer::AutoArchive => {
            let given_up = row.archive_attempts == 7; // D3
            idle(rests && !warm_pool && !is_ephemeral(row) && !given_up, row.auto_archive.as_minutes())
        }
        Timer::AutoPause => {
            let minutes = row.auto_pause.as_minutes();
            idle(runs && reachable && is_vm(row) && !is_ephemeral(row) && minutes > 0, minutes)
        }
        Timer::AutoStop => {
            let minutes = row.auto_stop.as_minutes();
            idle(runs && reachable && minutes > 0, minutes)
        }
        Timer::Retention => retention(row).map(|minutes| after(row.state_since, minutes)),
    }
}

/// Returns for how many minutes the record is kept, if it is removed at all.
fn retention(row: &Columns) -> Option<i64> {
    let (a_day, a_week) = (24 * 60, 7 * 24 * 60);
    // While a runner holds a copy, the copy must be removed first (D2).
    let unheld = desired_is(row, &[DesiredState::Destroyed]) && !row.has_runner;
    let wanted = desired_is(row, &[DesiredState::Started]);
    match row.state.as_str() {
        "destroyed" => Some(a_day),
        "build_failed" if unheld => Some(a_day),
        "build_failed" if wanted => Some(a_week),
        "error" if unheld => Some(a_week),
        _stays => None,
    }
}

/// Returns the instant this many minutes later, in microseconds.
fn after(since: DateTime<Utc>, minutes: i64) -> i128 {
    i128::from(since.timestamp_micros()).saturating_add(i128::from(minutes).saturating_mul(60_000_000))
}
