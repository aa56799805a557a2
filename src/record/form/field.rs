//! How the value of a field becomes the type that a rule reads, or an error that names the field.

use super::{maybe::Maybe, number::Number, timestamp::Timestamp};
use crate::vocabulary::{
    AutoArchive, AutoDelete, AutoPause, AutoStop, Fault, FieldError, IntervalError, Open, QueueTimeout, Ttl, Word,
};
use alloc::{string::String, string::ToString, vec::Vec};
use chrono::{DateTime, Utc};
use core::{num::NonZeroU32, str::FromStr};

/// A field that can be read as a `T`.
pub(crate) trait ReadAs<T> {
    /// Returns the value, or `None` if the field is not given.
    fn try_read_as(&self, field: &'static str) -> Result<Option<T>, FieldError>;

    /// Returns the value. If the field is not given, there is none; if it is faulty, there is also an error.
    fn read_as(&self, field: &'static str, errors: &mut Vec<FieldError>) -> Option<T> {
        self.try_read_as(field).map_err(|error| errors.push(error)).ok().flatten()
    }
}

/// A field that can be written from a `T`.
pub(crate) trait WriteFrom<T> {
    /// Writes the value. `None` makes an optional field absent.
    fn write_from(&mut self, value: Option<T>);
}

/// Implements [`ReadAs`] for fields that are always given.
macro_rules! reads {
    ($($({$($parameter:tt)+})? $field:ty as $value:ty: $read:expr;)+) => {$(
        impl $(<$($parameter)+>)? $crate::record::form::ReadAs<$value> for $field {
            fn try_read_as(&self, field: &'static str) -> Result<Option<$value>, $crate::vocabulary::FieldError> {
                let read: fn(&Self, &'static str) -> Result<$value, $crate::vocabulary::FieldError> = $read;
                read(self, field).map(Some)
            }
        }
    )+};
}
pub(crate) use reads;

reads! {
    bool as bool: |value, _| Ok(*value);
    // Rules read only which fault an error reason describes, and whether there is a runner.
    String as Fault: |reason, _| Ok(Fault::recognize(reason));
    String as bool: |_, _| Ok(true);
    {T: Word} Open<T> as T: |word, field| word.closed().map_err(|unknown| FieldError::from_unknown_word(field, &unknown));
    Timestamp as DateTime<Utc>: |timestamp, field| timestamp.time().ok_or_else(|| {
        FieldError::of_text(field, &timestamp.to_string(), "an RFC 3339 time, such as 2024-10-01T12:00:00Z")
    });
    Number as u8: |number, field| count(number, field, 0, u8::MAX.into());
    Number as u32: |number, field| count(number, field, 0, u32::MAX);
    Number as NonZeroU32: |number, field| count(number, field, 1, u32::MAX);
    Number as AutoStop: interval;
    Number as AutoPause: interval;
    Number as AutoArchive: interval;
    Number as AutoDelete: interval;
    Number as QueueTimeout: interval;
    Number as Ttl: interval;
}

/// Reads a whole number. `least` and `most` are the limits of `T`, for the error.
fn count<T: TryFrom<u32>>(number: &Number, field: &'static str, least: u32, most: u32) -> Result<T, FieldError> {
    let count = number.whole().and_then(|whole| T::try_from(whole.try_into().ok()?).ok());
    count.ok_or_else(|| FieldError::new(field, number, format_args!("a whole number from {least} to {most}")))
}

fn interval<T: TryFrom<i64, Error = IntervalError>>(number: &Number, field: &'static str) -> Result<T, FieldError> {
    let minutes = number.whole().ok_or_else(|| FieldError::new(field, number, "a whole number of minutes"))?;
    interval_of(minutes, field)
}

/// Returns the interval of this many minutes.
pub(crate) fn interval_of<T: TryFrom<i64, Error = IntervalError>>(
    minutes: i64,
    field: &'static str,
) -> Result<T, FieldError> {
    T::try_from(minutes).map_err(|error| IntervalError { field, ..error }.into())
}

impl<T, W: ReadAs<T>> ReadAs<T> for Maybe<W> {
    fn try_read_as(&self, field: &'static str) -> Result<Option<T>, FieldError> {
        self.value().map_or(Ok(None), |value| value.try_read_as(field))
    }
}
impl<T: Word> Maybe<Open<T>> {
    /// Adds an error if the word is not given.
    pub(crate) fn check_given(&self, field: &'static str, errors: &mut Vec<FieldError>) {
        if self.value().is_none() {
            let value = if self.is_absent() { "absent" } else { "null" };
            errors.push(FieldError::new(field, value, format_args!("a {}", T::KIND)));
        }
    }
}

impl<T: Into<Self>> WriteFrom<T> for Number {
    fn write_from(&mut self, value: Option<T>) {
        *self = value.map_or(*self, Into::into);
    }
}
impl<T: Into<W>, W> WriteFrom<T> for Maybe<W> {
    fn write_from(&mut self, value: Option<T>) {
        *self = value.map(Into::into).into();
    }
}

/// Parses an optional text. A faulty one is an error, and absent.
pub(crate) fn parse<T: FromStr<Err = FieldError>>(text: &Maybe<String>, errors: &mut Vec<FieldError>) -> Maybe<T> {
    match text {
        Maybe::Absent => Maybe::Absent,
        Maybe::Null => Maybe::Null,
        Maybe::Value(text) => text.parse().map_err(|error| errors.push(error)).ok().into(),
    }
}
