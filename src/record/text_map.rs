//! Texts by name (environment, labels), in the order in which they came.

use super::object::under;
use alloc::{string::String, vec::Vec};
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Names and texts in the order they came. How a name or a text may look is not published, so they are carried as
/// they are.
///
/// ```
/// use sandbox_lifecycle::record::TextMap;
/// let mut labels = TextMap::from_iter([("team", "search"), ("env", "dev")]);
/// labels.insert("env", "prod");
/// assert_eq!(labels.get("env"), Some("prod"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextMap(Vec<(String, String)>);

impl TextMap {
    /// The text under this name; the last one where a record repeats it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// Puts a text under this name, in the place of the one that was there.
    pub fn insert(&mut self, name: impl Into<String>, text: impl Into<String>) {
        let (name, text) = (name.into(), text.into());
        match self.0.iter_mut().rev().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = text,
            None => self.0.push((name, text)),
        }
    }

    /// Takes the name and its text away.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    /// Every name with its text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// How many names there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// There is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>, T: Into<String>> FromIterator<(N, T)> for TextMap {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(texts: I) -> Self {
        Self(texts.into_iter().map(|(name, text)| (name.into(), text.into())).collect())
    }
}
impl Serialize for TextMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}
impl<'de> Deserialize<'de> for TextMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TextMapVisitor)
    }
}

struct TextMapVisitor;

impl<'de> de::Visitor<'de> for TextMapVisitor {
    type Value = TextMap;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }
    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<TextMap, A::Error> {
        let mut texts = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let text = map.next_value().map_err(|error| under(format_args!(".{name}"), error))?;
            texts.push((name, text));
        }
        Ok(TextMap(texts))
    }
}
