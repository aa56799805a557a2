//! The items of a list, each read by itself: a faulty item is reported and costs no other item.

use super::read_to_end::Attempt;
use crate::record::form::{Sealed, Wire};
use crate::vocabulary::Cut;
use alloc::{string::String, vec::Vec};
use core::{fmt, marker::PhantomData};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The items of a list. An item with a missing field, or with a value of a wrong type, is in `faulty`, and all others are
/// in `read`.
///
/// A list that is not complete must not look complete: show and count the items of `faulty` too. Only the
/// items that were read are written.
///
/// ```
/// use sandbox_lifecycle::record::{Items, SandboxListItem};
/// let items: Items<SandboxListItem> = serde_json::from_str(r#"[{"id":"s1","cpu":"four"}, 5]"#)?;
/// let faulty: Vec<String> = items.faulty.iter().map(ToString::to_string).collect();
/// assert_eq!(faulty, [
///     "item 0, with id s1: .cpu: invalid type: string \"four\", expected a number",
///     "item 1: invalid type: integer `5`, expected a sandbox in a list",
/// ]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Items<T> {
    /// The items that were read, in their order.
    pub read: Vec<T>,
    /// The items that could not be read, in their order.
    pub faulty: Vec<FaultyItem>,
}

/// An item of a list that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FaultyItem {
    /// The position in the list, from 0.
    pub index: usize,
    /// The identifier, if the item has one.
    pub id: Option<String>,
    /// The path of the field in the way of jq, and what is wrong with it. A missing field has the path of its object,
    /// which is empty for the item itself.
    pub error: String,
}

impl fmt::Display for FaultyItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "item {}", self.index)?;
        if let Some(id) = &self.id {
            write!(f, ", with id {}", Cut(id))?;
        }
        write!(f, ": {}", self.error)
    }
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Vec::new().into()
    }
}
impl<T> From<Vec<T>> for Items<T> {
    fn from(read: Vec<T>) -> Self {
        Self { read, faulty: Vec::new() }
    }
}

impl<T> Sealed for Items<T> {}
impl<T: Wire> Wire for Items<T> {
    fn blank() -> Self {
        Self::default()
    }
}
impl<T: Serialize> Serialize for Items<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.read.serialize(serializer)
    }
}
impl<'de, T: Wire> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ItemsVisitor(PhantomData))
    }
}

struct ItemsVisitor<T>(PhantomData<T>);

impl<'de, T: Wire> de::Visitor<'de> for ItemsVisitor<T> {
    type Value = Items<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Items<T>, A::Error> {
        let mut items = Items::default();
        while let Some(Attempt { read, id }) = list.next_element()? {
            match read {
                Ok(item) => items.read.push(item),
                Err(error) => {
                    let index = items.read.len().saturating_add(items.faulty.len());
                    items.faulty.push(FaultyItem { index, id, error });
                }
            }
        }
        Ok(items)
    }
}
