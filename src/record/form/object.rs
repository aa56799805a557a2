//! The `object!` macro: one declaration of an object's fields gives the struct, its reading and its writing.
//!
//! Reading borrows the names, is fastest for fields in the published order, allocates nothing for known words, and puts
//! the path in front of every error in the way of jq: `.volumes[0].mountPath: invalid type: …`.

use super::extras::Extras;
use core::{fmt, marker::PhantomData};
use serde::{
    Deserializer,
    de::{self, DeserializeSeed},
};

/// Finds the field of a name.
pub(crate) struct NameSeed<F, X> {
    pub(crate) find: F,
    pub(crate) extras: PhantomData<X>,
}

/// The field of a name: its index, or what [`Extras`] keeps of an unknown name.
pub(crate) enum Found<N> {
    Known(usize),
    Unknown(N),
}

impl<'de, F: Fn(&str) -> Option<usize>, X: Extras> DeserializeSeed<'de> for NameSeed<F, X> {
    type Value = Found<X::Name>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}
impl<F: Fn(&str) -> Option<usize>, X: Extras> de::Visitor<'_> for NameSeed<F, X> {
    type Value = Found<X::Name>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }
    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok((self.find)(name).map_or_else(|| Found::Unknown(X::name(name)), Found::Known))
    }
}

/// Declares an object of the wire. Its fields are in the published order and have their wire names in `names`; a
/// `Maybe` is optional. With `from Source`, every field is also copied from the field of that name of another object.
macro_rules! object {
    (
        $(#[$meta:meta])*
        $vis:vis struct $object:ident is $what:literal from $source:ident {
            $($(#[$doc:meta])* $field:ident: $type:ty,)+
        }
    ) => {
        object! {
            $(#[$meta])*
            $vis struct $object is $what {
                $($(#[$doc])* $field: $type,)+
            }
        }

        impl<X: $crate::record::form::Extras> From<&$source<X>> for $object<X> {
            /// Copies the fields that both have. Unknown fields are not copied.
            fn from(source: &$source<X>) -> Self {
                Self { $($field: source.$field.clone(),)+ extras: X::default() }
            }
        }
    };
    (
        $(#[$meta:meta])*
        $vis:vis struct $object:ident is $what:literal {
            $($(#[$doc:meta])* $field:ident: $type:ty,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        $vis struct $object<X = $crate::record::form::Dropped> {
            $($(#[$doc])* $vis $field: $type,)+
            /// The fields that this crate does not know.
            $vis extras: X,
        }

        const _: () = {
            use core::{fmt, marker::PhantomData};
            use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap};
            use $crate::record::form::{Extras, Found, NameSeed, Sealed, Wire, at_path, read_into};

            #[derive(Clone, Copy)]
            #[allow(non_camel_case_types, reason = "each key has the name of its field")]
            enum Key {
                $($field),+
            }
            mod lengths {
                use $crate::vocabulary::names;
                $(#[allow(non_upper_case_globals, reason = "each constant has the name of its field")] pub(super) const $field: usize = names::$field.len();)+
            }
            const NAMES: &[&str] = &[$(names::$field),+];
            const KEYS: &[(Key, u64)] = &[$((Key::$field, 1 << Key::$field as u32)),+];
            fn find(name: &str) -> Option<usize> {
                // Compares the length first: few names have the same length, so one comparison finds nearly every name.
                match (name.len(), name) {
                    $((lengths::$field, names::$field) => Some(Key::$field as usize),)+
                    _ => None,
                }
            }
            const _: () = assert!(KEYS.len() <= 64, "`seen` has one bit for each field");

            impl<X> Sealed for $object<X> {}
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
                const REQUIRED: u64 = 0 $(| if <$type as Wire>::REQUIRED { 1 << Key::$field as u32 } else { 0 })+;
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
                        map.next_key_seed(NameSeed { find, extras: PhantomData::<X> })?
                    {
                        let index = match found {
                            Found::Known(index) => index,
                            Found::Unknown(name) => {
                                object.extras.read(name, &mut map)?;
                                continue;
                            }
                        };
                        let (Some(name), Some((key, bit))) = (NAMES.get(index), KEYS.get(index)) else {
                            continue; // `find` returns only indices of these two lists.
                        };
                        if seen & bit != 0 {
                            return Err(de::Error::duplicate_field(name));
                        }
                        seen |= bit;
                        let read = match key {
                            $(Key::$field => read_into(&mut object.$field, &mut map),)+
                        };
                        read.map_err(|error| at_path(format_args!(".{name}"), error))?;
                    }
                    match NAMES.iter().zip(KEYS).find(|(_, (_, bit))| Self::REQUIRED & !seen & bit != 0) {
                        Some((name, _)) => Err(de::Error::missing_field(name)),
                        None => Ok(object),
                    }
                }
            }

            impl<X: Extras> Serialize for $object<X> {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    let mut map = serializer.serialize_map(None)?;
                    $(if !self.$field.is_omitted() {
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

/// Declares `new` for objects, with the required fields as parameters. Optional fields are absent.
macro_rules! constructors {
    ($($object:ident($($field:ident: $given:ty),+))+) => {$(
        impl $object {
            /// Builds the object from its required fields. Optional fields are absent.
            pub fn new($($field: $given),+) -> Self {
                Self { $($field: $field.into(),)+ ..$crate::record::form::Wire::blank() }
            }
        }
    )+};
}
pub(crate) use constructors;

/// Implements `Default` for objects whose fields are all optional: every field is absent.
macro_rules! defaults {
    ($($object:ident)+) => {$(
        impl Default for $object {
            fn default() -> Self {
                $crate::record::form::Wire::blank()
            }
        }
    )+};
}
pub(crate) use defaults;
