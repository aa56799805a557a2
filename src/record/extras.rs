//! Fields that this crate does not know: kept for those who ask, passed over for free for those who do not.

use alloc::{string::String, vec::Vec};
use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny, MapAccess},
    ser::SerializeMap,
};

/// What becomes of the fields that this crate does not know: [`Dropped`] or [`Kept`].
pub trait Extras: Default {
    /// What is remembered of an unknown name until its value is read.
    type Name;
    /// Remembers an unknown name, or does not.
    fn name(name: &str) -> Self::Name;
    /// Reads the value that stands under an unknown name.
    ///
    /// # Errors
    /// That of the format.
    fn read<'de, A: MapAccess<'de>>(&mut self, name: Self::Name, map: &mut A) -> Result<(), A::Error>;
    /// Writes what was kept, after the known fields.
    ///
    /// # Errors
    /// That of the format.
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
}

/// Unknown fields are passed over: nothing is allocated for them and nothing is written back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Dropped;

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

/// Unknown fields are kept in their order, each as a `V`: `serde_json::Value`, or `Box<RawValue>` to keep even bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept<V>(pub Vec<(String, V)>);

impl<V> Default for Kept<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}
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
