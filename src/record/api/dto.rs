//! The sandbox record of the published API, with every field of its versions 0.190 to 0.226.

use crate::record::form::{Maybe, Number, TextMap, Timestamp, Wire, constructors, object};
use crate::vocabulary::{BackupState, DesiredState, GpuType, Open, SandboxClass, SandboxState, Size};
use alloc::{string::String, vec::Vec};

object! {
    /// A sandbox as the API shows it.
    ///
    /// A field is required if every published version has it; all others may be absent or null. A record is written as
    /// it was read: words newer than this crate are kept ([`Open`]), and a `SandboxDto<Kept<V>>` also keeps unknown
    /// fields. Reading does not validate; [`Sandbox`](crate::Sandbox) does.
    ///
    /// ```
    /// use sandbox_lifecycle::{SandboxState, record::{Kept, SandboxDto}};
    /// let text = r#"{"id":"s1","organizationId":"o1","name":"n","user":"daytona","env":{},"labels":{},"public":false,
    ///     "networkBlockAll":false,"target":"eu","cpu":1.0,"gpu":0,"memory":1,"disk":3,"state":"hibernated","tpu":2}"#;
    /// let dto: SandboxDto<Kept<serde_json::Value>> = serde_json::from_str(text)?;
    /// assert_eq!(dto.state.value().and_then(|state| state.known()), None::<SandboxState>);
    /// let written = serde_json::to_string(&dto)?;
    /// assert!(written.contains(r#""state":"hibernated""#) && written.contains(r#""tpu":2"#));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct SandboxDto is "a sandbox record" {
        /// The identifier.
        id: String,
        /// The organization; all zeros for an unclaimed member of a warm pool.
        organization_id: String,
        /// The name, unique in the organization. A deletion changes it, so that it is free again.
        name: String,
        /// The snapshot that the sandbox was created from.
        snapshot: Maybe<String>,
        /// The user of the sandbox's processes.
        user: String,
        /// Environment variables.
        env: TextMap,
        /// Labels for the caller's own use.
        labels: TextMap,
        /// Whether the HTTP preview is public.
        public: bool,
        /// Whether all outgoing traffic is blocked.
        network_block_all: bool,
        /// Whether the sandbox may use `/dev/kvm`; `linux-vm` only. From 0.218; the clients from 0.220 demand it.
        kvm: Maybe<bool>,
        /// The networks that the sandbox may reach: CIDRs, separated by commas.
        network_allow_list: Maybe<String>,
        /// The domains that the sandbox may reach, separated by commas.
        domain_allow_list: Maybe<String>,
        /// The proxy for outgoing HTTP traffic. Lists do not have it.
        outbound_proxy_url: Maybe<String>,
        /// The telemetry collector, if it is not the platform's. Lists do not have it.
        otel_endpoint_override: Maybe<String>,
        /// The region.
        target: String,
        /// CPU cores.
        cpu: Number,
        /// The number of GPUs.
        gpu: Number,
        /// Whether the sandbox may be evicted at any time to free its GPU. Absent means false.
        spot: Maybe<bool>,
        /// When the sandbox was marked for eviction.
        spot_evicted_at: Maybe<Timestamp>,
        /// When the sandbox was cancelled because it waited too long for a runner.
        queue_timed_out_at: Maybe<Timestamp>,
        /// The GPU model.
        gpu_type: Maybe<Open<GpuType>>,
        /// Memory in GB.
        memory: Number,
        /// Disk in GB.
        disk: Number,
        /// The reported state, which may differ from the stored state: see
        /// [`Lifecycle::reported_state`](crate::Lifecycle::reported_state).
        state: Maybe<Open<SandboxState>>,
        /// The desired state.
        desired_state: Maybe<Open<DesiredState>>,
        /// The error reason.
        error_reason: Maybe<String>,
        /// Whether the recover command is accepted.
        recoverable: Maybe<bool>,
        /// The warm pool of an unclaimed sandbox.
        warm_pool_id: Maybe<String>,
        /// The backup state.
        backup_state: Maybe<Open<BackupState>>,
        /// When the last backup was completed.
        backup_created_at: Maybe<Timestamp>,
        /// Idle minutes before the sandbox is stopped; 0 means never.
        auto_stop_interval: Maybe<Number>,
        /// Idle minutes before the sandbox is paused; 0 means never. From 0.197.
        auto_pause_interval: Maybe<Number>,
        /// Idle minutes before a stopped sandbox is archived.
        auto_archive_interval: Maybe<Number>,
        /// Idle minutes before a stopped sandbox is deleted; a negative number means never, 0 makes it ephemeral.
        auto_delete_interval: Maybe<Number>,
        /// When the time to live ends. From 0.199.
        auto_destroy_at: Maybe<Timestamp>,
        /// Minutes that the sandbox may wait for a runner; absent or null means no limit. From 0.220.
        queue_timeout: Maybe<Number>,
        /// The mounted volumes.
        volumes: Maybe<Vec<SandboxVolume<X>>>,
        /// The build of a declared image.
        build_info: Maybe<BuildInfo<X>>,
        /// When the sandbox was created.
        created_at: Maybe<Timestamp>,
        /// When the record was last written.
        updated_at: Maybe<Timestamp>,
        /// When the sandbox was last used or changed its state.
        last_activity_at: Maybe<Timestamp>,
        /// The class.
        sandbox_class: Maybe<Open<SandboxClass>>,
        /// The version of the daemon in the sandbox.
        daemon_version: Maybe<String>,
        /// The runner that the sandbox is assigned to.
        runner_id: Maybe<String>,
        /// The owner that the sandbox is linked to. It is destroyed with its owner.
        linked_sandbox_id: Maybe<String>,
        /// The URL of the toolbox. Every client demands it.
        toolbox_proxy_url: Maybe<String>,
    }
}

