//! The body that an API answers with when it refuses.

use super::{Dropped, Extras, Maybe, Number, Wire, object::object};
use crate::{
    decide::CreateError,
    rules::Refusal,
    vocabulary::{FieldErrors, names},
};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;
use serde::{Deserializer, Serialize, Serializer, de};

object! {
    /// An error as the API tells it.
    ///
    /// ```
    /// use sandbox_lifecycle::{Command, Context, Lifecycle, Policy, SandboxState, record::{ErrorBody, LifecycleView}};
    /// let view: LifecycleView = serde_json::from_str(r#"{"state":"archived","desiredState":"archived"}"#)?;
    /// let (policy, now) = (Policy::default(), chrono::DateTime::UNIX_EPOCH);
    /// let refusal = Lifecycle::try_from(&view)?.decide(Command::Pause, &policy, Context::default(), now).unwrap_err();
    /// let body = ErrorBody::from(&refusal);
    /// assert!(serde_json::to_string(&body)?.starts_with(r#"{"statusCode":400,"message":"pause is refused"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ErrorBody is "an error" {
        /// The HTTP status.
        status_code: Number,
        /// What is wrong, in words.
        message: Messages,
        /// The name of the status.
        error: Maybe<String>,
    }
}

/// One message, or the list that a server gives when several fields are wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Messages {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Wire for Messages {
    fn blank() -> Self {
        Self::Many(Vec::new())
    }
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MessagesVisitor)
    }
}
impl Serialize for Messages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(message) => message.serialize(serializer),
            Self::Many(messages) => messages.serialize(serializer),
        }
    }
}
impl fmt::Display for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(message) => f.write_str(message),
            Self::Many(messages) => f.write_str(&messages.join("; ")),
        }
    }
}

struct MessagesVisitor;

impl<'de> de::Visitor<'de> for MessagesVisitor {
    type Value = Messages;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message or a list of them")
    }
    fn visit_str<E: de::Error>(self, message: &str) -> Result<Messages, E> {
        Ok(Messages::One(message.into()))
    }
    fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<Messages, A::Error> {
        Wire::read(de::value::SeqAccessDeserializer::new(list)).map(Messages::Many)
    }
}

impl ErrorBody {
    fn new(status: u16, message: Messages) -> Self {
        let error = status_name(status).map(String::from).into();
        Self { status_code: Number::from(status), message, error, extras: Dropped }
    }
}

impl From<&Refusal> for ErrorBody {
    fn from(refusal: &Refusal) -> Self {
        Self::new(refusal.http_status(), Messages::One(refusal.to_string()))
    }
}
impl From<&FieldErrors> for ErrorBody {
    /// One message for each faulty field.
    fn from(errors: &FieldErrors) -> Self {
        Self::new(errors.http_status(), Messages::Many(errors.iter().map(ToString::to_string).collect()))
    }
}
impl From<&CreateError> for ErrorBody {
    fn from(error: &CreateError) -> Self {
        match error {
            CreateError::Suspended => Self::new(error.http_status(), Messages::One(error.to_string())),
            CreateError::Invalid(errors) => Self::from(errors),
        }
    }
}

/// The names of the statuses that a refusal can have (RFC 9110).
const fn status_name(status: u16) -> Option<&'static str> {
    match status {
        400 => Some("Bad Request"),
        403 => Some("Forbidden"),
        404 => Some("Not Found"),
        409 => Some("Conflict"),
        422 => Some("Unprocessable Entity"),
        _ => None,
    }
}
