//! Commands as requests of the published API, from one table for clients and servers.

use super::change::{CreateSandboxSnapshot, ForkSandbox, ResizeSandbox};
use super::http::{HttpMethod, HttpRequest, RequestBody, add_parameter, escape, parameters, unescape, yes_or_no};
use crate::policy::ApiProfile;
use crate::record::form::{Maybe, interval_of};
use crate::rules::{Command, CommandKind, Verb};
use crate::vocabulary::{
    AutoArchive, AutoDelete, AutoPause, AutoStop, FieldError, FieldErrors, IntervalError, SizeChange, Ttl, names,
};
use alloc::{borrow::Cow, string::String, string::ToString};
use serde::{Deserialize, Deserializer};

/// A command for one sandbox, as a client sends it and a server receives it.
///
/// ```
/// use sandbox_lifecycle::{ApiProfile, Command, record::CommandRequest};
/// let stop = CommandRequest::new("my sandbox", Command::Stop { force: true });
/// let sent = stop.http(ApiProfile::V0_226)?;
/// assert_eq!(sent.to_string(), "POST /sandbox/my%20sandbox/stop?force=true");
/// // A server reads the body only where a request has one.
/// let body = &mut serde_json::Deserializer::from_slice(b"");
/// let received = CommandRequest::from_http("POST", &sent.path, &sent.query, body)?;
/// assert_eq!(received, stop);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A server answers with an [`ErrorBody`](crate::record::ErrorBody) what it cannot read and what it refuses:
///
/// ```
/// use sandbox_lifecycle::{Columns, Context, Lifecycle, Policy};
/// use sandbox_lifecycle::record::{CommandRequest, ErrorBody, OneOrMany, RequestError};
/// let (row, policy) = (Lifecycle::from(Columns::default()), Policy::default());
/// let answer = |path: &str, body: &str| {
///     let error = |status, text: String| (status, ErrorBody::new(status, OneOrMany::One(text)));
///     let reader = &mut serde_json::Deserializer::from_str(body);
///     let request = CommandRequest::from_http("POST", path, "", reader).map_err(|fault| match fault {
///         RequestError::Fields(errors) => (400, ErrorBody::from(&errors)),
///         RequestError::OtherRoute => error(404, fault.to_string()),
///         _ => error(400, fault.to_string()),
///     })?;
///     // Here the server looks for `request.sandbox`, as an identifier and as a name.
///     row.decide(request.command, &policy, Context::of(&row), chrono::DateTime::UNIX_EPOCH)
///         .map_err(|refusal| (refusal.http_status(), ErrorBody::from(&refusal)))
/// };
/// let text = |path, body| answer(path, body).map_err(|(status, body)| (status, body.text().unwrap())).unwrap_err();
/// assert_eq!(text("/sandbox/s1/dance", ""), (404, "no command has this method and path".into()));
/// assert!(text("/sandbox/s1/fork", "{").1.starts_with("the body cannot be read"));
/// assert!(text("/sandbox/s1/resize", r#"{"cpu":0}"#).1.starts_with("cpu is 0, expected"));
/// assert!(text("/sandbox/s1/archive", "").1.starts_with("cannot archive while the state is started"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommandRequest {
    /// The identifier or the name of the sandbox. A server looks for both.
    pub sandbox: String,
    /// The command.
    pub command: Command,
    /// The name of the new snapshot, which needs one, or of the new sandbox of a fork. Other commands have none.
    pub name: Option<String>,
}

/// Why the published API has no request for a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoRequest {
    /// The API of this profile does not offer it: see [`Verb::is_offered_by`].
    #[error("the API {1} has no request to {0}")]
    NotOffered(Verb, ApiProfile),
    /// A snapshot has no name.
    #[error("a snapshot needs a name")]
    Unnamed,
    /// The identifier or the name of the sandbox is empty, `.` or `..`. HTTP clients remove such a part from the path, even
    /// if it is escaped, and the request would reach another route.
    #[error("a path cannot name a sandbox with an empty identifier, `.` or `..`")]
    NotInPath,
}

/// Why a request is not a command. `E` is the error of the body's reader.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError<E> {
    /// No command has this method and path: look for another route, or answer 404.
    #[error("no command has this method and path")]
    OtherRoute,
    /// The path, the query or the body has invalid values. Answer 400.
    #[error(transparent)]
    Fields(#[from] FieldErrors),
    /// The body cannot be read. Answer 400.
    #[error("the body cannot be read: {0}")]
    Body(E),
}

