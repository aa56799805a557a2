//! A timestamp of the wire, which is written back in the form in which it was read.

use super::maybe::Maybe;
use super::wire::leaf;
use crate::vocabulary::{Micros, parse_usual, read_text};
use alloc::{boxed::Box, string::ToString};
use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use core::{fmt, ops::Range};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A timestamp of a record. The API description says `string`, so every text is accepted and kept.
///
/// The usual forms (UTC with `Z`, and zero, three or six digits of fraction) are stored as a number. A text with another
/// offset, with finer digits or that is not a time is stored as a text.
///
/// ```
/// use sandbox_lifecycle::record::Timestamp;
/// let (plain, offset) = (Timestamp::from("2024-10-01T12:00:00Z"), Timestamp::from("2024-10-01T14:00:00.000+02:00"));
/// assert_eq!(plain.time(), offset.time());
/// assert_eq!(offset.to_string(), "2024-10-01T14:00:00.000+02:00");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Timestamp(Form);

#[derive(Clone, PartialEq, Eq)]
enum Form {
    Usual(Micros, SecondsFormat),
    Other(Box<Box<str>>), // Two boxes keep a timestamp at 16 bytes: nearly all of them have the usual form.
}

/// The years 0000 to 9999, in microseconds since 1970.
const FOUR_DIGITS: Range<i64> = -62_167_219_200_000_000..253_402_300_800_000_000;

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Timestamp {
    /// Returns the time in whole microseconds, or `None` if the text is not a time in a form of RFC 3339 or chrono.
    pub fn time(&self) -> Option<DateTime<Utc>> {
        let instant = match &self.0 {
            Form::Usual(instant, _) => *instant,
            // This crate writes years after 9999 with a sign, which is a form of chrono but not of RFC 3339.
            Form::Other(text) => DateTime::parse_from_rfc3339(text)
                .or_else(|_| text.parse::<DateTime<FixedOffset>>())
                .ok()?
                .to_utc()
                .into(),
        };
        Some(instant.into())
    }
}

impl Maybe<Timestamp> {
    /// Returns the time, if there is a timestamp and it is one.
    pub(crate) fn time(&self) -> Option<DateTime<Utc>> {
        self.value().and_then(Timestamp::time)
    }
}

impl From<&str> for Timestamp {
    /// Accepts every text; [`time`](Timestamp::time) says whether it is a time.
    fn from(text: &str) -> Self {
        let usual = parse_usual(text.as_bytes()).map(|(time, digits)| Form::Usual(time, digits));
        Self(usual.unwrap_or_else(|| Form::Other(Box::new(text.into()))))
    }
}
impl From<Micros> for Timestamp {
    /// Uses the usual form with the fewest digits. A year that does not have four digits is written with a sign; this form of
    /// chrono is a text, so that the timestamp is equal to the one that is read from it.
    fn from(instant: Micros) -> Self {
        let digits = match instant.as_micros() {
            micros if micros % 1_000_000 == 0 => SecondsFormat::Secs,
            micros if micros % 1_000 == 0 => SecondsFormat::Millis,
            _ => SecondsFormat::Micros,
        };
        let usual = Self(Form::Usual(instant, digits));
        if FOUR_DIGITS.contains(&instant.as_micros()) { usual } else { usual.to_string().as_str().into() }
    }
}
impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Micros::from(time).into()
    }
}
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Usual(instant, digits) => {
                f.write_str(&DateTime::<Utc>::from(*instant).to_rfc3339_opts(*digits, true))
            }
            Form::Other(text) => f.write_str(text),
        }
    }
}
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |f| f.write_str("a string"), |text| Ok(text.into()))
    }
}
leaf! { Timestamp = Micros::EPOCH.into(); }
