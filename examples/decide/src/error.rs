//! What is wrong with a line that is not a question.

use serde::Serialize;
use std::fmt::Display;

/// The kind of mistake, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The line is not JSON.
    NotJson,
    /// The line is JSON, but not an object.
    NotAnObject,
    /// The field `ask` names no question.
    UnknownAsk,
    /// The question lacks a field.
    MissingField,
    /// The question has a field that it does not take.
    UnknownField,
    /// The question has a field twice.
    DuplicateField,
    /// A field has a value that it does not take. The message begins with the name of the field.
    WrongValue,
    /// A row has a column that no stored row has.
    UnknownColumn,
    /// An API record stands where a stored row belongs.
    ApiRecord,
    /// The line is too long.
    TooLong,
}

/// What is wrong with a line: a code for programs and a text for people.
#[derive(Debug, Serialize)]
pub struct Error {
    code: Code,
    message: String,
}

impl Error {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Returns the error for a value of this field that cannot be read.
    pub fn wrong(field: &str, error: impl Display) -> Self {
        Self::new(Code::WrongValue, format!("{field}: {error}"))
    }
}
