//! Texts by name, such as environment variables and labels, in the order of the record.

use super::wire::{at_path, leaf};
use crate::vocabulary::Cut;
use alloc::{collections::BTreeMap, string::String, vec, vec::Vec};
use core::{fmt, iter, slice};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Names and texts in the order of the record. The API publishes no rule for either, so all of them are accepted.
///
/// Two maps are equal if they hold the same names and texts in the same order.
///
/// ```
/// use sandbox_lifecycle::record::TextMap;
/// let mut labels = TextMap::from_iter([("team", "search"), ("env", "dev")]);
/// labels.insert("env", "prod");
/// assert_eq!(labels.get("env"), Some("prod"));
/// ```
#[derive(Clone, Default)]
pub struct TextMap {
    texts: Vec<(String, String)>,
    /// The last position of each name. It is empty for a small map, where a search is as fast and takes no memory.
    positions: BTreeMap<String, usize>,
}

/// Up to this number of texts a map has no positions. Nearly all records have fewer labels and variables.
const SMALL: usize = 16;

impl TextMap {
    /// Returns the text of this name, the last one if a record repeats the name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let position = self.position(name)?;
        self.texts.get(position).map(|(_, text)| text.as_str())
    }

    /// Sets the text of this name. A new name is the last one.
    pub fn insert(&mut self, name: impl Into<String>, text: impl Into<String>) {
        let (name, text) = (name.into(), text.into());
        let known = self.position(&name).and_then(|position| self.texts.get_mut(position));
        match known {
            Some((_, old)) => *old = text,
            None => {
                if !self.positions.is_empty() {
                    self.positions.insert(name.clone(), self.texts.len());
                }
                self.texts.push((name, text));
                self.index();
            }
        }
    }

    /// Removes the name and its text. The names after it move up, which takes a time that grows with their number.
    pub fn remove(&mut self, name: &str) {
        if self.position(name).is_none() {
            return;
        }
        let places = self.texts.iter().zip(0..).filter(|((known, _), _)| known == name);
        let removed: Vec<usize> = places.map(|(_, position)| position).collect();
        self.texts.retain(|(known, _)| known != name);
        self.positions.remove(name);
        for position in self.positions.values_mut() {
            let moves = removed.partition_point(|removed| *removed < *position);
            *position = position.saturating_sub(moves);
        }
        self.index();
    }

    /// The last position of this name.
    fn position(&self, name: &str) -> Option<usize> {
        match self.positions.is_empty() {
            true => self.texts.iter().rposition(|(known, _)| known == name),
            false => self.positions.get(name).copied(),
        }
    }

    /// Finds the positions where a map has become large, and forgets them where it has become small.
    fn index(&mut self) {
        if self.texts.len() <= SMALL {
            self.positions.clear();
        } else if self.positions.is_empty() {
            self.positions = self.texts.iter().map(|(name, _)| name.clone()).zip(0..).collect();
        }
    }

    fn of(texts: Vec<(String, String)>) -> Self {
        let mut map = Self { texts, positions: BTreeMap::new() };
        map.index();
        map
    }

    /// Returns every name with its text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.into_iter()
    }

    /// Returns the number of names.
    pub const fn len(&self) -> usize {
        self.texts.len()
    }

    /// Returns whether there are no names.
    pub const fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

impl<N: Into<String>, T: Into<String>> FromIterator<(N, T)> for TextMap {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(texts: I) -> Self {
        Self::of(texts.into_iter().map(|(name, text)| (name.into(), text.into())).collect::<Vec<_>>())
    }
}
impl PartialEq for TextMap {
    fn eq(&self, other: &Self) -> bool {
        self.texts == other.texts
    }
}
impl Eq for TextMap {}
impl fmt::Debug for TextMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}
impl IntoIterator for TextMap {
    type Item = (String, String);
    type IntoIter = vec::IntoIter<(String, String)>;
    fn into_iter(self) -> Self::IntoIter {
        self.texts.into_iter()
    }
}
impl<'a> IntoIterator for &'a TextMap {
    type Item = (&'a str, &'a str);
    type IntoIter = iter::Map<slice::Iter<'a, (String, String)>, fn(&'a (String, String)) -> Self::Item>;
    fn into_iter(self) -> Self::IntoIter {
        self.texts.iter().map(|(name, text)| (name, text))
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
            let text = map.next_value().map_err(|error| at_path(format_args!(".{}", Cut(&name)), error))?;
            texts.push((name, text));
        }
        Ok(TextMap::of(texts))
    }
}
