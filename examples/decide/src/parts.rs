//! The fields of a question. Each is parsed by itself, so that an error names it.

use crate::error::{Code, Error};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;

/// An object whose fields are taken one by one. It has no field that its reader does not take.
pub struct Parts {
    /// What the object is, for messages: `question`.
    what: &'static str,
    fields: Vec<(String, Box<RawValue>)>,
}

impl Parts {
    /// Reads the object of a line.
    pub fn of_line(line: &[u8]) -> Result<Self, Error> {
        match line.first() {
            Some(b'{') => Self::read("question", "", || serde_json::from_slice(line)),
            _ => Err(Error::new(Code::NotAnObject, "a question is a JSON object")),
        }
    }

    /// Reads the object in a field of a question, which takes these names.
    pub fn of_value(field: &'static str, text: &RawValue, names: &[&str]) -> Result<Self, Error> {
        if !text.get().starts_with('{') {
            return Err(Error::wrong(field, "expected an object"));
        }
        let parts = Self::read(field, &format!("{field}: "), || serde_json::from_str(text.get()))?;
        parts.only(names)
    }

    fn read(what: &'static str, place: &str, read: impl FnOnce() -> serde_json::Result<Fields>) -> Result<Self, Error> {
        let fields = read().map_err(|error| {
            let at = error.column();
            Error::new(Code::NotJson, format!("{place}{} at column {at}", Plain(&error)))
        })?;
        let fields = fields.0;
        let named_before = |index: usize, name: &str| fields.iter().take(index).any(|(before, _)| before == name);
        let twice = fields.iter().enumerate().find(|(index, (name, _))| named_before(*index, name));
        match twice {
            Some((_, (name, _))) => {
                Err(Error::new(Code::DuplicateField, format!("{place}the field `{name}` comes twice")))
            }
            None => Ok(Self { what, fields }),
        }
    }

    /// Refuses an object with a field of another name.
    pub fn only(self, names: &[&str]) -> Result<Self, Error> {
        match self.fields.iter().find(|(name, _)| !names.contains(&name.as_str())) {
            None => Ok(self),
            Some((name, _)) => {
                let names = names.join(", ");
                let message = format!("{}: unknown field `{name}`, expected one of {names}", self.what);
                Err(Error::new(Code::UnknownField, message))
            }
        }
    }

    /// Takes the text of a field, if there is one.
    pub fn text(&mut self, name: &str) -> Option<Box<RawValue>> {
        let at = self.fields.iter().position(|(field, _)| field == name)?;
        Some(self.fields.swap_remove(at).1)
    }

    /// Takes the text of a field.
    pub fn required_text(&mut self, name: &str) -> Result<Box<RawValue>, Error> {
        let what = self.what;
        self.text(name).ok_or_else(|| Error::new(Code::MissingField, format!("{what}: missing field `{name}`")))
    }

    /// Takes the value of a field.
    pub fn required<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Error> {
        parsed(name, &self.required_text(name)?)
    }

    /// Takes the value of a field, if there is one. A null counts as none.
    pub fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Error> {
        Ok(self.text(name).map(|text| parsed::<Option<T>>(name, &text)).transpose()?.flatten())
    }
}

/// Parses the value of a field.
pub fn parsed<T: DeserializeOwned>(name: &str, text: &RawValue) -> Result<T, Error> {
    serde_json::from_str(text.get()).map_err(|error| Error::wrong(name, Plain(&error)))
}

/// An error of serde without its position, which counts from the begin of the field.
pub struct Plain<'a>(pub &'a serde_json::Error);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = self.0.to_string();
        let position = format!(" at line {} column {}", self.0.line(), self.0.column());
        f.write_str(message.strip_suffix(&position).unwrap_or(&message))
    }
}

/// The fields of an object in their order, unparsed. The same name may come twice.
struct Fields(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    if fields.len() == MOST_FIELDS {
                        return Err(A::Error::custom("too many fields"));
                    }
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// The most fields that an object here can have. A row has fewer than a hundred.
const MOST_FIELDS: usize = 1000;
