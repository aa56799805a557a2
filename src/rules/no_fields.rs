//! Reading a variant that has no fields, so that a field given with it is an error that names it.

use crate::vocabulary::{ObjectsOnly, brief};
use serde::{Deserialize, Deserializer};

/// Accepts an object without fields. In an internally tagged enum, serde ignores the fields of a variant that has none,
/// even with `deny_unknown_fields`.
pub(super) fn no_fields<'de, D: Deserializer<'de>>(fields: D) -> Result<(), D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct NoFields {}
    NoFields::deserialize(ObjectsOnly(fields)).map(|NoFields {}| ()).map_err(brief)
}
