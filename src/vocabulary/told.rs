//! Reading the fields of an input, so that a value which cannot be taken is told with the name of its field.
//!
//! An input is read in two goes, for its tag may stand last; in the second serde knows no line and column any more, so
//! the name is all there is to find the mistake by. A row's columns are told in the same way (`lifecycle/stored.rs`).

use alloc::string::ToString;
use serde::{Deserialize, Deserializer, de::Error};

/// The error with the name of its field before it, where it does not begin with that already.
pub(crate) fn named<E: Error>(field: &str, error: &E) -> E {
    let text = error.to_string();
    if text.starts_with(field) { E::custom(text) } else { E::custom(format_args!("{field}: {text}")) }
}

/// For each field the function that serde reads it with (`deserialize_with`).
macro_rules! fields {
    ($($function:ident $field:literal,)+) => {
        $(pub(crate) fn $function<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<T, D::Error> {
            T::deserialize(value).map_err(|error| named($field, &error))
        })+
    };
}
fields! {
    answer "answer",
    begun "begun",
    cpu "cpu",
    disk "disk",
    epoch "epoch",
    fault "fault",
    force "force",
    from "from",
    include_memory "includeMemory",
    job "job",
    memory "memory",
    minutes "minutes",
    of "of",
    outcome "outcome",
    recoverable "recoverable",
    start "start",
    state "state",
    task "task",
    to "to",
}
