//! Timestamps: their forms, years without four digits, and the fast reading next to chrono's own.

use chrono::{DateTime, FixedOffset, Utc};
use proptest::prelude::*;
use sandbox_lifecycle::record::Timestamp;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The time of a text as chrono alone reads it, in whole microseconds.
fn as_chrono_reads(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).or_else(|_| text.parse::<DateTime<FixedOffset>>()).ok()?;
    DateTime::from_timestamp_micros(time.to_utc().timestamp_micros())
}

#[test]
fn a_year_without_four_digits_is_written_with_a_sign_and_read_back_equal() {
    for (text, usual) in [
        ("9999-12-31T23:59:59.999999Z", true),
        ("2024-10-01T12:00:00.250Z", true),
        ("+10000-01-01T00:00:00Z", false),
        ("+10000-01-01T00:00:00.250Z", false),
        ("+262142-12-31T23:59:59.999999Z", false),
        ("0000-01-01T00:00:00Z", true),
        ("-0001-12-31T23:59:59.999999Z", false),
        ("-262143-01-01T00:00:00Z", false),
    ] {
        let written = Timestamp::from(at(text));
        assert_eq!(written.to_string(), text);
        assert_eq!(written, Timestamp::from(text));
        assert_eq!(written.time(), Some(at(text)), "{text}");
        assert_eq!(DateTime::parse_from_rfc3339(text).is_ok(), usual, "RFC 3339 has no sign: {text}");
    }
}

#[test]
fn a_text_that_is_no_time_is_kept_and_has_no_time() {
    for text in ["", "yesterday", "2024-13-01T00:00:00Z", "2024-02-30T00:00:00Z", "2024-10-01T24:00:00Z"] {
        assert_eq!((Timestamp::from(text).to_string().as_str(), Timestamp::from(text).time()), (text, None));
    }
    // Each place of the usual form holds a digit or its own separator. A colon follows the digits in ASCII.
    let usual = "2024-10-01T12:00:00.123456Z";
    for (place, wrong) in (0..usual.len()).flat_map(|place| ["!", ":"].map(|wrong| (place, wrong))) {
        let text = format!("{}{wrong}{}", &usual[..place], &usual[place + 1..]);
        let expected = (text == usual).then(|| at(usual));
        assert_eq!(Timestamp::from(text.as_str()).time(), expected, "{text}");
    }
}

#[test]
fn the_forms_of_one_time_differ() {
    let forms =
        ["2024-10-01T12:00:00Z", "2024-10-01T12:00:00.000Z", "2024-10-01T12:00:00.000000Z"].map(Timestamp::from);
    assert!(forms.iter().all(|form| form.time() == forms[0].time()));
    assert!(forms[0] != forms[1] && forms[1] != forms[2] && forms[0] != forms[2]);
    let written = ["2024-10-01T12:00:00Z", "2024-10-01T12:00:00.250Z", "2024-10-01T12:00:00.000250Z"];
    assert_eq!(written.map(|text| Timestamp::from(at(text)).to_string()), written, "the fewest digits");
    assert_eq!(format!("{:?}", Timestamp::from("2024-10-01t12:00:00z")), "2024-10-01t12:00:00z");
}

/// Texts around the usual forms: any digits, also of days and hours that do not exist.
fn any_near_time() -> impl Strategy<Value = String> {
    let date = (0u32..10_000, 0u32..14, 0u32..33).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}"));
    let time = (0u32..26, 0u32..62, 0u32..62).prop_map(|(h, m, s)| format!("{h:02}:{m:02}:{s:02}"));
    let fraction = prop_oneof![3 => "", 3 => "\\.[0-9]{3}", 3 => "\\.[0-9]{6}", 1 => "\\.[0-9]{0,9}"];
    let zone = prop_oneof![8 => Just("Z"), 1 => Just("z"), 1 => Just("+00:00"), 1 => Just("-05:30"), 1 => Just("")];
    (date, prop_oneof![9 => Just('T'), 1 => Just('t'), 1 => Just(' ')], time, fraction, zone)
        .prop_map(|(date, separator, time, fraction, zone)| format!("{date}{separator}{time}{fraction}{zone}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn the_fast_reading_agrees_with_chrono(text in any_near_time()) {
        let read = Timestamp::from(text.as_str());
        prop_assert_eq!(read.time(), as_chrono_reads(&text), "{}", text);
        prop_assert_eq!(read.to_string(), text);
    }
}
