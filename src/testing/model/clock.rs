//! The naive model's decisions on timers, by `docs/LIFECYCLE.md` ("Timers and time limits"), sentence by sentence.

use super::{
    reports,
    row::{at, desired_is, is_ephemeral, is_vm},
    write::{Taken, Write},
};
use crate::{
    lifecycle::Columns,
    policy::Policy,
    rules::{Context, ReasonText, Stamp, Task, Timer},
    vocabulary::{BackupState, DesiredState, Fault, SandboxState as S},
};
use chrono::{DateTime, Utc};

pub(super) fn decide(row: &Columns, timer: Timer, policy: &Policy, context: Context, now: DateTime<Utc>) -> Taken {
    let mut write = Write::to(row, now);
    if !acts(row, timer, policy, context, now) {
        return write.unwritten();
    }
    match timer {
        Timer::SpotEviction => {
            write.supersede();
            write.stamp = Some(Stamp::SpotEvicted);
        }
        Timer::Ttl => write.supersede(),
        Timer::QueueTimeout => {
            write.supersede();
            write.stamp = Some(Stamp::QueueTimedOut);
        }
        Timer::TimeLimit => time_limit(row, &mut write),
        Timer::BackupLimit => write.row.backup_state = BackupState::Error,
        Timer::AutoDelete => write.soft_delete(),
        Timer::AutoArchive => write.row.desired_state = DesiredState::Archived,
        Timer::AutoPause => {
            write.row.state = S::Pausing;
            write.row.desired_state = DesiredState::Paused;
            write.task = Some(Task::Pause);
        }
        Timer::AutoStop if is_ephemeral(row) => write.soft_delete(),
        Timer::AutoStop => {
            write.row.desired_state = DesiredState::Stopped;
            write.row.force_stop = false;
        }
        Timer::Retention => {
            write.purge = true;
            return write.unwritten();
        }
    }
    reports::written_or_dropped(row, write, now)
}

fn time_limit(row: &Columns, write: &mut Write) {
    let in_place = at(row, &[S::Resizing, S::Snapshotting, S::Forking]);
    if in_place && desired_is(row, &[DesiredState::Started]) {
        write.row.state = S::Started;
    } else if in_place && desired_is(row, &[DesiredState::Stopped]) {
        write.row.state = S::Stopped;
    } else {
        write.fails(Fault::Timeout, false, ReasonText::Ours(Fault::Timeout));
        if row.state == S::BuildingSnapshot && !desired_is(row, &[DesiredState::Paused]) {
            write.row.state = S::BuildFailed;
        }
    }
}

/// Returns whether strictly more than this number of minutes has passed. The sum cannot overflow.
fn passed(since: DateTime<Utc>, minutes: i64, now: DateTime<Utc>) -> bool {
    let micros = i128::from(minutes).saturating_mul(60_000_000);
    i128::from(now.timestamp_micros()).saturating_sub(i128::from(since.timestamp_micros())) > micros
}

fn acts(row: &Columns, timer: Timer, policy: &Policy, context: Context, now: DateTime<Utc>) -> bool {
    let unclaimed = context.warm_pool();
    let reachable = row.has_runner && !context.runner_unready() && !unclaimed;
    let runs = row.state == S::Started && desired_is(row, &[DesiredState::Started]) && !row.pending;
    let rests = row.state == S::Stopped && desired_is(row, &[DesiredState::Stopped]) && !row.pending;
    let idle = |minutes: i32| passed(row.last_activity_at, i64::from(minutes), now);
    let kept = |minutes: i64| passed(row.state_since, minutes, now);
    let destroyed = desired_is(row, &[DesiredState::Destroyed]);
    let unassigned = at(row, &[S::PendingBuild, S::PullingSnapshot]) && !row.has_runner;
    let queues = unassigned && desired_is(row, &[DesiredState::Started]) && row.queue_timeout.is_some();
    match timer {
        Timer::SpotEviction => row.gpu > 0 && !destroyed,
        Timer::Ttl => !destroyed && row.auto_destroy_at.is_some_and(|at| now > at),
        Timer::QueueTimeout => {
            let minutes = row.queue_timeout.map_or(0, |minutes| minutes.as_minutes());
            queues && passed(row.created_at, i64::from(minutes), now)
        }
        Timer::TimeLimit => {
            let limit = policy.time_limits.of_state(row.state);
            !queues && limit.is_some_and(|limit| kept(i64::from(limit.get())))
        }
        Timer::BackupLimit => {
            let limit = i64::from(policy.time_limits.backup.get());
            let begun = row.backup_since.filter(|_| row.backup_state == BackupState::InProgress);
            begun.is_some_and(|since| passed(since, limit, now))
        }
        Timer::AutoDelete => {
            rests && reachable && row.auto_delete.as_minutes() >= 0 && idle(row.auto_delete.as_minutes())
        }
        Timer::AutoArchive => rests && !unclaimed && !is_ephemeral(row) && idle(row.auto_archive.as_minutes()),
        Timer::AutoPause => {
            let can = is_vm(row) && !is_ephemeral(row);
            runs && reachable && can && row.auto_pause.as_minutes() > 0 && idle(row.auto_pause.as_minutes())
        }
        Timer::AutoStop => runs && reachable && row.auto_stop.as_minutes() > 0 && idle(row.auto_stop.as_minutes()),
        Timer::Retention => {
            let (a_day, a_week) = (24 * 60, 7 * 24 * 60);
            let failed_build = row.state == S::BuildFailed;
            // While a runner holds a copy, the copy must be removed first (D2).
            let unheld = destroyed && !row.has_runner;
            (row.state == S::Destroyed && kept(a_day))
                || (failed_build && unheld && kept(a_day))
                || (failed_build && desired_is(row, &[DesiredState::Started]) && kept(a_week))
                || (row.state == S::Error && unheld && kept(a_week))
        }
    }
}
