//! Reading a value from its text, without allocating for the text.

use super::quoted::brief;
use alloc::string::String;
use core::fmt;
use serde::{Deserializer, de};

/// Reads a text and parses it. `expected` writes what is expected where the value is no text.
pub(crate) fn read_text<'de, T, D: Deserializer<'de>>(
    deserializer: D,
    expected: impl Fn(&mut fmt::Formatter<'_>) -> fmt::Result,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(TextVisitor(expected, parse)).map_err(brief)
}

struct TextVisitor<E, P>(E, P);

impl<T, E, P> de::Visitor<'_> for TextVisitor<E, P>
where
    E: Fn(&mut fmt::Formatter<'_>) -> fmt::Result,
    P: FnOnce(&str) -> Result<T, String>,
{
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0(f)
    }
    fn visit_str<F: de::Error>(self, text: &str) -> Result<T, F> {
        self.1(text).map_err(F::custom)
    }
}
