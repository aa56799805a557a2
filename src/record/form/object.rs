//! The `object!` macro: one declaration of an object's fields gives the struct, its reading and its writing.
//!
//! Reading borrows the names, allocates nothing for known words, and puts the path in front of every error in the way
//! of jq: `.volumes[0].mountPath: invalid type: …`.

use super::extras::Extras;
use super::wire::{Read, Wire, at_path};
use core::{fmt, marker::PhantomData};
use serde::{Deserializer, de};

/// Reads a name: the key of its field, or what [`Extras`] keeps of an unknown name.
pub(crate) struct NameSeed<F, X> {
    pub(crate) find: F,
    pub(crate) extras: PhantomData<X>,
}

impl<'de, K, F: Fn(&str) -> Option<K>, X: Extras> de::DeserializeSeed<'de> for NameSeed<F, X> {
    type Value = Result<K, X::Name>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}
impl<K, F: Fn(&str) -> Option<K>, X: Extras> de::Visitor<'_> for NameSeed<F, X> {
    type Value = Result<K, X::Name>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }
    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok((self.find)(name).ok_or_else(|| X::name(name)))
    }
}

/// Reads the next value into a field. `seen` has one bit for each field that was read before.
pub(crate) fn read_field<'de, T: Wire, A: de::MapAccess<'de>>(
    field: &mut T,
    name: &'static str,
    bit: u64,
    seen: &mut u64,
    map: &mut A,
) -> Result<(), A::Error> {
    if *seen & bit != 0 {
        return Err(de::Error::duplicate_field(name));
    }
    *seen |= bit;
    Read(*field) = map.next_value().map_err(|error| at_path(format_args!(".{name}"), error))?;
    Ok(())
}

/// Declares an object of the wire. Its fields are in the published order and have their wire names in `names`; a
/// `Maybe` is optional. With `from Source`, every field is also copied from the field of that name of another object, where it may
/// be required.
macro_rules! object {
    (
        $(#[$meta:meta])*
        $vis:vis struct $object:ident is $what:literal $(from $source:ident)? {
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
            use $crate::{record::form::{Extras, NameSeed, Sealed, Wire, read_field}, vocabulary::{brief, names}};

            #[allow(non_camel_case_types, reason = "each key has the name of its field")]
            enum Key {
                $($field),+
            }
            fn find(name: &str) -> Option<Key> {
                match name {
                    $(names::$field => Some(Key::$field),)+
                    _ => None,
                }
            }

            impl<X> Sealed for $object<X> {}
            impl<X: Extras> Wire for $object<X> {
                fn blank() -> Self {
                    Self { $($field: Wire::blank(),)+ extras: X::default() }
                }
            }
            impl<'de, X: Extras> Deserialize<'de> for $object<X> {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    deserializer.deserialize_map(Reader(PhantomData)).map_err(brief)
                }
            }

            struct Reader<X>(PhantomData<X>);

            impl<'de, X: Extras> de::Visitor<'de> for Reader<X> {
                type Value = $object<X>;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str($what)
                }
                fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<$object<X>, A::Error> {
                    let mut object = <$object<X> as Wire>::blank();
                    let mut seen = 0;
                    // A 65th field does not compile, because `seen` has no bit for it.
                    while let Some(found) = map.next_key_seed(NameSeed { find, extras: PhantomData::<X> })? {
                        match found {
                            $(Ok(Key::$field) => {
                                let bit = const { 1 << Key::$field as u32 };
                                read_field(&mut object.$field, names::$field, bit, &mut seen, &mut map)?;
                            })+
                            Err(name) => object.extras.read(name, &mut map)?,
                        }
                    }
                    $(if <$type as Wire>::REQUIRED && seen & const { 1 << Key::$field as u32 } == 0 {
                        return Err(de::Error::missing_field(names::$field));
                    })+
                    Ok(object)
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
            object! { @copied $object $([$source])? $($field)+ }
        };
    };
    (@copied $object:ident $($field:ident)+) => {};
    (@copied $object:ident [$source:ident] $($field:ident)+) => {
        impl<X: Extras> From<&$source<X>> for $object<X> {
            /// Copies the fields that both have. Unknown fields are not copied.
            fn from(source: &$source<X>) -> Self {
                Self { $($field: source.$field.clone().into(),)+ extras: X::default() }
            }
        }
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
