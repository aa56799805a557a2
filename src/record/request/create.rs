//! The request for a new sandbox, and the stored record that it becomes.

use crate::decide::{CreateError, Link, NewSandbox, Origin};
use crate::record::api::{BuildInfo, SandboxDto, SandboxVolume};
use crate::record::form::{
    DomainAllowList, Extras, Maybe, NetworkAllowList, Number, OneOrMany, ReadAs, TextMap, Timestamp, Wire,
};
use crate::record::form::{constructors, defaults, object, parse};
use crate::record::stored::{Sandbox, ServerTexts};
use crate::vocabulary::{FieldErrors, GpuType, Open, SandboxClass, Size, SizeChange, names};
use crate::{lifecycle::Lifecycle, policy::Policy};
use alloc::{string::String, vec::Vec};
use chrono::{DateTime, Utc};

object! {
    /// The body of a request for a new sandbox, with every field of the API versions up to 0.226.
    pub struct CreateSandbox is "a request for a sandbox" {
        /// The name. If it is absent, the identifier becomes the name.
        name: Maybe<String>,
        /// The snapshot to create the sandbox from.
        snapshot: Maybe<String>,
        /// The user of the sandbox's processes; absent means `daytona`.
        user: Maybe<String>,
        /// Environment variables.
        env: Maybe<TextMap>,
        /// Labels.
        labels: Maybe<TextMap>,
        /// Whether the HTTP preview is public.
        public: Maybe<bool>,
        /// Whether all outgoing traffic is blocked.
        network_block_all: Maybe<bool>,
        /// Whether the sandbox may use `/dev/kvm`; `linux-vm` only. From 0.218.
        kvm: Maybe<bool>,
        /// The networks that the sandbox may reach.
        network_allow_list: Maybe<String>,
        /// The domains that the sandbox may reach.
        domain_allow_list: Maybe<String>,
        /// The proxy for outgoing HTTP traffic. It is not validated.
        outbound_proxy_url: Maybe<String>,
        /// The telemetry collector. It is not validated.
        otel_endpoint_override: Maybe<String>,
        /// The region; absent means the organization's own.
        target: Maybe<String>,
        /// CPU cores.
        cpu: Maybe<Number>,
        /// The number of GPUs.
        gpu: Maybe<Number>,
        /// The accepted GPU models, the best first.
        gpu_type: Maybe<GpuTypes>,
        /// Whether the sandbox may be evicted at any time to free its GPU.
        spot: Maybe<bool>,
        /// Memory in GB.
        memory: Maybe<Number>,
        /// Disk in GB.
        disk: Maybe<Number>,
        /// Idle minutes before the sandbox is stopped; 0 means never.
        auto_stop_interval: Maybe<Number>,
        /// Idle minutes before the sandbox is paused; 0 means never.
        auto_pause_interval: Maybe<Number>,
        /// Idle minutes before a stopped sandbox is archived; 0 means the maximum.
        auto_archive_interval: Maybe<Number>,
        /// Idle minutes before a stopped sandbox is deleted; a negative number means never, 0 makes it ephemeral.
        auto_delete_interval: Maybe<Number>,
        /// Minutes that the sandbox may live; 0 means no limit.
        ttl_minutes: Maybe<Number>,
        /// Minutes that the sandbox may wait for a runner, at least 1.
        queue_timeout: Maybe<Number>,
        /// The volumes to mount.
        volumes: Maybe<Vec<SandboxVolume<X>>>,
        /// The declared image to build, instead of a snapshot.
        build_info: Maybe<CreateBuildInfo<X>>,
        /// The owner to link the sandbox to.
        linked_sandbox: Maybe<String>,
        /// The secrets to mount: variable and name of the secret. They go to the runner and are not in the record.
        secrets: Maybe<Vec<TextMap>>,
    }
}

object! {
    /// A declared image.
    pub struct CreateBuildInfo is "a declared image" {
        /// The Dockerfile.
        dockerfile_content: String,
        /// The hashes of the files in the build context.
        context_hashes: Maybe<Vec<String>>,
    }
}

/// The GPU models that a request accepts: one word, or a list with the best first.
pub type GpuTypes = OneOrMany<Open<GpuType>>;

constructors! { CreateBuildInfo(dockerfile_content: impl Into<String>) }
defaults! { CreateSandbox }

/// The values that the server chooses for a new sandbox: identifiers, and what the request leaves open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerChoices {
    /// Whether the organization is suspended. It then cannot create a sandbox.
    pub organization_suspended: bool,
    /// The identifier of the new sandbox.
    pub id: String,
    /// The organization of the caller.
    pub organization_id: String,
    /// The region, if the request has none.
    pub target: String,
    /// The class of the snapshot.
    pub class: SandboxClass,
    /// The assigned runner. If it is `None`, a declared image must be built and any other image must be pulled.
    pub runner_id: Option<String>,
    /// The chosen GPU model.
    pub gpu_type: Option<GpuType>,
    /// The owner that the request links to.
    pub link: Option<Owner>,
    /// The image that the build produces. `None` means the identifier of the sandbox.
    pub snapshot_ref: Option<String>,
    /// The URL of the toolbox. Newer clients demand it.
    pub toolbox_proxy_url: String,
}

impl ServerChoices {
    /// Builds the choices for an organization that is not suspended, without a runner, a GPU model and a link.
    pub fn new(
        id: impl Into<String>,
        organization_id: impl Into<String>,
        target: impl Into<String>,
        class: SandboxClass,
        toolbox_proxy_url: impl Into<String>,
    ) -> Self {
        Self {
            organization_suspended: false,
            id: id.into(),
            organization_id: organization_id.into(),
            target: target.into(),
            class,
            runner_id: None,
            gpu_type: None,
            link: None,
            snapshot_ref: None,
            toolbox_proxy_url: toolbox_proxy_url.into(),
        }
    }
}

