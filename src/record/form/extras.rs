//! Fields that this crate does not know: ignored at no cost, or kept.

use super::wire::Sealed;
use alloc::{string::String, vec::Vec};
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess};
use serde::{Serialize, ser::SerializeMap};

/// What happens to the fields that this crate does not know: [`Dropped`] or [`Kept`]. This trait is sealed.
pub trait Extras: Default + Sealed {
    /// The form in which an unknown name is held until its value is read.
    type Name;
    /// Converts an unknown name.
    fn name(name: &str) -> Self::Name;
    /// Reads the value of an unknown name.
    ///
    /// # Errors
    /// The format's own error.
    fn read<'de, A: MapAccess<'de>>(&mut self, name: Self::Name, map: &mut A) -> Result<(), A::Error>;
    /// Writes the kept fields. It is called after the known fields.
    ///
    /// # Errors
    /// The format's own error.
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
}

/// Ignores unknown fields, without an allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Dropped;

impl Sealed for Dropped {}
impl Extras for Dropped {
    type Name = ();
    fn name(_: &str) {}
    fn read<'de, A: MapAccess<'de>>(&mut self, (): (), map: &mut A) -> Result<(), A::Error> {
        map.next_value::<IgnoredAny>().map(|_| ())
    }
    fn write<M: SerializeMap>(&self, _: &mut M) -> Result<(), M::Error> {
        Ok(())
    }
}

/// Keeps unknown fields in their order, each as a `V`: `serde_json::Value`, or `Box<RawValue>` to keep every byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept<V>(pub Vec<(String, V)>);

impl<V> Default for Kept<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}
impl<V> Sealed for Kept<V> {}
impl<V: DeserializeOwned + Serialize> Extras for Kept<V> {
    type Name = String;
    fn name(name: &str) -> String {
        name.into()
    }
    fn read<'de, A: MapAccess<'de>>(&mut self, name: String, map: &mut A) -> Result<(), A::Error> {
        let value = map.next_value()?;
        self.0.push((name, value));
        Ok(())
    }
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        self.0.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))
    }
}
