//! Reading a value from its text, without allocating for the text.

use alloc::string::String;
use core::fmt;
use serde::{Deserializer, de};

/// Reads a text and parses it. `expected` says what is expected where the value is no text.
pub(crate) fn read_text<'de, T, D: Deserializer<'de>>(
    deserializer: D,
    expected: impl fmt::Display,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(TextVisitor { expected, parse })
}

struct TextVisitor<E, P> {
    expected: E,
    parse: P,
}

impl<T, E: fmt::Display, P: FnOnce(&str) -> Result<T, String>> de::Visitor<'_> for TextVisitor<E, P> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expected.fmt(f)
    }
    fn visit_str<F: de::Error>(self, text: &str) -> Result<T, F> {
        (self.parse)(text).map_err(F::custom)
    }
}
