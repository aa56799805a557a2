//! Reading an input of any kind: which kind is meant is told first, so that an error tells of that kind alone.

use super::{command::Command, report::Report, timer::TimerInput};
use alloc::string::{String, ToString};
use core::fmt;
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};

/// What is read as each of the kinds. One of them is what was meant; what the other two say is of no interest.
///
/// Serde's own way, which takes the first kind that can be read, knows of no kind why it cannot.
#[derive(Deserialize)]
#[serde(expecting = "a command, a report or a timer")]
pub(super) struct Form {
    #[serde(flatten)]
    pub(super) meant: Meant,
    #[serde(flatten)]
    pub(super) command: Tried<Command>,
    #[serde(flatten)]
    pub(super) report: Tried<Report>,
    #[serde(flatten)]
    pub(super) timer: Tried<TimerInput>,
}

pub(super) struct Tried<T>(pub(super) Result<T, String>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Tried<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(T::deserialize(deserializer).map_err(|error| error.to_string())))
    }
}

/// The kind whose tag stands in the input.
pub(super) enum Meant {
    Command,
    Report,
    Timer,
}

impl<'de> Deserialize<'de> for Meant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Tag)
    }
}

struct Tag;

impl<'de> Visitor<'de> for Tag {
    type Value = Meant;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field `command`, `report` or `timer`")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut input: A) -> Result<Meant, A::Error> {
        let mut meant = None;
        while let Some(key) = input.next_key::<String>()? {
            let kind = match key.as_str() {
                "command" => Meant::Command,
                "report" => Meant::Report,
                "timer" => Meant::Timer,
                _beside_the_tag => {
                    input.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            // Kept until the kind is known, a word could also be told by its place in the list; no caller means that.
            input.next_value::<String>()?;
            meant = meant.or(Some(kind));
        }
        meant.ok_or_else(|| Error::custom("missing field `command`, `report` or `timer`"))
    }
}
