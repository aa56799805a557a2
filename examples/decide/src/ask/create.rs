//! The row and the record of a new sandbox.

use super::{Answer, policy_of};
use crate::{
    error::{Code, Error},
    parts::Parts,
};
use sandbox_lifecycle::{
    Lifecycle, Reason, Retry, Sandbox, SandboxClass, SandboxDto,
    decide::CreateError,
    record::{CreateSandbox, Kept, Owner, ServerChoices},
    vocabulary::{FieldError, GpuType},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The fields that the crate does not know. In a request that somebody wrote by hand they are misspelled.
type Unknown = Kept<Value>;

/// What the server chooses for a new sandbox. Everything has a default.
#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct Choices {
    organization_suspended: bool,
    id: String,
    organization_id: String,
    target: String,
    sandbox_class: SandboxClass,
    runner_id: Option<String>,
    gpu_type: Option<GpuType>,
    link: Option<Link>,
    snapshot_ref: Option<String>,
    toolbox_proxy_url: String,
}

/// The owner that the new sandbox is linked to.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Link {
    id: String,
    is_linked: bool,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            organization_suspended: false,
            id: "new".to_owned(),
            organization_id: "organization".to_owned(),
            target: "region".to_owned(),
            sandbox_class: SandboxClass::default(),
            runner_id: None,
            gpu_type: None,
            link: None,
            snapshot_ref: None,
            toolbox_proxy_url: "https://toolbox".to_owned(),
        }
    }
}

impl From<Choices> for ServerChoices {
    fn from(choices: Choices) -> Self {
        let Choices { id, organization_id, target, sandbox_class, toolbox_proxy_url, .. } = choices;
        Self {
            organization_suspended: choices.organization_suspended,
            runner_id: choices.runner_id,
            gpu_type: choices.gpu_type,
            link: choices.link.map(|Link { id, is_linked }| Owner { id, is_linked }),
            snapshot_ref: choices.snapshot_ref,
            ..Self::new(id, organization_id, target, sandbox_class, toolbox_proxy_url)
        }
    }
}

/// A new sandbox: its stored row and its API record.
#[derive(Serialize)]
pub struct Created {
    row: Lifecycle,
    record: SandboxDto<Unknown>,
}

/// Why no sandbox is created. A request with faulty fields has no code, as in the API.
#[derive(Serialize)]
pub struct NotCreated {
    code: Option<&'static str>,
    http: u16,
    message: String,
    retry: Retry,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FaultyField>,
}

#[derive(Serialize)]
struct FaultyField {
    field: String,
    value: String,
    allowed: String,
}

impl From<FieldError> for FaultyField {
    fn from(error: FieldError) -> Self {
        Self { field: error.field.into_owned(), value: error.value, allowed: error.allowed }
    }
}

impl From<CreateError> for NotCreated {
    fn from(error: CreateError) -> Self {
        let (http, message) = (error.http_status(), error.to_string());
        match error {
            CreateError::Invalid(errors) => {
                let fields = errors.into_iter().map(FaultyField::from).collect();
                Self { code: None, http, message, retry: Retry::OtherArguments, fields }
            }
            // The other one is a suspended organization.
            _ => {
                let (code, retry) = (Some(Reason::Suspended.code()), Retry::WhenUnsuspended);
                Self { code, http, message, retry, fields: Vec::new() }
            }
        }
    }
}

/// Answers `{"ask":"create","request":{…},"choices":{…},"now":…}`.
pub fn create(parts: &mut Parts) -> Result<Answer, Error> {
    let request: CreateSandbox<Unknown> = parts.required("request")?;
    if let Some(name) = unknown_field(&request) {
        return Err(Error::new(Code::UnknownField, format!("request: unknown field `{name}`")));
    }
    let choices: Choices = parts.optional("choices")?.unwrap_or_default();
    let now = parts.required("now")?;
    let policy = policy_of(parts)?;
    match Sandbox::create(request, choices.into(), &policy, now) {
        Ok(sandbox) => {
            let created = Created { row: *sandbox.lifecycle(), record: sandbox.dto().clone() };
            Ok(Answer::Created(Box::new(created)))
        }
        Err(error) => Ok(Answer::NotCreated { refusal: error.into() }),
    }
}

fn unknown_field(request: &CreateSandbox<Unknown>) -> Option<&str> {
    let of_volumes = request.volumes.value().into_iter().flatten().map(|volume| &volume.extras);
    let of_build = request.build_info.value().map(|build| &build.extras);
    let all = [&request.extras].into_iter().chain(of_volumes).chain(of_build);
    all.flat_map(|Kept(fields)| fields).map(|(name, _)| name.as_str()).next()
}