/// The owner of a linked sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The identifier of the owner.
    pub id: String,
    /// Whether the owner is itself linked.
    pub is_linked: bool,
}

/// The user of a sandbox if the request has none, as the recorded server.
const DEFAULT_USER: &str = "daytona";

impl<X: Extras + Clone> Sandbox<X> {
    /// Builds the stored record of a new sandbox, with every field that the newest official client demands.
    /// [`Lifecycle::create`] builds its lifecycle.
    ///
    /// # Errors
    /// [`CreateError`]: the organization is suspended, or the request has faulty fields.
    pub fn create(
        request: CreateSandbox<X>,
        choices: ServerChoices,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Result<Self, CreateError> {
        if choices.organization_suspended {
            return Err(CreateError::Suspended);
        }
        let lifecycle = new_lifecycle(&request, &choices, policy, now)?;
        let record = new_record(request, choices, &lifecycle, now);
        Ok(Self::from_row(record, lifecycle, ServerTexts::default()))
    }
}

/// Returns the lifecycle of a request, or all its errors: first those of single fields, then those of combinations.
fn new_lifecycle<X>(
    request: &CreateSandbox<X>,
    choices: &ServerChoices,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Result<Lifecycle, FieldErrors> {
    let errors = &mut Vec::new();
    let _: Maybe<NetworkAllowList> = parse(&request.network_allow_list, errors);
    let _: Maybe<DomainAllowList> = parse(&request.domain_allow_list, errors);
    let size = SizeChange {
        cpu: request.cpu.read_as(names::cpu, errors),
        memory: request.memory.read_as(names::memory, errors),
        disk: request.disk.read_as(names::disk, errors),
    };
    let origin = match (&choices.runner_id, request.build_info.value()) {
        (Some(_), _) => Origin::OnRunner,
        (None, Some(_)) => Origin::ToBuild,
        (None, None) => Origin::ToPull,
    };
    let new = NewSandbox {
        origin,
        class: choices.class,
        size: size.applied_to(Size::default()),
        gpu: request.gpu.read_as(names::gpu, errors).unwrap_or_default(),
        gpu_type: choices.gpu_type,
        spot: request.spot.into_value().unwrap_or_default(),
        kvm: request.kvm.into_value().unwrap_or_default(),
        link: choices.link.as_ref().map(|owner| Link { owner_is_linked: owner.is_linked }),
        auto_stop: request.auto_stop_interval.read_as(names::auto_stop_interval, errors),
        auto_pause: request.auto_pause_interval.read_as(names::auto_pause_interval, errors),
        auto_archive: request.auto_archive_interval.read_as(names::auto_archive_interval, errors),
        auto_delete: request.auto_delete_interval.read_as(names::auto_delete_interval, errors),
        ttl: request.ttl_minutes.read_as(names::ttl_minutes, errors).unwrap_or_default(),
        queue_timeout: request.queue_timeout.read_as(names::queue_timeout, errors),
    };
    let errors = core::mem::take(errors);
    match Lifecycle::create(&new, policy, now) {
        Ok(lifecycle) => FieldErrors::unless(errors, lifecycle),
        Err(combined) => Err(combined.after(errors)),
    }
}

fn new_record<X: Extras>(
    request: CreateSandbox<X>,
    choices: ServerChoices,
    lifecycle: &Lifecycle,
    now: DateTime<Utc>,
) -> SandboxDto<X> {
    let build_info = request.build_info.into_value().map(|build| BuildInfo {
        dockerfile_content: build.dockerfile_content.into(),
        context_hashes: build.context_hashes,
        created_at: Timestamp::from(now),
        updated_at: Timestamp::from(now),
        snapshot_ref: choices.snapshot_ref.unwrap_or_else(|| choices.id.clone()),
        extras: X::default(),
    });
    SandboxDto {
        name: request.name.into_value().unwrap_or_else(|| choices.id.clone()),
        id: choices.id,
        organization_id: choices.organization_id,
        snapshot: given(request.snapshot),
        user: request.user.into_value().unwrap_or_else(|| DEFAULT_USER.into()),
        env: request.env.into_value().unwrap_or_default(),
        labels: request.labels.into_value().unwrap_or_default(),
        public: request.public.into_value().unwrap_or_default(),
        network_block_all: request.network_block_all.into_value().unwrap_or_default(),
        kvm: Maybe::Value(request.kvm.into_value().unwrap_or_default()),
        network_allow_list: given(request.network_allow_list),
        domain_allow_list: given(request.domain_allow_list),
        outbound_proxy_url: given(request.outbound_proxy_url),
        otel_endpoint_override: given(request.otel_endpoint_override),
        target: request.target.into_value().unwrap_or(choices.target),
        spot: Maybe::Value(request.spot.into_value().unwrap_or_default()),
        volumes: Maybe::Value(request.volumes.into_value().unwrap_or_default()),
        build_info: build_info.into(),
        updated_at: Maybe::Value(lifecycle.created_at().into()),
        runner_id: choices.runner_id.into(),
        linked_sandbox_id: choices.link.map(|owner| owner.id).into(),
        toolbox_proxy_url: Maybe::Value(choices.toolbox_proxy_url),
        ..SandboxDto::blank()
    }
}

/// Returns the field for the record: a null in a request means the same as an absent field.
fn given<T>(requested: Maybe<T>) -> Maybe<T> {
    requested.into_value().into()
}
