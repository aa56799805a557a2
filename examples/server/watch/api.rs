//! Requests to the API, and what can go wrong: each error of the API is sorted by the crate's advice.

use crate::{
    Exit, Stop,
    options::{Key, Options},
};
use chrono::{DateTime, Utc};
use sandbox_lifecycle::record::{Advice, ErrorBody, HttpRequest, OneOrMany};
use serde::de::DeserializeOwned;
use std::{io::ErrorKind, time::Duration};
use ureq::http::{Response, StatusCode, Uri};

/// How long one request may take.
pub const LONGEST_REQUEST: Duration = Duration::from_secs(30);
/// The longest text of an error that is shown, in characters: a proxy may answer with a whole page.
const LONGEST_TEXT: usize = 300;
/// What to do about an error of TLS.
const TLS_FAILED: &str = "TLS failed; the server needs a certificate of a public authority, or --api must say http";

pub struct Api {
    agent: ureq::Agent,
    /// Without a slash at the end.
    address: String,
    key: Option<Key>,
}

/// Why there is no answer.
pub enum Trouble {
    /// Another request changes nothing.
    Final(Stop),
    /// The API is there and cannot answer now.
    Busy { text: String, retry_after: Option<Duration> },
    /// Nothing answers, or not an API of this shape.
    NoApi(String),
}

impl Trouble {
    fn refused(text: String) -> Self {
        Self::Final(Stop::new(Exit::Configuration, text))
    }
}

impl Api {
    pub fn new(options: &Options) -> Result<Self, Stop> {
        let wrong = |text: &str| Stop::new(Exit::Configuration, text);
        let uri: Uri = options.api.parse().map_err(|_| wrong("--api is not a URL"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.query().is_some() {
            return Err(wrong("--api must be a URL such as https://host/api"));
        }
        // The address is printed in errors.
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(wrong("--api must not hold a password: use DAYTONA_API_KEY"));
        }
        let key = options.api_key.clone().filter(|key| !key.secret().is_empty());
        if key.as_ref().is_some_and(|key| !key.secret().chars().all(|letter| letter.is_ascii_graphic())) {
            return Err(wrong("the API key has a character that no key has, such as a space or a line break"));
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // A redirect would lose the key: its target is shown instead.
            .max_redirects(0)
            .max_redirects_will_error(false);
        let address = options.api.trim_end_matches('/').to_owned();
        Ok(Self { agent: config.build().new_agent(), address, key })
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// Sends a request and reads the answer; `None` is a 404 of the API.
    pub fn get<T: DeserializeOwned>(&self, request: &HttpRequest, within: Duration) -> Result<Option<T>, Trouble> {
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        let mut get = self.agent.get(format!("{}{}{query}", self.address, request.path));
        if let Some(key) = &self.key {
            get = get.header("Authorization", format!("Bearer {}", key.secret()));
        }
        let get = get.config().timeout_global(Some(within)).build();
        let mut response = get.call().map_err(|error| self.unreachable(&error))?;
        let text = response.body_mut().read_to_vec().map_err(|error| self.unreachable(&error))?;
        if response.status().is_success() {
            return serde_json::from_slice(&text).map(Some).map_err(|error| self.other_shape(&text, error));
        }
        self.error(&response, &text)
    }

    /// Sorts an error of the API. Every status that is no error is a redirect here.
    fn error<T>(&self, response: &Response<ureq::Body>, text: &[u8]) -> Result<Option<T>, Trouble> {
        let status = response.status();
        let body = serde_json::from_slice::<ErrorBody>(text).ok();
        let is_of_api = body.as_ref().is_some_and(|body| body.text().is_some());
        let body = body.unwrap_or_else(|| ErrorBody::new(status.as_u16(), OneOrMany::One(String::new())));
        let said = self.clean(&body.text().unwrap_or_default());
        let answer = format!("{} answers {}", self.address, spelled(status, &said));
        match body.advice(status.as_u16()) {
            // A 404 ends a wait, so one that does not come from the API must not count.
            Some(Advice::GiveUp) if is_of_api => Ok(None),
            Some(Advice::GiveUp) | None => Err(Trouble::NoApi(match header(response, "Location") {
                Some(target) => {
                    format!("{answer}, a redirect to {}: give the final address with --api", self.clean(target))
                }
                None => format!("{answer}, and not as this API does: check --api"),
            })),
            // The API may repeat the key in its text.
            Some(Advice::Authenticate) if self.key.is_none() => {
                Err(Trouble::refused(format!("{} wants an API key: set DAYTONA_API_KEY", self.address)))
            }
            Some(Advice::Authenticate) => {
                Err(Trouble::refused(format!("{} does not accept this API key: check DAYTONA_API_KEY", self.address)))
            }
            Some(Advice::SlowDown | Advice::ReadFirst | Advice::ReadAgain) => {
                let retry_after = header(response, "Retry-After").and_then(|text| pause(text, Utc::now()));
                Err(Trouble::Busy { text: answer, retry_after })
            }
            Some(advice) => Err(Trouble::refused(format!("{answer}: {advice}"))),
        }
    }

    fn unreachable(&self, error: &ureq::Error) -> Trouble {
        let text = match error {
            ureq::Error::Timeout(_) => "it did not answer in time".to_owned(),
            ureq::Error::Rustls(_) | ureq::Error::Tls(_) => format!("{error}: {TLS_FAILED}"),
            // What TLS cannot read, and a certificate that it refuses, come as invalid data of the connection.
            ureq::Error::Io(io) if io.kind() == ErrorKind::InvalidData => format!("{error}: {TLS_FAILED}"),
            _ => format!("{error}: check --api, and whether the server runs"),
        };
        Trouble::NoApi(self.clean(&format!("cannot reach the API at {}: {text}", self.address)))
    }

    fn other_shape(&self, text: &[u8], error: serde_json::Error) -> Trouble {
        let is_page = text.trim_ascii_start().starts_with(b"<");
        let what =
            if is_page { "with a page and not with JSON".to_owned() } else { format!("in another form: {error}") };
        Trouble::NoApi(
            self.clean(&format!("{} answers {what}: check that --api is the address of the API", self.address)),
        )
    }

    /// Returns a text of the other side without the key, cut where it is long.
    fn clean(&self, text: &str) -> String {
        let text = match &self.key {
            Some(key) => text.replace(key.secret(), "[key]"),
            None => text.to_owned(),
        };
        match text.char_indices().nth(LONGEST_TEXT) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        }
    }
}

/// Returns the status with its name, or with what the API says.
fn spelled(status: StatusCode, said: &str) -> String {
    let name = status.canonical_reason().filter(|_| said.is_empty()).unwrap_or(said);
    format!("{} {name}", status.as_u16()).trim_end().to_owned()
}

fn header<'r>(response: &'r Response<ureq::Body>, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

/// Reads a `Retry-After`: seconds or a date (RFC 9110, 10.2.3).
fn pause(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let until = || (DateTime::parse_from_rfc2822(text).ok()?.to_utc() - now).to_std().ok();
    text.parse().ok().map(Duration::from_secs).or_else(until)
}
