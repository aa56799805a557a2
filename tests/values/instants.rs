//! Instants: range, text form and the last instant.

use chrono::{DateTime, Utc};
use sandbox_lifecycle::{Columns, Lifecycle, Micros};

#[test]
fn an_instant_saturates_at_the_range_of_chrono() {
    assert_eq!(DateTime::<Utc>::from(Micros::MIN), DateTime::<Utc>::MIN_UTC);
    assert_eq!(Micros::from(DateTime::<Utc>::MAX_UTC), Micros::MAX);
    assert_eq!(Micros::from_micros(i64::MAX), Micros::MAX);
    assert_eq!(Micros::from_micros(i64::MIN), Micros::MIN);
    assert_eq!(Micros::MAX.saturating_add_micros(1), Micros::MAX);
    assert_eq!(Micros::MIN.saturating_add_micros(-1), Micros::MIN);
    assert_eq!(Micros::MAX.saturating_add_minutes(i64::MAX), Micros::MAX);
    assert_eq!(Micros::MIN.saturating_add_minutes(i64::MIN), Micros::MIN);
    assert_eq!(Micros::EPOCH.saturating_add_minutes(1).as_micros(), 60_000_000);
}

#[test]
fn an_instant_is_written_as_rfc_3339_and_truncated_to_the_microsecond() {
    let time: DateTime<Utc> = "2024-10-01T12:00:00.123456789+02:00".parse().expect("a time");
    let instant = Micros::from(time);
    assert_eq!(instant.to_string(), "2024-10-01T10:00:00.123456Z");
    assert_eq!(Micros::MIN.to_string(), "-262143-01-01T00:00:00Z");
    assert_eq!(Micros::MAX.to_string(), "+262142-12-31T23:59:59.999999Z");
    for instant in [Micros::MIN, Micros::EPOCH, instant, Micros::MAX] {
        let json = serde_json::to_string(&instant).expect("an instant");
        assert_eq!(serde_json::from_str::<Micros>(&json).expect(&json), instant);
    }
}

#[test]
fn the_last_instant_means_never() {
    let row = Lifecycle::from(Columns { auto_destroy_at: Some(Micros::MAX), ..Columns::default() });
    assert_eq!(row.auto_destroy_at(), None);
    let before = Micros::MAX.saturating_add_micros(-1);
    let row = Lifecycle::from(Columns { auto_destroy_at: Some(before), ..Columns::default() });
    assert_eq!(row.auto_destroy_at(), Some(before.into()));
}
