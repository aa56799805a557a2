//! Instants that a lifecycle may lack, and the end of a time to live.

use crate::vocabulary::{Micros, Minutes};

/// Stands for "no such time" in a lifecycle, and is later than every time.
pub(crate) const NEVER: Micros = Micros::MAX;

/// The last time.
pub(crate) const LAST: Micros = NEVER.saturating_add_micros(-1);

/// Returns when a time to live ends that begins now.
///
/// An end beyond the last time becomes the last time. A time to live that begins there has no end.
pub(crate) fn ends_after(now: Micros, minutes: Minutes) -> Option<Micros> {
    let end = now.saturating_add_minutes(i64::from(minutes.get())).min(LAST);
    (end >= now).then_some(end)
}
