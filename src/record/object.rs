//! One declaration of an object's fields, from which the struct, its reading and its writing follow.
//!
//! Reading borrows the names, guesses that fields come in the published order, allocates nothing for known words, and
//! puts the path in front of every message in the way of jq: `.volumes[0].mountPath: invalid type: …`.

use super::{Extras, Number, TextMap, Timestamp};
use crate::vocabulary::{Open, Word};
use alloc::{string::String, string::ToString, vec::Vec};
use core::{fmt, marker::PhantomData};
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, MapAccess, SeqAccess},
};

/// A type that stands in a field.
pub trait Wire: Sized {
    /// A record without this field is refused.
    const DEMANDED: bool = true;
    /// What stands in a required field until it is read. It is never seen: a record without the field is refused.
    fn blank() -> Self;
    /// Reads it, with the path of what is wrong inside it.
    ///
    /// # Errors
    /// That of the format.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
    /// The field is left out when the record is written.
    fn is_left_out(&self) -> bool {
        false
    }
}

macro_rules! leaf {
    ($($leaf:ty = $blank:expr,)+) => {$(
        impl Wire for $leaf {
            fn blank() -> Self {
                $blank
            }
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(deserializer)
            }
        }
    )+};
}
leaf! {
    bool = false,
    String = String::new(),
    Number = Number::default(),
    TextMap = TextMap::default(),
    Timestamp = crate::vocabulary::Micros::EPOCH.into(),
}

impl<T: Word> Wire for Open<T> {
    fn blank() -> Self {
        Self::Other("".into())
    }
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

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
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) =
            list.next_element_seed(Seed::new()).map_err(|error| under(format_args!("[{}]", items.len()), error))?
        {
            items.push(item);
        }
        Ok(items)
    }
}

/// Reads a `T` where serde asks for a seed.
pub(crate) struct Seed<T>(PhantomData<T>);

impl<T> Seed<T> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}
impl<'de, T: Wire> DeserializeSeed<'de> for Seed<T> {
    type Value = T;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::read(deserializer)
    }
}

/// Reads the next value into a field.
pub(crate) fn read_into<'de, T: Wire, A: MapAccess<'de>>(field: &mut T, map: &mut A) -> Result<(), A::Error> {
    *field = map.next_value_seed(Seed::new())?;
    Ok(())
}

/// The error, with one more step of its path in front.
#[cold]
pub(crate) fn under<E: de::Error>(step: fmt::Arguments<'_>, error: E) -> E {
    let error = error.to_string();
    let joint = if error.starts_with(['.', '[']) { "" } else { ": " };
    E::custom(format_args!("{step}{joint}{error}"))
}

/// Which field a name is of.
pub(crate) struct Names<F, X> {
    pub(crate) find: F,
    pub(crate) extras: PhantomData<X>,
}

/// What was found under a name.
pub(crate) enum Found<N> {
    Known(usize),
    Unknown(N),
}

impl<'de, F: Fn(&str) -> Option<usize>, X: Extras> DeserializeSeed<'de> for Names<F, X> {
    type Value = Found<X::Name>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}
impl<F: Fn(&str) -> Option<usize>, X: Extras> de::Visitor<'_> for Names<F, X> {
    type Value = Found<X::Name>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }
    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok((self.find)(name).map_or_else(|| Found::Unknown(X::name(name)), Found::Known))
    }
}

/// Declares an object of the wire: its fields in the published order, named in `names`. A `Maybe` is optional.
macro_rules! object {
    (
        $(#[$meta:meta])*
        $vis:vis struct $object:ident is $what:literal {
            $($(#[$doc:meta])* $field:ident: $type:ty,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        $vis struct $object<X = Dropped> {
            $($(#[$doc])* $vis $field: $type,)+
            /// The fields that this crate does not know.
            $vis extras: X,
        }

        const _: () = {
            use core::{fmt, marker::PhantomData};
            use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap};
            use $crate::record::object::{Found, Names, Wire, read_into, under};

            #[derive(Clone, Copy)]
            #[allow(non_camel_case_types, reason = "a field's key is called as the field")]
            enum Key {
                $($field),+
            }
            mod lengths {
                use $crate::vocabulary::names;
                $(#[allow(non_upper_case_globals, reason = "called as its field")] pub(super) const $field: usize = names::$field.len();)+
            }
            const NAMES: &[&str] = &[$(names::$field),+];
            const KEYS: &[(Key, u64)] = &[$((Key::$field, 1 << Key::$field as u32)),+];
            fn find(name: &str) -> Option<usize> {
                // By length first: names of one length are few, so nearly every name is told by one comparison.
                match (name.len(), name) {
                    $((lengths::$field, names::$field) => Some(Key::$field as usize),)+
                    _ => None,
                }
            }
            const _: () = assert!(KEYS.len() <= 64, "each field has its bit");

            impl<X: Extras> Wire for $object<X> {
                fn blank() -> Self {
                    Self { $($field: Wire::blank(),)+ extras: X::default() }
                }
                fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    deserializer.deserialize_map(Reader(PhantomData))
                }
            }
            impl<'de, X: Extras> Deserialize<'de> for $object<X> {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    Self::read(deserializer)
                }
            }

            struct Reader<X>(PhantomData<X>);

            impl<X: Extras> Reader<X> {
                const DEMANDED: u64 = 0 $(| if <$type as Wire>::DEMANDED { 1 << Key::$field as u32 } else { 0 })+;
            }

            impl<'de, X: Extras> de::Visitor<'de> for Reader<X> {
                type Value = $object<X>;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str($what)
                }
                fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<$object<X>, A::Error> {
                    let mut object = <$object<X> as Wire>::blank();
                    let mut seen = 0;
                    while let Some(found) =
                        map.next_key_seed(Names { find, extras: PhantomData::<X> })?
                    {
                        let index = match found {
                            Found::Known(index) => index,
                            Found::Unknown(name) => {
                                object.extras.read(name, &mut map)?;
                                continue;
                            }
                        };
                        let (Some(name), Some((key, bit))) = (NAMES.get(index), KEYS.get(index)) else {
                            continue; // The index was found in the list, so it is in both.
                        };
                        if seen & bit != 0 {
                            return Err(de::Error::duplicate_field(name));
                        }
                        seen |= bit;
                        let read = match key {
                            $(Key::$field => read_into(&mut object.$field, &mut map),)+
                        };
                        read.map_err(|error| under(format_args!(".{name}"), error))?;
                    }
                    match NAMES.iter().zip(KEYS).find(|(_, (_, bit))| Self::DEMANDED & !seen & bit != 0) {
                        Some((name, _)) => Err(de::Error::missing_field(name)),
                        None => Ok(object),
                    }
                }
            }

            impl<X: Extras> Serialize for $object<X> {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    let mut map = serializer.serialize_map(None)?;
                    $(if !self.$field.is_left_out() {
                        map.serialize_entry(names::$field, &self.$field)?;
                    })+
                    self.extras.write(&mut map)?;
                    map.end()
                }
            }
        };
    };
}
pub(crate) use object;