/// Where a request has the argument of its command.
#[derive(Debug, Clone, Copy)]
enum Place {
    None,
    /// A parameter of the query.
    Query(&'static str),
    /// The last part of the path: minutes.
    Path,
    Body,
}

/// The argument of a command, as its request has it.
enum Argument {
    None,
    Flag(bool),
    Minutes(i64),
    Body(RequestBody),
}

/// The table (published): the method, the last part of the path after the sandbox, and where the argument is.
fn route(kind: CommandKind) -> (HttpMethod, &'static str, Place) {
    match kind {
        CommandKind::Start => (HttpMethod::Post, Verb::Start.as_str(), Place::None),
        CommandKind::Stop => (HttpMethod::Post, Verb::Stop.as_str(), Place::Query(names::force)),
        CommandKind::Destroy => (HttpMethod::Delete, "", Place::None),
        CommandKind::Pause => (HttpMethod::Post, Verb::Pause.as_str(), Place::None),
        CommandKind::Archive => (HttpMethod::Post, Verb::Archive.as_str(), Place::None),
        CommandKind::Resize => (HttpMethod::Post, Verb::Resize.as_str(), Place::Body),
        CommandKind::Fork => (HttpMethod::Post, Verb::Fork.as_str(), Place::Body),
        CommandKind::Snapshot => (HttpMethod::Post, Verb::Snapshot.as_str(), Place::Body),
        CommandKind::Recover => (HttpMethod::Post, Verb::Recover.as_str(), Place::Query(names::skip_start)),
        CommandKind::Backup => (HttpMethod::Post, Verb::Backup.as_str(), Place::None),
        CommandKind::AutoStop => (HttpMethod::Post, Verb::AutoStop.as_str(), Place::Path),
        CommandKind::AutoPause => (HttpMethod::Post, Verb::AutoPause.as_str(), Place::Path),
        CommandKind::AutoArchive => (HttpMethod::Post, Verb::AutoArchive.as_str(), Place::Path),
        CommandKind::AutoDelete => (HttpMethod::Post, Verb::AutoDelete.as_str(), Place::Path),
        CommandKind::Ttl => (HttpMethod::Post, Verb::Ttl.as_str(), Place::Path),
        CommandKind::Touch => (HttpMethod::Post, "last-activity", Place::None),
    }
}

/// Returns the path of a sandbox.
fn path_of(sandbox: &str) -> Result<String, NoRequest> {
    if ["", ".", ".."].contains(&sandbox) {
        return Err(NoRequest::NotInPath);
    }
    let mut path = String::from("/sandbox/");
    escape(sandbox, &mut path);
    Ok(path)
}

impl HttpRequest {
    /// Returns the request that reads the sandbox with this identifier or name. The answer is a
    /// [`SandboxDto`](crate::SandboxDto), or a 404.
    ///
    /// # Errors
    ///
    /// [`NoRequest::NotInPath`].
    pub fn read(sandbox: &str) -> Result<Self, NoRequest> {
        Ok(Self { method: HttpMethod::Get, path: path_of(sandbox)?, query: String::new(), body: None })
    }
}

impl Command {
    /// Returns the request of this command for the sandbox with this identifier or name.
    pub fn request(self, sandbox: impl Into<String>) -> CommandRequest {
        CommandRequest::new(sandbox, self)
    }
}

impl CommandRequest {
    /// Builds a request without a name.
    pub fn new(sandbox: impl Into<String>, command: Command) -> Self {
        Self { sandbox: sandbox.into(), command, name: None }
    }

    /// Returns the request with the name of the new snapshot or fork.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Returns the request on the wire.
    ///
    /// # Errors
    ///
    /// The API of this profile does not offer the command, a snapshot has no name, or no path can name the sandbox.
    pub fn http(&self, profile: ApiProfile) -> Result<HttpRequest, NoRequest> {
        let verb = self.command.verb();
        if !verb.is_offered_by(profile) {
            return Err(NoRequest::NotOffered(verb, profile));
        }
        let (method, last, place) = route(CommandKind::from(self.command));
        let mut path = path_of(&self.sandbox)?;
        if !last.is_empty() {
            path.push('/');
            path.push_str(last);
        }
        let mut request = HttpRequest { method, path, query: String::new(), body: None };
        match (place, self.argument()?) {
            (Place::Query(name), Argument::Flag(true)) => add_parameter(&mut request.query, name, "true"),
            // Without the parameter, the server takes no.
            (_, Argument::None | Argument::Flag(_)) => {}
            (_, Argument::Minutes(minutes)) => request.path.extend(["/", &minutes.to_string()]),
            (_, Argument::Body(body)) => request.body = Some(body),
        }
        Ok(request)
    }

    /// Returns the argument of the command, as its request has it.
    fn argument(&self) -> Result<Argument, NoRequest> {
        Ok(match self.command {
            Command::Stop { force } => Argument::Flag(force),
            Command::Recover { start } => Argument::Flag(!start),
            Command::AutoStop { interval } => Argument::Minutes(interval.as_minutes().into()),
            Command::AutoPause { interval } => Argument::Minutes(interval.as_minutes().into()),
            Command::AutoArchive { interval } => Argument::Minutes(interval.as_minutes().into()),
            Command::AutoDelete { interval } => Argument::Minutes(interval.as_minutes().into()),
            Command::Ttl { interval } => Argument::Minutes(interval.as_minutes().into()),
            Command::Resize(change) => Argument::Body(RequestBody::Resize(change.into())),
            Command::Fork => {
                let body = ForkSandbox { name: self.name.clone().into(), ..ForkSandbox::default() };
                Argument::Body(RequestBody::Fork(body))
            }
            Command::Snapshot { include_memory } => {
                let mut body = CreateSandboxSnapshot::new(self.name.clone().ok_or(NoRequest::Unnamed)?);
                body.include_memory = if include_memory { Maybe::Value(true) } else { Maybe::Absent };
                Argument::Body(RequestBody::Snapshot(body))
            }
            Command::Start | Command::Destroy { .. } | Command::Pause | Command::Archive => Argument::None,
            Command::Backup | Command::Touch => Argument::None,
        })
    }

