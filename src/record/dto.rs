//! The sandbox record of the published API, every field of its description from 0.190 to 0.226.

use super::{Dropped, Extras, Maybe, Number, TextMap, Timestamp, object::object};
use crate::vocabulary::{BackupState, DesiredState, GpuType, Open, SandboxClass, SandboxState, names};
use alloc::{string::String, vec::Vec};

object! {
    /// A sandbox as the API shows it.
    ///
    /// Required is what no published version leaves out; everything else may be absent or null, and writing gives
    /// back what was read. Words newer than this crate are kept ([`Open`]), and so are unknown fields for those who
    /// read a `SandboxDto<Kept<V>>`. Nothing is held against a rule here: that is [`Sandbox`](super::Sandbox)'s part.
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
        /// The sandbox's identity.
        id: String,
        /// The organization it belongs to; all zeros for an unclaimed member of a warm pool.
        organization_id: String,
        /// Its name, unique in the organization; given up when it is deleted.
        name: String,
        /// The snapshot it was made from.
        snapshot: Maybe<String>,
        /// The user that its processes run as.
        user: String,
        /// Environment variables.
        env: TextMap,
        /// Labels, for the caller's own use.
        labels: TextMap,
        /// Its HTTP preview is open to everyone.
        public: bool,
        /// No traffic leaves it.
        network_block_all: bool,
        /// `/dev/kvm` is open to it: linux-vm only. Demanded by the clients of 0.226, not there before.
        kvm: Maybe<bool>,
        /// The networks it may reach: CIDRs, separated by commas.
        network_allow_list: Maybe<String>,
        /// The domains it may reach, separated by commas.
        domain_allow_list: Maybe<String>,
        /// The proxy that its HTTP traffic leaves through. On single reads only.
        outbound_proxy_url: Maybe<String>,
        /// Where its telemetry goes instead of the platform's collector. On single reads only.
        otel_endpoint_override: Maybe<String>,
        /// The region it runs in.
        target: String,
        /// CPU cores.
        cpu: Number,
        /// How many GPUs.
        gpu: Number,
        /// It may be evicted at any time to free its GPU. Absent is false.
        spot: Maybe<bool>,
        /// When it was evicted, set as soon as it is marked.
        spot_evicted_at: Maybe<Timestamp>,
        /// When it was cancelled, having waited too long for a runner.
        queue_timed_out_at: Maybe<Timestamp>,
        /// The GPU model.
        gpu_type: Maybe<Open<GpuType>>,
        /// Memory in GB.
        memory: Number,
        /// Disk in GB.
        disk: Number,
        /// The reported state, which is not always the stored one: see
        /// [`Lifecycle::reported_state`](crate::Lifecycle::reported_state).
        state: Maybe<Open<SandboxState>>,
        /// Where it is meant to go.
        desired_state: Maybe<Open<DesiredState>>,
        /// What went wrong, in words.
        error_reason: Maybe<String>,
        /// The recover command is open to it.
        recoverable: Maybe<bool>,
        /// The warm pool it waits in, while nobody has claimed it.
        warm_pool_id: Maybe<String>,
        /// How far its backup is.
        backup_state: Maybe<Open<BackupState>>,
        /// When its last backup was made.
        backup_created_at: Maybe<Timestamp>,
        /// Minutes of rest before it is stopped; 0 is never.
        auto_stop_interval: Maybe<Number>,
        /// Minutes of rest before it is paused; 0 is never. From 0.205.
        auto_pause_interval: Maybe<Number>,
        /// Minutes after which it is archived when stopped.
        auto_archive_interval: Maybe<Number>,
        /// Minutes after which it is deleted when stopped; negative is never, 0 makes it ephemeral.
        auto_delete_interval: Maybe<Number>,
        /// When its time to live ends. From 0.205.
        auto_destroy_at: Maybe<Timestamp>,
        /// Minutes it may wait for a runner; absent or null is as long as it takes. From 0.226.
        queue_timeout: Maybe<Number>,
        /// The volumes mounted into it.
        volumes: Maybe<Vec<SandboxVolume<X>>>,
        /// How its image is built, where it is declared.
        build_info: Maybe<BuildInfo<X>>,
        /// When it was made.
        created_at: Maybe<Timestamp>,
        /// When its record was last written.
        updated_at: Maybe<Timestamp>,
        /// When it was last used or changed its state.
        last_activity_at: Maybe<Timestamp>,
        /// What kind of machine it is.
        sandbox_class: Maybe<Open<SandboxClass>>,
        /// The version of the daemon inside it.
        daemon_version: Maybe<String>,
        /// The runner that has it.
        runner_id: Maybe<String>,
        /// The sandbox it is linked to, and goes with.
        linked_sandbox_id: Maybe<String>,
        /// Where its toolbox is reached. Demanded by the clients of 0.205 and 0.226.
        toolbox_proxy_url: Maybe<String>,
    }
}

object! {
    /// A volume mounted into a sandbox.
    pub struct SandboxVolume is "a volume" {
        /// Which volume.
        volume_id: String,
        /// Where it is mounted. The rule for paths is not published, so it is carried as it is.
        mount_path: String,
        /// The part of the volume that is mounted; absent is all of it.
        subpath: Maybe<String>,
    }
}

object! {
    /// How a sandbox's image is built.
    pub struct BuildInfo is "a build's description" {
        /// The Dockerfile.
        dockerfile_content: Maybe<String>,
        /// The hashes of its context's files.
        context_hashes: Maybe<Vec<String>>,
        /// When it was declared.
        created_at: Timestamp,
        /// When it last changed.
        updated_at: Timestamp,
        /// The image that was built.
        snapshot_ref: String,
    }
}
