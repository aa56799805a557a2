//! A request of the published API on the wire: method, path, query and body.

use super::change::{CreateSandboxSnapshot, ForkSandbox, ResizeSandbox};
use crate::vocabulary::FieldError;
use alloc::{borrow::Cow, string::String, vec::Vec};
use core::fmt;
use serde::{Serialize, Serializer};

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::Display, strum::EnumString)]
#[strum(serialize_all = "UPPERCASE")]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is the HTTP method of that name")]
pub enum HttpMethod {
    Get,
    Post,
    Delete,
}

/// A request as a client sends it. The path and the query are percent-encoded, and the path begins after the address of the API.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct HttpRequest {
    /// The method.
    pub method: HttpMethod,
    /// The path, for example `/sandbox/s1/stop`.
    pub path: String,
    /// The query without its question mark, or an empty text: `force=true`.
    pub query: String,
    /// The body, if the request has one.
    pub body: Option<RequestBody>,
}

/// The body of a request about a sandbox. It is written as the request that it holds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is the request of that type")]
pub enum RequestBody {
    Resize(ResizeSandbox),
    Snapshot(CreateSandboxSnapshot),
    Fork(ForkSandbox),
}

impl Serialize for RequestBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Resize(body) => body.serialize(serializer),
            Self::Snapshot(body) => body.serialize(serializer),
            Self::Fork(body) => body.serialize(serializer),
        }
    }
}

/// The first line of the request: `POST /sandbox/s1/stop?force=true`.
impl fmt::Display for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        if self.query.is_empty() { Ok(()) } else { write!(f, "?{}", self.query) }
    }
}

/// Appends a text so that it is one part of a path or of a query: every byte but letters, digits and `-._~` is escaped.
pub(super) fn escape(text: &str, to: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            to.push(char::from(byte));
        } else {
            to.push('%');
            // Digits below 16 are always digits.
            let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default().to_ascii_uppercase();
            to.extend([digit(byte >> 4), digit(byte & 0xF)]);
        }
    }
}

/// Reads what [`escape`] wrote, or nothing if an escape is broken or the bytes are not UTF-8.
pub(super) fn unescape(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut half = || char::from(rest.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (high, low) = (half()?, half()?);
        bytes.push(high << 4 | low);
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// Appends a parameter to a query.
pub(super) fn add_parameter(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(name);
    query.push('=');
    escape(value, query);
}

/// Returns the parameters of a query in order. In a value, `+` is a space, as forms write it. Broken ones are kept as they are.
pub(super) fn parameters(query: &str) -> impl Iterator<Item = (Cow<'_, str>, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.replace('+', " ");
        let value = unescape(&value).map(Cow::into_owned).unwrap_or_else(|| value.clone());
        (unescape(name).unwrap_or(Cow::Borrowed(name)), value)
    })
}

/// Reads a yes-or-no parameter.
pub(super) fn yes_or_no(name: &'static str, value: &str) -> Result<bool, FieldError> {
    value.parse().map_err(|_| FieldError::of_text(name, value, "true or false"))
}
