//! Answers: records, and every error as the API's error body.

use crate::store::{Error, NotWritten, Undecided};
use axum::{
    Json,
    extract::rejection::BytesRejection,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sandbox_lifecycle::{
    Refusal,
    decide::CreateError,
    record::{ErrorBody, OneOrMany, RequestError},
    vocabulary::FieldErrors,
};

/// An error of the API.
#[derive(Debug)]
pub struct ApiError {
    status: u16,
    body: Box<ErrorBody>,
}

/// What a handler returns.
pub type Answer<T> = Result<T, ApiError>;

impl ApiError {
    /// Builds an error with a status and a text.
    pub fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status, body: Box::new(ErrorBody::new(status, OneOrMany::One(text.into()))) }
    }

    /// There is no such sandbox.
    pub fn no_sandbox(sandbox: &str) -> Self {
        Self::new(404, format!("no sandbox has the id or the name {sandbox}"))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.body)).into_response();
        if matches!(self.status, 429 | 503) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<&Refusal> for ApiError {
    fn from(refusal: &Refusal) -> Self {
        Self { status: refusal.http_status(), body: Box::new(refusal.into()) }
    }
}
impl From<&FieldErrors> for ApiError {
    fn from(errors: &FieldErrors) -> Self {
        Self { status: errors.http_status(), body: Box::new(errors.into()) }
    }
}
impl From<FieldErrors> for ApiError {
    fn from(errors: FieldErrors) -> Self {
        Self::from(&errors)
    }
}
impl From<CreateError> for ApiError {
    fn from(error: CreateError) -> Self {
        Self { status: error.http_status(), body: Box::new((&error).into()) }
    }
}
impl From<RequestError<serde_json::Error>> for ApiError {
    fn from(error: RequestError<serde_json::Error>) -> Self {
        match error {
            RequestError::Fields(errors) => errors.into(),
            RequestError::OtherRoute => Self::new(404, "no request of the API has this method and path"),
            other => Self::new(400, other.to_string()),
        }
    }
}
impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> Self {
        Self::new(400, format!("the body cannot be read: {error}"))
    }
}
impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        Self::new(rejection.status().as_u16(), rejection.body_text())
    }
}
impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotUnique(_) => Self::new(409, "the name is in use: choose another one"),
            Error::Failed(text) => {
                tracing::error!("{text}"); // It may name a host or a path, so the caller does not see it.
                Self::new(503, "the database does not answer: try again")
            }
        }
    }
}
impl From<Undecided> for ApiError {
    fn from(undecided: Undecided) -> Self {
        match undecided {
            Undecided::Refused(refusal) => (&refusal).into(),
            Undecided::Gone => Self::new(404, undecided.to_string()),
            Undecided::Busy => Self::new(409, undecided.to_string()),
            Undecided::Database(error) => error.into(),
            Undecided::Incomplete(_) => {
                tracing::error!("{undecided}");
                Self::new(500, "the server has a fault: see its log")
            }
        }
    }
}
impl From<NotWritten> for ApiError {
    fn from(not_written: NotWritten) -> Self {
        match not_written {
            NotWritten::Stale => Self::new(409, not_written.to_string()),
            NotWritten::Incomplete(error) => Undecided::Incomplete(error).into(),
            NotWritten::Database(error) => error.into(),
        }
    }
}
