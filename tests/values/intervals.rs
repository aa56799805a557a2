//! Intervals: their range, what 0 and negative numbers mean for each, and their defaults.

use crate::time::minutes;
use sandbox_lifecycle::vocabulary::{
    AutoArchive, AutoDelete, AutoPause, AutoStop, IntervalError, Minutes, Negative, QueueTimeout, Size, Ttl,
};

const LARGEST: i64 = i32::MAX as i64;

#[test]
fn minutes_range_from_1_to_the_largest_i32() {
    assert_eq!(Minutes::new(0), None);
    assert_eq!(Minutes::new(1).map(Minutes::get), Some(1));
    assert_eq!(Minutes::new(2_147_483_647), Some(Minutes::MAX));
    assert_eq!(Minutes::new(2_147_483_648), None);
}

/// Returns the field, the value and what is allowed, from the error for an interval of this many minutes.
fn refused<T: TryFrom<i64, Error = IntervalError> + std::fmt::Debug>(
    minutes: i64,
) -> (&'static str, i64, &'static str) {
    let error = T::try_from(minutes).expect_err("it is out of range");
    (error.field, error.value, error.allowed)
}

#[test]
fn each_interval_has_its_own_meaning_of_0() {
    assert_eq!(AutoStop::try_from(0), Ok(AutoStop::Never));
    assert_eq!(AutoPause::try_from(0), Ok(AutoPause::Never));
    assert_eq!(AutoArchive::try_from(0), Ok(AutoArchive::AtOnce));
    assert_eq!(AutoDelete::from(0), AutoDelete::AtOnce);
    assert_eq!(Ttl::try_from(0), Ok(Ttl::Never));
    assert_eq!(refused::<QueueTimeout>(0), ("queueTimeout", 0, "1 to 2147483647"));
}

#[test]
fn only_auto_delete_accepts_a_negative_number_and_keeps_it() {
    assert_eq!(refused::<AutoStop>(-1), ("autoStopInterval", -1, "0 (never) or up to 2147483647"));
    assert_eq!(refused::<AutoPause>(-1), ("autoPauseInterval", -1, "0 (never) or up to 2147483647"));
    assert_eq!(refused::<AutoArchive>(-1), ("autoArchiveInterval", -1, "0 (the maximum) or up to 2147483647"));
    assert_eq!(refused::<Ttl>(-1), ("ttl", -1, "0 (none) or up to 2147483647"));
    assert_eq!(refused::<QueueTimeout>(-1), ("queueTimeout", -1, "1 to 2147483647"));
    assert_eq!(AutoDelete::from(-1), AutoDelete::NEVER);
    let smallest = AutoDelete::try_from(i64::from(i32::MIN)).expect("any negative number means never");
    assert_eq!(smallest, AutoDelete::Never(Negative::new(i32::MIN).expect("it is negative")));
    assert_eq!(smallest.as_minutes(), i32::MIN);
    assert_eq!(Negative::new(0), None);
}

#[test]
fn negative_and_too_large_intervals_have_different_codes() {
    let negative = AutoStop::try_from(-1).expect_err("negative");
    assert_eq!((negative.code(), negative.http_status()), ("negative_interval", 400));
    assert_eq!(negative.to_string(), "autoStopInterval is -1 minutes, expected 0 (never) or up to 2147483647");
    let large = AutoDelete::try_from(LARGEST + 1).expect_err("too large");
    assert_eq!((large.code(), large.http_status()), ("interval_out_of_range", 400));
}

#[test]
fn the_largest_i32_is_accepted_and_larger_numbers_are_refused() {
    assert_eq!(AutoStop::try_from(LARGEST), Ok(AutoStop::After(Minutes::MAX)));
    assert_eq!(AutoPause::try_from(LARGEST), Ok(AutoPause::After(Minutes::MAX)));
    assert_eq!(AutoArchive::try_from(LARGEST), Ok(AutoArchive::After(Minutes::MAX)));
    assert_eq!(AutoDelete::try_from(LARGEST), Ok(AutoDelete::After(Minutes::MAX)));
    assert_eq!(Ttl::try_from(LARGEST), Ok(Ttl::After(Minutes::MAX)));
    assert_eq!(QueueTimeout::try_from(LARGEST), Ok(QueueTimeout(Minutes::MAX)));
    for beyond in [LARGEST + 1, i64::MAX, i64::MIN, i64::from(i32::MIN) - 1] {
        assert!(AutoStop::try_from(beyond).is_err() && AutoPause::try_from(beyond).is_err(), "{beyond}");
        assert!(AutoArchive::try_from(beyond).is_err() && AutoDelete::try_from(beyond).is_err(), "{beyond}");
        assert!(Ttl::try_from(beyond).is_err() && QueueTimeout::try_from(beyond).is_err(), "{beyond}");
    }
}

#[test]
fn a_requested_archive_interval_is_capped_and_0_means_the_maximum() {
    let maximum = minutes(43_200);
    let requested = |count| AutoArchive::requested(count, maximum).map(AutoArchive::as_minutes);
    assert_eq!(requested(0), Ok(43_200));
    assert_eq!(requested(1), Ok(1));
    assert_eq!(requested(43_200), Ok(43_200));
    assert_eq!(requested(43_201), Ok(43_200));
    assert_eq!(requested(LARGEST), Ok(43_200));
    assert!(requested(-1).is_err());
}

#[test]
fn the_default_intervals_and_size_are_those_of_the_server() {
    let defaults =
        (AutoStop::default().as_minutes(), AutoPause::default().as_minutes(), AutoArchive::default().as_minutes());
    assert_eq!(defaults, (15, 0, 10_080));
    assert_eq!((AutoDelete::default().as_minutes(), Ttl::default().as_minutes()), (-1, 0));
    assert_eq!(Size::default(), Size { cpu: 2, memory: 4, disk: 10 });
}
