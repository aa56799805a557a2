//! Texts by name, such as environment variables and labels, in the order of the record.

use super::wire::{at_path, leaf};
use alloc::{string::String, vec, vec::Vec};
use core::{fmt, iter, slice};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Names and texts in the order of the record. The API publishes no rule for either, so all of them are accepted.
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
    /// Returns the text of this name, the last one if a record repeats the name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// Sets the text of this name.
    pub fn insert(&mut self, name: impl Into<String>, text: impl Into<String>) {
        let (name, text) = (name.into(), text.into());
        match self.0.iter_mut().rev().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = text,
            None => self.0.push((name, text)),
        }
    }

    /// Removes the name and its text.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    /// Returns every name with its text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.into_iter()
    }

    /// Returns the number of names.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are no names.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>, T: Into<String>> FromIterator<(N, T)> for TextMap {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(texts: I) -> Self {
        Self(texts.into_iter().map(|(name, text)| (name.into(), text.into())).collect())
    }
}
impl IntoIterator for TextMap {
    type Item = (String, String);
    type IntoIter = vec::IntoIter<(String, String)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
impl<'a> IntoIterator for &'a TextMap {
    type Item = (&'a str, &'a str);
    type IntoIter = iter::Map<slice::Iter<'a, (String, String)>, fn(&'a (String, String)) -> Self::Item>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(name, text)| (name, text))
    }
}
leaf! { TextMap = Self::default(); }

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
            let text = map.next_value().map_err(|error| at_path(format_args!(".{name}"), error))?;
            texts.push((name, text));
        }
        Ok(TextMap(texts))
    }
}
