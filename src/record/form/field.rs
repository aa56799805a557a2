//! How the value of a field becomes the type that a rule reads, or an error that names the field.

use super::{maybe::Maybe, number::Number, timestamp::Timestamp};
use crate::vocabulary::{
    AutoArchive, AutoDelete, AutoPause, AutoStop, Fault, FieldError, IntervalError, Open, QueueTimeout, Ttl, Word,
};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use chrono::{DateTime, Utc};
use core::{num::NonZeroU32, str::FromStr};

/// A field that can be read as a `T`.
pub(crate) trait ReadAs<T> {
    /// Returns the value. If the field is not given, there is none; if it is faulty, there is also an error.
    fn read_as(&self, field: &'static str, errors: &mut Vec<FieldError>) -> Option<T>;
}

/// A field that can be written from a `T`.
pub(crate) trait WriteFrom<T> {
    /// Writes the value. `None` makes an optional field absent.
    fn write_from(&mut self, value: Option<T>);
}

/// A type that a JSON number can stand for.
pub(crate) trait FromNumber: Sized {
    fn from_number(field: &'static str, number: Number) -> Result<Self, FieldError>;
}

macro_rules! counts {
    ($($count:ty, $allowed:expr, $convert:expr;)+) => {$(
        impl FromNumber for $count {
            fn from_number(field: &'static str, number: Number) -> Result<Self, FieldError> {
                number.whole().and_then($convert).ok_or_else(|| FieldError::new(field, number, $allowed))
            }
        }
    )+};
}
counts! {
    u8, format_args!("a whole number from 0 to {}", Self::MAX), |whole| whole.try_into().ok();
    u32, format_args!("a whole number from 0 to {}", Self::MAX), |whole| whole.try_into().ok();
    NonZeroU32, format_args!("a whole number from 1 to {}", Self::MAX), |whole| Self::new(whole.try_into().ok()?);
}

macro_rules! intervals {
    ($($interval:ident)+) => {$(
        impl FromNumber for $interval {
            fn from_number(field: &'static str, number: Number) -> Result<Self, FieldError> {
                let minutes = number.whole().ok_or_else(|| FieldError::new(field, number, "a whole number of minutes"))?;
                Self::try_from(minutes).map_err(|error| IntervalError { field, ..error }.into())
            }
        }
    )+};
}
intervals! { AutoStop AutoPause AutoArchive AutoDelete QueueTimeout Ttl }

impl<T: FromNumber> ReadAs<T> for Number {
    fn read_as(&self, field: &'static str, errors: &mut Vec<FieldError>) -> Option<T> {
        T::from_number(field, *self).map_err(|error| errors.push(error)).ok()
    }
}
impl<T: Word> ReadAs<T> for Open<T> {
    fn read_as(&self, field: &'static str, errors: &mut Vec<FieldError>) -> Option<T> {
        self.closed().map_err(|unknown| errors.push(FieldError::from_unknown_word(field, &unknown))).ok()
    }
}
impl ReadAs<DateTime<Utc>> for Timestamp {
    fn read_as(&self, field: &'static str, errors: &mut Vec<FieldError>) -> Option<DateTime<Utc>> {
        let allowed = "an RFC 3339 time, such as 2024-10-01T12:00:00Z";
        let error = || FieldError::new(field, format_args!("{:?}", self.to_string()), allowed);
        self.time().ok_or_else(error).map_err(|error| errors.push(error)).ok()
    }
}
/// Implements [`ReadAs`] for fields that cannot be faulty.
macro_rules! reads {
    ($($field:ty as $value:ty: $read:expr;)+) => {$(
        impl $crate::record::form::ReadAs<$value> for $field {
            fn read_as(&self, _: &'static str, _: &mut alloc::vec::Vec<$crate::vocabulary::FieldError>) -> Option<$value> {
                let read: fn(&Self) -> $value = $read;
                Some(read(self))
            }
        }
    )+};
}
pub(crate) use reads;

reads! {
    bool as bool: |value| *value;
    // Rules read only which fault an error reason describes, and whether there is a runner.
    String as Fault: |reason| Fault::recognize(reason);
    String as bool: |_| true;
}

impl<T, W: ReadAs<T>> ReadAs<T> for Maybe<W> {
    fn read_as(&self, field: &'static str, errors: &mut Vec<FieldError>) -> Option<T> {
        self.value()?.read_as(field, errors)
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
