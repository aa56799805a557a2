//! Reading an input of any kind. The tag decides the kind, so that an error is about this kind alone.

use super::{command::Command, report::Report, timer::TimerInput};
use crate::vocabulary::brief;
use alloc::string::{String, ToString};
use core::fmt;
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};

/// The input read as each kind. Only the kind of the tag counts.
///
/// An untagged enum of serde takes the first kind that can be read, and loses the errors of all kinds.
#[derive(Deserialize)]
#[serde(remote = "Self", expecting = "a command, a report or a timer")]
pub(super) struct Form {
    #[serde(flatten)]
    pub(super) kind: Kind,
    #[serde(flatten)]
    pub(super) command: Attempt<Command>,
    #[serde(flatten)]
    pub(super) report: Attempt<Report>,
    #[serde(flatten)]
    pub(super) timer: Attempt<TimerInput>,
}

/// The derived reading, with a short message where the input has a long value.
impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer).map_err(brief)
    }
}

pub(super) struct Attempt<T>(pub(super) Result<T, String>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Attempt<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(T::deserialize(deserializer).map_err(|error| brief(error).to_string())))
    }
}

/// The kind of an input, from its tag.
pub(super) enum Kind {
    Command,
    Report,
    Timer,
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TagVisitor)
    }
}

struct TagVisitor;

impl<'de> Visitor<'de> for TagVisitor {
    type Value = Kind;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field `command`, `report` or `timer`")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut input: A) -> Result<Kind, A::Error> {
        let mut found = None;
        while let Some(key) = input.next_key::<String>()? {
            let kind = match key.as_str() {
                "command" => Kind::Command,
                "report" => Kind::Report,
                "timer" => Kind::Timer,
                _other_field => {
                    input.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            // serde buffers the tag, and would accept a number in place of the word. Only a text is valid.
            input.next_value::<String>()?;
            found = found.or(Some(kind));
        }
        found.ok_or_else(|| Error::custom("missing field `command`, `report` or `timer`"))
    }
}
