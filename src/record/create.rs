//! A request for a new sandbox, and the record it becomes.

use super::{
    BuildInfo, Dropped, Extras, Maybe, Number, Sandbox, SandboxDto, SandboxVolume, TextMap, Timestamp, Wire,
    network::{DomainAllowList, NetworkAllowList},
    object::object,
    request::{at_least_one, listed},
    view::Faults,
};
use crate::{
    decide::{CreateError, Link, NewSandbox, Origin},
    lifecycle::Lifecycle,
    policy::Policy,
    rules::Context,
    vocabulary::{
        AutoArchive, AutoDelete, AutoPause, AutoStop, FieldErrors, GpuType, Open, QueueTimeout, SandboxClass, Size,
        SizeChange, names,
    },
};
use alloc::{string::String, vec::Vec};
use chrono::{DateTime, Utc};
use core::fmt;
use serde::{Deserializer, Serialize, Serializer, de};

object! {
    /// What a caller asks of a new sandbox, every field of the published description to 0.226.
    pub struct CreateSandbox is "a request for a sandbox" {
        /// Its name; absent is its identity.
        name: Maybe<String>,
        /// The snapshot to make it from.
        snapshot: Maybe<String>,
        /// The user that its processes run as; absent is `daytona`.
        user: Maybe<String>,
        /// Environment variables.
        env: Maybe<TextMap>,
        /// Labels.
        labels: Maybe<TextMap>,
        /// Its HTTP preview is open to everyone.
        public: Maybe<bool>,
        /// No traffic leaves it.
        network_block_all: Maybe<bool>,
        /// Open `/dev/kvm` to it: linux-vm only. From 0.226.
        kvm: Maybe<bool>,
        /// The networks it may reach.
        network_allow_list: Maybe<String>,
        /// The domains it may reach.
        domain_allow_list: Maybe<String>,
        /// The proxy that its HTTP traffic leaves through. Carried as it is.
        outbound_proxy_url: Maybe<String>,
        /// Where its telemetry goes. Carried as it is.
        otel_endpoint_override: Maybe<String>,
        /// The region; absent is the organization's own.
        target: Maybe<String>,
        /// CPU cores.
        cpu: Maybe<Number>,
        /// How many GPUs.
        gpu: Maybe<Number>,
        /// The GPU models it would take, the best first.
        gpu_type: Maybe<GpuTypes>,
        /// It may be evicted at any time to free its GPU.
        spot: Maybe<bool>,
        /// Memory in GB.
        memory: Maybe<Number>,
        /// Disk in GB.
        disk: Maybe<Number>,
        /// Minutes of rest before it is stopped; 0 is never.
        auto_stop_interval: Maybe<Number>,
        /// Minutes of rest before it is paused; 0 is never.
        auto_pause_interval: Maybe<Number>,
        /// Minutes after which it is archived when stopped; 0 is the maximum.
        auto_archive_interval: Maybe<Number>,
        /// Minutes after which it is deleted when stopped; negative is never, 0 makes it ephemeral.
        auto_delete_interval: Maybe<Number>,
        /// Minutes it may live; 0 is no limit.
        ttl_minutes: Maybe<Number>,
        /// Minutes it may wait for a runner, at least 1.
        queue_timeout: Maybe<Number>,
        /// Volumes to mount.
        volumes: Maybe<Vec<SandboxVolume<X>>>,
        /// How to build its image, instead of a snapshot.
        build_info: Maybe<CreateBuildInfo<X>>,
        /// The sandbox to link it to.
        linked_sandbox: Maybe<String>,
        /// Secrets to mount: the variable and the secret's name. They go to the runner, not into the record.
        secrets: Maybe<Vec<TextMap>>,
    }
}

object! {
    /// A declared image.
    pub struct CreateBuildInfo is "a declared image" {
        /// The Dockerfile.
        dockerfile_content: String,
        /// The hashes of its context's files.
        context_hashes: Maybe<Vec<String>>,
    }
}

/// The GPU models a request would take: one word on the wire, or a list of them with the best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GpuTypes {
    /// One word.
    One(Open<GpuType>),
    /// A list.
    Many(Vec<Open<GpuType>>),
}

impl GpuTypes {
    /// The models, the best first.
    #[must_use]
    pub fn as_slice(&self) -> &[Open<GpuType>] {
        match self {
            Self::One(word) => core::slice::from_ref(word),
            Self::Many(words) => words,
        }
    }
}
impl Wire for GpuTypes {
    fn blank() -> Self {
        Self::Many(Vec::new())
    }
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(GpuTypesVisitor)
    }
}
impl Serialize for GpuTypes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(word) => word.serialize(serializer),
            Self::Many(words) => words.serialize(serializer),
        }
    }
}

struct GpuTypesVisitor;

impl<'de> de::Visitor<'de> for GpuTypesVisitor {
    type Value = GpuTypes;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a GPU type or a list of them")
    }
    fn visit_str<E: de::Error>(self, word: &str) -> Result<GpuTypes, E> {
        Wire::read(de::value::StrDeserializer::new(word)).map(GpuTypes::One)
    }
    fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<GpuTypes, A::Error> {
        Wire::read(de::value::SeqAccessDeserializer::new(list)).map(GpuTypes::Many)
    }
}

