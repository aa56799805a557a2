//! Reading a value to its end although it is faulty, so that the reader can go on behind it.
//!
//! A reader stops at the first fault and leaves the rest of the value unread. Here every value is first taken from the
//! format, whatever its type, and then offered to the reader. When the reader refuses it, the rest of each list and object
//! around it is skipped. Nothing is buffered.

use crate::{record::form::Wire, vocabulary::names};
use alloc::string::{String, ToString};
use core::{
    cell::{Cell, RefCell},
    fmt,
};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};

/// What was read of an item: the item or its fault, and the text of its field `id`. A text that is not of the format at
/// all, such as broken JSON, is an error of the reading and not a fault.
pub(super) struct Attempt<T> {
    pub(super) read: Result<T, String>,
    pub(super) id: Option<String>,
}

impl<'de, T: Wire> Deserialize<'de> for Attempt<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let notes = Notes::default();
        let read = notes.fault_of(T::read(ToEnd { of: deserializer, place: Place::Item, notes: &notes }))?;
        Ok(Self { read, id: notes.id.take() })
    }
}

/// What is noted while an item is read.
#[derive(Default)]
struct Notes {
    /// Whether the format itself returned an error, after which nothing can be read.
    ended: Cell<bool>,
    id: RefCell<Option<String>>,
}

impl Notes {
    /// Returns a fault of the value as its text. An error of the format remains one.
    fn fault_of<T, E: Error>(&self, read: Result<T, E>) -> Result<Result<T, String>, E> {
        match read {
            Ok(value) => Ok(Ok(value)),
            Err(error) if self.ended.get() => Err(error),
            Err(fault) => Ok(Err(fault.to_string())),
        }
    }

    /// Notes an error of the format.
    fn of_format<T, E>(&self, read: Result<T, E>) -> Result<T, E> {
        self.ended.set(self.ended.get() || read.is_err());
        read
    }
}

/// Where a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is the item.
    Item,
    /// It is the identifier of the item.
    Id,
    /// It is anywhere else inside of the item.
    Inside,
}

/// A deserializer, a visitor or a seed that reads its value to the end.
struct ToEnd<'n, T> {
    of: T,
    place: Place,
    notes: &'n Notes,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ToEnd<'_, D> {
    type Error = D::Error;
    fn is_human_readable(&self) -> bool {
        self.of.is_human_readable()
    }
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let Self { of, place, notes } = self;
        notes.of_format(of.deserialize_any(ToEnd { of: visitor, place, notes }))?.map_err(D::Error::custom)
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let Self { of, place, notes } = self;
        notes.of_format(of.deserialize_option(ToEnd { of: visitor, place, notes }))?.map_err(D::Error::custom)
    }
    // serde_json reads a raw value as a newtype struct of a reserved name.
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.notes.of_format(self.of.deserialize_newtype_struct(name, visitor))
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.notes.of_format(self.of.deserialize_ignored_any(visitor))
    }
    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier
    }
}

/// Offers a value to the visitor, and returns its refusal as a text.
macro_rules! offers {
    ($($method:ident($($value:ident: $type:ty)?))+) => {
        $(fn $method<E: Error>(self, $($value: $type)?) -> Result<Self::Value, E> {
            self.notes.fault_of(self.of.$method($($value)?))
        })+
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for ToEnd<'_, V> {
    type Value = Result<V::Value, String>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.of.expecting(f)
    }
    offers! {
        visit_bool(value: bool)
        visit_i64(value: i64)
        visit_u64(value: u64)
        visit_f64(value: f64)
        visit_unit()
        visit_none()
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        if self.place == Place::Id {
            self.notes.id.replace(Some(text.into()));
        }
        self.notes.fault_of(self.of.visit_str(text))
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let Self { of, place, notes } = self;
        notes.fault_of(of.visit_some(ToEnd { of: deserializer, place, notes }))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let Self { of, notes, .. } = self;
        let read = notes.fault_of(of.visit_seq(Elements { list: &mut list, notes }))?;
        while read.is_err() && list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(read)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let Self { of, place, notes } = self;
        let mut fields = Fields { map, place, notes, next: None };
        let read = notes.fault_of(of.visit_map(&mut fields))?;
        if read.is_err() {
            fields.skip_rest()?;
        }
        Ok(read)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for ToEnd<'_, S> {
    type Value = S::Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        let Self { of, place, notes } = self;
        of.deserialize(ToEnd { of: deserializer, place, notes })
    }
}

struct Elements<'n, A> {
    list: A,
    notes: &'n Notes,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Elements<'_, A> {
    type Error = A::Error;
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.list.next_element_seed(ToEnd { of: seed, place: Place::Inside, notes: self.notes })
    }
}

struct Fields<'n, A> {
    map: A,
    place: Place,
    notes: &'n Notes,
    /// The place of the value whose name was read.
    next: Option<Place>,
}

impl<'de, A: MapAccess<'de>> Fields<'_, A> {
    /// Skips the fields that were not read.
    fn skip_rest(mut self) -> Result<(), A::Error> {
        loop {
            if self.next.is_some() {
                self.next_value_seed(Skipped)?;
            }
            if self.next_key_seed(Skipped)?.is_none() {
                return Ok(());
            }
        }
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'_, A> {
    type Error = A::Error;
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let found = self.notes.of_format(self.map.next_key_seed(Name(seed)))?;
        Ok(found.map(|(is_id, name)| {
            let is_id = is_id && self.place == Place::Item;
            self.next = Some(if is_id { Place::Id } else { Place::Inside });
            name
        }))
    }
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let place = self.next.take().unwrap_or(Place::Inside);
        self.map.next_value_seed(ToEnd { of: seed, place, notes: self.notes })
    }
}

/// Reads anything and keeps nothing. A reader of the format's own would not offer the identifier.
struct Skipped;

impl<'de> DeserializeSeed<'de> for Skipped {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(IgnoredAny).map(|IgnoredAny| ())
    }
}

/// Reads the name of a field, and whether it is that of the identifier.
struct Name<S>(S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Name<S> {
    type Value = (bool, S::Value);
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}
impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Name<S> {
    type Value = (bool, S::Value);
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }
    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok((name == names::id, self.0.deserialize(name.into_deserializer())?))
    }
}
