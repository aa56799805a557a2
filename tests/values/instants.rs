//! Instants of a row: range, precision, text form and the last instant.

use crate::time::last_instant;
use chrono::{DateTime, Duration, Utc};
use sandbox_lifecycle::{Columns, Lifecycle};

fn created_at(at: DateTime<Utc>) -> Lifecycle {
    Lifecycle::from(Columns { created_at: at, ..Columns::default() })
}

#[test]
fn a_row_keeps_the_whole_range_of_chrono_exact_to_the_microsecond() {
    let time: DateTime<Utc> = "2024-10-01T12:00:00.123456789+02:00".parse().expect("a time");
    let cut: DateTime<Utc> = "2024-10-01T10:00:00.123456Z".parse().expect("a time");
    assert_eq!(created_at(time).created_at(), cut);
    assert_eq!(created_at(DateTime::<Utc>::MIN_UTC).created_at(), DateTime::<Utc>::MIN_UTC);
    assert_eq!(created_at(DateTime::<Utc>::MAX_UTC).created_at(), last_instant());
}

#[test]
fn an_instant_is_stored_as_rfc_3339_and_read_back_equal() {
    let written = |at| serde_json::to_value(created_at(at)).expect("it is written")["createdAt"].clone();
    assert_eq!(written(DateTime::UNIX_EPOCH + Duration::microseconds(1)), "1970-01-01T00:00:00.000001Z");
    assert_eq!(written(DateTime::<Utc>::MIN_UTC), "-262143-01-01T00:00:00Z");
    assert_eq!(written(DateTime::<Utc>::MAX_UTC), "+262142-12-31T23:59:59.999999Z");
    for at in [DateTime::<Utc>::MIN_UTC, DateTime::UNIX_EPOCH, last_instant()] {
        let json = serde_json::to_string(&created_at(at)).expect("it is written");
        assert_eq!(serde_json::from_str::<Lifecycle>(&json).expect(&json), created_at(at));
    }
}

#[test]
fn the_last_instant_means_never() {
    let ends = |at| Lifecycle::from(Columns { auto_destroy_at: Some(at), ..Columns::default() }).auto_destroy_at();
    assert_eq!(ends(last_instant()), None);
    let before = last_instant() - Duration::microseconds(1);
    assert_eq!(ends(before), Some(before));
}
