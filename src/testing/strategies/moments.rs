//! Moments at which a rule could change its answer for a row.

use crate::{lifecycle::Lifecycle, policy::TimeLimits, vocabulary::Micros};

/// Returns one of the row's own times plus one of its own intervals: there a rule could change its answer.
pub(super) fn moment_of(row: &Lifecycle, from: usize, after: usize) -> Micros {
    let columns = row.columns();
    let from = Micros::from(match from {
        0 => columns.created_at,
        1 | 2 => columns.last_activity_at,
        3 | 4 => columns.state_since,
        5 => columns.auto_destroy_at.unwrap_or(columns.created_at),
        6 => columns.backup_since.unwrap_or(columns.created_at),
        _recovered => columns.last_recovery.unwrap_or(columns.created_at),
    });
    let minutes = match after {
        0 => 0,
        1 => columns.auto_stop.as_minutes(),
        2 => columns.auto_pause.as_minutes(),
        3 => columns.auto_archive.as_minutes(),
        4 => columns.auto_delete.as_minutes(),
        5 => columns.queue_timeout.map_or(0, |minutes| minutes.as_minutes()),
        6 => 24 * 60,
        7 => 7 * 24 * 60,
        8 => 120,
        9 => 60,
        10 => 30,
        _limit => {
            let limit = TimeLimits::default().of_state(columns.state);
            return from.saturating_add_minutes(limit.map_or(60, |minutes| i64::from(minutes.get())));
        }
    };
    from.saturating_add_minutes(i64::from(minutes))
}
