//! The `object_form!` macro: types that serde reads only from an object, never from a list of their fields by position.

use core::fmt;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, VariantAccess, Visitor};

/// Declares a struct or an enum that is read only from objects. `form:` stands in front of the attributes that are about
/// its written form.
///
/// A reader that serde derives also takes a list, whose values it takes for the fields in their order. `["destroy",true]`
/// would be a forced destroy, and `[]` a policy with every default. Here serde derives the reader of a private copy of the
/// declaration, and the type's own reader hands it nothing but objects. It also cuts long values in messages.
macro_rules! object_form {
    (
        $(#[$alone:meta])*
        form: $(#[$form:meta])*
        $vis:vis $kind:ident $name:ident { $($body:tt)* }
    ) => {
        $(#[$alone])*
        $(#[$form])*
        $vis $kind $name { $($body)* }

        const _: () = {
            type Declared = $name;

            #[derive(serde::Deserialize)]
            $(#[$form])*
            #[serde(remote = "Declared", bound = "")]
            $kind Shape { $($body)* }

            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    Shape::deserialize($crate::vocabulary::ObjectsOnly(deserializer)).map_err($crate::vocabulary::brief)
                }
            }
        };
    };
}
pub(crate) use object_form;

/// A deserializer that has no list where a struct or an enum is read. What is inside of it is read as ever.
pub(crate) struct ObjectsOnly<T>(pub(crate) T);

/// Reads with the methods that serde derives calls of.
macro_rules! only_objects {
    ($($method:ident($($argument:ident: $type:ty),*))+) => {
        $(fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method($($argument,)* ObjectsOnly(visitor))
        })+
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ObjectsOnly<D> {
    type Error = D::Error;
    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
    only_objects! {
        deserialize_any()
        deserialize_map()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }
    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for ObjectsOnly<V> {
    type Value = V::Value;
    /// serde would name the private copy.
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(map)
    }
    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(ObjectsOnly(variant))
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for ObjectsOnly<A> {
    type Error = A::Error;
    type Variant = ObjectsOnly<A::Variant>;
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (name, fields) = self.0.variant_seed(seed)?;
        Ok((name, ObjectsOnly(fields)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for ObjectsOnly<A> {
    type Error = A::Error;
    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(seed)
    }
    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(length, ObjectsOnly(visitor))
    }
    fn struct_variant<V: Visitor<'de>>(self, names: &'static [&'static str], visitor: V) -> Result<V::Value, A::Error> {
        self.0.struct_variant(names, ObjectsOnly(visitor))
    }
}
