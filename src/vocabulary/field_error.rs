//! What is wrong with a record or a request: every faulty field at once, each with its value and what is allowed.

use super::{IntervalError, UnknownWord};
use alloc::{
    borrow::Cow,
    boxed::Box,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

/// A field whose value cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} is {value}, expected {allowed}")]
pub struct FieldError {
    /// The name of the field on the wire, with its place where it stands inside a list: `volumes[0].mountPath`.
    pub field: Cow<'static, str>,
    /// The value that was found; texts are quoted, and a field that is not there is `absent`.
    pub value: String,
    /// What would have been taken.
    pub allowed: String,
}

impl FieldError {
    pub(crate) fn new(field: &'static str, value: impl fmt::Display, allowed: impl fmt::Display) -> Self {
        Self { field: Cow::Borrowed(field), value: value.to_string(), allowed: allowed.to_string() }
    }

    pub(crate) fn of_word(field: &'static str, unknown: &UnknownWord) -> Self {
        Self::new(field, Quoted(&unknown.word), format_args!("one of {}", unknown.expected))
    }
}

impl From<IntervalError> for FieldError {
    fn from(error: IntervalError) -> Self {
        Self::new(error.field, format_args!("{} minutes", error.value), error.allowed)
    }
}

/// A text as a message shows it.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// All that is wrong with a record or a request: at least one field. Not a refusal: nothing was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldErrors(Box<[FieldError]>);

impl FieldErrors {
    /// The value, unless errors were found on the way to it.
    pub(crate) fn unless<T>(errors: Vec<FieldError>, value: T) -> Result<T, Self> {
        if errors.is_empty() { Ok(value) } else { Err(Self(errors.into())) }
    }

    /// These errors after earlier ones; a field that has been named already is not named again.
    pub(crate) fn after(self, mut earlier: Vec<FieldError>) -> Self {
        let is_new = |error: &FieldError| !earlier.iter().any(|named| named.field == error.field);
        let new: Vec<_> = self.0.into_iter().filter(is_new).collect();
        earlier.extend(new);
        Self(earlier.into())
    }

    /// Each faulty field, in the order of the record.
    pub fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }

    /// The HTTP status a server answers to a request like this.
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        400
    }
}

impl From<FieldErrors> for Vec<FieldError> {
    fn from(errors: FieldErrors) -> Self {
        errors.0.into_vec()
    }
}
impl From<FieldError> for FieldErrors {
    fn from(error: FieldError) -> Self {
        Self(Box::new([error]))
    }
}
impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            write!(f, "{}{error}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}
impl core::error::Error for FieldErrors {}