/// What the server settles before a record can be made: identities, and what the request leaves to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerChoices {
    /// The new identity.
    pub id: String,
    /// Who asks.
    pub organization_id: String,
    /// The region, where the request names none.
    pub target: String,
    /// The class of the snapshot.
    pub class: SandboxClass,
    /// The runner that was found. Without one a declared image is built, and any other is pulled.
    pub runner_id: Option<String>,
    /// The GPU model that was found.
    pub gpu_type: Option<GpuType>,
    /// The sandbox that the request's link names.
    pub link: Option<Owner>,
    /// The image that a build will make. Absent is the sandbox's identity.
    pub snapshot_ref: Option<String>,
    /// Where its toolbox will be reached: newer clients demand it.
    pub toolbox_proxy_url: String,
}

/// The sandbox that a new one is linked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Its identity.
    pub id: String,
    /// It is itself linked to another.
    pub is_linked: bool,
}

/// The user of a sandbox whose request names none (section 14).
const DEFAULT_USER: &str = "daytona";

impl<X: Extras + Clone> Sandbox<X> {
    /// A new record for `request`: its lifecycle as [`Lifecycle::create`] begins it, and every field that the newest
    /// official client demands.
    ///
    /// # Errors
    /// [`CreateError`]: the organization is suspended, or everything that is wrong with the request.
    pub fn create(
        request: CreateSandbox<X>,
        settled: ServerChoices,
        policy: &Policy,
        context: Context,
        now: DateTime<Utc>,
    ) -> Result<Self, CreateError> {
        if context.organization_suspended() {
            return Err(CreateError::Suspended);
        }
        let lifecycle = asked_lifecycle(&request, &settled, policy, now)?;
        let record = new_record(request, settled, &lifecycle, now);
        Ok(Self::from_row(record, lifecycle, None, None))
    }
}

/// The lifecycle a request asks for, or all that is wrong with it: its fields first, then what they say together.
fn asked_lifecycle<X>(
    request: &CreateSandbox<X>,
    settled: &ServerChoices,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Result<Lifecycle, FieldErrors> {
    let mut faults = Faults(Vec::new());
    let _ = listed(&request.network_allow_list, NetworkAllowList::read, &mut faults.0);
    let _ = listed(&request.domain_allow_list, DomainAllowList::read, &mut faults.0);
    let size = SizeChange {
        cpu: at_least_one(names::cpu, request.cpu, &mut faults.0),
        memory: at_least_one(names::memory, request.memory, &mut faults.0),
        disk: at_least_one(names::disk, request.disk, &mut faults.0),
    };
    let origin = match (&settled.runner_id, request.build_info.value()) {
        (Some(_), _) => Origin::OnRunner,
        (None, Some(_)) => Origin::ToBuild,
        (None, None) => Origin::ToPull,
    };
    let asked = NewSandbox {
        origin,
        class: settled.class,
        size: size.applied_to(Size::default()),
        gpu: faults.count(names::gpu, request.gpu).unwrap_or_default(),
        gpu_type: settled.gpu_type,
        spot: request.spot.into_value().unwrap_or_default(),
        kvm: request.kvm.into_value().unwrap_or_default(),
        link: settled.link.as_ref().map(|owner| Link { owner_is_linked: owner.is_linked }),
        auto_stop: faults.interval(AutoStop::FIELD, request.auto_stop_interval),
        auto_pause: faults.interval(AutoPause::FIELD, request.auto_pause_interval),
        auto_archive: faults.interval(AutoArchive::FIELD, request.auto_archive_interval),
        auto_delete: faults.interval(AutoDelete::FIELD, request.auto_delete_interval),
        ttl: faults.interval(names::ttl_minutes, request.ttl_minutes).unwrap_or_default(),
        queue_timeout: faults.interval(QueueTimeout::FIELD, request.queue_timeout),
    };
    match Lifecycle::create(&asked, policy, now) {
        Ok(lifecycle) => FieldErrors::unless(faults.0, lifecycle),
        Err(together) => Err(together.after(faults.0)),
    }
}

fn new_record<X: Extras>(
    request: CreateSandbox<X>,
    settled: ServerChoices,
    lifecycle: &Lifecycle,
    now: DateTime<Utc>,
) -> SandboxDto<X> {
    let build_info = request.build_info.into_value().map(|build| BuildInfo {
        dockerfile_content: Maybe::Value(build.dockerfile_content),
        context_hashes: build.context_hashes,
        created_at: Timestamp::from(now),
        updated_at: Timestamp::from(now),
        snapshot_ref: settled.snapshot_ref.unwrap_or_else(|| settled.id.clone()),
        extras: X::default(),
    });
    SandboxDto {
        name: request.name.into_value().unwrap_or_else(|| settled.id.clone()),
        id: settled.id,
        organization_id: settled.organization_id,
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
        target: request.target.into_value().unwrap_or(settled.target),
        spot: Maybe::Value(request.spot.into_value().unwrap_or_default()),
        volumes: Maybe::Value(request.volumes.into_value().unwrap_or_default()),
        build_info: build_info.into(),
        updated_at: Maybe::Value(lifecycle.created_at().into()),
        runner_id: settled.runner_id.into(),
        linked_sandbox_id: settled.link.map(|owner| owner.id).into(),
        toolbox_proxy_url: Maybe::Value(settled.toolbox_proxy_url),
        ..SandboxDto::blank()
    }
}

/// A null in a request asks for nothing.
fn given<T>(asked: Maybe<T>) -> Maybe<T> {
    asked.into_value().into()
}
