//! A time of the wire: read as an instant, written back in the form it came in.

use crate::vocabulary::Instant;
use alloc::boxed::Box;
use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A timestamp of a record. The published description says `string`, so any text is kept; logic sees the instant.
///
/// The usual forms (UTC with `Z`, no fraction or three or six digits of it) are stored as a number. Another offset,
/// finer digits or an unreadable text are kept as they came, so that writing gives back what was read.
///
/// ```
/// use sandbox_lifecycle::record::Timestamp;
/// let (plain, offset) = (Timestamp::read("2024-10-01T12:00:00Z"), Timestamp::read("2024-10-01T14:00:00.000+02:00"));
/// assert_eq!(plain.instant(), offset.instant());
/// assert_eq!(offset.to_string(), "2024-10-01T14:00:00.000+02:00");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Timestamp(Form);

#[derive(Clone, PartialEq, Eq)]
enum Form {
    Seconds(Instant),
    Millis(Instant),
    Micros(Instant),
    AsItCame(Box<Text>),
}

#[derive(Clone, PartialEq, Eq)]
struct Text {
    text: Box<str>,
    instant: Option<Instant>,
}

impl Timestamp {
    /// What a text says. Nothing is refused; [`instant`](Self::instant) tells whether it is a time.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let Some(instant) = instant_of(text) else {
            return Self::as_it_came(text, None);
        };
        let bytes = text.as_bytes();
        // A leap second is read as the second after it, so only its own text says what was meant.
        let is_usual = bytes.get(10) == Some(&b'T') && bytes.last() == Some(&b'Z') && bytes.get(17) != Some(&b'6');
        match bytes.len() {
            20 if is_usual => Self(Form::Seconds(instant)),
            24 if is_usual => Self(Form::Millis(instant)),
            27 if is_usual => Self(Form::Micros(instant)),
            _ => Self::as_it_came(text, Some(instant)),
        }
    }

    #[cold]
    fn as_it_came(text: &str, instant: Option<Instant>) -> Self {
        Self(Form::AsItCame(Box::new(Text { text: text.into(), instant })))
    }

    /// The instant, in microseconds; nothing where the text is not a time that RFC 3339 or chrono can say.
    #[must_use]
    pub const fn instant(&self) -> Option<Instant> {
        match &self.0 {
            Form::Seconds(instant) | Form::Millis(instant) | Form::Micros(instant) => Some(*instant),
            Form::AsItCame(text) => text.instant,
        }
    }

    /// The instant as chrono's time.
    #[must_use]
    pub fn time(&self) -> Option<DateTime<Utc>> {
        self.instant().map(Into::into)
    }
}

fn instant_of(text: &str) -> Option<Instant> {
    let time = DateTime::parse_from_rfc3339(text).ok().or_else(|| beyond_rfc3339(text))?;
    Some(Instant::from(time.to_utc()))
}

/// Years beyond 9999, which RFC 3339 cannot say: this crate writes them with a sign, and so reads them.
#[cold]
fn beyond_rfc3339(text: &str) -> Option<DateTime<FixedOffset>> {
    text.parse().ok()
}

impl From<Instant> for Timestamp {
    /// Written with as many digits as it needs.
    fn from(instant: Instant) -> Self {
        let micros = instant.as_micros();
        if micros % 1_000_000 == 0 {
            Self(Form::Seconds(instant))
        } else if micros % 1_000 == 0 {
            Self(Form::Millis(instant))
        } else {
            Self(Form::Micros(instant))
        }
    }
}
impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Instant::from(time).into()
    }
}
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (instant, digits) = match &self.0 {
            Form::Seconds(instant) => (*instant, SecondsFormat::Secs),
            Form::Millis(instant) => (*instant, SecondsFormat::Millis),
            Form::Micros(instant) => (*instant, SecondsFormat::Micros),
            Form::AsItCame(text) => return f.write_str(&text.text),
        };
        f.write_str(&DateTime::<Utc>::from(instant).to_rfc3339_opts(digits, true))
    }
}
impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TimestampVisitor)
    }
}

struct TimestampVisitor;

impl de::Visitor<'_> for TimestampVisitor {
    type Value = Timestamp;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a timestamp")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
        Ok(Timestamp::read(text))
    }
}
