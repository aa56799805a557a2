//! The error body of an API response.

use crate::record::form::{Maybe, Number, OneOrMany, Wire, object};
use crate::{decide::CreateError, rules::Refusal, vocabulary::FieldErrors};
use alloc::string::{String, ToString};

object! {
    /// The error body of an API response.
    ///
    /// ```
    /// use sandbox_lifecycle::{Command, Context, Lifecycle, Policy, SandboxState, record::{ErrorBody, LifecycleView}};
    /// let view: LifecycleView = serde_json::from_str(r#"{"state":"archived","desiredState":"archived"}"#)?;
    /// let (policy, now) = (Policy::default(), chrono::DateTime::UNIX_EPOCH);
    /// let row = Lifecycle::try_from(&view)?;
    /// let refusal = row.decide(Command::Pause, &policy, Context::of(&row), now).unwrap_err();
    /// let body = ErrorBody::from(&refusal);
    /// assert!(serde_json::to_string(&body)?.starts_with(r#"{"statusCode":400,"message":"cannot pause while"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ErrorBody is "an error" {
        /// The HTTP status.
        status_code: Number,
        /// What is wrong.
        message: Messages,
        /// The name of the status.
        error: Maybe<String>,
    }
}

/// One message, or a list with one message for each faulty field.
pub type Messages = OneOrMany<String>;

impl ErrorBody {
    /// Builds the body for an HTTP status. The name of the status follows from it.
    pub fn new(status: u16, message: Messages) -> Self {
        let error = status_name(status).map(String::from).into();
        Self { status_code: status.into(), message, error, ..Self::blank() }
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

/// Returns the name of a status that a refusal can have (RFC 9110).
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
