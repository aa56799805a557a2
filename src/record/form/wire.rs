//! How a single value is read from the wire, with the path of an error in the way of jq.

use crate::vocabulary::{Open, Word, brief};
use alloc::{string::String, string::ToString, vec::Vec};
use core::{fmt, marker::PhantomData};
use serde::{Deserialize, Deserializer, de};

mod sealed {
    /// Keeps a public trait from being implemented outside of this crate, so that it can grow.
    pub trait Sealed {}
}
pub(crate) use sealed::Sealed;

/// The type of a field. This trait is sealed.
pub trait Wire: de::DeserializeOwned + Sealed {
    /// Whether a record without this field is an error.
    const REQUIRED: bool = true;
    /// Returns the value that a required field has until it is read. It is never visible, because a record without the
    /// field is an error.
    fn blank() -> Self;
    /// Reads the value.
    ///
    /// # Errors
    /// The format's own error, with the path to the faulty value in front.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
    /// Returns whether the field is omitted when the record is written.
    fn is_omitted(&self) -> bool {
        false
    }
}

/// Implements [`Wire`] for required fields whose own `Deserialize` puts the path in front of an error.
macro_rules! leaf {
    ($($({$($parameter:tt)+})? $leaf:ty = $blank:expr;)+) => {$(
        impl $(<$($parameter)+>)? $crate::record::form::Sealed for $leaf {}
        impl $(<$($parameter)+>)? $crate::record::form::Wire for $leaf {
            fn blank() -> Self {
                $blank
            }
        }
    )+};
}
pub(crate) use leaf;

leaf! {
    bool = false;
    String = String::new();
    {T: Word} Open<T> = Self::Other("".into());
}

impl<T> Sealed for Vec<T> {}
impl<T: Wire> Wire for Vec<T> {
    fn blank() -> Self {
        Self::new()
    }
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Wire> de::Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(Read(item)) =
            list.next_element().map_err(|error| at_path(format_args!("[{}]", items.len()), error))?
        {
            items.push(item);
        }
        Ok(items)
    }
}

/// A value that serde reads with [`Wire::read`].
pub(crate) struct Read<T>(pub(crate) T);

impl<'de, T: Wire> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self)
    }
}

/// Puts one step of the path in front of an error, and cuts a long value.
#[cold]
pub(crate) fn at_path<E: de::Error>(step: fmt::Arguments<'_>, error: E) -> E {
    let error = brief(error).to_string();
    let separator = if error.starts_with(['.', '[']) { "" } else { ": " };
    E::custom(format_args!("{step}{separator}{error}"))
}
