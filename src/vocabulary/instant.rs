//! Points in time in microseconds, the unit that a lifecycle stores.

use super::{quoted::Quoted, text_reader::read_text};
use alloc::format;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time in whole microseconds UTC, within the range of chrono.
///
/// It takes eight bytes where a [`DateTime`] takes twelve, and a comparison is one instruction; deadlines are cheap
/// because of that. [`From`] converts both ways and cuts digits finer than a microsecond.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Micros(i64);

impl Micros {
    /// The earliest instant.
    pub const MIN: Self = Self(DateTime::<Utc>::MIN_UTC.timestamp_micros());
    /// The latest instant.
    pub const MAX: Self = Self(DateTime::<Utc>::MAX_UTC.timestamp_micros());
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// Returns the instant `micros` microseconds after 1970-01-01T00:00:00Z, clamped to the range.
    pub const fn from_micros(micros: i64) -> Self {
        if micros < Self::MIN.0 {
            Self::MIN
        } else if micros > Self::MAX.0 {
            Self::MAX
        } else {
            Self(micros)
        }
    }

    /// Cuts digits finer than a microsecond off a time. Most times have none, and are not computed anew.
    pub fn cut(time: DateTime<Utc>) -> DateTime<Utc> {
        let nanos = time.timestamp_subsec_nanos();
        // From a whole second on they are a leap second, which becomes the second after it.
        if nanos < 1_000_000_000 && nanos.is_multiple_of(1_000) { time } else { Self::from(time).into() }
    }

    /// Returns the microseconds since 1970-01-01T00:00:00Z.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Adds microseconds (or subtracts, if negative), clamped to the range.
    #[must_use]
    pub const fn saturating_add_micros(self, micros: i64) -> Self {
        Self::from_micros(self.0.saturating_add(micros))
    }

    /// Adds minutes (or subtracts, if negative), clamped to the range.
    #[must_use]
    pub const fn saturating_add_minutes(self, minutes: i64) -> Self {
        self.saturating_add_micros(minutes.saturating_mul(MICROS_PER_MINUTE))
    }
}

/// The microseconds of a minute, which is the unit of every interval.
pub(crate) const MICROS_PER_MINUTE: i64 = 60_000_000;

impl From<DateTime<Utc>> for Micros {
    fn from(time: DateTime<Utc>) -> Self {
        Self::from_micros(time.timestamp_micros())
    }
}
impl From<Micros> for DateTime<Utc> {
    fn from(instant: Micros) -> Self {
        // A `Micros` is always within chrono's range, so the fallback never happens.
        DateTime::from_timestamp_micros(instant.0).unwrap_or(Self::MAX_UTC)
    }
}
impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&DateTime::<Utc>::from(*self).to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}
impl fmt::Debug for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Serialize for Micros {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
/// Parses the usual forms: UTC with `Z`, and zero, three or six digits of fraction. It is three times as fast as a parser for all
/// forms, and a record has many times.
pub(crate) fn parse_usual(text: &[u8]) -> Option<(Micros, SecondsFormat)> {
    let (time, fraction) = text.split_at_checked(19)?;
    let &[y0, y1, y2, y3, b'-', o0, o1, b'-', d0, d1, b'T', h0, h1, b':', m0, m1, b':', s0, s1] = time else {
        return None;
    };
    let (digits, micros) = match fraction {
        b"Z" => (SecondsFormat::Secs, 0),
        &[b'.', a, b, c, b'Z'] => (SecondsFormat::Millis, number([a, b, c, b'0', b'0', b'0'])?),
        &[b'.', a, b, c, d, e, f, b'Z'] => (SecondsFormat::Micros, number([a, b, c, d, e, f])?),
        _ => return None,
    };
    let year = i32::try_from(number([y0, y1, y2, y3])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number([o0, o1])?, number([d0, d1])?)?;
    // A leap second is not a usual form: it would be written back as the second after it.
    let time = date.and_hms_micro_opt(number([h0, h1])?, number([m0, m1])?, number([s0, s1])?, micros)?;
    Some((time.and_utc().into(), digits))
}

/// Parses up to nine decimal digits.
fn number<const N: usize>(digits: [u8; N]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit < 10).then(|| number.wrapping_mul(10).wrapping_add(digit.into()))
    })
}

impl<'de> Deserialize<'de> for Micros {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "an RFC 3339 time of the years -262143 to +262142";
        read_text(
            deserializer,
            |f| f.write_str(expected),
            |text| {
                let usual = parse_usual(text.as_bytes()).map(|(time, _)| time);
                let time = usual.map_or_else(|| text.parse::<DateTime<Utc>>().map(Self::from), Ok);
                time.map_err(|_| format!("invalid value: string {}, expected {expected}", Quoted(text)))
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Micros;

    #[test]
    fn an_instant_beyond_the_range_is_the_first_or_the_last_one() {
        let cases = [
            (i64::MIN, Micros::MIN),
            (Micros::MIN.as_micros(), Micros::MIN),
            (0, Micros::EPOCH),
            (Micros::MAX.as_micros(), Micros::MAX),
            (i64::MAX, Micros::MAX),
        ];
        for (micros, expected) in cases {
            assert_eq!(Micros::from_micros(micros), expected, "{micros}");
        }
    }
}
