//! The error body of an API response.

use crate::record::form::{Maybe, Number, OneOrMany, Wire, object};
use crate::rules::{Reason, Refusal, Retry};
use crate::{decide::CreateError, vocabulary::FieldErrors, vocabulary::Word};
use alloc::string::{String, ToString};
use core::fmt;

object! {
    /// The error body of an API response. Every field may be missing.
    ///
    /// The official clients take the text from `message`, or from `error` if `message` is no text, and the code from `code`,
    /// or else from `error_code`. They take the status from the response and not from the body. (Read in the Python package
    /// `daytona` 0.226.1 and the npm package `@daytonaio/sdk` 0.218.0.)
    ///
    /// ```
    /// use sandbox_lifecycle::{Command, Context, Lifecycle, Policy, SandboxState, record::{ErrorBody, LifecycleView}};
    /// let view: LifecycleView = serde_json::from_str(r#"{"state":"archived","desiredState":"archived"}"#)?;
    /// let (policy, now) = (Policy::default(), chrono::DateTime::UNIX_EPOCH);
    /// let row = Lifecycle::try_from(&view)?;
    /// let refusal = row.decide(Command::Pause, &policy, Context::of(&row), now).unwrap_err();
    /// let body = ErrorBody::from(&refusal);
    /// assert!(serde_json::to_string(&body)?.starts_with(r#"{"statusCode":400,"message":"cannot pause while"#));
    /// assert_eq!(body.code(), Some("bad_state"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A proxy may answer with a body that is not JSON. A client then builds one, so that the status still gives advice:
    ///
    /// ```
    /// use sandbox_lifecycle::record::{Advice, ErrorBody, OneOrMany};
    /// let (status, text) = (502, "<html>Bad Gateway</html>");
    /// let body = serde_json::from_str(text).unwrap_or_else(|_| ErrorBody::new(status, OneOrMany::One(text.into())));
    /// assert_eq!(body.advice(status), Some(Advice::ReadFirst));
    /// ```
    pub struct ErrorBody is "an error" {
        /// The HTTP status. Use that of the response where there is one.
        status_code: Maybe<Number>,
        /// What is wrong.
        message: Maybe<Messages>,
        /// The name of the status, or what is wrong if there is no message.
        error: Maybe<String>,
        /// The code of the error: for a refusal, [`Refusal::code`].
        code: Maybe<String>,
        /// The older name of `code`. It is read and never written.
        error_code: Maybe<String>,
        /// The service that answered. Codes of different services have different meanings.
        source: Maybe<String>,
    }
}

/// One message, or a list with one message for each faulty field.
pub type Messages = OneOrMany<String>;

impl ErrorBody {
    /// Builds the body for an HTTP status. The name of the status follows from it.
    pub fn new(status: u16, message: Messages) -> Self {
        let error = status_name(status).map(String::from).into();
        Self { status_code: Number::from(status).into(), message: message.into(), error, ..Self::blank() }
    }

    /// Returns the same body with a code.
    fn with_code(self, code: &str) -> Self {
        Self { code: String::from(code).into(), ..self }
    }
}

impl<X> ErrorBody<X> {
    /// Returns what is wrong: the message, or else the error.
    pub fn text(&self) -> Option<String> {
        let message = self.message.value().map(ToString::to_string).filter(|text| !text.is_empty());
        message.or_else(|| self.error.value().cloned())
    }

    /// Returns the code: `code`, or else `error_code`.
    pub fn code(&self) -> Option<&str> {
        self.code.value().or_else(|| self.error_code.value()).map(String::as_str)
    }

    /// Returns what the caller can do, given the HTTP status of the response. Returns `None` if the status is no error.
    pub fn advice(&self, status: u16) -> Option<Advice> {
        let refused = self.code().and_then(Reason::from_word).map(|reason| Advice::Refused(reason.retry()));
        match status {
            401 => Some(Advice::Authenticate),
            403 => Some(refused.unwrap_or(Advice::AskPermission)),
            408 | 500.. => Some(Advice::ReadFirst),
            429 => Some(Advice::SlowDown),
            404 | 410 => Some(refused.unwrap_or(Advice::GiveUp)),
            409 => Some(refused.unwrap_or(Advice::ReadAgain)),
            400..=499 => Some(refused.unwrap_or(Advice::Correct)),
            0..=399 => None,
        }
    }
}

/// What the caller can do about an error of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Advice {
    /// The command was refused with a code of this crate, which says what can be done. The code says less than
    /// [`Refusal::retry`], which knows the sandbox: a pause that the class never allows may read as
    /// [`Retry::NotFromHere`]. The status counts first for 401, 403, 408, 429 and 5xx.
    Refused(Retry),
    /// The request is refused as it is (400, 422 and others without an entry of their own): repeating it changes nothing.
    Correct,
    /// The credentials are missing or not valid (401).
    Authenticate,
    /// The caller is not allowed to do it (403, without a code of this crate).
    AskPermission,
    /// There is no such sandbox, or not any more (404, 410).
    GiveUp,
    /// The sandbox has changed or is changing (409).
    ReadAgain,
    /// The caller sends too many requests (429). The response may say how long to wait, in its header `Retry-After`.
    SlowDown,
    /// The server failed or did not answer in time (408, 5xx). It may have carried out the command.
    ReadFirst,
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(retry) => retry.fmt(f),
            Self::Correct => f.pad("correct the request"),
            Self::Authenticate => f.pad("authenticate, then send it again"),
            Self::AskPermission => f.pad("ask for the permission"),
            Self::GiveUp => f.pad("give up: there is no such sandbox"),
            Self::ReadAgain => f.pad("read the sandbox and decide again"),
            Self::SlowDown => f.pad("wait, then send it again"),
            Self::ReadFirst => f.pad("wait, then read the sandbox before you send it again"),
        }
    }
}

impl From<&Refusal> for ErrorBody {
    fn from(refusal: &Refusal) -> Self {
        Self::new(refusal.http_status(), Messages::One(refusal.to_string())).with_code(refusal.code())
    }
}
impl From<&FieldErrors> for ErrorBody {
    /// One text names every faulty field: the official clients do not show a list.
    fn from(errors: &FieldErrors) -> Self {
        Self::new(errors.http_status(), Messages::One(errors.to_string()))
    }
}
impl From<&CreateError> for ErrorBody {
    fn from(error: &CreateError) -> Self {
        match error {
            CreateError::Suspended => {
                Self::new(error.http_status(), Messages::One(error.to_string())).with_code(Reason::Suspended.code())
            }
            CreateError::Invalid(errors) => Self::from(errors),
        }
    }
}

/// Returns the name of a status that a client can meet (RFC 9110, and RFC 6585 for 429).
const fn status_name(status: u16) -> Option<&'static str> {
    match status {
        400 => Some("Bad Request"),
        401 => Some("Unauthorized"),
        403 => Some("Forbidden"),
        404 => Some("Not Found"),
        409 => Some("Conflict"),
        410 => Some("Gone"),
        422 => Some("Unprocessable Entity"),
        429 => Some("Too Many Requests"),
        500 => Some("Internal Server Error"),
        502 => Some("Bad Gateway"),
        503 => Some("Service Unavailable"),
        504 => Some("Gateway Timeout"),
        _ => None,
    }
}
