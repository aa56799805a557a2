//! Readers for single fields (`deserialize_with`) that put the field's name in front of an error.
//!
//! serde buffers an input because its tag may be the last field, and a buffered value has no line and column any more.
//! The name is then the only way to find the mistake. Stored rows use the same form.

use super::{names, quoted::brief};
use alloc::string::ToString;
use serde::{Deserialize, Deserializer, de::Error};

/// Puts the name of the field in front of the error, unless the error begins with it, and cuts a long value.
pub(crate) fn named<E: Error>(field: &str, error: E) -> E {
    let text = brief(error).to_string();
    if text.starts_with(field) { E::custom(text) } else { E::custom(format_args!("{field}: {text}")) }
}

/// Declares one reader for each field.
macro_rules! readers {
    ($($field:ident)+) => {
        $(pub(crate) fn $field<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<T, D::Error> {
            T::deserialize(value).map_err(|error| named(names::$field, error))
        })+
    };
}
readers! {
    answer attempt begun call cpu departure disk end epoch fault force from include_memory job memory minutes newest
    outcome recoverable released size start state task to work
}
