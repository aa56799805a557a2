//! Validation errors of records and requests: all faulty fields, each with its value and what is allowed.

use super::{interval::IntervalError, quoted::Cut, quoted::Quoted, words::UnknownWord};
use alloc::{borrow::Cow, boxed::Box, string::String, string::ToString, vec, vec::Vec};
use core::{fmt, slice};

/// A field with a value that is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} is {value}, expected {allowed}")]
#[non_exhaustive]
pub struct FieldError {
    /// The name of the field on the wire, with its path if it is inside a list: `volumes[0].mountPath`.
    pub field: Cow<'static, str>,
    /// The value, cut after about 100 characters. Texts are quoted; a missing field is `absent`.
    pub value: String,
    /// The allowed values.
    pub allowed: String,
}

impl FieldError {
    pub(crate) fn new(field: &'static str, value: impl fmt::Display, allowed: impl fmt::Display) -> Self {
        Self { field: Cow::Borrowed(field), value: Cut(value).to_string(), allowed: allowed.to_string() }
    }

    /// Builds the error for a text, which is quoted.
    pub(crate) fn of_text(field: &'static str, text: &str, allowed: impl fmt::Display) -> Self {
        Self { field: Cow::Borrowed(field), value: Quoted(text).to_string(), allowed: allowed.to_string() }
    }

    pub(crate) fn from_unknown_word(field: &'static str, UnknownWord { word, expected, .. }: &UnknownWord) -> Self {
        Self::of_text(field, word, format_args!("one of {}", expected.join(", ")))
    }
}

impl From<IntervalError> for FieldError {
    fn from(error: IntervalError) -> Self {
        Self::new(error.field, format_args!("{} minutes", error.value), error.allowed)
    }
}

/// All faulty fields of a record or a request, at least one. It is not a refusal, because nothing was decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", joined(.0))]
pub struct FieldErrors(Box<[FieldError]>);

impl FieldErrors {
    /// Returns what `read` reads if it adds no errors.
    pub(crate) fn collect<T>(read: impl FnOnce(&mut Vec<FieldError>) -> T) -> Result<T, Self> {
        let mut errors = Vec::new();
        let value = read(&mut errors);
        Self::unless(errors, value)
    }

    /// Returns `value` if there are no errors.
    pub(crate) fn unless<T>(errors: Vec<FieldError>, value: T) -> Result<T, Self> {
        if errors.is_empty() { Ok(value) } else { Err(Self(errors.into())) }
    }

    /// Appends these errors to earlier ones, without the fields that the earlier ones already name.
    pub(crate) fn after(self, mut earlier: Vec<FieldError>) -> Self {
        let is_new = |error: &FieldError| !earlier.iter().any(|named| named.field == error.field);
        let new: Vec<_> = self.0.into_iter().filter(is_new).collect();
        earlier.extend(new);
        Self(earlier.into())
    }

    /// Returns the faulty fields in the order of the record.
    pub fn iter(&self) -> slice::Iter<'_, FieldError> {
        self.0.iter()
    }

    /// Returns the HTTP status of the server's answer to such a request.
    pub const fn http_status(&self) -> u16 {
        400
    }
}

impl IntoIterator for FieldErrors {
    type Item = FieldError;
    type IntoIter = vec::IntoIter<FieldError>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_vec().into_iter()
    }
}
impl<'a> IntoIterator for &'a FieldErrors {
    type Item = &'a FieldError;
    type IntoIter = slice::Iter<'a, FieldError>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
impl From<FieldError> for FieldErrors {
    fn from(error: FieldError) -> Self {
        Self(Box::new([error]))
    }
}

/// Joins messages into one.
pub(crate) fn joined<T: ToString>(messages: &[T]) -> String {
    messages.iter().map(T::to_string).collect::<Vec<_>>().join("; ")
}
