//! A field that holds one value or a list of values.

use super::wire::{Wire, leaf};
use crate::vocabulary::joined;
use alloc::vec::Vec;
use core::{fmt, marker::PhantomData, slice};
use serde::{Deserialize, Deserializer, Serialize, de};

/// One text or word, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// A single value.
    One(T),
    /// A list.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// Returns the values in their order.
    pub const fn as_slice(&self) -> &[T] {
        match self {
            Self::One(value) => slice::from_ref(value),
            Self::Many(values) => values.as_slice(),
        }
    }
}
impl<T: fmt::Display> fmt::Display for OneOrMany<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&joined(self.as_slice()))
    }
}
leaf! { {T: Wire} OneOrMany<T> = Self::Many(Vec::new()); }

impl<'de, T: Wire> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor(PhantomData))
    }
}

struct OneOrManyVisitor<T>(PhantomData<T>);

impl<'de, T: Wire> de::Visitor<'de> for OneOrManyVisitor<T> {
    type Value = OneOrMany<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a list of strings")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrMany<T>, E> {
        T::read(de::value::StrDeserializer::new(text)).map(OneOrMany::One)
    }
    fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<OneOrMany<T>, A::Error> {
        Wire::read(de::value::SeqAccessDeserializer::new(list)).map(OneOrMany::Many)
    }
}