object! {
    /// A volume that is mounted in a sandbox.
    pub struct SandboxVolume is "a volume" {
        /// The identifier of the volume.
        volume_id: String,
        /// The path of the mount. The API publishes no rule for paths, so every text is accepted.
        mount_path: String,
        /// The mounted part of the volume; absent means all of it.
        subpath: Maybe<String>,
    }
}

object! {
    /// The build of a sandbox's image.
    pub struct BuildInfo is "a build's description" {
        /// The Dockerfile.
        dockerfile_content: Maybe<String>,
        /// The hashes of the files in the build context.
        context_hashes: Maybe<Vec<String>>,
        /// When the build was declared.
        created_at: Timestamp,
        /// When the build last changed.
        updated_at: Timestamp,
        /// The built image.
        snapshot_ref: String,
    }
}

constructors! {
    SandboxVolume(volume_id: impl Into<String>, mount_path: impl Into<String>)
    BuildInfo(created_at: impl Into<Timestamp>, updated_at: impl Into<Timestamp>, snapshot_ref: impl Into<String>)
}

impl SandboxDto {
    /// Builds a record from the required fields that have no default.
    ///
    /// Environment and labels are empty, `public`, `network_block_all` and `kvm` are false, there is no GPU, and all
    /// optional fields are absent. Set `state` and `desired_state` before the record becomes a [`Sandbox`](crate::Sandbox).
    /// The URL of the toolbox is optional for a record that is read, but every official client demands it.
    pub fn new(
        id: impl Into<String>,
        organization_id: impl Into<String>,
        name: impl Into<String>,
        user: impl Into<String>,
        target: impl Into<String>,
        toolbox_proxy_url: impl Into<String>,
        size: Size,
    ) -> Self {
        Self {
            id: id.into(),
            organization_id: organization_id.into(),
            name: name.into(),
            user: user.into(),
            target: target.into(),
            cpu: size.cpu.into(),
            memory: size.memory.into(),
            disk: size.disk.into(),
            kvm: Maybe::Value(false),
            toolbox_proxy_url: Maybe::Value(toolbox_proxy_url.into()),
            ..Self::blank()
        }
    }
}
