//! Times and intervals that many tests use.
#![allow(dead_code, reason = "a test binary may use only some of them")]

use chrono::{DateTime, Utc};
use sandbox_lifecycle::vocabulary::Minutes;

/// An arbitrary instant in the range of every date type involved.
pub fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000, 0).expect("a time in chrono's range")
}

pub fn minutes(count: u32) -> Minutes {
    Minutes::new(count).expect("an interval")
}

/// The last instant that a row can hold, which stands for none where a time may be missing.
pub fn last_instant() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(DateTime::<Utc>::MAX_UTC.timestamp_micros()).expect("a time in chrono's range")
}
