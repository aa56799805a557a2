//! Reading a word that takes no arguments, so that one which is given all the same is named and refused.

use serde::{Deserialize, Deserializer};

/// Nothing beside the word itself. For the variants without fields of an enum that is told apart by a tag: there
/// serde passes over whatever stands beside the tag, also where the enum denies unknown fields.
pub(super) fn bare<'de, D: Deserializer<'de>>(beside: D) -> Result<(), D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    Nothing::deserialize(beside).map(|Nothing {}| ())
}