    /// Reads a request. The path begins after the address of the API, as in [`HttpRequest`], and the query has no question
    /// mark. The body is read only where the command has one. Unknown parameters are ignored, and of a repeated one the last
    /// counts, as in a [`ListQuery`](crate::record::ListQuery).
    ///
    /// # Errors
    ///
    /// See [`RequestError`].
    pub fn from_http<'de, D: Deserializer<'de>>(
        method: &str,
        path: &str,
        query: &str,
        body: D,
    ) -> Result<Self, RequestError<D::Error>> {
        let mut parts = path.strip_prefix("/sandbox/").ok_or(RequestError::OtherRoute)?.split('/');
        let sandbox = parts.next().and_then(unescape).filter(|id| !id.is_empty()).ok_or(RequestError::OtherRoute)?;
        // A path that ends in a slash is another route, so that it does not delete.
        let last = match parts.next() {
            Some("") => return Err(RequestError::OtherRoute),
            last => last.unwrap_or_default(),
        };
        let minutes = parts.next().map(|minutes| unescape(minutes).unwrap_or(Cow::Borrowed(minutes)));
        let is_asked = |kind: CommandKind| {
            let (by, at, place) = route(kind);
            by.to_string() == method && at == last && matches!(place, Place::Path) == minutes.is_some()
        };
        let mut examples = Command::EXAMPLES.iter().map(|[example, _]| *example);
        let example = examples.find(|example| is_asked(CommandKind::from(*example))).filter(|_| parts.next().is_none());
        let read = Given { query, minutes: minutes.as_deref().unwrap_or_default() };
        let (command, name) = read.command(example.ok_or(RequestError::OtherRoute)?, body)?;
        Ok(Self { sandbox: sandbox.into_owned(), command, name })
    }
}

/// The arguments of a request.
struct Given<'a> {
    query: &'a str,
    minutes: &'a str,
}

impl Given<'_> {
    /// Returns the command of this kind with these arguments, and the name in the body.
    fn command<'de, D: Deserializer<'de>>(
        &self,
        kind: Command,
        body: D,
    ) -> Result<(Command, Option<String>), RequestError<D::Error>> {
        let command = match kind {
            Command::Resize(_) => {
                let body: ResizeSandbox = ResizeSandbox::deserialize(body).map_err(RequestError::Body)?;
                Command::try_from(&body)?
            }
            Command::Fork => {
                let body: ForkSandbox = ForkSandbox::deserialize(body).map_err(RequestError::Body)?;
                return Ok((Command::from(&body), body.name.into_value()));
            }
            Command::Snapshot { .. } => {
                let body: CreateSandboxSnapshot =
                    CreateSandboxSnapshot::deserialize(body).map_err(RequestError::Body)?;
                return Ok((Command::from(&body), Some(body.name)));
            }
            Command::Stop { .. } => Command::Stop { force: self.parameter(names::force)? },
            Command::Recover { .. } => Command::Recover { start: !self.parameter(names::skip_start)? },
            Command::AutoStop { .. } => Command::AutoStop { interval: self.interval(AutoStop::FIELD)? },
            Command::AutoPause { .. } => Command::AutoPause { interval: self.interval(AutoPause::FIELD)? },
            Command::AutoArchive { .. } => Command::AutoArchive { interval: self.interval(AutoArchive::FIELD)? },
            Command::AutoDelete { .. } => Command::AutoDelete { interval: self.interval(AutoDelete::FIELD)? },
            Command::Ttl { .. } => Command::Ttl { interval: self.interval(Ttl::FIELD)? },
            Command::Start | Command::Destroy { .. } | Command::Pause | Command::Archive => kind,
            Command::Backup | Command::Touch => kind,
        };
        Ok((command, None))
    }

    fn parameter(&self, name: &'static str) -> Result<bool, FieldErrors> {
        let given = parameters(self.query).filter(|(other, _)| other == name).last();
        Ok(given.map_or(Ok(false), |(_, value)| yes_or_no(name, &value))?)
    }

    fn interval<T: TryFrom<i64, Error = IntervalError>>(&self, field: &'static str) -> Result<T, FieldErrors> {
        let minutes = self.minutes.parse::<i64>();
        let minutes = minutes.map_err(|_| FieldError::of_text(field, self.minutes, "a whole number of minutes"))?;
        Ok(interval_of(minutes, field)?)
    }
}

impl From<SizeChange> for ResizeSandbox {
    fn from(change: SizeChange) -> Self {
        let quantity = |quantity: Option<core::num::NonZeroU32>| quantity.map(|count| count.get().into()).into();
        Self {
            cpu: quantity(change.cpu),
            memory: quantity(change.memory),
            disk: quantity(change.disk),
            ..Self::default()
        }
    }
}
